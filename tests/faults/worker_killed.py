#!/usr/bin/env python3
"""A process of the server killed with -9 while readers read and editors save, again and again.

Nobody may lose a request but those that the killed process held; it must be back within a second; and every save that
was acknowledged must be there, once and whole.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import browser, crowd, ledger, scratch, sockets
from tests.faults.trial import Trial, run, until

BACK_WITHIN = 1.0  # second
# Between two, so that with three processes none dies twice within the 5.5 seconds after which granian takes that for a
# fault that comes again at once, and ends: systemd then starts it anew.
PAUSE = 2.0


def trial(trial: Trial) -> None:
    options = trial.options
    with scratch.site(trial, on="postgresql") as site:
        names, projects = site.staff(options.editors), site.projects(options.editors * 3)
        with site.serving(options.workers) as server:
            port = int(server.base.rsplit(":", 1)[1])
            readers = [crowd.Reader(server.base) for _ in range(options.readers)]
            editors = crowd.editors(server.base, names, projects, options.seed)
            scratch.close()
            held: set[int] = set()
            back: list[float] = []
            with crowd.at_work(readers, editors) as people:
                for number in range(options.rounds):
                    time.sleep(PAUSE)
                    if not (workers := scratch.workers_of(server.pid)):
                        break
                    victim = min(workers, key=_age)
                    os.kill(victim, signal.SIGSTOP)  # so that it takes on no other while its connections are counted
                    time.sleep(0.1)
                    with browser.CONNECTING:  # so that none comes to it uncounted, between the count and its end
                        connections = sockets.held_by(victim, port)
                        os.kill(victim, signal.SIGKILL)
                        ended = until(partial(scratch.has_ended, victim), 30)
                    held |= connections
                    back.append(ended + _back(server.pid, victim, len(workers)))
                    trial.did(f"{number + 1}: killed process {victim}, which held {len(connections)} connections")
                time.sleep(PAUSE)
            _judge(trial, people, held, back)


def _back(server: int, victim: int, many: int) -> float:
    """Seconds until there are as many processes as before, and none of them is the one that was killed."""

    def is_back() -> bool:
        found = scratch.workers_of(server)
        return len(found) == many and victim not in found

    return until(is_back, 30)


def _age(pid: int) -> int:
    """When a process began, as the kernel counts it (proc(5)): the eldest is the least."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat[stat.rindex(")") + 2 :].split()[19])


def _judge(trial: Trial, people: crowd.Crowd, held: set[int], back: list[float]) -> None:
    lost = [one for one in people.asked if one.status == 0]
    trial.did(f"{len(people.asked):,} requests of readers: {people.statuses()}")
    trial.did(f"{len(people.edits)} saves of editors: {ledger.counted(people.edits)}")
    trial.holds(people.saves and people.asked, "readers were answered, and editors saved")
    trial.holds(
        all(one.port in held for one in lost),
        f"{len(lost)} requests of readers had no answer, all of them held by a process that was killed",
    )
    trial.holds({one.status for one in people.asked} <= {0, 200}, "every other was answered with its page")
    unknown = [
        port
        for editor in people.editors
        for edit, port in zip(editor.edits, editor.ports, strict=True)
        if edit.outcome is ledger.Outcome.UNKNOWN
    ]
    trial.holds(set(unknown) <= held, f"{len(unknown)} saves had no answer, all of them held by one of those")
    trial.holds(
        not [one for one in people.told if one.status],
        "nobody was told that anything is wrong",
    )
    trial.holds(max(back) < BACK_WITHIN, f"each was back within {max(back):.2f} s")
    trial.lost(people.faults)
    ledger.judge(trial, people.edits)


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=900, rounds=10, workers=3, readers=8, editors=3))
