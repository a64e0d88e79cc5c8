"""The list of projects and the page of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal import dates
from portal.preview import render_page, visible_or_404
from projects import structured_data
from projects.finder import Finder
from projects.models import Project
from projects.similar import similar_projects


def index(request: HttpRequest) -> HttpResponse:
    """The finder."""
    response = render(request, "projects/index.html", {"finder": Finder(request.GET)})
    return response


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A brief: what it is, whether it can be applied for, and if not, why and what else is open."""
    project: Project = visible_or_404(Project.objects.with_terms().select_related("supersedes"), request, slug=slug)
    now = timezone.now()
    is_open = project.status == project.Status.OPEN
    can_apply = project.is_accepting(now)
    context = {
        "is_open": is_open,
        "can_apply": can_apply,
        "applications": project.applications_sentence(now),
        "state": project.applications_state(now).value,
        "moved_dates": project.round.moved_dates(now) if is_open and project.round else [],
        "change": None if is_open else project.last_change(),
        "similar": similar_projects(project, now) if project.is_public and not can_apply else [],
        "placements": project.placements.prefetch_related("outputs"),
        "this_month": dates.local_day(now).replace(day=1),
        "structured_data": structured_data.of(project, now) if project.is_public else "",
    }
    return render_page(request, "projects/detail.html", project, context)
