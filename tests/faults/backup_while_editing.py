#!/usr/bin/env python3
"""Backups while editors work, then everything destroyed, restored and compared: every row and every file.

Editors write, delete and replace photos as fast as they can, each write in one transaction that leaves a sum as it was:
a backup that saw half of one would not add up. Each backup is restored into an empty SQLite, and the last one into the
database itself after all rows and files of it were destroyed; what is there then must be what that backup held. On
SQLite, and on PostgreSQL.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import postgres
from tests.faults.trial import Trial, run

SHARES, SUM = 10, 1_000
MORE_ROWS = 2_000  # so that a backup takes long enough to be overtaken
PATIENCE = 120  # seconds until an editor has ended


def edit(number: int, stop: Any, told: Any) -> None:
    """Move numbers from one row to another, make rows and delete them, and replace the photo of a fellow."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began it ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from django.db import transaction

    from fellowship.models import Fellow
    from portal.models import Organisation
    from tests.whole_site import photo

    dice, done, refusals = random.Random(number), 0, []  # noqa: S311
    while not stop.is_set():
        try:
            with transaction.atomic():
                shares = list(Organisation.objects.filter(region="wales").order_by("pk").select_for_update())
                one, other = dice.sample(shares, 2)
                amount = dice.randint(1, 9)
                one.abbreviation = str(int(one.abbreviation) - amount)
                other.abbreviation = str(int(other.abbreviation) + amount)
                one.save()
                other.save()
                extra = Organisation.objects.create(name=f"Extra {number} {done}")
                if dice.random() < 0.5:
                    extra.delete()
            fellow = Fellow.objects.get(slug=f"edited-{number}")
            fellow.photo = photo(dice.choice(["red", "green", "blue"]))
            fellow.save()
            done += 1
        except Exception as error:  # told, and a fault of what is tried here
            refusals.append(repr(error))
        time.sleep(0.02)
    told.put((done, refusals))


def look_at(trial: Trial, what: str) -> None:
    """Whether what was restored is whole in itself."""
    from django.conf import settings

    from portal import backup
    from portal.models import Organisation

    shares = [int(row.abbreviation) for row in Organisation.objects.filter(region="wales")]
    media = Path(settings.MEDIA_ROOT)
    gone = [name for name in backup.named_files() if not (media / name).is_file()]
    trial.holds(
        len(shares) == SHARES and sum(shares) == SUM,
        f"{what}: the {SHARES} rows add up to {SUM} ({len(shares)} to {sum(shares)})",
    )
    trial.holds(not gone, f"{what}: every file that a row names is there{': not ' if gone else ''}{', '.join(gone)}")


@contextmanager
def media_in(folder: Path) -> Iterator[None]:
    from django.test import override_settings

    folder.mkdir(parents=True, exist_ok=True)
    with override_settings(MEDIA_ROOT=str(folder)):
        yield


def trial(trial: Trial) -> None:
    for on in ("sqlite", "postgresql"):
        trial.apart(_on, on)


def _on(trial: Trial, on: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="portal-backups-") as folder,
        postgres.running() if on == "postgresql" else nullcontext() as server,
    ):
        os.environ.pop("DATABASE_URL", None)
        if server:
            os.environ["DATABASE_URL"] = server.url
        os.environ.update(
            PORTAL_ENV="development",
            PORTAL_VAR=str(Path(folder) / "var"),
            DJANGO_SETTINGS_MODULE="portal.settings",
            LOG_LEVEL="ERROR",
            STATEMENT_SECONDS="0",
        )
        import django

        django.setup()
        from django.db import connections

        try:
            _fill(trial.options.editors)
            made = _backups(trial, Path(folder))
            _compared(trial, Path(folder), made)
        finally:
            connections.close_all()


def _fill(editors: int) -> None:
    from django.core.management import call_command
    from django.db import connections

    from tests import factories as make
    from tests import whole_site

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    whole_site.fill()
    for _ in range(SHARES):
        make.OrganisationFactory(region="wales", abbreviation=str(SUM // SHARES))
    for number in range(editors):
        make.FellowFactory(slug=f"edited-{number}", photo=whole_site.photo(), photo_alt="A portrait")
    make.OrganisationFactory.create_batch(MORE_ROWS)
    connections.close_all()  # no process may go on with the connection of another


def _backups(trial: Trial, folder: Path) -> list[Path]:
    """Made one after the other while editors work."""
    from portal.backup import back_up
    from portal.models import Organisation

    fork = multiprocessing.get_context("fork")
    stop, told = fork.Event(), fork.Queue()
    team = [fork.Process(target=edit, args=(number, stop, told)) for number in range(trial.options.editors)]
    made: list[Path] = []
    try:
        for process in team:
            process.start()
        for number in range(trial.options.backups):
            file = folder / f"{number}.backup"
            begun, before = time.perf_counter(), Organisation.objects.count()
            manifest = back_up(file)
            seconds, after = time.perf_counter() - begun, Organisation.objects.count()
            held = f"{manifest.row_count:,} rows and {manifest.media_count} files in {seconds:.1f} s"
            trial.did(f"backup {number}: {held}; meanwhile {before:,} organisations became {after:,}")
            trial.lost(f"backup {number} lacks {name}" for name in manifest.missing)
            made.append(file)
            time.sleep(0.5)
        stop.set()
        found = [told.get(timeout=PATIENCE) for _ in team]
        for process in team:
            process.join()
    finally:
        for process in team:
            if process.is_alive():
                process.kill()
    trial.did(f"editors saved {', '.join(str(done) for done, _ in found)} times")
    trial.holds(all(done for done, _ in found), "each editor saved while backups were made")
    trial.lost(f"an editor was refused: {words}" for _, refusals in found for words in refusals)
    return made


def _compared(trial: Trial, folder: Path, made: list[Path]) -> None:
    """Each restored into an empty SQLite, and the last also in place of what was destroyed."""
    from django.db import connection

    from portal import older_archives
    from portal.models import Organisation
    from portal.restoration import restore
    from tests import whole_site

    for number, file in enumerate(made):
        with older_archives.standing_in(folder / f"{number}.sqlite3"), media_in(folder / f"media-{number}"):
            restore(file, confirm=lambda plan: True)
            look_at(trial, f"backup {number}")
            in_backup = whole_site.everything()
    whole_site.destroy()
    trial.did(f"destroyed everything: {Organisation.objects.count()} organisations are left on {connection.vendor}")
    restore(made[-1], confirm=lambda plan: True)
    look_at(trial, "the last one, restored")
    rows, files = whole_site.everything()
    trial.did(f"restored {sum(map(len, rows.values())) - len(rows):,} rows of {len(rows)} models, {len(files)} files")
    differing = [label for label, found in rows.items() if found[:-1] != in_backup[0][label][:-1]]
    trial.holds(not differing, f"every row is as it was{' but in ' if differing else ''}{', '.join(differing)}")
    trial.holds(files == in_backup[1], "every file is as it was")


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_200, backups=5, editors=3))
