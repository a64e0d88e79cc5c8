"""What the home page says of projects: what is open now and until when, and where to look."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from portal.date_changes import moved_lately
from portal.home import Section, contributes
from portal.windows import WindowState
from projects.announcements import announced_rounds
from projects.models import ApplicationRound, Modality, Project, Status


class AreaCount(NamedTuple):
    """An area, and how many projects are open in it."""

    open_projects: int
    name: str
    slug: str


@contributes(order=10)
def sections(now: dt.datetime) -> list[Section]:
    # One look at all: the page may not ask for each number by itself.
    by_area = Project.objects.public().order_by().values_list("status", "area__name", "area__slug")
    rows = list(by_area.annotate(Count("pk")))
    if not rows:
        return []
    areas = [AreaCount(number, name, slug) for status, name, slug, number in rows if status == Status.OPEN]
    announced = list(announced_rounds(now))
    context = {
        "total": sum(number for *_, number in rows),
        "accepting": sum(one.accepting for one in announced),
        "open": sum(area.open_projects for area in areas),
        "rounds": sorted((one for one in announced if one.accepting), key=_closes),
        "next_round": next((one for one in announced if one.state(now) is WindowState.UPCOMING), None),
        "several_rounds": len(announced) > 1,
        "moved_dates": moved_lately(announced, now),
        "areas": sorted(areas, key=lambda area: (-area.open_projects, area.name)),
        "modalities": _with_open(Modality.objects.all()),
    }
    return [Section("projects/home.html", context, wide=True)]


def _closes(one: ApplicationRound) -> dt.datetime:
    """When a round closes; one without an end closes last."""
    return one.closes_at or dt.datetime.max.replace(tzinfo=dt.UTC)


def _with_open(terms: QuerySet) -> QuerySet:
    """The terms that open projects have, most first."""
    return (
        terms.annotate(open_projects=Count("projects", filter=Q(projects__status=Status.OPEN)))
        .filter(open_projects__gt=0)
        .order_by("-open_projects", "name")
    )
