"""All public cohorts at one look: their fellows counted, and which of them a reader should hear of first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count

from fellowship.models import Cohort, Fellow, Phase


@dataclass(frozen=True)
class Entry:
    """A cohort and how many of its fellows readers see."""

    cohort: Cohort
    fellows: int


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

    def before(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in self.entries if entry.cohort.number < cohort.number), None)

    def after(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in reversed(self.entries) if entry.cohort.number > cohort.number), None)
