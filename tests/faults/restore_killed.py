#!/usr/bin/env python3
"""`manage.py restore` killed with -9 on PostgreSQL in the middle, or PostgreSQL under it, at many moments.

There are two sites, as archives, with other rows and other files. Whichever stands, the other is restored over it while
readers go on, and that is broken off at a line of its progress that chance chooses. What stands then must be the one
site or the other: every row, and each of its files. To run it again must complete it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import crowd, scratch
from tests.faults.trial import Trial, run

PATIENCE = 120  # seconds until a restore has ended, and until the database has missed the process that was killed
FIRST, OTHER = "the first", "the other"


class Content(NamedTuple):
    """All rows by model, and all files by name."""

    rows: dict[str, list[Any]]
    files: dict[str, bytes]


class Ended(NamedTuple):
    """What became of one run: its status, what it wrote, and at which line it was broken off."""

    status: int
    lines: list[str]
    errors: str
    at: str


def trial(trial: Trial) -> None:
    with scratch.site(trial, on="postgresql") as site:
        archives = {FIRST: site.folder / "first.backup", OTHER: site.folder / "other.backup"}
        sites = _two_sites(archives)
        whole = _restored(site, archives[FIRST])
        stands = _standing(trial, sites, "after a restore that nobody broke off")
        trial.holds(
            whole.status == 0 and stands == FIRST, f"a restore that nobody breaks off says {len(whole.lines)} lines"
        )
        with site.serving(2) as server:
            scratch.close()
            readers = [crowd.Reader(server.base) for _ in range(trial.options.readers)]
            with crowd.at_work(readers) as people:
                for number in range(trial.options.rounds):
                    stands = _one_round(trial, number, site, archives, sites, stands, whole.lines)
            trial.did(f"{len(people.asked):,} requests of readers: {people.statuses()}")
            trial.holds({one.status for one in people.asked} <= {200, 503}, "readers had their page, or a polite 503")
        for path in _unpacked(site):  # not that of today is removed, which may be still at work
            os.utime(path, times=(0, 0))
        goal = OTHER if stands == FIRST else FIRST
        again = _restored(site, archives[goal])
        trial.holds(again.status == 0 and _standing(trial, sites, "run again") == goal, "to run it again completes it")
        left = _unpacked(site)
        trial.holds(not left, f"a day later, that removes what the others left on the disk ({len(left)} are left)")


def _unpacked(site: scratch.Scratch) -> list[Path]:
    from portal.restoration import UNPACKING

    return list(site.var.glob(f"{UNPACKING}*"))


def _two_sites(archives: dict[str, Path]) -> dict[str, Content]:
    """Make the first from the sample content, and another from it; the second is what stands."""
    from django.core.management import call_command

    from fellowship.models import Fellow
    from projects.models import Project
    from tests import factories as make
    from tests import whole_site

    found = {}
    make.CohortFactory.reset_sequence(1_000, force=True)  # beyond those of the sample content
    make.OrganisationFactory.create_batch(300)
    make.FellowFactory(slug="first-fellow", photo=whole_site.photo("navy"), photo_alt="A portrait")
    call_command("backup", archives[FIRST], stdout=StringIO())
    found[FIRST] = Content(*whole_site.everything())
    Fellow.objects.filter(slug="first-fellow").delete()
    Project.objects.filter(pk__in=list(Project.objects.values_list("pk", flat=True)[:5])).update(
        summary="Of the other."
    )
    make.FellowFactory(slug="other-fellow", photo=whole_site.photo("red"), photo_alt="A portrait")
    make.OrganisationFactory.create_batch(100)
    call_command("backup", archives[OTHER], stdout=StringIO())
    found[OTHER] = Content(*whole_site.everything())
    scratch.close()
    return found


def _one_round(
    trial: Trial,
    number: int,
    site: scratch.Scratch,
    archives: dict[str, Path],
    sites: dict[str, Content],
    stands: str,
    lines: list[str],
) -> str:
    """Restore the site that does not stand, break that off, and give the one that stands then."""
    assert site.database is not None
    goal = OTHER if stands == FIRST else FIRST
    is_database = number % 3 == 2
    # From when files are unpacked. One in four is about the commit, which comes after the line before the last.
    begun, last = next(at for at, words in enumerate(lines) if words.startswith("media: ")), len(lines) - 2
    line = last if number % 4 == 3 else trial.dice.randint(begun, last)
    ended = _restored(site, archives[goal], line, trial.dice.random() / 5, database=is_database)
    if is_database:
        site.database.start()
        words = " ".join(ended.errors.split())[-160:] or "done"
        trial.holds(
            "Traceback" not in ended.errors and (ended.status == 0 or "CommandError" in ended.errors),
            f"{number + 1}: without its database it ends with {ended.status}: {words}",
        )
    _wait_for_the_database(trial)
    found = _standing(trial, sites, f"round {number + 1}")
    trial.did(f"{number + 1}: killed {'PostgreSQL' if is_database else 'it'} after “{ended.at}”; {found} stands")
    return found or stands


def _restored(
    site: scratch.Scratch, archive: Path, line: int | None = None, pause: float = 0, *, database: bool = False
) -> Ended:
    """Restore an archive; after this many lines, and seconds, it is killed, or the database is."""
    said: list[str] = []
    at = ""
    with (site.folder / "restore.log").open("w+") as errors:
        process = subprocess.Popen(
            scratch.python("restore", str(archive), "--no-input"),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            for words in process.stdout:
                said.append(words)
                if len(said) - 1 == line:
                    at = " ".join(words.split())
                    time.sleep(pause)
                    if database and site.database:
                        site.database.kill()
                    elif not database:
                        process.send_signal(signal.SIGKILL)
            status = process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                process.kill()
        errors.seek(0)
        return Ended(status, said, errors.read(), at)


def _wait_for_the_database(trial: Trial) -> None:
    """Until it has taken back, or completed, what the process had begun that was killed: it holds this table."""
    from django.db import connection, transaction

    scratch.close()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        cursor.execute("LOCK TABLE portal_organisation IN ROW EXCLUSIVE MODE")


def _standing(trial: Trial, sites: dict[str, Content], when: str) -> str:
    """Which of the sites stands, every row of it and each of its files; empty, and lost, where neither does."""
    from tests import whole_site

    rows, files = whole_site.everything()
    for name, site in sites.items():
        # The last of each is the number from which PostgreSQL goes on, which no rollback takes back.
        if all(found[:-1] == site.rows[label][:-1] for label, found in rows.items()):
            missing = [file for file, content in site.files.items() if files.get(file) != content]
            trial.lost(f"{when}: {file} of {name} is missing or other" for file in missing)
            return name
    trial.lost(f"{when}: neither the one site nor the other stands")
    return ""


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_500, rounds=12, readers=3))
