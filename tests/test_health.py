"""``/healthz`` tells a load balancer the truth: 200 only if database and migrations are right."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

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


def test_it_is_answered_without_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 301
