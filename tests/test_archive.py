"""The file of a backup: whatever is wrong with it is found before anything of it is used."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.archive import FORMAT, MANIFEST, Archive, ArchiveError, Manifest, Table, Writer

ROWS = b'[1,"x"]\n[2,"y"]\n'
MEDIA = b"a picture"


def manifest(**values: Any) -> Manifest:
    known: dict[str, Any] = {
        "migrations": {},
        "has_media": True,
        "tables": {"portal.thing": Table(["id", "name"], 2, 2)},
    }
    return Manifest("2026-11-21T12:00:00+00:00", "0.1.0", "5.2", "sqlite", **(known | values))


def written(path: Path, said: Manifest | None = None, members: dict[str, bytes] | None = None) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        for name, content in (members or {"rows/portal.thing.jsonl": ROWS, "media/a/b.webp": MEDIA}).items():
            writer.add(name, io.BytesIO(content), len(content))
        writer.finish(said or manifest())
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written(tmp_path_factory.mktemp("archive") / "whole").read_bytes()


def refused(path: Path, words: str = ".") -> None:
    with pytest.raises(ArchiveError, match=words):
        Archive(path)


def repacked(path: Path, whole: bytes, change: Any) -> Path:
    """The archive with its entries changed by ``change``, and all checksums of the container right."""
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        entries = [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", 6, file, 0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for entry, content in change(entries):
            entry.size = len(content) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_it_is_read_as_it_was_written(tmp_path):
    with Archive(written(tmp_path / "whole")) as archive:
        assert [(name, b"".join(lines)) for name, lines in archive.members("rows/")] == [
            ("rows/portal.thing.jsonl", ROWS)
        ]
        assert [(name, content.read()) for name, content in archive.members("media/")] == [("media/a/b.webp", MEDIA)]
        assert archive.manifest.tables["portal.thing"].count == archive.manifest.row_count == 2
        assert archive.manifest.media_count == 1


def refused_unless_the_same(path: Path, changed: bytes, whole: bytes) -> None:
    """A few bits of the compression mean nothing: what is read is bit for bit what was written."""
    path.write_bytes(changed)
    try:
        Archive(path).close()
    except ArchiveError:
        return
    assert gzip.decompress(changed) == gzip.decompress(whole)


def test_every_byte_of_it_counts(tmp_path, whole):
    for place in range(len(whole)):
        for bit in (1, 128):
            flipped = bytearray(whole)
            flipped[place] ^= bit
            refused_unless_the_same(tmp_path / "flipped", bytes(flipped), whole)


def test_it_is_whole_or_nothing(tmp_path, whole):
    path = tmp_path / "cut"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            Archive(path)
    path.write_bytes(whole + b"more")
    refused(path)


@given(st.binary(max_size=300), st.integers(0, 5000), st.integers(0, 300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_put_in_its_place_is_refused(tmp_path, whole, noise, place, length):
    place %= len(whole)
    changed = whole[:place] + noise + whole[place + length :]
    refused_unless_the_same(tmp_path / "changed", changed, whole)


@pytest.mark.parametrize(
    "name",
    [
        "media/../../etc/passwd",
        "/etc/passwd",
        "media//x",
        "media/./x",
        "media/",
        "media",
        "media/a\\b",
        "media/a\nb",
        "media/\x1b[2J",
        "media/.hidden",
        "media/a/.b.part",
        "rows/portal.thing.sql",
        "rows/../portal.thing.jsonl",
        "rows/Portal.thing.jsonl",
        "readme.txt",
        "",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, whole, name):
    def named(entries: Any) -> Any:
        extra = tarfile.TarInfo(name)
        return [*entries[:-1], (extra, b"x"), entries[-1]]

    refused(repacked(tmp_path / "named", whole, named), "which no backup|is damaged")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_plain_file_is_refused(tmp_path, whole, kind):
    def linked(entries: Any) -> Any:
        entry = tarfile.TarInfo("media/link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        return [(entry, b""), *entries]

    refused(repacked(tmp_path / "linked", whole, linked), "which no backup")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.SOLARIS_XHDTYPE])
def test_a_bomb_is_refused_before_it_is_in_memory(tmp_path, kind):
    """What describes a member is read whole by whoever reads the tar; packed, 64 MB of it are 64 KB."""
    entry = tarfile.TarInfo("media/x")
    entry.type, entry.size = kind, 64 * 2**20
    path = tmp_path / "bomb"
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed,
    ):
        packed.write(entry.tobuf(tarfile.USTAR_FORMAT))
        packed.write(bytes(entry.size))
    tracemalloc.start()
    refused(path, "no backup of the portal does")
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_a_file_that_is_mostly_holes_is_refused(tmp_path, whole):
    def holed(entries: Any) -> Any:
        entry = tarfile.TarInfo("media/holes")
        entry.pax_headers = {"GNU.sparse.size": str(2**40), "GNU.sparse.map": "0,0"}
        return [(entry, b""), *entries]

    refused(repacked(tmp_path / "holed", whole, holed), "which no backup")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entries: entries[1:], "is missing"),
        (lambda entries: [entries[0], *entries], "stands twice"),
        (lambda entries: [*entries, entries[0]], "after its end"),
        (lambda entries: entries[:-1], "ends before its manifest"),
        (lambda entries: [(entries[0][0], entries[0][1] + b'[3,"z"]\n'), *entries[1:]], "differs"),
        (lambda entries: [(entries[0][0], ROWS), (tarfile.TarInfo("media/more"), b""), *entries[1:]], "is too many"),
    ],
)
def test_what_is_missing_or_too_many_is_named(tmp_path, whole, change, words):
    refused(repacked(tmp_path / "changed", whole, change), words)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"format": FORMAT + 1},
            f"has format {FORMAT + 1}, and this portal reads {FORMAT}. It was made by portal 0.1.0",
        ),
        ({"format": "1"}, "is not a backup"),
        ({"surprise": 1}, "is damaged"),
        ({"made_at": "yesterday"}, "is damaged"),
        ({"made_at": None}, "is damaged"),
        ({"made_at": "2026-11-21T12:00:00"}, "makes no sense"),
        ({"portal": "1\x1b[2J"}, "makes no sense"),
        ({"missing": ["a\nb"]}, "makes no sense"),
        ({"migrations": ["portal"]}, "is damaged"),
        ({"tables": {"portal.thing": {"columns": ["id"], "count": 2, "last_id": 2**63}}}, "makes no sense"),
        ({"tables": {"portal.thing": {"columns": ["id"], "count": 2, "last_id": "2"}}}, "is damaged"),
        ({"tables": {}}, "not as many"),
        ({"tables": {"portal.thing": {"columns": ["id", "name"], "count": 3}}}, "not as many"),
        ({"tables": {"portal.thing": {"columns": ["id", "name"]}}}, "is damaged"),
        ({"members": {}}, "is too many"),
        ({"members": []}, "is damaged"),
    ],
)
def test_a_manifest_that_is_another_is_refused(tmp_path, whole, said, words):
    def other(entries: Any) -> Any:
        entry, content = entries[-1]
        return [*entries[:-1], (entry, json.dumps(json.loads(content) | said).encode())]

    refused(repacked(tmp_path / "other", whole, other), words)


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 50_000])
def test_a_manifest_that_is_none_is_refused(tmp_path, whole, text):
    refused(repacked(tmp_path / "none", whole, lambda entries: [*entries[:-1], (tarfile.TarInfo(MANIFEST), text)]))


def test_what_is_no_archive_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "file"
    refused(path, "cannot be read: No such file")
    refused(tmp_path, "cannot be read: Is a directory")
    for content in [b"", b"SQLite format 3\0", gzip.compress(b"dump"), b"PK\x03\x04"]:
        path.write_bytes(content)
        refused(path, "is not a backup of the portal")


def test_one_that_changes_while_it_is_read_is_noticed(tmp_path):
    archive = Archive(written(tmp_path / "whole"))
    archive.manifest.members["rows/portal.thing.jsonl"] = [len(ROWS), "another"]
    with pytest.raises(ArchiveError, match="was changed while it was read"):
        list(archive.members("rows/"))
    archive.close()
