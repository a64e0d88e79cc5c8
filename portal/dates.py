"""Days and moments in words, as the NHS service manual writes them. All moments are shown in Europe/London."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

NBSP = "\u00a0"


def day(value: dt.date, *, year: bool = True) -> str:
    """29 October 2026, its day and month never parted by a line break."""
    return f"{value.day}{NBSP}{value:%B}" + (f" {value.year}" if year else "")


def month(value: dt.date) -> str:
    """September 2026."""
    return f"{value:%B} {value.year}"


def clock(value: dt.datetime) -> str:
    """midday, midnight, 9am, 11:59pm."""
    local = in_london(value)
    if (local.hour, local.minute) == (12, 0):
        return "midday"
    if (local.hour, local.minute) == (0, 0):
        return "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment(value: dt.datetime) -> str:
    """11:59pm on 29 October 2026."""
    return f"{clock(value)} on {day(local_day(value))}"


def span(first: dt.date, last: dt.date) -> str:
    """8 to 12 January 2027; 11 January to 26 February 2027; 1 September 2026 to 31 August 2027."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first, year=first.year != last.year)} to {day(last)}"


def months(first: dt.date, last: dt.date) -> str:
    """September 2026 to August 2027."""
    return f"{month(first)} to {month(last)}"


def midnight(value: dt.date) -> dt.datetime:
    """The moment at which that day begins in London."""
    return timezone.make_aware(dt.datetime.combine(value, dt.time()), timezone.get_default_timezone())


def local_day(value: dt.datetime) -> dt.date:
    """The day it is in London at that moment."""
    return in_london(value).date()


def in_london(value: dt.datetime) -> dt.datetime:
    """The same moment by the clocks of London."""
    # Named, since to ask Django for the time zone of this very thread takes longer than all the rest.
    return timezone.localtime(value, timezone.get_default_timezone())
