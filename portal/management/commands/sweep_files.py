"""Tidy the folder of uploaded files after a process that was stopped halfway."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import stored_files


class Command(BaseCommand):
    help = (
        "Remove uploaded files that nothing has, and parts of files: what a process left that was stopped between "
        "storing a file and saving its page. Images in texts stay. Run it every day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="Leave alone what is newer than this. Default: 24.")
        parser.add_argument("--dry-run", action="store_true", help="Print what would go, and change nothing.")

    def handle(self, *args: Any, hours: int, dry_run: bool, **options: Any) -> None:
        if hours < 1:
            # A file is stored a moment before the page that has it.
            raise CommandError("The number of hours cannot be less than 1.")
        names = stored_files.sweep(timezone.now() - dt.timedelta(hours=hours), dry_run=dry_run)
        for name in names:
            self.stdout.write(name)
        what = f"{len(names)} file{'' if len(names) == 1 else 's'}"
        self.stdout.write(f"{what} would be removed; nothing was changed." if dry_run else f"Removed {what}.")
