"""Cohorts, their key dates, and the phase that their dates put them in."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from fellowship.models.webinars import WithWebinar
from portal import clock, dates, readiness
from portal.effects import agree
from portal.markdown import MarkdownField, plain
from portal.paths import path_to
from portal.publishing import (
    Lifecycle,
    PageStatus,
    Publishable,
    PublishableQuerySet,
    SearchDocument,
    latest,
    public_only_with,
    status_field,
    status_is_known,
)
from portal.readiness import Gap
from portal.windows import ApplicationWindow, WindowState


class Phase(enum.Enum):
    """Where a cohort stands, derived from its dates and never stored."""

    ANNOUNCED = "Announced"
    APPLICATIONS_OPEN = "Applications open"
    SELECTING = "Selecting"
    RUNNING = "Running"
    FINISHED = "Finished"

    @property
    def label(self) -> str:
        return self.value

    @property
    def colour(self) -> str:
        return {
            Phase.ANNOUNCED: "blue",
            Phase.APPLICATIONS_OPEN: "green",
            Phase.SELECTING: "yellow",
            Phase.RUNNING: "purple",
            Phase.FINISHED: "grey",
        }[self]

    @property
    def is_before_deadline(self) -> bool:
        return self in {Phase.ANNOUNCED, Phase.APPLICATIONS_OPEN}

    @property
    def has_started(self) -> bool:
        return self in {Phase.RUNNING, Phase.FINISHED}

    @property
    def is_over(self) -> bool:
        return self is Phase.FINISHED

    @property
    def panel(self) -> str:
        """The class that colours the banner: green only while one can apply."""
        return {
            Phase.ANNOUNCED: "",
            Phase.APPLICATIONS_OPEN: "app-phase--open",
            Phase.SELECTING: "app-phase--selecting",
            Phase.RUNNING: "app-phase--running",
            Phase.FINISHED: "app-phase--finished",
        }[self]


# What stands in place of the dates of a cohort that is a draft and has none yet.
UNDATED = "dates to be announced"

STARTS = Gap("starts_on", "say", "when it starts", "the phase that readers see follows from it", is_kept=True)
ENDS = Gap("ends_on", "say", "when it ends", "the phase that readers see follows from it", is_kept=True)
WINDOW = Gap("opens_at", "set", "when applications open and close", "the page says that the dates are to be announced")
HOW_TO_APPLY = Gap("how_to_apply", "write", "how to apply", "the page says that it is still to come")
APPLY_URL = Gap("apply_url", "give", "the address of the application form", "there is no button to apply with")
KEY_DATES = Gap("key_dates", "add", "the key dates", "the page has only those that follow from the dates above")
ELIGIBILITY = Gap("eligibility", "say", "who can apply", "readers who ask are told that it is not decided yet")
WEBINAR_URL = Gap("webinar_url", "give", "the address to join the webinar", "the page says that it is still to come")


# The words of readers who look for whether they can apply.
ASKED = "can I apply who can apply eligible eligibility"


class CohortQuerySet(PublishableQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-number")

    def for_moving(self) -> Self:
        return self.prefetch_related("key_dates", "eligibility")

    def modified_at(self, now: dt.datetime) -> dt.datetime | None:
        return max((cohort.modified_at(now) for cohort in self.for_sitemap()), default=None)


class Cohort(ApplicationWindow, WithWebinar, Publishable):
    """One year's intake of fellows."""

    Status = PageStatus
    kind_label = "Cohort"
    kind_plural = "Cohorts"
    listed_at = ("fellowship:index",)

    slug = None  # its number is its address
    title = property(lambda self: f"Cohort {self.number}")
    status = status_field(PageStatus)
    number = models.PositiveSmallIntegerField(unique=True, help_text="Its address too: /fellowship/cohorts/4/.")
    starts_on = models.DateField(null=True, blank=True, help_text="A draft may do without; a published cohort may not.")
    ends_on = models.DateField(null=True, blank=True, help_text="A draft may do without; a published cohort may not.")
    time_commitment = models.CharField(max_length=150, blank=True, help_text="Such as 2 days a week.")
    how_to_apply = MarkdownField(
        level=3,
        blank=True,
        help_text="A numbered list. Begin each step with its title in bold. Dates come from the fields above.",
    )
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="copies"
    )

    objects: ClassVar[Any] = CohortQuerySet.as_manager()

    class Meta(Publishable.Meta):
        ordering = ["-number"]
        constraints = [
            *Publishable.Meta.constraints,
            *ApplicationWindow.Meta.constraints,
            status_is_known(PageStatus),
            public_only_with(
                Q(starts_on__isnull=False, ends_on__isnull=False),
                name="cohort_public_has_dates",
                says=f"{STARTS.heading} and ends: {STARTS.why}.",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="cohort_ends_after_it_starts",
                violation_error_message="A cohort must end after it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"Cohort {self.number}"

    def get_absolute_url(self) -> str:
        return path_to("fellowship:cohort", self.number)

    @classmethod
    def effects_of_move(cls, items: Sequence[Self], new: Lifecycle, now: dt.datetime) -> list[str]:
        after = [item.as_if(new) for item in items]
        shown, will_be = (sum(one.is_public for item in some for one in item.fellows.all()) for some in (items, after))
        number, words = abs(will_be - shown), agree(abs(will_be - shown), "becomes public", "become public")
        if will_be < shown:
            words = agree(number, "disappears", "disappear")
        fellows = f"{number} {agree(number, 'fellow', 'fellows')} {words} with {agree(len(items), 'it', 'them')}."
        return [*super().effects_of_move(items, new, now), *([fellows] if number else [])]

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        return readiness.lacking((STARTS, self.starts_on is None), (ENDS, self.ends_on is None))

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        phase = self.phase
        return [
            *super().advised_gaps(new),
            *readiness.lacking(
                (WINDOW, not phase.has_started and self.state() is WindowState.UNDATED),
                (APPLY_URL, phase.is_before_deadline and not self.apply_url),
                (HOW_TO_APPLY, phase.is_before_deadline and not self.how_to_apply),
                (ELIGIBILITY, phase.is_before_deadline and not self.eligibility.all()),
                (KEY_DATES, not phase.is_over and not self.key_dates.all()),
                (WEBINAR_URL, self.webinar_at is not None and not self.webinar_is_over and not self.webinar_url),
            ),
        ]

    def phase_at(self, now: dt.datetime) -> Phase:
        """A draft may have no dates yet: nothing of it has begun, then, but perhaps its applications."""
        today = dates.local_day(now)
        if self.ends_on and today > self.ends_on:
            return Phase.FINISHED
        if self.starts_on and today >= self.starts_on:
            return Phase.RUNNING
        match self.state(now):
            case WindowState.OPEN:
                return Phase.APPLICATIONS_OPEN
            case WindowState.CLOSED:
                return Phase.SELECTING
            case _:
                return Phase.ANNOUNCED

    @property
    def phase(self) -> Phase:
        return self.phase_at(clock.now())

    @property
    def _bounds(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """The first moment of its first day, and that after its last."""
        return (
            dates.midnight(self.starts_on) if self.starts_on else None,
            dates.midnight(self.ends_on + dt.timedelta(days=1)) if self.ends_on else None,
        )

    def moments(self) -> list[clock.Moment]:
        first, after = self._bounds
        begins = [clock.Moment(first, f"{self} begins")] if first else []
        over = [clock.Moment(after, f"{self} is over")] if after else []
        return [*super().moments(), *self.webinar_moments(), *begins, *over]

    def modified_at(self, now: dt.datetime) -> dt.datetime:
        """A cohort also changes from phase to phase."""
        webinar = (self.webinar_at, self.webinar_ends_at)
        return latest(now, self.updated_at, self.opens_at, self.closes_at, *webinar, *self._bounds)

    @property
    def months(self) -> str:
        """September 2026 to August 2027."""
        return dates.months(self.starts_on, self.ends_on) if self.starts_on and self.ends_on else UNDATED

    @property
    def years(self) -> str:
        """2026 to 2027."""
        if not self.starts_on or not self.ends_on:
            return UNDATED
        first, last = self.starts_on.year, self.ends_on.year
        return str(first) if first == last else f"{first} to {last}"

    @property
    def start_month(self) -> str:
        return dates.month(self.starts_on) if self.starts_on else UNDATED

    @property
    def apply_address(self) -> str:
        """Where to apply, only while one can."""
        return self.apply_url if self.phase is Phase.APPLICATIONS_OPEN else ""

    @property
    def is_last_day(self) -> bool:
        return self.ends_on == clock.today()

    @property
    def headline(self) -> str:
        """What a reader most needs to know today, in one sentence without a full stop."""
        match self.phase:
            case Phase.ANNOUNCED | Phase.APPLICATIONS_OPEN | Phase.SELECTING:
                return self.sentence()
            case Phase.RUNNING if clock.copied_on():
                return f"Runs {self._from_to}"
            case Phase.RUNNING if self.is_last_day:
                return f"Finishes today, {_known(self.ends_on)}"
            case Phase.RUNNING:
                return f"Running until {_known(self.ends_on)}"
            case _:
                return f"Finished on {_known(self.ends_on)}"

    @property
    def announcement(self) -> str:
        """The headline on a page about more than this cohort, so with its name."""
        match self.phase:
            case Phase.RUNNING if clock.copied_on():
                return f"{self.title} runs {self._from_to}"
            case Phase.RUNNING if self.is_last_day:
                return f"{self.title} finishes today, {_known(self.ends_on)}"
            case Phase.RUNNING:
                return f"{self.title} is running until {_known(self.ends_on)}"
            case Phase.FINISHED:
                return f"{self.title} finished on {_known(self.ends_on)}"
            case _:
                return re.sub("^(Application dates|Applications)", rf"\1 for cohort {self.number}", self.headline)

    @property
    def headline_detail(self) -> str:
        """The sentence after the headline."""
        starts = _known(self.starts_on)
        match self.phase:
            case Phase.ANNOUNCED if self.closes_at and clock.copied_on():
                return f"The cohort starts on {starts}."
            case Phase.SELECTING if clock.copied_on():
                return f"The fellows start on {starts}."
            case Phase.RUNNING if clock.copied_on():
                return "You cannot apply for this cohort."
            case Phase.ANNOUNCED if self.closes_at:
                return f"They close at {dates.moment(self.closes_at)}."
            case Phase.ANNOUNCED | Phase.APPLICATIONS_OPEN if self.opens_at and not self.closes_at:
                return f"We will say here when they close. The cohort starts on {starts}."
            case Phase.ANNOUNCED | Phase.APPLICATIONS_OPEN:
                return f"The cohort starts on {starts}."
            case Phase.SELECTING:
                return f"We are choosing the fellows, who start on {starts}."
            case Phase.RUNNING:
                begun = "today" if self.starts_on == clock.today() else f"on {starts}"
                return f"It started {begun}. You cannot apply for this cohort."
            case _:
                return "You cannot apply for this cohort."

    @property
    def _from_to(self) -> str:
        """From 1 September 2026 to 31 August 2027."""
        return f"from {dates.span(self.starts_on, self.ends_on)}" if self.starts_on and self.ends_on else UNDATED

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        return [("When", self.months)]

    @property
    def search_tag(self) -> tuple[str, str]:
        return self.phase.label, self.phase.colour

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            title=self.title,
            terms=" ".join(["fellowship", ASKED, *(str(day.year) for day in (self.starts_on, self.ends_on) if day)]),
            summary=self.summary,
            body=plain(self.how_to_apply),
        )


def _known(day: dt.date | None) -> str:
    return dates.day(day) if day else "a day to be announced"
