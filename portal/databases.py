"""How the portal speaks to its database: what it waits for, how long, and what it never risks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"

# Seconds. A writer waits so long for another; then somebody is told, and nothing of theirs was written.
WAIT_FOR_WRITERS = 30
WAIT_FOR_LOCK = 5
WAIT_FOR_CONNECTION = 5
IDLE_IN_TRANSACTION = 60

# Bytes that SQLite's log of writes (WAL) keeps on the disk after they were carried over into the database.
WAL_KEPT = 16 * 1024 * 1024


def configured(found: Mapping[str, Any], *, statement_seconds: int, is_pooled: bool) -> dict[str, Any]:
    """The settings of Django for a database that an address gave.

    PostgreSQL breaks off a statement after ``statement_seconds``; with 0 it breaks off none, and lets a transaction be
    idle as well. ``is_pooled``: a pooler lends each transaction another connection, so nothing is set for a session.
    """
    if found["ENGINE"] == SQLITE:
        return {**found, "OPTIONS": {**found.get("OPTIONS", {}), **_sqlite()}}
    options = {**_postgresql(), **found.get("OPTIONS", {})}
    if not is_pooled:
        options["options"] = f"{options.get('options', '')} {_timeouts(statement_seconds)}".strip()
    return {**found, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": is_pooled}


def _sqlite() -> dict[str, Any]:
    # With SQLite's defaults, writers that meet are refused at once, and so are those that read before they write; so
    # a transaction takes its turn when it begins. FULL: what was acknowledged is there after a power cut too.
    pragmas = {"journal_mode": "WAL", "synchronous": "FULL", "journal_size_limit": WAL_KEPT}
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": WAIT_FOR_WRITERS,
        "init_command": " ".join(f"PRAGMA {name}={value};" for name, value in pragmas.items()),
    }


def _postgresql() -> dict[str, Any]:
    """Of libpq: a server that has gone silent is given up within a minute, not after two hours."""
    return {
        "application_name": "portal",
        "connect_timeout": WAIT_FOR_CONNECTION,
        "keepalives": 1,
        "keepalives_idle": 20,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 40_000,
    }


def _timeouts(statement_seconds: int) -> str:
    idle = IDLE_IN_TRANSACTION if statement_seconds else 0
    limits = {
        "statement_timeout": statement_seconds,
        "lock_timeout": WAIT_FOR_LOCK,
        "idle_in_transaction_session_timeout": idle,
    }
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
