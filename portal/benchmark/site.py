"""The pages of the whole site: measured in this process, and as the production server answers them."""

from __future__ import annotations

import asyncio
import gzip
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection, connections

from portal.benchmark import content, cost, processes, servers
from portal.benchmark.cost import Cost, counted, percentile
from portal.benchmark.load import READERS, Generator, Load, all_at_once
from portal.benchmark.servers import Server, ask, connect
from portal.page_cache import PageCache

GZIP = {"Accept-Encoding": "gzip"}
BROTLI = {"Accept-Encoding": "br"}
EDITS_PER_SECOND = 5
MEMORY_WARM_UP = 10_000
FILTERED = "filtered finder"
# Requests of each kind that come before those that count.
WARM_UP = 3

# As a browser asks: what it sends is not taken apart again for it.
get = partial(cost.get, accepts="br")


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds, seconds of each, requests that find nothing kept, and the rest as it is called."""

    rounds: int = 3
    seconds: float = 2
    cold: int = 40
    requests: int = 100_000
    clients: int = 200


@dataclass
class Row:
    """One page under one look. Times in milliseconds; ``cpu`` is that of all the server's processes for a request."""

    page: str
    look: str
    cpu: float
    per_second: float
    p50: float
    p99: float
    size: int
    queries: int
    repeated: int
    ratio: float | None = None


@dataclass
class Found:
    """All that was measured. Memory in MB, times in milliseconds."""

    rows: list[Row] = field(default_factory=list)
    list_size: dict[str, int] = field(default_factory=dict)
    in_process: dict[str, Cost] = field(default_factory=dict)
    after_others: dict[str, Cost] = field(default_factory=dict)
    unasked: Cost = field(default_factory=Cost)
    plain: Cost = field(default_factory=Cost)
    nginx_cpu: dict[str, float] = field(default_factory=dict)
    rebuilt: int = 0
    burst: list[float] = field(default_factory=list)
    burst_cpu: float = 0
    quiet: list[float] = field(default_factory=list)
    edited: list[float] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    answering: float = 0  # megabytes, at the end, without the process that only began the others
    failed: int = 0

    def looked(self, look: str) -> list[Row]:
        return [row for row in self.rows if row.look == look]


# In this process


def application() -> Any:
    """The portal behind its page cache, as a server calls it."""
    return PageCache(get_wsgi_application(), follows=False)


def timed(run: Callable[[], object]) -> float:
    """Milliseconds of the processor that ``run`` takes."""
    start = time.process_time()
    run()
    return (time.process_time() - start) * 1_000


def cold_in_process(pages: dict[str, str], effort: Effort) -> dict[str, Cost]:
    """Each page as the first one that is asked for after an edit, and the queries of the one that asked most."""
    asked_for = application()
    costs = {name: Cost() for name in pages}
    for number in range(WARM_UP + effort.cold):
        for name, address in pages.items():
            content.edit()
            with counted() as asked:
                took = timed(partial(get, asked_for, address))
            costs[name].asked = max(costs[name].asked, asked, key=Counter.total)
            if number >= WARM_UP:
                costs[name].times.append(took)
    return costs


