"""All public cohorts at one look: their fellows counted, and which of them a reader should hear of first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse

from fellowship.models import Cohort, Fellow, Phase


@dataclass(frozen=True)
class Entry:
    """A cohort and how many of its fellows readers see."""

    cohort: Cohort
    fellows: int


@dataclass(frozen=True)
class Way:
    """One way on from any page of the fellowship: what it is called, and where it leads."""

    label: str
    address: str


class Overview:
    """The public cohorts, newest first. Two queries, however many there are."""

    def __init__(self) -> None:
        counts = dict(
            Fellow.objects.public()
            .order_by()
            .values_list("cohort")
            .annotate(Count("pk"))
            .values_list("cohort", "pk__count")
        )
        cohorts = Cohort.objects.public().newest_first().defer("how_to_apply", "source_text")
        self.entries = [Entry(cohort, counts.get(cohort.pk, 0)) for cohort in cohorts]

    def _first(self, *phases: Phase) -> Entry | None:
        return next((entry for phase in phases for entry in self.entries if entry.cohort.phase is phase), None)

    @property
    def current(self) -> Entry | None:
        """The one that is running."""
        return self._first(Phase.RUNNING)

    @property
    def upcoming(self) -> Entry | None:
        """The one to apply for now or next: open before all, else the first to start of those whose dates lie ahead."""
        if (found := self._first(Phase.APPLICATIONS_OPEN)) is not None:
            return found
        ahead = [entry for entry in self.entries if not entry.cohort.phase.has_started]
        announced = [entry for entry in ahead if entry.cohort.phase is Phase.ANNOUNCED]
        return min(announced or ahead, key=lambda entry: entry.cohort.starts_on or dt.date.max, default=None)

    @property
    def leading(self) -> Entry | None:
        """The one whose state is the news of the fellowship: to apply for, else running, else the last."""
        return self.upcoming or self.current or next(iter(self.entries), None)

    @property
    def to_apply_for(self) -> Entry | None:
        """The one that people can apply for now or next; none once its deadline has passed."""
        found = self.upcoming
        return found if found and found.cohort.phase.is_before_deadline else None

    @property
    def previous(self) -> Entry | None:
        """The one before the one that is running, or else the last that is over."""
        return self.before(self.current.cohort) if self.current else self._first(Phase.FINISHED)

    @property
    def menu(self) -> list[Way]:
        """The ways through the fellowship. It turns with the year by itself, and leads to public pages only."""
        index = reverse("fellowship:index")
        cohorts = [("Previous", self.previous), ("Current", self.current), ("Next", self.upcoming)]
        to_apply_for = self.to_apply_for
        return [
            Way("About the fellowship", index),
            *(Way(f"{when}: {one.cohort}", one.cohort.get_absolute_url()) for when, one in cohorts if one),
            Way(
                "How to apply",
                f"{to_apply_for.cohort.get_absolute_url()}#how-to-apply" if to_apply_for else f"{index}#apply",
            ),
        ]

    def before(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in self.entries if entry.cohort.number < cohort.number), None)

    def after(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in reversed(self.entries) if entry.cohort.number > cohort.number), None)
