"""The documents that the importer is given: found, read within bounds, and split into front matter and body."""

from __future__ import annotations

import calendar
import datetime as dt
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone

MAX_BYTES = 8 * 1024 * 1024
MAX_LINE = 100_000


class DocumentError(Exception):
    """Why a document, or one thing in it, cannot be taken: one sentence, and the line where there is one."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Document:
    """One text file: where it lies, what it says of itself, and the lines of its body."""

    path: str
    folders: tuple[str, ...]
    text: str
    front: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1

    @property
    def kind(self) -> str:
        return str(self.front.get("type") or "").strip().lower()

    def lines(self) -> Iterator[tuple[int, str]]:
        """The body's lines, numbered as in the file."""
        yield from enumerate(self.body.split("\n"), start=self.body_line)

    def words(self, name: str) -> str:
        """A front matter value as text on one line; empty where there is none."""
        value = self.front.get(name)
        return " ".join(str(value).split()) if value is not None else ""

    def line_of(self, name: str) -> int:
        """The line on which the front matter gives ``name``."""
        for number, line in enumerate(self.text.split("\n"), start=1):
            if line.startswith(f"{name}:"):
                return number
        return 1


# In quotation marks, YAML can spell characters that no database keeps.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class PlainLoader(yaml.SafeLoader):
    """YAML in which only ``true`` and ``false`` are booleans, dates and times stay text, and nothing is an alias.

    "n/a" and "no" are words in these documents; dates are read by ``moment`` and ``day``, which know relative ones too.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str) and _UNSTORABLE.search(value):
            raise yaml.MarkedYAMLError(problem="it spells a character that no text holds", problem_mark=node.start_mark)
        return value


PlainLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
# YAML's own numbers are also 12:30 (750), 010 (8) and 1_000.
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), list("-0123456789")
)


def find(paths: list[str]) -> Iterator[tuple[Path, Path]]:
    """Every file below ``paths`` with the folder that was asked for, in a stable order. Hidden files are left out.

    A path that does not exist is given as it stands, so that reading it says so.
    """
    for name in paths:
        root = Path(name)
        if root.is_dir():
            for path in _walk(root):
                yield path, root
        else:
            # A link that somebody names is meant, wherever it leads; one that lies in a folder may not lead out of it.
            yield root, Path(os.path.realpath(root)).parent


def _walk(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        yield folder  # reading it says what is wrong
        return
    for path in paths:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def read(path: Path, root: Path) -> Document:
    """The document at ``path``, which must lie in ``root``. Raises ``DocumentError``."""
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        raise DocumentError("There is no such file or folder.") from None
    except (OSError, RuntimeError):
        raise DocumentError("This link leads in a circle.") from None
    if path.is_symlink() and root.resolve() not in real.parents:
        raise DocumentError("This link leads outside the folder that is imported.")
    if real.is_dir():
        is_link = path.is_symlink()
        raise DocumentError(
            "This link leads to a folder; links to folders are not followed."
            if is_link
            else "This folder cannot be opened."
        )
    if not real.is_file():
        raise DocumentError("This is not a file.")
    try:
        size = real.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(f"The file holds {size:,} bytes; at most {MAX_BYTES:,} are read.")
        raw = real.read_bytes()
    except OSError as error:
        raise DocumentError(f"The file cannot be read: {error.strerror}.") from None
    folders = path.relative_to(root).parts[:-1] if root in path.parents else ()
    return parse(raw, str(path), (root.name, *folders))


def parse(raw: bytes, path: str, folders: tuple[str, ...] = ()) -> Document:
    """A document from its bytes. Raises ``DocumentError`` with the line that is wrong."""
    if b"\0" in raw:
        raise DocumentError("This is not a text file: it holds binary data.", raw[: raw.index(b"\0")].count(b"\n") + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("This is not UTF-8 text.", raw[: error.start].count(b"\n") + 1) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise DocumentError(f"The line is {len(line):,} characters long; at most {MAX_LINE:,} are read.", number)
    front, body, body_line = _split(text)
    return Document(path, folders, text, front, body, body_line)


def _split(text: str) -> tuple[dict[str, Any], str, int]:
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return {}, text, 1
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.strip() == "---"), None)
    if end is None and next((line for line in lines[1:] if line.strip()), "").startswith("- "):
        return {}, text, 1  # a list of data, which YAML lets begin so too
    if end is None:
        raise DocumentError("The front matter that begins here has no end: a line with --- is missing.", 1)
    try:
        front = yaml.load("\n".join(lines[1:end]), PlainLoader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise DocumentError(f"The front matter is not YAML: {error.problem}.", line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(f"The front matter is not YAML: {error}.".replace("\n", " "), 1) from None
    if front is None:
        front = {}
    if not isinstance(front, dict):
        raise DocumentError("The front matter is not a list of names and values.", 2)
    return {str(name): value for name, value in front.items()}, "\n".join(lines[end + 1 :]), end + 2


# Dates ---------------------------------------------------------------------------------------------

_RELATIVE = re.compile(r"^(today|month)((?:[+-]\d{1,4}[dwmy])*)(?:[ T](\d{2}):(\d{2}))?$")
_STEP = re.compile(r"([+-]\d+)([dwmy])")


def _step(day: dt.date, amount: int, unit: str) -> dt.date:
    """``amount`` days, weeks, months or years on; a day that the month lacks becomes its last."""
    if unit in "dw":
        return day + dt.timedelta(days=amount * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + amount * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def moment(value: Any) -> dt.datetime | None:
    """A moment in London: ISO (``2026-09-01 09:00``) or relative to today (``month+10m-1d 12:00``); None when empty.

    Raises ``DocumentError`` where the value is neither.
    """
    text = str(value).strip() if value is not None else ""
    if not text:
        return None
    if match := _RELATIVE.match(text):
        day = timezone.localdate()
        if match[1] == "month":
            day = day.replace(day=1)
        try:
            for amount, unit in _STEP.findall(match[2]):
                day = _step(day, int(amount), unit)
            time = dt.time(int(match[3] or 0), int(match[4] or 0))
        except ValueError:
            raise DocumentError(f"“{text}” is no moment that a calendar and a clock show.") from None
        return timezone.make_aware(dt.datetime.combine(day, time))
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise DocumentError(f"“{text}” is not a date, such as 2026-09-01 or 2026-09-01 09:00.") from None
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


def day(value: Any) -> dt.date | None:
    """The day of ``moment(value)`` in London; None when empty."""
    found = moment(value)
    return timezone.localtime(found).date() if found else None
