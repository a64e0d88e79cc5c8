"""The list of projects and the page of one."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from portal import clock, dates
from portal.date_changes import MovedDate
from portal.kept import kept
from portal.middleware import allow_script
from portal.models import StatusChange
from portal.prepared import prepared
from portal.preview import render_page, visible_or_404
from portal.queries import known_as, reads
from projects import structured_data
from projects.catalogue import load_terms
from projects.finder import FACETS, Finder
from projects.models import ApplicationRound, Project
from projects.similar import similar_projects

REDIRECT_IS_KEPT = 600  # seconds


@reads("q", "page", lists=FACETS)
def index(request: HttpRequest) -> HttpResponse:
    """The finder. Who comes by the former address of a term is sent to the present one."""
    finder = Finder(request.GET)
    if query := finder.renewed_query:
        response: HttpResponse = HttpResponsePermanentRedirect(f"{request.path}?{query}")
        # Not kept for ever: a term can take back an address that it had, and a browser would go round in circles.
        patch_cache_control(response, max_age=REDIRECT_IS_KEPT)
        return response
    known_as(request, finder.canonical_query)
    response = render(request, "projects/index.html", {"finder": finder})
    return allow_script(response) if clock.copied_on() else response


@prepared(slug=models.SlugField())
def _public(*, slug: models.Value) -> models.QuerySet[Project]:
    public: models.QuerySet[Project] = Project.objects.public().for_page().filter(slug=slug)
    return public


@prepared(project=models.BigIntegerField())
def _moves(*, project: models.Value) -> models.QuerySet[StatusChange]:
    return Project(pk=project).status_changes()


@reads()
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A brief: what it is, whether it can be applied for, and if not, why and what else is open."""
    # What is public, everybody may see; so only for the rest it matters who asks.
    project: Any = _public.first(slug=slug) or visible_or_404(Project.objects.for_page(), request, slug=slug)
    now = clock.now()
    is_open = project.status == project.Status.OPEN
    can_apply = project.is_accepting(now)
    moves: list[StatusChange] = _moves(project=project.pk)
    similar = similar_projects(project, now) if project.is_public and not can_apply else []
    load_terms([project])
    context = {
        "is_open": is_open,
        "can_apply": can_apply,
        "applications": project.applications_sentence(now),
        "state": project.applications_state(now).value,
        "moved_dates": _moved_dates(project.round) if is_open and project.round else [],
        "change": None if is_open else next((move for move in moves if move.new == project.status), None),
        "history": project.readable_history(moves),
        "similar": similar,
        "placements": list(project.placements.prefetch_related("outputs")) if project.has_placements else [],
        "this_month": dates.local_day(now).replace(day=1),
        "structured_data": structured_data.of(project, now) if project.is_public else "",
    }
    return render_page(request, "projects/detail.html", project, context)


@kept
def _moved_dates(one: ApplicationRound) -> list[MovedDate]:
    """What readers of each project of a round are told of its dates."""
    return one.moved_dates()
