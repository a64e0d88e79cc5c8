"""An item's values in the form in which an import compares, keeps and shows them, and how they are written.

References are primary keys, dates and moments ISO text, and rows that belong to the item lists of dicts.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from portal.documents import DocumentError
from portal.facts import Kind, Rows


def plain_value(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return (
            timezone.localtime(value).isoformat() if hasattr(value, "utcoffset") and value.tzinfo else value.isoformat()
        )
    if isinstance(value, list):
        return [plain_value(one) for one in value]
    if isinstance(value, dict):
        return {name: plain_value(one) for name, one in value.items()}
    return value


def current_value(kind: Kind, item: models.Model, name: str) -> Any:
    """A field of an item in the form of ``_stored``."""
    if name in kind.rows:
        return _current_rows(kind.rows[name], item)
    found = item._meta.get_field(name)
    if found.many_to_many:
        return sorted(getattr(item, name).values_list("pk", flat=True))
    if found.is_relation:
        return getattr(item, f"{name}_id")
    return plain_value(getattr(item, name))


def shown(kind: Kind, name: str, value: Any) -> str:
    """A stored value in words, for a report."""
    found = kind.model._meta.get_field(name) if name not in kind.rows else None
    if found is not None and found.is_relation and found.related_model:
        keys = value if isinstance(value, list) else [value]
        items = found.related_model._default_manager.filter(pk__in=[key for key in keys if key])
        return ", ".join(f"“{item}”" for item in items) or "empty"
    text = " ".join(str(value or "").split())
    return f"“{text[:120]}{'…' if len(text) > 120 else ''}”" if text else "empty"


def room(model: type[models.Model], name: str) -> int:
    """How many characters a field of text holds."""
    longest: int = model._meta.get_field(name).max_length  # type: ignore[assignment, union-attr]
    return longest


def stored_rows(rows: Rows, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as ``_current_rows`` would find them, once they are written."""
    found = []
    for value in values:
        if not isinstance(value, dict):
            raise DocumentError(f"“{value}” should be a list of names and values.")
        if unknown := set(value) - set(rows.fields) - set(rows.rows):
            raise DocumentError(
                f"“{sorted(unknown)[0]}” is not known here; {', '.join([*rows.fields, *rows.rows])} are."
            )
        row = rows.model(**{name: _python(rows.model, name, value[name]) for name in rows.fields if name in value})
        stored = {name: plain_value(getattr(row, name)) for name in rows.fields}
        stored |= {name: stored_rows(inner, value.get(name) or []) for name, inner in rows.rows.items()}
        found.append(stored)
    return found


def _current_rows(rows: Rows, item: models.Model) -> list[dict[str, Any]]:
    found = []
    for row in rows.model._default_manager.filter(**{rows.parent: item}).order_by("pk"):
        values = {name: plain_value(getattr(row, name)) for name in rows.fields}
        values |= {name: _current_rows(inner, row) for name, inner in rows.rows.items()}
        found.append(values)
    return found


def _python(model: type[models.Model], name: str, value: Any) -> Any:
    return model._meta.get_field(name).to_python(value)  # type: ignore[union-attr]


def set_values(kind: Kind, item: models.Model, values: dict[str, Any]) -> None:
    """Put the item's own columns in place, without saving them."""
    for name, value in values.items():
        if name in kind.rows:
            continue
        found = kind.model._meta.get_field(name)
        if found.is_relation and not found.many_to_many:
            setattr(item, f"{name}_id", value)
        elif not found.is_relation:
            setattr(item, name, _python(kind.model, name, value))


def save_values(kind: Kind, item: models.Model, values: dict[str, Any]) -> None:
    """Save an item whose columns are in place, and what belongs to it in other tables. Raises ``ValidationError``."""
    if lacking := [name for name in kind.needs if getattr(item, name) in (None, "")]:
        raise ValidationError(dict.fromkeys(lacking, "The source does not say it, or names what is not there."))
    item.full_clean()
    item.save()
    for name, value in values.items():
        if name not in kind.rows and kind.model._meta.get_field(name).many_to_many:
            getattr(item, name).set(value)
    for name, rows in kind.rows.items():
        if name in values:
            rows.model._default_manager.filter(**{rows.parent: item}).delete()
            _save_rows(rows, item, values[name])


def _save_rows(rows: Rows, parent: models.Model, values: list[dict[str, Any]]) -> None:
    for value in values:
        row = rows.model(**{rows.parent: parent})
        for name in rows.fields:
            if name in value:
                setattr(row, name, _python(rows.model, name, value[name]))
        row.full_clean()
        row.save()
        for name, inner in rows.rows.items():
            _save_rows(inner, row, value.get(name, []))
