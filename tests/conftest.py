"""What every test has: the settings of development, in a folder that is thrown away."""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings

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
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast


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
