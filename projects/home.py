"""What the home page says of projects: what is open now and until when, and where to look."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from portal.home import Section, contributes
from projects.models import ApplicationRound, Area, Modality, Project, Status


@contributes(order=10)
def sections(now: dt.datetime) -> list[Section]:
    projects = Project.objects.public()
    total = projects.count()
    if not total:
        return []
    accepting = Project.objects.accepting(now)
    open_count = projects.filter(status=Status.OPEN).count()
    # Databases differ on where a round without an end belongs: it closes last.
    soonest = F("closes_at").asc(nulls_last=True)
    rounds = list(ApplicationRound.objects.filter(projects__in=accepting).distinct().order_by(soonest))
    context = {
        "total": total,
        "accepting": accepting.count(),
        "open": open_count,
        "rounds": rounds,
        "next_round": ApplicationRound.next_to_open(now),
        "areas": _with_open(Area.objects.all()),
        "modalities": _with_open(Modality.objects.all()),
    }
    return [Section("projects/home.html", context, wide=True)]


def _with_open(terms: QuerySet) -> QuerySet:
    """The terms that open projects have, most first."""
    return (
        terms.annotate(open_projects=Count("projects", filter=Q(projects__status=Status.OPEN)))
        .filter(open_projects__gt=0)
        .order_by("-open_projects", "name")
    )
