#!/usr/bin/env python3
"""PostgreSQL killed with -9, all of its processes at once, while editors save, and started again: twenty times.

Every edit that was acknowledged must be there once, with its terms, revision, words in the search and log; of others,
all or nothing. Meanwhile kept pages go on, and whatever else is asked says politely that it cannot be done. When the
database is back, the portal is, without being started again.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import crowd, ledger, scratch
from tests.faults.trial import Trial, run, until

AWAY = 0.7  # seconds
POLITE = {503}
SENTENCES = ("could not be saved", "cannot be shown at the moment", "receiving from somebody else")
BACK_WITHIN = 30.0  # seconds, on a machine that is busy


def trial(trial: Trial) -> None:
    options = trial.options
    with scratch.site(trial, on="postgresql") as site:
        names, projects = site.staff(options.editors), site.projects(options.editors * 3)
        with site.serving(options.workers) as server:
            before = scratch.workers_of(server.pid)
            readers = [crowd.Reader(server.base) for _ in range(options.readers)]
            editors = crowd.editors(server.base, names, projects, options.seed)
            scratch.close()
            with crowd.at_work(readers, editors) as people:
                for number in range(options.rounds):
                    _one_round(trial, number, site, people)
            _judge(trial, people)
            _kept_pages_go_on(trial, site, server.base)
            trial.holds(scratch.workers_of(server.pid) == before, "no process of the portal was started anew")
        scratch.close()
        ledger.judge(trial, people.edits)


def _one_round(trial: Trial, number: int, site: scratch.Scratch, people: crowd.Crowd) -> None:
    """Killed at a moment that nothing chooses, when at least one more save was acknowledged than in the last round."""
    assert site.database is not None
    saves = people.saves
    until(lambda: people.saves > saves, BACK_WITHIN)
    time.sleep(trial.dice.random() / 2)
    killed = site.database.kill()
    time.sleep(AWAY)
    saves = people.saves
    recovery = site.database.start()
    back = until(lambda: people.saves > saves, BACK_WITHIN)
    trial.did(
        f"{number + 1}: killed {killed} processes; PostgreSQL recovered in {recovery:.1f} s, "
        f"and an editor saved {back:.1f} s later"
    )
    if back == float("inf"):
        trial.lost(f"round {number + 1}: nobody could save within {BACK_WITHIN:.0f} s of its return")


def _judge(trial: Trial, people: crowd.Crowd) -> None:
    trial.did(f"{len(people.asked):,} requests of readers: {people.statuses()}")
    trial.did(f"{len(people.edits)} saves of editors: {ledger.counted(people.edits)}")
    trial.holds({one.status for one in people.asked} <= {200, *POLITE}, "readers had their page, or a polite 503")
    refused = {(one.status, one.words) for one in people.told}
    rude = [one for one in refused if one[0] not in POLITE or not any(words in one[1] for words in SENTENCES)]
    trial.holds(people.told and not rude, f"editors were told so politely, {len(people.told)} times, with 503")
    trial.lost(f"an editor was told {status}: {words}" for status, words in rude[:5])
    trial.lost(people.faults)


def _kept_pages_go_on(trial: Trial, site: scratch.Scratch, base: str) -> None:
    """Nobody edits; so every page that was asked for before is the right one still."""
    assert site.database is not None
    readers = [crowd.Reader(base) for _ in range(8)]
    with crowd.at_work(readers) as people:
        time.sleep(4)  # until every process has every page
        site.database.kill()
        gone = time.monotonic()
        time.sleep(3)
    site.database.start()
    found = [one.status for one in people.asked if one.begun > gone]
    wrong = [status for status in found if status != 200]
    trial.holds(
        found and not wrong, f"without a database, {len(found):,} kept pages were sent, and {len(wrong)} of them not"
    )
    seconds = until(lambda: scratch.asked(base, "/healthz") == 200, BACK_WITHIN)
    trial.holds(seconds < BACK_WITHIN, f"/healthz was well {seconds:.1f} s after its return")


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_500, rounds=20, workers=2, readers=4, editors=3))
