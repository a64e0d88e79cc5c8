#!/usr/bin/env python3
"""The clock across the change to summer time and back, minute by minute.

Pages that are kept are held against those that Django makes anew at each minute, and lists for programs against those
as at that moment, as staff look at them; whether applications are open against the deadlines themselves, at 1:30am,
midday and 11:59pm; a calendar against the moments in it; and the week of the email to staff against the days of London.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults.trial import MissingError, Trial, run

LONDON = ZoneInfo("Europe/London")
# At 01:00 UTC the clock goes on to 2am on the first, and back to 1am on the second.
CHANGES = (dt.date(2026, 3, 29), dt.date(2026, 10, 25))
TIMES = (dt.time(1, 30), dt.time(12, 0), dt.time(23, 59))


def trial(trial: Trial) -> None:
    try:
        import time_machine  # noqa: F401
    except ImportError:
        raise MissingError("time-machine is not installed") from None
    for name in ("DATABASE_URL", "PORTAL_URL"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="portal-faults-") as folder:
        os.environ.update(
            PORTAL_ENV="development", PORTAL_VAR=folder, DJANGO_SETTINGS_MODULE="portal.settings", LOG_LEVEL="ERROR"
        )
        (Path(folder) / "static").mkdir()
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        for day in CHANGES:
            _across(trial, day)


def _across(trial: Trial, day: dt.date) -> None:
    import time_machine
    from django.core.handlers.wsgi import WSGIHandler

    from portal import clock, generation, kept
    from portal.benchmark.cost import get
    from portal.page_cache import PageCache
    from projects.models import Project

    change = dt.datetime.combine(day, dt.time(1), dt.UTC)
    with time_machine.travel(change - dt.timedelta(days=2), tick=False):
        deadlines = _fill(day)
    moments = sorted({*_minutes(change), *(at + dt.timedelta(minutes=by) for at in deadlines for by in (-1, 0, 1))})
    django = WSGIHandler()
    cache = PageCache(django, 16 * 2**20, follows=False)
    wrong: list[str] = []
    paths = [*PATHS, *(project.get_absolute_url() for project in Project.objects.filter(round__isnull=False))]
    looked = 0
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            for path in paths:
                sent = get(cache, path)
                with mock.patch.object(generation, "current", return_value=None):  # nothing is taken from what is kept
                    fresh = get(django, path)
                looked += 1
                if path in FOR_PROGRAMS:  # to people, a page as at a moment says that it is one
                    with clock.stopped_at(moment):
                        as_at = get(django, path)
                    wrong += [f"{path} as at {moment:%d %B %H:%M} UTC differs"] if as_at != fresh else []
                if sent != fresh:
                    wrong.append(f"{path} at {moment:%d %B %H:%M} UTC is not as it would be made anew")
            wrong += _deadlines(moment, deadlines)
    trial.did(f"{day}: looked at {looked:,} pages in {len(moments)} minutes")
    trial.lost(wrong[:20])
    if not wrong:
        trial.held("every page was right at each minute, and none outlived its turn")
    _calendar(trial, deadlines, get(django, "/projects/calendar.ics"))
    _weeks(trial, change)
    Project.objects.all().delete()
    kept.forget_all()


FOR_PROGRAMS = ("/projects.json", "/projects.csv", "/projects/calendar.ics")
PATHS = ("/", "/projects/", "/fellowship/", *FOR_PROGRAMS)


def _fill(day: dt.date) -> dict[dt.datetime, int]:
    """A project for each deadline on the day of the change; the deadlines, in UTC, with the project's id."""
    from tests import factories as make

    found = {}
    for number, time in enumerate(TIMES):
        for fold in (0, 1):
            local = dt.datetime.combine(day, time, LONDON).replace(fold=fold)
            at = local.astimezone(dt.UTC)
            if at in found:
                continue
            window = make.ApplicationRoundFactory(
                name=f"Round {day} {number} {fold}", opens_at=at - dt.timedelta(days=10), closes_at=at
            )
            found[at] = make.ProjectFactory(slug=f"clock-{day}-{number}-{fold}", round=window).pk
    return found


def _minutes(change: dt.datetime) -> Iterator[dt.datetime]:
    """Each from an hour before to two after, and those about both midnights of the day."""
    for minute in range(-60, 121):
        yield change + dt.timedelta(minutes=minute)
    day = change.date()
    for midnight in (day, day + dt.timedelta(days=1)):
        at = dt.datetime.combine(midnight, dt.time(), LONDON).astimezone(dt.UTC)
        yield from (at + dt.timedelta(minutes=minute) for minute in (-1, 0, 1))


def _deadlines(now: dt.datetime, deadlines: dict[dt.datetime, int]) -> Iterator[str]:
    """Applications are open until the deadline, and not from it on."""
    from projects.models import Project

    for at, pk in deadlines.items():
        is_open = Project.objects.get(pk=pk).is_accepting(now)
        if is_open != (now < at):
            yield f"at {now:%d %B %H:%M} UTC, the project whose deadline is {at:%H:%M} UTC says open: {is_open}"


def _calendar(trial: Trial, deadlines: dict[dt.datetime, int], text: str) -> None:
    """The moments in the calendar of all rounds are those of the deadlines (RFC 5545)."""
    from icalendar import Calendar

    events = Calendar.from_ical(text).walk("VEVENT")
    said = {
        moment.dt.astimezone(dt.UTC)
        for event in events
        for name in ("DTSTART", "DTEND")
        if (moment := event.get(name)) and isinstance(moment.dt, dt.datetime)
    }
    missing = [f"{at:%d %B %H:%M} UTC" for at in deadlines if at not in said]
    trial.holds(
        not missing, f"the calendar has all {len(deadlines)} deadlines{' but ' if missing else ''}{', '.join(missing)}"
    )


def _weeks(trial: Trial, change: dt.datetime) -> None:
    """The week of the email turns at midnight in London between the Sunday of the change and the Monday after it."""
    from portal.digest import week_of

    midnight = dt.datetime.combine(change.date() + dt.timedelta(days=1), dt.time(), LONDON).astimezone(dt.UTC)
    hours = [midnight + dt.timedelta(hours=number) for number in range(-36, 36)]
    weeks = [week_of(hour) for hour in hours]
    turns = [hour for before, after, hour in zip(weeks, weeks[1:], hours[1:], strict=False) if before != after]
    trial.holds(turns == [midnight], f"the week of the email turns once, at midnight in London ({midnight:%H:%M} UTC)")


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_500))
