"""An old text in the form of today: nothing is written back, an editor looks at it and saves it like anything else.

Addresses, dates, the application round and uploaded files stay as they are now, for readers, deadlines and consent
rely on them; the form says where they were different. A status is in no form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models

from portal.comparison import Change, Words, compared_fields, label_of
from portal.revisions import Save, Snapshot, now

KEPT_TYPES = (models.DateField, models.FileField, models.SlugField)


@dataclass(frozen=True)
class Restored:
    """A revision that a form is to be filled with: of ``item``, or of something deleted where there is none."""

    save: Save
    item: models.Model | None
    kept_names: tuple[str, ...] = ()

    def fill(self, form: forms.BaseForm) -> None:
        """Put the old values into the form of the item."""
        form.initial.update(self._values(self.save.snapshot, form.fields))

    def fill_rows(self, formset: Any) -> None:
        """Put the old values into the forms of rows that still exist."""
        old = self.save.snapshot.rows(formset.model)
        for form in formset.initial_forms:
            if row := old.get(str(form.instance.pk)):
                form.initial.update(self._values(row, form.fields))

    def lost_rows(self, formset: Any) -> list[dict[str, Any]]:
        """The values of rows that do not exist any more, which come as new ones."""
        names = [*formset.form.base_fields]
        return [self._everything(row, names) for row in self._gone(formset.model)]

    def _gone(self, model: type[models.Model]) -> list[Snapshot]:
        rows = self.save.snapshot.rows(model)
        if self.item is None:
            return [*rows.values()]
        present = {str(pk) for pk in model._base_manager.filter(pk__in=rows).values_list("pk", flat=True)}
        return [row for pk, row in rows.items() if pk not in present]

    def _values(self, snapshot: Snapshot, names: Iterable[str]) -> dict[str, Any]:
        if self.item is None:
            return self._everything(snapshot, names)
        kept = {one.name for one in compared_fields(snapshot.model) if self._stays(one)}
        return {name: snapshot.values[name] for name in names if name in snapshot.values and name not in kept}

    @staticmethod
    def _everything(snapshot: Snapshot, names: Iterable[str]) -> dict[str, Any]:
        files = {one.name for one in snapshot.model._meta.fields if isinstance(one, models.FileField)}
        return {name: snapshot.values[name] for name in names if name in snapshot.values and name not in files}

    def _stays(self, one: Any) -> bool:
        return not one.editable or isinstance(one, KEPT_TYPES) or one.name in self.kept_names

    def stays(self) -> list[Change]:
        """What was different then and is not put into the form: ``old`` is then, ``new`` is now."""
        then = self.save.snapshot
        if self.item is None:
            files = [one for one in compared_fields(then.model) if isinstance(one, models.FileField)]
            return [Change(label_of(one), [then.values[one.name]], []) for one in files if then.values[one.name]]
        present = now(self.item)
        words = Words([then, present])
        return [
            Change(
                label_of(one), words.lines(one, then.values.get(one.name)), words.lines(one, present.values[one.name])
            )
            for one in compared_fields(then.model)
            if self._stays(one) and then.values.get(one.name) != present.values[one.name]
        ]

    def notes(self, formsets: Iterable[Any]) -> list[str]:
        """What else the editor should know of the rows."""
        found = []
        for formset in formsets:
            kind = formset.model._meta
            then = self.save.snapshot.rows(formset.model)
            gone = self._gone(formset.model)
            later = [form for form in formset.initial_forms if str(form.instance.pk) not in then]
            if gone and self.item is not None:
                found.append(f"{kind.verbose_name_plural.capitalize()} deleted since come back as new rows.")
            if later:
                found.append(f"{kind.verbose_name_plural.capitalize()} added since stay as they are.")
            files = [one.name for one in kind.fields if isinstance(one, models.FileField)]
            if any(row.values.get(name) for row in gone for name in files):
                found.append(f"Files go when they are deleted: choose those of the {kind.verbose_name_plural} again.")
            below = {name for row in gone for name, rows in row.parts.items() if rows}
            for name in sorted(below):
                found.append(f"The {name} of deleted {kind.verbose_name_plural} are not in this form.")
        return found
