"""What a copy of the site holds: the portal is asked for each page as a stranger, and every link is followed.

It begins at every address without a parameter, and at every public item; nothing is listed by hand. What a page calls
its canonical address is the one that it is kept at, so that an address with more in it leads there. Not kept are the
pages of staff, what must not be stored (``no-store``), and what answers only to what is sent to it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from portal import own_pages, static_links
from portal.middleware import STAFF_PREFIX
from portal.models import ForwardingAddress
from portal.publishing import Publishable
from portal.static_addresses import HTML, AddressError, file_of
from portal.static_assets import Assets

HOPS = 10
_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')


class ExportError(Exception):
    """Why no copy of the site can be made, in a sentence."""


@dataclass(frozen=True)
class Page:
    """One answer: its address, and what the portal said of it."""

    address: str
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its content type alone, such as ``text/html``."""
        return self.content_type.partition(";")[0].strip()


@dataclass
class Pages:
    """Everything that was found, its content in ``folder`` as it was answered.

    ``tell`` is given the address of each page as it is asked for. Addresses are paths, with a query or without one.
    """

    folder: Path
    tell: Callable[[str], None] = lambda address: None
    files: dict[str, Page] = field(default_factory=dict)
    # Where an address that is not kept itself leads: a page's canonical address, or where its readers are sent.
    leads: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # by address: the page that names it first
    former: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.assets = Assets(self.write)
        self._kept: dict[str, str] = {}
        self._seen: set[str] = set()
        self._queue: deque[tuple[str, str]] = deque()

    # Where an address leads

    def place_of(self, address: str) -> tuple[str, str] | None:
        """The file that an address of the portal leads to, and the fragment there; None if it leads nowhere."""
        fragment = ""
        for _ in range(HOPS):
            address, _, own = address.partition("#")
            fragment = fragment or own
            if address.startswith(settings.STATIC_URL):
                file = self.assets.file_of(address)
                return (file, fragment) if file else None
            if address in self._kept:
                return self._kept[address], fragment
            if address not in self.leads:
                return None
            address = self.leads[address]
        return None

    def local(self, address: str) -> str | None:
        """What an address in full is within the portal; None where it leads elsewhere."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != settings.PORTAL_URL:
            return None
        path = parts.path or "/"
        query, fragment = f"?{parts.query}" if parts.query else "", f"#{parts.fragment}" if parts.fragment else ""
        return f"{path}{query}{fragment}"

    # Asking

    def collect(self) -> None:
        """Ask for everything. Raises ``ExportError`` where a page fails, or one that must be there is not."""
        self.former = list(dict.fromkeys(_former()))
        self._queue.extend((address, "") for address in [*_fixed(), *_items(), *self.former])
        while self._queue:
            address, source = self._queue.popleft()
            if address not in self._seen:
                self._seen.add(address)
                self._ask(address, source)
        for address in _items():
            if self.place_of(address) is None:
                raise ExportError(f"{address} is public, and yet there is no page.")

    def _ask(self, address: str, source: str) -> None:
        if address.startswith((settings.STATIC_URL, STAFF_PREFIX)):
            return
        self.tell(address)
        answer, body = own_pages.read(settings.PORTAL_URL + address)
        if answer.status in {301, 302, 307, 308}:
            self._lead(address, urljoin(settings.PORTAL_URL + address, answer.headers["location"]))
        elif answer.status in {404, 405, 410}:
            if source:
                self.missing[address] = source
        elif answer.status != 200:
            raise ExportError(f"{address} answers {answer.status} {answer.reason}.")
        elif "no-store" not in answer.headers.get("cache-control", ""):
            self._keep(Page(address, answer.headers.get("content-type", ""), dict(answer.headers)), body)

    def _lead(self, address: str, target: str) -> None:
        there = self.local(target)
        if there is not None and there.partition("#")[0] != address:
            self.leads[address] = there
            self._queue.append((there.partition("#")[0], address))

    def _keep(self, page: Page, body: bytes) -> None:
        if page.kind == HTML and (found := _CANONICAL.search(body.decode())):
            canonical = unescape(found[1])
            if self.local(canonical) not in {None, page.address}:
                return self._lead(page.address, canonical)
        try:
            file = file_of(page.address, page.content_type)
        except AddressError as error:
            raise ExportError(f"{page.address}: {error}") from None
        if file in self.files:
            raise ExportError(f"{page.address} and {self.files[file].address} would be the same file, {file}.")
        self.add(file, page, body)
        self._queue.extend((address, page.address) for address in self._linked(page, body))
        return None

    def add(self, file: str, page: Page, body: bytes) -> None:
        """Keep a page as this file."""
        self.write(file, body)
        self.files[file] = page
        self._kept[page.address] = file

    def _linked(self, page: Page, body: bytes) -> Iterator[str]:
        """What a page leads to within the portal."""
        for found in static_links.collected(lambda change: self.changed(page, body, change, change)):
            local = self.local(found)
            if local is not None:
                yield local.partition("#")[0]

    def changed(self, page: Page, body: bytes, here: static_links.Change, complete: static_links.Change) -> bytes:
        """What was answered, with other addresses in it."""
        links = static_links.Links(settings.PORTAL_URL, page.address, here, complete)
        if page.kind == HTML:
            return links.html(body.decode()).encode()
        if page.kind.endswith("xml"):
            return links.xml(body.decode()).encode()
        if page.kind == "text/calendar":
            return links.calendar(body.decode()).encode()
        if page.kind.startswith("text/") or page.kind == "application/json":
            return links.text(body.decode()).encode()
        return body

    def write(self, file: str, content: bytes) -> None:
        """Put a file into the folder. Raises ``ExportError`` where another stands in its way."""
        path = self.folder / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise ExportError(f"{file} cannot be written beside what is there: rename one of the two pages.") from None


# Where it begins


def _fixed(patterns: list[URLPattern | URLResolver] | None = None, before: str = "/") -> Iterator[str]:
    """The addresses of the portal that have no parameter."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _fixed(pattern.url_patterns, address)
        elif not set(address) & set("<(^") and not address.startswith(STAFF_PREFIX):
            yield address


def _items() -> Iterator[str]:
    """The page of everything public, whether search engines are invited to it or not."""
    for kind in Publishable.kinds():
        for item in kind._default_manager.public().for_sitemap().order_by("pk").iterator(chunk_size=2_000):
            yield item.get_absolute_url()


def _former() -> Iterator[str]:
    """Addresses that things used to have: those that forward, and those that their models name."""
    for path in ForwardingAddress.objects.order_by("path").values_list("path", flat=True):
        if path.startswith("/"):
            yield quote(path)
    for model in apps.get_models():
        if hasattr(model, "former_addresses"):
            for item in model._default_manager.order_by("pk"):
                yield from item.former_addresses
