"""The contract that every importer keeps.

A reader of one app turns a document into facts about items. This module writes them: the same input twice changes
nothing; a changed source updates only what changed; what an editor changed is kept and reported; a status is set on
creation only; one bad item never loses the rest; whatever cannot be placed is reported by file and line.

The way it tells an editor's change from its own: ``ImportedItem`` keeps the values as they were last written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from portal import date_changes, documents, forwarding, revisions, search, unavailable
from portal.documents import Document, DocumentError
from portal.facts import Facts, Forward, Kind, Outcome, Ref, Report, Rows, Source
from portal.item_values import current_value, plain_value, save_values, set_values, shown, stored_rows
from portal.models import ImportedItem
from portal.publishing import Publishable
from portal.windows import ApplicationWindow

__all__ = [
    "Facts",
    "Forward",
    "Kind",
    "Outcome",
    "Ref",
    "Report",
    "Rows",
    "Source",
    "import_paths",
    "reads",
    "register_kind",
    "settles",
]

Reader = Callable[[Document, Report], Iterable[Facts | Forward]]
Recogniser = Callable[[Document], bool]
Settler = Callable[[list[Facts | Forward], Report], list[Facts | Forward]]

_readers: list[tuple[str, Recogniser, Reader]] = []
_settlers: list[Settler] = []
_kinds: dict[type[models.Model], Kind] = {}


def reads(name: str, recognises: Recogniser) -> Callable[[Reader], Reader]:
    """Register the reader of one kind of document, called ``name`` in messages."""

    def register(reader: Reader) -> Reader:
        _readers.append((name, recognises, reader))
        return reader

    return register


def settles(settler: Settler) -> Settler:
    """Register what looks at the facts of all documents at once, before any is written.

    Some documents name an item without its key. What they say can only be given to it when all of them are read.
    """
    _settlers.append(settler)
    return settler


def register_kind(kind: Kind) -> None:
    """Register a model. Items are written in the order in which their kinds are registered."""
    _kinds[kind.model] = kind


class DryRun(Exception):
    """Takes back all that a dry run wrote."""


def import_paths(paths: list[str], *, dry_run: bool = False) -> Report:
    """Import every document below ``paths``. With ``dry_run``, the report is the same and nothing is kept.

    Raises Django's ``Error`` or ``OSError`` where the database or a disk fails; then nothing is kept either.
    """
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
    for settle in _settlers:
        facts = settle(facts, report)
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
        self.written: list[models.Model] = []
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
        # At the end, so that the questions of a section are kept once, and with everything that refers to them.
        wholes = {(type(whole), whole.pk): whole for whole in map(revisions.whole_of, self.written)}
        for whole in wholes.values():
            revisions.record(whole, by=None, comment="Imported")

    def item(self, model: type[models.Model], key: str) -> models.Model | None:
        """The written item. Items that refer to each other are written in the order that this needs."""
        name = (model, key)
        if name in self.done or name in self.busy:
            return self.done.get(name)
        self.busy.add(name)
        parts = sorted(self.items[name], key=lambda part: part.rank)
        for ref in _refs(parts):  # before its own savepoint, which may take back all that is written within
            if (ref.model, ref.key) in self.items:
                self.item(ref.model, ref.key)
        written = len(self.written)
        try:
            with transaction.atomic():
                item, outcome = self._write(_kinds[model], key, parts)
        except (ValidationError, DocumentError, DatabaseError, ValueError) as error:
            if unavailable.passes(error):
                raise  # no fault of this item: those before it could be gone, or come to be
            line = getattr(error, "line", 0) or parts[-1].source.line
            self.report.reject(Source(parts[-1].source.path, line), f"{key}: {_in_words(error)}", model, key)
            del self.written[written:]
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
            # Held, so that no editor who saves in the meantime is written over.
            item = kind.model._default_manager.select_for_update().filter(pk=record.object_id).first()
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
            current = current_value(kind, item, name)
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
            texts = "\n\n".join(part["text"] for part in _by_rank(record))
            renewed = (item.source_key, item.source_text) != (record.key, texts)
            item.source_key, item.source_text = record.key, texts
            if renewed and not changed:
                item.save(update_fields=["source_key", "source_text"])
        if changed:
            values = {name: merged[name] for name in changed}
            if not created:
                revisions.record_before(item)
            dates = date_changes.dates_of(item) if isinstance(item, ApplicationWindow) else {}
            set_values(kind, item, values)
            if created and isinstance(item, Publishable):
                self._hold_back(item, parts[-1])
            save_values(kind, item, values)
            if isinstance(item, ApplicationWindow) and not created:
                date_changes.record(item, before=dates, by=None)
            record.values |= {name: current_value(kind, item, name) for name in changed}
            self.written.append(item)
        if changed and isinstance(item, Publishable) and created:
            self._log_creation(item, parts)
        if changed and isinstance(item, search.Findable):
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
                    f"{record.key}: “{field_name}” is {shown(kind, field_name, value)} in the {part.part} and "
                    f"{shown(kind, field_name, theirs)} in the {name}; the {winner} wins.",
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

    def _hold_back(self, item: Publishable, part: Facts) -> None:
        """What may not be public yet is a draft, and staff publish it: nothing of the source is lost."""
        if item.current_status.is_public and (why := item.refuse_move(item.current_status)):
            item.status, item.published_at = "draft", None
            self.report.note(part.source, f"{part.key} is imported as a draft: {why}")

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
            return stored_rows(kind.rows[name], value or [])
        if isinstance(value, Ref):
            return self._resolve(value, part, name)
        if isinstance(value, list) and value and all(isinstance(one, Ref) for one in value):
            found = [self._resolve(one, part, name) for one in value]
            return sorted(pk for pk in found if pk is not None)
        return plain_value(value)

    def _resolve(self, ref: Ref, part: Facts, name: str) -> int | None:
        item = self.item(ref.model, ref.key) if (ref.model, ref.key) in self.items else None
        if item is None:
            record = ImportedItem.objects.filter(model=ref.model._meta.label_lower, key=ref.key).first()
            item = ref.model._default_manager.filter(pk=record.object_id).first() if record else None
        if item is None:
            # One that staff made by hand, such as a cohort.
            named = Facts(ref.model, ref.key, "", {"name": ref.key, "aliases": []}, part.source)
            item = _kinds[ref.model].find(named)
        if item is None:
            self.report.note(part.source, f"{part.key}: “{name}” names “{ref.key}”, which is not in the portal.")
            return None
        return int(item.pk)


def _refs(parts: list[Facts]) -> Iterator[Ref]:
    """Every other item that the facts of one name."""
    for part in parts:
        for value in part.values.values():
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Ref))


def _in_words(error: Exception) -> str:
    """What is wrong, on one line, with the name of each field that is."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if name == NON_FIELD_ERRORS else f"“{name}”: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    )


def _by_rank(record: ImportedItem) -> list[dict[str, Any]]:
    """The parts in an order that does not depend on how a database keeps them; PostgreSQL sorts names anew."""
    return [part for _, part in sorted(record.parts.items(), key=lambda pair: (pair[1]["rank"], pair[0]))]


def _merged(record: ImportedItem) -> dict[str, Any]:
    """What all parts of an item say together, the higher rank winning."""
    merged: dict[str, Any] = {}
    for part in _by_rank(record):
        merged.update(part["values"])
    return merged
