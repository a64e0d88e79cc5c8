"""The public projects as the finder counts them, in memory: a list of ordinary length, made once per generation."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db.models import Count, QuerySet, Value

from portal import clock, search
from portal.kept import kept
from portal.prepared import prepared
from projects.facets import LABELS, THROUGHS, vocabularies
from projects.models import ApplicationRound, ListRank, Modality, Project, Technique, Term

# When a round opens and closes.
Window = tuple[dt.datetime | None, dt.datetime | None]


class Catalogue:
    """Every public project, A to Z. A set of them is a number, in which the bit at each one's place is set.

    So to narrow and to count them are one operation of the processor each, whatever is asked for.
    """

    def __init__(self) -> None:
        self._bits: dict[int, int] = {}
        # The projects that have a term or a status, by facet and the key of the term or the status itself.
        self.having: dict[str, dict[Any, int]] = {name: defaultdict(int) for name in LABELS}
        # The terms that a project has, by facet and its key.
        self._terms: dict[tuple[str, int], list[int]] = defaultdict(list)
        # The projects of the rounds that open and close at these moments, and one of these rounds.
        self._in_window: dict[Window, int] = defaultdict(int)
        self._rounds: dict[Window, ApplicationRound] = {}

    def add(
        self, pk: int, status: str, area: int | None, opens_at: dt.datetime | None, closes_at: dt.datetime | None
    ) -> None:
        """The next project, A to Z, with when its round opens and closes."""
        bit = self._bits[pk] = 1 << len(self._bits)
        self.having["status"][status] |= bit
        self.having["area"][area] |= bit
        window = opens_at, closes_at
        self._in_window[window] |= bit
        if window not in self._rounds:
            self._rounds[window] = ApplicationRound(opens_at=opens_at, closes_at=closes_at)

    def add_term(self, facet: str, pk: int, term: int) -> None:
        """A term that a project has, if the project is public."""
        if pk in self._bits:
            self.having[facet][term] |= self._bits[pk]
            self._terms[facet, pk].append(term)

    @property
    def everything(self) -> int:
        return (1 << len(self._bits)) - 1

    def bit(self, pk: int) -> int:
        """The set of this one project; the empty one if it is not public."""
        return self._bits.get(pk, 0)

    def of(self, pks: Iterable[int]) -> int:
        """The set of those of them that are public."""
        found = 0
        for pk in pks:
            found |= self.bit(pk)
        return found

    def having_any(self, facet: str, keys: Iterable[Any]) -> int:
        """The projects that have one of these."""
        found = 0
        for key in keys:
            found |= self.having[facet].get(key, 0)
        return found

    def ranks(self, now: dt.datetime) -> dict[ListRank, int]:
        """The parts of the list at ``now``, in order."""
        in_open_rounds = 0
        for window, those in self._in_window.items():
            if self._rounds[window].is_open(now):
                in_open_rounds |= those
        ranks = dict.fromkeys(ListRank, 0)
        for status, having in self.having["status"].items():
            ranks[ListRank.of(status, is_round_open=True)] |= having & in_open_rounds
            ranks[ListRank.of(status, is_round_open=False)] |= having & ~in_open_rounds
        return ranks

    def terms_of(self, facet: str, pk: int) -> Sequence[int]:
        """The techniques or types of data that a project has, by their keys."""
        return self._terms.get((facet, pk), ())

    def keys(self, projects: int) -> list[int]:
        """The keys of a set, A to Z."""
        return [pk for pk, bit in self._bits.items() if projects & bit]


@prepared()
def _listed(most: int) -> QuerySet[Any, Any]:
    # The database orders it: each has its own mind about letters.
    listed = Project.objects.public().a_to_z()
    return listed.values_list("pk", "status", "area", "round__opens_at", "round__closes_at")[:most]


@kept
def catalogue() -> Catalogue | None:
    """The whole list in two queries; None where it is longer than the longest list that is looked at at once."""
    rows = _listed(search.MAX_HITS + 1)
    if len(rows) > search.MAX_HITS:
        return None
    found = Catalogue()
    for row in rows:
        found.add(*row)
    for facet, pk, term in _terms():
        found.add_term(facet, pk, term)
    return found


@prepared()
def _terms() -> QuerySet[Any, Any]:
    """The facet, project and key of each term that a project has."""
    first, *others = [
        through._default_manager.order_by().values_list(Value(name), "project", name)
        for name, through in THROUGHS.items()
    ]
    return first.union(*others, all=True)


@kept
def accepting_by_area() -> Counter[int]:
    """How many projects accept applications now in each area, by its key."""
    whole, now = catalogue(), clock.now()
    if whole is None:
        rows = Project.objects.accepting(now).order_by().values_list("area").annotate(Count("pk"))
        return Counter(dict(rows))
    accepting = whole.ranks(now)[ListRank.ACCEPTING]
    return Counter({area: (accepting & those).bit_count() for area, those in whole.having["area"].items()})


FIELDS: dict[str, Any] = {"techniques": Technique, "modalities": Modality}


def load_terms(projects: Iterable[Project]) -> None:
    """Load the techniques and types of data of those of ``projects`` that have none loaded.

    Without a query where the catalogue is at hand and has them, else in one: ``prefetch_related`` would ask once for
    each vocabulary.
    """
    whole, known = catalogue.at_hand(), vocabularies.at_hand()
    bare = []
    for project in projects:
        if FIELDS.keys() <= _loaded(project).keys():
            continue
        if whole and known and whole.bit(project.pk):
            for field, kind in FIELDS.items():
                terms = known.terms[kind.facet]
                _load(project, field, [terms[key] for key in whole.terms_of(kind.facet, project.pk)])
        else:
            bare.append(project)
    if bare:
        found: dict[tuple[str, int], list[Term]] = {}
        for field, project_pk, pk, name, slug in _terms_of(bare):
            found.setdefault((field, project_pk), []).append(FIELDS[field](pk=pk, name=name, slug=slug))
        for project in bare:
            for field in FIELDS:
                _load(project, field, found.get((field, project.pk), []))


def _terms_of(projects: list[Project]) -> QuerySet[Any, Any]:
    first, *others = [
        kind._default_manager.filter(projects__in=projects)
        .order_by()
        .values_list(Value(field), "projects", "pk", "name", "slug")
        for field, kind in FIELDS.items()
    ]
    return first.union(*others, all=True)


def _load(project: Project, field: str, terms: list[Term]) -> None:
    """Let Django take these for what it has loaded of a relation, A to Z."""
    _loaded(project)[field] = _LoadedTerms(project, field, sorted(terms, key=lambda term: term.name))


class _LoadedTerms(QuerySet[Any, Any]):
    """The terms of a project at hand. Django's own puts a query into words, which nobody asks."""

    def __init__(self, project: Project, field: str, terms: list[Term]) -> None:
        super().__init__(FIELDS[field])
        self._result_cache = cast(list[Any], terms)
        self._of = project.pk, field

    def _chain(self) -> Any:
        """Whoever asks for anything else asks the database, as of what is not loaded."""
        pk, field = self._of
        return getattr(Project(pk=pk), field).all()


def _loaded(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = project.__dict__.setdefault("_prefetched_objects_cache", {})
    return found
