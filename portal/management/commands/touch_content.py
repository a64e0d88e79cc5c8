"""Tell every process that content changed, after the database was changed by other means than the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal import generation


class Command(BaseCommand):
    help = (
        "Makes every process forget the pages that it keeps. Run it after the database was changed from outside, such "
        "as in an SQL shell or by a restored backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        generation.touch()
        self.stdout.write("Every page is made anew when it is next asked for.")
