"""The queries of public addresses: which parameters a page reads, and the one query under which it is known.

A page is kept (``portal.page_cache``) only where its view says what it reads:

    @reads("q", "page", lists=("area", "status"))
    def index(request): ...

What it does not read never reaches it, so it cannot change the page. A page that knows which of its words mean
something says so by ``known_as``: everything that comes to the same is then one page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page
from django.http import HttpRequest, QueryDict

from portal import sharing

View = TypeVar("View", bound=Callable[..., Any])

# Beyond it, a query is no reader's. The page is made for whoever asks, and not kept.
LONGEST = 1_000
_KNOWN_AS = "portal.known_as"


@dataclass(frozen=True)
class Reads:
    """The parameters that a page reads: of which the last value counts, and of which all do."""

    single: tuple[str, ...]
    lists: tuple[str, ...]

    def canonical(self, query: str) -> str | None:
        """What of ``query`` the page reads, in one order. None for one of which no page is kept.

        That is so for the token of a shared draft, however it is written.
        """
        if not query:
            return ""
        if len(query) > LONGEST:
            return None
        said = QueryDict(query.encode("latin-1"))  # as WSGI has it
        if sharing.PARAMETER in said:
            return None
        pairs = [(name, said[name]) for name in self.single if said.getlist(name)]
        pairs += [(name, value) for name in self.lists for value in sorted(set(said.getlist(name)))]
        return urlencode(pairs)


def reads(*single: str, lists: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Say which parameters a public view reads. It reads nothing else of a request but its address."""

    def said(view: View) -> View:
        view.reads = Reads(single, lists)  # type: ignore[attr-defined]
        return view

    return said


def known_as(request: HttpRequest, query: str) -> None:
    """Say under which query the page is known that answers this request."""
    request.META[_KNOWN_AS] = query


def numbered(query: str, page: Page[Any]) -> str:
    """The query of one page of a list that ``query`` asks for; the first has no number."""
    number = f"page={page.number}" if page.number > 1 else ""
    return "&".join(part for part in (query, number) if part)


def said_in(environ: dict[str, Any]) -> str | None:
    """What the page said by ``known_as`` that a request of this environment was answered by."""
    return environ.get(_KNOWN_AS)
