"""Columns of uploaded files: what is stored for each, and that it goes when nothing has it any more."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save


class StoredFileField(models.FileField):
    """A file that goes with the row that has it.

    One that was replaced, cleared or deleted with its row leaves the disk once that is committed, and not before: a
    save that is rolled back keeps it. Kept revisions only name it, for a file is never restored from one.
    """

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
        def discard() -> None:
            if not self.model._base_manager.filter(**{self.attname: name}).exists():
                for copy in self.copies(name):
                    self.storage.delete(copy)

        if name:
            # Whatever goes wrong is logged: by then the save has succeeded, and nobody is shown the file any more.
            transaction.on_commit(discard, robust=True)
