"""How two moments of an item differ: in words, field by field and line by line."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.text import capfirst

from portal import dates
from portal.revisions import Snapshot, link_to_whole

CONTEXT = 2  # unchanged lines shown around a change
SHOWN_THOUGH_NOT_EDITED = {"status", "published_at"}
# Above this many characters, a pair of lines is shown whole and not compared word by word.
LONGEST_PAIR = 4_000


def compared_fields(model: type[models.Model]) -> list[Any]:
    """The fields that people know: what a form holds, and the status with its date."""
    link = link_to_whole(model)
    return [
        one
        for one in [*model._meta.concrete_fields, *model._meta.many_to_many]
        if (one.editable or one.name in SHOWN_THOUGH_NOT_EDITED) and not one.primary_key and one != link
    ]


class Words:
    """Values as people read them. What they refer to is looked up once for all ``snapshots``, one query a kind."""

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        wanted: dict[type[models.Model], set[Any]] = {}
        for snapshot in snapshots:
            self._collect(snapshot, wanted)
        self._names = {(kind, pk): name for kind, keys in wanted.items() for pk, name in self._named(kind, keys)}

    def _collect(self, snapshot: Snapshot, wanted: dict[type[models.Model], set[Any]]) -> None:
        for one in compared_fields(snapshot.model):
            if one.is_relation and (value := snapshot.values.get(one.name)):
                wanted.setdefault(one.related_model, set()).update(value if isinstance(value, list) else [value])
        for rows in snapshot.parts.values():
            for row in rows:
                self._collect(row, wanted)

    @staticmethod
    def _named(kind: type[models.Model], keys: Iterable[Any]) -> Iterator[tuple[Any, str]]:
        for item in kind._base_manager.filter(pk__in=list(keys)):
            yield item.pk, str(item)

    def _name(self, kind: type[models.Model], pk: Any) -> str:
        if (kind, pk) not in self._names:
            found = dict(self._named(kind, [pk]))
            self._names[kind, pk] = found.get(pk, f"{capfirst(kind._meta.verbose_name)} {pk}, deleted since")
        return self._names[kind, pk]

    def lines(self, one: Any, value: Any) -> list[str]:
        """The value of a field, line by line; none for an empty one."""
        if one.is_relation:
            keys = value if isinstance(value, list) else [value]
            return sorted(self._name(one.related_model, key) for key in keys if key is not None)
        if isinstance(value, bool):
            return ["Yes" if value else "No"]
        if value in (None, "", [], {}):
            return []
        if one.flatchoices:
            return [str(dict(one.flatchoices).get(value, value))]
        if isinstance(value, dt.datetime):
            return [dates.moment(value)]
        if isinstance(value, dt.date):
            return [dates.day(value)]
        if isinstance(value, list):
            return [str(part) for part in value]
        return str(value).splitlines()

    def row(self, snapshot: Snapshot) -> list[str]:
        """A row of an item: each of its values on a line, and the rows below it."""
        found = []
        for one in compared_fields(snapshot.model):
            lines = self.lines(one, snapshot.values.get(one.name))
            label = label_of(one)
            found += [f"{label}: {lines[0]}"] if len(lines) == 1 else [f"{label}:", *lines] if lines else []
        for name, rows in snapshot.parts.items():
            for row in rows:
                found.append(f"{_kind_of(snapshot.model, name).verbose_name.capitalize()}: " + "; ".join(self.row(row)))
        return found

    def rows(self, rows: list[Snapshot]) -> list[str]:
        """All rows of one kind, one after the other."""
        found: list[str] = []
        for row in rows:
            found += [*([""] if found else []), *self.row(row)]
        return found


def label_of(one: Any) -> str:
    """The name of a field, as its form has it."""
    return str(capfirst(one.verbose_name))


def _kind_of(model: type[models.Model], name: str) -> Any:
    relation: Any = model._meta.get_field(name)
    return relation.related_model._meta


@dataclass(frozen=True)
class Line:
    """A line of a comparison: ``same``, ``old``, ``new``, or a ``gap`` that stands for unchanged ones.

    Its pieces are text and whether that is what changed within the line.
    """

    kind: str
    pieces: list[tuple[str, bool]]


@dataclass(frozen=True)
class Change:
    """A field, or the rows of one kind, at two moments."""

    label: str
    old: list[str]
    new: list[str]

    @property
    def lines(self) -> list[Line]:
        """Line by line: what went and what came, with a little of what stayed around it."""
        found: list[Line] = []
        shown = 0  # how many of the old lines the comparison has passed
        matcher = difflib.SequenceMatcher(None, self.old, self.new, autojunk=False)
        for group in matcher.get_grouped_opcodes(CONTEXT):
            _gap(found, group[0][1] - shown)
            for kind, old_from, old_to, new_from, new_to in group:
                if kind == "equal":
                    found += [Line("same", [(text, False)]) for text in self.old[old_from:old_to]]
                else:
                    found += _replaced(self.old[old_from:old_to], self.new[new_from:new_to])
            shown = group[-1][2]
        _gap(found, len(self.old) - shown)
        return found


def _gap(found: list[Line], number: int) -> None:
    if number > 0:
        lines = "1 line is" if number == 1 else f"{number} lines are"
        found.append(Line("gap", [(f"{lines} the same", False)]))


def _replaced(old: list[str], new: list[str]) -> list[Line]:
    """Lines that went and those that came in their place; where they stand in pairs, with the words that differ."""
    if len(old) != len(new):
        return [Line("old", [(text, False)]) for text in old] + [Line("new", [(text, False)]) for text in new]
    found: list[Line] = []
    for before, after in zip(old, new, strict=True):
        gone, come = _by_words(before, after)
        found += [Line("old", gone), Line("new", come)]
    return found


def _by_words(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(before) + len(after) > LONGEST_PAIR or matcher.ratio() < 0.4:
        return [(before, False)], [(after, False)]
    gone, come = [], []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        gone.append(("".join(old[old_from:old_to]), kind != "equal"))
        come.append(("".join(new[new_from:new_to]), kind != "equal"))
    return [piece for piece in gone if piece[0]], [piece for piece in come if piece[0]]


def changes(old: Snapshot, new: Snapshot, words: Words) -> list[Change]:
    """What differs between two moments of an item, in the order of its fields; rows come last."""
    found = []
    for one in compared_fields(new.model):
        before, after = old.values.get(one.name), new.values.get(one.name)
        if before != after:
            found.append(Change(label_of(one), words.lines(one, before), words.lines(one, after)))
    for name in new.parts:
        before, after = old.parts.get(name, []), new.parts[name]
        if words.rows(before) != words.rows(after):
            label = str(capfirst(_kind_of(new.model, name).verbose_name_plural))
            found.append(Change(label, words.rows(before), words.rows(after)))
    return found


def labels(found: list[Change]) -> str:
    """Which fields changed, in one line."""
    return ", ".join(change.label for change in found)
