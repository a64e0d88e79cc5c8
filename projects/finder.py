"""The finder: which projects a query asks for, in which order, and how many each further choice would give.

OR inside a facet, AND across facets. A facet's counts leave its own choice out: they say what ticking would give.
Unknown values are ignored. The facets of each matching project are read once, and everything is counted from them, so
that the number of queries does not depend on the number of projects.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from portal import search
from projects.models import Area, Modality, Project, Status, Technique

PER_PAGE = 50
MAX_VALUES = 100


@dataclass(frozen=True)
class Option:
    """One box to tick."""

    facet: str
    value: str
    label: str
    count: int
    selected: bool

    @property
    def id(self) -> str:
        return f"{self.facet}-{self.value}"


@dataclass(frozen=True)
class Facet:
    """One group of boxes."""

    name: str
    label: str
    options: list[Option]
    folded: bool = False

    @property
    def selected(self) -> list[Option]:
        return [option for option in self.options if option.selected]


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the query without it."""

    label: str
    without: str


class Finder:
    """One look at the list of projects. ``query`` is the address's own."""

    def __init__(self, query: QueryDict, now: dt.datetime | None = None) -> None:
        self.now = now or timezone.now()
        self.keyword = " ".join(query.get("q", "").replace("\0", " ").split())[: search.MAX_QUERY]
        self.vocabularies: dict[str, tuple[str, dict[str, str]]] = {
            "status": ("Status", {status.value: status.label for status in Status if status.is_public}),
            "area": ("Area", dict(Area.objects.values_list("slug", "name"))),
            "modality": ("Type of data", dict(Modality.objects.values_list("slug", "name"))),
            "technique": ("Technique", dict(Technique.objects.values_list("slug", "name"))),
        }
        self.chosen: dict[str, list[str]] = {
            name: list(dict.fromkeys(value for value in query.getlist(name)[:MAX_VALUES] if value in known))
            for name, (_, known) in self.vocabularies.items()
        }
        self.page_number = query.get("page", "1")

    @property
    def is_filtered(self) -> bool:
        return bool(self.keyword) or any(self.chosen.values())

    @property
    def selected_count(self) -> int:
        return len(self.chips)

    # Rows: the facets of every public project that holds the keyword

    @cached_property
    def _ranks(self) -> dict[int, int] | None:
        """The place of each hit of the keyword; None without one."""
        if not search.query_words(self.keyword):
            return None
        return {pk: place for place, pk in enumerate(search.ids(self.keyword, Project))}

    @cached_property
    def _rows(self) -> list[tuple[int, dict[str, set[str]]]]:
        projects = Project.objects.public().in_list_order(self.now)
        if self._ranks is not None:
            projects = projects.filter(pk__in=list(self._ranks))
        rows: dict[int, dict[str, set[str]]] = {
            pk: {"status": {status}, "area": {area}, "technique": set(), "modality": set()}
            for pk, status, area in projects.values_list("pk", "status", "area__slug")
        }
        for name, through in {"technique": Project.techniques.through, "modality": Project.modalities.through}.items():
            for pk, slug in through.objects.values_list("project_id", f"{name}__slug"):  # type: ignore[attr-defined]
                if pk in rows:
                    rows[pk][name].add(slug)
        return list(rows.items())

    def _matches(self, row: dict[str, set[str]], *, leaving_out: str = "") -> bool:
        return all(
            name == leaving_out or not values or row[name].intersection(values) for name, values in self.chosen.items()
        )

    @cached_property
    def found(self) -> list[int]:
        """The ids of all matches in order: those that accept applications first, then A to Z or by relevance."""
        found = [pk for pk, row in self._rows if self._matches(row)]
        if self._ranks is not None:
            ranks = self._ranks
            accepting = set(Project.objects.accepting(self.now).filter(pk__in=found).values_list("pk", flat=True))
            found.sort(key=lambda pk: (pk not in accepting, ranks[pk]))
        return found

    # What the page shows

    @cached_property
    def facets(self) -> list[Facet]:
        facets = []
        for name, (label, known) in self.vocabularies.items():
            counts = Counter(
                value for _, row in self._rows if self._matches(row, leaving_out=name) for value in row[name]
            )
            options = [
                Option(name, value, text, counts[value], value in self.chosen[name]) for value, text in known.items()
            ]
            facets.append(Facet(name, label, options, folded=name == "technique"))
        return facets

    @cached_property
    def page(self) -> Page[Any]:
        return Paginator(self.found, PER_PAGE).get_page(self.page_number)

    @cached_property
    def projects(self) -> list[Project]:
        """The projects of the page, in order."""
        by_pk = Project.objects.public().for_listing().in_bulk(list(self.page.object_list))
        return [by_pk[pk] for pk in self.page.object_list if pk in by_pk]

    def query(self, **without: str) -> str:
        """The canonical query of this look, leaving out one value of a facet or the keyword; ends in ``&`` if any."""
        pairs = [("q", self.keyword)] if self.keyword and "q" not in without else []
        for name, values in self.chosen.items():
            pairs += [(name, value) for value in values if without.get(name) != value]
        return urlencode(pairs)

    @property
    def page_query(self) -> str:
        query = self.query()
        return f"{query}&" if query else ""

    @cached_property
    def chips(self) -> list[Chip]:
        chips = [Chip(f"“{self.keyword}”", self.query(q=""))] if self.keyword else []
        for facet in self.facets:
            chips += [Chip(option.label, self.query(**{facet.name: option.value})) for option in facet.selected]
        return chips

    @property
    def title(self) -> str:
        """Internship projects: open, text."""
        labels = [chip.label for chip in self.chips]
        return f"Internship projects: {', '.join(labels)}" if labels else "Internship projects"

    @cached_property
    def total(self) -> int:
        """How many projects there are without any filter."""
        return Project.objects.public().count()
