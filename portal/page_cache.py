"""The pages of the public site, kept whole in front of Django: never stale, and sent for a few microseconds.

A page is kept for one content generation and until pages next change by time alone. Nothing of a reader reaches the
page that is kept: it is made of the address, and of what its view says that it reads of the query
(``portal.queries``). Whoever has a session, sends a form, or comes by a link to a draft is answered by Django itself.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.handlers.wsgi import get_path_info
from django.db import DatabaseError
from django.http.request import split_domain_port
from django.urls import Resolver404, resolve

from portal import generation, kept, turns
from portal.generation import Generation
from portal.page_entries import Address, Answer, Headers, PageEntry, Span, encoding_for, is_unchanged, may_be_kept
from portal.page_store import PageStore
from portal.queries import Reads, said_in

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
# Scheme, what a trusted proxy says, host, path and query.
Writing = tuple[str, str | None, str | None, str, str | None]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# Addresses as they were written, of which is remembered what they come to; and how long their queries may be.
WRITINGS = 2_048
LONGEST_WRITING = 200
# Seconds that a request waits for another that makes the page it wants.
PATIENCE = 10.0
# What a page may know of a request besides its address: which server it came to, and nothing of who sent it.
_OF_THE_SERVER = {"SCRIPT_NAME", "PATH_INFO", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"}


class Way(NamedTuple):
    """Which page an address comes to, as somebody wrote it; ``span`` says until when, unless that is for ever."""

    address: Address
    span: Span | None


class Sent(NamedTuple):
    """All that a request gets; ``body`` is empty where only the head was asked for, or nothing has changed."""

    status: str
    headers: Headers
    body: bytes


class Unkept(NamedTuple):
    """An answer of Django's that is right for nobody but whoever asked for it, or not for long."""

    response: Any
    status: str
    headers: list[tuple[str, str]]
    address: Address

    def is_as_asked(self, environ: Environ) -> bool:
        """Whether it answers the request as it came, so that Django need not be asked again: an error, a redirect."""
        return (
            environ["REQUEST_METHOD"] == "GET"
            and environ.get("QUERY_STRING", "") == self.address.query
            and environ.get("HTTP_HOST") == self.address.host
            and not self.status.startswith("2")
        )


