"""The list of projects as files: JSON and CSV of exactly the filter in force, and the page about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from portal import clock
from portal.open_data import for_programs
from portal.queries import known_as, numbered, reads
from portal.search import MAX_HITS
from portal.spreadsheets import MARK, harmless, lines
from portal.web_address import absolute
from projects.feed import LIMIT
from projects.fields import FIELDS, Listed, listed
from projects.finder import FACETS, Finder

PER_ANSWER = 1_000
# Rows of a CSV that are in memory at once.
CHUNK = 500


@reads("q", "page", lists=FACETS)
@for_programs
def as_json(request: HttpRequest) -> HttpResponse:
    """The projects that a query finds, in list order, so many an answer."""
    finder = Finder(request.GET, clock.now())
    known_as(request, numbered(finder.query(), _page(finder)))
    text = json.dumps(document(finder), ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


@for_programs
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All projects that a query finds, in list order, for a spreadsheet (RFC 4180)."""
    now = clock.now()
    name = f"projects-{timezone.localtime(now).date().isoformat()}.csv"
    return StreamingHttpResponse(
        table(Finder(request.GET, now)),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@reads()
def about(request: HttpRequest) -> HttpResponse:
    """What the feed, the calendar and the files are for, and what each field means."""
    addresses = {
        "feed": absolute(reverse("projects:feed")),
        "calendar": absolute(reverse("projects:calendar")),
        "json": absolute(reverse("exports:json")),
        "csv": absolute(reverse("exports:csv")),
    }
    limits = {"answer": f"{PER_ANSWER:,}", "words": f"{MAX_HITS:,}", "feed": LIMIT}
    context = {"fields": FIELDS, "addresses": addresses, "limits": limits}
    return render(request, "projects/data.html", context)


# JSON ---------------------------------------------------------------------------------------------


def _page(finder: Finder) -> Page[Any]:
    return Paginator(range(finder.count), PER_ANSWER).get_page(finder.page_number)


def document(finder: Finder) -> dict[str, Any]:
    """One answer: what was asked for, how many there are, and this part of them."""
    page = _page(finder)
    start = (page.number - 1) * PER_ANSWER
    following = "&".join(filter(None, [finder.query(), f"page={page.number + 1}"]))
    return {
        "title": finder.title,
        "address": absolute(reverse("projects:index"), finder.query()),
        "count": finder.count,
        "next": absolute(reverse("exports:json"), following) if page.has_next() else None,
        "projects": [as_object(each) for each in listed(finder.in_order(start, start + PER_ANSWER), finder.now)],
    }


def as_object(project: Listed) -> dict[str, Any]:
    """One project in JSON."""
    found: dict[str, Any] = {}
    for field in FIELDS:
        group, _, name = field.name.rpartition(".")
        (found.setdefault(group, {}) if group else found)[name] = field.value(project)
    return found


# CSV ----------------------------------------------------------------------------------------------


def table(finder: Finder) -> Iterator[bytes]:
    """The lines of the file, a chunk at a time. The mark at its beginning tells spreadsheets that it is UTF-8."""
    yield MARK + lines([[column for field in FIELDS for column in field.columns]])
    start = 0
    while projects := finder.in_order(start, start + CHUNK):
        yield lines([as_row(each) for each in listed(projects, finder.now)])
        start += CHUNK


def as_row(project: Listed) -> list[str]:
    """One project in CSV."""
    return [harmless(cell) for field in FIELDS for cell in field.cells(project)]
