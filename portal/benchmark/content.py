"""What is made up to be measured. Each app says it of its own kinds, in a module ``made_up``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.module_loading import autodiscover_modules

from portal.publishing import Publishable


def nothing() -> Iterator[str]:
    """No addresses."""
    return iter(())


@dataclass(frozen=True)
class Content:
    """What one app makes up, and the pages of it that are measured.

    ``fill`` takes the number of projects. ``pages`` gives the addresses by name. ``unasked`` gives addresses of lists
    that nobody has asked for, each of them once, and ``plainly`` a page like that of an address, as an ordinary view
    of Django would make it.
    """

    fill: Callable[[int], None]
    pages: Callable[[], dict[str, str]]
    unasked: Callable[[], Iterator[str]] = nothing
    plainly: Callable[[str], str] | None = None


_contents: list[Content] = []


def register(content: Content) -> None:
    _contents.append(content)


def contents() -> list[Content]:
    """Of every app, what others stand on first."""
    autodiscover_modules("made_up")
    return list(_contents)


def fill(projects: int) -> None:
    """Fill an empty database."""
    for content in contents():
        content.fill(projects)


def pages() -> dict[str, str]:
    """The addresses that are measured, by name."""
    found = {"home": reverse("home")}
    for content in contents():
        found |= content.pages()
    return found


def edit() -> None:
    """Save a page that readers see, as an editor would."""
    page = next(page for kind in Publishable.kinds() if (page := kind._default_manager.public().first()))
    page.save()
