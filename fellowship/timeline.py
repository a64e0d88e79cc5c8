"""The key dates of a cohort in one line: those that follow from its own dates, and those that an editor gives."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import BigIntegerField, QuerySet, Value
from django.utils import timezone

from fellowship.models import Cohort, KeyDate
from portal import clock, dates
from portal.prepared import prepared

# How an editor says again what follows from the cohort's own dates. The field is the one truth: a key date in such
# words is not shown beside it, for it would be the one that nobody moves with the deadline.
_APPLICATIONS = r"(?:the )?(?:applications?|application window)(?: for cohort \d+)?"
_FELLOWSHIP = r"(?:the )?(?:fellowship|cohort|cohort \d+|programme)(?: year)?"
_SAYS_AGAIN = {
    "opens": re.compile(rf"{_APPLICATIONS} (?:opens?|opened)|opening of applications"),
    "closes": re.compile(
        rf"{_APPLICATIONS} (?:closes?|closed)|(?:the )?(?:application )?(?:deadline|closing date)(?: for applications)?"
    ),
    "starts": re.compile(rf"{_FELLOWSHIP} (?:starts?|started|begins?|began)"),
    "ends": re.compile(rf"{_FELLOWSHIP} (?:ends?|ended|finishes|finished)"),
    "webinar": re.compile(r"(?:the |online )?webinar"),
}


@dataclass(frozen=True)
class Entry:
    """One date of a timeline, which never says more than is known.

    ``name`` is what it is known by within its cohort; ``at`` and ``until`` are there where it has a time of day.
    """

    name: str
    label: str
    in_words: str
    machine_readable: str
    first_day: dt.date
    last_day: dt.date
    precision: str = "day"
    at: dt.datetime | None = None
    until: dt.datetime | None = None
    key: int = 0

    @cached_property
    def over_at(self) -> dt.datetime:
        """From when on it is past: after its moment, or after the last day on which it may still happen."""
        return self.until or self.at or dates.midnight(self.last_day + dt.timedelta(days=1))

    @property
    def is_past(self) -> bool:
        return clock.now() >= self.over_at

    @property
    def is_today(self) -> bool:
        return self.precision == "day" and self.first_day == clock.today()

    @property
    def is_exact(self) -> bool:
        """Whether it promises a day or a week that somebody can keep free."""
        return self.precision in {"day", "week"}

    @cached_property
    def order(self) -> tuple[dt.date, dt.date, dt.datetime, int]:
        return self.first_day, self.last_day, self.at or dates.midnight(self.first_day), self.key


class Timeline:
    """The key dates of one cohort, in order. It asks for the key dates once, or not at all where they are at hand."""

    def __init__(self, cohort: Cohort) -> None:
        derived = [*_derived(cohort)]
        said = {entry.name for entry in derived}
        is_at_hand = "key_dates" in getattr(cohort, "_prefetched_objects_cache", {})
        all_given = cohort.key_dates.all() if is_at_hand else _key_dates(cohort=cohort.pk)
        given = (one for one in all_given if not says_again(one.label, said))
        self.entries = sorted([*derived, *map(_given, given)], key=lambda entry: entry.order)

    @property
    def next(self) -> Entry | None:
        """The first that is not past."""
        return next((entry for entry in self.entries if not entry.is_past), None)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What a page says of them. Which one is next changes with time, so a copy of the site does not say."""
        upcoming = None if clock.copied_on() else self.next
        return tuple(Line.of(entry, is_next=entry is upcoming) for entry in self.entries)

    @property
    def exact(self) -> list[Entry]:
        """Those that a calendar can hold."""
        return [entry for entry in self.entries if entry.is_exact]


class Line(NamedTuple):
    """What a page says of one date. ``tag`` marks the one that comes next."""

    in_words: str
    machine_readable: str
    label: str
    precision: str
    is_past: bool
    tag: str

    @classmethod
    def of(cls, entry: Entry, *, is_next: bool) -> Line:
        tag = ("Today" if entry.is_today else "Next") if is_next else ""
        return cls(entry.in_words, entry.machine_readable, entry.label, entry.precision, entry.is_past, tag)


@prepared(cohort=BigIntegerField())
def _key_dates(*, cohort: Value) -> QuerySet[KeyDate]:
    return KeyDate.objects.filter(cohort=cohort)


def says_again(label: str, said: set[str]) -> bool:
    """Whether a key date of this label tells one of the dates ``said`` once more, such as “Applications close”."""
    words = " ".join(re.split(r"[,;:(–]", label.casefold())[0].split()).rstrip(".")
    return any(_SAYS_AGAIN[name].fullmatch(words) for name in said)


def _derived(cohort: Cohort) -> Iterator[Entry]:
    """What follows from the cohort's own dates, each in the right tense."""
    now = clock.now()
    for name, at, ahead, past in (
        ("opens", cohort.opens_at, "Applications open", "Applications opened"),
        ("closes", cohort.closes_at, "Applications close", "Applications closed"),
    ):
        if at:
            yield _moment(name, ahead if now < at else past, at)
    if cohort.webinar_at:
        yield _moment("webinar", "Webinar", cohort.webinar_at, cohort.webinar_ends_at)
    today = clock.today()
    if cohort.starts_on:
        yield _day(
            "starts", "Fellowship starts" if today <= cohort.starts_on else "Fellowship started", cohort.starts_on
        )
    if cohort.ends_on:
        yield _day("ends", "Fellowship ends" if today <= cohort.ends_on else "Fellowship ended", cohort.ends_on)


def _moment(name: str, label: str, at: dt.datetime, until: dt.datetime | None = None) -> Entry:
    day, words = dates.local_day(at), dates.moment(at)
    machine = f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"
    return Entry(name, label, words[0].upper() + words[1:], machine, day, day, at=at, until=until)


def _day(name: str, label: str, day: dt.date) -> Entry:
    return Entry(name, label, dates.day(day), day.isoformat(), day, day)


def _given(one: KeyDate) -> Entry:
    return Entry(
        name=f"keydate-{one.pk}",
        label=one.label,
        in_words=one.in_words,
        machine_readable=one.machine_readable,
        first_day=one.first_day,
        last_day=one.last_day,
        precision=one.precision,
        key=one.pk,
    )
