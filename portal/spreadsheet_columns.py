"""The columns of a table of pages: one for each thing that the form in the admin asks, written as people read it.

A spreadsheet rewrites what it holds: line ends, dates, TRUE and FALSE. Each column knows the habits, so that a cell
which nobody edited is known for what it was.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst, get_text_list

DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y")
SWAPPED_DAYS = ("%m/%d/%Y", "%m/%d/%y")  # as a spreadsheet of the United States writes them
TIMES = (" %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
CLOSE_ENOUGH = 0.5

Sent = dict[str, list[str]]


class RefusedCellError(Exception):
    """A cell that cannot be taken, in words for whoever wrote it."""


@dataclass(frozen=True)
class Column:
    """One thing that a form asks, as a text. One that is ``locked`` can be read by this person and not changed."""

    name: str
    label: str
    field: Any
    control: forms.Field
    locked: bool = False

    def value(self, item: models.Model) -> Any:
        """The value as the item has it."""
        return self.field.value_from_object(item)

    def text(self, item: models.Model) -> str:
        """What the cell of an item says."""
        shown = self.control.prepare_value(self.value(item))
        return "" if shown is None else str(shown)

    def canonical(self, cell: str) -> str:
        """The same for all cells that say the same, and different for all others."""
        return re.sub(r"\r\n?", "\n", cell)

    def other_reading(self, cell: str) -> str | None:
        """What else, in canonical form, a spreadsheet may have made this cell from."""
        return None

    def is_read(self, cell: str) -> bool:
        """Whether the cell says something that such a column can hold, as far as it can be told by itself."""
        return True

    def sent(self, cell: str) -> Sent:
        """What a browser would send of the form's field. Raises ``RefusedCellError``."""
        return {self.name: [cell]}


class NumberColumn(Column):
    def canonical(self, cell: str) -> str:
        return re.sub(r"\.0+$", "", cell.strip())


class YesNoColumn(Column):
    YES, NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})

    def text(self, item: models.Model) -> str:
        return "Yes" if self.value(item) else "No"

    def canonical(self, cell: str) -> str:
        said = cell.strip().casefold()
        return "yes" if said in self.YES else "no" if said in self.NO else said

    def sent(self, cell: str) -> Sent:
        said = self.canonical(cell)
        if said not in {"yes", "no"}:
            raise RefusedCellError(f"{_quoted(cell)} is neither Yes nor No.")
        return {self.name: ["on"]} if said == "yes" else {}


class ChoiceColumn(Column):
    @property
    def _labels(self) -> dict[str, str]:
        return {str(value): str(label) for value, label in self.field.flatchoices if value not in (None, "")}

    def text(self, item: models.Model) -> str:
        value = self.value(item)
        return "" if value in (None, "") else self._labels.get(str(value), str(value))

    def canonical(self, cell: str) -> str:
        said = fold(cell)
        by_label = {fold(label): value for value, label in self._labels.items()}
        by_value = {fold(value): value for value in self._labels}
        return by_label.get(said) or by_value.get(said) or said

    def sent(self, cell: str) -> Sent:
        value = self.canonical(cell)
        if value and value not in self._labels:
            raise RefusedCellError(f"{_quoted(cell)} is not known. It can be {_or(self._labels.values())}.")
        return {self.name: [value]}


class DayColumn(Column):
    formats: tuple[str, ...] = DAYS + tuple(day + time for day in DAYS for time in TIMES)
    swapped: tuple[str, ...] = SWAPPED_DAYS
    example = "2026-10-29 or 29/10/2026"
    written = "%Y-%m-%d"

    def _said(self, value: dt.datetime) -> str:
        return value.strftime(self.written)

    def text(self, item: models.Model) -> str:
        value = self.value(item)
        return value.isoformat() if value else ""

    def canonical(self, cell: str) -> str:
        found = _moment(cell, self.formats)
        return self._said(found) if found else cell.strip()

    def other_reading(self, cell: str) -> str | None:
        found = _moment(cell, self.swapped)
        return self._said(found) if found and self._said(found) != self.canonical(cell) else None

    def is_read(self, cell: str) -> bool:
        return _moment(cell, self.formats) is not None

    def sent(self, cell: str) -> Sent:
        said = self.canonical(cell)
        if said and not self.is_read(cell):
            raise RefusedCellError(f"{_quoted(cell)} is not a date. Write it as {self.example}.")
        return {self.name: [said]}


class MomentColumn(DayColumn):
    """A moment in London, to the minute, as readers are told of it: spreadsheets hide the seconds and drop them."""

    formats = tuple(day + time for day in DAYS for time in TIMES)
    swapped = tuple(day + time for day in SWAPPED_DAYS for time in TIMES)
    example = "2026-10-29 23:59 or 29/10/2026 23:59, London time"
    written = "%Y-%m-%d %H:%M"

    def value(self, item: models.Model) -> Any:
        moment = super().value(item)
        return moment and moment.replace(microsecond=0)

    def text(self, item: models.Model) -> str:
        value = self.value(item)
        return self._said(timezone.localtime(value)) if value else ""

    def sent(self, cell: str) -> Sent:
        [said] = super().sent(cell)[self.name]
        day, _, time = said.partition(" ")
        return {f"{self.name}_0": [day], f"{self.name}_1": [time]}


class NameColumn(Column):
    """Something else in the portal, by its name."""

    @cached_property
    def _names(self) -> Names:
        control: Any = self.control
        return Names(control.queryset, control.label_from_instance)

    def text(self, item: models.Model) -> str:
        value = self.value(item)
        return "" if value is None else self._names.written(value)

    def canonical(self, cell: str) -> str:
        return fold(cell)

    def sent(self, cell: str) -> Sent:
        return {self.name: [str(self._names.meant(cell))] if cell.strip() else [""]}


