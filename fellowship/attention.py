"""What needs attention in the fellowship."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from fellowship.models import Cohort, Programme
from portal import dates
from portal.attention import Concern, Urgency, register
from portal.reviews import read_too_long_ago
from portal.windows import LAST_DAYS, closes_soon


def closing(now: dt.datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Cohort.objects.filter(closes_soon(now))
    return rows


def not_reviewed(now: dt.datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Programme.objects.public().filter(read_too_long_ago(dates.local_day(now)))
    return rows


register(
    Concern(
        slug="closing",
        model=Cohort,
        one=f"cohort whose applications close within {LAST_DAYS} days",
        many=f"cohorts whose applications close within {LAST_DAYS} days",
        why="A last chance to tell people, and to look at the page as they see it.",
        urgency=Urgency.SOON,
        rows=closing,
    )
)
register(
    Concern(
        slug="review",
        model=Programme,
        one="page about the fellowship not reviewed for a year",
        many="pages about the fellowship not reviewed for a year",
        why="Read, mend what is no longer true, and set the day of the review.",
        urgency=Urgency.SOON,
        rows=not_reviewed,
    )
)
