"""How long the pages of projects take, and what they ask of the database: measured, in this process, by requests."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import reverse
from django.utils.http import urlencode

from portal import search
from projects.models import Area, Modality, Project, Status, Technique

WARM_UP = 3


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
        return statistics.quantiles(self.times, n=100, method="inclusive")[98]


@contextmanager
def counted() -> Iterator[Counter[tuple[str, str]]]:
    """The queries that are asked meanwhile, each with its parameters and how often it came."""
    asked: Counter[tuple[str, str]] = Counter()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        asked[sql, repr(params)] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def get(application: Any, address: str) -> str:
    """Ask for an address as a server would. Raises ``RuntimeError`` for anything but a page."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(),
        "HTTP_HOST": "127.0.0.1",
    }
    setup_testing_defaults(environ)
    answer: list[str] = []
    body = application(environ, lambda status, headers, *_: answer.append(status))
    text = b"".join(body).decode()
    body.close()
    if answer != ["200 OK"]:
        raise RuntimeError(f"{address} answered {answer[0]}.")
    return text


def measure(addresses: dict[str, str], repeat: int) -> dict[str, Cost]:
    """The cost of each address, in turn rather than one after the other, so that a busy moment spoils none."""
    application = get_wsgi_application()
    costs = {name: Cost() for name in addresses}
    for name, address in addresses.items():
        for _ in range(WARM_UP):
            get(application, address)
        with counted() as asked:
            get(application, address)
        costs[name].asked = asked
    for _ in range(repeat):
        for name, address in addresses.items():
            start = time.perf_counter()
            get(application, address)
            costs[name].times.append((time.perf_counter() - start) * 1_000)
    return costs


def pages(words: list[str]) -> dict[str, str]:
    """The pages that are measured, by name. ``words`` are those of the texts, the commonest first."""
    index = reverse("projects:index")
    facets = {}
    for model in (Area, Technique, Modality):
        facets[model.facet] = model._default_manager.earliest("pk").slug
    oldest = Project.objects.order_by("pk").iterator()
    paused = next(project for project in oldest if project.status == Status.PAUSED)
    accepting = Project.objects.accepting().earliest("pk")
    return {
        "finder, no filter": index,
        "finder, three filters": f"{index}?{urlencode(facets)}",
        "finder, commonest word": f"{index}?{urlencode({'q': words[0]})}",
        "finder, rare word": f"{index}?{urlencode({'q': rare(words)})}",
        "finder, common word and three filters": f"{index}?{urlencode({'q': words[0], **facets})}",
        "finder, last page": f"{index}?page=999999999",
        "brief, open": accepting.get_absolute_url(),
        "brief, paused": paused.get_absolute_url(),
    }


def rare(words: list[str]) -> str:
    """The rarest word that the first hundred projects hold."""
    held = {
        word
        for project in Project.objects.order_by("pk")[:100]
        for section in project.sections
        for word in search.words(section.text)
    }
    return next(word for word in reversed(words) if word in held)
