"""Documents as they are met: found, read within bounds, and refused by file and line."""

import datetime as dt
import os
import sys
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal import documents
from portal.documents import MAX_BYTES, MAX_LINE, DocumentError, day, moment, parse

LONDON = ZoneInfo("Europe/London")


def london(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def refusal(raw, path="a.md"):
    with pytest.raises(DocumentError) as error:
        parse(raw, path)
    return str(error.value), error.value.line


# Text


def test_front_matter_and_body_with_the_lines_of_the_file():
    document = parse(b"---\ntitle: A  title\nempty:\n---\n\n# Heading\n", "a.md")
    assert document.words("title") == "A title"
    assert document.words("empty") == document.words("absent") == ""
    assert document.line_of("empty") == 3
    assert list(document.lines()) == [(5, ""), (6, "# Heading"), (7, "")]


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf---\r\ntitle: A\r\n---\r\nBody\r\n",
        b"---\rtitle: A\r---\rBody\r",
        b"--- \ntitle: A\n---\t\nBody\n",
        b"---\ntitle: A\n---\nBody",
    ],
)
def test_line_ends_and_marks_of_every_system(raw):
    document = parse(raw, "a.md")
    assert document.front == {"title": "A"}
    assert document.body.strip() == "Body"


def test_a_text_without_front_matter_is_all_body():
    document = parse(b"# Only\n---\ntext\n---\n", "a.md")
    assert document.front == {}
    assert document.body == "# Only\n---\ntext\n---\n"
    assert parse(b"", "empty.md").body == ""
    assert parse(b"---\n---\nBody", "a.md").front == {}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("n/a", "n/a"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("off", "off"),
        ("NULL", None),
        ("~", None),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("2026-09-01", "2026-09-01"),
        ("2026-09-01 09:00:00", "2026-09-01 09:00:00"),
        ("1.50", "1.50"),
        ("12:30", "12:30"),
        ("4", 4),
        ('"4"', "4"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("-5", -5),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_words_stay_words(value, meant):
    """YAML would read "no" as false, and 1.50 as a number that has lost its last digit."""
    assert parse(f"---\nx: {value}\n---\n".encode(), "a.md").front == {"x": meant}


@pytest.mark.parametrize(
    ("raw", "words", "line"),
    [
        (b"text\n\nwith \x00 in it", "not a text file", 3),
        (b"fine\nfine\n\xff\xfe", "not UTF-8", 3),
        (b"---\ntitle: A\n", "has no end", 1),
        (b"---\ntitle: A\nother: [\n---\n", "not YAML", 3),
        (b"---\ntitle: A\nsecond: B: C\n---\n", "not YAML", 3),
        (b"---\n\ttitle: A\n---\n", "not YAML", 2),
        (b"---\na: &a [x]\nb: *a\n---\n", "aliases are not allowed", 3),
        (b"---\na: !!python/object/apply:os.system [ls]\n---\n", "not YAML", 2),
        (b"---\n- a\n- b\n---\n", "not a list of names and values", 2),
        (b"---\njust words\n---\n", "not a list of names and values", 2),
        (b"---\na: " + b"[" * 5_000 + b"\n---\n", "not YAML", 1),
        (b"ok\n" + b"x" * (MAX_LINE + 1), "100,001 characters long", 2),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read_is_refused_by_line(raw, words, line):
    said, at = refusal(raw)
    assert words in said
    assert at == line
    assert "\n" not in said


# Files


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "documents"
    root.mkdir()
    return root


def write(path, text="---\ntitle: A\n---\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(*paths):
    return [str(path) for path, _ in documents.find([str(path) for path in paths])]


def read_refused(path, root):
    with pytest.raises(DocumentError) as error:
        documents.read(path, root)
    return str(error.value)


def test_every_file_below_a_folder_in_a_stable_order(folder):
    paths = [write(folder / name) for name in ("b.md", "a/z.txt", "a/y.md", "c")]
    write(folder / ".git" / "config")
    write(folder / ".hidden.md")
    assert found(folder) == [str(path) for path in [paths[2], paths[1], paths[0], paths[3]]]
    assert found(paths[0]) == [str(paths[0])]
    assert found(folder / "missing") == [str(folder / "missing")]


def test_a_document_knows_the_folders_that_it_lies_in(folder):
    path = write(folder / "closed" / "paused" / "a.md")
    assert documents.read(path, folder).folders == ("documents", "closed", "paused")


def test_a_missing_path_is_said_plainly(folder):
    assert read_refused(folder / "missing.md", folder) == "There is no such file or folder."


def test_a_link_inside_is_read_and_one_outside_is_not(folder, tmp_path):
    inside, outside = write(folder / "a.md"), write(tmp_path / "secret.md")
    (folder / "b.md").symlink_to(inside)
    (folder / "c.md").symlink_to(outside)
    (folder / "d.md").symlink_to("../secret.md")
    assert documents.read(folder / "b.md", folder).front == {"title": "A"}
    for name in ("c.md", "d.md"):
        assert "leads outside" in read_refused(folder / name, folder)


def test_links_that_lead_in_a_circle_or_nowhere_or_to_a_folder(folder):
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    (folder / "self").symlink_to(folder)
    (folder / "gone").symlink_to(folder / "nothing")
    names = found(folder)
    assert len(names) == 4
    assert "circle" in read_refused(folder / "a", folder)
    assert "circle" in read_refused(folder / "b", folder)
    assert "no such file" in read_refused(folder / "gone", folder)
    said = read_refused(folder / "self", folder)
    assert "folder" in said or "outside" in said


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders there")
def test_what_is_no_file_is_not_opened(folder):
    os.mkfifo(folder / "pipe")
    assert read_refused(folder / "pipe", folder) == "This is not a file."


def test_a_file_that_is_too_large_is_not_read(folder):
    path = folder / "large.md"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert f"{MAX_BYTES + 1:,} bytes" in read_refused(path, folder)


def test_a_folder_that_cannot_be_opened_loses_nothing_else(folder, monkeypatch):
    write(folder / "a" / "locked.md")
    open_one = write(folder / "b" / "open.md")
    opened = type(folder).iterdir

    def iterdir(path):
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return opened(path)

    monkeypatch.setattr(type(folder), "iterdir", iterdir)
    assert found(folder) == [str(folder / "a"), str(open_one)]
    assert "cannot be opened" in read_refused(folder / "a", folder)


def test_a_file_that_cannot_be_opened_is_said(folder, monkeypatch):
    path = write(folder / "a.md")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    assert read_refused(path, folder) == "The file cannot be read: Permission denied."


# Dates


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-09-01", "2026-09-01 00:00"),
        ("2026-09-01 09:00", "2026-09-01 09:00"),
        ("2026-09-01T09:00", "2026-09-01 09:00"),
        ("  2026-09-01  ", "2026-09-01 00:00"),
        ("2026-07-01 23:30", "2026-07-01 23:30"),
        ("2026-09-01T09:00:00+01:00", "2026-09-01 09:00"),
        ("2026-09-01T08:00:00Z", "2026-09-01 09:00"),
        ("today", "2026-11-20 00:00"),
        ("today 09:00", "2026-11-20 09:00"),
        ("today-21d 09:00", "2026-10-30 09:00"),
        ("today+38d 23:59", "2026-12-28 23:59"),
        ("today+1w", "2026-11-27 00:00"),
        ("today-2y", "2024-11-20 00:00"),
        ("month", "2026-11-01 00:00"),
        ("month+10m-1d", "2027-08-31 00:00"),
        ("month+22m-1d 12:00", "2028-08-31 12:00"),
        ("month+3m+29d", "2027-03-02 00:00"),
        ("today+3m", "2027-02-20 00:00"),
    ],
)
@time_machine.travel("2026-11-20 12:00+00:00", tick=False)
def test_a_moment_is_londons_given_or_relative(text, meant):
    assert moment(text) == london(meant)
    assert day(text) == london(meant).date()


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_nothing_is_no_moment(empty):
    assert moment(empty) is None
    assert day(empty) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "soon",
        "tomorrow",
        "today+",
        "today 25:00",
        "today 9:00",
        "month+10",
        "today+3x",
        "month-99999d",
        "today-9999y",
        "today+9999y",
        "2026-13-01",
        "2026-02-30",
        "1 September 2026",
        "01/09/2026",
        "None",
        True,
        ["2026-01-01"],
    ],
    ids=str,
)
def test_what_is_no_date_is_refused_and_never_guessed(wrong):
    with pytest.raises(DocumentError):
        moment(wrong)


@pytest.mark.parametrize(
    ("now", "text", "meant"),
    [
        ("2028-02-29 12:00", "today+1y", "2029-02-28"),
        ("2028-02-29 12:00", "today-1y", "2027-02-28"),
        ("2028-02-29 12:00", "today+12m", "2029-02-28"),
        ("2026-01-31 12:00", "today+1m", "2026-02-28"),
        ("2026-12-31 23:59", "month+1m", "2027-01-01"),
        ("2026-03-31 12:00", "today-1m", "2026-02-28"),
        ("2026-06-30 23:30", "today", "2026-06-30"),
    ],
)
def test_relative_dates_at_the_edges_of_the_calendar(now, text, meant):
    with time_machine.travel(london(now), tick=False):
        assert str(day(text)) == meant


def test_today_is_londons_today():
    with time_machine.travel("2026-06-30 23:30+00:00", tick=False):
        assert str(day("today")) == "2026-07-01"


def test_the_hour_stays_when_the_clocks_change_in_between():
    with time_machine.travel("2026-10-20 12:00+00:00", tick=False):
        found = moment("today+10d 09:00")
    assert found.astimezone(LONDON).hour == 9
    assert found.astimezone(dt.UTC).hour == 9
