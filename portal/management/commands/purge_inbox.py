"""Keep the promise of the privacy page: what people wrote by the forms, and who they are, goes after a while."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import limits
from portal.inbox import Message, erase


class Command(BaseCommand):
    help = (
        "Erase what people wrote by the forms, and who they are, so many days after the message was closed or, where "
        "nobody closed it, after it came. Kind, page, day and outcome stay. Run it every day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=settings.INBOX_DAYS, help="Default: INBOX_DAYS.")
        parser.add_argument("--dry-run", action="store_true", help="Print what would go, and change nothing.")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        if days < 0:
            raise CommandError("The number of days cannot be less than 0.")
        now = timezone.now()
        due = Message.objects.due_for_erasing(now - dt.timedelta(days=days))
        number = due.count() if dry_run else erase(due, on=timezone.localdate())
        if not dry_run:
            limits.forget_senders(now)
        what = f"{number} message{'' if number == 1 else 's'}"
        self.stdout.write(f"{what} would be erased; nothing was changed." if dry_run else f"Erased {what}.")
