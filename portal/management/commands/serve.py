"""Serve the portal in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.serving import Address, cores, serve


class Command(BaseCommand):
    help = "Serve the portal in production, until it is told to stop. “make serve” prepares what it needs, and runs it."
    requires_system_checks = []  # the migrations before it have run them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen at (127.0.0.1).")
        parser.add_argument("--port", type=int, default=settings.PORT, help="The port to listen on (PORT, or 8000).")
        parser.add_argument("--workers", type=int, default=cores(), help="How many processes (one for each core).")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEVELOPMENT:
            raise CommandError("This serves in production: set PORTAL_ENV=production, or use “make run”.")
        if options["workers"] < 1:
            raise CommandError("It takes at least one process: --workers=1.")
        serve(Address(options["host"], options["port"]), options["workers"])
