"""Questions that readers ask, by section."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from django.db import models
from django.db.models import Exists, Q
from django.utils.text import Truncator

from fellowship.models.cohorts import Cohort
from fellowship.models.programme import Programme
from portal.markdown import MarkdownField, plain
from portal.page_parts import PagePart, PagePartQuerySet
from portal.paths import path_to
from portal.publishing import SearchDocument


class QuestionSection(models.Model):
    """A heading under which questions stand, such as “Time and pay”."""

    title = models.CharField(max_length=100, unique=True)
    order = models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")

    class Meta:
        ordering = ["order", "title"]

    def __str__(self) -> str:
        return self.title


class QuestionQuerySet(PagePartQuerySet):
    def public(self) -> Self:
        """Those of a public cohort, and while the programme is public, those about every cohort."""
        of_every_cohort = Q(cohort=None) & Exists(Programme.objects.public())
        return self.filter(Q(cohort__in=Cohort.objects.public()) | of_every_cohort)

    def for_listing(self) -> Self:
        return self.select_related("cohort")

    def for_index(self) -> Self:
        return self.select_related("section", "cohort")


class Question(PagePart):
    """One question and its answer, for every cohort or for one."""

    kind_label = "Question"
    kind_plural = "Questions"
    # The name under which an address asks for one to be open.
    PARAMETER = "question"

    section = models.ForeignKey(QuestionSection, on_delete=models.PROTECT, related_name="questions")
    cohort = models.ForeignKey(
        Cohort,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="questions",
        help_text="Leave it empty for a question about every cohort: it stands on the fellowship's page.",
    )
    question = models.CharField(max_length=200)
    slug = models.SlugField("address", max_length=120, unique=True, help_text="Readers can link to the question by it.")
    answer = MarkdownField(level=4)
    order = models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")

    objects: ClassVar[Any] = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["section", "order", "pk"]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        """Its page, with this question open: a browser that opens it by the fragment alone needs no query."""
        page = self.cohort.get_absolute_url() if self.cohort else path_to("fellowship:index")
        return f"{page}?{urlencode({self.PARAMETER: self.slug})}#{self.anchor}"

    @property
    def anchor(self) -> str:
        return f"question-{self.slug}"

    @property
    def title(self) -> str:
        return self.question

    @property
    def summary(self) -> str:
        """How the answer begins."""
        return Truncator(" ".join(plain(self.answer).split())).chars(160)

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        return [("About", str(self.cohort) if self.cohort else "Every cohort")]

    def search_document(self) -> SearchDocument:
        cohort = str(self.cohort) if self.cohort else ""
        return SearchDocument(self.question, terms=f"{cohort} {self.section.title}", body=plain(self.answer))
