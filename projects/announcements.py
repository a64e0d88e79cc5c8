"""The application rounds that readers know of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from projects.models import ApplicationRound, Project


def announced_rounds(now: dt.datetime) -> QuerySet[Any]:
    """Those that a public project is open in, however long ago they closed, and those whose opening lies ahead.

    In the order in which they open. Each has ``open_projects``, the number of them, and ``accepting``, the number of
    those that accept applications at ``now``.
    """
    open_here = Project.objects.public().open().filter(round=OuterRef("pk"))
    return (
        ApplicationRound.objects.defer("how_to_apply")
        .filter(Exists(open_here) | Q(opens_at__gt=now))
        .annotate(open_projects=_number(open_here), accepting=_number(open_here.accepting(now)))
        .order_by(F("opens_at").asc(nulls_first=True), "pk")
    )


def _number(projects: Any) -> Coalesce:
    """How many projects of the outer round there are."""
    return Coalesce(Subquery(projects.order_by().values("round").annotate(number=Count("pk")).values("number")), 0)
