"""What every save leaves behind: who saved an item, when, why, and how it stood with its terms and rows.

Django-reversion keeps them. They are written explicitly, by ``record``, wherever an item is written: the admin, the
importer and the moves of a status. A revision is never written back over an item: it is shown, compared, or put into
the form of an editor, who saves it like anything else.

An item is kept whole. What is edited both on its own page and among the rows of another (a placement of a project, a
question of a section) is a part of that one, and every save of the part is a revision of the whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import reversion
from django.contrib.admin.utils import NestedObjects
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.fields.files import FieldFile
from reversion.models import Version

from portal.models import RevisionAuthor, User, person_in_words

BEFORE = "As it stood before its history was kept"
DELETED = "Deleted"
COMMENT_LENGTH = 300

_parts: dict[type[models.Model], tuple[models.ForeignKey[Any, Any], ...]] = {}
_wholes: dict[type[models.Model], models.ForeignKey[Any, Any]] = {}


def register(model: type[models.Model], *parts: str) -> None:
    """Keep the history of ``model``. ``parts`` are the names by which it knows its rows, registered before it."""
    generated = [one.name for one in model._meta.concrete_fields if one.generated]
    reversion.register(model, follow=parts, exclude=generated)
    links = [cast(Any, model._meta.get_field(name)).field for name in parts]
    _parts[model] = tuple(links)
    _wholes.update({link.model: link for link in links})


def is_kept(item: models.Model) -> bool:
    """Whether the history of such items is kept."""
    return type(item) in _parts


def parts_of(model: type[models.Model]) -> tuple[models.ForeignKey[Any, Any], ...]:
    """The relations by which rows belong to an item."""
    return _parts.get(model, ())


def link_to_whole(model: type[models.Model]) -> models.ForeignKey[Any, Any] | None:
    """The relation by which items of this kind belong to another, if they do."""
    return _wholes.get(model)


def whole_of(item: models.Model) -> models.Model:
    """What an item is a part of, and what that is a part of; else the item itself."""
    link = _wholes.get(type(item))
    if link is None:
        return item
    above = link.related_model._base_manager.filter(pk=getattr(item, link.attname)).first()
    return whole_of(above) if above is not None else item


# Writing


@transaction.atomic
def record(*items: models.Model, by: User | None, comment: str = "") -> None:
    """Keep how these items stand now, in one revision. Call it when everything about them has been written."""
    wholes = {(type(whole), whole.pk) for whole in map(whole_of, items) if is_kept(whole)}
    if wholes:
        _write([model._base_manager.get(pk=pk) for model, pk in wholes], by, comment)


def record_before(item: models.Model) -> None:
    """Keep how an item stands that has no history yet. Call it before it is written over."""
    whole = whole_of(item)
    if is_kept(whole) and whole.pk and not latest(whole):
        record(whole, by=None, comment=BEFORE)


@contextmanager
def deleting(items: Sequence[models.Model], *, by: User | None) -> Iterator[None]:
    """Keep how items stand that go in this context, and all that goes with them; then what they were parts of."""
    with transaction.atomic():
        collector = NestedObjects(using=DEFAULT_DB_ALIAS)
        collector.collect(items)
        groups = [*collector.data.values(), *collector.fast_deletes]
        going = {(type(one), one.pk): one for group in groups for one in group if is_kept(one)}
        if going:
            _write([model._base_manager.get(pk=pk) for model, pk in going], by, DELETED)
        wholes = {(type(whole), whole.pk): whole for whole in map(whole_of, going.values())}
        yield
        record(*(whole for name, whole in wholes.items() if name not in going), by=by, comment="A part was deleted")


def _write(items: Sequence[models.Model], by: User | None, comment: str) -> None:
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(by)
        reversion.set_comment(comment[:COMMENT_LENGTH])
        # The account may go; who it was is kept in words.
        reversion.add_meta(RevisionAuthor, name=person_in_words(by))
        for item in items:
            reversion.add_to_revision(item)


# Reading


@dataclass(frozen=True)
class Snapshot:
    """An item at one moment: the values of its columns by name, references as primary keys, and its rows."""

    model: type[models.Model]
    pk: Any
    values: dict[str, Any]
    parts: dict[str, list[Snapshot]] = field(default_factory=dict)

    def rows(self, model: type[models.Model]) -> dict[str, Snapshot]:
        """Its rows of one kind, by primary key as text."""
        return {str(row.pk): row for rows in self.parts.values() for row in rows if row.model is model}


@dataclass(frozen=True)
class Save:
    """One revision of one item, as people see it."""

    version: Version
    snapshot: Snapshot

    @property
    def id(self) -> int:
        return int(self.version.revision_id)

    @property
    def at(self) -> dt.datetime:
        moment: dt.datetime = self.version.revision.date_created
        return moment

    @property
    def comment(self) -> str:
        return str(self.version.revision.comment)

    @property
    def author(self) -> str:
        return author_of(self.version.revision)


def author_of(revision: Any) -> str:
    """Who made a revision, in words that outlive the account."""
    kept = getattr(revision, "author", None)
    return (kept.name if kept else person_in_words(revision.user)) or "The portal"


def versions_of(model: type[models.Model], pk: Any) -> models.QuerySet[Version]:
    """Every revision of one item, the newest first."""
    found: models.QuerySet[Version] = Version.objects.get_for_object_reference(model, pk)
    return found.select_related("revision__user", "revision__author").order_by("-revision_id")


def latest(item: models.Model) -> int:
    """The number of an item's newest revision; 0 without any. It is never given to another revision."""
    found = Version.objects.get_for_object(item).order_by("-revision_id").values_list("revision_id", flat=True).first()
    return int(found or 0)


