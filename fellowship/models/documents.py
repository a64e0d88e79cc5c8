"""Documents to download: of a cohort, or of the whole programme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.text import slugify

from fellowship.models.cohorts import Cohort
from fellowship.models.programme import Programme
from portal.pdf_field import PdfField, type_and_size


class DocumentQuerySet(models.QuerySet["Document"]):
    def showing_files(self, visible: Callable[[Any], Any]) -> Self:
        """Those whose file a reader is shown: who sees the page of a document sees the document."""
        cohorts, programmes = (visible(kind.objects.all()).order_by().values("pk") for kind in (Cohort, Programme))
        return self.filter(Q(cohort__in=cohorts) | Q(programme__in=programmes))


class Document(models.Model):
    """A PDF for people who think of applying, such as the role description."""

    programme = models.ForeignKey(Programme, null=True, blank=True, on_delete=models.CASCADE, related_name="documents")
    cohort = models.ForeignKey(Cohort, null=True, blank=True, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(
        max_length=150, help_text="What it is, such as Role description. Type and size add themselves."
    )
    file = PdfField(
        upload_to="documents",
        size_field="size",
        help_text="A PDF, at most 10 MB. Tagged, so that screen readers can follow it.",
    )
    size = models.PositiveIntegerField(default=0, editable=False, help_text="In bytes.")
    order = models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(programme__isnull=True, cohort__isnull=False)
                | Q(programme__isnull=False, cohort__isnull=True),
                name="document_of_one_page",
                violation_error_message="A document belongs to the programme or to one cohort.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def type_and_size(self) -> str:
        """PDF, 240 KB; PDF, 1.2 MB."""
        return type_and_size(self.size)

    @property
    def download_name(self) -> str:
        """The name under which a reader saves it."""
        return f"{slugify(self.title)[:80] or 'document'}.pdf"
