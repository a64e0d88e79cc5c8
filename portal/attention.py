"""What needs attention: matters that each app contributes in a module called ``attention``, so the ground names no app.

The front page of the admin, the lists behind its links and the weekly digest all ask here, so they tell the same.
"""

from __future__ import annotations

import datetime as dt
import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet
from django.urls import reverse

from portal.models import User

PARAMETER = "attention"

Rows = Callable[[dt.datetime], QuerySet[Any]]


class Urgency(enum.IntEnum):
    """How long a matter can wait; the lowest stands first."""

    NOW = 1
    SOON = 2
    LATER = 3

    @property
    def label(self) -> str:
        return {Urgency.NOW: "Now", Urgency.SOON: "Soon", Urgency.LATER: "When there is time"}[self]


@dataclass(frozen=True, kw_only=True)
class Matter(ABC):
    """Something about a kind of thing that staff would want to know, and why.

    ``one`` and ``many`` follow a number: “1 open project whose round has closed”. ``act`` is what a person must be
    allowed to do with the model to be told.
    """

    slug: str
    model: type[Model]
    one: str
    many: str
    why: str
    urgency: Urgency
    act: str = "view"

    def counted(self, number: int) -> str:
        return f"{number:,} {self.one if number == 1 else self.many}"

    def is_for(self, user: Any) -> bool:
        """Whether this person may be told of it, and can do what it asks for."""
        opts = self.model._meta
        # Who may change may look, as everywhere in the admin.
        acts = ["view", "change"] if self.act == "view" else [self.act]
        return any(user.has_perm(f"{opts.app_label}.{act}_{opts.model_name}") for act in acts)

    @abstractmethod
    def number(self, now: dt.datetime) -> int:
        """Of how many things it is true."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it is dealt with in the admin."""

    def _page(self, name: str) -> str:
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{name}")


@dataclass(frozen=True, kw_only=True)
class Concern(Matter):
    """A matter of rows: those that ``rows`` finds at a moment are counted, and are the list behind the link.

    The admin of the model is an ``AttentionAdmin``, or its list has a filter of its own that shows the same, such as
    ``own_filter="dealt_with=no"``.
    """

    rows: Rows
    own_filter: str = ""

    def number(self, now: dt.datetime) -> int:
        return self.rows(now).count()

    @property
    def address(self) -> str:
        return f"{self._page('changelist')}?{self.own_filter or f'{PARAMETER}={self.slug}'}"


@dataclass(frozen=True, kw_only=True)
class Gap(Matter):
    """A matter of something that is still to be written, and so has no row yet. Its address is where one writes it."""

    missing: Callable[[], int]
    act: str = "add"

    def number(self, now: dt.datetime) -> int:
        return self.missing()

    @property
    def address(self) -> str:
        return self._page("add")


class Finding(NamedTuple):
    """A matter that there is something to do about, for one person at a moment."""

    matter: Matter
    number: int

    @property
    def heading(self) -> str:
        return self.matter.counted(self.number)


_matters: list[Matter] = []


def register(matter: Matter) -> None:
    """Let staff be told of it from now on. Two of one model cannot have the same slug."""
    if any((known.model, known.slug) == (matter.model, matter.slug) for known in _matters):
        raise ValueError(f"{matter.model._meta.label} has a matter “{matter.slug}” already.")
    _matters.append(matter)


def matters() -> list[Matter]:
    """All that staff may be told of, most urgent first."""
    return sorted(_matters, key=lambda matter: matter.urgency)


def concerns_of(model: type[Model]) -> Iterator[Concern]:
    """What the list of a model can be narrowed to by the filter that all have in common."""
    found = (matter for matter in matters() if isinstance(matter, Concern) and not matter.own_filter)
    return (concern for concern in found if concern.model is model)


def findings(user: User, now: dt.datetime) -> list[Finding]:
    """What needs this person's attention, most urgent first. It costs one query for each matter, whatever there is."""
    found = (Finding(matter, matter.number(now)) for matter in matters() if matter.is_for(user))
    return [finding for finding in found if finding.number]


def by_urgency(found: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings under the words that say how long they can wait."""
    return [(urgency.label, list(some)) for urgency, some in groupby(found, key=lambda one: one.matter.urgency)]
