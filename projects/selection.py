"""Which public projects a choice of terms and a keyword leave, and how many each further choice would give.

A list of ordinary length is counted in memory, in a catalogue that is made once per content generation; a longer one by
the database, over indexes that hold all it needs for that. Both give the same (docs/decisions/0041 says why there are
two).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet, Value

from portal import search
from projects.catalogue import Catalogue, catalogue
from projects.facets import THROUGHS, Vocabularies
from projects.models import ApplicationRound, ListRank, Project, Status
from projects.models.projects import ProjectQuerySet

Chosen = Mapping[str, list[str]]
Counts = dict[str, Counter[str]]


class Selection(ABC):
    """What ``chosen`` and ``keyword`` leave of the public projects at ``now``.

    OR inside a facet, AND across facets. A facet's counts leave its own choice out: they say what ticking would give.
    """

    # Whether the keyword stands on more projects than are looked at.
    is_capped = False

    def __init__(self, vocabularies: Vocabularies, chosen: Chosen, keyword: str, now: dt.datetime) -> None:
        self.vocabularies, self.chosen, self.keyword, self.now = vocabularies, chosen, keyword, now
        self.has_words = bool(search.query_words(keyword))

    @cached_property
    def conditions(self) -> dict[str, Q]:
        """What each facet in which something is chosen asks of a project."""
        return {name: self.vocabularies.condition(name, values) for name, values in self.chosen.items() if values}

    def narrowed(self, leaving_out: tuple[str, ...] = ()) -> ProjectQuerySet:
        """The public projects that the chosen boxes leave, whatever the keyword."""
        wanted = [condition for name, condition in self.conditions.items() if name not in leaving_out]
        narrowed: ProjectQuerySet = Project.objects.public().filter(*wanted)
        return narrowed

    @property
    @abstractmethod
    def best(self) -> list[int]:
        """With a keyword: the keys of what is found, first what accepts applications, each best first."""

    @property
    @abstractmethod
    def by_rank(self) -> Counter[ListRank]:
        """Without a keyword: how many are found in each part of the list."""

    @abstractmethod
    def counts(self) -> Counts:
        """What each box of each facet would give."""

    @abstractmethod
    def places(self, start: int, stop: int) -> list[int]:
        """Without a keyword: the keys of what is found from place ``start`` up to ``stop``, in order."""

    @abstractmethod
    def totals(self) -> dict[str, int]:
        """How many are public, how many of them open, and what other filters would give.

        ``without_area`` counts what dropping the areas would give, ``only_area`` what keeping nothing but them would.
        """

    @property
    def count(self) -> int:
        return len(self.best) if self.has_words else self.by_rank.total()


def select(vocabularies: Vocabularies, chosen: Chosen, keyword: str, now: dt.datetime) -> Selection:
    """The selection, counted where it is quickest."""
    whole = catalogue()
    if whole is None:
        return InDatabase(vocabularies, chosen, keyword, now)
    return InMemory(whole, vocabularies, chosen, keyword, now)


class InMemory(Selection):
    """Of a list of which every project is at hand. So short a list has no keyword that too many hold."""

    def __init__(self, whole: Catalogue, *asked: Any) -> None:
        super().__init__(*asked)
        self.whole = whole

    @cached_property
    def _wanted(self) -> dict[str, int]:
        """The projects that each facet in which something is chosen leaves, and those that hold the keyword."""
        chosen = {name: self.vocabularies.keys(name, values) for name, values in self.chosen.items() if values}
        wanted = {name: self.whole.having_any(name, keys) for name, keys in chosen.items()}
        return wanted | ({"q": self.whole.of(self._hits)} if self.has_words else {})

    @cached_property
    def _hits(self) -> list[int]:
        return search.hits_among_public(self.keyword, Project).ids

    @cached_property
    def _ranks(self) -> dict[ListRank, int]:
        return self.whole.ranks(self.now)

    def _matching(self, leaving_out: str = "") -> int:
        found = self.whole.everything
        for name, projects in self._wanted.items():
            if name != leaving_out:
                found &= projects
        return found

    @cached_property
    def best(self) -> list[int]:
        found, accepting = self._matching(), self._ranks[ListRank.ACCEPTING]
        hits = [pk for pk in self._hits if self.whole.bit(pk) & found]
        return sorted(hits, key=lambda pk: not self.whole.bit(pk) & accepting)

    @cached_property
    def by_rank(self) -> Counter[ListRank]:
        found = self._matching()
        return Counter({rank: (found & those).bit_count() for rank, those in self._ranks.items()})

    def counts(self) -> Counts:
        counts: Counts = {}
        for name, having in self.whole.having.items():
            others, slugs = self._matching(leaving_out=name), self.vocabularies.slugs[name]
            counts[name] = Counter({slugs[key]: (others & those).bit_count() for key, those in having.items()})
        return counts

    def places(self, start: int, stop: int) -> list[int]:
        found: list[int] = []
        for those in self._ranks.values():
            found += self.whole.keys(those & self._matching())
        return found[max(start, 0) : max(stop, 0)]

    def totals(self) -> dict[str, int]:
        found = {
            "total": self.whole.everything.bit_count(),
            "open": self.whole.having_any("status", [Status.OPEN.value]).bit_count(),
        }
        for name, projects in self._wanted.items():
            found[f"without_{name}"] = self._matching(leaving_out=name).bit_count()
            found[f"only_{name}"] = projects.bit_count()
        return found


class InDatabase(Selection):
    """Of a list too long to have at hand.

    A keyword that more than ``search.MAX_HITS`` projects hold is answered by the newest of them, those that accept
    applications before all; nothing is counted by facet then, since a count that is not exact would mislead.
    """

    def _matching(self, *leaving_out: str) -> ProjectQuerySet:
        """The public projects that match. Not for a keyword that too many hold."""
        narrowed = self.narrowed(leaving_out)
        return narrowed.filter(pk__in=self._hits.ids) if self.has_words else narrowed

    @cached_property
    def _hits(self) -> search.Hits:
        """All that holds the keyword, whatever else is chosen."""
        return search.hits_among_public(self.keyword, Project)

    @property
    def is_capped(self) -> bool:  # type: ignore[override]
        return self.has_words and self._hits.is_capped

    @cached_property
    def best(self) -> list[int]:
        if self.is_capped:
            first = search.hits(self.keyword, self.narrowed().accepting(self.now)).ids
            found = search.hits(self.keyword, self.narrowed()).ids if self.conditions else self._hits.ids
            return list(dict.fromkeys([*first, *found]))[: search.MAX_HITS]
        places = {pk: place for place, pk in enumerate(self._hits.ids)}
        rows = self._matching().values_list("pk", "status", "round") if places else []
        order = {pk: (self._rank(status, of) != ListRank.ACCEPTING, places[pk]) for pk, status, of in rows}
        return sorted(order, key=order.__getitem__)

    @cached_property
    def _open_rounds(self) -> set[int]:
        return set(ApplicationRound.objects.open_at(self.now).values_list("pk", flat=True))

    def _rank(self, status: str, in_round: int | None) -> ListRank:
        return ListRank.of(status, is_round_open=in_round in self._open_rounds)

    @cached_property
    def _tally(self) -> Counter[tuple[str, ListRank, str]]:
        """How many projects match by status, place in the list and area, whatever status and area are chosen."""
        if self.has_words and not self._hits.ids:
            return Counter()
        rows = self._matching("status", "area").values_list("status", "round", "area").order_by()
        slugs = self.vocabularies.slugs["area"]
        tally: Counter[tuple[str, ListRank, str]] = Counter()
        for status, of, area, count in rows.annotate(Count("pk")):
            tally[status, self._rank(status, of), slugs.get(area, "")] += count
        return tally

    def _is_chosen(self, facet: str, value: str) -> bool:
        return not self.chosen[facet] or value in self.chosen[facet]

    @cached_property
    def by_rank(self) -> Counter[ListRank]:
        ranks: Counter[ListRank] = Counter()
        for (status, rank, area), count in self._tally.items():
            if self._is_chosen("status", status) and self._is_chosen("area", area):
                ranks[rank] += count
        return ranks

    def counts(self) -> Counts:
        counts: Counts = {"status": Counter(), "area": Counter()}
        for (status, _, area), count in self._tally.items():
            if self._is_chosen("area", area):
                counts["status"][status] += count
            if self._is_chosen("status", status):
                counts["area"][area] += count
        counts |= {name: Counter() for name in THROUGHS}
        for name, pk, count in self._term_counts():
            counts[name][self.vocabularies.slugs[name][pk]] += count
        return counts

    def _term_counts(self) -> Iterable[tuple[str, int, int]]:
        """The facets with the keys of their terms, each with how many projects it adds. A term can come twice."""
        asked = [rows for name in THROUGHS for rows in self._counted_terms(name)]
        return asked[0].union(*asked[1:], all=True) if asked else []

    def _counted_terms(self, name: str) -> list[QuerySet[Any, Any]]:
        """What to add up for one facet: all of it is asked for at once."""
        rows = THROUGHS[name]._default_manager.order_by().values_list(Value(name), name)
        if self.has_words:
            matching = self._matching(name).values("pk")
            return [rows.filter(project__in=matching).annotate(Count("pk"))] if self._hits.ids else []
        if self.conditions.keys() - {name}:
            return [rows.filter(project__in=self.narrowed((name,)).values("pk")).annotate(Count("pk"))]
        # All that is public: to count everything and take the few away that are not reads an index and no projects.
        hidden = rows.filter(project__in=Project.objects.hidden().values("pk"))
        return [rows.annotate(Count("pk")), hidden.annotate(less=Count("pk") * -1)]

    def places(self, start: int, stop: int) -> list[int]:
        found: list[int] = []
        for rank in ListRank:
            size = self.by_rank[rank]
            if start < size and stop > 0:
                # The database walks an index to these places, and reads no more rows than they are.
                places = self.narrowed().of_rank(rank, self.now).a_to_z().values_list("pk", flat=True)
                found += places[max(start, 0) : stop]
            start, stop = start - size, stop - size
        return found

    def totals(self) -> dict[str, int]:
        """One look over the whole list."""
        is_open = self.vocabularies.condition("status", [Status.OPEN])
        counts = {"total": Count("pk"), "open": Count("pk", filter=is_open)}
        filters = dict(self.conditions)
        if self.is_capped:  # what goes with a keyword that too many hold is not counted
            counts["without_q"] = Count("pk", filter=Q(*filters.values()))
            filters = {}
        elif self.has_words:
            filters["q"] = Q(pk__in=self._hits.ids)
        for name, condition in filters.items():
            others = [other for key, other in filters.items() if key != name]
            counts[f"without_{name}"] = Count("pk", filter=Q(*others))
            counts[f"only_{name}"] = Count("pk", filter=condition)
        found: dict[str, int] = Project.objects.public().aggregate(**counts)
        return found
