"""The list of projects and the page of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.preview import render_page, visible_or_404
from projects.finder import Finder
from projects.models import Project
from projects.similar import similar_projects


def index(request: HttpRequest) -> HttpResponse:
    """The finder."""
    response = render(request, "projects/index.html", {"finder": Finder(request.GET)})
    return response


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A brief: what it is, whether it can be applied for, and if not, why and what else is open."""
    project: Project = visible_or_404(Project.objects.for_listing(), request, slug=slug)
    now = timezone.now()
    status = project.current_status
    can_apply = project.is_accepting(now)
    change = project.last_change()
    context = {
        "now": now,
        "can_apply": can_apply,
        "change": change,
        "successor": project.successor,
        "predecessor": Project.objects.public().filter(pk=project.supersedes_id).first(),
        "similar": similar_projects(project, now) if status.is_public and not can_apply else [],
        "placements": project.placements.prefetch_related("outputs"),
    }
    return render_page(request, "projects/detail.html", project, context)
