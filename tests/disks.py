"""A disk that is full, for the tests of what is left then."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest


class NarrowDisk:
    """Has room for so many bytes of uploaded files, and keeps the beginning of what is too long, as disks do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        opened = os.fdopen

        def fdopen(descriptor: int, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            file = opened(descriptor, mode, *args, **kwargs)
            return _Narrow(file, self) if mode == "wb" else file

        monkeypatch.setattr("django.core.files.storage.filesystem.os.fdopen", fdopen)


class _Narrow:
    def __init__(self, file: Any, disk: NarrowDisk) -> None:
        self.file, self.disk = file, disk

    def write(self, chunk: bytes) -> None:
        fits = chunk[: self.disk.room]
        self.file.write(fits)
        self.disk.room -= len(fits)
        if len(fits) < len(chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        self.file.close()
