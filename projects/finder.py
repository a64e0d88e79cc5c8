"""The finder: which projects a query asks for, in which order, and how many each further choice would give.

OR inside a facet, AND across facets. A facet's counts leave its own choice out: they say what ticking would give.
Unknown values are ignored. The database counts and orders, over indexes that hold all it needs for that, so that a page
of many projects costs little more than one of few (docs/performance.md has the numbers).

A keyword that more than ``search.MAX_HITS`` projects hold is answered by the newest of them, those that accept
applications before all; nothing is counted by facet then, since a count that is not exact would mislead.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Value, prefetch_related_objects
from django.http import QueryDict
from django.utils.http import urlencode

from portal import clock, search
from projects.facets import THROUGHS, Chip, Facet, Vocabularies, WayOut
from projects.models import ApplicationRound, ListRank, Project, Status
from projects.models.projects import ProjectQuerySet

PER_PAGE = 50
MAX_VALUES = 100


class Finder:
    """One look at the list of projects. ``query`` is the address's own."""

    def __init__(self, query: QueryDict, now: dt.datetime | None = None) -> None:
        self.now = now or clock.now()
        typed = query.get("q", "")[: 10 * search.MAX_QUERY]
        printable = "".join(letter if letter.isprintable() else " " for letter in typed)
        self.keyword = " ".join(printable.split())[: search.MAX_QUERY].strip()
        self.has_words = bool(search.query_words(self.keyword))
        self.vocabularies = Vocabularies()
        self._asked = query
        # In the order of the vocabulary: the same choice is the same address, however it was made.
        self.chosen: dict[str, list[str]] = {}
        for name, known in self.vocabularies.names.items():
            wanted = self._present_values(name)
            self.chosen[name] = [value for value in known if value in wanted]
        self.page_number = query.get("page", "1")

    def _present_values(self, facet: str) -> dict[str, None]:
        """What is asked for in a facet, in the words of today, each once."""
        asked = self._asked.getlist(facet)[:MAX_VALUES]
        return dict.fromkeys(self.vocabularies.present(facet, value) for value in asked)

    @property
    def renewed_query(self) -> str:
        """The query that was asked, with the present address of every term; empty where it has no former one."""
        renewed = self._asked.copy()
        is_old = False
        for facet in self.chosen:
            present = self._present_values(facet)
            if not present.keys() >= set(self._asked.getlist(facet)[:MAX_VALUES]):
                renewed.setlist(facet, list(present))
                is_old = True
        return renewed.urlencode() if is_old else ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.keyword) or any(self.chosen.values())

    # Which projects match

    @cached_property
    def _conditions(self) -> dict[str, Q]:
        """What each facet in which something is chosen asks of a project."""
        return {name: self.vocabularies.condition(name, values) for name, values in self.chosen.items() if values}

    def _narrowed(self, leaving_out: tuple[str, ...] = ()) -> ProjectQuerySet:
        """The public projects that the chosen boxes leave, whatever the keyword."""
        wanted = [condition for name, condition in self._conditions.items() if name not in leaving_out]
        narrowed: ProjectQuerySet = Project.objects.public().filter(*wanted)
        return narrowed

    def _matching(self, *leaving_out: str) -> ProjectQuerySet:
        """The public projects that match. Not for a keyword that too many hold."""
        narrowed = self._narrowed(leaving_out)
        return narrowed.filter(pk__in=self._hits.ids) if self.has_words else narrowed

    @cached_property
    def _hits(self) -> search.Hits:
        """All that holds the keyword, whatever else is chosen."""
        return search.hits(self.keyword, Project.objects.public())

    @property
    def is_capped(self) -> bool:
        """Whether the keyword stands on more projects than are looked at."""
        return self.has_words and self._hits.is_capped

    @cached_property
    def _best(self) -> list[int]:
        """With a keyword: the ids of what is found, first what accepts applications, each best first."""
        if self.is_capped:
            first = search.hits(self.keyword, self._narrowed().accepting(self.now)).ids
            found = search.hits(self.keyword, self._narrowed()).ids if self._conditions else self._hits.ids
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

    # How many

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
    def _by_rank(self) -> Counter[ListRank]:
        """How many are found in each part of the list."""
        ranks: Counter[ListRank] = Counter()
        for (status, rank, area), count in self._tally.items():
            if self._is_chosen("status", status) and self._is_chosen("area", area):
                ranks[rank] += count
        return ranks

    @cached_property
    def count(self) -> int:
        """How many projects are found; of a keyword that too many hold, how many are shown."""
        return len(self._best) if self.has_words else self._by_rank.total()

    @property
    def is_more(self) -> bool:
        """Whether there are more than are shown."""
        return self.is_capped and self.count == search.MAX_HITS

    @cached_property
    def facets(self) -> list[Facet]:
        if self.is_capped:
            return self.vocabularies.facets(self.chosen, None)
        counts: dict[str, Counter[str]] = {"status": Counter(), "area": Counter()}
        for (status, _, area), count in self._tally.items():
            if self._is_chosen("area", area):
                counts["status"][status] += count
            if self._is_chosen("status", status):
                counts["area"][area] += count
        counts |= {name: Counter() for name in THROUGHS}
        for name, pk, count in self._term_counts():
            counts[name][self.vocabularies.slugs[name][pk]] += count
        return self.vocabularies.facets(self.chosen, counts)

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
        if self._conditions.keys() - {name}:
            return [rows.filter(project__in=self._narrowed((name,)).values("pk")).annotate(Count("pk"))]
        # All that is public: to count everything and take the few away that are not reads an index and no projects.
        hidden = rows.filter(project__in=Project.objects.hidden().values("pk"))
        return [rows.annotate(Count("pk")), hidden.annotate(less=Count("pk") * -1)]

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing is published at all."""
        return not self.count and not Project.objects.public().exists()

    # Which are shown

    @cached_property
    def page(self) -> Page[Any]:
        """The places in the list that the page shows, as Django pages them."""
        return Paginator(range(self.count), PER_PAGE).get_page(self.page_number)

    @cached_property
    def projects(self) -> list[Project]:
        """The projects of the page, in order."""
        return self.in_order(max(self.page.start_index() - 1, 0), self.page.end_index())

    def in_order(self, start: int, stop: int) -> list[Project]:
        """The found projects from place ``start`` up to ``stop``, with what a list shows."""
        if self.has_words:
            pks = self._best[start:stop]
            by_pk = Project.objects.public().for_listing().in_bulk(pks)
            return [by_pk[pk] for pk in pks if pk in by_pk]
        found: list[Project] = []
        for rank in ListRank:
            size = self._by_rank[rank]
            if start < size and stop > 0:
                # The database walks an index to these places, and reads no more rows than they are.
                places = self._narrowed().of_rank(rank, self.now).a_to_z().values("pk")[max(start, 0) : stop]
                listed = Project.objects.public().for_listing().prefetch_related(None)
                found += listed.filter(pk__in=places).a_to_z()
            start, stop = start - size, stop - size
        prefetch_related_objects(found, "techniques", "modalities")
        return found

    def newest(self, limit: int) -> list[Project]:
        """The found projects that changed last, newest change first."""
        found = self._narrowed().filter(pk__in=self._best) if self.has_words else self._narrowed()
        return list(found.for_listing().order_by("-updated_at", "-pk")[:limit])

    # Words and addresses

    def query(self, **without: str) -> str:
        """The canonical query of this look, leaving out the keyword, a facet (``area=""``) or one value of a facet."""
        pairs = [("q", self.keyword)] if self.keyword and "q" not in without else []
        for name, values in self.chosen.items():
            if without.get(name) != "":
                pairs += [(name, value) for value in values if without.get(name) != value]
        return urlencode(pairs)

    @property
    def page_query(self) -> str:
        query = self.query()
        return f"{query}&" if query else ""

    @property
    def canonical_query(self) -> str:
        """The query of the one address under which this page is known."""
        page = f"page={self.page.number}" if self.page.number > 1 else ""
        return "&".join(part for part in [self.query(), page] if part)

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force, each with the query without it."""
        chips = [Chip(f"“{self.keyword}”", self.query(q=""))] if self.keyword else []
        for name, values in self.chosen.items():
            known = self.vocabularies.names[name]
            chips += [Chip(known[value], self.query(**{name: value})) for value in values]
        return chips

    @property
    def selected_count(self) -> int:
        return len(self.chips)

    @property
    def title(self) -> str:
        """Internship projects: “letters”, Open, Text."""
        labels = [chip.label for chip in self.chips]
        return f"Internship projects: {', '.join(labels)}" if labels else "Internship projects"

    # Where to go from a page without results

    @cached_property
    def totals(self) -> dict[str, int]:
        """For a page without results: how many are public, how many of them open, and what other filters would give.

        ``without_area`` counts what dropping the areas would give, ``only_area`` what keeping nothing but them would.
        It is one look over the whole list, which no other page takes.
        """
        is_open = self.vocabularies.condition("status", [Status.OPEN])
        counts = {"total": Count("pk"), "open": Count("pk", filter=is_open)}
        filters = dict(self._conditions)
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

    @cached_property
    def way_out(self) -> WayOut | None:
        """The narrowest filter: dropping it gives most. Where dropping one is not enough, the best one to keep."""
        names = ["q", *self._conditions]
        ways = [
            *(self._way("remove", name, f"without_{name}", {name: ""}) for name in names),
            *(self._way("keep only", name, f"only_{name}", dict.fromkeys({*names} - {name}, "")) for name in names),
        ]
        # The open projects have a line of their own on that page.
        worth = [way for way in ways if way.count and way.query != urlencode({"status": Status.OPEN.value})]
        return max(worth, key=lambda way: (way.verb == "remove", way.count), default=None)

    def _way(self, verb: str, name: str, total: str, without: dict[str, str]) -> WayOut:
        return WayOut(verb, self._in_words(name), self.totals.get(total, 0), self.query(**without))

    def _in_words(self, name: str) -> str:
        """What is chosen in a facet, or the keyword: “letters”; Graphs or Simulation."""
        if name == "q":
            return f"“{self.keyword}”"
        return " or ".join(self.vocabularies.names[name][value] for value in self.chosen[name])
