"""Look at the links of the portal's texts: to be run once a day or a week, by whatever runs things at a time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import capfirst

from portal.checked_links import CheckedLink
from portal.link_checking import Checking, OfflineError

OFFLINE = 3
BROKEN_OFF = 130  # as shells say of what Ctrl-C ended


class Command(BaseCommand):
    help = (
        "Look at every link of what is public, and of drafts of the last 60 days. The admin lists those that are dead. "
        "No host is asked more than once a second. Ends with 3 if no host at all could be reached."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--most", type=int, default=200, help="How many to look at, those not looked at for longest first (200)."
        )
        parser.add_argument("--minutes", type=float, default=15, help="Begin no link after so many minutes (15).")

    def handle(self, *args: Any, most: int, minutes: float, **options: Any) -> None:
        if most < 1 or minutes <= 0:
            raise CommandError("--most and --minutes must be more than 0.")
        checking = Checking(most=most, seconds=minutes * 60)
        try:
            for number, (link, seen) in enumerate(checking.run(), start=1):
                finding = "not reached" if seen.reached is False else seen.finding.value
                self.stdout.write(f"{number} {finding}: {link.address} ({seen.words})")
                self.stdout.flush()
        except OfflineError:
            self._tell(checking)
            raise CommandError(
                "No other host could be reached, so the fault is most likely this machine's network. "
                "Nothing is said of their links.",
                returncode=OFFLINE,
            ) from None
        except KeyboardInterrupt:
            self._tell(checking)
            raise CommandError("Broken off. What was found until then is kept.", returncode=BROKEN_OFF) from None
        self._tell(checking)

    def _tell(self, checking: Checking) -> None:
        """The summary, in words."""
        self.stdout.write("")
        number = sum(checking.found.values())
        states = [
            f"{checking.found[state]} {state.label.lower()}" for state in CheckedLink.State if checking.found[state]
        ]
        self.stdout.write(f"Looked at {_links(number)}{': ' if states else ''}{', '.join(states)}.")
        if checking.left:
            self.stdout.write(f"{capfirst(_links(checking.left))} left for the next run.")
        for address in checking.too_long:
            self.stdout.write(f"Too long to look at: {address[:100]}…")
        dead = CheckedLink.objects.dead().count()
        self.stdout.write(f"{_links(dead)} of the portal {'is' if dead == 1 else 'are'} dead; the admin says where.")


def _links(number: int) -> str:
    return f"{number:,} link{'' if number == 1 else 's'}"
