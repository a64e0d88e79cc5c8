"""What needs attention in guidance."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet

from articles.models import Article
from portal import dates
from portal.attention import Concern, Urgency, register
from portal.reviews import read_too_long_ago


def overdue(now: dt.datetime) -> QuerySet[Any]:
    """Public articles whose day has come, or that name no day and were last read a year ago."""
    today = dates.local_day(now)
    due = Q(review_due_on__lt=today) | (Q(review_due_on__isnull=True) & read_too_long_ago(today))
    rows: QuerySet[Any] = Article.objects.public().filter(due)
    return rows


register(
    Concern(
        slug="review",
        model=Article,
        one="article past its review date",
        many="articles past their review date",
        why="Read, mend what is no longer true, and set the next date. Without a date, guidance is due after a year.",
        urgency=Urgency.SOON,
        rows=overdue,
    )
)
