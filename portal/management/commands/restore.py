"""The portal as an archive has it, in place of what is here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from portal import dates
from portal.archive import ArchiveError
from portal.commands import ends_cleanly
from portal.restoration import LeftOverError, Plan, restore


class Command(BaseCommand):
    help = (
        "Replace database and media by those of a backup, on SQLite and PostgreSQL alike. The whole file is checked "
        "first. If anything goes wrong, all stays as it was. Afterwards everybody signs in again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="What manage.py backup wrote.")
        parser.add_argument(
            "--no-input", "--noinput", action="store_true", help="Do not ask before what is here is replaced."
        )

    def handle(self, *args: Any, file: Path, no_input: bool, **options: Any) -> None:
        def confirm(plan: Plan) -> bool:
            self._show(plan)
            return no_input or self._asked(plan)

        try:
            with ends_cleanly():
                manifest = restore(file, confirm=confirm, tell=self._tell)
        except ArchiveError as error:
            raise CommandError(f"Nothing was restored, and nothing here was changed. {error}") from None
        except LeftOverError as error:
            raise CommandError(f"The backup is restored, but {error}. Run it again.") from error
        except OSError as error:
            words = f"Nothing was restored, and nothing here was changed: {error.strerror or error}."
            raise CommandError(words) from error
        except Error as error:
            raise CommandError(f"The restore did not finish. The database said: {str(error).strip()}") from error
        if manifest is None:
            raise CommandError("Nothing was restored, and nothing here was changed.")
        what = f"{manifest.row_count:,} rows and {manifest.media_count:,} files"
        self.stdout.write(f"Restored {what}. Restart the portal if it runs; everybody signs in again.")

    def _show(self, plan: Plan) -> None:
        manifest = plan.manifest
        made = dates.moment(dt.datetime.fromisoformat(manifest.made_at))
        self._tell(f"The backup was made at {made} by portal {manifest.portal} on {manifest.database}.")
        if plan.is_older:
            self._tell("It is of an earlier version, and its rows are brought up to this one.")
        self._tell(f"{'':<40}{'here':>12}{'backup':>12}")
        for label in sorted(plan.rows_here.keys() | manifest.tables.keys()):
            here = plan.rows_here.get(label, 0)
            comes = manifest.tables[label].count if label in manifest.tables else 0
            if here or comes:
                self._tell(f"{label:<40}{here:>12,}{comes:>12,}")
        if manifest.has_media:
            self._tell(f"{'media':<40}{plan.media_here:>12,}{manifest.media_count:>12,}")
        else:
            self._tell("It has no media: those that are here stay.")

    def _asked(self, plan: Plan) -> bool:
        if plan.is_empty_here:
            return True
        self.stdout.write("All that is here is replaced, and cannot be brought back. Type “yes” to go on: ", ending="")
        self.stdout.flush()
        try:
            return input().strip().casefold() == "yes"
        except EOFError:
            raise CommandError("Nobody can be asked here. Say --no-input to replace what is here.") from None

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
