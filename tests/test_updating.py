"""What readers and editors are told while the database is of another version than the code: half-way of an update."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from portal import health
from tests import factories as make
from tests.pages import Page
from tests.test_databases import FAULTS, PASSING, OfPostgresql, failing, of_sqlite, raised

pytestmark = pytest.mark.django_db

LACKING = [
    raised(OperationalError, of_sqlite(sqlite3.SQLITE_ERROR)),
    raised(ProgrammingError, OfPostgresql("42P01")),
    raised(ProgrammingError, OfPostgresql("42703")),
]
OTHERS = FAULTS[2:]  # the first two are of this kind
TOLD = "The portal is being updated"


@pytest.fixture
def half_way() -> None:
    """The newest migration is not in the database yet, by what is written down there."""
    MigrationRecorder.Migration.objects.latest("pk").delete()


@pytest.mark.parametrize("error", LACKING, ids=lambda error: repr(error.__cause__)[:40])
def test_readers_are_told_that_the_portal_is_being_updated(client, monkeypatch, half_way, error):
    failing(monkeypatch, client, error)
    response = client.get("/")
    assert response.status_code == 503
    assert response["Retry-After"] == "15"
    assert "no-store" in response["Cache-Control"]
    assert Page(response.text).text("h1") == [TOLD]
    assert client.get("/", headers={"accept": "application/json"}).text == f"{TOLD}. Try again in a minute."


def test_an_editor_is_told_so_and_keeps_what_they_typed(client, monkeypatch, half_way):
    client.force_login(make.StaffFactory(is_superuser=True))
    failing(monkeypatch, client, LACKING[0])
    response = client.post("/admin/portal/organisation/add/", {"name": "Kept"})
    assert response.status_code == 503
    assert TOLD in response.text
    assert '<textarea name="name" hidden readonly>\nKept</textarea>' in response.text


@pytest.mark.parametrize("error", OTHERS, ids=lambda error: repr(error)[:40])
def test_other_faults_are_ours_meanwhile(client, monkeypatch, half_way, error):
    failing(monkeypatch, client, error)
    assert client.get("/").status_code == 500


def test_a_database_that_is_newer_than_the_code_is_of_an_update_too(client, monkeypatch):
    """A process that was not started anew yet misses a column that a migration took away."""
    failing(monkeypatch, client, LACKING[0])
    MigrationRecorder.Migration.objects.create(app="an_app_that_is_not_here", name="0001_initial")
    assert client.get("/").status_code == 500
    MigrationRecorder.Migration.objects.create(app="portal", name="9999_later")
    assert client.get("/").status_code == 503


def test_where_nobody_can_be_asked_it_is_a_fault_of_ours(client, monkeypatch):
    failing(monkeypatch, client, LACKING[0])

    def gone(self):
        raise OperationalError("away")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", gone)
    assert client.get("/").status_code == 500


def test_no_other_page_asks_which_version_the_database_is_of(client, monkeypatch):
    monkeypatch.setattr(health, "is_being_updated", lambda: pytest.fail("asked"))
    assert client.get("/").status_code == 200
    for error in [*PASSING, *OTHERS]:
        with monkeypatch.context() as patch:
            failing(patch, client, error)
            assert client.get("/").status_code in {500, 503}


@pytest.mark.django_db(transaction=True)
def test_a_real_table_that_is_not_there_yet(client):
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE portal_notice RENAME TO portal_notice_to_be")
    newest = MigrationRecorder.Migration.objects.filter(app="portal").latest("name")
    try:
        assert client.get("/").status_code == 500, "by what is written down, all is there"
        newest.delete()
        response = client.get("/")
    finally:
        newest.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE portal_notice_to_be RENAME TO portal_notice")
    assert response.status_code == 503
    assert Page(response.text).text("h1") == [TOLD]
    assert client.get("/").status_code == 200
