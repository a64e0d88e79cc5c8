#!/usr/bin/env python3
"""The server told to stop (SIGTERM) under load: what has begun ends first, and what was acknowledged is there.

A slow request has as long as the server's patience, and no longer. A second server takes over before the first is told
to stop, on the same port, as in a rolling restart.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import crowd, ledger, scratch
from tests.faults.trial import Trial, run, until

SLOW = 3.0  # seconds that a request takes to arrive
STOPPED_WITHIN = 15.0  # seconds, where everything that has begun ends by itself


def trial(trial: Trial) -> None:
    options = trial.options
    with scratch.site(trial, on="postgresql") as site:
        names, projects = site.staff(options.editors), site.projects(options.editors * 3)
        edits: list[ledger.Edit] = []
        for number in range(options.rounds):
            with site.serving(options.workers, stops=True) as server:
                edits += _stop_while_it_works(trial, number, server, names, projects)
        with site.serving(options.workers, stops=True) as server:
            edits += _take_over(trial, site, server, names, projects)
        with site.serving(options.workers, stops=True) as server:
            _never_ends(trial, server)
        scratch.close()
        ledger.judge(trial, edits)


def _stop_while_it_works(
    trial: Trial, number: int, server: Any, names: list[str], projects: list[int]
) -> list[ledger.Edit]:
    base, pid = server.base, server.pid
    editors = crowd.editors(base, names, projects, trial.options.seed * 1_000 + number)
    for editor in editors:
        editor.series = f"r{number}"
    scratch.close()
    readers = [crowd.Reader(base) for _ in range(trial.options.readers)]
    with crowd.at_work(readers, editors) as people:
        until(lambda: people.saves > 2, 30)
        time.sleep(trial.dice.random())
        slow = _begin(base)
        time.sleep(0.3)
        told = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        time.sleep(SLOW)
        answer = _end(slow)
        for one in (*readers, *editors):
            one.stopping.set()
        seconds = until(lambda: scratch.has_ended(pid), 60)
        took = time.monotonic() - told
    ended = [one for one in people.asked if one.begun < told]
    lost = [one for one in ended if one.status != 200]
    trial.did(f"{number + 1}: told to stop under load; {people.statuses()}; saves: {ledger.counted(people.edits)}")
    trial.holds(
        re.match(rb"HTTP/1.1 (200|302|403|422) ", answer), f"a request that took {SLOW:.0f} s more was answered"
    )
    trial.holds(not lost, f"all {len(ended)} requests of readers that had begun were answered")
    trial.holds(seconds < float("inf") and took < STOPPED_WITHIN + SLOW, f"it ended after {took:.1f} s")
    trial.lost(people.faults)
    _polite(trial, people)
    return people.edits


def _take_over(
    trial: Trial, site: scratch.Scratch, server: Any, names: list[str], projects: list[int]
) -> list[ledger.Edit]:
    """A second server listens on the same port before the first is told to stop, as Linux allows (SO_REUSEPORT)."""
    from portal.benchmark import servers

    base, port = server.base, int(server.base.rsplit(":", 1)[1])
    editors = crowd.editors(base, names, projects, trial.options.seed)
    for editor in editors:
        editor.series = "over"
    scratch.close()
    # As a proxy asks that keeps no connection open; one that does asks again where it was closed meanwhile.
    readers = [crowd.Reader(base, keeps=False) for _ in range(trial.options.readers)]
    command = scratch.python("serve", "--host=127.0.0.1", f"--port={port}", f"--workers={trial.options.workers}")
    with servers.running(command, port, site.folder / "second.log") as second:
        ready = until(lambda: len(scratch.workers_of(second.pid)) == trial.options.workers, 60)
        with crowd.at_work(readers, editors) as people:
            time.sleep(3)
            told = time.monotonic()
            os.kill(server.pid, signal.SIGTERM)
            until(lambda: scratch.has_ended(server.pid), 60)
            stopped = time.monotonic()
            time.sleep(2)
        after = [one for one in people.asked if one.begun > stopped]
        lost = [one for one in people.asked if one.status == 0]
    trial.did(
        f"a second server took over after {ready:.1f} s, the first ended {stopped - told:.1f} s after it was told"
    )
    trial.did(f"meanwhile: {people.statuses()}; saves: {ledger.counted(people.edits)}")
    trial.did(
        f"{len(lost)} of {len(people.asked):,} requests came to the first as it closed and were not taken on: a proxy "
        "asks those again"
    )
    trial.holds(
        after and all(one.status == 200 for one in after), f"all {len(after)} that came afterwards were answered"
    )
    trial.lost(people.faults)
    _polite(trial, people)
    return people.edits


def _polite(trial: Trial, people: crowd.Crowd) -> None:
    """Whoever was answered was saved; who came too late had no answer."""
    rude = [one for one in people.told if one.status != 0]
    trial.lost(f"an editor was told {one.status}: {one.words}" for one in rude)


def _never_ends(trial: Trial, server: Any) -> None:
    """One who never sends the rest keeps nobody from stopping for longer than its patience."""
    from portal.serving import PATIENCE

    slow = _begin(server.base)
    time.sleep(0.5)
    os.kill(server.pid, signal.SIGTERM)
    took = until(lambda: scratch.has_ended(server.pid), PATIENCE * 3)
    slow.close()
    limit = PATIENCE + STOPPED_WITHIN
    trial.holds(took < limit, f"with a request that never ends, it ended after {took:.0f} s ({limit:.0f} at most)")


BODY = b"about=/a/b"


def _begin(base: str) -> socket.socket:
    """A form whose first half is sent."""
    host, port = base.removeprefix("http://").split(":")
    one = socket.create_connection((host, int(port)), timeout=60)
    head = f"POST /contact/report/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    one.sendall(head.encode() + BODY[:5])
    return one


def _end(one: socket.socket) -> bytes:
    """The beginning of the answer once the rest is sent; nothing where there is none."""
    try:
        one.sendall(BODY[5:])
        return one.recv(100)
    except OSError:
        return b""
    finally:
        one.close()


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_200, rounds=3, workers=2, readers=4, editors=2))
