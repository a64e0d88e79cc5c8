"""The sitemap: every page that search engines are invited to, and when it last changed (sitemaps.org, protocol 0.9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from portal import clock
from portal.publishing import Publishable
from portal.queries import known_as, reads
from portal.web_address import absolute

# The protocol allows 50,000. A fifth of that keeps each answer small and within a second.
PER_PART = 10_000


class Entry(NamedTuple):
    """The address of a page, and when it last changed, where that is known."""

    address: str
    modified_at: dt.datetime | None


class Part(NamedTuple):
    """A piece of the whole: the lists, or ``PER_PART`` items of one kind from ``start`` on."""

    kind: type[Publishable] | None
    start: int = 0


@reads("part")
def sitemap(request: HttpRequest) -> HttpResponse:
    """All addresses, or where there are too many for one answer, the addresses of the parts; with ``part``, that part.

    Raises ``Http404`` for a part that there is none of.
    """
    now = clock.now()
    if "part" in request.GET:
        part = _part(request.GET["part"])
        known_as(request, f"part={int(request.GET['part'])}")
        return _pages(request, list(_entries(part, now)))
    entries: list[Entry] = []
    for kind in Publishable.kinds():
        entries += _items(kind, 0, now, limit=PER_PART + 1 - len(entries))
        if len(entries) > PER_PART:
            return _index(request)
    return _pages(request, [*_lists(now), *entries])


def _pages(request: HttpRequest, entries: list[Entry]) -> HttpResponse:
    return render(request, "portal/sitemap.xml", {"entries": entries}, content_type="application/xml")


def _index(request: HttpRequest) -> HttpResponse:
    addresses = [absolute(reverse("sitemap"), f"part={number}") for number, _ in enumerate(_parts(), start=1)]
    return render(request, "portal/sitemap_index.xml", {"addresses": addresses}, content_type="application/xml")


def _parts() -> list[Part]:
    """All parts, in the order of their numbers."""
    parts = [Part(None)]
    for kind in Publishable.kinds():
        number = kind._default_manager.indexable().count()
        parts += [Part(kind, start) for start in range(0, number, PER_PART)]
    return parts


def _part(number: str) -> Part:
    parts = dict(enumerate(_parts(), start=1))
    if not number.isascii() or not number.isdecimal() or len(number) > 9 or int(number) not in parts:
        raise Http404
    return parts[int(number)]


def _entries(part: Part, now: dt.datetime) -> Iterator[Entry]:
    return _lists(now) if part.kind is None else _items(part.kind, part.start, now, limit=PER_PART)


def _lists(now: dt.datetime) -> Iterator[Entry]:
    """The home page and the lists, each as new as the newest thing on it."""
    newest: dict[str, list[dt.datetime]] = {reverse("home"): []}
    for kind in Publishable.kinds():
        modified_at = kind._default_manager.public().modified_at(now)
        for path in [reverse("home"), *_paths_of_lists(kind)]:
            newest.setdefault(path, []).extend([modified_at] if modified_at else [])
    for path, moments in newest.items():
        yield Entry(absolute(path), max(moments, default=None))


def _paths_of_lists(kind: type[Publishable]) -> list[str]:
    return [reverse(name) for name in kind.listed_at]


def _items(kind: type[Publishable], start: int, now: dt.datetime, *, limit: int) -> Iterator[Entry]:
    """The items of one kind, in a lasting order; but not one whose page is that of a list."""
    lists = _paths_of_lists(kind)
    items = kind._default_manager.indexable().for_sitemap().order_by("pk")[start : start + limit]
    for item in items.iterator(chunk_size=2_000):
        path = item.get_absolute_url()
        if path not in lists:
            yield Entry(absolute(path), item.modified_at(now))
