"""Write to staff what needs their attention."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import digest


class Command(BaseCommand):
    help = (
        "Mail each member of staff what needs their attention: once a week, whoever has an address and wants it, and "
        "nobody for whom there is nothing. Run again in the same week, it writes only to those it has not reached yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Print what would be sent, and send nothing.")
        parser.add_argument("--again", action="store_true", help="Write also to those who have this week's already.")

    def handle(self, *args: Any, dry_run: bool, again: bool, **options: Any) -> None:
        if not dry_run and not digest.can_be_sent():
            raise CommandError("No mail can be sent: set EMAIL_HOST to your mail server.")
        now = timezone.now()
        week = digest.week_of(now)
        sent = had_it = idle = 0
        failed = []
        for reader in digest.readers():
            if reader.digest_week == week and not again:
                had_it += 1
            elif (mail := digest.of(reader, now)) is None:
                idle += 1
            elif dry_run:
                self.stdout.write(f"To: {reader.email}\nSubject: {mail.subject}\n\n{mail.text}\n")
                sent += 1
            elif not digest.claim(reader, week) and not again:
                had_it += 1
            else:
                try:
                    mail.send()
                except (OSError, ValueError) as error:
                    digest.give_back(reader, week)
                    failed.append(reader.username)
                    self.stderr.write(f"{reader.username} ({reader.email}) could not be reached: {error}")
                else:
                    sent += 1
        self.stdout.write(
            f"{'Would be sent' if dry_run else 'Sent'}: {sent}. Had this week's already: {had_it}. "
            f"Nothing needs their attention: {idle}."
        )
        if failed:
            raise CommandError(f"Not sent to {', '.join(failed)}; the lines above say why. Run it again to try again.")
