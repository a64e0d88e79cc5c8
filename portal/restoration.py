"""A portal made again from an archive: as it was before, or as the archive has it, and never something between.

Nothing is touched before the whole archive was read and found right. Then, in this order: files are unpacked beside
the media; in one transaction, rows are replaced; before it is committed, the files join those that are there; and when
it is committed, those go that the archive does not have. Files have random names, so those of both sites can
lie in one folder, and whichever moment the power fails in, every file is there that the rows name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction

from portal import archive_rows, backup, older_archives, search
from portal.archive import MEDIA, ROWS, Archive, ArchiveError, Manifest, rows_name
from portal.backup import Tell

UNPACKING = ".unpacked-for-restore-"
_WAIT_FOR_WRITERS = 60  # seconds
_CHUNK = 1024 * 1024


class LeftOverError(Exception):
    """The archive is in place, but something of what it replaced could not be taken away; in words for the operator."""


@dataclass(frozen=True)
class Plan:
    """What a restore is about to replace, and by what; for the operator to say yes to."""

    manifest: Manifest
    is_older: bool
    rows_here: dict[str, int]
    media_here: int

    @property
    def is_empty_here(self) -> bool:
        """Whether nobody loses anything: there is no account, so nobody has ever worked here."""
        return not self.rows_here.get("portal.user") and not self.media_here


def restore(path: Path, *, confirm: Callable[[Plan], bool], tell: Tell = lambda words: None) -> Manifest | None:
    """Put the archive in place of the database and the media. None if ``confirm`` said no.

    Raises ``ArchiveError``; then, as after anything else that went wrong, all is as it was, but for ``LeftOverError``.
    """
    tell("Checking the archive…")
    with Archive(path) as archive, _workplace() as folder:
        _refuse_media_elsewhere(archive.manifest)
        is_older = older_archives.is_older(archive.manifest)
        _bring_up_this_database(tell)
        plan = Plan(archive.manifest, is_older, rows_here(), sum(1 for _ in backup.media_files(_media())))
        if not confirm(plan):
            return None
        if is_older:
            tell("Bringing the rows up to this version of the portal…")
            with older_archives.brought_up(archive, Path(folder)) as rows:
                _replace(rows, archive, tell)
        else:
            _replace(archive, archive, tell)
        return archive.manifest


def _workplace() -> tempfile.TemporaryDirectory[str]:
    """A folder where rows may lie for a moment: on the portal's own disk, closed to others, gone afterwards."""
    _media().parent.mkdir(parents=True, exist_ok=True)
    backup.remove_older(_media().parent, f"{UNPACKING}*")  # of a restore that was killed
    return tempfile.TemporaryDirectory(prefix=f"{UNPACKING}rows-", dir=_media().parent)


def _refuse_media_elsewhere(manifest: Manifest) -> None:
    if manifest.has_media and not isinstance(default_storage, FileSystemStorage):
        raise ArchiveError(
            "This backup holds media, and here they are not in a folder of this machine. Make one with --no-media, and "
            "copy the media into their store by themselves."
        )


def rows_here() -> dict[str, int]:
    """How many rows there are of each model."""
    return {model._meta.label_lower: model._base_manager.count() for model in archive_rows.kept()}


def _bring_up_this_database(tell: Tell) -> None:
    """An empty database is given its tables. One with content is upgraded by the operator, who knows about it."""
    if not (missing := backup.missing_migrations()):
        return
    if connection.introspection.table_names():
        raise ArchiveError(
            f"The database here is older than this portal: run manage.py migrate. It lacks {missing[0]}."
        )
    tell("Making the tables…")
    call_command("migrate", interactive=False, verbosity=0)


def _media() -> Path:
    return Path(settings.MEDIA_ROOT)


