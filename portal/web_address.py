"""Addresses on the web: a column for one, and the portal's own in full."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST_PATH = 300


def absolute(path: str, query: str = "") -> str:
    """The address of a page of the portal as others must write it, in its one canonical form."""
    return f"{settings.PORTAL_URL}{path}{'?' if query else ''}{query}"


def path_within(address: str) -> str:
    """The path of a page of this portal that somebody sent along; empty if it may lead elsewhere, or is none."""
    path = address.partition("?")[0].partition("#")[0]
    is_path = path.startswith("/") and path.isprintable() and len(path) <= LONGEST_PATH and " " not in path
    return path if is_path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def mended(address: str) -> str:
    """An address as its author meant it: without marks around it, and with the spaces in it as addresses spell them."""
    return re.sub(r"\s+", "%20", address.strip(" \t\n\"'“”‘’<>"))


class WebAddressField(models.URLField):
    """An address on the web. One that an editor types without its scheme is taken for https."""

    def deconstruct(self) -> Any:
        # To the database it is Django's own field, so no migration depends on this class.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **kwargs})
