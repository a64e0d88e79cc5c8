"""What is made of content, and kept for as long as it is right.

    @kept
    def row(key: int) -> SafeString:
        ...

The function is called once for each of its arguments, which are hashable, in a content generation and until pages
next change by time alone. In between, everybody in this process gets the same object again: make it of what nobody
changes (text, tuples, frozen dataclasses). It must depend on nothing but its arguments, the content, the settings and
``portal.clock``; so never on a request or on who reads.

Nothing is kept, and the function simply called, where content is not what everybody sees: as at a moment, in a copy of
the site, and in a transaction that has written (``generation.current``). What raises is not kept. Two threads that ask
at once may both make it. At most ``most`` results are held, and those that were asked for last stay.

To ask costs a few microseconds. Whoever asks for many, such as the rows of a list, asks ``holding()`` once instead:
within it, all that is kept is of one generation and one moment.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import update_wrapper
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar
from weakref import WeakSet

from django.core.signals import setting_changed

from portal import clock, generation, turns

P = ParamSpec("P")
R = TypeVar("R")

MOST = 1_024


class Hold(NamedTuple):
    """Of which generation something is, and the moment at which it was asked for."""

    generation: generation.Generation | None
    now: dt.datetime


class _Kept(NamedTuple):
    generation: generation.Generation
    since: dt.datetime
    until: dt.datetime
    value: Any


_held: ContextVar[Hold | None] = ContextVar("hold", default=None)
_all: WeakSet[Keeper[..., Any]] = WeakSet()


def _look() -> Hold:
    return Hold(generation.current(), clock.now())


@contextmanager
def holding(of: generation.Generation | None = None) -> Iterator[Hold]:
    """Within it, everything kept is of the generation and the moment at which it began. For reading only.

    Whoever has asked for the generation already gives it.
    """
    hold = Hold(of, clock.now()) if of else _look()
    token = _held.set(hold)
    try:
        yield hold
    finally:
        _held.reset(token)


class Keeper(Generic[P, R]):
    """A function of content whose results are kept."""

    def __init__(self, function: Callable[P, R], most: int) -> None:
        update_wrapper(self, function)
        self.function = function
        self.most = most
        self.lock = threading.Lock()
        self.results: OrderedDict[Hashable, _Kept] = OrderedDict()
        _all.add(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        of, now = _held.get() or _look()
        if of is None or not clock.is_for_everybody():
            return self.function(*args, **kwargs)
        key: Hashable = (args, tuple(sorted(kwargs.items()))) if kwargs else args
        with self.lock:
            found = self.results.get(key)
            if found is not None:
                self.results.move_to_end(key)
        if found is not None and found.generation == of and found.since <= now < found.until:
            return found.value
        until = turns.until(now, of)
        value = self.function(*args, **kwargs)
        with self.lock:
            self.results[key] = _Kept(of, now, until, value)
            self.results.move_to_end(key)
            while len(self.results) > self.most:
                self.results.popitem(last=False)
        return value

    def at_hand(self, *args: P.args, **kwargs: P.kwargs) -> R | None:
        """What is kept for these arguments and right, without making it: for whoever has another way without it."""
        of, now = _held.get() or _look()
        if of is None or clock.chosen() is not None:
            return None
        found = self.results.get((args, tuple(sorted(kwargs.items()))) if kwargs else args)
        return found.value if found and found.generation == of and found.since <= now < found.until else None

    def forget(self) -> None:
        """Keep nothing of what was made so far."""
        with self.lock:
            self.results.clear()


def kept(function: Callable[P, R] | None = None, *, most: int = MOST) -> Any:
    """Keep what a function makes of content; ``most`` results of it at once."""
    if function is None:
        return lambda wrapped: Keeper(wrapped, most)
    return Keeper(function, most)


def forget_all(**kwargs: Any) -> None:
    """Keep nothing of what was made so far. Tests begin with it; they also change settings, of which some is made."""
    turns.forget()
    for keeper in _all:
        keeper.forget()


setting_changed.connect(forget_all, dispatch_uid="portal.kept")
