"""Columns of uploaded files: what is stored for each, and that it goes when nothing has it any more.

A file is stored before the row that names it, and removed after the row has gone: so no row ever names a file that is
not there. What is left over goes too: what a save wrote that was then rolled back, at the end of the request; and what
a process left that was stopped between the two, by ``sweep``.
"""

from __future__ import annotations

import datetime as dt
import logging
import posixpath
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.core.files.storage import Storage, default_storage
from django.core.signals import request_finished, request_started
from django.db import Error, models, transaction
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete, post_save

from portal.media_storage import PART

logger = logging.getLogger(__name__)


class _Written(threading.local):
    """What this thread has stored since its request began, each with its column."""

    def __init__(self) -> None:
        self.names: list[tuple[StoredFileField, str]] = []


_written = _Written()


class StoredFile(FieldFile):
    """A file of a row. It is remembered when it is stored, in case its row never is."""

    field: StoredFileField

    def save(self, name: str, content: Any, save: bool = True) -> None:
        super().save(name, content, save)
        _written.names.append((self.field, str(self.name)))


class StoredFileField(models.FileField):
    """A file that goes with the row that has it.

    One that was replaced, cleared or deleted with its row leaves the disk once that is committed, and not before: a
    save that is rolled back keeps it. Kept revisions only name it, for a file is never restored from one.
    """

    attr_class = StoredFile

    def copies(self, name: str) -> list[str]:
        """The names of all files that are stored for the one that a row names."""
        return [name]

    def original(self, name: str) -> str:
        """The name by which a row knows a stored file, which may be a copy."""
        return name

    def contribute_to_class(self, cls: type[models.Model], name: str, *args: Any, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        if not cls._meta.abstract:
            post_save.connect(self._on_save, sender=cls)
            post_delete.connect(self._on_deletion, sender=cls)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        before = "" if add else self._stored_name(model_instance)
        file = super().pre_save(model_instance, add)
        if before != (file.name or ""):
            setattr(model_instance, self._replaced, before)
        return file

    @property
    def _replaced(self) -> str:
        """Where an item keeps the name of a file until it is saved without it."""
        return f"_replaced_{self.attname}"

    def _stored_name(self, item: models.Model) -> str:
        found = type(item)._base_manager.filter(pk=item.pk).values_list(self.attname, flat=True).first()
        return str(found or "")

    def _on_save(self, instance: models.Model, **kwargs: Any) -> None:
        self._discard_later(instance.__dict__.pop(self._replaced, ""))

    def _on_deletion(self, instance: models.Model, **kwargs: Any) -> None:
        self._discard_later(getattr(instance, self.attname).name or "")

    def _discard_later(self, name: str) -> None:
        if name:
            # Whatever goes wrong is logged: by then the save has succeeded, and nobody is shown the file any more.
            transaction.on_commit(lambda: self.discard(name), robust=True)

    def is_named(self, name: str) -> bool:
        """Whether a row has the file of this name."""
        return self.model._base_manager.filter(**{self.attname: name}).exists()

    def discard(self, name: str) -> None:
        """Remove a file with its copies, unless a row has it."""
        if not self.is_named(name):
            for copy in self.copies(name):
                self.storage.delete(copy)


def begin(**kwargs: Any) -> None:
    """What was stored outside of a request, such as by a command, is for `sweep`."""
    _written.names = []


def discard_rolled_back(**kwargs: Any) -> None:
    """Remove what was stored for rows that were then not saved.

    The database is asked, and nothing is concluded from an error: where a connection breaks during the commit, the row
    may be there.
    """
    names, _written.names = _written.names, []
    for field, name in names:
        try:
            field.discard(name)
        except (Error, OSError):  # the request is over; `sweep` comes back for it
            logger.exception("It is not known whether %s is still needed.", name)


request_started.connect(begin)
request_finished.connect(discard_rolled_back)


@cache
def columns() -> tuple[StoredFileField, ...]:
    """Every column of files that the portal has."""
    fields = (field for model in apps.get_models() for field in model._meta.local_concrete_fields)
    return tuple(field for field in fields if isinstance(field, StoredFileField))


def sweep(before: dt.datetime, *, dry_run: bool = False) -> list[str]:
    """Remove what was left over before a moment: files that no row has, and parts of files. Returns their names.

    What stands in texts stays, since kept revisions may show it again, and so does all that the portal did not store.
    """
    found = sorted({*_without_row(), *_parts(default_storage)})
    left = [name for name in found if default_storage.get_modified_time(name) < before]
    if not dry_run:
        for name in left:
            default_storage.delete(name)
    return left


def _without_row() -> Iterator[str]:
    for column in columns():
        folder = str(column.upload_to)
        names = [posixpath.join(folder, name) for name in _listed(column.storage, folder)[1]]
        rows = column.model._base_manager.exclude(**{column.attname: ""}).values_list(column.attname, flat=True)
        known = {copy for name in rows if name for copy in column.copies(str(name))}
        yield from (name for name in names if name not in known)


def _parts(storage: Storage, folder: str = "") -> Iterator[str]:
    folders, names = _listed(storage, folder)
    yield from (posixpath.join(folder, name) for name in names if name.startswith(".") and name.endswith(PART))
    for inner in folders:
        yield from _parts(storage, posixpath.join(folder, inner))


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored there
        return [], []
