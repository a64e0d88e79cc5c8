"""What is sent with a request, received whole before anything else happens, so that who sends slowly holds up nobody.

A server with a few threads stands still if as many send a form letter by letter. Here only some of its threads receive
at a time, so that the others go on answering. One more who sends meanwhile waits for a moment, since most of what is
sent has arrived by then, and is asked to send it again if it has not. A proxy in front that receives whole requests
itself, as nginx does, leaves nothing to wait for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

# In bytes: of a whole request, of which each file is held to less (portal.receiving); and of what memory holds of it.
MAX_BYTES = 100 * 1024 * 1024
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
# Seconds within which a form arrives, unless who sends it is slow. An editor's browser often sends two things at once:
# the text for its preview, and the form when it is saved.
SOON = 1.0

TOO_MUCH = "That is more than the portal takes in one go. Send fewer or smaller files."
BUSY = "The portal is receiving from somebody else. Go back and send it again."
CUT_OFF = "What was sent has not arrived in full. Go back and send it again."


class RequestBodies:
    """A WSGI application in front of the portal's, of which at most ``at_once`` threads receive at a time."""

    def __init__(self, application: Application, at_once: int) -> None:
        self.application = application
        self.free = threading.BoundedSemaphore(at_once)
        self.began = monotonic()  # when a thread last began to receive

    def __call__(self, environ: Environ, start: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        if not length or length == "0":
            return self.application(environ, start)
        if int(length) > MAX_BYTES:
            return _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_MUCH, start)
        # For one who has just begun, not for one who is slow: that one holds up a second sender, and nobody after it.
        if not self.free.acquire(timeout=max(0, self.began + SOON - monotonic())):
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, start)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                self.began = monotonic()
                is_whole = _receive(environ["wsgi.input"], int(length), body)
            finally:
                self.free.release()
            if not is_whole:
                return _refuse(HTTPStatus.BAD_REQUEST, CUT_OFF, start)
            # A view has read all that it reads of it when it gives its answer.
            return self.application({**environ, "wsgi.input": body}, start)


def _receive(source: Any, length: int, body: IO[bytes]) -> bool:
    """Whether all that was announced arrived, which ``body`` then holds from its beginning."""
    while length and (piece := source.read(min(length, PIECE))):
        body.write(piece)
        length -= len(piece)
    body.seek(0)
    return length == 0


def _refuse(status: HTTPStatus, words: str, start: Any) -> list[bytes]:
    text = words.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(text)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    start(f"{status.value} {status.phrase}", list(headers.items()))
    return [text]
