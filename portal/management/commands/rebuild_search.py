"""Index everything anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal import search


class Command(BaseCommand):
    help = "Build the search index anew, for instance after rows were changed by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        count = search.rebuild()
        self.stdout.write(f"Indexed {count} page{'' if count == 1 else 's'}.")
