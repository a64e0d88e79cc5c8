"""One search over every kind of page, on SQLite (FTS5) and PostgreSQL (tsvector) alike.

Text is folded and stemmed in Python on both sides, so that the two databases see the same words: neither reads
"COVID-19" as a negative number, drops stop words or knows another stem. The index holds every item; who may see a hit
is decided when it is read, by ``public()``.

Nothing of a query reaches a database but words of letters and digits, each quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import snowballstemmer
from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction

from portal.models import SearchEntry
from portal.page_parts import PagePart
from portal.prepared import prepared_by_keys
from portal.publishing import Publishable

# What the search knows: pages, and the parts of pages that are found by themselves.
Findable = Publishable | PagePart
# One of them, by its kind and key.
Pair = tuple[type[Findable], int]

MAX_QUERY = 200
MAX_WORDS = 12
MAX_HITS = 1_000
MAX_BODY = 200_000
BATCH = 500
WEIGHTS = (10.0, 6.0, 3.0, 1.0)

_WORD = re.compile(r"[^\W_]+")
_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    return _stemmer.stemWord(word)


def words(text: str) -> list[str]:
    """The words of a text: lower case, without accents or punctuation."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return [word[:40] for word in _WORD.findall(text.casefold())]


def fold(text: str) -> str:
    """A text as the index keeps it: every word, then every stem that differs from its word."""
    found = words(text[:MAX_BODY])
    stems = [stemmed for word in found if (stemmed := stem(word)) != word]
    return " ".join(found + stems)


def kinds() -> list[type[Any]]:
    """Everything that the search knows, by kind."""
    return [*Publishable.kinds(), *PagePart.kinds()]


def everything() -> list[tuple[type[Any], list[Any]]]:
    """All that readers may see, by kind, A to Z."""
    found = [(kind, kind._default_manager.public().for_listing()) for kind in kinds()]
    return [(kind, sorted(items, key=lambda item: (item.title.casefold(), item.pk))) for kind, items in found if items]


# Writing ------------------------------------------------------------------------------------------


def _entry(item: Findable) -> SearchEntry:
    """What the search knows of an item, in the words of the index."""
    document = item.search_document()
    return SearchEntry(
        kind=item._meta.label_lower,
        object_id=item.pk,
        title=fold(document.title),
        terms=fold(document.terms),
        summary=fold(document.summary),
        body=fold(document.body),
    )


def index(item: Findable) -> None:
    """Write what the search knows of an item. Call it after its text, terms or children changed."""
    _write([_entry(item)])


@transaction.atomic
def _write(entries: list[SearchEntry]) -> None:
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=["title", "terms", "summary", "body"],
    )
    if connection.vendor == "sqlite":
        rows = [(entry.pk, entry.title, entry.terms, entry.summary, entry.body) for entry in entries]
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM portal_search_fts WHERE rowid = %s", [row[:1] for row in rows])
            cursor.executemany(
                "INSERT INTO portal_search_fts (rowid, title, terms, summary, body) VALUES (%s, %s, %s, %s, %s)", rows
            )


@transaction.atomic
def forget(kind: str, object_ids: Iterable[int]) -> None:
    """Take deleted items of one kind (``projects.project``) out of the index."""
    entries = SearchEntry.objects.filter(kind=kind, object_id__in=list(object_ids))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pk in entries.values_list("pk", flat=True):
                cursor.execute("DELETE FROM portal_search_fts WHERE rowid = %s", [pk])
    entries.delete()


def rebuild() -> int:
    """Index everything anew. Returns the number of items."""
    with transaction.atomic():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM portal_search_fts")
        SearchEntry.objects.all().delete()
        count = 0
        for kind in kinds():
            items = kind._default_manager.for_index().order_by("pk").iterator(chunk_size=BATCH)
            while entries := [_entry(item) for item in islice(items, BATCH)]:
                _write(entries)
                count += len(entries)
    return count


# Reading ------------------------------------------------------------------------------------------


def query_words(query: str) -> list[str]:
    return words(query[:MAX_QUERY])[:MAX_WORDS]


def _fts5(found: list[str]) -> str:
    terms = [f'"{stem(word)}"' for word in found[:-1]]
    last = found[-1]
    return " AND ".join([*terms, f'("{stem(last)}" OR "{last}" *)'])


def _tsquery(found: list[str]) -> str:
    terms = [f"'{stem(word)}'" for word in found[:-1]]
    last = found[-1]
    return " & ".join([*terms, f"('{stem(last)}' | '{last}':*)"])


# Of the pages that hold the words, the newest are looked at, and only those are ranked: to rank them all takes a time
# that grows with the portal, and a word that stands on so many pages tells little about any. ``{among}`` is a query.
_BEST_ON_SQLITE = """
    SELECT * FROM (
        SELECT e.kind, e.object_id, -bm25(portal_search_fts, %s, %s, %s, %s) AS score, f.rowid AS place
        FROM portal_search_fts f CROSS JOIN portal_searchentry e ON e.id = f.rowid
        WHERE portal_search_fts MATCH %s AND e.kind = %s AND e.object_id IN ({among})
        ORDER BY f.rowid DESC LIMIT %s
    )
"""
_BEST_ON_POSTGRESQL = """
    SELECT * FROM (
        SELECT kind, object_id, ts_rank(ARRAY[%s, %s, %s, %s]::real[], document, to_tsquery('simple', %s)) AS score, id
        FROM portal_searchentry
        WHERE document @@ to_tsquery('simple', %s) AND kind = %s AND object_id IN ({among})
        ORDER BY id DESC LIMIT %s
    ) AS newest
"""


