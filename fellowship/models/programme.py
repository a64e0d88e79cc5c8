"""The programme: what the fellowship is, in one record."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from portal import readiness
from portal.markdown import MarkdownField, plain
from portal.paths import path_to
from portal.publishing import Lifecycle, PageStatus, Publishable, SearchDocument, status_field, status_is_known
from portal.readiness import Gap

BODY = Gap("body", "write", "the text", "without it, the page says nothing of what the fellowship is")
AUDIENCE = Gap("audience", "say", "whom it is for", "clinicians cannot tell whether they can apply")
LENGTH = Gap("length", "say", "its length", "it is one of the first things that people ask")
TIME = Gap("time_commitment", "say", "the time that it takes", "it is one of the first things that people ask")
REVIEWED = Gap("reviewed_on", "set", "the day of its last review", "readers cannot tell how old it is")


class Programme(Publishable):
    """The fellowship itself. There is one row; cohorts carry all that differs from year to year."""

    Status = PageStatus
    kind_label = "Fellowship"
    when_hidden = "says that the page is not published yet"
    kind_plural = "Fellowship"
    listed_at = ("fellowship:index",)

    slug = None  # its address is the fellowship's own
    status = status_field(PageStatus)
    body = MarkdownField(
        blank=True,
        help_text="What fellows do, why the NHS needs it, what it asks of them. Dates belong to the cohorts.",
    )
    length = models.CharField(max_length=100, blank=True, help_text="Such as 1 year.")
    time_commitment = models.CharField(max_length=150, blank=True, help_text="Such as part time, beside clinical work.")
    audience = models.CharField("who it is for", max_length=250, blank=True)
    places = models.CharField(max_length=250, blank=True, help_text="How many and where, such as 8 in each cohort.")
    email = models.EmailField(blank=True, help_text="Shown on every page of the fellowship. Empty: the portal's own.")
    reviewed_on = models.DateField("last reviewed", null=True, blank=True)
    only = models.BooleanField(default=True, editable=False, unique=True)

    class Meta(Publishable.Meta):
        verbose_name_plural = "programme"
        constraints = [
            *Publishable.Meta.constraints,
            status_is_known(PageStatus),
            models.CheckConstraint(
                condition=Q(only=True),
                name="programme_is_one",
                violation_error_message="There is one programme; change it instead.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return path_to("fellowship:index")

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        return readiness.lacking((BODY, not self.body))

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        return [
            *super().advised_gaps(new),
            *readiness.lacking(
                (AUDIENCE, not self.audience),
                (LENGTH, not self.length),
                (TIME, not self.time_commitment),
                (REVIEWED, self.reviewed_on is None),
            ),
        ]

    def search_document(self) -> SearchDocument:
        return SearchDocument(title=self.title, terms=self.audience, summary=self.summary, body=plain(self.body))


class Testimonial(models.Model):
    """What somebody says of the fellowship, by name."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="testimonials")
    quote = models.TextField(max_length=1000, help_text="Without quotation marks; the page sets them.")
    name = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    role = MarkdownField(max_length=500, blank=True, help_text="May hold a link.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name
