"""Dates that moved: the log of them, written wherever a window is written, and what readers are told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import CharField, Count, DateTimeField, Max, QuerySet, Value

from portal.models import DateChange, User, person_in_words
from portal.prepared import prepared
from portal.windows import LAST_DAYS, ApplicationWindow

Dates = dict[str, dt.datetime | None]


def dates_of(window: ApplicationWindow) -> Dates:
    """The dates that a window has now, to compare with those that it will have. To the second, as forms hold them."""
    moments = {name: getattr(window, name) for name in DateChange.Field.values}
    return {name: moment and moment.replace(microsecond=0) for name, moment in moments.items()}


def record(window: ApplicationWindow, *, before: Dates, by: User | None) -> None:
    """Write a row of the log for each date of ``window`` that is not what it was ``before``.

    A date that is named for the first time is announced and has not moved; one that comes back after it was taken
    away has.
    """
    kind = window._meta.label_lower
    for name, new in dates_of(window).items():
        old = before[name]
        earlier = DateChange.objects.filter(kind=kind, object_id=window.pk, field=name)
        if old == new or (old is None and not earlier.exists()):
            continue
        DateChange.objects.create(
            kind=kind,
            object_id=window.pk,
            title=str(window)[:300],
            field=name,
            old=old,
            new=new,
            by=by,
            by_name=person_in_words(by),
        )


def _changes(windows: list[ApplicationWindow]) -> QuerySet[DateChange]:
    """The log of some windows, all of one kind."""
    kind = windows[0]._meta.label_lower if windows else ""
    return DateChange.objects.filter(kind=kind, object_id__in=[window.pk for window in windows])


@dataclass(frozen=True)
class MovedDate:
    """What readers are told of a date that moved lately: what it was, what it is now, and since when."""

    window: ApplicationWindow
    field: str
    old: dt.datetime
    new: dt.datetime | None
    since: dt.datetime

    @property
    def label(self) -> str:
        return str(DateChange.Field(self.field).label)


def moved_lately(windows: Iterable[ApplicationWindow], now: dt.datetime) -> list[MovedDate]:
    """The dates of these windows that are not what they were a fortnight ago, window by window; one query.

    Several moves are one, from the date before the first of them to the one that holds now. What moved there and back,
    or by so little that readers are told the same minute, did not move.
    """
    windows = list(windows)
    begin = now - dt.timedelta(days=LAST_DAYS)
    rows: dict[tuple[int, str], list[DateChange]] = {}
    # Of all windows, since few dates move in a fortnight, and the query is then the same for any number of them.
    for change in _since(kind=windows[0]._meta.label_lower, begin=begin) if windows else []:
        rows.setdefault((change.object_id, change.field), []).append(change)
    found = []
    for window in windows:
        for name, new in dates_of(window).items():
            changes = rows.get((window.pk, name), [])
            old = changes[0].old if changes else None
            if old and (new is None or _minute(old) != _minute(new)):
                found.append(MovedDate(window, name, old, new, changes[-1].at))
    return found


@prepared(kind=CharField(), begin=DateTimeField())
def _since(*, kind: Value, begin: Value) -> QuerySet[DateChange]:
    return DateChange.objects.filter(kind=kind, at__gt=begin).order_by("at", "pk")


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


class Moves(NamedTuple):
    """How often a date moved, and when it did last."""

    times: int
    last_at: dt.datetime


def moves_of(windows: Iterable[ApplicationWindow]) -> dict[tuple[int, str], Moves]:
    """The moves of these windows' dates, by the window's primary key and the name of the date; one query."""
    rows = _changes([*windows]).order_by().values_list("object_id", "field")
    return {(key, name): Moves(times, last) for key, name, times, last in rows.annotate(Count("pk"), Max("at"))}
