"""The dates of application rounds, to keep: all of them as a calendar, and each deadline as a file."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from portal import clock
from portal.calendar import NEVER_MOVED, Event, calendar, response
from portal.date_changes import Moves, moves_of
from portal.queries import reads
from projects.announcements import announced_rounds

REMINDER = dt.timedelta(days=1)


@reads()
@require_safe
def subscription(request: HttpRequest) -> HttpResponse:
    """When applications open and close, of every round that readers know of."""
    now = clock.now()
    rounds = list(announced_rounds(now))
    moves = moves_of(rounds)
    events = [event for one in rounds for event in _events(one, moves, now)]
    return response(request, calendar(f"{settings.PORTAL_NAME}: applications for projects", events))


@reads()
@require_safe
def deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """The deadline of one round, with a reminder on the day before."""
    now = clock.now()
    one = announced_rounds(now).filter(pk=pk, closes_at__isnull=False).first()
    if one is None:
        raise Http404
    event = _event(one, "closes_at", moves_of([one]), now, REMINDER)
    name = slugify(one.name) or f"round-{one.pk}"
    return response(request, calendar(f"{settings.PORTAL_NAME}: {event.summary}", [event]), f"{name}-deadline.ics")


def _events(one: Any, moves: dict[tuple[int, str], Moves], now: dt.datetime) -> list[Event]:
    return [_event(one, name, moves, now) for name in ("opens_at", "closes_at") if getattr(one, name)]


def _event(
    one: Any, name: str, moves: dict[tuple[int, str], Moves], now: dt.datetime, reminder: dt.timedelta | None = None
) -> Event:
    """One date of an announced round."""
    begins = "Applications open" if name == "opens_at" else "Deadline"
    times, changed_at = moves.get((one.pk, name), Moves(0, NEVER_MOVED))
    address = settings.PORTAL_URL + reverse("projects:index") + "?status=open"
    return Event(
        name=f"round-{one.pk}-{name.removesuffix('_at')}",
        at=getattr(one, name),
        summary=f"{begins}: internship projects, {one.name}",
        description=_description(one, address, now),
        url=address,
        moves=times,
        changed_at=changed_at,
        reminder=reminder,
    )


def _description(one: Any, address: str, now: dt.datetime) -> str:
    """How many projects there are to apply for, where they are, and how to apply."""
    number = one.open_projects
    lines = [
        f"{number} project{' is' if number == 1 else 's are'} open in this round: {address}"
        if number
        else f"No project is open in this round yet. See those that are: {address}",
        f"Apply at {one.apply_url}" if one.apply_url and one.is_open(now) else "Each project's page says how to apply.",
    ]
    return "\n".join(lines)
