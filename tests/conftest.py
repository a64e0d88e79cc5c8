"""What every test has: the settings of development, in a folder that is thrown away."""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest
from django.conf import settings

from tests.source_folder import MISSING

if TYPE_CHECKING:
    from portal.importing import Report

_VAR = tempfile.TemporaryDirectory(prefix="portal-tests-")
atexit.register(_VAR.cleanup)
os.environ.update(
    DJANGO_SETTINGS_MODULE="portal.settings",
    PORTAL_ENV="development",
    PORTAL_VAR=_VAR.name,
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright runs a loop of its own in the thread of the test
)
(Path(_VAR.name) / "static").mkdir()  # where `collectstatic` would put files; WhiteNoise warns where it is missing
django.setup()
# Else a worker of xdist, which begins with the environment of the process that starts it, would have read its settings
# before this file: all workers would share one folder, and an edit in one test would be seen in the middle of another.
del os.environ["DJANGO_SETTINGS_MODULE"]
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast
# No test passes or fails by the clock: how long something takes says more of the machine than of the code.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """What one test has made of content, and the files that it has stored, are nothing to the next."""
    from portal import kept, stored_files

    kept.forget_all()
    stored_files.begin()


# By these pytest-django gives a test the database; without them it refuses every query.
GIVE_THE_DATABASE = {"db", "transactional_db", "django_db_setup"}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests to which the kind of the database may matter; pass over those of documents that are missing."""
    for item in items:
        reaches_one = item.get_closest_marker("django_db") or GIVE_THE_DATABASE & set(item.fixturenames)  # type: ignore[attr-defined]
        if reaches_one and not item.get_closest_marker("any_database"):
            item.add_marker("database")
    if MISSING:
        absent = pytest.mark.skip(reason=f"the real documents are not beside the project: {', '.join(MISSING)}")
        for item in items:
            if item.get_closest_marker("samples"):
                item.add_marker(absent)


class Folder:
    """A folder of documents to import."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def load(self, **options: bool) -> Report:
        from portal.importing import import_paths

        return import_paths([str(self.path)], **options)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "documents")


@pytest.fixture
def var(settings, tmp_path: Path) -> Path:
    """The folder of a portal, with media of its own."""
    settings.MEDIA_ROOT = str(tmp_path / "var" / "media")
    (tmp_path / "var" / "media").mkdir(parents=True)
    return tmp_path / "var"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a backup is to be written."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "portal.backup"


@pytest.fixture
def asked_django(monkeypatch):
    """Django, and what it was asked. A request ends without closing the connection of the test."""
    from django.core import signals
    from django.db import close_old_connections

    from tests.wsgi_requests import AskedDjango

    ended = (signals.request_started, signals.request_finished)
    for signal in ended:
        signal.disconnect(close_old_connections)
    yield AskedDjango()
    for signal in ended:
        signal.connect(close_old_connections)


@pytest.fixture
def page_cache(db, asked_django, monkeypatch):
    """A cache of pages for which what the test has written is committed."""
    from portal import generation
    from portal.page_cache import PageCache

    monkeypatch.setattr(generation, "_is_writing", lambda connection: False)
    return PageCache(asked_django, 4 * 2**20, follows=False)
