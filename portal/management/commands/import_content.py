"""Import documents: project lists, briefs, rounds, the fellowship's pages and articles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from portal.importing import Outcome, import_paths


class Command(BaseCommand):
    help = "Import documents. Run again, it changes nothing; what an editor changed is kept and reported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="A file or a folder of documents.")
        parser.add_argument("--dry-run", action="store_true", help="Print the report and change nothing.")

    def handle(self, *args: Any, paths: list[str], dry_run: bool, **options: Any) -> None:
        try:
            report = import_paths(paths, dry_run=dry_run)
        except (Error, OSError) as error:
            why = " ".join(str(error).split()).rstrip(".")
            words = f"Nothing was imported: {why}. Mend that, and run it again."
            raise CommandError(words) from error
        for source, message in report.notes:
            self.stdout.write(f"{source}: {message}")
        if report.notes:
            self.stdout.write("")
        for model in report.models():
            counts = [f"{count} {outcome.value}" for outcome in Outcome if (count := report.count(outcome, model))]
            self.stdout.write(f"{str(model._meta.verbose_name_plural).capitalize()}: {', '.join(counts)}")
        totals = [f"{report.count(outcome)} {outcome.value}" for outcome in Outcome]
        self.stdout.write(f"In all: {', '.join(totals)}.{' Nothing was kept: this was a dry run.' if dry_run else ''}")
        if rejected := report.count(Outcome.REJECTED):
            raise CommandError(f"{rejected} rejected; the lines above say why.")
