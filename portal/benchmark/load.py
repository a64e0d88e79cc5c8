"""Load on a server of this machine: many readers who ask for one address again and again, each on one connection.

It comes from ``wrk`` where that is installed. Where it is not, from a small one of our own, which is slower than the
servers that it asks: the time of the processor that a request takes is right by either, requests per second are not.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.benchmark.cost import percentile

READERS = 8
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1_000, "m": 60_000}


@dataclass(frozen=True)
class Load:
    """What came of some seconds of load: ``p50`` and ``p99`` in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    failed: int


Generator = Callable[[str, dict[str, str], float, int], Load]


class LoadError(Exception):
    """Load that could not be put on a server."""


def generator() -> tuple[str, Generator]:
    """What puts load on, and its name."""
    return ("wrk", by_wrk) if shutil.which("wrk") else ("our own (wrk is not installed)", by_own)


def by_wrk(url: str, headers: dict[str, str], seconds: float, readers: int = READERS) -> Load:
    """Load by ``wrk``, which knows whole seconds only."""
    command = ["wrk", "-t1", f"-c{readers}", f"-d{max(1, round(seconds))}s", "--timeout=10s", "--latency"]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(  # noqa: S603 - of this module's own making
        [*command, url], capture_output=True, text=True, check=False, timeout=seconds + 60
    )
    if done.returncode:
        raise LoadError(f"wrk ended with status {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return read(done.stdout)


def read(text: str) -> Load:
    """What ``wrk --latency`` printed. Raises ``LoadError`` for anything else."""

    def number(pattern: str, default: str = "") -> str:
        found = re.search(pattern, text, re.MULTILINE)
        if not found and not default:
            raise LoadError(f"wrk printed something else than expected: {text[:200]}")
        return found[1] if found else default

    def milliseconds(percent: int) -> float:
        value = number(rf"^\s+{percent}%\s+(\S+)")
        unit = value.lstrip("0123456789.")
        return float(value.removesuffix(unit)) * MILLISECONDS[unit]

    errors = re.findall(r"(?:connect|read|write|timeout) (\d+)", number(r"Socket errors: (.*)", "none"))
    return Load(
        requests=int(number(r"(\d+) requests in")),
        per_second=float(number(r"Requests/sec:\s*([\d.]+)")),
        p50=milliseconds(50),
        p99=milliseconds(99),
        failed=int(number(r"Non-2xx or 3xx responses: (\d+)", "0")) + sum(map(int, errors)),
    )


def by_own(url: str, headers: dict[str, str], seconds: float, readers: int = READERS) -> Load:
    """Load by this process."""
    return asyncio.run(_load(url, headers, seconds, readers))


async def _load(url: str, headers: dict[str, str], seconds: float, readers: int) -> Load:
    start = time.perf_counter()
    lists = await asyncio.gather(*(_read_for(url, headers, start + seconds) for _ in range(readers)))
    took = time.perf_counter() - start
    answers = [answer for answers in lists for answer in answers]
    if not answers:
        raise LoadError(f"{url} did not answer.")
    times = [milliseconds for _, milliseconds in answers]
    failed = sum(1 for status, _ in answers if not 200 <= status < 400)
    return Load(len(answers), len(answers) / took, percentile(times, 50), percentile(times, 99), failed)


async def _read_for(url: str, headers: dict[str, str], until: float) -> list[tuple[int, float]]:
    """Status and milliseconds of each answer that one reader gets until then."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    answers = []
    try:
        while (began := time.perf_counter()) < until:
            writer.write(request(url, headers))
            status, _ = await answer(reader)
            answers.append((status, (time.perf_counter() - began) * 1_000))
    finally:
        writer.close()
        await writer.wait_closed()
    return answers


def request(url: str, headers: dict[str, str]) -> bytes:
    """A request as it goes over the wire (RFC 9112)."""
    parts = urlsplit(url)
    lines = [f"GET {parts.path or '/'}{f'?{parts.query}' if parts.query else ''} HTTP/1.1", f"Host: {parts.netloc}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status of an answer, and all of its bytes. Raises ``LoadError`` for one whose length is not said."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"\r\ncontent-length:\s*(\d+)\r\n", head, re.IGNORECASE)
    if status != 304 and not length:
        raise LoadError("An answer did not say how long it is.")
    return status, head + (await reader.readexactly(int(length[1])) if length and status != 304 else b"")


async def all_at_once(url: str, headers: dict[str, str], readers: int, before: Callable[[], None]) -> list[float]:
    """Milliseconds that each of so many readers waits who ask in one moment, after ``before`` was done.

    Their connections are open before that. Raises ``LoadError`` where one is answered by anything but a page.
    """
    parts = urlsplit(url)
    streams = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(readers)]

    async def ask(reader: asyncio.StreamReader) -> float:
        status, _ = await answer(reader)
        if status != 200:
            raise LoadError(f"{url} answered {status}.")
        return (time.perf_counter() - start) * 1_000

    try:
        await asyncio.to_thread(before)
        start = time.perf_counter()
        for _, writer in streams:
            writer.write(request(url, headers))
        return list(await asyncio.gather(*(ask(reader) for reader, _ in streams)))
    finally:
        for _, writer in streams:
            writer.close()
