"""Guidance articles."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, TruncDate
from django.utils.text import Truncator

from portal import clock, dates, readiness
from portal.described_images import DECORATES, DECORATES_HELP, DescribedImage
from portal.image_fields import SafeImageField
from portal.markdown import MarkdownField, plain
from portal.paths import path_to
from portal.publishing import (
    Lifecycle,
    PageStatus,
    Publishable,
    PublishableQuerySet,
    SearchDocument,
    public_only_with,
    status_field,
    status_is_known,
)
from portal.readiness import Gap
from projects.models import Area


class ArticleQuerySet(PublishableQuerySet):
    def newest_first(self) -> Self:
        """By the day that lists show: of the last review, or else of publication."""
        return self.order_by(Coalesce("reviewed_on", TruncDate("published_at")).desc(nulls_last=True), "title")

    def for_listing(self) -> Self:
        return self.defer("body", "source_text")

    def for_index(self) -> Self:
        return self.prefetch_related("areas")


BODY = Gap("body", "write", "the text", "without it, the page is empty", is_kept=True)
AUDIENCE = Gap("audience", "say", "whom it is for", "readers cannot tell whether it is meant for them")
REVIEW_DUE = Gap("review_due_on", "set", "the day of its next review", "nobody is reminded, and readers are not warned")
COVER = DescribedImage("cover")


# The portal's own pages below /articles/.
RESERVED_ADDRESSES = ("feed",)


class Article(Publishable):
    """Guidance: something that a student, a clinician or a host needs to know, and that somebody keeps reviewing."""

    class Audience(models.TextChoices):
        STUDENT = "student", "Students"
        CLINICIAN = "clinician", "Clinicians"
        HOST = "host", "Host organisations"

        @property
        def address(self) -> str:
            """The list of what is for them."""
            return f"{path_to('articles:index')}?for={self.value}"

    Status = PageStatus
    kind_label = "Guidance"
    kind_plural = "Guidance"
    reserved_addresses = RESERVED_ADDRESSES
    listed_at = ("articles:index",)

    status = status_field(PageStatus)
    body = MarkdownField(
        blank=True,
        help_text="Begin below the title. A quotation with ____ blanks becomes a text to fill in. Words in brackets "
        "beside a blank, such as ____ (your role), name it, and leave the text once it is filled in.",
    )
    authors = models.CharField("written by", max_length=250, blank=True)
    audience = models.CharField("for", max_length=20, choices=Audience, blank=True)
    areas = models.ManyToManyField(Area, blank=True, related_name="articles")
    tags = models.JSONField(
        default=list, blank=True, editable=False, help_text="As the source had them. Readers do not see them."
    )
    reviewed_on = models.DateField("last reviewed", null=True, blank=True)
    review_due_on = models.DateField("next review", null=True, blank=True)
    cover = SafeImageField(
        upload_to="articles",
        edges=(1200,),
        width_field="cover_width",
        height_field="cover_height",
        blank=True,
        help_text="JPEG, PNG or WebP.",
    )
    cover_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    cover_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    cover_alt = models.CharField(
        "cover: alternative text",
        max_length=200,
        blank=True,
        help_text="What the image shows, for those who cannot see it.",
    )
    cover_is_decorative = models.BooleanField(DECORATES, default=False, help_text=DECORATES_HELP)

    objects: ClassVar[Any] = ArticleQuerySet.as_manager()

    class Meta(Publishable.Meta):
        ordering = ["title"]
        constraints = [
            *Publishable.Meta.constraints,
            status_is_known(PageStatus),
            public_only_with(~Q(body=""), name="article_public_has_body", says=BODY.sentence),
            models.CheckConstraint(
                condition=Q(reviewed_on__isnull=True)
                | Q(review_due_on__isnull=True)
                | Q(review_due_on__gt=F("reviewed_on")),
                name="article_next_review_is_later",
                violation_error_message="The next review must be later than the last.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_ADDRESSES),
                name="article_address_is_free",
                violation_error_message="Choose another address: a page of the portal itself stands at this one.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return path_to("articles:detail", self.slug)

    def clean(self) -> None:
        super().clean()
        COVER.check(self)

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        return readiness.lacking((BODY, not self.body))

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        return [
            *super().advised_gaps(new),
            *readiness.lacking(
                (AUDIENCE, not self.audience),
                (REVIEW_DUE, self.review_due_on is None),
                (COVER.gap, COVER.is_undescribed(self)),
            ),
        ]

    @property
    def is_review_overdue(self) -> bool:
        return self.review_due_on is not None and self.review_due_on < clock.today()

    def moments(self) -> list[clock.Moment]:
        """When its page begins to say that its review is overdue."""
        if self.review_due_on is None:
            return []
        return [clock.Moment(dates.midnight(self.review_due_on + dt.timedelta(days=1)), f"“{self}”: review overdue")]

    @property
    def description(self) -> str:
        """What it is about: its summary, or else how it begins."""
        return self.summary or Truncator(" ".join(plain(self.body).split())).chars(155)

    @property
    def current_audience(self) -> Audience | None:
        return self.Audience(self.audience) if self.audience else None

    @property
    def reviewed_or_published_on(self) -> str:
        """Reviewed 1 September 2026; Published 12 August 2026."""
        if self.reviewed_on:
            return f"Reviewed {dates.day(self.reviewed_on)}"
        return f"Published {dates.day(dates.local_day(self.published_at))}" if self.published_at else ""

    def search_document(self) -> SearchDocument:
        names = [name for area in self.areas.all() for name in area.names]
        return SearchDocument(
            title=self.title,
            terms=" ".join([*names, self.get_audience_display(), self.authors]),
            summary=self.summary,
            body=plain(self.body),
        )

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        facts = [
            ("For", self.get_audience_display()),
            ("Last reviewed", dates.day(self.reviewed_on) if self.reviewed_on else ""),
        ]
        return [fact for fact in facts if fact[1]]