def after_others_in_process(pages: dict[str, str], effort: Effort) -> dict[str, Cost]:
    """Each page as the first one to ask for it, where all the others were asked for since the edit."""
    asked_for = application()
    costs = {name: Cost() for name in pages}
    for _ in range(max(1, effort.cold // 4)):
        for name, address in pages.items():
            content.edit()
            for other in pages.values():
                if other != address:
                    get(asked_for, other)
            with counted() as asked:
                costs[name].times.append(timed(partial(get, asked_for, address)))
            costs[name].asked = max(costs[name].asked, asked, key=Counter.total)
    return costs


def warm_queries(pages: dict[str, str]) -> dict[str, int]:
    """What pages ask the database that have just been asked for."""
    asked_for = application()
    found = {}
    for name, address in pages.items():
        get(asked_for, address)
        with counted() as asked:
            get(asked_for, address)
        found[name] = asked.total()
    return found


def unasked_in_process(pages: dict[str, str], effort: Effort) -> tuple[Cost, Cost]:
    """Filters that nobody has asked for where other pages were, and the same lists as plain Django makes them."""
    asked_for = application()
    plainly = next(one.plainly for one in content.contents() if one.plainly)
    kept, plain = Cost(), Cost()
    for address in pages.values():
        get(asked_for, address)
    for address in islice(unasked(pages), effort.cold):
        plain.times.append(timed(partial(plainly, address)))
        with counted() as asked:
            kept.times.append(timed(partial(get, asked_for, address)))
        kept.asked = max(kept.asked, asked, key=Counter.total)
    return kept, plain


def unasked(pages: dict[str, str]) -> Iterator[str]:
    """Addresses of lists that nobody has asked for, each of them once."""
    for one in content.contents():
        yield from (address for address in one.unasked() if address not in pages.values())


def rebuilds(address: str, readers: int) -> int:
    """How often a process makes a page for which so many ask in one moment, just after an edit."""
    made = 0
    lock = threading.Lock()
    django = get_wsgi_application()

    def counting(environ: dict[str, Any], start_response: Any) -> Any:
        nonlocal made
        with lock:
            made += 1
        return django(environ, start_response)

    asked_for = PageCache(counting, follows=False)
    gate = threading.Barrier(readers + 1)

    def read() -> None:
        gate.wait()
        try:
            get(asked_for, address)
        finally:
            connections.close_all()

    get(asked_for, address)
    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    content.edit()
    made = 0
    gate.wait()
    for thread in threads:
        thread.join()
    return made


# By the server


@contextmanager
def editing(per_second: float) -> Iterator[None]:
    """Meanwhile somebody saves a page so often."""
    done = threading.Event()

    def edit_until_done() -> None:
        try:
            while not done.wait(1 / per_second):
                content.edit()
        finally:
            connection.close()

    thread = threading.Thread(target=edit_until_done)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def one_by_one(server: Server, addresses: Iterator[str], *, edits: bool) -> tuple[float, list[float], int]:
    """CPU, times and size of requests one by one on one connection, with an edit before each or without."""
    reader = connect(server)
    times: list[float] = []
    size, before = 0, 0.0
    for number, address in enumerate(addresses, -WARM_UP):
        if edits:
            content.edit()
        if number == 0:
            before = processes.seconds(server.pid)
        start = time.perf_counter()
        answer = ask(reader, address, GZIP)
        if number >= 0:
            times.append((time.perf_counter() - start) * 1_000)
        size = max(size, answer.size)
    cpu = processes.seconds(server.pid) - before
    reader.close()
    return cpu * 1_000 / len(times), times, size


class Site:
    """The measurement of a filled database. ``say`` tells how far it has come."""

    def __init__(self, folder: Path, effort: Effort, load: Generator, workers: int, say: Any) -> None:
        self.folder, self.effort, self.load, self.workers, self.say = folder, effort, load, workers, say
        self.pages = content.pages()
        self.found = Found()

    def measure(self) -> Found:
        found, effort = self.found, self.effort
        self.say("in this process")
        found.in_process = cold_in_process(self.pages, effort)
        found.after_others = after_others_in_process(self.pages, effort)
        self.warm = warm_queries(self.pages)
        found.unasked, found.plain = unasked_in_process(self.pages, effort)
        found.rebuilt = rebuilds(self.pages["finder"], effort.clients)
        with ExitStack() as stack:
            self.portal = stack.enter_context(servers.portal(self.folder, self.workers))
            found.memory["at start"] = processes.megabytes(self.portal.pid)
            self.cold()
            self.warm_up()
            program = servers.nginx_program()
            self.save_for_nginx()
            nginx = stack.enter_context(servers.nginx(program, self.folder, self.workers)) if program else None
            self.cached(nginx)
            self.while_edited()
            self.at_the_moment_of_an_edit()
            self.memory_over_time()
        return found

    def cold(self) -> None:
        for name, address in self.pages.items():
            self.say(f"cold: {name}")
            cost = self.found.in_process[name]
            self.add_cold(name, "cold", repeat(address, WARM_UP + self.effort.cold), cost, edits=True)
        for address in self.pages.values():  # on a connection each, so that every process is likely to have them
            for _ in range(4 * self.workers):
                self.fetch(address)
        self.say(f"new: {FILTERED}")
        fresh = islice(unasked(self.pages), WARM_UP + self.effort.cold)
        self.add_cold(FILTERED, "new", fresh, self.found.unasked, edits=False)

    def add_cold(self, name: str, look: str, addresses: Iterator[str], cost: Cost, *, edits: bool) -> None:
        cpu, times, size = one_by_one(self.portal, addresses, edits=edits)
        row = Row(name, look, cpu, 1_000 / statistics.mean(times), percentile(times, 50), percentile(times, 99), size,
                  cost.queries, cost.repeated)  # fmt: skip
        self.found.rows.append(row)

    def fetch(self, address: str, headers: dict[str, str] = GZIP) -> servers.Answer:
        reader = connect(self.portal)
        try:
            return ask(reader, address, headers)
        finally:
            reader.close()

    def warm_up(self) -> None:
        """Every page in every process."""
        for address in self.pages.values():
            self.load(f"{self.portal.base}{address}", GZIP, self.effort.seconds, 4 * self.workers)

    def save_for_nginx(self) -> None:
        www = self.folder / "www"
        www.mkdir()
        for name, address in self.pages.items():
            body = self.fetch(address).body
            (www / f"{name.replace(' ', '-')}.html.gz").write_bytes(body)
            (www / f"{name.replace(' ', '-')}.html").write_bytes(gzip.decompress(body))
        finder = self.pages["finder"]
        self.found.list_size = {
            "gzip": len(self.fetch(finder).body),
            "brotli": len(self.fetch(finder, BROTLI).body),
        }

    def cached(self, nginx: Server | None) -> None:
        """Each page and its 304 by rounds, and beside each the same bytes by nginx."""
        cells: dict[tuple[str, str], list[tuple[Load, float]]] = {}
        for number in range(self.effort.rounds):
            self.say(f"round {number + 1} of {self.effort.rounds}")
            for name, address in self.pages.items():
                looks = [("cached", self.portal, address, GZIP)]
                tag = self.fetch(address).etag
                looks.append(("304", self.portal, address, {**GZIP, "If-None-Match": tag}))
                if nginx:
                    looks.append(("nginx", nginx, f"/{name.replace(' ', '-')}.html", GZIP))
                for look, server, path, headers in looks:
                    before = processes.seconds(server.pid)
                    load = self.load(f"{server.base}{path}", headers, self.effort.seconds, READERS)
                    cpu = (processes.seconds(server.pid) - before) * 1_000 / max(1, load.requests)
                    cells.setdefault((name, look), []).append((load, cpu))
                    self.found.failed += load.failed
        for (name, look), rounds in cells.items():
            self.add_cached(name, look, rounds, [cpu for _, cpu in cells.get((name, "nginx"), [])])

    def add_cached(self, name: str, look: str, rounds: list[tuple[Load, float]], nginx: list[float]) -> None:
        cpus = [cpu for _, cpu in rounds]
        if look == "nginx":
            self.found.nginx_cpu[name] = statistics.median(cpus)
            return
        address = self.pages[name]
        headers = {**GZIP, "If-None-Match": self.fetch(address).etag} if look == "304" else GZIP
        ratios = [ours / theirs for ours, theirs in zip(cpus, nginx, strict=False) if theirs]
        row = Row(
            name,
            look,
            statistics.median(cpus),
            statistics.median(load.per_second for load, _ in rounds),
            statistics.median(load.p50 for load, _ in rounds),
            statistics.median(load.p99 for load, _ in rounds),
            self.fetch(address, headers).size,
            self.warm[name],
            0,
            statistics.median(ratios) if ratios else None,
        )
        self.found.rows.append(row)

    def while_edited(self) -> None:
        """The finder, in turn without edits and with."""
        self.say("while edits land")
        url = f"{self.portal.base}{self.pages['finder']}"
        for _ in range(self.effort.rounds):
            self.found.quiet.append(self.load(url, GZIP, self.effort.seconds, READERS).p50)
            with editing(EDITS_PER_SECOND):
                self.found.edited.append(self.load(url, GZIP, self.effort.seconds, READERS).p50)

    def at_the_moment_of_an_edit(self) -> None:
        self.say("at the moment of an edit")
        before = processes.seconds(self.portal.pid)
        url = f"{self.portal.base}{self.pages['finder']}"
        self.found.burst = asyncio.run(all_at_once(url, GZIP, self.effort.clients, content.edit))
        self.found.burst_cpu = (processes.seconds(self.portal.pid) - before) * 1_000

    def memory_over_time(self) -> None:
        """Every page in turn, with an edit each time, until as many requests were answered."""
        self.say("memory")
        done = self.ask_until(0, min(MEMORY_WARM_UP, self.effort.requests // 10))
        self.found.memory["warm"] = processes.megabytes(self.portal.pid)
        self.ask_until(done, done + self.effort.requests)
        self.found.memory["after"] = processes.megabytes(self.portal.pid)
        self.found.answering = processes.megabytes(self.portal.pid, only_below=True)

    def ask_until(self, done: int, enough: int) -> int:
        while done < enough:
            for address in self.pages.values():
                content.edit()
                load = self.load(f"{self.portal.base}{address}", GZIP, self.effort.seconds, READERS)
                done += load.requests
                self.found.failed += load.failed
        return done
