"""What a page costs in this process: milliseconds, and what it asks of the database."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.db import connection


@dataclass
class Cost:
    """What one page costs: milliseconds of each request, and what one of them asks the database."""

    times: list[float] = field(default_factory=list)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def queries(self) -> int:
        return self.asked.total()

    @property
    def repeated(self) -> int:
        """How many queries had been asked before, with the same values."""
        return self.asked.total() - len(self.asked)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def worst(self) -> float:
        """The 99th percentile."""
        return percentile(self.times, 99)


def percentile(values: list[float], percent: int) -> float:
    """The value that ``percent`` of 100 do not exceed, between two of them in proportion. Raises for no values."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@contextmanager
def counted() -> Iterator[Counter[tuple[str, str]]]:
    """The queries that are asked meanwhile, each with its parameters and how often it came."""
    asked: Counter[tuple[str, str]] = Counter()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        asked[sql, repr(params)] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def get(application: Any, address: str, accepts: str = "") -> bytes:
    """Ask for an address as a server would, for a reader who ``accepts`` these encodings. Gives what is sent.

    Raises ``RuntimeError`` for anything but a page.
    """
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": accepts,
    }
    setup_testing_defaults(environ)
    answer: list[str] = []
    body = application(environ, lambda status, headers, *_: answer.append(status))
    sent = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    if answer != ["200 OK"]:
        raise RuntimeError(f"{address} answered {answer[0]}.")
    return sent
