"""Requests to a WSGI application, without Django's own client in between."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import brotli
from django.core.handlers.wsgi import WSGIHandler

from portal import generation

ALL = "gzip, deflate, br"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def plain(self) -> bytes:
        """The body as its maker wrote it."""
        match self.headers.get("Content-Encoding", ""):
            case "br":
                return bytes(brotli.decompress(self.body))
            case "gzip":
                return gzip.decompress(self.body)
            case _:
                return self.body


def environ(path: str, **more: Any) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **more,
    }


def ask(application: Any, path: str, method: str = "GET", **headers: str) -> Answered:
    """Ask ``application`` for an address, with headers by their names: ``accept_encoding="br"``."""
    began: list[Any] = []
    sent = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    parts = application(environ(path, REQUEST_METHOD=method, **sent), lambda *said: began.append(said))
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, named = began[-1][:2]
    return Answered(int(status.split()[0]), dict(named), body)


class AskedDjango:
    """Django, and what it was asked."""

    def __init__(self) -> None:
        self.django = WSGIHandler()
        self.paths: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        query = environ["QUERY_STRING"]
        self.paths.append(environ["PATH_INFO"] + (f"?{query}" if query else ""))
        return self.django(environ, start_response)


def edited() -> None:
    """What happens when an edit is committed."""
    generation._known.tell(1)


# What readers have of their own, what is sent piece by piece, and what is of this moment.
NOT_KEPT = {
    "projects/propose/",
    "contact/ask/",
    "contact/report/",
    "projects.csv",
    "healthz",
    "readyz",
    ".well-known/security.txt",
}
