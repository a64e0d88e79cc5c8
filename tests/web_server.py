"""A small web on this machine: hosts with names of their own, that answer as a test says."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portal.outbound import Outside

HERE = "127.0.0.1"
Answer = tuple[int, dict[str, str]]


class Slow:
    """A clock that is told how long everything takes, and on which waiting takes no time."""

    def __init__(self, step: float = 0.0) -> None:
        self.time = 1_000.0
        self.step = step
        self.slept: list[float] = []

    def now(self) -> float:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass
class Web:
    """What its hosts answer, by path or by method and path, and what they were asked."""

    port: int
    answers: dict[str, Answer | Callable[[Any], None]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, host, path
    headers: list[dict[str, str]] = field(default_factory=list)

    def address(self, path: str, host: str = "one.example") -> str:
        return f"http://{host}:{self.port}{path}"

    def outside(self, **more: Any) -> Outside:
        """The way to it: every name is here, and here is public."""
        return Outside(**{"timeout": 5, "look_up": lambda host, port: [HERE], "is_public": HERE.__eq__, **more})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:  # without the look-up of this machine's name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HERE, self.server_address[1]

    def handle_error(self, *args: Any) -> None:
        """Who asked has gone away, as it may."""


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server on this machine that ends by itself; its port."""
    with _Server((HERE, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving() -> Iterator[Web]:
    web: Web

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            host = self.headers["Host"].partition(":")[0]
            web.asked.append((self.command, host, self.path))
            web.headers.append(dict(self.headers))
            found = web.answers.get(f"{self.command} {self.path}", web.answers.get(self.path, (404, {})))
            if callable(found):
                return found(self)
            status, headers = found
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"ok")
            return None

        do_GET = do_HEAD = do_POST = answer

        def log_message(self, *args: Any) -> None:
            pass

    with answering(Handler) as port:
        web = Web(port)
        yield web
