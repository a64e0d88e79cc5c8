"""The finder: what a query asks for in words and addresses, and the page of projects that answers it.

Unknown values are ignored. ``projects.selection`` says which projects match, and how many each further choice would
give.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from portal import clock, search
from portal.rows import read_by, rows
from projects.catalogue import load_terms
from projects.facets import Chip, Facet, WayOut, vocabularies
from projects.listed import read_rows
from projects.models import Project, Status
from projects.selection import Selection, select

PER_PAGE = 50
MAX_VALUES = 100
# The parameters of a query that hold facets. The order and number of their values mean nothing.
FACETS = ("status", "area", "technique", "modality")


class Finder:
    """One look at the list of projects. ``query`` is the address's own."""

    def __init__(self, query: QueryDict, now: dt.datetime | None = None) -> None:
        self.now = now or clock.now()
        typed = query.get("q", "")[: 10 * search.MAX_QUERY]
        printable = "".join(letter if letter.isprintable() else " " for letter in typed)
        self.keyword = " ".join(printable.split())[: search.MAX_QUERY].strip()
        self.has_words = bool(search.query_words(self.keyword))
        self.vocabularies = vocabularies()
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

    # Which projects match, and how many

    @cached_property
    def _selection(self) -> Selection:
        return select(self.vocabularies, self.chosen, self.keyword, self.now)

    @property
    def is_capped(self) -> bool:
        """Whether the keyword stands on more projects than are looked at."""
        return self._selection.is_capped

    @cached_property
    def count(self) -> int:
        """How many projects are found; of a keyword that too many hold, how many are shown."""
        return self._selection.count

    @property
    def is_more(self) -> bool:
        """Whether there are more than are shown."""
        return self.is_capped and self.count == search.MAX_HITS

    @cached_property
    def facets(self) -> list[Facet]:
        return self.vocabularies.facets(self.chosen, None if self.is_capped else self._selection.counts())

    @cached_property
    def single_facets(self) -> list[Facet]:
        """Every facet, with what each of its values gives by itself: for pages that offer one at a time."""
        return [replace(facet, selected=self.chosen[facet.name]) for facet in Finder(QueryDict(), self.now).facets]

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing is published at all."""
        return not self.count and not self.totals["total"]

    # Which are shown

    @cached_property
    def page(self) -> Page[Any]:
        """The places in the list that the page shows, as Django pages them."""
        return Paginator(range(self.count), PER_PAGE).get_page(self.page_number)

    @cached_property
    def rows(self) -> list[SafeString]:
        """What the page says of each of its projects, in order."""
        start = max(self.page.start_index() - 1, 0)
        return rows([(Project, pk) for pk in self._keys(start, self.page.end_index())])

    @property
    def projects(self) -> list[Project]:
        """The projects of the page, in order."""
        return self.in_order(max(self.page.start_index() - 1, 0), self.page.end_index())

    def in_order(self, start: int, stop: int) -> list[Project]:
        """The found projects from place ``start`` up to ``stop``, with what a list shows."""
        pks = self._keys(start, stop)
        by_pk = Project.objects.public().for_listing().in_bulk(pks) if pks else {}
        return [by_pk[pk] for pk in pks if pk in by_pk]

    def _keys(self, start: int, stop: int) -> list[int]:
        """The keys of the found projects from place ``start`` up to ``stop``."""
        return self._selection.best[start:stop] if self.has_words else self._selection.places(start, stop)

    def newest(self, limit: int) -> list[Project]:
        """The found projects that changed last, newest change first."""
        found = self._selection.narrowed()
        if self.has_words:
            found = found.filter(pk__in=self._selection.best)
        return list(found.for_listing().order_by("-updated_at", "-pk")[:limit])

    # Words and addresses

    def query(self, **without: str) -> str:
        """The canonical query of this look, leaving out the keyword, a facet (``area=""``) or one value of a facet."""
        return self._query_without(without) if without else self._whole_query

    @cached_property
    def _whole_query(self) -> str:
        return self._query_without({})

    def _query_without(self, without: Mapping[str, str]) -> str:
        pairs = [("q", self.keyword)] if self.keyword and "q" not in without else []
        for name, values in self.chosen.items():
            if without.get(name) != "":
                pairs += [(name, value) for value in values if without.get(name) != value]
        return urlencode(pairs)

    @property
    def suffix(self) -> str:
        """What stands behind the address of this list in another form, such as its feed."""
        query = self.query()
        return f"?{query}" if query else ""

    @cached_property
    def page_query(self) -> str:
        query = self.query()
        return f"{query}&" if query else ""

    @cached_property
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

    @cached_property
    def title(self) -> str:
        """Internship projects: “letters”, Open, Text."""
        labels = [chip.label for chip in self.chips]
        return f"Internship projects: {', '.join(labels)}" if labels else "Internship projects"

    # Where to go from a page without results

    @cached_property
    def totals(self) -> dict[str, int]:
        """For a page without results: how many are public, how many of them open, and what other filters would give."""
        return self._selection.totals()

    @cached_property
    def way_out(self) -> WayOut | None:
        """The narrowest filter: dropping it gives most. Where dropping one is not enough, the best one to keep."""
        names = ["q", *(name for name, values in self.chosen.items() if values)]
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


search.load_beside(Project, load_terms)
read_by(Project, read_rows)
