#!/usr/bin/env python3
"""Eight writers and fifty readers on one SQLite file, as processes of their own, for a minute.

Writers count up one row and make one of their own, in one transaction. Readers open public pages through the whole of
Django; one more holds a moment of the database for five seconds at a time, as a backup does. At the end every
acknowledged write must be there exactly once, nobody may have been told “database is locked”, and the log of writes
must have stayed small.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults.trial import ROOT, Trial, run

COUNTER = "Counted by all"
PATHS = ["/", "/projects/", "/search/?q=data", "/fellowship/", "/articles/"]
# Seconds. Nobody reads or writes without end; and what is to be seen is how they meet, not how fast a machine is.
PAUSE_OF_READERS, PAUSE_OF_WRITERS = 1.0, 0.02
PATIENCE = 300  # until the last of them has told what it did
HELD = 5.0  # seconds that a moment is held, and then until the next
PER_WRITE = 32 * 1024  # bytes of one write in the log of writes, with what it changes in the indexes


def turns(until: float) -> Iterator[int]:
    """Once, however busy the machine is, and then again and again until that time."""
    number = 0
    yield number
    while time.time() < until:
        number += 1
        yield number


def write(name: str, until: float) -> dict[str, Any]:
    """Read, change and save under a lock, as the portal does; each refusal is kept in words."""
    from django.db import DatabaseError, transaction

    from portal.models import Organisation

    done, refusals, slowest = 0, [], 0.0
    for _ in turns(until):
        begun = time.perf_counter()
        try:
            with transaction.atomic():
                row = Organisation.objects.select_for_update().get(name=COUNTER)
                row.abbreviation = str(int(row.abbreviation) + 1)
                row.save()
                Organisation.objects.create(name=f"{name} {done}")
            done += 1
        except DatabaseError as error:
            refusals.append(str(error))
        slowest = max(slowest, time.perf_counter() - begun)
        time.sleep(PAUSE_OF_WRITERS)
    return {"done": done, "refusals": refusals, "slowest": slowest}


def read(name: str, until: float) -> dict[str, Any]:
    from django.db import close_old_connections
    from django.test import Client

    client, done, refusals, slowest = Client(raise_request_exception=False), 0, [], 0.0
    for _ in turns(until):
        begun = time.perf_counter()
        response = client.get(PATHS[done % len(PATHS)], headers={"host": "localhost"})
        if response.status_code != 200:
            refusals.append(f"{response.status_code} {PATHS[done % len(PATHS)]}")
        done += 1
        slowest = max(slowest, time.perf_counter() - begun)
        close_old_connections()
        time.sleep(PAUSE_OF_READERS)
    return {"done": done, "refusals": refusals, "slowest": slowest}


def read_long(name: str, until: float) -> dict[str, Any]:
    """A moment that is held, as a backup does it, and then another: meanwhile the log of writes can only grow."""
    from portal import archive_rows
    from portal.models import Organisation

    done, refusals = 0, []
    for _ in turns(until):
        with archive_rows.snapshot():
            first = Organisation.objects.count()
            _pause(until)
            if Organisation.objects.count() != first:
                refusals.append("a moment that did not stand still")
        done += 1
        _pause(until)
    return {"done": done, "refusals": refusals, "slowest": 0}


def _pause(until: float) -> None:
    time.sleep(min(HELD, max(0, until - time.time())))


ROLES = {"writer": write, "reader": read, "long reader": read_long}


def work(role: str, name: str, until: float, told: Any) -> None:
    """The work of one process, told to the one that began it, which also ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        told.put((role, ROLES[role](name, until)))
    except BaseException as error:
        told.put((role, {"done": 0, "refusals": [f"{name} ended early: {error!r}"], "slowest": 0}))


def largest_wal(var: Path, until: float) -> int:
    largest = 0
    while time.time() < until + 1:
        wal = var / "portal.sqlite3-wal"
        largest = max(largest, wal.stat().st_size if wal.exists() else 0)
        time.sleep(0.2)
    return largest


def trial(trial: Trial) -> None:
    with tempfile.TemporaryDirectory(prefix="portal-load-") as folder:
        os.environ.pop("DATABASE_URL", None)
        os.environ.update(
            PORTAL_ENV="development", PORTAL_VAR=folder, DJANGO_SETTINGS_MODULE="portal.settings", LOG_LEVEL="ERROR"
        )
        (Path(folder) / "static").mkdir()
        import django

        django.setup()
        load(trial, Path(folder))


def load(trial: Trial, var: Path) -> None:
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from portal.databases import WAL_KEPT
    from portal.importing import import_paths
    from portal.models import Organisation

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    import_paths([str(ROOT / "sample")])
    before = Organisation.objects.count()
    Organisation.objects.create(name=COUNTER, abbreviation="0")
    for path in PATHS:  # whoever is the first compiles the templates
        Client().get(path, headers={"host": "localhost"})
    connections.close_all()  # no process may go on with the connection of another
    fork = multiprocessing.get_context("fork")
    until, told = time.time() + trial.options.load, fork.Queue()
    roles = [("writer", trial.options.writers), ("reader", trial.options.readers), ("long reader", 1)]
    team = [(role, f"{role} {number}") for role, many in roles for number in range(many)]
    processes = [fork.Process(target=work, args=(*one, until, told)) for one in team]
    results: dict[str, list[dict[str, Any]]] = {}
    try:
        for process in processes:
            process.start()
        wal = largest_wal(var, until)
        for _ in team:
            role, found = told.get(timeout=PATIENCE)
            results.setdefault(role, []).append(found)
        for process in processes:
            process.join()
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
    judge(trial, results)
    done = sum(one["done"] for one in results.get("writer", []))
    counted = int(Organisation.objects.get(name=COUNTER).abbreviation)
    made = Organisation.objects.count() - before - 1
    trial.holds(
        done == counted == made,
        f"of {done:,} acknowledged writes, the shared row counts {counted:,}, and {made:,} rows were made",
    )
    # What is written while a moment is held, and as much again until the log is carried over.
    bound = WAL_KEPT + 2 * HELD * PER_WRITE * done / trial.options.load
    trial.holds(
        wal < bound, f"the log of writes was {wal / 1_000_000:.1f} MB at most, and so under {bound / 1_000_000:.1f}"
    )


def judge(trial: Trial, results: dict[str, list[dict[str, Any]]]) -> None:
    for role, found in results.items():
        slowest = max(one["slowest"] for one in found)
        trial.did(f"{len(found)} × {role}: {sum(one['done'] for one in found):,} done, the slowest {slowest:.2f} s")
        refusals = [words for one in found for words in one["refusals"]]
        trial.holds(not refusals, f"no {role} was refused anything, by “database is locked” or otherwise")
        trial.lost(f"{role}: {words}" for words in refusals[:20])
        trial.holds(all(one["done"] for one in found), f"each {role} did something")


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=900, load=60, writers=8, readers=50))
