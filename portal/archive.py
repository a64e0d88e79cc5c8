"""The file that a backup is: a compressed tar of rows and media, closed by a manifest that knows every byte of both.

``rows/<app>.<model>.jsonl`` has one row a line, ``media/…`` the uploaded files, and ``manifest.json`` stands last, so
that an archive that was cut off has none. Nothing of an archive is used before all of it was read and found right.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import re
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, Any, Self

FORMAT = 1
MANIFEST = "manifest.json"
ROWS, MEDIA = "rows/", "media/"

MAX_MANIFEST = 256 * 1024 * 1024
# Of what a tar says of a member beside its content, such as a long name. It is read into memory whole.
_MAX_DETAILS = 64 * 1024
_CHUNK = 1024 * 1024
_LEVEL = 6
# As written below: without a name, a time or any of the optional parts, which no checksum would cover.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_ROWS_NAME = re.compile(r"rows/[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.jsonl")


class ArchiveError(Exception):
    """Why an archive cannot be restored, in a sentence for the operator."""


@dataclass(frozen=True)
class Table:
    """The rows of one model: their columns, how many there are, and the highest number that was ever given to one."""

    columns: list[str]
    count: int
    last_id: int | None = None


@dataclass
class Manifest:
    """What an archive says of itself."""

    made_at: str
    portal: str
    django: str
    database: str
    migrations: dict[str, list[str]]
    has_media: bool
    format: int = FORMAT
    tables: dict[str, Table] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)  # files that the rows name and that were not there to be kept
    members: dict[str, list[Any]] = field(default_factory=dict)  # size in bytes and SHA-256, by name

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises ``ArchiveError`` for another format; what is not a manifest at all is some other error."""
        said = json.loads(text)
        if not isinstance(said, dict) or not isinstance(said.get("format"), int):
            raise ArchiveError("This is not a backup of the portal: its manifest is not one.")
        if said["format"] != FORMAT:
            raise ArchiveError(
                f"This backup has format {said['format']}, and this portal reads {FORMAT}. It was made by portal "
                f"{said.get('portal', 'of another version')}: restore it with that version or a later one."
            )
        tables = {label: Table(**table) for label, table in said.pop("tables").items()}
        manifest = cls(**said, tables=tables)
        manifest._refuse_nonsense()
        return manifest

    def _refuse_nonsense(self) -> None:
        """Raise an error where a part is not what whoever restores makes of it: a moment, words for a screen, a key."""
        words = [self.portal, self.django, self.database, *self.missing, *chain(*self.migrations.values())]
        is_dated = dt.datetime.fromisoformat(self.made_at).tzinfo is not None
        is_numbered = all(0 <= (table.last_id or 0) < 2**63 for table in self.tables.values())
        if not is_dated or not is_numbered or not all(word.isprintable() for word in words):
            raise ValueError("its manifest makes no sense")

    @property
    def media_count(self) -> int:
        return sum(name.startswith(MEDIA) for name in self.members)

    @property
    def row_count(self) -> int:
        return sum(table.count for table in self.tables.values())


def rows_name(label: str) -> str:
    return f"{ROWS}{label}.jsonl"


class _Summed:
    """A stream that is hashed and counted while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.size, self.lines = stream, 0, 0
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self._sha256.update(data)
        self.size += len(data)
        self.lines += data.count(b"\n")
        return data

    def __iter__(self) -> Iterator[bytes]:
        for line in self.stream:
            self._sha256.update(line)
            self.size += len(line)
            yield line

    @property
    def sum(self) -> list[Any]:
        return [self.size, self._sha256.hexdigest()]


class _Entry(tarfile.TarInfo):
    """A header of the tar, refused before what it announces is in memory: a bomb is small as long as it is packed."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if entry.type != tarfile.REGTYPE and entry.size > _MAX_DETAILS:
            raise ArchiveError("This archive holds what no backup of the portal does.")
        return entry


