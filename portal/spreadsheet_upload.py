"""A table that comes back from a spreadsheet: what it would change, said before anything is written.

The last column of a download holds a mark for each cell of its row. A cell that still fits its mark was not edited and
is left alone, whatever the portal says by now. A cell that was edited, while what it stands for was changed in the
portal too, is refused: nobody's work is turned back unseen.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.forms import ModelForm
from django.http import QueryDict
from django.utils.text import get_text_list

from portal.comparison import Change, Words
from portal.publishing import Publishable
from portal.spreadsheet_columns import Column, RefusedCellError, Sent, fold, mark
from portal.spreadsheets import MOST_CHANGED, UnreadableError, exact, read
from portal.web_address import absolute

ID, PAGE, STATUS, MARKS = "id", "page", "status", "as_downloaded"
# Excel holds no more than 32,767 characters in a cell, and cuts what is longer.
CUT_OFF = 32_000
NOT_YOURS = "You may not change it."

FormOf = Callable[[models.Model], type[ModelForm]]


@dataclass(frozen=True)
class Refusal:
    """A row that stays as it is, and why: for each cell its column and a sentence."""

    number: int
    item: models.Model | None
    why: list[tuple[str, str]]


@dataclass(frozen=True)
class RowChange:
    """A row that changes something: what, and the form that would save it."""

    number: int
    cells: list[str]
    item: models.Model
    form: ModelForm
    changes: list[Change]


@dataclass
class DryRun:
    """What a table would do."""

    changed: list[RowChange] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    same: int = 0
    headings: list[str] = field(default_factory=list)
    has_marks: bool = True

    @property
    def is_too_much(self) -> bool:
        """Whether it would change more than one request can save."""
        return len(self.changed) > MOST_CHANGED

    @property
    def fingerprint(self) -> str:
        """The same as long as it would do the same."""
        told: list[Any] = [[row.number, row.item.pk, [_told(change) for change in row.changes]] for row in self.changed]
        told += [[row.number, row.why] for row in self.refused]
        return hashlib.sha256(json.dumps([told, self.headings], default=str).encode()).hexdigest()


def _told(change: Change) -> list[Any]:
    return [change.label, change.old, change.new]


def head_of(columns: Iterable[Column], model: type[models.Model]) -> list[str]:
    """The headings of a download: what is told of each row, then what can be changed, then the marks."""
    return [*told_of(model), *(column.label for column in columns), MARKS]


def told_of(model: type[models.Model]) -> list[str]:
    """The columns that say which row it is and how it stands, and that nobody changes in a table."""
    return [ID, *([PAGE] if _has_page(model) else []), *([STATUS] if issubclass(model, Publishable) else [])]


def row_of(columns: Iterable[Column], item: models.Model) -> list[str]:
    """The row of an item."""
    told = _told_texts(item)
    texts = {column: column.text(item) for column in columns}
    marks = [f"{name}:{mark(item.pk, name, fold(text))}" for name, text in told.items()]
    marks += [f"{column.name}:{mark(item.pk, column.name, column.canonical(text))}" for column, text in texts.items()]
    return [str(item.pk), *told.values(), *texts.values(), " ".join([str(item.pk), *marks])]


def _has_page(model: type[models.Model]) -> bool:
    return hasattr(model, "get_absolute_url")


def _told_texts(item: Any) -> dict[str, str]:
    page = {PAGE: absolute(item.get_absolute_url())} if _has_page(type(item)) else {}
    return page | ({STATUS: str(item.current_status.label)} if isinstance(item, Publishable) else {})


class Upload:
    """A table that somebody uploads for the items of one kind. Raises ``UnreadableError`` where it is none."""

    def __init__(self, file: bytes, columns: Iterable[Column], items: models.QuerySet[Any], form_of: FormOf) -> None:
        self.items, self.form_of = items, form_of
        self.opts: Any = items.model._meta
        rows = read(file)
        if not rows:
            raise UnreadableError("The file is empty.")
        (_, self.head), *self.rows = rows
        self.refused_headings: list[str] = []
        self.told: dict[str, int] = {}
        self.columns: dict[int, Column] = {}
        self._read_head([*columns])
        if ID not in self.told:
            raise UnreadableError(
                f"The file has no column “{ID}”, by which rows are known. Download the list and change that file."
            )
        if not self.rows:
            raise UnreadableError("The file has headings and no rows.")

    def _read_head(self, columns: list[Column]) -> None:
        known = {fold(column.name): column for column in columns} | {fold(column.label): column for column in columns}
        told = {ID, PAGE, STATUS, MARKS}
        names = [fold(exact(cell)) for cell in self.head]
        width = max(len(cells) for _, cells in [(0, self.head), *self.rows])
        for index, name in enumerate([*names, *[""] * (width - len(names))]):
            column = known.get(name)
            if not name:
                if any(self._cell(cells, index).strip() for _, cells in self.rows):
                    self.refused_headings.append(f"Column {index + 1} has no heading, and is left out.")
            elif names.count(name) > 1 or column in self.columns.values():
                self.refused_headings.append(f"“{self.head[index]}” stands there twice. Each of them is left out.")
                self.columns = {one: kept for one, kept in self.columns.items() if kept is not column}
            elif name in told:
                self.told[name] = index
            elif column is not None:
                self.columns[index] = column
            else:
                self.refused_headings.append(f"“{self.head[index]}” is no column of this list, and is left out.")

    def _cell(self, cells: list[str], index: int | None) -> str:
        # Some spreadsheets leave out empty cells at the end of a row.
        return exact(cells[index]) if index is not None and index < len(cells) else ""

    @cached_property
    def _several(self) -> list[str]:
        return [column.name for column in self.columns.values() if column.field.many_to_many]

    # What it would do

    def dry_run(self) -> DryRun:
        """What every row would do now. Nothing is written."""
        found = DryRun(headings=list(dict.fromkeys(self.refused_headings)), has_marks=MARKS in self.told)
        keys = [self._cell(cells, self.told[ID]).strip() for _, cells in self.rows]
        wanted = [int(key) for key in keys if re.fullmatch(r"[0-9]{1,18}", key)]
        times = Counter(keys)
        items = {str(item.pk): item for item in self.items.filter(pk__in=wanted).prefetch_related(*self._several)}
        taken: dict[tuple[str, Any], int] = {}
        for (number, cells), key in zip(self.rows, keys, strict=True):
            item = items.get(key)
            if item is None or times[key] > 1:
                found.refused.append(Refusal(number, item, [(ID, self._why_unknown(key, item, keys))]))
                continue
            row = self.row(number, cells, item)
            row = self._twice(row, taken) if isinstance(row, RowChange) else row
            if isinstance(row, Refusal):
                found.refused.append(row)
            elif row is None:
                found.same += 1
            else:
                found.changed.append(row)
        return found

    def _why_unknown(self, key: str, item: models.Model | None, keys: list[str]) -> str:
        if not key:
            return f"There is none. A table changes what there is; a new {self.opts.verbose_name} is added in the list."
        if item is None:
            return f"No {self.opts.verbose_name} of yours has “{key[:40]}”. It may have been deleted."
        same = [str(number) for (number, _), one in zip(self.rows, keys, strict=True) if one == key]
        return f"“{key}” stands in rows {get_text_list(same, 'and')}. Keep one of them."

    def _twice(self, row: RowChange, taken: dict[tuple[str, Any], int]) -> RowChange | Refusal:
        """Refuse what only one can have where a row above takes it already."""
        for column in self.columns.values():
            if not column.field.unique or column.name not in row.form.changed_data:
                continue
            value = row.form.cleaned_data[column.name]
            first = taken.setdefault((column.name, value), row.number)
            if value and first != row.number:
                return Refusal(row.number, row.item, [(column.label, f"“{value}” is what row {first} takes already.")])
        return row

    def row(self, number: int, cells: list[str], item: models.Model) -> RowChange | Refusal | None:
        """What one row would do to its item: a change, a refusal, or nothing."""
        marks = self._cell(cells, self.told.get(MARKS)).split()
        if marks and marks[0] != str(item.pk):
            why = "It belongs to another row. Perhaps a part of the table was sorted without the rest."
            return Refusal(number, item, [(MARKS, why)])
        as_downloaded = dict(one.partition(":")[::2] for one in marks[1:])
        refused = self._refuse_told(cells, item, as_downloaded)
        sent: Sent = {}
        edited: dict[Column, str] = {}
        for index, column in self.columns.items():
            cell = self._cell(cells, index)
            try:
                if self._is_edited(column, cell, item, as_downloaded.get(column.name, "")):
                    sent |= column.sent(cell)
                    edited[column] = cell
            except RefusedCellError as error:
                refused.append((column.label, str(error)))
        if refused or not edited:
            return Refusal(number, item, refused) if refused else None
        return self._through_the_form(number, cells, item, edited, sent)

    def _refuse_told(self, cells: list[str], item: models.Model, marks: dict[str, str]) -> list[tuple[str, str]]:
        """What the table says of a page's status and place is told, never changed."""
        refused = []
        for name, present in _told_texts(item).items():
            cell = fold(self._cell(cells, self.told.get(name)))
            if not cell or cell == fold(present) or mark(item.pk, name, cell) == marks.get(name):
                continue
            if name == STATUS:
                refused.append((name, f"It is “{present}”. A status is changed on its own page, never in a table."))
            elif name in marks:
                refused.append((name, "It is only told. What can be changed of an address has a column of its own."))
        return refused

    def _is_edited(self, column: Column, cell: str, item: models.Model, known: str) -> bool:
        """Whether somebody changed a cell. Raises ``RefusedCellError`` where nobody could tell, or should not go on."""
        present, said = column.canonical(column.text(item)), column.canonical(cell)
        before = known or mark(item.pk, column.name, present)
        if said == present or mark(item.pk, column.name, said) == before:
            return False
        other = column.other_reading(cell)
        if other is not None and mark(item.pk, column.name, other) == before:
            if column.is_read(cell):
                raise RefusedCellError(
                    f"“{cell}” may be {said}, or {other} as it was, with day and month swapped by the spreadsheet. "
                    f"Write it as {said} if that is what you mean."
                )
            return False
        if len(said) >= CUT_OFF and present.startswith(said):
            raise RefusedCellError("The spreadsheet cut off the end of this text. Change it on its own page.")
        if mark(item.pk, column.name, present) != before:
            raise RefusedCellError(
                "It was changed in the portal since you downloaded the list: "
                f"it is {_short(column.text(item))} now, and the file says {_short(cell)}."
            )
        return True

    def _through_the_form(
        self, number: int, cells: list[str], item: models.Model, edited: dict[Column, str], sent: Sent
    ) -> RowChange | Refusal | None:
        """Let the admin's own form look at what was edited; everything else stays as it is."""
        data = QueryDict(mutable=True)
        for name, values in sent.items():
            data.setlist(name, values)
        form = self.form_of(item)(data, instance=copy.copy(item))
        if missing := [column.label for column in edited if column.name not in form.fields]:
            return Refusal(number, item, [(label, NOT_YOURS) for label in missing])
        names = {column.name for column in edited}
        for name, control in form.fields.items():
            control.disabled = name not in names
        if not form.is_valid():
            return Refusal(number, item, [*_errors(form, edited)])
        changes = []
        for column in edited:
            old, new = column.value(item), _value_after(column, form)
            if new != old:
                before, after = (self._words.lines(column.field, value) for value in (old, new))
                changes.append(Change(column.label, before, after))
        return RowChange(number, cells, item, form, changes) if changes else None

    @cached_property
    def _words(self) -> Words:
        return Words([])


def _errors(form: ModelForm, edited: dict[Column, str]) -> Iterator[tuple[str, str]]:
    """What the form refuses: the column, then what it said and why."""
    columns = {column.name: (column.label, cell) for column, cell in edited.items()}
    for name, errors in form.errors.items():
        label, cell = columns.get(name) or (str(form.fields[name].label) if name in form.fields else "", "")
        yield label, (f"{_short(cell)}: " if cell.strip() else "") + " ".join(map(str, errors))


def _value_after(column: Column, form: ModelForm) -> Any:
    if column.field.many_to_many:
        return sorted(one.pk for one in form.cleaned_data[column.name])
    return column.value(form.instance)


def _short(text: str) -> str:
    said = " ".join(text.split())
    return f"“{said[:120]}{'…' if len(said) > 120 else ''}”" if said else "empty"
