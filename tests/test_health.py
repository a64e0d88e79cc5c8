"""``/healthz`` and ``/readyz`` tell whatever watches the portal the truth, and strangers nothing else."""

import threading
from pathlib import Path

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.storage import InMemoryStorage, storages
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from portal import health

pytestmark = pytest.mark.django_db


def test_a_portal_that_is_well(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "migrations": "ok"}
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.parametrize("app", ["portal", "projects", "fellowship", "articles", "auth"])
@pytest.mark.parametrize("which", ["earliest", "latest"])
def test_a_migration_that_is_missing(client, app, which):
    getattr(MigrationRecorder.Migration.objects.filter(app=app), which)("name").delete()
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "missing"


@pytest.mark.parametrize("failure", [OperationalError("could not connect"), RuntimeError("something else")])
def test_a_database_that_does_not_answer(client, monkeypatch, failure):
    def refuse(*args, **kwargs):
        raise failure

    monkeypatch.setattr(connection, "cursor", refuse)
    if isinstance(failure, RuntimeError):
        with pytest.raises(RuntimeError):
            client.get("/healthz")
        return
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "error", "database": "unreachable"}
    assert "could not connect" not in response.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_answered_without_https(client, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
    assert client.get("/").status_code == 301


# Ready


READY = {"status": "ok", "database": "ok", "migrations": "ok", "media": "ok", "cache": "ok"}
PASSWORD = "hunter2-hunter2"


def ready(client, status):
    response = client.get("/readyz")
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert PASSWORD not in response.text
    return response.json()


def test_a_portal_that_is_ready(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "not" / "yet"
    assert ready(client, 200) == READY
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == [], "nothing is left behind"


def test_it_asks_little(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(3):
        client.get("/readyz")


def test_it_is_only_looked_at(client):
    for path in ("/healthz", "/readyz"):
        assert client.post(path).status_code == 405


def test_not_without_its_migrations(client):
    MigrationRecorder.Migration.objects.filter(app="portal").latest("name").delete()
    assert ready(client, 503) == {**READY, "status": "error", "migrations": "missing"}


def test_not_without_its_database(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError(f"postgres://portal:{PASSWORD}@db/portal")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert ready(client, 503) == {"status": "error", "database": "unreachable", "media": "ok", "cache": "unreachable"}


def test_not_where_no_file_can_be_stored(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "a-file" / "media"
    (tmp_path / "a-file").write_text("in the way")
    assert ready(client, 503) == {**READY, "status": "error", "media": "not writable"}


class Bucket(InMemoryStorage):
    """Files on another host."""

    answer: object = False

    def exists(self, name):
        if isinstance(self.answer, Exception):
            raise self.answer
        return bool(self.answer)


@pytest.mark.parametrize(
    ("answer", "word"),
    [(False, "ok"), (RuntimeError(PASSWORD), "unreachable"), (ConnectionError(PASSWORD), "not writable")],
)
def test_files_on_another_host(client, monkeypatch, answer, word):
    monkeypatch.setitem(storages._storages, "default", Bucket())
    monkeypatch.setattr(Bucket, "answer", answer)
    assert ready(client, 200 if word == "ok" else 503)["media"] == word


def test_a_disk_that_never_answers_holds_up_nobody(client, monkeypatch):
    """Nor does it gather threads: who asks next waits for the same."""
    answers, looked = threading.Event(), []
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    monkeypatch.setattr(health, "_stored", lambda storage: (looked.append(1), answers.wait(30)) and "ok")
    for _ in range(3):
        assert ready(client, 503) == {**READY, "status": "error", "media": "does not answer"}
    assert len(looked) == 1
    answers.set()
    monkeypatch.setattr(health, "PATIENCE", 30)
    assert ready(client, 200) == READY


class Cache(LocMemCache):
    """A cache on another host, that is away or keeps nothing."""

    def __init__(self, *, away):
        super().__init__("apart", {})
        self.away = away

    def set(self, *args, **kwargs):
        if self.away:
            raise ConnectionError(PASSWORD)


@pytest.mark.parametrize(("away", "word"), [(True, "unreachable"), (False, "keeps nothing")])
def test_not_without_a_cache_that_keeps(client, monkeypatch, away, word):
    monkeypatch.setattr(health, "caches", {"default": Cache(away=away)})
    assert ready(client, 503) == {**READY, "status": "error", "cache": word}


def test_a_cache_that_keeps(client, monkeypatch):
    monkeypatch.setattr(health, "caches", {"default": LocMemCache("apart", {})})
    assert ready(client, 200) == READY
