"""The links in the portal's texts and columns: every address once, with each place where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

from django.apps import apps
from django.contrib import admin
from django.db import models, transaction
from django.utils.encoding import iri_to_uri
from django.utils.text import capfirst

from portal import markdown
from portal.checked_links import MAX_ADDRESS, CheckedLink
from portal.markdown import MarkdownField
from portal.models import Notice
from portal.publishing import Publishable
from portal.web_address import absolute

# A draft that nobody has written on for longer is not about to be read.
TOUCHED = dt.timedelta(days=60)
SCHEMES = {"http", "https"}
PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """Where a link stands: something with a page of its own in the admin, and the field there, in words."""

    kind: str
    id: int
    title: str
    field: str


class _Links(HTMLParser):
    """The addresses that a rendered text leads to or shows."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = {"a": "href", "img": "src"}.get(tag)
        self.addresses += [value for key, value in attrs if key == name and value]


def in_text(text: str) -> list[str]:
    """The addresses in a text, as its readers are given them. Of a text that is too long to be shown, none."""
    return _Links(markdown.render(text)).addresses if len(text) <= markdown.MAX_LENGTH else []


# Addresses


def normal(address: str, page: str = "/") -> str:
    """The one form of an address that stands on ``page``; empty if it leads to no web page.

    What is no part of a request (what follows #, a name and password) is left out, so neither is ever sent or listed.
    An address that cannot be understood stays as it is written: the check says so.
    """
    typed = address.strip()
    try:
        parts = urlsplit(urljoin(absolute(page), typed))
        if parts.scheme not in SCHEMES:
            return ""
        host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    except ValueError:  # a UnicodeError is one
        return typed
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in {None, PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, iri_to_uri(parts.path) or "/", iri_to_uri(parts.query), ""))


def is_own(address: str) -> bool:
    """Whether it leads to a page of this portal."""
    return is_askable(address) and urlsplit(address).netloc == urlsplit(normal("/")).netloc


def is_askable(address: str) -> bool:
    """Whether there is a host to ask for it."""
    try:
        parts = urlsplit(address)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


# Where they stand


def collect(now: dt.datetime) -> dict[str, list[Place]]:
    """Every address in what is public, and in drafts that somebody has lately worked on, with its places."""
    found: dict[str, list[Place]] = {}
    read = {kind: _pages_read(kind, now) for kind in Publishable.kinds()}
    for model in apps.get_models():
        columns = [one for one in model._meta.concrete_fields if isinstance(one, MarkdownField | models.URLField)]
        if not columns or model is CheckedLink:
            continue
        where = _shown_in_admin(model)
        way = _way_to(model, lambda one: issubclass(one, Publishable)) or ()
        wanted = filter(None, ["__".join(way), "__".join(where)])
        for item in model._default_manager.select_related(*wanted).order_by("pk"):
            page = _followed(item, way)
            if isinstance(page, Publishable) and page.pk not in read[type(page)]:
                continue
            if isinstance(item, Notice) and item.ends_at and item.ends_at <= now:
                continue
            for column in columns:
                for address in _addresses(item, column, page):
                    place = _place(item, column, where, page)
                    places = found.setdefault(address, [])
                    if place not in places:
                        places.append(place)
    return found


def _addresses(item: Any, column: Any, page: Any) -> Iterator[str]:
    value = getattr(item, column.attname) or ""
    base = getattr(page or item, "get_absolute_url", lambda: "/")()
    for address in in_text(value) if isinstance(column, MarkdownField) else [value]:
        # What begins with # stays on the page.
        if address and not address.startswith("#") and (found := normal(address, base)):
            yield found


def _pages_read(kind: type[Publishable], now: dt.datetime) -> set[int]:
    """The keys of those pages that readers see, or soon may."""
    pages = kind._default_manager
    touched = pages.filter(updated_at__gt=now - TOUCHED)
    return {*pages.public().values_list("pk", flat=True), *touched.values_list("pk", flat=True)}


Way = tuple[str, ...]


def _way_to(model: type[models.Model], wanted: Callable[[type[models.Model]], bool]) -> Way | None:
    """The names of the keys that lead from ``model`` to what it belongs to and is ``wanted``; () if it is itself."""
    if wanted(model):
        return ()
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE:
            rest = _way_to(field.related_model, wanted)
            if rest is not None:
                return (field.name, *rest)
    return None


def _shown_in_admin(model: type[models.Model]) -> Way:
    """The way to what has a page in the admin on which ``model`` is changed."""
    return _way_to(model, lambda one: one in admin.site._registry) or ()


def _followed(item: Any, way: Way) -> Any:
    for name in way:
        item = getattr(item, name) if item is not None else None
    return item


def _place(item: Any, column: Any, where: Way, page: Any) -> Place:
    """The place as it is shown: by the page that readers see it on, where there is one of its own."""
    holder = _followed(item, where) or item
    label = str(column.verbose_name)
    words = label if page is item else f"{item._meta.verbose_name}: {label}"
    return Place(holder._meta.label_lower, holder.pk, str(page or holder)[:200], str(capfirst(words)))


# The list of them


@transaction.atomic
def keep(found: dict[str, list[Place]]) -> list[str]:
    """Bring the list of links up to date with ``found``; the addresses that are too long to be in it.

    What was known of an address stays; one that no text holds any longer goes.
    """
    fitting = {address: places for address, places in found.items() if len(address) <= MAX_ADDRESS}
    known = {link.address: link for link in CheckedLink.objects.select_for_update()}
    CheckedLink.objects.filter(pk__in=[link.pk for address, link in known.items() if address not in fitting]).delete()
    new, moved = [], []
    for address, places in fitting.items():
        rows = [place._asdict() for place in places]
        link = known.get(address)
        if link is None:
            new.append(CheckedLink(address=address, places=rows))
        elif link.places != rows:
            link.places = rows
            moved.append(link)
    CheckedLink.objects.bulk_create(new, batch_size=500)
    CheckedLink.objects.bulk_update(moved, ["places"], batch_size=500)
    return [address for address in found if address not in fitting]


def places_of(rows: Iterable[dict[str, Any]]) -> list[Place]:
    """The places of a link, as the list keeps them."""
    return [Place(**row) for row in rows]


def host_of(address: str) -> str:
    """The host that is asked for it; empty for what is asked of nobody, such as the portal's own pages."""
    return urlsplit(address).netloc if is_askable(address) and not is_own(address) else ""
