"""Django's own command, which leaves no half of a migration when it is killed."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from portal.migrating import WholeMigrations


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # Django's command takes no other executor as an argument, but looks for it by this name.
        names = vars(migrate)
        djangos_own = names["MigrationExecutor"]
        names["MigrationExecutor"] = WholeMigrations
        try:
            super().handle(*args, **options)
        finally:
            names["MigrationExecutor"] = djangos_own
