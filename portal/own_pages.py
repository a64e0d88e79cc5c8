"""What a stranger is answered at one of the portal's own addresses, asked within this process."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from portal.logs import requests
from portal.outbound import Answer, user_agent


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def ask(address: str) -> Answer:
    """What somebody without an account is answered there. Nothing is sent over a network."""
    return _answer(address, lambda parts: b"")[0]


def read(address: str) -> tuple[Answer, bytes]:
    """The same, with all that is sent."""
    return _answer(address, b"".join)


def environ_of(address: str) -> dict[str, Any]:
    """A request for it as a server would hand it on (PEP 3333)."""
    parts = urlsplit(address)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or ""),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "HTTP_USER_AGENT": user_agent(),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(),
        # What a proxy in front would say, where the portal listens to one.
        **({"HTTP_X_FORWARDED_PROTO": parts.scheme} if settings.TRUST_PROXY else {}),
    }


def _answer(address: str, body_of: Callable[[Iterable[bytes]], bytes]) -> tuple[Answer, bytes]:
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *args: Any) -> None:
        begun.append((status, headers))

    with _quietly(), _keeping_connections():
        response = _handler()(environ_of(address), start_response)  # type: ignore[arg-type]
        try:
            body = body_of(response)
        finally:
            response.close()
    status, headers = begun[-1]
    code, _, reason = status.partition(" ")
    return Answer(int(code), reason, {name.lower(): value for name, value in headers}), body


@contextmanager
def _keeping_connections() -> Iterator[None]:
    """Whoever asks goes on with the database, whose connection the end of a request might close."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


@contextmanager
def _quietly() -> Iterator[None]:
    """A page that is not there is what is looked for, and need not be in the log as well."""
    before = requests.level
    requests.setLevel(logging.ERROR)
    try:
        yield
    finally:
        requests.setLevel(before)
