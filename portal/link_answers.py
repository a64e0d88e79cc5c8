"""What looking at a link once finds: the answer in words, and what it says of the link."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from django.urls import reverse
from django.utils import timezone

from portal import own_pages
from portal.links import host_of, is_askable, is_own, normal
from portal.outbound import Answer, BrokenError, NotAskedError, Outside, SlowError, UnreachedError

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
NOT_THERE = {404, 410}
# Said to programs as often as not: a person may well be let in. 999 is what one network of professionals says.
CLOSED = {401, 402, 403, 405, 406, 407, 418, 429, 451, 999}
# Without a word of the host on when to come back.
LATER = dt.timedelta(hours=1)
LATEST = dt.timedelta(days=7)


class Finding(enum.Enum):
    """What an answer says of a link."""

    FINE = "fine"
    CLOSED = "closed"  # somebody is there, and does not let programs look
    FAILING = "failing"  # it may be over by tomorrow
    GONE = "gone"
    NOT_OURS = "not ours"  # of the portal's own pages, so that there is no doubt


@dataclass(frozen=True)
class Look:
    """One look at a link.

    ``reached`` tells whether another host was spoken to, which a machine without a network cannot; None where there
    was no need to.
    """

    finding: Finding
    words: str
    reached: bool | None = None
    wait: dt.timedelta | None = None


def look(address: str, outside: Outside, pace: Callable[[str], None] = lambda host: None) -> Look:
    """Follow a link to its end. ``pace`` is called with the host before each request, and may wait."""
    reached: bool | None = None
    for _ in range(MOST_REDIRECTS + 1):
        if not is_askable(address):
            return Look(Finding.GONE, "This is not the address of a web page", reached)
        own = is_own(address)
        try:
            answer = own_pages.ask(address) if own else _asked(address, outside, pace)
        except NotAskedError as error:
            return Look(Finding.CLOSED, str(error), reached)
        except UnreachedError as error:
            return Look(Finding.GONE if error.no_such_name else Finding.FAILING, str(error), reached or False)
        except BrokenError as error:
            return Look(Finding.FAILING, str(error), reached=True)
        reached = reached or (None if own else True)
        leads_to = answer.headers.get("location", "")
        if answer.status not in REDIRECTS or not leads_to:
            return replace(_own(answer) if own else _understood(answer), reached=reached)
        address = _next(address, leads_to)
        if not address:
            return Look(Finding.FAILING, "It leads on to something that is no web page", reached)
        if is_own(address) and urlsplit(address).path.startswith(reverse("admin:login")):
            return Look(Finding.NOT_OURS, "Only staff can open it", reached)
    return Look(Finding.FAILING, f"It leads on more than {MOST_REDIRECTS} times", reached)


def _asked(address: str, outside: Outside, pace: Callable[[str], None]) -> Answer:
    """The answer to the shortest question that gets one: without the page itself, and with it where that is refused."""
    pace(host_of(address))
    try:
        answer = outside.ask("HEAD", address)
        is_right = answer.status < 400 or answer.status == 429 or "retry-after" in answer.headers
    except SlowError:
        raise
    except BrokenError:
        is_right = False
    if is_right:
        return answer
    pace(host_of(address))
    return outside.ask("GET", address)


def _next(address: str, leads_to: str) -> str:
    """Where an answer sends on to. Hosts write such addresses in UTF-8, which HTTP hands on as Latin-1."""
    with suppress(UnicodeError):
        leads_to = leads_to.encode("latin-1").decode()
    try:
        return normal(urljoin(address, leads_to.strip()))
    except ValueError:
        return ""


def _understood(answer: Answer) -> Look:
    """What another host's answer says."""
    words = f"{answer.status} {answer.reason}".strip()[:200]
    wait = _wait(answer)
    if answer.status < 400:
        return Look(Finding.FINE, words)
    if answer.status in NOT_THERE:
        return Look(Finding.GONE, words)
    if answer.status in CLOSED:
        return Look(Finding.CLOSED, f"{words}: it does not let programs look", wait=wait)
    return Look(Finding.FAILING, words, wait=wait)


def _own(answer: Answer) -> Look:
    """What an answer of the portal's own says."""
    if answer.status in NOT_THERE:
        return Look(Finding.NOT_OURS, "This portal has no such public page")
    words = f"{answer.status} {answer.reason}"
    return Look(Finding.FINE if answer.status < 400 else Finding.FAILING, words)


def _wait(answer: Answer) -> dt.timedelta | None:
    """How long a host asks to be left alone (RFC 9110, 10.2.3); None where it does not."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(dt.timedelta(seconds=min(int(said[:12]), LATEST.total_seconds())), LATEST)
    if not said:
        return LATER if answer.status == 429 else None
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return LATER
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(dt.timedelta(0), min(until - timezone.now(), LATEST))
