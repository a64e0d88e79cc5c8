"""What a document says, and what an import did with it: the words that readers and the importer share."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models


class Outcome(enum.Enum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Source:
    """Where a fact stands."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass
class Report:
    """What an import did, item by item, and all that a person should know of."""

    outcomes: list[tuple[Outcome, type[models.Model] | None, str]] = field(default_factory=list)
    notes: list[tuple[Source, str]] = field(default_factory=list)

    def note(self, source: Source, message: str) -> None:
        if (source, message) not in self.notes:
            self.notes.append((source, message))

    def reject(self, source: Source, message: str, model: type[models.Model] | None = None, key: str = "") -> None:
        self.outcomes.append((Outcome.REJECTED, model, key or source.path))
        self.note(source, f"Rejected: {message}")

    def count(self, outcome: Outcome, model: type[models.Model] | None = None) -> int:
        return sum(1 for what, of, _ in self.outcomes if what is outcome and (model is None or of is model))

    def models(self) -> list[type[models.Model]]:
        return list(dict.fromkeys(model for _, model, _ in self.outcomes if model is not None))


@dataclass(frozen=True)
class Ref:
    """Another item by its model and stable key."""

    model: type[models.Model]
    key: str


@dataclass
class Facts:
    """What one document says of one item.

    ``part`` names the kind of document ("row", "brief"); of two parts, the one with the higher ``rank`` wins a value.
    ``values`` are fields by name: plain values, ``Ref`` for a foreign key, a list of ``Ref`` for many, a list of dicts
    for rows that belong to the item. ``text`` is the source, and ``context`` what else of the document the values
    depend on: while both stay the same, so do the values. ``at_creation`` is written only when the item is new;
    ``addresses`` are old addresses that forward to it.
    """

    model: type[models.Model]
    key: str
    part: str
    values: dict[str, Any]
    source: Source
    text: str = ""
    rank: int = 0
    context: str = ""
    at_creation: dict[str, Any] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)

    @property
    def origin(self) -> list[str]:
        return [self.text, self.context]


@dataclass(frozen=True)
class Forward:
    """An old address of a page that is no item, such as a list."""

    path: str
    to: str
    source: Source


@dataclass(frozen=True)
class Rows:
    """Rows that belong to an item (an inline of the admin): their model, foreign key, fields and own rows."""

    model: type[models.Model]
    parent: str
    fields: tuple[str, ...]
    rows: dict[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """How items of one model are written. ``find`` looks for one that the portal had before it was ever imported.

    Without a value for one of ``needs``, a source makes no item. A draft that staff begin may do without.
    """

    model: type[models.Model]
    find: Callable[[Facts], models.Model | None]
    rows: dict[str, Rows] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