class Flight:
    """A page that is being made, for which others wait."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.entry: PageEntry | None = None


def in_front_of(application: Application) -> Application:
    """The application with its pages kept, where the settings ask for that."""
    return PageCache(application) if settings.PAGE_CACHE else application


class PageCache:
    """A WSGI application in front of Django's.

    ``limit`` is in bytes. Unless it ``follows`` the database, it learns nothing from other hosts.
    """

    def __init__(self, application: Application, limit: int | None = None, *, follows: bool = True) -> None:
        self.application = application
        self.follows = follows
        self.store = PageStore(settings.PAGE_CACHE_MB * 2**20 if limit is None else limit)
        self.ways: OrderedDict[Writing | Address, Way] = OrderedDict()
        self.encodings: dict[str, str] = {}
        self.flights: dict[tuple[Address, Generation], Flight] = {}
        self.lock = threading.Lock()
        # Words of ours for whoever has just done something wait in their session, too.
        self.is_known_by = re.compile(rf'(?:^|[;,\s])"?{re.escape(settings.SESSION_COOKIE_NAME)}\s*=').search
        header = settings.SECURE_PROXY_SSL_HEADER
        self.proxy_header, self.proxy_secure = header or ("", "")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_for_everybody(environ):
            return self.application(environ, start_response)
        writing = self._writing(environ)
        entry = self._entry(writing)
        return (
            self._ask(writing, environ, start_response) if entry is None else self._send(entry, environ, start_response)
        )

    def hit(self, environ: Environ) -> Sent | None:
        """The answer to a request if it is kept just so, for the price of a ``stat``. It waits for nobody."""
        entry = self._entry(self._writing(environ)) if self._is_for_everybody(environ) else None
        answer = entry and entry.ready(self._encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        return _sent(entry, answer, environ) if entry and answer else None

    def _is_for_everybody(self, environ: Environ) -> bool:
        """Whether nothing is known of who asks, and nothing is sent."""
        method, cookies = environ["REQUEST_METHOD"], environ.get("HTTP_COOKIE")
        return (
            (method == "GET" or method == "HEAD")
            and (cookies is None or not self.is_known_by(cookies))
            and "HTTP_AUTHORIZATION" not in environ
        )

    def _writing(self, environ: Environ) -> Writing:
        get = environ.get
        # All that the scheme may come from: a proxy's word stands here only where it is to be trusted.
        return (
            environ["wsgi.url_scheme"],
            get(self.proxy_header),
            get("HTTP_HOST"),
            environ["PATH_INFO"],
            get("QUERY_STRING"),
        )

    def _entry(self, writing: Writing) -> PageEntry | None:
        way = self.ways.get(writing)
        if way is None:
            return None
        current, now = generation.of_host(), time.time()
        if way.span is not None and not way.span.holds(current, now):
            return None
        entry = self.store.get(way.address)
        return entry if entry is not None and entry.span.holds(current, now) else None

    # Sending what is kept

    def _encoding(self, accepted: str) -> str:
        encoding = self.encodings.get(accepted)
        if encoding is None:
            encoding = encoding_for(accepted)
            if len(self.encodings) < 256 and len(accepted) < 100:  # readers' programs send a few
                self.encodings[accepted] = encoding
        return encoding

    def _send(self, entry: PageEntry, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        encoding = self._encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        answer = entry.ready(encoding)
        if answer is None:
            answer = entry.answer(encoding)
            self.store.weigh(entry.address)
        sent = _sent(entry, answer, environ)
        start(sent.status, sent.headers)
        return (sent.body,) if sent.body else ()

    # Making what is not

    def _ask(self, writing: Writing, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Answer by a page that somebody makes, once for all who want it; where none is kept, Django answers."""
        if self.follows:
            generation.follow()
        address, current = self._address(environ), generation.current()
        if address is None or current is None:
            return self.application(environ, start)
        entry = self._kept(address, current) or self._made_by_one(address, current, environ)
        if isinstance(entry, PageEntry):
            if len(environ.get("QUERY_STRING", "")) <= LONGEST_WRITING:
                is_for_ever = entry.address == address
                self._remember(writing, Way(entry.address, None if is_for_ever else entry.span))
            return self._send(entry, environ, start)
        if isinstance(entry, Unkept) and entry.is_as_asked(environ):
            start(entry.status, entry.headers)
            return entry.response
        return self.application(environ, start)

    def _address(self, environ: Environ) -> Address | None:
        """Which page is asked for; None where Django decides alone what to answer."""
        scheme = environ["wsgi.url_scheme"]
        if self.proxy_header in environ:
            said = environ[self.proxy_header].partition(",")[0].strip()
            scheme = "https" if said == self.proxy_secure else "http"
        if settings.SECURE_SSL_REDIRECT and scheme != "https":
            return None
        host, _ = split_domain_port(environ.get("HTTP_HOST") or environ["SERVER_NAME"])
        try:
            view = resolve(get_path_info(environ)).func
        except Resolver404:
            return None
        reads: Reads | None = getattr(view, "reads", None)
        query = reads.canonical(environ.get("QUERY_STRING", "")) if reads else None
        return None if query is None or not host else Address(scheme, host, environ["PATH_INFO"], query)

    def _kept(self, address: Address, current: Generation) -> PageEntry | None:
        now = time.time()
        way = self.ways.get(address)
        if way is not None and way.span is not None and way.span.holds(current, now):
            address = way.address
        entry = self.store.get(address)
        return entry if entry is not None and entry.span.holds(current, now) else None

    def _remember(self, writing: Writing | Address, way: Way) -> None:
        with self.lock:
            self.ways[writing] = way
            if len(self.ways) > WRITINGS:
                self.ways.popitem(last=False)

    def _made_by_one(self, address: Address, current: Generation, environ: Environ) -> PageEntry | Unkept | None:
        """The page, made by the first who asks for it. None for those who waited for one that cannot be shared."""
        with self.lock:
            flight = self.flights.get((address, current))
            is_first = flight is None
            if flight is None:
                flight = self.flights[address, current] = Flight()
        if not is_first:
            flight.landed.wait(PATIENCE)
            entry = flight.entry
            return entry if entry is not None and entry.span.holds(current, time.time()) else None
        try:
            # Another may have made it since this one looked.
            made = self._kept(address, current) or self._make(address, current, environ)
            flight.entry = made if isinstance(made, PageEntry) else None
            return made
        finally:
            with self.lock:
                del self.flights[address, current]
            flight.landed.set()

    def _make(self, address: Address, current: Generation, environ: Environ) -> PageEntry | Unkept:
        """Ask Django for the page as a reader would of whom nothing is known, and keep it if it may be kept."""
        asked = {name: environ[name] for name in environ if name in _OF_THE_SERVER or name.startswith("wsgi.")}
        asked |= {"REQUEST_METHOD": "GET", "HTTP_HOST": address.host, "QUERY_STRING": address.query}
        if self.proxy_header in environ:
            asked[self.proxy_header] = environ[self.proxy_header]
        began: list[Any] = []
        with kept.holding(current) as hold:
            response: Any = self.application(asked, lambda *said: began.append(said))
            until = self._until(hold) if may_be_kept(response) else None
        if until is None:
            return Unkept(response, began[-1][0], began[-1][1], address)
        span = Span(current, hold.now.timestamp(), until.timestamp())
        said = said_in(asked)
        if said is not None:
            address = address._replace(query=said)
        entry = PageEntry(address, response, span, self._encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        response.close()
        self.store.put(entry.address, entry)
        return entry

    def _until(self, hold: kept.Hold) -> dt.datetime | None:
        """Until when what was made just now is right; None where the database has gone away since."""
        try:
            return turns.until(hold.now, hold.generation) if hold.generation else None
        except DatabaseError as error:
            log.warning("A page is not kept, since the database did not say until when it is right: %s", error)
            return None


def _sent(entry: PageEntry, answer: Answer, environ: Environ) -> Sent:
    match, since = environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MODIFIED_SINCE")
    if (match is not None or since is not None) and is_unchanged(entry, answer, match, since):
        return Sent("304 Not Modified", answer.unchanged_headers, b"")
    return Sent("200 OK", answer.headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body)
