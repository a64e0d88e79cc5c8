"""Two editors on one item: the second to save is told what the first saved, and neither loses a word.

A form carries the number of the item's newest revision. Where that is no longer the newest when it comes back, three
texts meet for each field: the one that both began with, the one that is stored, and the one that was sent. What only
the other editor changed is taken over; what both changed stays as it was sent, with the other's beside it. Nothing is
saved until the editor has seen that and saves again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.text import Truncator

from portal.comparison import Words, compared_fields, label_of
from portal.revisions import BEFORE, Save, Snapshot, latest, now, parts_of, save_of, saves, versions_of

BEGUN_WITH = "item_revision"
MOST_ROWS = 1_000
MOST_SAVES = 10  # named in the message

Files = MultiValueDict[str, Any]


@dataclass(frozen=True)
class Clash:
    """A field that both changed: what is stored, and what was sent."""

    label: str
    theirs: list[str]
    mine: list[str]
    is_file: bool = False


@dataclass
class Conflict:
    """What came between, and the form's data with what only the others changed put into it."""

    saves: list[Save]
    data: QueryDict
    clashes: list[Clash] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def author(self) -> str:
        names = list(dict.fromkeys(save.author for save in self.saves))
        return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names) or "Somebody else"

    @property
    def matters(self) -> bool:
        """Whether there is anything for the editor to see; a status that moved in between is none of the form's."""
        return bool(self.clashes or self.taken or self.notes)


def find(
    item: models.Model, form_class: type[forms.ModelForm], formsets: list[Any], data: QueryDict, files: Files
) -> Conflict | None:
    """What others saved since the form was opened, if it touches what the form holds. ``item`` must be locked."""
    begun, newest = data.get(BEGUN_WITH, ""), latest(item)
    if begun == str(newest) or (not newest and not begun):
        return None
    base = _begun_with(item, begun)
    theirs = now(item)
    since = versions_of(type(item), item.pk).filter(revision_id__gt=int(begun) if base and begun else 0)
    since = since.exclude(revision__comment=BEFORE)
    found = Conflict(saves=saves(since[:MOST_SAVES]), data=data.copy())
    merger = _Merger(found, files, Words([theirs, *([base] if base else [])]))
    merger.fields(form_class, None, base, theirs)
    for formset in formsets:
        if formset.fk in parts_of(type(item)):
            merger.rows(formset, item, base, theirs)
    return found if found.matters else None


def _begun_with(item: models.Model, begun: str) -> Snapshot | None:
    """How the item stood when the form was opened; None where nobody knows."""
    if begun == "0":  # it had no history then; that begins with how it stood
        first = saves(versions_of(type(item), item.pk).order_by("revision_id")[:1])
        return first[0].snapshot
    save = save_of(type(item), item.pk, begun)
    return save.snapshot if save else None


class _Merger:
    """Puts three states of an item together, field by field."""

    def __init__(self, found: Conflict, files: Files, words: Words) -> None:
        self.found, self.files, self.words = found, files, words

    def fields(
        self,
        form_class: type[forms.ModelForm],
        prefix: str | None,
        base: Snapshot | None,
        theirs: Snapshot,
        row: str = "",
    ) -> None:
        before = form_class(initial=base.values if base else {}, prefix=prefix)
        after = form_class(initial=theirs.values, prefix=prefix)
        for name, control in after.fields.items():
            column = _column(theirs.model, name)
            sent = control.widget.value_from_datadict(self.found.data, self.files, after.add_prefix(name))
            if column is None or control.disabled or not _differs(after, name, sent):
                continue
            label = f"{row}: {label_of(column)}" if row else label_of(column)
            if base is not None and not _differs(before, name, sent):
                for html_name, values in _as_sent(control.widget, after.add_prefix(name), control, theirs.values[name]):
                    self.found.data.setlist(html_name, values)
                self.found.taken.append(label)
            elif base is None or base.values.get(name) != theirs.values.get(name):
                is_file = isinstance(control, forms.FileField)
                mine = ["The file that you chose"] if is_file else self._mine(control, column, sent)
                self.found.clashes.append(
                    Clash(label, self.words.lines(column, theirs.values.get(name)), mine, is_file)
                )

    def _mine(self, control: forms.Field, column: Any, sent: Any) -> list[str]:
        try:
            value = control.clean(sent)
        except ValidationError:
            value = sent
            return [str(part) for part in sent] if isinstance(sent, list) else str(sent or "").splitlines()
        if isinstance(value, models.Model):
            value = value.pk
        elif isinstance(value, models.QuerySet):
            value = [one.pk for one in value]
        return self.words.lines(column, value)

    def rows(self, formset: Any, item: models.Model, base: Snapshot | None, theirs: Snapshot) -> None:
        """The rows of one kind: those of both, then those that are new."""
        data, prefix, key = self.found.data, formset.get_default_prefix(), formset.model._meta.pk.name
        stored = theirs.rows(formset.model)
        begun = base.rows(formset.model) if base else {}
        kept: list[dict[str, list[str]]] = []
        fresh: list[dict[str, list[str]]] = []
        seen = set()
        for index, row in enumerate(_rows_sent(data, prefix)):
            pk = (row.get(key) or [""])[0]
            seen.add(pk)
            if not pk:
                fresh.append(row)
            elif pk in stored:
                self._row_of_both(formset, f"{prefix}-{index}", begun.get(pk), stored[pk], "DELETE" in row)
                kept.append(_row_sent(data, f"{prefix}-{index}"))
            elif self._row_that_went(formset, f"{prefix}-{index}", begun.get(pk), row):
                fresh.append({name: values for name, values in row.items() if name not in {key, "DELETE"}})
        for pk, snapshot in stored.items():
            if pk not in seen:
                kept.append(self._row_that_came(formset, snapshot, item))
        _write_rows(data, prefix, kept, fresh)

    def _row_of_both(self, formset: Any, prefix: str, base: Snapshot | None, theirs: Snapshot, goes: bool) -> None:
        name = self._named(theirs)
        if not goes:
            self.fields(formset.form, prefix, base, theirs, row=name)
        elif base is None or base.values != theirs.values:
            self.found.notes.append(f"You mark “{name}” to be deleted; {self.found.author} changed it.")

    def _row_that_went(self, formset: Any, prefix: str, base: Snapshot | None, row: dict[str, list[str]]) -> bool:
        """Whether a row that the other deleted holds something of this editor's, and so comes back."""
        if "DELETE" in row:
            return False
        form = formset.form(initial=base.values if base else {}, prefix=prefix)
        changed = base is None or any(
            _differs(form, name, control.widget.value_from_datadict(self.found.data, self.files, form.add_prefix(name)))
            for name, control in form.fields.items()
        )
        name = self._named(base) if base else "A row"
        self.found.notes.append(
            f"{self.found.author} deleted “{name}”. "
            + ("You changed it, so it comes back as a new row." if changed else "It is not in this form any more.")
        )
        return changed

    def _row_that_came(self, formset: Any, theirs: Snapshot, item: models.Model) -> dict[str, list[str]]:
        form = formset.form(initial=theirs.values)
        row = {formset.model._meta.pk.name: [str(theirs.pk)], formset.fk.name: [str(item.pk)]}
        for name, control in form.fields.items():
            row |= dict(_as_sent(control.widget, name, control, form.get_initial_for_field(control, name)))
        self.found.notes.append(f"{self.found.author} added “{self._named(theirs)}”.")
        return row

    def _named(self, snapshot: Snapshot) -> str:
        """A row by the first words that stand in it."""
        for one in compared_fields(snapshot.model):
            if not one.is_relation and (lines := self.words.lines(one, snapshot.values.get(one.name))):
                return Truncator(lines[0]).words(8)
        return str(snapshot.model._meta.verbose_name)


