"""The facets of the finder: their vocabularies, what choosing in them asks of a project, and what a page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value

from projects.models import Area, Modality, Project, Status, Technique, Term

LABELS = {"status": "Status", "area": "Area", "modality": "Type of data", "technique": "Technique"}
FOLDED = {"technique"}  # so many that they would hide everything below them

# Where it is kept which projects have a term of these facets.
THROUGHS: dict[str, type[models.Model]] = {
    "modality": Project.modalities.through,
    "technique": Project.techniques.through,
}


@dataclass(frozen=True)
class Option:
    """One box to tick. ``count`` is what ticking it would give, and None where that is not known exactly."""

    facet: str
    value: str
    label: str
    count: int | None
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


@dataclass(frozen=True)
class WayOut:
    """What a reader who found nothing can do: drop these filters or keep only this one, and find so many."""

    verb: str
    label: str
    count: int
    query: str


class Vocabularies:
    """The words of every facet, A to Z, read in one query. Slugs are what stands in an address.

    ``former`` leads from a slug that a term had to the one that it has.
    """

    def __init__(self) -> None:
        self.names: dict[str, dict[str, str]] = {name: {} for name in LABELS}
        self.names["status"] = {status.value: status.label for status in Status if status.is_public}
        self.slugs: dict[str, dict[int, str]] = {name: {} for name in LABELS}
        self.former: dict[str, dict[str, str]] = {name: {} for name in LABELS}
        for facet, slug, pk, name, former in sorted(self._terms(), key=lambda row: (row[3].casefold(), row[3])):
            self.names[facet][slug] = name
            self.slugs[facet][pk] = slug
            self.former[facet] |= dict.fromkeys(former, slug)

    @staticmethod
    def _terms() -> models.QuerySet:
        """Facet, slug, key, name and former slugs of each term."""
        kinds: list[type[Term]] = [Area, Modality, Technique]
        of_kind = [
            kind._default_manager.order_by().values_list(
                Value(kind.facet, output_field=models.CharField()), "slug", "pk", "name", "former_slugs"
            )
            for kind in kinds
        ]
        return of_kind[0].union(*of_kind[1:], all=True)

    def present(self, facet: str, value: str) -> str:
        """The value under which a facet knows now what it may have known under another one."""
        return value if value in self.names[facet] else self.former[facet].get(value, value)

    def condition(self, facet: str, values: Collection[str]) -> Q:
        """What a choice asks of a project: one of these values."""
        if facet == "status":
            return Q(status__in=values)
        pks = [pk for pk, slug in self.slugs[facet].items() if slug in values]
        if facet == "area":
            return Q(area__in=pks)
        # Not a join, which would count a project once for each of its terms, and not a list of projects to look in:
        # SQLite would read every one of them from the table.
        return Q(Exists(THROUGHS[facet]._default_manager.filter(project=OuterRef("pk"), **{f"{facet}__in": pks})))

    def facets(self, chosen: Mapping[str, Collection[str]], counts: Mapping[str, Counter[str]] | None) -> list[Facet]:
        """Every facet with its boxes; without counts where they are not known exactly."""
        return [
            Facet(
                name,
                label,
                [
                    Option(name, value, text, counts[name][value] if counts else None, value in chosen[name])
                    for value, text in self.names[name].items()
                ],
                folded=name in FOLDED,
            )
            for name, label in LABELS.items()
        ]
