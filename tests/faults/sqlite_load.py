#!/usr/bin/env python3
"""Eight writers and fifty readers on one SQLite file, as processes of their own, for a minute.

Writers count up one row and make one of their own, in one transaction. Readers open public pages through the whole of
Django; one more holds a moment of the database for five seconds at a time, as a backup does. At the end every
acknowledged write must be there exactly once, nobody may have been told “database is locked”, and the log of writes
must have stayed small.

    .venv/bin/python tests/faults/sqlite_load.py [--seconds 60] [--writers 8] [--readers 50]

Ends with 1 if anything was lost or refused.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
COUNTER = "Counted by all"
PATHS = ["/", "/projects/", "/search/?q=data", "/fellowship/", "/articles/"]
# Seconds. Nobody reads or writes without end; and what is to be seen is how they meet, not how fast a machine is.
PAUSE_OF_READERS, PAUSE_OF_WRITERS = 1.0, 0.02
LARGEST_WAL = 64 * 1024 * 1024


def start() -> None:
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def write(name: str, until: float) -> dict[str, Any]:
    """Read, change and save under a lock, as the portal does; each refusal is kept in words."""
    from django.db import DatabaseError, transaction

    from portal.models import Organisation

    done, refusals, slowest = 0, [], 0.0
    while time.time() < until:
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
    while time.time() < until:
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
    """One moment after the other, each held for five seconds: as a backup does it."""
    from portal import archive_rows
    from portal.models import Organisation

    done, refusals = 0, []
    while time.time() < until:
        with archive_rows.snapshot():
            first = Organisation.objects.count()
            time.sleep(min(5, max(0, until - time.time())))
            if Organisation.objects.count() != first:
                refusals.append("a moment that did not stand still")
        done += 1
    return {"done": done, "refusals": refusals, "slowest": 0}


ROLES = {"writer": write, "reader": read, "long reader": read_long}


def work(role: str, name: str, until: float, told: Any) -> None:
    """The work of one process, told to the one that began it."""
    try:
        told.put((role, name, ROLES[role](name, until)))
    except BaseException as error:
        told.put((role, name, {"done": 0, "refusals": [f"{name} ended early: {error!r}"], "slowest": 0}))


def largest_wal(var: Path, until: float) -> int:
    largest = 0
    while time.time() < until + 1:
        wal = var / "portal.sqlite3-wal"
        largest = max(largest, wal.stat().st_size if wal.exists() else 0)
        time.sleep(0.2)
    return largest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-load-") as folder:
        return load(Path(folder), options.seconds, options.writers, options.readers)


def load(var: Path, seconds: int, writers: int, readers: int) -> int:
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(
        PORTAL_ENV="development", PORTAL_VAR=str(var), DJANGO_SETTINGS_MODULE="portal.settings", LOG_LEVEL="ERROR"
    )
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0", "--skip-checks"], cwd=ROOT, check=True)
    subprocess.run([*manage, "start_development"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    start()
    from django.db import connections

    from portal.models import Organisation

    before = Organisation.objects.count()
    Organisation.objects.create(name=COUNTER, abbreviation="0")
    read("nobody", time.time() + 5)  # whoever is the first compiles the templates
    connections.close_all()  # no process may go on with the connection of another
    fork = multiprocessing.get_context("fork")
    until, told = time.time() + seconds, fork.Queue()
    roles = [("writer", writers), ("reader", readers), ("long reader", 1)]
    team = [(role, f"{role} {number}") for role, many in roles for number in range(many)]
    processes = [fork.Process(target=work, args=(*one, until, told)) for one in team]
    for process in processes:
        process.start()
    wal = largest_wal(var, until)
    lost: list[str] = []
    results: dict[str, list[dict[str, Any]]] = {}
    for _ in team:
        role, _name, found = told.get(timeout=120)
        results.setdefault(role, []).append(found)
    for process in processes:
        process.join()
    for role, found in results.items():
        slowest = max(one["slowest"] for one in found)
        print(f"{len(found)} x {role}: {sum(one['done'] for one in found):,} done, the slowest {slowest:.2f} s")
        lost += [f"{role}: {words}" for one in found for words in one["refusals"]]
        lost += [f"a {role} did nothing" for one in found if not one["done"]]
    done = sum(one["done"] for one in results.get("writer", []))
    counted = int(Organisation.objects.get(name=COUNTER).abbreviation)
    made = Organisation.objects.count() - before - 1
    print(f"acknowledged {done:,} writes; the shared row counts {counted:,}; {made:,} rows were made")
    print(f"the log of writes was {wal / 1_000_000:.1f} MB at most")
    if not done == counted == made:
        lost.append(f"{done} writes were acknowledged, {counted} counted and {made} made")
    if wal > LARGEST_WAL:
        lost.append(f"the log of writes grew to {wal:,} bytes")
    print("Lost or refused:", "nothing" if not lost else f"{len(lost)}, such as")
    for words in lost[:20]:
        print(f"  {words}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
