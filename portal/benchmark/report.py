"""What was measured as a table for people, and which of the aims were met."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator

from django.db import connection

from portal.benchmark.site import EDITS_PER_SECOND, FILTERED, Effort, Found, Row

LISTS = {"finder", FILTERED}

MAX_NGINX = 3.3  # times what nginx takes
MAX_OF_PLAIN = 1 / 3  # of what plain Django takes
MAX_COLD = 4  # milliseconds
MAX_QUERIES = 8
MAX_LIST = 10_000  # bytes
MAX_MEMORY = 120  # MB
MAX_GROWTH = 5  # of 100
UNCHANGED = 1.2  # what a median moves by from one second to the next, by itself
COLUMNS = (
    f"{'CPU ms':>7} {'per s':>7} {'p50 ms':>7} {'p99 ms':>7} {'bytes':>7} {'queries':>7} {'repeated':>8} {'nginx':>6}"
)


def machine(workers: int, load: str) -> str:
    """Where it was measured, in a line."""
    version = ".".join(map(str, connection.get_database_version()))
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {connection.display_name} "
        f"{version}; {workers} processes; load by {load}"
    )


def table(found: Found) -> Iterator[str]:
    """A row for each page and look."""
    yield f"{'page':<16} {'look':<7} {COLUMNS}"
    for row in found.rows:
        yield line(row)
    if found.nginx_cpu:
        lowest, highest = min(found.nginx_cpu.values()), max(found.nginx_cpu.values())
        yield f"nginx, the same bytes from compressed files: {lowest:.4f} to {highest:.4f} ms of CPU"
    else:
        yield "nginx is not installed, so there is no ratio to it."


def line(row: Row) -> str:
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
    cpu = f"{row.cpu:.2f}" if row.cpu >= 1 else f"{row.cpu:.4f}"
    return (
        f"{row.page:<16} {row.look:<7} {cpu:>7} {row.per_second:>7.0f} {row.p50:>7.2f} {row.p99:>7.2f} {row.size:>7} "
        f"{row.queries:>7} {row.repeated:>8} {ratio:>6}"
    )


def rest(found: Found) -> Iterator[str]:
    """What no row tells."""
    yield "in one process, without a server, ms of CPU of a page that nobody has asked for"
    for words, costs in {"since an edit": found.in_process, "and of all others": found.after_others}.items():
        yield f"  {words}: " + ", ".join(f"{name} {cost.median:.2f}" for name, cost in costs.items())
    unasked, plain = found.unasked.median, found.plain.median
    yield f"a filter nobody asked for: {unasked:.2f}, and the same lists by plain Django {plain:.2f}"
    yield f"the finder: {found.list_size['gzip']:,} bytes by gzip, {found.list_size['brotli']:,} by brotli"
    memory = ", ".join(f"{megabytes:.0f} MB {when}" for when, megabytes in found.memory.items())
    yield f"memory: {memory}; {found.answering:.0f} MB of it of the processes that answer"
    quiet, edited = statistics.median(found.quiet), statistics.median(found.edited)
    yield f"p50 of the finder: {quiet:.2f} ms, and {edited:.2f} ms while {EDITS_PER_SECOND} edits land each second"
    yield (
        f"{len(found.burst)} at the moment of an edit: the last was answered after {max(found.burst):.0f} ms, by "
        f"{found.burst_cpu:.0f} ms of CPU"
    )
    if found.failed:
        yield f"{found.failed} requests failed"


def aims(found: Found, workers: int, effort: Effort) -> Iterator[tuple[str, bool | None]]:
    """Each aim in words with what was measured, and whether it was met; None where that could not be measured."""
    for look in ("cached", "304"):
        ratios = [row.ratio for row in found.looked(look) if row.ratio is not None]
        most = f"{max(ratios):.2f}" if ratios else "no nginx"
        met = max(ratios) <= MAX_NGINX if ratios else None
        yield f"{look}: at most {MAX_NGINX} times the CPU of nginx ({most})", met
    part = found.unasked.median / found.plain.median
    yield f"a filter nobody asked for: at most a third of plain Django ({part:.2f})", part <= MAX_OF_PLAIN
    for words, costs in {"since an edit": found.in_process, "of all pages": found.after_others}.items():
        others = {name: cost.median for name, cost in costs.items() if name not in LISTS}
        slowest = max(others, key=lambda name: others[name])
        is_met = others[slowest] < MAX_COLD
        yield f"the first {words}, other pages: under {MAX_COLD} ms ({slowest} {others[slowest]:.1f})", is_met
    queries = max(row.queries for row in [*found.looked("cold"), *found.looked("new")])
    yield f"cold: at most {MAX_QUERIES} queries ({queries})", queries <= MAX_QUERIES
    repeated = max(row.repeated for row in found.rows)
    yield f"none of them repeated ({repeated})", repeated == 0
    warm = max(row.queries for row in found.looked("cached"))
    yield f"cached: no query ({warm})", warm == 0
    size = found.list_size["brotli"]
    yield f"the list: at most {MAX_LIST:,} bytes compressed ({size:,})", size <= MAX_LIST
    with_above = f"{found.answering:.0f}; {max(found.memory.values()):.0f} with the one above them"
    yield f"{workers} processes that answer: under {MAX_MEMORY} MB ({with_above})", found.answering < MAX_MEMORY
    growth = (found.memory["after"] / found.memory["warm"] - 1) * 100
    yield f"growing under {MAX_GROWTH} % over {effort.requests:,} requests ({growth:.1f} %)", growth < MAX_GROWTH
    moved = statistics.median(found.edited) / statistics.median(found.quiet)
    yield f"p50 unchanged while edits land ({moved:.2f} times)", moved <= UNCHANGED
    yield f"{effort.clients} at the moment of an edit: made once in each process ({found.rebuilt})", found.rebuilt == 1
