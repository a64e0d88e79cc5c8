"""The list of projects and the page of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from portal import clock, dates
from portal.preview import render_page, visible_or_404
from projects import structured_data
from projects.finder import Finder
from projects.models import Project
from projects.similar import similar_projects

REDIRECT_IS_KEPT = 600  # seconds


def index(request: HttpRequest) -> HttpResponse:
    """The finder. Who comes by the former address of a term is sent to the present one."""
    finder = Finder(request.GET)
    if query := finder.renewed_query:
        response: HttpResponse = HttpResponsePermanentRedirect(f"{request.path}?{query}")
        # Not kept for ever: a term can take back an address that it had, and a browser would go round in circles.
        patch_cache_control(response, max_age=REDIRECT_IS_KEPT)
        return response
    return render(request, "projects/index.html", {"finder": finder})


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A brief: what it is, whether it can be applied for, and if not, why and what else is open."""
    project: Project = visible_or_404(Project.objects.with_terms().select_related("supersedes"), request, slug=slug)
    now = clock.now()
    is_open = project.status == project.Status.OPEN
    can_apply = project.is_accepting(now)
    moves = list(project.status_changes())
    context = {
        "is_open": is_open,
        "can_apply": can_apply,
        "applications": project.applications_sentence(now),
        "state": project.applications_state(now).value,
        "moved_dates": project.round.moved_dates(now) if is_open and project.round else [],
        "change": None if is_open else next((move for move in moves if move.new == project.status), None),
        "history": project.readable_history(moves),
        "similar": similar_projects(project, now) if project.is_public and not can_apply else [],
        "placements": project.placements.prefetch_related("outputs"),
        "this_month": dates.local_day(now).replace(day=1),
        "structured_data": structured_data.of(project, now) if project.is_public else "",
    }
    return render_page(request, "projects/detail.html", project, context)
