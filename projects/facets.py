"""The facets of the finder: their vocabularies, what choosing in them asks of a project, and what a page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.template.defaultfilters import pluralize
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from portal.kept import kept
from portal.prepared import prepared
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

    value: str
    label: str
    count: int | None
    selected: bool


@dataclass(frozen=True)
class Facet:
    """One group of boxes: the words of its values, what each would give where that is known, and which are chosen."""

    name: str
    label: str
    words: Mapping[str, str]
    counts: Counter[str] | None
    selected: Collection[str]
    folded: bool = False

    @property
    def options(self) -> list[Option]:
        return [Option(value, words, *self._at(value)) for value, words in self.words.items()]

    @property
    def boxes(self) -> SafeString:
        """All its boxes, as nhsuk has them."""
        made = (_box(self.name, value, words, *self._at(value)) for value, words in self.words.items())
        return reduce(add, made, escape(""))  # what is added to safe HTML stays safe

    def _at(self, value: str) -> tuple[int | None, bool]:
        return None if self.counts is None else self.counts[value], value in self.selected


# A page has some fifty boxes, most of which it has in common with other looks. So each is made once, whoever asks: it
# is of nothing but its words.
@lru_cache(maxsize=8_192)
def _box(facet: str, value: str, label: str, count: int | None, is_selected: bool) -> SafeString:
    """A box with its label."""
    return format_html(
        '<div class="nhsuk-checkboxes__item">'
        '<input class="nhsuk-checkboxes__input" id="{0}" name="{1}" type="checkbox" value="{2}"{3}>'
        '<label class="nhsuk-label nhsuk-checkboxes__label" for="{0}">{4} {5}</label></div>\n',
        f"{facet}-{value}",
        facet,
        value,
        " checked" if is_selected else "",
        label,
        _counted(count),
    )


def _counted(count: int | None) -> SafeString | str:
    """How many projects a box would give, as its label ends."""
    if count is None:
        return ""
    return format_html(
        '<span class="app-facet__n">({}<span class="nhsuk-u-visually-hidden"> project{}</span>)</span>',
        count,
        pluralize(count),
    )


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


VOCABULARIES: dict[str, Any] = {kind.facet: kind for kind in (Area, Modality, Technique)}


@prepared()
def _terms() -> models.QuerySet:
    """Facet, slug, key, name and former slugs of each term."""
    of_kind = [
        kind._default_manager.order_by().values_list(
            Value(kind.facet, output_field=models.CharField()), "slug", "pk", "name", "former_slugs"
        )
        for kind in VOCABULARIES.values()
    ]
    return of_kind[0].union(*of_kind[1:], all=True)


class Vocabularies:
    """The words of every facet, A to Z, read in one query. Slugs are what stands in an address.

    ``slugs`` leads to them from the key of a term, or from the status itself, and ``terms`` from the key to the term;
    ``former`` leads from a slug that a term had to the one that it has.
    """

    def __init__(self) -> None:
        self.names: dict[str, dict[str, str]] = {name: {} for name in LABELS}
        self.names["status"] = {status.value: status.label for status in Status if status.is_public}
        self.slugs: dict[str, dict[Any, str]] = {name: {} for name in LABELS}
        self.slugs["status"] = {value: value for value in self.names["status"]}
        self.former: dict[str, dict[str, str]] = {name: {} for name in LABELS}
        self.terms: dict[str, dict[int, Term]] = {facet: {} for facet in VOCABULARIES}
        for facet, slug, pk, name, former in sorted(_terms(), key=lambda row: (row[3].casefold(), row[3])):
            self.names[facet][slug] = name
            self.terms[facet][pk] = VOCABULARIES[facet](pk=pk, name=name, slug=slug)
            self.slugs[facet][pk] = slug
            self.former[facet] |= dict.fromkeys(former, slug)

    def present(self, facet: str, value: str) -> str:
        """The value under which a facet knows now what it may have known under another one."""
        return value if value in self.names[facet] else self.former[facet].get(value, value)

    def keys(self, facet: str, values: Collection[str]) -> list[Any]:
        """What these values of a facet are known by in the database."""
        return [key for key, slug in self.slugs[facet].items() if slug in values]

    def condition(self, facet: str, values: Collection[str]) -> Q:
        """What a choice asks of a project: one of these values."""
        keys = self.keys(facet, values)
        if facet in {"status", "area"}:
            return Q(**{f"{facet}__in": keys})
        # Not a join, which would count a project once for each of its terms, and not a list of projects to look in:
        # SQLite would read every one of them from the table.
        return Q(Exists(THROUGHS[facet]._default_manager.filter(project=OuterRef("pk"), **{f"{facet}__in": keys})))

    def facets(self, chosen: Mapping[str, Collection[str]], counts: Mapping[str, Counter[str]] | None) -> list[Facet]:
        """Every facet with its boxes; without counts where they are not known exactly."""
        return [
            Facet(
                name,
                label,
                self.names[name],
                counts[name] if counts else None,
                chosen[name],
                folded=name in FOLDED,
            )
            for name, label in LABELS.items()
        ]


@kept
def vocabularies() -> Vocabularies:
    """The words of every facet, as they are now."""
    return Vocabularies()
