"""The database under load, and what people are told while it cannot do what they asked."""

from __future__ import annotations

import html
import re
import sqlite3
import subprocess
import sys
import threading
from typing import Any

import psycopg2.errors
import pytest
from django.conf import settings
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django.test import Client

from portal import databases, unavailable
from portal.models import Organisation
from tests import factories as make
from tests.pages import Page
from tests.test_moves_at_once import at_once, two_connections
from tests.world import World, public_paths

POSTGRESQL = {"ENGINE": databases.POSTGRESQL, "NAME": "portal"}
SQLITE = {"ENGINE": databases.SQLITE, "NAME": "portal.sqlite3"}


# What is set


def test_sqlite_lets_writers_wait_and_keeps_what_it_acknowledged():
    options = databases.configured(SQLITE, statement_seconds=15, is_pooled=False)["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 30
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "journal_size_limit=16777216"):
        assert f"PRAGMA {pragma};" in options["init_command"]


def test_postgresql_waits_for_nothing_without_end():
    options = databases.configured(POSTGRESQL, statement_seconds=15, is_pooled=False)["OPTIONS"]
    assert options["options"] == (
        "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
    )
    assert options["connect_timeout"] == 5
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] <= 40


def test_a_command_may_take_its_time_but_holds_up_nobody():
    options = databases.configured(POSTGRESQL, statement_seconds=0, is_pooled=False)["OPTIONS"]
    assert options["options"] == "-c statement_timeout=0s -c lock_timeout=5s -c idle_in_transaction_session_timeout=0s"


def test_what_the_address_says_of_the_connection_is_kept():
    found = {**POSTGRESQL, "OPTIONS": {"sslmode": "require", "connect_timeout": 2, "options": "-c search_path=portal"}}
    options = databases.configured(found, statement_seconds=1, is_pooled=False)["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("require", 2)
    assert options["options"].startswith("-c search_path=portal -c statement_timeout=1s")


def test_behind_a_pooler_nothing_is_set_for_a_session():
    found = databases.configured(POSTGRESQL, statement_seconds=15, is_pooled=True)
    assert found["DISABLE_SERVER_SIDE_CURSORS"]
    assert "options" not in found["OPTIONS"]


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="these are settings of PostgreSQL")
def test_postgresql_has_them():
    with connection.cursor() as cursor:
        for name, value in [("application_name", "portal"), ("lock_timeout", "5s"), ("statement_timeout", "15s")]:
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)


# Who writes


@pytest.mark.django_db
def test_no_page_that_is_read_takes_a_turn_of_the_writers(client, django_assert_max_num_queries):
    """With SQLite, whoever begins a transaction waits for those that write, and they for it."""
    paths = public_paths(World(1))
    staff = Client()
    staff.force_login(make.StaffFactory(is_superuser=True))
    staff.get("/admin/")  # after the first page, the session is what it is

    pages = [(client, path) for path in paths] + [
        (staff, path) for path in ["/admin/", "/admin/projects/project/", "/admin/projects/project/add/"]
    ]
    pages.append((staff, f"/admin/projects/project/{make.ProjectFactory().pk}/change/"))
    for reader, path in pages:
        with django_assert_max_num_queries(500) as asked:
            assert reader.get(path).status_code == 200, path
        found = [query["sql"] for query in asked if query["sql"].startswith(("SAVEPOINT", "BEGIN", "INSERT", "UPDATE"))]
        assert found == [], path


@pytest.mark.skipif("'postgres' in os.environ.get('DATABASE_URL', '')", reason="it brings a database of SQLite with it")
def test_writers_and_readers_of_sqlite_lose_nothing():
    command = [sys.executable, "tests/faults/sqlite_load.py", "--load=2", "--writers=3", "--readers=2"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Lost: nothing" in done.stdout


# What people are told


def raised(kind: type[Exception], cause: Exception | None) -> Exception:
    error = kind("words of the database, with somebody's data")
    error.__cause__ = cause
    return error


def of_sqlite(code: int, name: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = name("database is locked")
    error.sqlite_errorcode = code
    return error


class OfPostgresql(psycopg2.OperationalError):
    """An error that carries one of PostgreSQL's codes."""

    def __init__(self, code: str | None) -> None:
        self.code = code

    @property
    def pgcode(self) -> str | None:  # type: ignore[override]
        return self.code


PASSING = [
    raised(OperationalError, OfPostgresql(None)),  # the server is away
    raised(OperationalError, OfPostgresql("08006")),
    raised(OperationalError, OfPostgresql("57P01")),  # it was told to stop
    raised(OperationalError, OfPostgresql("53100")),  # its disk is full
    raised(OperationalError, OfPostgresql("53300")),  # too many connections
    raised(InternalError, OfPostgresql("25006")),  # it only reads now
    raised(InternalError, OfPostgresql("25P03")),
    raised(InterfaceError, psycopg2.InterfaceError("connection already closed")),
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_IOERR)),
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_CANTOPEN)),
]
UNDONE = [
    raised(OperationalError, OfPostgresql("40P01")),  # a deadlock
    raised(OperationalError, OfPostgresql("40001")),
    raised(OperationalError, OfPostgresql("55P03")),  # a lock
    raised(OperationalError, OfPostgresql("57014")),  # a statement that took too long
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_BUSY)),
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT)),
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_FULL)),
]
FAULTS = [
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_ERROR)),  # no such table
    raised(ProgrammingError, OfPostgresql("42P01")),
    raised(IntegrityError, OfPostgresql("23505")),
    raised(DataError, OfPostgresql("22001")),
    raised(IntegrityError, of_sqlite(sqlite3.SQLITE_CONSTRAINT, sqlite3.IntegrityError)),
    RuntimeError("not of the database"),
    TransactionManagementError("an error that somebody swallowed"),
]


