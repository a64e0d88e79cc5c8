"""One archive of everything that the portal keeps, also while people work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from portal import archive_rows
from portal.backup import BackupError, back_up
from portal.commands import ends_cleanly


class Command(BaseCommand):
    help = (
        "Write database and media into one file, as they are at one moment; the portal may go on running. It holds "
        "personal data and hashes of passwords, so only its owner can read it. Left out: sessions, the cache, and the "
        "search index, which is built anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="Where to write it, such as portal.backup.")
        parser.add_argument("--force", action="store_true", help="Replace the file if it exists.")
        parser.add_argument("--no-media", action="store_true", help="Only the database; the media are kept otherwise.")

    def handle(self, *args: Any, file: Path, force: bool, no_media: bool, **options: Any) -> None:
        try:
            with ends_cleanly():
                manifest = back_up(file, force=force, media=not no_media, tell=self._tell)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"There is no backup, and nothing was left of it: {error.strerror or error}.") from error
        except Error as error:
            raise CommandError(f"There is no backup. The database said: {str(error).strip()}") from error
        if unknown := archive_rows.unknown_tables():
            self.stderr.write(f"Not in the backup, since the portal does not know these tables: {', '.join(unknown)}")
        for name in manifest.missing:
            self.stderr.write(f"Named by a row, but not there: {name}")
        size = file.stat().st_size / 1_000_000
        what = f"{manifest.row_count:,} rows, {manifest.media_count:,} files, {size:,.1f} MB"
        self.stdout.write(f"Wrote {file}: {what}{'' if manifest.has_media else ', without media'}.")

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
