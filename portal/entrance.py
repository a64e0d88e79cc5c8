"""What the server calls for each request: what is kept is sent at once, and the portal answers all else in threads.

To granian this is an application of its own interface, RSGI. What is behind it is an ordinary WSGI application (PEP
3333), which is called in a few threads, with the request as that standard has it and all that was sent.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import Context
from http import HTTPStatus
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, Any

from granian.rsgi import ProtocolClosed, ProtocolError

from portal.page_cache import Application, Environ, PageCache, Sent
from portal.request_bodies import RefusedError, received

log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]

# Bytes that are sent in one piece, at least.
PIECE = 64 * 1024
WRONG = "Something went wrong here. Try again in a few minutes."

_OF_THE_SERVER: Environ = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_MOST_NAMES = 256  # of headers, whose names in a request are remembered


class Entrance:
    """The portal as granian calls it. ``threads`` is in how many the application answers; the others wait in turn."""

    def __init__(self, application: Application, threads: int) -> None:
        self.application = application
        self.hit: Callable[[Environ], Sent | None] = application.hit if isinstance(application, PageCache) else _none
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="answering")

    def answers_at_once(self, scope: Any, protocol: Any) -> bool:
        """Send what is kept, from any thread; or tell that nothing is."""
        return self._sends_kept(environ_of(scope), protocol)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        environ = environ_of(scope)
        if self._sends_kept(environ, protocol):
            return
        environ |= _about_the_connection(scope)
        body = None
        if environ.get("CONTENT_LENGTH", "0") != "0":
            try:
                body = await received(aiter(protocol), int(environ["CONTENT_LENGTH"]))
            except RefusedError as refused:
                _refuse(protocol, refused.status, refused.words)
                return
        loop = asyncio.get_running_loop()
        # Whatever is noted of a request, such as its name in the log, ends with it.
        await loop.run_in_executor(self.threads, Context().run, self._answer, protocol, environ, body, loop)

    def _sends_kept(self, environ: Environ, protocol: Any) -> bool:
        sent = self.hit(environ) if environ.get("CONTENT_LENGTH", "0") == "0" else None
        if sent is None:
            return False
        protocol.response_bytes(int(sent.status[:3]), sent.headers, sent.body)
        return True

    def _answer(self, protocol: Any, environ: Environ, body: IO[bytes] | None, loop: asyncio.AbstractEventLoop) -> None:
        """Let the application answer, in the thread that this is called in."""
        began: list[tuple[int, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> None:
            began.append((int(status[:3]), headers))

        with closing(body or BytesIO()) as sent:
            try:
                answer = self.application({**_OF_THE_SERVER, **environ, "wsgi.input": sent}, start)
                try:
                    _send(answer, began, protocol, loop)
                finally:
                    if (close := getattr(answer, "close", None)) is not None:
                        close()
            except Exception:
                log.exception("A request was not answered.")
                _refuse(protocol, HTTPStatus.INTERNAL_SERVER_ERROR, WRONG)


class FileOnDisk:
    """A file that is an answer, which the server sends by itself as fast as its reader takes it (PEP 3333)."""

    def __init__(self, file: Any, size: int = PIECE) -> None:
        self.file, self.size = file, size

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(self.size), b"")

    def close(self) -> None:
        self.file.close()

    def path(self) -> str | None:
        """Where all of it is to be found; None where it is no file of this machine, or only a part of one."""
        name = getattr(self.file, "name", None)
        if not isinstance(name, str) or not Path(name).is_absolute():
            return None
        try:
            is_this = os.path.samestat(os.stat(name), os.fstat(self.file.fileno()))  # noqa: PTH116
            return name if is_this and self.file.tell() == 0 else None
        except (AttributeError, OSError, ValueError):
            return None


_OF_THE_SERVER["wsgi.file_wrapper"] = FileOnDisk


def environ_of(scope: Any) -> Environ:
    """What a request asks for, as PEP 3333 has it; who asks whom, and what is sent, is not in it yet."""
    path = scope.path
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": path if path.isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "wsgi.url_scheme": scope.scheme,
    }
    for header, value in scope.headers.items():
        name = _NAMES.get(header) or _name_of(header)
        if name in environ:
            environ[name] += f"{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        elif name:
            environ[name] = value
    return environ


def _name_of(header: str) -> str:
    """What a header is called in a request; empty for one that could pose as another, which has a dash there."""
    name = "" if "_" in header else f"HTTP_{header.upper().replace('-', '_')}"
    if name and len(_NAMES) < _MOST_NAMES and len(header) < 50:
        _NAMES[header] = name
    return name


def _about_the_connection(scope: Any) -> Environ:
    server, _, port = scope.server.rpartition(":")
    return {
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
    }


def _send(
    answer: Iterable[bytes], began: list[tuple[int, Headers]], protocol: Any, loop: asyncio.AbstractEventLoop
) -> None:
    """Send what an application answered: in one go, unless there is much of it."""
    if isinstance(answer, FileOnDisk) and (path := answer.path()) is not None:
        protocol.response_file(*began[-1], path)
        return
    blocks = _blocks(answer)
    first, second = next(blocks, b""), next(blocks, None)
    if second is None:
        protocol.response_bytes(*began[-1], first)
        return
    transport = protocol.response_stream(*began[-1])
    try:
        for block in chain((first, second), blocks):
            asyncio.run_coroutine_threadsafe(_send_block(transport, block), loop).result()
    except (ProtocolClosed, ProtocolError):
        log.info("A reader has gone before the end of an answer.")


async def _send_block(transport: Any, block: bytes) -> None:
    await transport.send_bytes(block)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _none(environ: Environ) -> None:
    """What is kept where nothing is."""


def _refuse(protocol: Any, status: HTTPStatus, words: str) -> None:
    """Tell whoever asked; nobody, where an answer has begun."""
    text = words.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(text)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    protocol.response_bytes(status.value, list(headers.items()), text)
