"""Where uploaded files lie: each is there whole, or not at all."""

from __future__ import annotations

import os
import posixpath
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

# Of a file that is being written. The dot keeps it from readers, and `manage.py sweep_files` knows it by its end.
PART = ".part"


class NotStoredError(OSError):
    """A file could not be stored, for instance because the disk is full. Nothing of it is there."""


class AwayError(OSError):
    """The store in which the files are does not answer. Whether it has one is not known."""


class WholeFiles(FileSystemStorage):
    """A folder in which no reader, no backup and no crash ever meets part of a file.

    A file is written under a name that nobody asks for, made to reach the disk, and only then given its own name. So a
    row that is saved afterwards never names a file that a loss of power could take. Raises ``NotStoredError``.
    """

    def _save(self, name: str, content: Any) -> str:
        part = posixpath.join(posixpath.dirname(name), f".{secrets.token_hex(12)}{PART}")
        try:
            super()._save(part, content)  # type: ignore[misc]  # as in the documentation of custom storages
            _flush(Path(self.path(part)))
            name = self.get_available_name(name)
            Path(self.path(part)).rename(self.path(name))
            _flush(Path(self.path(name)).parent)
        except BaseException as error:
            with suppress(OSError):  # what stays is swept later; why it could not be stored matters more
                self.delete(part)
            if isinstance(error, OSError):
                raise NotStoredError(error.errno, f"The file could not be stored: {error.strerror}") from error
            raise
        return name


def _flush(path: Path) -> None:
    """Make what was written reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
