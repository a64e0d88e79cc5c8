#!/usr/bin/env python3
"""Backups while editors work, then everything destroyed, restored and compared: every row and every file.

Editors write, delete and replace photos as fast as they can, each write in one transaction that leaves a sum as it was:
a backup that saw half of one would not add up. Each backup is restored into an empty SQLite, and the last one into the
database itself after all rows and files of it were destroyed; what is there then must be what that backup held. With
PostgreSQL, run it as `bin/with-postgres .venv/bin/python tests/faults/backup_while_editing.py`.

Ends with 1 if anything was lost, or half of anything was kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SHARES, SUM = 10, 1_000


def start() -> None:
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def edit(number: int, stop: Any, told: Any) -> None:
    """Move numbers from one row to another, make rows and delete them, and replace the photo of a fellow."""
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


def look_at(lost: list[str], what: str) -> None:
    """Whether what was restored is whole in itself."""
    from django.conf import settings

    from portal import backup
    from portal.models import Organisation

    shares = [int(row.abbreviation) for row in Organisation.objects.filter(region="wales")]
    if len(shares) != SHARES or sum(shares) != SUM:
        lost.append(f"{what}: {len(shares)} rows add up to {sum(shares)}, not {SHARES} to {SUM}")
    media = Path(settings.MEDIA_ROOT)
    if gone := [name for name in backup.named_files() if not (media / name).is_file()]:
        lost.append(f"{what}: files that rows name are missing: {', '.join(gone)}")


@contextmanager
def media_in(folder: Path) -> Iterator[None]:
    from django.test import override_settings

    folder.mkdir(parents=True, exist_ok=True)
    with override_settings(MEDIA_ROOT=str(folder)):
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--backups", type=int, default=5)
    parser.add_argument("--editors", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-backups-") as folder:
        return run(Path(folder), options.backups, options.editors)


def run(folder: Path, backups: int, editors: int) -> int:
    os.environ.update(
        PORTAL_ENV="development",
        PORTAL_VAR=str(folder / "var"),
        DJANGO_SETTINGS_MODULE="portal.settings",
        LOG_LEVEL="ERROR",
        STATEMENT_SECONDS="0",
    )
    start()
    from django.core.management import call_command
    from django.db import connection, connections

    from portal import older_archives
    from portal.backup import back_up
    from portal.models import Organisation
    from portal.restoration import restore
    from tests import factories as make
    from tests import whole_site

    call_command("migrate", verbosity=0)
    whole_site.fill()
    for _ in range(SHARES):
        make.OrganisationFactory(region="wales", abbreviation=str(SUM // SHARES))
    for number in range(editors):
        make.FellowFactory(slug=f"edited-{number}", photo=whole_site.photo(), photo_alt="A portrait")
    make.OrganisationFactory.create_batch(2_000)  # so that a backup takes long enough to be overtaken
    connections.close_all()  # no process may go on with the connection of another

    fork = multiprocessing.get_context("fork")
    stop, told = fork.Event(), fork.Queue()
    team = [fork.Process(target=edit, args=(number, stop, told)) for number in range(editors)]
    for process in team:
        process.start()
    lost: list[str] = []
    made: list[Path] = []
    for number in range(backups):
        file = folder / f"{number}.backup"
        begun, before = time.perf_counter(), Organisation.objects.count()
        manifest = back_up(file)
        seconds, after = time.perf_counter() - begun, Organisation.objects.count()
        held = f"{manifest.row_count:,} rows and {manifest.media_count} files in {seconds:.1f} s"
        print(f"backup {number}: {held}; meanwhile {before:,} organisations became {after:,}", flush=True)
        lost += [f"backup {number} lacks {name}" for name in manifest.missing]
        made.append(file)
        time.sleep(0.5)
    stop.set()
    for _ in team:
        done, refusals = told.get(timeout=60)
        print(f"an editor saved {done} times")
        lost += [f"an editor was refused: {words}" for words in refusals]
        if not done:
            lost.append("an editor saved nothing")
    for process in team:
        process.join()

    for number, file in enumerate(made):
        with older_archives.standing_in(folder / f"{number}.sqlite3"), media_in(folder / f"media-{number}"):
            restore(file, confirm=lambda plan: True)
            look_at(lost, f"backup {number}")
            in_backup = whole_site.everything()
    whole_site.destroy()
    print(f"destroyed: {Organisation.objects.count()} organisations are left on {connection.vendor}")
    restore(made[-1], confirm=lambda plan: True)
    look_at(lost, "the last one, restored")
    restored = whole_site.everything()
    rows = sum(map(len, restored[0].values())) - len(restored[0])
    print(f"restored and compared: {rows:,} rows of {len(restored[0])} models, {len(restored[1])} files")
    for label, found in restored[0].items():
        if found[:-1] != in_backup[0][label][:-1]:
            lost.append(f"{label} differs")
    if restored[1] != in_backup[1]:
        lost.append("the files differ")
    shutil.rmtree(folder / "var")
    print("Lost or halved:", "nothing" if not lost else f"{len(lost)}, such as")
    for words in lost[:20]:
        print(f"  {words}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
