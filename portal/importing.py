"""The contract that every importer keeps.

A reader of one app turns a document into facts about items. This module writes them: the same input twice changes
nothing; a changed source updates only what changed; what an editor changed is kept and reported; a status is set on
creation only; one bad item never loses the rest; whatever cannot be placed is reported by file and line.

The way it tells an editor's change from its own: ``ImportedItem`` keeps the values as they were last written.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from portal import documents, forwarding, search
from portal.documents import Document, DocumentError
from portal.models import ImportedItem
from portal.publishing import Publishable


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


Reader = Callable[[Document, Report], Iterable[Facts | Forward]]
Recogniser = Callable[[Document], bool]


@dataclass(frozen=True)
class Rows:
    """Rows that belong to an item (an inline of the admin): their model, foreign key, fields and own rows."""

    model: type[models.Model]
    parent: str
    fields: tuple[str, ...]
    rows: dict[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """How items of one model are written. ``find`` looks for one that the portal had before it was ever imported."""

    model: type[models.Model]
    find: Callable[[Facts], models.Model | None]
    rows: dict[str, Rows] = field(default_factory=dict)


_readers: list[tuple[str, Recogniser, Reader]] = []
_kinds: dict[type[models.Model], Kind] = {}


def reads(name: str, recognises: Recogniser) -> Callable[[Reader], Reader]:
    """Register the reader of one kind of document, called ``name`` in messages."""

    def register(reader: Reader) -> Reader:
        _readers.append((name, recognises, reader))
        return reader

    return register


def register_kind(kind: Kind) -> None:
    """Register a model. Items are written in the order in which their kinds are registered."""
    _kinds[kind.model] = kind


class DryRun(Exception):
    """Takes back all that a dry run wrote."""


def import_paths(paths: list[str], *, dry_run: bool = False) -> Report:
    """Import every document below ``paths``. With ``dry_run``, the report is the same and nothing is kept."""
    autodiscover_modules("importers")
    report = Report()
    facts: list[Facts | Forward] = []
    for path, root in documents.find(paths):
        try:
            document = documents.read(path, root)
        except DocumentError as error:
            report.reject(Source(str(path), error.line), str(error))
            continue
        facts += _read(document, report)
    try:
        with transaction.atomic():
            _Writer(facts, report).write()
            if dry_run:
                raise DryRun
    except DryRun:
        pass
    return report


def _read(document: Document, report: Report) -> list[Facts | Forward]:
    for _, recognises, reader in _readers:
        if recognises(document):
            try:
                return list(reader(document, report))
            except DocumentError as error:
                report.reject(Source(document.path, error.line), str(error))
                return []
    known = ", ".join(name for name, _, _ in _readers)
    message = "it has no front matter" if not document.front else "nothing in it tells what it is"
    report.reject(Source(document.path, 1), f"{message}; the portal reads {known}.")
    return []


class _Writer:
    """Writes the facts of one import, each item in its own savepoint."""

    def __init__(self, facts: list[Facts | Forward], report: Report) -> None:
        self.report = report
        self.forwards = [fact for fact in facts if isinstance(fact, Forward)]
        self.items: dict[tuple[type[models.Model], str], list[Facts]] = {}
        self.busy: set[tuple[type[models.Model], str]] = set()
        self.done: dict[tuple[type[models.Model], str], models.Model | None] = {}
        for fact in facts:
            if isinstance(fact, Forward):
                continue
            parts = self.items.setdefault((fact.model, fact.key), [])
            twin = next((part for part in parts if part.part == fact.part), None)
            if twin and twin.origin != fact.origin:
                report.reject(fact.source, f"“{fact.key}” stands at {twin.source} too.", fact.model, fact.key)
            elif not twin:
                parts.append(fact)

    def write(self) -> None:
        for model in _kinds:
            for of, key in list(self.items):
                if of is model:
                    self.item(model, key)
        for forward in self.forwards:
            self._forward(forward.path, forward.to, forward.source)

    def item(self, model: type[models.Model], key: str) -> models.Model | None:
        """The written item. Items that refer to each other are written in the order that this needs."""
        name = (model, key)
        if name in self.done or name in self.busy:
            return self.done.get(name)
        self.busy.add(name)
        parts = sorted(self.items[name], key=lambda part: part.rank)
        try:
            with transaction.atomic():
                item, outcome = self._write(_kinds[model], key, parts)
        except (ValidationError, DocumentError, DatabaseError) as error:
            messages = error.messages if isinstance(error, ValidationError) else [str(error)]
            line = getattr(error, "line", 0) or parts[-1].source.line
            self.report.reject(Source(parts[-1].source.path, line), f"{key}: {' '.join(messages)}", model, key)
            item = None
        else:
            self.report.outcomes.append((outcome, model, key))
        self.done[name] = item
        return item

    def _write(self, kind: Kind, key: str, parts: list[Facts]) -> tuple[models.Model | None, Outcome]:
        label = kind.model._meta.label_lower
        record = ImportedItem.objects.filter(model=label, key=key).first()
        if record is None:
            item = kind.find(parts[-1])
            record = ImportedItem(model=label, key=key)
        else:
            item = kind.model._default_manager.filter(pk=record.object_id).first()
            if item is None:
                self.report.note(parts[-1].source, f"“{key}” was deleted in the portal and stays deleted.")
                return None, Outcome.KEPT
        before = _merged(record)
        fresh = [part for part in parts if part.origin != record.parts.get(part.part, {}).get("origin")]
        for part in fresh:
            values = {name: self._stored(kind, value, part, name) for name, value in part.values.items()}
            record.parts[part.part] = {
                "text": part.text,
                "origin": part.origin,
                "rank": part.rank,
                "values": values,
            }
            self._compare(kind, part, record)
        created = item is None
        item = item or kind.model()
        outcome = self._apply(kind, item, before, record, parts, created)
        record.object_id = item.pk
        record.save()
        if isinstance(item, Publishable):
            for part in fresh:
                for address in part.addresses:
                    self._forward(address, item.get_absolute_url(), part.source)
        return item, outcome

    def _apply(
        self,
        kind: Kind,
        item: models.Model,
        before: dict[str, Any],
        record: ImportedItem,
        parts: list[Facts],
        created: bool,
    ) -> Outcome:
        """Write what the source changed and the editor did not."""
        merged = _merged(record)
        changed, kept = [], []
        for name, value in merged.items():
            if created:
                changed.append(name)
                continue
            current = _current(kind, item, name)
            edited = current != record.values[name] if name in record.values else current not in (None, "", [])
            moved = name not in before or before[name] != value
            if edited and current != value:
                kept.append(name)
            elif moved and not edited:
                changed.append(name)
        for name in kept:
            self.report.note(
                parts[-1].source, f"{record.key}: “{name}” was changed in the portal; the editor's version is kept."
            )
        if isinstance(item, Publishable):
            self._lifecycle(item, parts, created)
            texts = "\n\n".join(part["text"] for part in record.parts.values())
            renewed = (item.source_key, item.source_text) != (record.key, texts)
            item.source_key, item.source_text = record.key, texts
            if renewed and not changed:
                item.save(update_fields=["source_key", "source_text"])
        if changed:
            _save(kind, item, {name: merged[name] for name in changed})
            record.values |= {name: _current(kind, item, name) for name in changed}
        if changed and isinstance(item, Publishable):
            if created:
                self._log_creation(item, parts)
            search.index(item)
        if created:
            return Outcome.CREATED
        return Outcome.KEPT if kept else Outcome.UPDATED if changed else Outcome.UNCHANGED

    def _compare(self, kind: Kind, part: Facts, record: ImportedItem) -> None:
        """Report where two documents differ about one item."""
        mine = record.parts[part.part]
        for name, other in record.parts.items():
            for field_name, value in mine["values"].items():
                theirs = other["values"].get(field_name, value)
                if theirs == value or other["rank"] == mine["rank"]:
                    continue
                winner = name if other["rank"] > mine["rank"] else part.part
                self.report.note(
                    part.source,
                    f"{record.key}: “{field_name}” is {_shown(kind, field_name, value)} in the {part.part} and "
                    f"{_shown(kind, field_name, theirs)} in the {name}; the {winner} wins.",
                )

    def _lifecycle(self, item: Publishable, parts: list[Facts], created: bool) -> None:
        """A new item gets the status that its source gives; one that exists keeps its own."""
        wanted = {name: value for part in parts for name, value in part.at_creation.items()}
        status = wanted.get("status", item.Status("draft").value)
        if created:
            item.status = status
            if item.current_status.is_public:
                item.published_at = wanted.get("published_at") or timezone.now()
        elif "status" in wanted and item.status != status:
            self.report.note(
                parts[-1].source,
                f"{parts[-1].key}: the source says {item.Status(status).label}, the portal says "
                f"{item.current_status.label}; a status is set on creation only.",
            )

    def _log_creation(self, item: Publishable, parts: list[Facts]) -> None:
        wanted = {name: value for part in parts for name, value in part.at_creation.items()}
        if since := wanted.get("status_since"):
            item.record_change(old="", by=None, at=since, reason=wanted.get("status_reason", ""))

    def _forward(self, path: str, to: str, source: Source) -> None:
        if not forwarding.forward(path, to=to) and (known := forwarding.target_of(path)) not in {None, to}:
            self.report.note(source, f"{path} already forwards to {known}, not to {to}.")

    def _stored(self, kind: Kind, value: Any, part: Facts, name: str) -> Any:
        """A value as it is compared and kept: references as primary keys, dates and moments as ISO text."""
        if name in kind.rows:
            return _stored_rows(kind.rows[name], value or [])
        if isinstance(value, Ref):
            return self._resolve(value, part, name)
        if isinstance(value, list) and value and all(isinstance(one, Ref) for one in value):
            found = [self._resolve(one, part, name) for one in value]
            return sorted(pk for pk in found if pk is not None)
        return _plain(value)

    def _resolve(self, ref: Ref, part: Facts, name: str) -> int | None:
        item = self.item(ref.model, ref.key) if (ref.model, ref.key) in self.items else None
        if item is None:
            record = ImportedItem.objects.filter(model=ref.model._meta.label_lower, key=ref.key).first()
            item = ref.model._default_manager.filter(pk=record.object_id).first() if record else None
        if item is None:
            self.report.note(part.source, f"{part.key}: “{name}” names “{ref.key}”, which is not in the portal.")
            return None
        return int(item.pk)


def _merged(record: ImportedItem) -> dict[str, Any]:
    """What all parts of an item say together, the higher rank winning."""
    merged: dict[str, Any] = {}
    for part in sorted(record.parts.values(), key=lambda part: part["rank"]):
        merged.update(part["values"])
    return merged


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return (
            timezone.localtime(value).isoformat() if hasattr(value, "utcoffset") and value.tzinfo else value.isoformat()
        )
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _current(kind: Kind, item: models.Model, name: str) -> Any:
    """A field of an item in the form of ``_stored``."""
    if name in kind.rows:
        return _current_rows(kind.rows[name], item)
    found = item._meta.get_field(name)
    if found.many_to_many:
        return sorted(getattr(item, name).values_list("pk", flat=True))
    if found.is_relation:
        return getattr(item, f"{name}_id")
    return _plain(getattr(item, name))


def _shown(kind: Kind, name: str, value: Any) -> str:
    """A stored value in words, for a report."""
    found = kind.model._meta.get_field(name) if name not in kind.rows else None
    if found is not None and found.is_relation and found.related_model:
        keys = value if isinstance(value, list) else [value]
        items = found.related_model._default_manager.filter(pk__in=[key for key in keys if key])
        return ", ".join(f"“{item}”" for item in items) or "empty"
    text = " ".join(str(value or "").split())
    return f"“{text[:120]}{'…' if len(text) > 120 else ''}”" if text else "empty"


def _stored_rows(rows: Rows, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
        stored = {name: _plain(getattr(row, name)) for name in rows.fields}
        stored |= {name: _stored_rows(inner, value.get(name) or []) for name, inner in rows.rows.items()}
        found.append(stored)
    return found


def _current_rows(rows: Rows, item: models.Model) -> list[dict[str, Any]]:
    found = []
    for row in rows.model._default_manager.filter(**{rows.parent: item}).order_by("pk"):
        values = {name: _plain(getattr(row, name)) for name in rows.fields}
        values |= {name: _current_rows(inner, row) for name, inner in rows.rows.items()}
        found.append(values)
    return found


def _python(model: type[models.Model], name: str, value: Any) -> Any:
    return model._meta.get_field(name).to_python(value)  # type: ignore[union-attr]


def _save(kind: Kind, item: models.Model, values: dict[str, Any]) -> None:
    many = {}
    for name, value in values.items():
        if name in kind.rows:
            continue
        found = kind.model._meta.get_field(name)
        if found.many_to_many:
            many[name] = value
        elif found.is_relation:
            setattr(item, f"{name}_id", value)
        else:
            setattr(item, name, _python(kind.model, name, value))
    item.full_clean()
    item.save()
    for name, keys in many.items():
        getattr(item, name).set(keys)
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
