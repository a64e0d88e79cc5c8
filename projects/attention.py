"""What needs attention in projects and their rounds."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from portal import dates
from portal.attention import Concern, Urgency, register
from portal.windows import LAST_DAYS, closes_soon
from projects.models import ApplicationRound, Output, Placement, Project, Status


def closing(now: dt.datetime) -> QuerySet[ApplicationRound]:
    rows: QuerySet[ApplicationRound] = ApplicationRound.objects.filter(closes_soon(now))
    return rows


def closed(now: dt.datetime) -> QuerySet[Project]:
    """Open projects for which nobody can apply any longer."""
    rows: QuerySet[Project] = Project.objects.open().filter(round__closes_at__lte=now)
    return rows


def undated(now: dt.datetime) -> QuerySet[Project]:
    """Open projects that do not say when one can apply."""
    undated_rounds = Q(round__opens_at__isnull=True, round__closes_at__isnull=True)
    rows: QuerySet[Project] = Project.objects.open().filter(Q(round__isnull=True) | undated_rounds)
    return rows


def fruitless(now: dt.datetime) -> QuerySet[Project]:
    """Completed projects that show nothing, and do not say why."""
    outputs = Output.objects.filter(placement__project=OuterRef("pk"))
    completed = [status for status in Status if status.asks_outputs]
    rows: QuerySet[Project] = Project.objects.filter(~Exists(outputs), status__in=completed, no_outputs_reason="")
    return rows


def outlasted(now: dt.datetime) -> QuerySet[Project]:
    """Projects in progress whose last placement has ended. One without an end may still go on."""
    placements = Placement.objects.filter(project=OuterRef("pk"))
    ended = Q(ends_on__lt=dates.local_day(now))
    rows: QuerySet[Project] = Project.objects.filter(
        Exists(placements.filter(ended)), ~Exists(placements.exclude(ended)), status=Status.ACTIVE
    )
    return rows


register(
    Concern(
        slug="round-closed",
        model=Project,
        one="open project whose round has closed",
        many="open projects whose round has closed",
        why="Readers see “open”, and cannot apply. Start the work, pause it, or move on to the next round.",
        urgency=Urgency.NOW,
        rows=closed,
    )
)
register(
    Concern(
        slug="closing",
        model=ApplicationRound,
        one=f"application round that closes within {LAST_DAYS} days",
        many=f"application rounds that close within {LAST_DAYS} days",
        why="A last chance to tell people, and to decide what becomes of the projects.",
        urgency=Urgency.SOON,
        rows=closing,
    )
)
register(
    Concern(
        slug="no-dates",
        model=Project,
        one="open project without application dates",
        many="open projects without application dates",
        why="Readers see “dates to be announced”. Choose a round, or give the round its dates.",
        urgency=Urgency.SOON,
        rows=undated,
    )
)
register(
    Concern(
        slug="past-placement",
        model=Project,
        one="project in progress whose placement has ended",
        many="projects in progress whose placements have ended",
        why="Complete the project with its outputs, or give the placement a later end.",
        urgency=Urgency.SOON,
        rows=outlasted,
    )
)
register(
    Concern(
        slug="no-outputs",
        model=Project,
        one="completed project without outputs",
        many="completed projects without outputs",
        why="Readers want to know what came of the work. Add the outputs, or say why there are none.",
        urgency=Urgency.SOON,
        rows=fruitless,
    )
)
