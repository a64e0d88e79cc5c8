#!/usr/bin/env python3
"""`manage.py migrate` killed in the middle, at many moments, on a database of an old version with rows in it.

It is killed (-9) as it is about to send a statement: one that writes down that a migration is done, or any other. What
is left must be the schema of a whole number of migrations, and of just those that are written down; to run it again
must complete it; and no row may be lost. Half-way, the site serves what it can, says politely of the rest that it is
being updated, and /healthz says 503.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import postgres
from tests.faults.trial import Trial, run
from tests.pages import Page

# What the portal's own apps began with.
OLD = [(app, "0001_initial") for app in ("portal", "projects", "fellowship", "articles")]
ROWS = 40
TABLES = ("projects_project", "projects_project_techniques", "projects_technique", "articles_article")
PAGES = (
    "/healthz",
    "/robots.txt",
    "/",
    "/projects/",
    "/articles/",
    "/fellowship/",
    "/search/?q=project",
    "/admin/login/",
)
UPDATED = "The portal is being updated"
Look = dict[str, Any]


def trial(trial: Trial) -> None:
    for name in ("DATABASE_URL", "PORTAL_VAR"):
        os.environ.pop(name, None)
    # In memory where there is room: a process is killed here, not the machine.
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="portal-faults-", dir=memory if memory.is_dir() else None) as folder:
        os.environ.update(
            PORTAL_ENV="development", PORTAL_VAR=folder, DJANGO_SETTINGS_MODULE="portal.settings", LOG_LEVEL="ERROR"
        )
        (Path(folder) / "static").mkdir()
        import django

        django.setup()
        _on(trial, SQLite(Path(folder)))
        with postgres.running() as server:
            _on(trial, PostgreSQL(server))


def _on(trial: Trial, databases: SQLite | PostgreSQL) -> None:
    databases.make("old")
    apart(databases.url("old"), _old_version)
    databases.copy("old", "steps")
    steps: dict[str, str] = apart(databases.url("steps"), _step_by_step)
    databases.copy("old", "whole")
    moments: list[tuple[int, int]] = apart(databases.url("whole"), _counted)
    whole: Look = apart(databases.url("whole"), _look)
    old: Look = apart(databases.url("old"), _look)
    trial.did(f"{databases.name}: {len(steps) - 1} migrations of {len(moments):,} statements over {ROWS} projects")
    # Those outside of the transaction of what they write down come first: that is where it could come apart.
    marks = [[number for number, mark in moments if mark == which] for which in (2, 1, 0)]
    trial.did(f"{databases.name}: {len(marks[0])} migrations are written down after they were committed")
    rounds = trial.options.rounds
    chosen = sorted(one for some in marks for one in trial.dice.sample(some, min(rounds, len(some))))
    left, answers, before = set(), Counter[str](), len(trial.losses)
    for number in chosen:
        databases.copy("old", "killed")
        apart(databases.url("killed"), _killed_at, number)
        found: Look = apart(databases.url("killed"), _look)
        what = " (written down)" if number in {*marks[0], *marks[1]} else ""
        words = f"{databases.name}, killed before statement {number}{what}"
        left.add(found["applied"])
        if steps.get(found["applied"]) != found["schema"]:
            trial.lost(f"{words}: the schema is not that of the migrations that are written down")
        if _rows(found) != _rows(old):
            trial.lost(f"{words}: rows are missing")
        answers.update(_half_way(trial, databases, words, is_whole=found["applied"] == whole["applied"]))
        error = apart(databases.url("killed"), _again)
        found = apart(databases.url("killed"), _look)
        if error or found["schema"] != whole["schema"] or _rows(found) != _rows(whole):
            trial.lost(f"{words}: to run it again does not complete it: {error or 'something is missing'}")
        databases.drop("killed")
    trial.did(f"killed it at {len(chosen)} moments; it left {len(left)} states between the old and the new version")
    if len(trial.losses) == before:
        trial.held("each was a whole number of migrations, those that are written down, and the next run completed it")
    trial.did(f"half-way, pages answered {', '.join(f'{count} × {words}' for words, count in sorted(answers.items()))}")
    trial.holds(
        {words.split(" ", 1)[1] for words in answers} <= {"200", f"503 {UPDATED}"}, "nobody met an error: 200, or 503"
    )
    trial.held(f"{len(whole['rows']['projects_project'])} projects and their terms were there each time")


def _rows(look: Look) -> Look:
    return look["rows"]


def _half_way(trial: Trial, databases: SQLite | PostgreSQL, when: str, *, is_whole: bool) -> list[str]:
    """What pages answer to readers and to whoever watches the portal: each with its address, status and words."""
    answers: dict[str, str] = apart(databases.url("killed"), _asked)
    healthy, robots = answers.pop("/healthz"), answers.pop("/robots.txt")
    if healthy != ("200" if is_whole else "503"):
        trial.lost(f"{when}: /healthz says {healthy}")
    if robots != "200":
        trial.lost(f"{when}: what needs no table is not served, but {robots}")
    return [f"{path} {words}" for path, words in answers.items()]


# What is done in a process of its own, to one database


def apart(url: str, what: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in a process of its own whose database is ``url``; None where that was killed."""
    context = get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_apart, args=(theirs, url, what, arguments))
    process.start()
    theirs.close()
    try:
        return mine.recv()
    except EOFError:
        return None
    finally:
        process.join()


