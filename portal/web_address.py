"""Addresses on the web: a column for one, and the portal's own in full."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


def absolute(path: str, query: str = "") -> str:
    """The address of a page of the portal as others must write it, in its one canonical form."""
    return f"{settings.PORTAL_URL}{path}{'?' if query else ''}{query}"


class WebAddressField(models.URLField):
    """An address on the web. One that an editor types without its scheme is taken for https."""

    def deconstruct(self) -> Any:
        # To the database it is Django's own field, so no migration depends on this class.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **kwargs})
