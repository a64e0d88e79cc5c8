"""The home page: sections that each app contributes in a module called ``home``, so that the ground names no app."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """One part of the home page: a template of the app's own, and its context.

    A ``wide`` one takes the whole page; narrow ones that follow each other stand side by side.
    """

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    wide: bool = False


Contributor = Callable[[dt.datetime], list[Section]]
_contributors: list[tuple[int, Contributor]] = []


def contributes(order: int) -> Callable[[Contributor], Contributor]:
    """Register a function that gives an app's sections at a moment; lower numbers stand first."""

    def register(contributor: Contributor) -> Contributor:
        _contributors.append((order, contributor))
        return contributor

    return register


def sections(now: dt.datetime) -> list[Section]:
    """All sections, in order."""
    ordered = sorted(_contributors, key=lambda pair: pair[0])
    return [section for _, contributor in ordered for section in contributor(now)]