class Writer:
    """Writes an archive into an open file, one member after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_LEVEL, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|")  # noqa: SIM115 - closed by finish()
        self.members: dict[str, list[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: Any) -> None:
        """Let go of the file while it is open. Where it could not be written, the one who wrote it has said why."""
        with suppress(OSError, ValueError):
            self._tar.close()
        with suppress(OSError, ValueError):
            self._gzip.close()

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Append ``size`` bytes of ``content``. Raises ``OSError`` where there are fewer."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        summed = _Summed(content)
        self._tar.addfile(entry, summed)
        self.members[name] = summed.sum

    def finish(self, manifest: Manifest) -> None:
        """Append the manifest and close. Before this, nothing takes the file for an archive."""
        manifest.members = dict(self.members)
        text = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
        self.add(MANIFEST, BytesIO(text), len(text))
        self._tar.close()
        self._gzip.close()


class Archive:
    """A whole and undamaged archive; to open one is to check every byte of it. Raises ``ArchiveError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {error.strerror}.") from None
        try:
            self.manifest = self._checked()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def members(self, below: str) -> Iterator[tuple[str, IO[bytes]]]:
        """The members whose names begin with ``below``, in their order; each to be read before the next is asked for.

        Raises ``ArchiveError`` if one is not any more what it was when the archive was opened.
        """
        for entry, content in self._entries():
            if entry.name.startswith(below):
                summed = _Summed(content)
                yield entry.name, summed  # type: ignore[misc]
                while summed.read(_CHUNK):
                    pass
                if summed.sum != self.manifest.members.get(entry.name):
                    raise ArchiveError(f"{self.path.name} was changed while it was read.")

    def _entries(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
        self._file.seek(0)
        with gzip.GzipFile(fileobj=self._file, mode="rb") as unzipped:
            with tarfile.open(fileobj=unzipped, mode="r|", tarinfo=_Entry) as tar:
                for entry in tar:
                    _refuse_name(entry)
                    content = tar.extractfile(entry)
                    if content is None:
                        raise ArchiveError(f"“{entry.name}” in this archive is no file.")
                    yield entry, content
            while unzipped.read(_CHUNK):
                pass  # to its end, where the checksum of the whole stands

    def _checked(self) -> Manifest:
        if self._file.read(len(_GZIP_HEADER)) != _GZIP_HEADER:
            raise ArchiveError(f"{self.path.name} is not a backup of the portal, or its beginning is damaged.")
        try:
            return self._compared()
        except (
            OSError,
            EOFError,
            zlib.error,
            tarfile.TarError,
            ValueError,
            KeyError,
            RecursionError,
            TypeError,
            AttributeError,
        ) as error:
            raise ArchiveError(f"{self.path.name} is damaged or cut off: {error}.") from error

    def _compared(self) -> Manifest:
        """The manifest, if what it says of the other members is what they are."""
        found: dict[str, list[Any]] = {}
        lines: dict[str, int] = {}
        text = None
        for entry, content in self._entries():
            if entry.name in found or text is not None:
                raise ArchiveError(f"“{entry.name}” stands twice in this archive, or after its end.")
            if entry.name == MANIFEST:
                if entry.size > MAX_MANIFEST:
                    raise ArchiveError("The manifest of this archive is too large to be one.")
                text = content.read()
                continue
            summed = _Summed(content)
            while summed.read(_CHUNK):
                pass
            found[entry.name], lines[entry.name] = summed.sum, summed.lines
        if text is None:
            raise ArchiveError(f"{self.path.name} is not whole: it ends before its manifest.")
        manifest = Manifest.read(text)
        for name in sorted(manifest.members.keys() | found.keys()):
            if manifest.members.get(name) != found.get(name):
                what = (
                    "is missing" if name not in found else "is too many" if name not in manifest.members else "differs"
                )
                raise ArchiveError(f"{self.path.name} is damaged: “{name}” {what}.")
        expected = {rows_name(label): table.count for label, table in manifest.tables.items()}
        if expected != {name: count for name, count in lines.items() if name.startswith(ROWS)}:
            raise ArchiveError(f"{self.path.name} is damaged: its rows are not as many as its manifest says.")
        return manifest


def _refuse_name(entry: tarfile.TarInfo) -> None:
    """Raise ``ArchiveError`` for what would be written anywhere but below the folder of media, or is no plain file."""
    name = entry.name
    parts = name.split("/")
    # A backup keeps nothing that begins with a dot: such files are still being written.
    is_safe = name.isprintable() and "\\" not in name and not any(not part or part[0] == "." for part in parts)
    is_known = name == MANIFEST or _ROWS_NAME.fullmatch(name) or (name.startswith(MEDIA) and len(parts) > 1)
    if not entry.isreg() or entry.issparse() or not is_safe or not is_known:
        raise ArchiveError(f"This archive holds {name!a}, which no backup of the portal does.")
