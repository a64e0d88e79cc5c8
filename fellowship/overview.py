"""All public cohorts at one look: their fellows counted, and which of them a reader should hear of first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from fellowship.cards import Person
from fellowship.models import Cohort, EligibilityCell, Fellow, Phase, Profession, Programme
from portal import clock
from portal.kept import kept
from portal.models import Region
from portal.paths import path_to
from portal.prepared import prepared


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


class Words(NamedTuple):
    """What the programme's own page is called, says in two sentences, and names for questions."""

    title: str
    summary: str
    email: str


def _programme() -> QuerySet[Any, Any]:
    return Programme.objects.public().values(words=JSONObject(**{name: name for name in Words._fields}))


@prepared()
def _public_cohorts() -> QuerySet[Cohort]:
    """The public cohorts, each with how many fellows and whether answers are shown, and the words of the programme."""
    mine = Fellow.objects.public().filter(cohort=OuterRef("pk")).order_by().values("cohort")
    answers = EligibilityCell.objects.filter(
        cohort=OuterRef("pk"), region__in=Region.values, profession__in=Profession.values
    )
    cohorts: QuerySet[Cohort] = Cohort.objects.public().newest_first().defer("source_text")
    return cohorts.annotate(
        fellows_shown=Coalesce(Subquery(mine.values(number=Count("pk"))), 0),
        has_answers=Exists(answers),
        programme=Subquery(_programme()[:1]),
    )


class Overview:
    """The public cohorts, newest first, and what the public programme says of them all; one query.

    Nobody holds one for longer than it is right, so what follows from time is found out once too.
    """

    def __init__(self) -> None:
        self.entries = [Entry(cohort, cohort.fellows_shown) for cohort in _public_cohorts()]
        programme: Any = self.entries[0].cohort if self.entries else None
        words = programme.programme if programme else _programme().values_list("words", flat=True).first()
        self.programme = Words(**words) if words else None

    def cohort(self, number: int) -> Cohort | None:
        """The public cohort of this number."""
        return next((entry.cohort for entry in self.entries if entry.cohort.number == number), None)

    def _first(self, *phases: Phase) -> Entry | None:
        return next((entry for phase in phases for entry in self.entries if entry.cohort.phase is phase), None)

    @cached_property
    def current(self) -> Entry | None:
        """The one that is running."""
        return self._first(Phase.RUNNING)

    @cached_property
    def upcoming(self) -> Entry | None:
        """The one to apply for now or next: open before all, else the first to start of those whose dates lie ahead."""
        if (found := self._first(Phase.APPLICATIONS_OPEN)) is not None:
            return found
        ahead = [entry for entry in self.entries if not entry.cohort.phase.has_started]
        announced = [entry for entry in ahead if entry.cohort.phase is Phase.ANNOUNCED]
        return min(announced or ahead, key=lambda entry: entry.cohort.starts_on or dt.date.max, default=None)

    @cached_property
    def leading(self) -> Entry | None:
        """The one whose state is the news of the fellowship: to apply for, else running, else the last."""
        return self.upcoming or self.current or next(iter(self.entries), None)

    @cached_property
    def to_apply_for(self) -> Entry | None:
        """The one that people can apply for now or next; none once its deadline has passed."""
        found = self.upcoming
        return found if found and found.cohort.phase.is_before_deadline else None

    @cached_property
    def previous(self) -> Entry | None:
        """The one before the one that is running, or else the last that is over."""
        return self.before(self.current.cohort) if self.current else self._first(Phase.FINISHED)

    @cached_property
    def menu(self) -> tuple[Way, ...]:
        """The ways through the fellowship. It turns with the year by itself, and leads to public pages only."""
        index = path_to("fellowship:index")
        cohorts = [("Previous", self.previous), ("Current", self.current), ("Next", self.upcoming)]
        to_apply_for = self.to_apply_for
        return (
            Way("About the fellowship", index),
            *(Way(self._named(when, one), one.cohort.get_absolute_url()) for when, one in cohorts if one),
            Way(
                "How to apply",
                f"{to_apply_for.cohort.get_absolute_url()}#how-to-apply" if to_apply_for else f"{index}#apply",
            ),
        )

    @staticmethod
    def _named(when: str, entry: Entry) -> str:
        """Which cohort is the current one changes with time, so a copy of the site does not say."""
        return str(entry.cohort) if clock.copied_on() else f"{when}: {entry.cohort}"

    def before(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in self.entries if entry.cohort.number < cohort.number), None)

    def after(self, cohort: Cohort) -> Entry | None:
        return next((entry for entry in reversed(self.entries) if entry.cohort.number > cohort.number), None)


@kept
def overview() -> Overview:
    """The overview, as it is now."""
    return Overview()


def people_of(cohort: Cohort) -> list[Person]:
    """The fellows whom readers of a cohort's page see on it, as its list shows them."""
    if getattr(cohort, "fellows_shown", None) == 0:
        return []
    return _public_people(cohort.pk) if cohort.is_public else _people_of(cohort.pk)


def _people_of(cohort: int) -> list[Person]:
    return [Person(*row) for row in _people(cohort=cohort)]


@prepared(cohort=BigIntegerField())
def _people(*, cohort: Value) -> QuerySet[Fellow, Any]:
    return Fellow.objects.with_consent().filter(cohort=cohort).values_list(*Person._fields)


@kept
def _public_people(cohort: int) -> list[Person]:
    """Those of a public cohort, whom several pages show."""
    return _people_of(cohort)
