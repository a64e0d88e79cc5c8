"""An image column that never stores what was uploaded: only safe, small copies made from it."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.files.storage import Storage
from django.db import models
from django.db.models.fields.files import ImageFieldFile

from portal.images import safe_image


class SafeImageFieldFile(ImageFieldFile):
    """The stored image, in the largest of its field's sizes."""

    field: SafeImageField

    def _name_at(self, edge: int) -> str:
        return f"{str(self.name).removesuffix('.webp')}-{edge}.webp"

    @property
    def largest(self) -> int:
        """The longest edge in pixels of the stored image."""
        return self.field.edges[0]

    @property
    def smallest(self) -> int:
        return self.field.edges[-1]

    @property
    def small_url(self) -> str:
        """The address of the smallest copy."""
        if len(self.field.edges) == 1:
            return self.url
        return self.storage.url(self._name_at(self.field.edges[-1]))

    @property
    def srcset(self) -> str:
        """The copies and their widths, as the ``srcset`` of an ``img`` has them."""
        copies = [f"{self.storage.url(self._name_at(edge))} {edge}w" for edge in self.field.edges[1:]]
        return ", ".join([*reversed(copies), f"{self.url} {self.largest}w"])

    def delete(self, save: bool = True) -> None:
        storage: Storage = self.storage
        for edge in self.field.edges[1:]:
            storage.delete(self._name_at(edge))
        super().delete(save)


class SafeImageField(models.ImageField):
    """Takes a JPEG, PNG or WebP and stores WebP copies at ``edges`` (pixels, largest first) under a random name.

    What cannot be made safe is a ``ValidationError`` in the form, in words for editors.
    """

    attr_class = SafeImageFieldFile

    def __init__(self, *args: Any, edges: tuple[int, ...] = (1200,), square: bool = False, **kwargs: Any) -> None:
        self.edges = tuple(edges)
        self.square = square
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "edges": self.edges, "square": self.square}

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        file = super().clean(value, model_instance)
        if file and not file._committed:
            self._copies(file)
        return file

    def _copies(self, file: Any) -> list[Any]:
        """The safe copies of an upload, made once for it."""
        if not hasattr(file, "_safe_copies"):
            copies = []
            for edge in self.edges:
                file.file.seek(0)
                copies.append(safe_image(file.file, max_edge=edge, square=self.square))
            file._safe_copies = copies
        return list(file._safe_copies)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        file = getattr(model_instance, self.attname)
        if file and not file._committed:
            copies = self._copies(file)
            file.save(f"{secrets.token_hex(12)}.webp", copies[0], save=False)
            for edge, copy in zip(self.edges[1:], copies[1:], strict=True):
                file.storage.save(file._name_at(edge), copy)
        return file
