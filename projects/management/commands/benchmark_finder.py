"""Measure the finder and a brief on many made-up projects, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from projects.made_up import Language, make_up
from projects.measuring import Cost, measure, pages
from projects.models import Project

SMALL = 100
NO_POSTGRES = 77  # what bin/with-postgres ends with where it finds no server
MAX_QUERIES = 10
MAX_RATIO = 3
MAX_MILLISECONDS = 300


class Command(BaseCommand):
    help = (
        "Fill a scratch database of each kind with made-up projects and print what the pages of projects cost there. "
        "The portal's own database is not touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--projects", type=int, default=10_000, help="How many projects (10000).")
        parser.add_argument("--repeat", type=int, default=100, help="How often each page is asked for (100).")
        parser.add_argument(
            "--database", choices=["sqlite", "postgresql"], help="Only one of the two kinds, in place of both."
        )
        parser.add_argument("--in-scratch-database", action="store_true", help="Used by the command itself.")

    def handle(self, *args: Any, **options: Any) -> None:
        count, repeat = options["projects"], options["repeat"]
        if count < SMALL or repeat < 2:
            raise CommandError(f"Ask for at least {SMALL} projects, and for each page at least twice.")
        if options["in_scratch_database"]:
            self.measure(count, repeat)
            return
        if not (settings.BASE_DIR / "frontend" / "build" / "portal.css").exists():
            raise CommandError("The stylesheet is not built; run “make css” first.")
        kinds = [options["database"]] if options["database"] else ["sqlite", "postgresql"]
        for kind in kinds:
            self.run_apart(kind, count, repeat)

    def run_apart(self, kind: str, count: int, repeat: int) -> None:
        """Run in a process of its own, in production's settings, on a database that is removed afterwards."""
        with TemporaryDirectory(prefix="portal-benchmark-") as folder:
            environment = {
                **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
                "PORTAL_ENV": "production",
                "SECRET_KEY": secrets.token_urlsafe(50),
                "ALLOWED_HOSTS": "127.0.0.1",
                "SECURE_SSL": "false",
                "PORTAL_VAR": folder,
            }
            command = [
                *([str(settings.BASE_DIR / "bin" / "with-postgres")] if kind == "postgresql" else []),
                sys.executable,
                str(settings.BASE_DIR / "manage.py"),
                "benchmark_finder",
                "--in-scratch-database",
                f"--projects={count}",
                f"--repeat={repeat}",
            ]
            status = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        if status == NO_POSTGRES and kind == "postgresql":
            raise CommandError("PostgreSQL was not measured: no server that can be started here.")
        if status:
            raise CommandError(f"The measurement ended with status {status}.")

    def measure(self, count: int, repeat: int) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if Project.objects.exists():
            raise CommandError("This database holds projects; only an empty one is filled and measured.")
        call_command("collectstatic", interactive=False, verbosity=0)
        small = self.fill_and_measure(SMALL, repeat)
        if count == SMALL:
            self.report(count, 0, small, small)
            return
        call_command("flush", interactive=False, verbosity=0)
        start = time.perf_counter()
        large = self.fill_and_measure(count, repeat)
        self.report(count, time.perf_counter() - start, large, small)

    def fill_and_measure(self, count: int, repeat: int) -> dict[str, Cost]:
        make_up(count)
        with connection.cursor() as cursor:
            # What PostgreSQL does by itself in time, and what `PRAGMA optimize` does on SQLite.
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        return measure(pages(Language.of_the_made_up().words), repeat)

    def report(self, count: int, seconds: float, costs: dict[str, Cost], small: dict[str, Cost]) -> None:
        version = ".".join(map(str, connection.get_database_version()))
        self.stdout.write(f"\n{connection.display_name} {version}, {count:,} projects ({seconds:.0f} s in all)")
        head = f"{'queries':>7} {'repeated':>8} {'median ms':>9} {'p99 ms':>7} {f'at {SMALL}':>7} {'ratio':>5}"
        self.stdout.write(f"{'page':<38} {head}")
        for name, cost in costs.items():
            ratio = cost.median / small[name].median
            beyond = [
                text
                for text, is_beyond in {
                    f"more than {MAX_QUERIES} queries": cost.queries > MAX_QUERIES,
                    "repeated queries": cost.repeated > 0,
                    f"over {MAX_MILLISECONDS} ms": cost.worst > MAX_MILLISECONDS,
                    f"over {MAX_RATIO} times": ratio > MAX_RATIO and count <= 10_000,
                }.items()
                if is_beyond
            ]
            self.stdout.write(
                f"{name:<38} {cost.queries:>7} {cost.repeated:>8} {cost.median:>9.1f} {cost.worst:>7.1f} "
                f"{small[name].median:>7.1f} {ratio:>5.1f}{'  ' + ', '.join(beyond) if beyond else ''}"
            )
