"""What a server's processes have used so far: time of the processor and memory, as Linux tells it under ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")  # in a second


class Stat(NamedTuple):
    """Of one process: its parent, and the ticks of the processor that it and those of its children that ended used."""

    parent: int
    ticks: int


def parsed(stat: str) -> Stat:
    """What ``/proc/PID/stat`` says (proc(5)). The name in it may hold spaces and brackets."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return Stat(int(fields[1]), sum(map(int, fields[11:15])))


def tree(root: int, proc: Path = PROC) -> dict[int, Stat]:
    """A process and all that descend from it, by their ids. Empty where it has ended."""
    stats: dict[int, Stat] = {}
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                stats[int(folder.name)] = parsed((folder / "stat").read_text())
            except OSError:  # it has ended meanwhile
                continue
    found = [root] if root in stats else []
    for pid in found:
        found += [child for child, stat in stats.items() if stat.parent == pid]
    return {pid: stats[pid] for pid in found}


def seconds(root: int, proc: Path = PROC) -> float:
    """How long a process and those below it have kept processors busy."""
    return sum(stat.ticks for stat in tree(root, proc).values()) / TICKS


def megabytes(root: int, proc: Path = PROC, *, only_below: bool = False) -> float:
    """The memory (PSS, in 1024² bytes) of a process and those below it: what several share counts once."""
    total = 0
    for pid in tree(root, proc).keys() - ({root} if only_below else set()):
        try:
            lines = (proc / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