def _apart(told: Any, url: str, what: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    import dj_database_url
    from django.db import connections

    from portal import databases

    configured = databases.configured(dj_database_url.parse(url), statement_seconds=0, is_pooled=False)
    connections.settings["default"].update(configured)
    connections["default"] = connections.create_connection("default")
    told.send(what(*arguments))
    connections.close_all()


def _migrate(**options: Any) -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True, **options)


def _old_version() -> None:
    """The first version of the portal, with rows in it."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.utils import timezone

    executor = MigrationExecutor(connection)
    executor.migrate(OLD)
    apps = MigrationExecutor(connection).loader.project_state(OLD).apps
    area = apps.get_model("projects", "Area").objects.create(name="Area", slug="area", definition="An area.")
    techniques = [
        apps.get_model("projects", "Technique").objects.create(name=f"T{n}", slug=f"t{n}", definition="One.")
        for n in range(5)
    ]
    for number in range(ROWS):
        project = apps.get_model("projects", "Project").objects.create(
            title=f"Project {number}", slug=f"project-{number}", area=area, status="open", published_at=timezone.now()
        )
        project.techniques.set(techniques[number % 3 :])
    apps.get_model("articles", "Article").objects.create(title="Guide", slug="guide", body="Do this.")


def _look() -> Look:
    """What the schema is, in short, which migrations are written down, and which rows there are."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    with connection.cursor() as cursor:
        schema: list[Any] = []
        for sql in SCHEMA[connection.vendor]:
            cursor.execute(sql)
            schema += cursor.fetchall()
        rows = {}
        for table in TABLES:
            column = "title" if table.endswith(("project", "article")) else "id"
            cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608
            rows[table] = sorted(str(row[0]) for row in cursor.fetchall())
    applied = " ".join(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))
    digest = hashlib.sha256(repr(schema).encode()).hexdigest()
    return {"schema": digest, "applied": applied, "rows": rows}


SCHEMA = {
    "postgresql": [
        "SELECT table_name, column_name, data_type, is_nullable, coalesce(character_maximum_length, 0) "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2, 3",
    ],
    "sqlite": ["SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1"],
}


def _step_by_step() -> dict[str, str]:
    """The schema after each migration on the way, by what is written down then."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    found = _look()
    steps = {found["applied"]: found["schema"]}
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
        found = _look()
        steps[found["applied"]] = found["schema"]
    return steps


def _counted() -> list[tuple[int, int]]:
    """Each statement of the way by its number; 1 if it writes down a migration, 2 if outside of its transaction."""
    from django.db import connection

    sent: list[int] = []

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        is_mark = str(sql).startswith('INSERT INTO "django_migrations"')
        sent.append((1 if connection.in_atomic_block else 2) if is_mark else 0)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        _migrate()
    return list(enumerate(sent, 1))


def _killed_at(last: int) -> None:
    """As `kill -9`, when this statement is about to be sent."""
    from django.db import connection

    left = [last]

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        _migrate()


def _again() -> str:
    try:
        _migrate()
    except Exception as error:  # whatever it is, it is what is asked about
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def _asked() -> dict[str, str]:
    """By address, the status; of a refusal also its heading, if it says when to come again."""
    from django.conf import settings
    from django.test import Client

    settings.DEBUG = False  # readers meet no page for developers
    logging.disable()  # of pages that fail, as some do
    client, found = Client(raise_request_exception=False), {}
    for path in PAGES:
        response = client.get(path, headers={"host": "localhost", "accept": "text/html"})
        found[path] = str(response.status_code)
        if "Retry-After" in response.headers:
            found[path] += f" {' '.join(Page(response.text).text('h1'))}"
    return found


# The databases


class SQLite:
    """Files in a folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite3"

    def make(self, name: str) -> None:
        """A file is made when it is first opened."""

    def copy(self, source: str, name: str) -> None:
        shutil.copy(self.folder / f"{source}.sqlite3", self.folder / f"{name}.sqlite3")

    def drop(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.sqlite3*"):
            path.unlink()


class PostgreSQL:
    """Databases of one server."""

    name = "PostgreSQL"

    def __init__(self, server: postgres.Postgres) -> None:
        self.server = server

    def url(self, name: str) -> str:
        return f"{self.server.url.rsplit('/', 1)[0]}/{name}"

    def make(self, name: str) -> None:
        self.server.create_database(name)

    def copy(self, source: str, name: str) -> None:
        self.server.create_database(name, f"--template={source}")

    def drop(self, name: str) -> None:
        self.server.drop_database(name)


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_500, rounds=6))
