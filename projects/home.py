"""What the home page says of projects: what is open now and until when, and where to look."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import CharField, Count, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from portal.date_changes import moved_lately
from portal.home import Section, contributes
from portal.prepared import prepared
from portal.windows import WindowState
from projects.models import ApplicationRound, Project, Status


class TermCount(NamedTuple):
    """A term, and how many projects are open under it."""

    open_projects: int
    name: str
    slug: str


@contributes(order=10)
def sections(now: dt.datetime) -> list[Section]:
    # One look at all: the page may not ask for each number by itself.
    rows = _counted()
    if not rows:
        return []
    by_round = {int(key): number for what, _, key, _, number in rows if what == "round" and key}
    announced: list[ApplicationRound] = _announced(now=now)
    accepting = [one for one in announced if by_round.get(one.pk) and one.is_open(now)]
    areas = [
        TermCount(number, *term) for what, status, *term, number in rows if (what, status) == ("area", Status.OPEN)
    ]
    modalities = [TermCount(number, *term) for what, _, *term, number in rows if what == "modality" and term[0]]
    context = {
        "total": sum(number for what, *_, number in rows if what == "area"),
        "accepting": sum(by_round[one.pk] for one in accepting),
        "open": sum(area.open_projects for area in areas),
        "rounds": sorted(accepting, key=_closes),
        "next_round": next((one for one in announced if one.state(now) is WindowState.UPCOMING), None),
        "several_rounds": len(announced) > 1,
        "moved_dates": moved_lately(announced, now),
        "areas": tuple(sorted(areas, key=_most_first)),
        "modalities": tuple(sorted(modalities, key=_most_first)),
    }
    return [Section("projects/home.html", context, wide=True)]


@prepared()
def _counted() -> QuerySet[Any, Any]:
    """How many projects there are by status and area, and open ones by type of data and by round.

    What is counted, the status, the name of the term or the key of the round, the slug of the term, and the number.
    """
    public, is_open = Project.objects.public().order_by(), Project.objects.open().order_by()
    key = Cast("round", CharField())
    modality = ("modalities__name", "modalities__slug")
    return (
        public.values_list(Value("area"), "status", "area__name", "area__slug")
        .annotate(Count("pk"))
        .union(
            is_open.values_list(Value("modality"), "status", *modality).annotate(Count("pk")),
            is_open.values_list(Value("round"), "status", key, Value("")).annotate(Count("pk")),
            all=True,
        )
    )


@prepared(now=DateTimeField())
def _announced(*, now: Value) -> QuerySet[ApplicationRound]:
    """The rounds that readers know of, as ``announced_rounds()`` has them, without their numbers: those are at hand."""
    open_here = Project.objects.open().filter(round=OuterRef("pk"))
    known = ApplicationRound.objects.filter(Exists(open_here) | Q(opens_at__gt=now))
    return known.defer("how_to_apply").order_by(F("opens_at").asc(nulls_first=True), "pk")


def _closes(one: ApplicationRound) -> dt.datetime:
    """When a round closes; one without an end closes last."""
    return one.closes_at or dt.datetime.max.replace(tzinfo=dt.UTC)


def _most_first(term: TermCount) -> tuple[int, str]:
    return -term.open_projects, term.name
