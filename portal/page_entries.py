"""Whole answers, as they are kept: compressed, with everything that is sent with them made beforehand."""

from __future__ import annotations

import gzip
import hashlib
import threading
from typing import NamedTuple

import brotli
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_http_date_safe

from portal.generation import Generation

Headers = list[tuple[str, str]]

# A page is compressed once and sent often. These give 5 % more than the cheapest levels; the highest take ten times as
# long for another 5 % (docs/decisions/0040).
BROTLI_QUALITY = 5
# How far back it looks, as a power of 2: 64 kB. By default it prepares for four megabytes, which takes half as long
# again and finds nothing more.
BROTLI_WINDOW = 16
GZIP_LEVEL = 6
_ENCODINGS = ("br", "gzip")
_COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/atom+xml", "application/ld+json")
_SMALLEST = 200  # bytes, below which nothing is gained
# What an entry weighs besides its bodies: names, headers, objects. Measured, and rounded up.
OVERHEAD = 4_096
# Of each answer, or of the request that the page was made for.
_MADE_HERE = {"content-length", "content-encoding", "etag", "cache-control", "vary", "set-cookie", "x-request-id"}
_KEPT_BY_NOBODY = {"private", "no-store"}
_MAY_VARY_BY = {"accept-encoding", "cookie"}


class Address(NamedTuple):
    """One page, as far as anything may depend on its address."""

    scheme: str
    host: str
    path: str
    query: str


class Span(NamedTuple):
    """While something is right: in one generation, from a moment until just before another, in seconds of the epoch."""

    generation: Generation
    since: float
    until: float

    def holds(self, generation: Generation, now: float) -> bool:
        return self.generation == generation and self.since <= now < self.until


class Answer(NamedTuple):
    """What one request gets: all of it, or that nothing has changed."""

    etag: str
    headers: Headers
    unchanged_headers: Headers
    body: bytes


def may_be_kept(response: HttpResponseBase) -> bool:
    """Whether an answer to a reader whom nothing is known of is right for every such reader."""
    if not isinstance(response, HttpResponse) or response.status_code != 200 or response.cookies:
        return False
    said = {word.partition("=")[0] for word in _words(response.get("Cache-Control", ""))}
    return (
        not said & _KEPT_BY_NOBODY
        and _words(response.get("Vary", "")).keys() <= _MAY_VARY_BY
        and "Content-Encoding" not in response
    )


def _words(header: str) -> dict[str, str]:
    """The words of a list in a header, by how they read in small letters."""
    return {word.lower(): word for word in map(str.strip, header.split(",")) if word}


class PageEntry:
    """One answer, in every encoding that readers have asked for. The first stays; the others are made from it."""

    def __init__(self, address: Address, response: HttpResponse, span: Span, encoding: str) -> None:
        body = response.content
        kind = response.get("Content-Type", "")
        self.address = address
        self.span = span
        self.was_asked = False
        self.lock = threading.Lock()
        self.name = hashlib.blake2b(body, digest_size=12).hexdigest()
        self.encodings = _ENCODINGS if kind.startswith(_COMPRESSIBLE) and len(body) >= _SMALLEST else ()
        modified = response.get("Last-Modified", "")
        self.modified = parse_http_date_safe(modified) if modified else None
        vary = _words(response.get("Vary", ""))
        vary.setdefault("accept-encoding", "Accept-Encoding")
        self.shared: Headers = [(name, value) for name, value in response.items() if name.lower() not in _MADE_HERE]
        # A browser or a network in front may hold it, and asks each time whether it is still right.
        self.shared += [
            ("Cache-Control", response.get("Cache-Control", "public, no-cache")),
            ("Vary", ", ".join(vary.values())),
        ]
        self.answers: dict[str, Answer] = {}
        # The form that stays is a compressed one, where there is any.
        self.held = encoding if encoding in self.encodings else (self.encodings or ("",))[0]
        self.answers[self.held] = self._answer(self.held, body)

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return OVERHEAD + sum(len(answer.body) for answer in [*self.answers.values()])

    def ready(self, encoding: str) -> Answer | None:
        """What is sent to a reader who takes ``encoding``, unless it would have to be made first."""
        return self.answers.get(encoding if encoding in self.encodings else "")

    def answer(self, encoding: str) -> Answer:
        """What is sent to a reader who takes ``encoding``; to read this by it costs nothing once it was made."""
        found = self.answers.get(encoding)
        if found is not None:
            return found
        if encoding and encoding not in self.encodings:
            return self.answer("")
        body = self._body()
        answer = self._answer(encoding, body)
        if encoding:
            with self.lock:
                self.answers[encoding] = answer
        return answer

    def _body(self) -> bytes:
        held = self.answers[self.held].body
        match self.held:
            case "br":
                plain: bytes = brotli.decompress(held)
                return plain
            case "gzip":
                return gzip.decompress(held)
            case _:
                return held

    def _answer(self, encoding: str, plain: bytes) -> Answer:
        match encoding:
            case "br":
                body = brotli.compress(plain, quality=BROTLI_QUALITY, lgwin=BROTLI_WINDOW)
            case "gzip":
                body = gzip.compress(plain, GZIP_LEVEL, mtime=0)
            case _:
                body = plain
        etag = f'"{self.name}-{encoding}"' if encoding else f'"{self.name}"'
        encoded = [("Content-Encoding", encoding)] if encoding else []
        own = [("ETag", etag), ("Content-Length", str(len(body)))]
        unchanged = [pair for pair in self.shared if pair[0].lower() != "content-type"]
        return Answer(etag, [*self.shared, *encoded, *own], [*unchanged, ("ETag", etag)], body)


def is_unchanged(entry: PageEntry, answer: Answer, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether a reader who asks by these conditions has it already (RFC 9110, 13.1)."""
    if if_none_match is not None:
        if if_none_match == answer.etag or if_none_match.strip() == "*":
            return True
        # For what is only read, a weak one will do. No name of ours has a comma in it.
        return answer.etag in [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    if if_modified_since is not None and entry.modified is not None:
        since = parse_http_date_safe(if_modified_since)
        return since is not None and entry.modified <= since
    return False


def encoding_for(accepted: str) -> str:
    """The best encoding of ours that an ``Accept-Encoding`` allows; empty for none (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        weight = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0
    every = weights.get("*", 0)
    return next((name for name in _ENCODINGS if weights.get(name, every) > 0), "")