def as_new(data: QueryDict, formsets: list[Any]) -> QueryDict:
    """What was sent about an item that has gone, as the form of a new one would send it."""
    fresh = data.copy()
    for formset in formsets:
        key, prefix = formset.model._meta.pk.name, formset.get_default_prefix()
        rows = [row for row in _rows_sent(fresh, prefix) if "DELETE" not in row]
        without = {key, formset.fk.name}
        _write_rows(fresh, prefix, [], [{name: row[name] for name in row if name not in without} for row in rows])
    return fresh


def _column(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _differs(form: forms.BaseForm, name: str, sent: Any) -> bool:
    """Whether what was sent is another value than the form's initial one; line ends are no difference."""
    control = form.fields[name]
    initial = form.get_initial_for_field(control, name)
    return control.has_changed(_one_line_end(initial), _one_line_end(sent))


def _one_line_end(value: Any) -> Any:
    return re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value


def _as_sent(widget: Any, name: str, control: forms.Field, value: Any) -> Iterator[tuple[str, list[str]]]:
    """What a browser would send of a control that shows ``value``."""
    widget = getattr(widget, "widget", widget)  # the admin wraps the choice of related things
    if isinstance(widget, forms.MultiWidget):
        several = cast(Any, widget)  # the stubs do not know all that it says of its parts
        for suffix, inner, part in zip(several.widgets_names, several.widgets, several.decompress(value), strict=True):
            yield from _as_sent(inner, name + suffix, control, part)
        return
    if isinstance(widget, forms.CheckboxInput):
        yield name, ["on"] if value else []
        return
    shown = widget.format_value(value if isinstance(control, forms.MultiValueField) else control.prepare_value(value))
    yield name, [str(one) for one in shown] if isinstance(shown, list) else ["" if shown is None else str(shown)]


def _rows_sent(data: QueryDict, prefix: str) -> list[dict[str, list[str]]]:
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    number = min(int(total), MOST_ROWS) if total.isascii() and total.isdigit() else 0
    return [_row_sent(data, f"{prefix}-{index}") for index in range(number)]


def _row_sent(data: QueryDict, prefix: str) -> dict[str, list[str]]:
    start = f"{prefix}-"
    return {name.removeprefix(start): data.getlist(name) for name in data if name.startswith(start)}


def _write_rows(
    data: QueryDict, prefix: str, kept: list[dict[str, list[str]]], fresh: list[dict[str, list[str]]]
) -> None:
    for name in [name for name in data if re.match(rf"{re.escape(prefix)}-\d+-", name)]:
        del data[name]
    for index, row in enumerate([*kept, *fresh]):
        for name, values in row.items():
            data.setlist(f"{prefix}-{index}-{name}", values)
    data[f"{prefix}-TOTAL_FORMS"], data[f"{prefix}-INITIAL_FORMS"] = str(len(kept) + len(fresh)), str(len(kept))