def failing(monkeypatch: pytest.MonkeyPatch, client: Client, error: Exception) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr("portal.views.home_page.sections", fail)
    monkeypatch.setattr("django.contrib.admin.options.ModelAdmin._changeform_view", fail)
    monkeypatch.setattr("portal.contact.ask", fail)
    client.raise_request_exception = False


@pytest.mark.django_db
@pytest.mark.parametrize("error", [*PASSING, *UNDONE], ids=lambda error: repr(error.__cause__)[:40])
def test_readers_are_told_calmly(client, monkeypatch, error):
    failing(monkeypatch, client, error)
    response = client.get("/")
    assert response.status_code == 503
    assert response["Retry-After"] == "15"
    assert "no-store" in response["Cache-Control"]
    page = Page(response.text)
    assert page.text("h1") == ["The page cannot be shown at the moment"]
    assert page.loaded == ["/static/portal/error.css"]
    assert "words of the database" not in response.text
    assert "<form" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("error", FAULTS, ids=lambda error: repr(error)[:40])
def test_our_own_faults_are_not_said_to_pass(client, monkeypatch, error):
    failing(monkeypatch, client, error)
    assert client.get("/").status_code == 500


@pytest.mark.django_db
def test_a_broken_transaction_is_as_its_cause(client, monkeypatch):
    second = TransactionManagementError("cannot go on")
    second.__context__ = UNDONE[0]
    failing(monkeypatch, client, second)
    assert client.get("/").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize("error", [*PASSING, *UNDONE], ids=lambda error: repr(error.__cause__)[:40])
def test_what_an_editor_typed_stands_in_the_page_and_is_sent_once_more(client, monkeypatch, error):
    client.force_login(make.StaffFactory(is_superuser=True))
    failing(monkeypatch, client, error)
    address = "/admin/portal/organisation/add/?_popup=1"
    response = client.post(address, {"name": "</textarea><script>x</script>", "aliases": ["\nfirst", "second"]})
    assert response.status_code == 503
    assert "no-store" in response["Cache-Control"]
    assert ("Nothing of it was saved" in response.text) is (error in UNDONE)
    assert ("Most likely nothing of it was saved" in response.text) is (error in PASSING)
    assert f'<form method="post" action="{address}">' in response.text
    assert "<script>" not in response.text
    assert '<textarea name="aliases" hidden readonly>\n\nfirst</textarea>' in response.text
    assert response.text.count('<textarea name="aliases"') == 2


@pytest.mark.django_db
def test_what_is_sent_once_more_is_saved():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.StaffFactory(is_superuser=True))
    address, name = "/admin/portal/organisation/add/", 'O\'Hara & "Sons" <b>'
    client.get(address)
    typed = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value, "name": name, "aliases": '["é"]'}
    with pytest.MonkeyPatch.context() as patch:
        failing(patch, client, UNDONE[0])
        page = client.post(address, typed).text
    assert not Organisation.objects.exists()
    again = dict(re.findall(r'<textarea name="([^"]+)" hidden readonly>\n(.*?)</textarea>', page, re.S))
    client.post(address, {name: html.unescape(value) for name, value in again.items()})
    assert Organisation.objects.get().name == name


@pytest.mark.django_db
def test_a_password_is_not_repeated(client, monkeypatch):
    client.force_login(make.StaffFactory(is_superuser=True))
    failing(monkeypatch, client, UNDONE[0])
    response = client.post("/admin/portal/organisation/add/", {"name": "x", "password1": "correct horse"})
    assert response.status_code == 503
    assert "correct horse" not in response.text
    assert "go back in your browser" in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"sec-fetch-dest": "empty"}, {"accept": "application/json"}])
def test_a_script_is_told_in_words(client, monkeypatch, headers):
    client.force_login(make.StaffFactory(is_superuser=True))
    failing(monkeypatch, client, UNDONE[0])
    response = client.post("/admin/portal/organisation/add/", {"name": "x"}, headers=headers)
    assert response.status_code == 503
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("This was not saved")


@pytest.mark.django_db
def test_the_page_asks_the_database_nothing(client, monkeypatch, django_assert_num_queries):
    failing(monkeypatch, client, PASSING[0])
    monkeypatch.setattr(connection, "cursor", lambda *args, **kwargs: pytest.fail("a query"))
    assert client.get("/").status_code == 503


# By a real database


@two_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("limit", "query"),
    [("statement_timeout", "SELECT pg_sleep(5)"), ("lock_timeout", "LOCK TABLE portal_organisation")],
)
def test_what_postgresql_breaks_off_passes_and_was_undone(limit, query):
    def wait() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            Organisation.objects.create(name="Half written")
            cursor.execute(f"SET LOCAL {limit} = '50ms'")
            cursor.execute(query)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE portal_organisation IN ROW EXCLUSIVE MODE")
        (error,) = at_once(wait)
    assert unavailable.passes(error)
    assert unavailable.is_undone(error)
    assert not Organisation.objects.exists()


@two_connections
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_cut_passes_and_the_next_request_has_a_new_one(client):
    def cut() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
            ready.set()
            gone.wait(10)
            Organisation.objects.create(name="Half written")

    pids: list[int] = []
    ready, gone = threading.Event(), threading.Event()

    def end() -> None:
        ready.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", pids)
        gone.set()
        close_old_connections()

    error, nothing = at_once(cut, end)
    assert nothing is None
    assert unavailable.passes(error)
    assert not Organisation.objects.exists()
    assert client.get("/").status_code == 200
