"""The feed of the list of projects: of exactly the filter in force, what changed last."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal import clock, feeds
from portal.open_data import for_programs
from portal.queries import known_as, reads
from projects.finder import FACETS, Finder
from projects.legend import scheme
from projects.models import Project

LIMIT = 100


@reads("q", lists=FACETS)
@for_programs
def feed(request: HttpRequest) -> HttpResponse:
    """The projects that a query finds, newest change first, in Atom."""
    finder = Finder(request.GET, clock.now())
    known_as(request, finder.query())
    entries = [entry(project, finder.now) for project in finder.newest(LIMIT)]
    entries.sort(key=lambda each: each.updated_at, reverse=True)
    return feeds.respond(
        title=finder.title,
        name="projects",
        feed_path=reverse("projects:feed"),
        page_path=reverse("projects:index"),
        query=finder.query(),
        entries=entries,
        unchanged_since=feeds.BEGINNING if entries else _last_change(finder.now),
    )


def entry(project: Project, now: dt.datetime) -> feeds.Entry:
    """A project as feed readers show it."""
    facts = [project.current_status.label, project.applications_sentence(now)]
    return feeds.Entry(
        item=project,
        updated_at=project.modified_at(now),
        summary=" ".join([*(f"{fact}." for fact in facts if fact), project.summary]).strip(),
        categories=tuple(
            feeds.Category(scheme(type(term)), term.slug, term.name)
            for term in [
                *([project.area] if project.area else []),
                *project.techniques.all(),
                *project.modalities.all(),
            ]
        ),
    )


def _last_change(now: dt.datetime) -> dt.datetime:
    """Since when an empty list is as it is: no part of the list of all projects changed later than the whole."""
    changed: dt.datetime | None = Project.objects.public().modified_at(now)
    return changed or feeds.BEGINNING
