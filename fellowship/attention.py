"""What needs attention in the fellowship."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet

from fellowship.grids import PAIRS
from fellowship.models import Cohort, Fellow, Programme
from portal import dates
from portal.attention import Concern, Urgency, register
from portal.reviews import read_too_long_ago
from portal.windows import LAST_DAYS, accepts_at, closes_soon


def closing(now: dt.datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Cohort.objects.filter(closes_soon(now))
    return rows


def undecided(now: dt.datetime) -> QuerySet[Any]:
    can_be_applied_for = Cohort.objects.public().filter(accepts_at(now), starts_on__gt=dates.local_day(now))
    rows: QuerySet[Any] = can_be_applied_for.alias(answers=Count("eligibility")).filter(answers__lt=len(PAIRS))
    return rows


def not_reviewed(now: dt.datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Programme.objects.public().filter(read_too_long_ago(dates.local_day(now)))
    return rows


def without_consent(now: dt.datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Fellow.objects.without_consent()
    return rows


def webinar_without_address(now: dt.datetime) -> QuerySet[Any]:
    soon = Q(webinar_at__gt=now, webinar_at__lt=now + dt.timedelta(days=LAST_DAYS))
    rows: QuerySet[Any] = Cohort.objects.public().filter(soon, webinar_url="")
    return rows


register(
    Concern(
        slug="consent",
        model=Fellow,
        one="published fellow without a day of consent",
        many="published fellows without a day of consent",
        why="Nobody sees them. Ask them, and record the day on which they agreed.",
        urgency=Urgency.SOON,
        rows=without_consent,
    )
)
register(
    Concern(
        slug="undecided",
        model=Cohort,
        one="cohort open for applications that does not say of everybody whether they can apply",
        many="cohorts open for applications that do not say of everybody whether they can apply",
        why="Readers who ask are told that it is not decided. Ask the funder, then fill in “Who can apply…”.",
        urgency=Urgency.NOW,
        rows=undecided,
    )
)
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
        slug="webinar",
        model=Cohort,
        one=f"cohort with a webinar within {LAST_DAYS} days that nobody can join",
        many=f"cohorts with a webinar within {LAST_DAYS} days that nobody can join",
        why="Give the address to join: readers look for it on the page until it begins.",
        urgency=Urgency.SOON,
        rows=webinar_without_address,
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
