"""A column for an address on the web."""

from __future__ import annotations

from typing import Any

from django.db import models


class WebAddressField(models.URLField):
    """An address on the web. One that an editor types without its scheme is taken for https."""

    def deconstruct(self) -> Any:
        # To the database it is Django's own field, so no migration depends on this class.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **kwargs})
