"""The fellowship's pages: the programme, a cohort, a fellow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from fellowship.eligibility import CanIApply
from fellowship.hosts import hosts_by_region
from fellowship.models import Cohort, Fellow, FellowLink, Programme, Question
from fellowship.overview import Overview
from fellowship.timeline import Timeline
from portal.preview import came_by_link, render_page, visible, visible_or_404

OTHERS = 5


def _fellowship(programme: Programme | None) -> dict[str, str]:
    """What every page of the fellowship says of it: its name, and whom to ask."""
    return {
        "fellowship": programme.title if programme else "Fellowship",
        "email": (programme.email if programme else "") or settings.PORTAL_EMAIL,
    }


def _public_programme() -> Programme | None:
    return Programme.objects.public().defer("body", "source_text").first()


def _questions(request: HttpRequest, questions: Iterable[Question]) -> dict[str, Any]:
    """The questions of a page, and the slug of the one that the address asks to be open."""
    return {"questions": list(questions), "open_question": request.GET.get(Question.PARAMETER, "")}


def programme(request: HttpRequest) -> HttpResponse:
    """What the fellowship is, whether one can apply, its cohorts and what people ask."""
    overview = Overview()
    item = visible(Programme.objects.all(), request).first()
    if item is None and came_by_link(request):
        raise Http404("This link does not show anything, or no longer does.")
    if item is None:
        return render(request, "fellowship/unpublished.html", {"overview": overview})
    facts = [item.length, item.time_commitment, item.audience, item.places, overview.current, overview.upcoming]
    context = {
        **_fellowship(item),
        "has_facts": any(facts),
        "overview": overview,
        "to_apply_for": overview.to_apply_for.cohort if overview.to_apply_for else None,
        "asking": CanIApply.for_next(overview, request.GET),
        "testimonials": item.testimonials.all(),
        "documents": item.documents.all(),
        "hosts": hosts_by_region(),
        **_questions(request, Question.objects.filter(cohort=None).select_related("section")),
    }
    return render_page(request, "fellowship/programme.html", item, context)


@dataclass(frozen=True)
class StandIn:
    """The fellows of the running cohort, to meet until those of a later one are named."""

    cohort: Cohort
    fellows: list[Fellow]


def cohort(request: HttpRequest, number: int) -> HttpResponseBase:
    """A cohort: where it stands, its dates, how to apply, who its fellows are."""
    item: Cohort = visible_or_404(Cohort.objects.all(), request, number=number)
    if request.path != item.get_absolute_url():  # such as /cohorts/04/
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{item.get_absolute_url()}?{query}" if query else item, permanent=True)
    phase = item.phase
    overview = Overview()
    previous, following = overview.before(item), overview.after(item)
    current = overview.current.cohort if overview.current else None
    to_apply_for = overview.to_apply_for.cohort if overview.to_apply_for else None
    neighbours = [item, *(entry.cohort for entry in (previous, following) if entry)]
    fellows = list(item.fellows.with_consent().for_listing())
    context = {
        **_fellowship(_public_programme()),
        "phase": phase,
        "overview": overview,
        "to_apply_for": to_apply_for,
        "asking": CanIApply(item, request.GET, overview),
        "timeline": Timeline(item),
        "documents": item.documents.all(),
        **_questions(request, item.questions.select_related("section")),
        "questions_heading": f"Questions about cohort {item.number}",
        "fellows": fellows,
        "shown_instead": None if fellows or phase.has_started else _stand_in(current),
        "previous": previous,
        "following": following,
        "running_elsewhere": current if current not in neighbours else None,
    }
    return render_page(request, "fellowship/cohort.html", item, context)


def _stand_in(running: Cohort | None) -> StandIn | None:
    fellows = list(running.fellows.with_consent().for_listing()) if running else []
    return StandIn(running, fellows) if running and fellows else None


def fellow(request: HttpRequest, slug: str) -> HttpResponse:
    """A fellow: who they are, what they work on, and some of those they work beside."""
    item: Fellow = visible_or_404(Fellow.objects.for_listing().select_related("project"), request, slug=slug)
    cohort_fellows = list(item.cohort.fellows.public().for_listing()) if item.cohort else []
    others = [other for other in cohort_fellows if other != item]
    context = {
        "project": item.project if item.project and item.project.is_public else None,
        "overview": Overview(),
        "links": _labelled(item.links.all()),
        "others": others[:OTHERS],
        "total": len(cohort_fellows),
        "more": len(others) > OTHERS,
    }
    return render_page(request, "fellowship/fellow.html", item, context)


def _labelled(links: Iterable[FellowLink]) -> list[tuple[str, str]]:
    """Address and label of each link; a label that would stand there twice is numbered."""
    found: list[tuple[str, str]] = []
    seen: Counter[str] = Counter()
    for link in links:
        seen[link.label] += 1
        count = seen[link.label]
        found.append((link.url, link.label if count == 1 else f"{link.label} ({count})"))
    return found
