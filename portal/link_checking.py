"""A run over the portal's links: politely, for so long, and so that what is found is kept as it is found."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from portal import dates, links
from portal.checked_links import CheckedLink
from portal.link_answers import Finding, Look, look
from portal.outbound import Outside

PAUSE = 1.0  # seconds between two requests to one host
GONE_AFTER_LOOKS = 2
DEAD_AFTER_DAYS = 3

State = CheckedLink.State


class OfflineError(Exception):
    """No host at all could be reached: the fault is this machine's, so nothing is said of any link."""


@dataclass
class Checking:
    """One run over at most ``most`` links that begins none after ``seconds``."""

    most: int = 200
    seconds: float = 15 * 60
    outside: Outside = field(default_factory=Outside)
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    found: Counter[str] = field(default_factory=Counter)
    left: int = 0
    too_long: list[str] = field(default_factory=list)
    reached: bool = False
    # By host: from when on it may be asked again; and those that asked to be left alone.
    _ready: dict[str, float] = field(default_factory=dict)
    _left_alone: set[str] = field(default_factory=set)
    # What may be this machine's fault, until one host has been reached.
    _held: list[tuple[CheckedLink, Look]] = field(default_factory=list)

    def run(self) -> Iterator[tuple[CheckedLink, Look]]:
        """Look at the links, the one that was looked at longest ago first; each is given with what was found.

        What was found is kept as soon as it is given, whenever the run is broken off. Raises ``OfflineError``.
        """
        moment = timezone.now()
        self.too_long = links.keep(links.collect(moment))
        due = list(CheckedLink.objects.may_be_asked(moment))
        waiting, self.left = due[: self.most], max(len(due) - self.most, 0)
        end = self.now() + self.seconds
        while waiting and self.now() < end:
            link = self._next(waiting)
            waiting.remove(link)
            host = links.host_of(link.address)
            if host in self._left_alone:
                self.left += 1
                continue
            seen = look(link.address, self.outside, self._pace)
            self._take(link, seen)
            if seen.wait and host:
                self._left_alone.add(host)
                later = [one.pk for one in due if links.host_of(one.address) == host]
                CheckedLink.objects.filter(pk__in=later).update(not_before=timezone.now() + seen.wait)
            yield link, seen
        self.left += len(waiting)
        if self._held:
            raise OfflineError

    def _next(self, waiting: list[CheckedLink]) -> CheckedLink:
        """The first whose host may be asked at once, else the one whose host soonest may."""
        now = self.now()
        times = [(max(self._ready.get(links.host_of(link.address), 0.0), now), link) for link in waiting]
        return min(times, key=lambda pair: pair[0])[1]

    def _pace(self, host: str) -> None:
        """Wait until ``host`` may be asked again."""
        wait = self._ready.get(host, 0.0) - self.now()
        if wait > 0:
            self.sleep(wait)
        self._ready[host] = self.now() + PAUSE

    def _take(self, link: CheckedLink, seen: Look) -> None:
        """Keep what was seen; what may be the fault of this machine only once any host has been reached."""
        self.reached = self.reached or seen.reached is True
        if seen.reached is False and not self.reached:
            self._held.append((link, seen))
            return
        held = self._held if self.reached else []
        for one, what in [*held, (link, seen)]:
            keep(one, what, timezone.now())
            self.found[one.state] += 1
        held.clear()


def keep(link: CheckedLink, seen: Look, now: dt.datetime) -> None:
    """Write what a look says of a link. Nothing is dead at first sight, but what is certain."""
    values = judged(link, seen, now)
    for name, value in values.items():
        setattr(link, name, value)
    CheckedLink.objects.filter(pk=link.pk).update(**values)


def judged(link: CheckedLink, seen: Look, now: dt.datetime) -> dict[str, object]:
    """What is known of a link after a look.

    A page that is not there is dead at the second look. A host that fails is dead when it has failed on three days:
    a fault over the weekend is mended on Monday. One that does not let programs look is never said to be dead.
    """
    values: dict[str, object] = {"answer": seen.words, "checked_at": now, "not_before": None}
    if seen.finding is Finding.FINE:
        return values | {"state": State.FINE, "failing_since": None, "gone_looks": 0, "failed_days": 0}
    values["failing_since"] = link.failing_since or now
    if seen.finding is Finding.CLOSED:
        return values | {"state": State.UNSURE, "gone_looks": 0, "failed_days": 0}
    is_new_day = not (link.failed_days and link.checked_at and dates.local_day(link.checked_at) == dates.local_day(now))
    days = link.failed_days + is_new_day
    looks = link.gone_looks + (seen.finding is Finding.GONE)
    is_dead = seen.finding is Finding.NOT_OURS or looks >= GONE_AFTER_LOOKS or days >= DEAD_AFTER_DAYS
    return values | {"state": State.DEAD if is_dead else State.UNSURE, "gone_looks": looks, "failed_days": days}
