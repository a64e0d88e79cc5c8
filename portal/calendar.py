"""Calendar files (RFC 5545, with the names of RFC 7986): moments to keep, right on both sides of a clock change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import category
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, set_response_etag

CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESH = dt.timedelta(hours=12)

# A calendar asks when an event was last changed. Of one that never moved nothing is stored, and any moment of the past
# does that stays the same: the file must not differ from request to request.
NEVER_MOVED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

# The rule of the European Union and, since 1996, of the United Kingdom. What icalendar works out from the system's zone
# begins summer an hour late, and ends in 2038.
LONDON = icalendar.Timezone.from_ical(
    "\r\n".join(
        [
            "BEGIN:VTIMEZONE",
            "TZID:Europe/London",
            "BEGIN:DAYLIGHT",
            "DTSTART:19960331T010000",
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "TZNAME:BST",
            "TZOFFSETFROM:+0000",
            "TZOFFSETTO:+0100",
            "END:DAYLIGHT",
            "BEGIN:STANDARD",
            "DTSTART:19961027T020000",
            "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
            "TZNAME:GMT",
            "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0000",
            "END:STANDARD",
            "END:VTIMEZONE",
        ]
    )
)


@dataclass(frozen=True)
class Event:
    """A moment of a calendar, such as a deadline, or whole days where no time of day is known.

    ``name`` is what it is known by for good, unique in this portal. ``until`` is when it is over: the day after its
    last, where it is of days (RFC 5545, 3.6.1). ``moves`` is how often its moment has changed.
    ``reminder`` is how long before it a calendar speaks up: for a file that somebody chose to add, not for a
    subscription.
    """

    name: str
    at: dt.datetime | dt.date
    summary: str
    description: str
    url: str
    moves: int = 0
    changed_at: dt.datetime = NEVER_MOVED
    reminder: dt.timedelta | None = None
    until: dt.datetime | dt.date | None = None

    @property
    def uid(self) -> str:
        return f"{self.name}@{urlsplit(settings.PORTAL_URL).hostname}"


def calendar(name: str, events: Iterable[Event], description: str = "") -> bytes:
    """A calendar file of events. The description tells whoever subscribes what is in it."""
    file = icalendar.Calendar()
    file.add("prodid", _text(f"-//{settings.PORTAL_ORGANISATION}//{settings.PORTAL_NAME}//EN"))
    file.add("version", "2.0")
    for label in ("name", "x-wr-calname"):
        file.add(label, _text(name))
    for label in ("description", "x-wr-caldesc") if description else ():
        file.add(label, _text(description))
    file.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", icalendar.vDuration(REFRESH))
    file.add_component(LONDON)  # always, since a calendar without any component is none
    for event in events:
        file.add_component(_component(event))
    return file.to_ical()


def _component(event: Event) -> icalendar.Event:
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("sequence", event.moves)
    component.add("dtstamp", event.changed_at)
    component.add("last-modified", event.changed_at)
    component.add("dtstart", _time(event.at))
    if event.until is not None:
        component.add("dtend", _time(event.until))
    component.add("summary", _text(event.summary))
    component.add("description", _text(event.description))
    component.add("url", event.url)
    component.add("transp", "TRANSPARENT")  # a deadline keeps nobody busy
    if event.reminder is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -event.reminder)
        alarm.add("description", _text(event.summary))
        component.add_component(alarm)
    return component


def _time(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    """A day as it is. A moment in London's time, to the second; or in UTC, in the hour that the clocks give back, which
    London's names for twice.
    """
    if not isinstance(value, dt.datetime):
        return value
    local = timezone.localtime(value).replace(microsecond=0)
    return local.astimezone(dt.UTC) if local.fold else local


# Controls, surrogates, and the separators of lines and paragraphs: a calendar file must not hold them.
_FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}


def _text(text: str) -> icalendar.vText:
    """Text with a space for each character that a calendar file cannot hold."""
    return icalendar.vText(
        "".join(" " if category(letter) in _FORBIDDEN and letter != "\n" else letter for letter in text)
    )


def response(request: HttpRequest, content: bytes, filename: str = "") -> HttpResponse:
    """A calendar file, to add to a calendar if it has a ``filename``, else to subscribe to.

    Clients come back for it all day long: one that has it already is told so (RFC 9110, 13.1.2).
    """
    answer = HttpResponse(content, content_type=CONTENT_TYPE)
    if filename:
        answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["X-Robots-Tag"] = "noindex"
    set_response_etag(answer)
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer
