"""The sections of the site: one for each app that has pages. They name themselves, so that the ground names no app."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import reverse


def choices() -> list[tuple[str, str]]:
    """The address of each section's first page, under which all others lie, and its name for staff."""
    # Imported late: pages are models, and models have sections.
    from portal.publishing import Publishable

    labels = dict.fromkeys(kind._meta.app_label for kind in Publishable.kinds())
    return [(reverse(f"{label}:index"), str(apps.get_app_config(label).verbose_name)) for label in labels]


@cache
def _addresses() -> tuple[str, ...]:
    return tuple(address for address, _ in choices())


def around(path: str) -> list[str]:
    """The addresses of the sections in which the page at ``path`` lies."""
    return [address for address in _addresses() if path.startswith(address)]


def choices_or_everywhere() -> list[tuple[str, str]]:
    """The same, and the whole site."""
    return [("", "Everywhere"), *choices()]


class SectionField(models.CharField):
    """A section of the site, by its address, or the whole site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 100, "blank": True, "choices": choices_or_everywhere, **kwargs})

    def deconstruct(self) -> Any:
        # To the database it is text, so no migration depends on this class, nor on which sections there are.
        name, _, args, kwargs = super().deconstruct()
        del kwargs["choices"]
        return name, "django.db.models.CharField", args, kwargs
