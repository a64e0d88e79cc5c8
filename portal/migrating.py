"""Migrations, each written down in the transaction of what it does.

Django writes most of them down after they were committed, so that a process killed in between leaves one that is done
and, by the table of migrations, is not. To run it again then fails, until somebody mends the database by hand.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor


class WholeMigrations(MigrationExecutor):
    """Of a migration there is all, or nothing: what it changes, and that it did."""

    connection: BaseDatabaseWrapper

    def apply_migration(self, state: Any, migration: Migration, *args: Any, **options: Any) -> Any:
        if not (migration.atomic and self.connection.features.can_rollback_ddl):
            return super().apply_migration(state, migration, *args, **options)
        # SQLite checks no foreign keys while it changes tables, and takes that setting before a transaction only.
        with self.connection.constraint_checks_disabled(), transaction.atomic(using=self.connection.alias):
            return super().apply_migration(state, migration, *args, **options)
