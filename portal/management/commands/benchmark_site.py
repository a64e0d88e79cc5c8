"""Measure the whole site as production serves it, on made-up content, beside nginx."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from portal.benchmark import content, report
from portal.benchmark.load import LoadError, by_own, generator
from portal.benchmark.servers import HOST, ServerError
from portal.benchmark.site import Effort, Site
from portal.serving import cores

PROJECTS = 38
NO_POSTGRES = 77  # what bin/with-postgres ends with where it finds no server
QUICK = Effort(rounds=1, seconds=0.1, cold=2, requests=500, clients=20)


class Command(BaseCommand):
    help = (
        "Fill a scratch database with made-up content, serve it as “make serve” does, and print what its pages cost. "
        "The portal's own database is not touched, and nothing but this machine is asked."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        whole = Effort()
        parser.add_argument("--projects", type=int, default=PROJECTS, help=f"How many projects ({PROJECTS}).")
        parser.add_argument("--rounds", type=int, default=whole.rounds, help=f"How many rounds ({whole.rounds}).")
        parser.add_argument(
            "--seconds", type=float, default=whole.seconds, help=f"How long each page is asked for ({whole.seconds})."
        )
        parser.add_argument("--quick", action="store_true", help="Little of everything, to see that it works.")
        databases = parser.add_mutually_exclusive_group()
        databases.add_argument("--database", choices=["sqlite", "postgresql"], help="A database of this kind (sqlite).")
        databases.add_argument("--database-url", help="An empty database of your own. What is made up stays in it.")
        parser.add_argument("--in-scratch-database", action="store_true", help="Used by the command itself.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["projects"] < PROJECTS or options["rounds"] < 1 or options["seconds"] < 1:
            raise CommandError(f"Ask for at least {PROJECTS} projects, one round and one second.")
        with ending_in_order():
            if options["in_scratch_database"]:
                effort = QUICK if options["quick"] else Effort(rounds=options["rounds"], seconds=options["seconds"])
                self.measure(options["projects"], effort)
            else:
                self.run_apart(options)

    def run_apart(self, options: dict[str, Any]) -> None:
        """Run in a process of its own, in production's settings, in a folder that is removed afterwards."""
        if not (settings.BASE_DIR / "frontend" / "build" / "portal.css").exists():
            raise CommandError("The stylesheet is not built; run “make css” first.")
        with TemporaryDirectory(prefix="portal-benchmark-") as folder:
            ours = {variable.name for variable in settings.ENVIRONMENT.variables}
            environment = {
                **{name: value for name, value in os.environ.items() if name not in ours},
                "PORTAL_ENV": "production",
                "SECRET_KEY": secrets.token_urlsafe(50),
                "ALLOWED_HOSTS": HOST,
                "SECURE_SSL": "false",
                "PORTAL_VAR": folder,
                "LOG_LEVEL": "WARNING",
                **({"DATABASE_URL": options["database_url"]} if options["database_url"] else {}),
            }
            command = [
                *([str(settings.BASE_DIR / "bin" / "with-postgres")] if options["database"] == "postgresql" else []),
                sys.executable,
                str(settings.BASE_DIR / "manage.py"),
                "benchmark_site",
                "--in-scratch-database",
                *(f"--{name}={options[name]}" for name in ("projects", "rounds", "seconds")),
                *(["--quick"] if options["quick"] else []),
            ]
            status = _run(command, environment)
        if status == NO_POSTGRES and options["database"] == "postgresql":
            raise CommandError("PostgreSQL was not measured: no server that can be started here.")
        if status:
            raise CommandError(f"The measurement ended with status {status}.")

    def measure(self, projects: int, effort: Effort) -> None:
        start = time.monotonic()
        if connection.introspection.table_names():
            raise CommandError("This database holds tables; only an empty one is filled and measured.")
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        content.fill(projects)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        name, load = ("our own", by_own) if effort is QUICK else generator()  # wrk takes a second at least
        workers = cores()
        try:
            found = Site(Path(settings.PORTAL_VAR), effort, load, workers, self.say).measure()
        except (LoadError, ServerError) as error:
            raise CommandError(str(error)) from error
        lines = [
            f"{projects:,} projects; {report.machine(workers, name)}",
            "",
            *report.table(found),
            "",
            *report.rest(found),
            "",
            *(f"{_verdict(met):<12} {words}" for words, met in report.aims(found, workers, effort)),
            f"{time.monotonic() - start:.0f} s in all",
        ]
        for line in lines:
            self.stdout.write(line)

    def say(self, words: str) -> None:
        self.stderr.write(f"… {words}")


def _verdict(met: bool | None) -> str:
    return {True: "met", False: "NOT MET", None: "not measured"}[met]


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run to the end; on any interruption, tell all of it to stop, and wait until it has."""
    process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own command
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


@contextmanager
def ending_in_order() -> Iterator[None]:
    """To be told to stop is an interruption, and a second word does not disturb the tidying up after the first."""

    def stop(number: int, frame: Any) -> None:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
