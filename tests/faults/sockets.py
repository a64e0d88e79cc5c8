"""Which connections a process holds, as Linux tells it under ``/proc`` (proc(5))."""

from __future__ import annotations

from pathlib import Path

ESTABLISHED = "01"
WAITS = "0"  # in place of an inode


def held_by(pid: int, port: int) -> set[int]:
    """The ports at the other end of the connections to ``port`` that are open in a process, or wait to be taken on.

    Each process has a queue of its own of those that wait (SO_REUSEPORT), which goes with it. Linux does not tell
    whose they are: ask while the process stands still and the others do not, and they are its own.
    """
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = str(descriptor.readlink())
        except OSError:  # closed meanwhile
            continue
        if name.startswith("socket:["):
            inodes.add(name[8:-1])
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return {other for own, other, inode in map(_connection, lines) if own == port and inode in {*inodes, WAITS}}


def _connection(line: str) -> tuple[int, int, str]:
    """Our port, theirs, and the inode of the socket; the first is 0 where it is no connection."""
    fields = line.split()
    own, other = (int(fields[number].rsplit(":", 1)[1], 16) for number in (1, 2))
    return (own if fields[3] == ESTABLISHED else 0), other, fields[9]
