"""The fellowship's pages: the programme, a cohort, a fellow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from fellowship.cards import Person
from fellowship.eligibility import CanIApply
from fellowship.hosts import hosts_by_region
from fellowship.models import Cohort, Document, Fellow, FellowLink, Programme, Question, Testimonial
from fellowship.overview import Words, overview, people_of
from fellowship.timeline import Timeline
from portal.prepared import prepared
from portal.preview import came_by_link, render_page, visible, visible_or_404
from portal.queries import known_as, reads

OTHERS = 5


@prepared()
def _public_programme() -> models.QuerySet[Programme]:
    public: models.QuerySet[Programme] = Programme.objects.public()
    return public


@prepared(programme=models.BigIntegerField())
def _testimonials(*, programme: models.Value) -> models.QuerySet[Testimonial]:
    return Testimonial.objects.filter(programme=programme)


@prepared(page=models.BigIntegerField())
def _documents(of: str, *, page: models.Value) -> models.QuerySet[Document]:
    return Document.objects.filter(**{of: page})


@prepared(cohort=models.BigIntegerField())
def _questions_of(*, cohort: models.Value) -> models.QuerySet[Question]:
    return Question.objects.filter(cohort=cohort).select_related("section")


@prepared()
def _questions_of_all() -> models.QuerySet[Question]:
    return Question.objects.filter(cohort=None).select_related("section")


def _fellowship(programme: Programme | Words | None) -> dict[str, str]:
    """What every page of the fellowship says of it: its name, and whom to ask."""
    return {
        "fellowship": programme.title if programme else "Fellowship",
        "email": (programme.email if programme else "") or settings.PORTAL_EMAIL,
    }


def _asked(request: HttpRequest, asking: CanIApply | None, questions: Iterable[Question]) -> dict[str, Any]:
    """What a page answers: where one can apply from, its questions, and the slug of the one that is asked for."""
    questions = list(questions)
    asked = request.GET.get(Question.PARAMETER, "")
    is_there = any(question.slug == asked for question in questions)
    answered = {
        Question.PARAMETER: asked if is_there else "",
        "region": asking.region if asking else None,
        "profession": asking.profession if asking else None,
    }
    known_as(request, urlencode({name: str(value) for name, value in answered.items() if value}))
    return {"asking": asking, "questions": questions, "open_question": asked if is_there else ""}


@reads(Question.PARAMETER, "region", "profession")
def programme(request: HttpRequest) -> HttpResponse:
    """What the fellowship is, whether one can apply, its cohorts and what people ask."""
    public = overview()
    # What is public, everybody may see; so only for the rest it matters who asks.
    item: Programme | None = _public_programme.first() or visible(Programme.objects.all(), request).first()
    if item is None and came_by_link(request):
        raise Http404("This link does not show anything, or no longer does.")
    if item is None:
        return render(request, "fellowship/unpublished.html", {"overview": public})
    facts = [item.length, item.time_commitment, item.audience, item.places, public.current, public.upcoming]
    context = {
        **_fellowship(item),
        "has_facts": any(facts),
        "overview": public,
        "to_apply_for": public.to_apply_for.cohort if public.to_apply_for else None,
        "testimonials": _testimonials(programme=item.pk),
        "documents": _documents("programme", page=item.pk),
        "hosts": hosts_by_region(),
        **_asked(
            request,
            CanIApply.for_next(public, request.GET),
            _questions_of_all(),
        ),
    }
    return render_page(request, "fellowship/programme.html", item, context)


@dataclass(frozen=True)
class StandIn:
    """The fellows of the running cohort, to meet until those of a later one are named."""

    cohort: Cohort
    fellows: list[Person]


@reads(Question.PARAMETER, "region", "profession")
def cohort(request: HttpRequest, number: int) -> HttpResponseBase:
    """A cohort: where it stands, its dates, how to apply, who its fellows are."""
    public = overview()
    # What is public, everybody may see; so only for the rest it matters who asks.
    item: Cohort = public.cohort(number) or visible_or_404(Cohort.objects.all(), request, number=number)
    if request.path != item.get_absolute_url():  # such as /cohorts/04/
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{item.get_absolute_url()}?{query}" if query else item, permanent=True)
    phase = item.phase
    previous, following = public.before(item), public.after(item)
    current = public.current.cohort if public.current else None
    to_apply_for = public.to_apply_for.cohort if public.to_apply_for else None
    neighbours = [item, *(entry.cohort for entry in (previous, following) if entry)]
    fellows = people_of(item)
    context = {
        **_fellowship(public.programme),
        "phase": phase,
        "overview": public,
        "to_apply_for": to_apply_for,
        "timeline": Timeline(item),
        "documents": _documents("cohort", page=item.pk),
        **_asked(request, CanIApply(item, request.GET, public), _questions_of(cohort=item.pk)),
        "questions_heading": f"Questions about cohort {item.number}",
        "fellows": fellows,
        "shown_instead": None if fellows or phase.has_started else _stand_in(current),
        "previous": previous,
        "following": following,
        "running_elsewhere": current if current not in neighbours else None,
    }
    return render_page(request, "fellowship/cohort.html", item, context)


def _stand_in(running: Cohort | None) -> StandIn | None:
    fellows = people_of(running) if running else []
    return StandIn(running, fellows) if running and fellows else None


@reads()
def fellow(request: HttpRequest, slug: str) -> HttpResponse:
    """A fellow: who they are, what they work on, and some of those they work beside."""
    item: Fellow = visible_or_404(Fellow.objects.for_listing().select_related("project"), request, slug=slug)
    cohort_fellows = people_of(item.cohort) if item.cohort and item.cohort.is_public else []
    others = [other for other in cohort_fellows if other.slug != item.slug]
    context = {
        "project": item.project if item.project and item.project.is_public else None,
        "overview": overview(),
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
