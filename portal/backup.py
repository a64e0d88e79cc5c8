"""One archive of the database and of all media, taken while the site goes on being edited.

The rows are those of one moment. Files are stored before the rows that name them and never rewritten, so all that the
rows of that moment name were there in it. They are held by a second name at once, and copied when there is time:
whoever replaces a photo meanwhile takes nothing from the backup.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import django
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from portal import archive_rows, stored_files
from portal.archive import MEDIA, Manifest, Writer, rows_name

Tell = Callable[[str], None]

HOLDING = ".held-for-backup-"
_ATTEMPTS = 5
_A_DAY = 24 * 3600
_TOLD_EVERY = 500


class BackupError(Exception):
    """Why there is no backup, in a sentence for the operator. Nothing that looks like one was left."""


def back_up(path: Path, *, force: bool = False, media: bool = True, tell: Tell = lambda words: None) -> Manifest:
    """Write an archive of the portal to ``path``. Raises ``BackupError`` or ``OSError``, and leaves no part of one."""
    _refuse_wrong_place(path, force)
    _refuse_missing_migrations()
    if media and not isinstance(default_storage, FileSystemStorage):
        raise BackupError("The media are not in a folder of this machine. Keep them by themselves, and use --no-media.")
    with _completed(path, force) as file, _holding_folder() as holding, Writer(file) as writer:
        manifest = Manifest(
            made_at=timezone.now().isoformat(timespec="seconds"),
            portal=portal_version(),
            django=django.get_version(),
            database=connection.vendor,
            migrations=applied_migrations(),
            has_media=media,
        )
        write_rows(writer, manifest, beside=path.parent, hold=holding if media else None, tell=tell)
        if media:
            _write_media(writer, holding, tell)
        writer.finish(manifest)
    return manifest


def portal_version() -> str:
    """The version that the project says of itself."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def applied_migrations() -> dict[str, list[str]]:
    """The names of the migrations that are in the database, by app."""
    found: dict[str, list[str]] = {}
    loader = MigrationLoader(connection)
    for app, name in sorted(set(loader.applied_migrations) & set(loader.graph.nodes)):
        found.setdefault(app, []).append(name)
    return found


def missing_migrations() -> list[str]:
    """What this code would still do to the database."""
    loader = MigrationLoader(connection)
    return [f"{app}.{name}" for app, name in sorted(set(loader.graph.nodes) - set(loader.applied_migrations))]


def write_rows(
    writer: Writer, manifest: Manifest, *, beside: Path, hold: Path | None = None, apps: Any = None, tell: Tell
) -> None:
    """Write the rows of one moment, and hold the files that they name in the folder ``hold``."""
    with _snapshot_with_files(hold) as manifest.missing:
        for model in archive_rows.kept(apps) if apps else archive_rows.kept():
            label = model._meta.label_lower
            with tempfile.TemporaryFile(dir=beside) as file:
                table = archive_rows.write(model, file)
                size = file.tell()
                file.seek(0)
                writer.add(rows_name(label), file, size)
            manifest.tables[label] = table
            tell(f"{label}: {table.count:,}")


@contextmanager
def _snapshot_with_files(hold: Path | None) -> Iterator[list[str]]:
    """One moment of the database with its files. Gives the names of those that were gone already in that moment.

    Between the moment and the second name, somebody may replace a file. Then a later moment is taken; what is missing
    in each of them is missing for good.
    """
    if hold is None:
        with archive_rows.snapshot():
            yield []
        return
    gone_before: set[str] | None = None
    for attempt in range(_ATTEMPTS):
        with archive_rows.snapshot():
            named = named_files()
            _hold_all(Path(settings.MEDIA_ROOT), hold)
            gone = {name for name in named if not (hold / name).is_file()}
            if not gone or gone == gone_before or attempt == _ATTEMPTS - 1:
                yield sorted(gone)
                return
        gone_before = gone


def named_files() -> set[str]:
    """Every file that a row names, below the folder of media."""
    names: set[str] = set()
    for column in stored_files.columns():
        rows = column.model._base_manager.exclude(**{column.attname: ""}).order_by("pk")
        for name in rows.values_list(column.attname, flat=True):
            names.update(column.copies(str(name)) if name else ())
    return names


def media_files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, without what begins with a dot: parts of files that are still being written."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _hold_all(media: Path, hold: Path) -> None:
    for path in media_files(media):
        second = hold / path.relative_to(media)
        if second.exists():
            continue
        second.parent.mkdir(parents=True, exist_ok=True)
        try:
            second.hardlink_to(path)
        except FileNotFoundError:
            continue  # deleted since it was listed
        except OSError:  # another file system, or one without second names
            try:
                shutil.copyfile(path, second)
            except FileNotFoundError:
                second.unlink(missing_ok=True)


def _write_media(writer: Writer, holding: Path, tell: Tell) -> None:
    files = list(media_files(holding))
    for number, path in enumerate(files, start=1):
        with path.open("rb") as file:
            writer.add(f"{MEDIA}{path.relative_to(holding).as_posix()}", file, os.fstat(file.fileno()).st_size)
        if number % _TOLD_EVERY == 0:
            tell(f"media: {number:,} of {len(files):,}")
    tell(f"media: {len(files):,}")


# The file


def _refuse_wrong_place(path: Path, force: bool) -> None:
    if not path.parent.is_dir():
        raise BackupError(f"There is no folder {path.parent}.")
    if path.is_dir():
        raise BackupError(f"{path} is a folder. Name a file.")
    for served in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        if Path(served).resolve() in path.resolve().parents:
            raise BackupError(f"What lies in {served} is shown to readers. Name a file elsewhere.")
    if path.exists() and not force:
        raise BackupError(f"{path} exists. Name another file, or say --force to replace it.")


def _refuse_missing_migrations() -> None:
    if missing := missing_migrations():
        raise BackupError(f"The database is older than this portal: run manage.py migrate. It lacks {missing[0]}.")


@contextmanager
def _completed(path: Path, force: bool) -> Iterator[IO[bytes]]:
    """A file that has its name only when it is whole and on the disk. Nobody else can read it."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    remove_older(path.parent, f".{path.name}.*.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_wrong_place(path, force)  # somebody may have made it meanwhile
        part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See to it that the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _holding_folder() -> Iterator[Path]:
    """A folder beside that of media, on the same disk, for the second names of files."""
    beside = Path(settings.MEDIA_ROOT).parent
    beside.mkdir(parents=True, exist_ok=True)
    remove_older(beside, f"{HOLDING}*")
    with tempfile.TemporaryDirectory(prefix=HOLDING, dir=beside) as folder:
        yield Path(folder)


def remove_older(folder: Path, pattern: str) -> None:
    """Remove what was left by a command that was killed. Not that of today, which may be still at work."""
    for path in folder.glob(pattern):
        if path.stat().st_mtime < time.time() - _A_DAY:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