@dataclass(frozen=True)
class Hits:
    """The ids of pages of one kind that hold some words, with how well each fits; best first.

    ``is_capped`` says that more hold them than are looked at; these are then the newest ``MAX_HITS``.
    """

    scores: dict[int, float]
    is_capped: bool = False

    @property
    def ids(self) -> list[int]:
        return list(self.scores)


class Among(NamedTuple):
    """Items of one kind to look among: the query that gives their keys, empty where Django knows of none."""

    kind: str
    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def these(cls, items: models.QuerySet[Any]) -> Among:
        try:
            sql, parameters = items.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            sql, parameters = "", ()
        return cls(items.model._meta.label_lower, sql, tuple(parameters))


def _among_public(kind: type[Findable]) -> Among:
    """What readers may see of a kind."""
    return _public_in_words(connection.vendor, kind)


@lru_cache
def _public_in_words(vendor: str, kind: type[Findable]) -> Among:
    """In the words of a database, which take longer to find than the hits."""
    return Among.these(kind._default_manager.public())


def hits(query: str, among: models.QuerySet[Any]) -> Hits:
    """Those of ``among`` that hold every word of ``query``, as it stands or by its stem.

    The last word may also be the beginning of a word. Who may see a hit is for ``among`` to say: the index holds all.
    """
    return _hits(query, [Among.these(among)])[0]


def hits_among_public(query: str, kind: type[Findable]) -> Hits:
    """The same, among all that readers may see of a kind."""
    return _hits(query, [_among_public(kind)])[0]


def _hits(query: str, groups: list[Among]) -> list[Hits]:
    """The hits of each group, all in one query."""
    found = query_words(query)
    arms: list[str] = []
    parameters: list[Any] = []
    for among in groups:
        if found and among.sql:
            arm, before = _arm(found)
            arms.append(arm.format(among=among.sql))
            parameters += [*before, among.kind, *among.parameters, MAX_HITS + 1]
    rows: dict[str, list[tuple[int, float, int]]] = {}
    if arms:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(arms), parameters)
            for kind, pk, score, place in cursor.fetchall():
                rows.setdefault(kind, []).append((pk, score, place))
    return [_best(rows.get(among.kind, [])) for among in groups]


def _arm(found: list[str]) -> tuple[str, list[Any]]:
    """What asks for the hits of one kind, and its parameters up to the kind."""
    if connection.vendor == "sqlite":
        return _BEST_ON_SQLITE, [*WEIGHTS, _fts5(found)]
    words, scale = _tsquery(found), max(WEIGHTS)
    return _BEST_ON_POSTGRESQL, [*(weight / scale for weight in reversed(WEIGHTS)), words, words]


def _best(rows: list[tuple[int, float, int]]) -> Hits:
    ranked = sorted(rows, key=lambda row: (-row[1], row[2]))
    return Hits({pk: score for pk, score, _ in ranked[:MAX_HITS]}, is_capped=len(rows) > MAX_HITS)


def _at_least(count: int, is_capped: bool) -> str:
    return f"more than {count}" if is_capped else str(count)


@dataclass(frozen=True)
class KindCount:
    kind: type[Findable]
    count: int
    is_capped: bool

    @property
    def slug(self) -> str:
        return str(self.kind._meta.model_name)

    @property
    def in_words(self) -> str:
        return _at_least(self.count, self.is_capped)


@dataclass(frozen=True)
class Results:
    """What a reader may see of a search: counts by kind and the hits, best first."""

    counts: list[KindCount]
    found: list[Pair]

    @property
    def total(self) -> int:
        return sum(count.count for count in self.counts)

    @property
    def total_in_words(self) -> str:
        return _at_least(self.total, any(count.is_capped for count in self.counts))


Beside = Callable[[list[Any]], None]
_beside: dict[type[Findable], Beside] = {}


def load_beside(kind: type[Findable], function: Beside) -> None:
    """Register what loads for items of a kind all that ``for_listing()`` would prefetch, in fewer queries."""
    _beside[kind] = function


def load(pairs: Iterable[Pair]) -> dict[Pair, Findable]:
    """Those of them that are public, with what lists show, one query a kind and those for what stands beside it."""
    wanted: dict[type[Findable], list[int]] = {}
    for kind, pk in pairs:
        wanted.setdefault(kind, []).append(pk)
    return {(kind, item.pk): item for kind, pks in wanted.items() for item in _load(kind, pks)}


def _load(kind: type[Findable], pks: list[int]) -> list[Any]:
    """The public ones of a kind."""
    beside = _beside.get(kind)
    items = _listed(kind, beside is None, keys=pks)
    if beside:
        beside(items)
    return items


@prepared_by_keys
def _listed(kind: type[Findable], prefetches: bool, *, keys: list[models.Value]) -> models.QuerySet[Any]:
    items: models.QuerySet[Any] = kind._default_manager.public().for_listing().filter(pk__in=keys)
    return items if prefetches else items.prefetch_related(None)


def search(query: str) -> Results:
    """Everything public that holds the words of ``query``."""
    all_kinds = kinds()
    of_kind = dict(zip(all_kinds, _hits(query, [_among_public(kind) for kind in all_kinds]), strict=True))
    counts = [KindCount(kind, len(found.scores), found.is_capped) for kind, found in of_kind.items() if found.scores]
    scored = [(kind, pk, score) for kind, found in of_kind.items() for pk, score in found.scores.items()]
    scored.sort(key=lambda hit: hit[2], reverse=True)
    return Results(counts, [(kind, pk) for kind, pk, _ in scored])
