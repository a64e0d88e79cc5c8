"""When public pages next change by time alone, so that whoever keeps one knows until when it is right.

Every page may change at midnight in London, since pages count days. Within the day they change at the moments that
content says: a model names its own in ``turns``, names of datetime fields or expressions that give a moment. What
pages look like at a moment, they look like until just before ``next_turn`` of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.expressions import Combinable

from portal import dates, generation
from portal.prepared import prepared

Turn = str | Combinable


def next_turn(now: dt.datetime) -> dt.datetime:
    """The first moment after ``now`` at which any public page may change by itself; one query over all content."""
    midnight = dates.midnight(dates.local_day(now) + dt.timedelta(days=1)).astimezone(dt.UTC)
    found: dt.datetime | None = _between.first(now=now, end=midnight)
    return midnight if found is None else min(found, midnight)


@prepared(now=DateTimeField(), end=DateTimeField())
def _between(*, now: Value, end: Value) -> QuerySet[Any, dt.datetime]:
    first, *others = _moments_between(now, end)
    return first.union(*others, all=True).order_by("turn")[:1]


def _moments_between(now: Value, end: Value) -> Iterable[QuerySet[Any, dt.datetime]]:
    for model in apps.get_models():
        # What a model inherits from several adds up.
        declared: set[Turn] = {turn for base in model.__mro__ for turn in vars(base).get("turns", ())}
        for turn in declared:
            expression = ExpressionWrapper(F(turn) if isinstance(turn, str) else turn, DateTimeField())
            rows = model._base_manager.order_by().annotate(turn=expression).filter(turn__gt=now, turn__lt=end)
            yield rows.values_list("turn", flat=True)


class _Known(NamedTuple):
    """What was last found out: of which generation, and from when until when it holds."""

    of: generation.Generation
    since: dt.datetime
    until: dt.datetime


_known: _Known | None = None


def until(now: dt.datetime, of: generation.Generation) -> dt.datetime:
    """``next_turn(now)``, asked for once in a generation and turn. ``of`` is the generation from before ``now``."""
    global _known
    found = _known
    if found is None or found.of != of or not found.since <= now < found.until:
        found = _known = _Known(of, now, next_turn(now))
    return found.until


def forget() -> None:
    """Ask anew."""
    global _known
    _known = None