class NamesColumn(NameColumn):
    """Several other things in the portal, by their names, with semicolons between them."""

    def value(self, item: models.Model) -> list[Any]:
        return sorted(one.pk for one in super().value(item))

    def text(self, item: models.Model) -> str:
        return "; ".join(map(_parted, sorted(self._names.written(pk) for pk in self.value(item))))

    def canonical(self, cell: str) -> str:
        return "\n".join(sorted({fold(name) for name in _parts(cell)}))

    def sent(self, cell: str) -> Sent:
        found, unknown = [], []
        for name in _parts(cell):
            try:
                found.append(str(self._names.meant(name)))
            except RefusedCellError as error:
                unknown.append(str(error))
        if unknown:
            raise RefusedCellError(" ".join(unknown))
        return {self.name: found}


class Names:
    """What can be named in a column: how each is written, and which one a name means. One query for all."""

    def __init__(self, items: models.QuerySet[Any], label: Any) -> None:
        texts = [one.name for one in items.model._meta.concrete_fields if isinstance(one, models.TextField)]
        found = {item.pk: item for item in items.defer(*texts)}
        plain = {pk: str(label(item)) for pk, item in found.items()}
        twice = {key for key, number in Counter(map(fold, plain.values())).items() if number > 1}
        self._written = {pk: f"{name} (id {pk})" if fold(name) in twice else name for pk, name in plain.items()}
        self._meant: dict[str, list[Any]] = {}
        for pk, name in [*self._written.items(), *plain.items()]:
            self._add(name, pk)
        # Terms and organisations are known by other names too, where those are not the name of another.
        names = set(self._meant)
        for pk, item in found.items():
            for alias in getattr(item, "names", []):
                if fold(alias) not in names:
                    self._add(alias, pk)

    def _add(self, name: str, pk: Any) -> None:
        known = self._meant.setdefault(fold(name), [])
        if pk not in known:
            known.append(pk)

    def written(self, pk: Any) -> str:
        return self._written.get(pk, f"id {pk}")

    def meant(self, name: str) -> Any:
        """The key of what a name means. Raises ``RefusedCellError``."""
        found = self._meant.get(fold(name), [])
        if len(found) == 1:
            return found[0]
        if found:
            several = _or(_quoted(self.written(pk)) for pk in found)
            raise RefusedCellError(f"{_quoted(name)} may mean {several}. Write which one.")
        near = difflib.get_close_matches(fold(name), self._meant, n=3, cutoff=CLOSE_ENOUGH)
        written = dict.fromkeys(self.written(pk) for key in near for pk in self._meant[key])
        meant = f" Did you mean {_or(map(_quoted, written))}?" if written else " Add it to the portal first."
        raise RefusedCellError(f"{_quoted(name)} is not known.{meant}")


def columns_of(controls: Iterable[tuple[str, forms.Field, bool]], model: type[models.Model]) -> list[Column]:
    """A column for each of a form's fields that are the model's, and no file; with whether it is locked."""
    known = {one.name: one for one in [*model._meta.concrete_fields, *model._meta.many_to_many]}
    found: list[Column] = []
    for name, control, locked in controls:
        if name in known and not isinstance(control, forms.FileField):
            label = str(capfirst(control.label or known[name].verbose_name))
            taken = {fold(column.label) for column in found}
            label = f"{label} ({name})" if fold(label) in taken else label
            found.append(_kind_of(known[name], control)(name, label, known[name], control, locked))
    return found


def _kind_of(field: Any, control: forms.Field) -> type[Column]:
    kinds: list[tuple[type | tuple[type, ...], type[Column]]] = [
        (forms.ModelMultipleChoiceField, NamesColumn),
        (forms.ModelChoiceField, NameColumn),
        ((forms.DateTimeField, forms.SplitDateTimeField), MomentColumn),
        (forms.DateField, DayColumn),
        (forms.BooleanField, YesNoColumn),
        (forms.IntegerField, NumberColumn),
    ]
    found = next((column for kind, column in kinds if isinstance(control, kind)), Column)
    return ChoiceColumn if found is Column and field.flatchoices else found


def fold(text: str) -> str:
    """A name without what people and spreadsheets do not care about."""
    return " ".join(text.split()).casefold()


def mark(pk: Any, name: str, canonical: str) -> str:
    """A short sign of what a cell said, by which it is known again."""
    return hashlib.blake2s(f"{pk}\0{name}\0{canonical}".encode(), digest_size=5).hexdigest()


def _moment(cell: str, formats: Iterable[str]) -> dt.datetime | None:
    said = " ".join(cell.split())
    for one in formats if said else ():
        try:
            return dt.datetime.strptime(said, one)  # whose zone the form knows
        except ValueError:
            continue
    return None


def _parts(cell: str) -> Iterator[str]:
    """The names in a cell; one that holds a semicolon stands in quotation marks."""
    one_line = re.sub(r"[\r\n]+", ";", cell)
    yield from filter(
        None, (name.strip() for name in next(csv.reader([one_line], delimiter=";", skipinitialspace=True), []))
    )


def _parted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if {";", '"'} & set(name) else name


def _quoted(text: str) -> str:
    said = " ".join(text.split())
    return f"“{said[:120]}{'…' if len(said) > 120 else ''}”"


def _or(names: Iterable[str]) -> str:
    return get_text_list(list(names), "or")
