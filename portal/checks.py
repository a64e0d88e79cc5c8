"""What ``manage.py check`` tells the operator about the portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection

from portal.models import Statement
from portal.statements import PLACEHOLDER, unfilled


@register(Tags.database)
def statements_are_filled_in(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of statements that still hold a placeholder. Runs with ``check --database default``."""
    if not databases or Statement._meta.db_table not in connection.introspection.table_names():
        return []
    return [
        Warning(
            f"The page “{subject.label}” has {count} gap{'' if count == 1 else 's'} marked {PLACEHOLDER}: …].",
            hint="Write the missing facts in the admin, under Statements.",
            id="portal.W001",
        )
        for subject, count in unfilled()
    ]