def saves(versions: Iterable[Version]) -> list[Save]:
    """These versions with what they hold, in a fixed number of queries."""
    versions = list(versions)
    models_below = _below(versions[0]._model) if versions else []
    rows: dict[tuple[int, type[models.Model]], list[tuple[Any, dict[str, Any]]]] = {}
    if models_below:
        types = [ContentType.objects.get_for_model(model) for model in models_below]
        revisions = {version.revision_id for version in versions}
        below = Version.objects.filter(revision_id__in=revisions, content_type__in=types).order_by("pk")
        for row in below:
            rows.setdefault((row.revision_id, row._model), []).append(_values_of(row))

    def whole(revision: int, model: type[models.Model], pk: Any, values: dict[str, Any]) -> Snapshot:
        parts = {
            link.remote_field.get_accessor_name() or "": [
                whole(revision, link.model, row_pk, row_values)
                for row_pk, row_values in rows.get((revision, link.model), [])
                if row_values.get(link.name) == pk
            ]
            for link in parts_of(model)
        }
        return Snapshot(model, pk, values, parts)

    return [Save(version, whole(version.revision_id, version._model, *_values_of(version))) for version in versions]


def save_of(model: type[models.Model], pk: Any, revision: str) -> Save | None:
    """One revision of an item by its number, which may come from an address."""
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        return None
    return next(iter(saves(versions_of(model, pk).filter(revision_id=int(revision)))), None)


def now(item: models.Model) -> Snapshot:
    """How an item stands in the database, with its rows."""
    model = type(item)
    stored = model._base_manager.get(pk=item.pk)
    values = {one.name: plain(one.value_from_object(stored)) for one in model._meta.concrete_fields}
    for many in model._meta.many_to_many:
        values[many.name] = sorted(getattr(stored, many.name).values_list("pk", flat=True))
    parts = {
        link.remote_field.get_accessor_name() or "": [
            now(row) for row in link.model._default_manager.filter(**{link.name: stored})
        ]
        for link in parts_of(model)
    }
    return Snapshot(model, stored.pk, values, parts)


def plain(value: Any) -> Any:
    """A value as revisions hold it: an uploaded file by its name, a moment to the millisecond."""
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value.name or "" if isinstance(value, FieldFile) else value


def _below(model: type[models.Model]) -> list[type[models.Model]]:
    return [below for link in parts_of(model) for below in [link.model, *_below(link.model)]]


def _values_of(version: Version) -> tuple[Any, dict[str, Any]]:
    """The primary key and the values by name. What the model has lost since is left out, what it gained is empty."""
    model, held = version._model, version.field_dict
    opts = model._meta
    values = {one.name: plain(held.get(one.attname)) for one in opts.concrete_fields if not one.generated}
    for many in opts.many_to_many:
        to_python = many.related_model._meta.pk.to_python
        values[many.name] = sorted(to_python(pk) for pk in held.get(many.name) or [])
    return values[opts.pk.name], values
