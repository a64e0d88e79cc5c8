"""Lists in YAML, read one row at a time: a row that is broken is reported by its line, and the others are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from portal.documents import DocumentError, PlainLoader
from portal.facts import Report, Source

Lines = Iterable[tuple[int, str]]

_ITEM = re.compile(r"^([ \t]*)-(?:[ \t]+([^\s:#][^:#]{0,60}?)[ \t]*:|[ \t]|$)")
_KEY = re.compile(r"^([ \t]*)([^\s:#-][^:#]{0,60}?)[ \t]*:[ \t]*(.*)$")
_NOTHING = re.compile(r"^\s*(?:#.*)?$")


def folded(name: str) -> str:
    """The form in which two names of a value are the same: ``Case study link`` and ``case-study-link`` are."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@dataclass(frozen=True)
class Row:
    """One row of a list: its text, and its values by their folded names."""

    source: Source
    text: str
    values: dict[str, Any]
    lines: dict[str, int]

    def words(self, *names: str) -> str:
        """The first value that one of these names has, as text on one line; a list with commas between its words."""
        return next((words for name in names if (words := _in_words(self.values.get(name)))), "")

    def value(self, *names: str) -> Any:
        return next((self.values[name] for name in names if self.values.get(name) is not None), None)

    def at(self, *names: str) -> Source:
        """Where the first of these values stands."""
        return Source(self.source.path, next((self.lines[name] for name in names if name in self.lines), self.line))

    @property
    def line(self) -> int:
        return self.source.line


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_in_words, value)))
    return " ".join(str(value).split()) if value is not None else ""


def below(lines: Lines, *names: str) -> list[tuple[int, str]]:
    """The lines of the list that one of these names stands above, however deep; none where there is no such list."""
    found: list[tuple[int, str]] = []
    key = indent = None
    for number, line in lines:
        if key is None:
            match = _KEY.match(line)
            if match and folded(match[2]) in names and _NOTHING.match(match[3]):
                key = _width(match[1])
            continue
        if _NOTHING.match(line):
            found.append((number, line))
            continue
        width = _width(line)
        if indent is None:
            if not _ITEM.match(line) or width < key:
                return []
            indent = width
        elif not line.startswith("\t") and (width < indent or (width == indent and not _ITEM.match(line))):
            break
        found.append((number, line))
    return found if indent is not None else []


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def rows(lines: Lines, path: str, report: Report) -> Iterator[Row]:
    """Each row of the list that these lines are. One that is no YAML is rejected by the line that is wrong."""
    for chunk in _chunks(lines, path, report):
        source = Source(path, chunk[0][0])
        try:
            yield _row(chunk, source, report)
        except DocumentError as error:
            report.reject(Source(path, error.line), str(error), key=f"row at line {source.line}")


def _chunks(lines: Lines, path: str, report: Report) -> Iterator[list[tuple[int, str]]]:
    """The lines of each row. Where indentation slips, the name that begins a row still does."""
    chunk: list[tuple[int, str]] = []
    indent, first = 0, None
    for number, line in lines:
        item = _ITEM.match(line)
        name = folded(item[2]) if item and item[2] else None
        if item and (not chunk or _width(item[1]) <= indent or (first is not None and name == first)):
            if chunk:
                yield _trimmed(chunk)
            else:
                indent, first = _width(item[1]), name
            chunk = [(number, line)]
        elif chunk:
            chunk.append((number, line))
        elif not _NOTHING.match(line) and line.strip() != "---":
            report.note(Source(path, number), f"Text above the first row is not imported: “{line.strip()[:60]}”")
    if chunk:
        yield _trimmed(chunk)


def _trimmed(chunk: list[tuple[int, str]]) -> list[tuple[int, str]]:
    while _NOTHING.match(chunk[-1][1]):
        chunk = chunk[:-1]
    return chunk


def _row(chunk: list[tuple[int, str]], source: Source, report: Report) -> Row:
    first = chunk[0][0]
    for number, line in chunk:
        if "\t" in line:
            report.note(Source(source.path, number), "Repaired: a tab, which YAML does not allow, read as spaces.")
    text = "\n".join(line for _, line in chunk)
    first_line = chunk[0][1].replace("\t", " ")
    column = len(first_line) - len(first_line.lstrip(" -"))
    loader = PlainLoader("\n".join([first_line, *(_without_tabs(line, column) for _, line in chunk[1:])]))
    values: dict[str, Any] = {}
    places: dict[str, int] = {}
    try:
        node = loader.get_single_node()
        mapping = node.value[0] if isinstance(node, yaml.SequenceNode) and node.value else None
        if not isinstance(mapping, yaml.MappingNode):
            raise DocumentError("This row is not a list of names and values.", first)
        for key, value in mapping.value:
            name, at = folded(str(key.value)), first + key.start_mark.line
            if name in values:
                report.note(
                    Source(source.path, at), f"“{key.value}” stands in this row a second time; the first is read."
                )
                continue
            values[name], places[name] = loader.construct_object(value, deep=True), at
    except yaml.MarkedYAMLError as error:
        at = first + min(error.problem_mark.line if error.problem_mark else 0, len(chunk) - 1)
        raise DocumentError(f"This row is not YAML: {error.problem}.", at) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise DocumentError(f"This row is not YAML: {' '.join(str(error).split())}.", first) from None
    finally:
        loader.dispose()
    return Row(source, text, values, places)


def _without_tabs(line: str, column: int) -> str:
    """The line, whose names begin at ``column`` if a tab stands in front of it."""
    body = line.lstrip(" \t")
    space = line[: len(line) - len(body)]
    if "\t" in space:
        space = " " * (column + 2 if body.startswith("-") else column)
    return space + body.replace("\t", " ")
