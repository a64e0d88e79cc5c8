"""What programs are told of a project. Each fact is described once, for JSON, for CSV and for the page about both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from portal import clock
from portal.feeds import lasting_id
from portal.web_address import absolute
from projects.models import ApplicationRound, Project, Status, Term


@dataclass(frozen=True)
class Listed:
    """A project of a list at one moment, with the addresses of the public projects before and after it."""

    project: Project
    now: dt.datetime
    supersedes: str | None
    superseded_by: list[str]

    @property
    def sentence(self) -> str:
        return self.project.applications_sentence(self.now)

    @property
    def round(self) -> ApplicationRound | None:
        """The round whose dates count: of a project that is not open, none does."""
        return self.project.round if self.sentence else None

    @property
    def is_accepting(self) -> bool:
        return self.project.is_accepting(self.now)

    @property
    def is_accepting_when_read(self) -> bool | None:
        """Not known of a copy of the site, which is read later."""
        return None if clock.copied_on() else self.is_accepting


def listed(projects: list[Project], now: dt.datetime) -> list[Listed]:
    """These projects, in their order."""
    older = Q(pk__in={project.supersedes_id for project in projects if project.supersedes_id})
    newer = Q(supersedes__in=[project.pk for project in projects])
    addresses: dict[int | None, str] = {}
    followers: dict[int | None, list[str]] = {}
    for relative in Project.objects.public().filter(older | newer).only("slug", "supersedes").order_by("slug"):
        addresses[relative.pk] = _address(relative)
        followers.setdefault(relative.supersedes_id, []).append(_address(relative))
    return [
        Listed(
            project,
            now,
            supersedes=addresses.get(project.supersedes_id),
            superseded_by=followers.get(project.pk, []),
        )
        for project in projects
    ]


@dataclass(frozen=True)
class Field:
    """One fact: its name, what it means, and how to get it.

    A full stop in the name leads into an object of JSON. ``parts`` are the keys where the value is itself an object,
    or a list of objects.
    """

    name: str
    meaning: str
    value: Callable[[Listed], Any]
    parts: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Its columns in CSV."""
        column = self.name.replace(".", "_")
        return [f"{column}_{part}" for part in self.parts] or [column]

    def cells(self, project: Listed) -> Iterator[str]:
        """What stands in its columns: several values one after the other, and nothing for none."""
        value = self.value(project)
        values = value if isinstance(value, list) else [] if value is None else [value]
        if not self.parts:
            yield "; ".join(_plain(each) for each in values)
        for part in self.parts:
            yield "; ".join(_plain(each[part]) for each in values)


def _plain(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _address(project: Project) -> str:
    return absolute(project.get_absolute_url())


def _moment(value: dt.datetime | None) -> str | None:
    """ISO 8601 with London's offset."""
    return timezone.localtime(value).isoformat(timespec="seconds") if value else None


def _term(term: Term) -> dict[str, str]:
    return {"slug": term.slug, "name": term.name}


TERM = ("slug", "name")
STATUSES = ", ".join(status.value for status in Status.public())

FIELDS: tuple[Field, ...] = (
    Field(
        "id",
        "A name for the project that never changes, even if its title or address does.",
        lambda of: lasting_id(of.project),
    ),
    Field("title", "The title of the project.", lambda of: of.project.title),
    Field("address", "The page of the project.", lambda of: _address(of.project)),
    Field("status", f"How far the project has got. One of: {STATUSES}.", lambda of: of.project.status),
    Field("status_label", "The status in the words of our pages.", lambda of: of.project.current_status.label),
    Field(
        "accepting_applications",
        "true if you can apply for the project at the moment you ask, otherwise false.",
        lambda of: of.is_accepting_when_read,
    ),
    Field(
        "applications.sentence",
        "Where applications stand, in words. Empty unless the project is open.",
        lambda of: of.sentence or None,
    ),
    Field(
        "applications.opens_at",
        "When applications open or opened. Empty unless the project is open and this is known.",
        lambda of: _moment(of.round.opens_at) if of.round else None,
    ),
    Field(
        "applications.closes_at",
        "When applications close or closed. Empty unless the project is open and this is known.",
        lambda of: _moment(of.round.closes_at) if of.round else None,
    ),
    Field(
        "applications.address",
        "Where to apply. Empty unless applications are open, on a form of its own.",
        lambda of: (of.round.apply_url or None) if of.round and of.is_accepting else None,
    ),
    Field("summary", "What the project is about, in two sentences.", lambda of: of.project.summary),
    Field(
        "area",
        "What the project is about, as a term of our list.",
        lambda of: _term(of.project.area) if of.project.area else None,
        TERM,
    ),
    Field(
        "techniques",
        "How the project goes about it. None, one or several terms of our list.",
        lambda of: [_term(term) for term in of.project.techniques.all()],
        TERM,
    ),
    Field(
        "modalities",
        "The types of data that the project works on. None, one or several terms of our list.",
        lambda of: [_term(term) for term in of.project.modalities.all()],
        TERM,
    ),
    Field(
        "partner",
        "The organisation that the project is done with, if there is one.",
        lambda of: of.project.partner.name if of.project.partner else None,
    ),
    Field("published_at", "When the project was first published.", lambda of: _moment(of.project.published_at)),
    Field(
        "updated_at",
        "When what you read about the project last changed.",
        lambda of: _moment(of.project.modified_at(of.now)),
    ),
    Field("supersedes", "The page of the older project that this one replaces or continues.", lambda of: of.supersedes),
    Field(
        "superseded_by",
        "The pages of newer projects that replace or continue this one. There is usually none.",
        lambda of: of.superseded_by,
    ),
)
