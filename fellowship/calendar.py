"""The key dates of the fellowship, to keep: those of every cohort as a calendar, and those of one as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fellowship.models import Cohort
from fellowship.timeline import Entry, Timeline
from portal.calendar import NEVER_MOVED, Event, calendar, response
from portal.date_changes import Moves, moves_of
from portal.queries import reads

REMINDER = dt.timedelta(days=1)
ONLY_WHAT_IS_KNOWN = (
    "It holds the dates of which the day or the week is known. Those of which less is known are on the page of each "
    "cohort, and join when their day is known."
)

_SUMMARIES = {
    "opens": "Applications open",
    "closes": "Deadline",
    "webinar": "Webinar",
    "starts": "Fellowship starts",
    "ends": "Fellowship ends",
}


def _cohorts() -> QuerySet[Any]:
    """Those that readers know of."""
    cohorts: QuerySet[Any] = Cohort.objects.public().newest_first().prefetch_related("key_dates")
    return cohorts.defer("how_to_apply", "source_text")


@reads()
@require_safe
def subscription(request: HttpRequest) -> HttpResponse:
    """The dates of every public cohort."""
    cohorts = list(_cohorts())
    moves = moves_of(cohorts)
    events = [event for one in cohorts for event in _events(one, moves)]
    content = calendar(f"{settings.PORTAL_NAME}: fellowship", events, ONLY_WHAT_IS_KNOWN)
    return response(request, content)


@reads()
@require_safe
def one_cohort(request: HttpRequest, number: int) -> HttpResponse:
    """The dates of one cohort, with a reminder on the day before the deadline."""
    cohort = _cohorts().filter(number=number).first()
    if cohort is None:
        raise Http404
    events = _events(cohort, moves_of([cohort]), REMINDER)
    content = calendar(f"{settings.PORTAL_NAME}: fellowship, cohort {number}", events, ONLY_WHAT_IS_KNOWN)
    return response(request, content, f"fellowship-cohort-{number}-dates.ics")


def _events(
    cohort: Cohort, moves: dict[tuple[int, str], Moves], reminder: dt.timedelta | None = None
) -> Iterator[Event]:
    for entry in Timeline(cohort).exact:
        # Moves are logged of the dates by which people apply; whatever else is changed is saved with its cohort.
        is_logged = entry.name in {"opens", "closes"}
        never = Moves(0, NEVER_MOVED) if is_logged else Moves(0, cohort.updated_at)
        times, changed_at = moves.get((cohort.pk, f"{entry.name}_at"), never)
        yield Event(
            name=entry.name if entry.name.startswith("keydate-") else f"cohort-{cohort.pk}-{entry.name}",
            at=entry.at or entry.first_day,
            until=entry.until if entry.at else entry.last_day + dt.timedelta(days=1),
            summary=f"{_SUMMARIES.get(entry.name, entry.label)}: fellowship, cohort {cohort.number}",
            description=_description(cohort, entry),
            url=settings.PORTAL_URL + cohort.get_absolute_url(),
            moves=times,
            changed_at=changed_at,
            reminder=reminder if entry.name == "closes" else None,
        )


def _description(cohort: Cohort, entry: Entry) -> str:
    """What to do on that day, and where everything else stands."""
    link = cohort.webinar_link if entry.name == "webinar" else None
    apply = cohort.apply_address if entry.name in {"opens", "closes"} else ""
    lines = [
        f"The week of {entry.in_words.removeprefix('Week of ')}; the day is not known yet."
        if entry.precision == "week"
        else "",
        f"{link[1]}: {link[0]}" if link else "",
        f"Apply at {apply}" if apply else "",
        f"Key dates and how to apply: {settings.PORTAL_URL}{cohort.get_absolute_url()}",
    ]
    return "\n".join(line for line in lines if line)
