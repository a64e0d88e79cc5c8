"""What time it is for the pages that readers see: now, or the moment as at which somebody of staff looks at them.

Everything that public pages derive from time asks here. What is written (logs, first publication) and what expires
(links, sessions) asks the real clock, ``django.utils.timezone``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.utils import timezone

from portal import dates

# Of one request: each is answered in a thread of its own, whose context no other shares.
_chosen: ContextVar[dt.datetime | None] = ContextVar("moment", default=None)
_copied: ContextVar[dt.date | None] = ContextVar("copied", default=None)


class Moment(NamedTuple):
    """A moment at which pages change by themselves, and what happens then, in words.

    Whatever has such moments gives them by a method ``moments()``.
    """

    at: dt.datetime
    words: str


def now() -> dt.datetime:
    """The moment that pages tell of."""
    return _chosen.get() or timezone.now()


def chosen() -> dt.datetime | None:
    """The moment as at which somebody looks; None where it is now."""
    return _chosen.get()


def today() -> dt.date:
    """The day it then is in London."""
    return dates.local_day(now())


@contextmanager
def stopped_at(moment: dt.datetime) -> Iterator[None]:
    """Within it, it is that moment; after it, whatever happened in it, the time that it was before."""
    token = _chosen.set(moment)
    try:
        yield
    finally:
        _chosen.reset(token)


def copied_on() -> dt.date | None:
    """While a copy of the site is made as files: the day as on which it stands. None on the site itself.

    A copy is read later than it is made. A page of one gives dates, and says nothing as present that time changes.
    """
    return _copied.get()


@contextmanager
def copied_as_on(day: dt.date) -> Iterator[None]:
    """Within it, pages are made to be kept as files, as they stand on that day."""
    token = _copied.set(day)
    try:
        yield
    finally:
        _copied.reset(token)


def is_for_everybody() -> bool:
    """Whether pages are made as every reader of the site sees them: of now, and to be read now."""
    return _chosen.get() is None and _copied.get() is None
