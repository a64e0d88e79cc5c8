"""An image column that never stores what was uploaded: only safe, small copies made from it."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.files.storage import Storage
from django.db import models
from django.db.models.fields.files import ImageFieldFile

from portal.images import safe_images
from portal.stored_files import StoredFile, StoredFileField

ACCEPTED = "image/jpeg,image/png,image/webp"


class SafeImageFieldFile(StoredFile, ImageFieldFile):
    """The stored image, in the largest of its field's sizes."""

    field: SafeImageField

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
        return self.storage.url(self.field.copies(str(self.name))[-1])

    @property
    def by_width(self) -> list[tuple[str, int]]:
        """The address of each copy with its width, the smallest first."""
        addresses = map(self.storage.url, self.field.copies(str(self.name)))
        return [*zip(addresses, self.field.edges, strict=True)][::-1]

    def delete(self, save: bool = True) -> None:
        storage: Storage = self.storage
        for copy in self.field.copies(str(self.name))[1:]:
            storage.delete(copy)
        super().delete(save)


class SafeImageField(StoredFileField, models.ImageField):
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

    def copies(self, name: str) -> list[str]:
        """The names of what is stored, the largest first, which is the one that a row names."""
        return [name, *(f"{name.removesuffix('.webp')}-{edge}.webp" for edge in self.edges[1:])]

    def original(self, name: str) -> str:
        for edge in self.edges[1:]:
            if name.endswith(f"-{edge}.webp"):
                return f"{name.removesuffix(f'-{edge}.webp')}.webp"
        return name

    def formfield(self, **kwargs: Any) -> Any:
        # Django's own field would open the upload with every reader that Pillow has, and refuse it in other words. How
        # long its name is does not matter: none of it is kept.
        field = super().formfield(**{"form_class": forms.FileField, **kwargs, "max_length": None})
        if field is not None:
            field.widget.attrs.setdefault("accept", ACCEPTED)
        return field

    def update_dimension_fields(self, instance: models.Model, force: bool = False, *args: Any, **kwargs: Any) -> None:
        if self.attname not in instance.__dict__:
            return  # not read from the database, and not to be read for this
        file = getattr(instance, self.attname)
        # Django would open the upload itself, before anything has looked at it. The size is that of the stored copy.
        if not file or file._committed:
            super().update_dimension_fields(instance, force, *args, **kwargs)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        file = super().clean(value, model_instance)
        if file and not file._committed:
            self._made(file)
        return file

    def _made(self, file: Any) -> list[Any]:
        """The safe copies of an upload, made once for it."""
        if not hasattr(file, "_safe_copies"):
            file._safe_copies = safe_images(file.file, edges=self.edges, square=self.square)
        return list(file._safe_copies)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        file = getattr(model_instance, self.attname)
        if file and not file._committed:
            largest, *smaller = self._made(file)
            file.save(f"{secrets.token_hex(12)}.webp", largest, save=False)
            for name, copy in zip(self.copies(file.name)[1:], smaller, strict=True):
                file.storage.save(name, copy)
        return super().pre_save(model_instance, add)
