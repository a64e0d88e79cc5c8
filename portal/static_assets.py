"""The static files that a copy of the site needs, under names that change with what is in them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from portal import static_links

FOLDER = "static"


class Assets:
    """Static files by their address. Each is written once, by ``write(file, content)``, with what it loads."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write
        self._files: dict[str, str | None] = {}

    def file_of(self, address: str) -> str | None:
        """The file of the copy that stands for the static file at ``address``, a path; None if there is none."""
        name = unquote(urlsplit(address).path).removeprefix(settings.STATIC_URL)
        if name not in self._files:
            self._files[name] = self._written(name)
        return self._files[name]

    def _written(self, name: str) -> str | None:
        source = finders.find(name)
        if source:
            return self._write_named(name, Path(source).read_bytes())
        # In production, pages name what was collected, whose names tell of the content already.
        if name.endswith("/") or not staticfiles_storage.exists(name):
            return None
        with staticfiles_storage.open(name) as file:
            return self._write_named(name, file.read(), is_named=True)

    def _write_named(self, name: str, content: bytes, *, is_named: bool = False) -> str:
        if name.endswith(".css"):
            content = static_links.css(content.decode(), lambda address: self._loaded(name, address)).encode()
        if not is_named:
            stem, ending = posixpath.splitext(name)
            name = f"{stem}.{sha256(content).hexdigest()[:12]}{ending}"
        file = f"{FOLDER}/{name}"
        self._write(file, content)
        return file

    def _loaded(self, name: str, address: str) -> str:
        """What a stylesheet names in place of a file that it loads."""
        found = self.file_of(urljoin(f"{settings.STATIC_URL}{name}", address))
        return posixpath.relpath(found, posixpath.dirname(f"{FOLDER}/{name}")) if found else address