def _replace(rows: Archive, files: Archive, tell: Tell) -> None:
    """Put ``rows`` in place of those of the database, and the media of ``files`` in place of those that are here."""
    with _unpacked(files, tell) as media:
        try:
            with transaction.atomic(durable=True):
                _hold_off_writers()
                _replace_rows(rows, tell)
                with media.joined():
                    tell(f"Search index: {search.rebuild():,}")
        except OperationalError as error:
            raise ArchiveError(f"The database did not let the restore finish: {str(error).strip()}") from error
        for cache in caches.all():
            cache.clear()
        ContentType.objects.clear_cache()
        try:
            media.drop_the_others()
        except OSError as error:
            raise LeftOverError(f"files of before could not be taken away: {error.strerror or error}") from error


# Rows


def _hold_off_writers() -> None:
    """Nobody writes until all is replaced, and readers go on with what was. On SQLite, the transaction does that."""
    if connection.vendor == "sqlite":
        return
    locked: list[archive_rows.Model] = [*archive_rows.kept(), Session]
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in locked)
    with connection.cursor() as cursor:
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET LOCAL {limit} = 0")
        cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_WRITERS}s'")
        cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")


def _replace_rows(archive: Archive, tell: Tell) -> None:
    tables = archive.manifest.tables
    models = {model._meta.label_lower: model for model in archive_rows.kept()}
    older_archives.refuse_other_tables(archive.manifest, set(models))
    everything: list[archive_rows.Model] = [*models.values(), Session]
    for model in everything:
        archive_rows.delete_all(model)
    by_member = {rows_name(label): label for label in models}
    for name, lines in archive.members(ROWS):
        label = by_member[name]
        count = archive_rows.load(models[label], tables[label].columns, lines)
        archive_rows.go_on_from(models[label], tables[label].last_id)
        tell(f"{label}: {count:,}")
    try:
        connection.check_constraints()
    except DatabaseError as error:
        raise ArchiveError(
            f"The rows of this backup refer to others that are not in it: {str(error).strip()}"
        ) from error
    if wrong := [label for label, count in rows_here().items() if count != tables[label].count]:
        raise ArchiveError(f"Not all rows arrived, so nothing was changed: {', '.join(wrong)}.")
    ContentType.objects.clear_cache()


# Media


class Unpacked:
    """The files of an archive, unpacked beside the media; nothing at all if it was made without media."""

    def __init__(self, folder: Path, names: set[str], *, is_whole: bool) -> None:
        self.folder, self.names, self.is_whole = folder, names, is_whole

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Give each file that is not there its place among the media; what is there is not touched yet.

        They are taken away again if what follows before the commit goes wrong.
        """
        joined: list[Path] = []
        try:
            for name in sorted(self.names):
                place = _media() / name
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    (self.folder / name).rename(place)
                    joined.append(place)
            yield
            os.sync()
        except BaseException:
            for place in joined:
                place.unlink()
            raise

    def drop_the_others(self) -> None:
        """Take away what the archive does not have, and replace what had the same name but other content."""
        if not self.is_whole:
            return
        for path in backup.media_files(self.folder):
            path.replace(_media() / path.relative_to(self.folder))
        for path in list(backup.media_files(_media())):
            if path.relative_to(_media()).as_posix() not in self.names:
                path.unlink()
        os.sync()


@contextmanager
def _unpacked(archive: Archive, tell: Tell) -> Iterator[Unpacked]:
    with tempfile.TemporaryDirectory(prefix=UNPACKING, dir=_media().parent) as folder:
        names = _unpack(archive, Path(folder), tell)
        yield Unpacked(Path(folder), names, is_whole=archive.manifest.has_media)


def _unpack(archive: Archive, folder: Path, tell: Tell) -> set[str]:
    names: set[str] = set()
    for member, content in archive.members(MEDIA):
        name = member.removeprefix(MEDIA)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
        path.chmod(settings.FILE_UPLOAD_PERMISSIONS or 0o644)
        names.add(name)
    os.sync()
    tell(f"media: {len(names):,}")
    return names
