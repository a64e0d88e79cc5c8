"""One search over every kind of page, on SQLite (FTS5) and PostgreSQL (tsvector) alike.

Text is folded and stemmed in Python on both sides, so that the two databases see the same words: neither reads
"COVID-19" as a negative number, drops stop words or knows another stem. The index holds every item; who may see a hit
is decided when it is read, by ``public()``.

Nothing of a query reaches a database but words of letters and digits, each quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer
from django.db import connection, transaction

from portal.models import SearchEntry
from portal.publishing import Publishable

MAX_QUERY = 200
MAX_WORDS = 12
MAX_HITS = 1_000
MAX_BODY = 200_000
WEIGHTS = (10.0, 6.0, 3.0, 1.0)

_WORD = re.compile(r"[^\W_]+")
_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    return _stemmer.stemWord(word)


def words(text: str) -> list[str]:
    """The words of a text: lower case, without accents or punctuation."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return [word[:40] for word in _WORD.findall(plain.casefold())]


def fold(text: str) -> str:
    """A text as the index keeps it: every word, then every stem that differs from its word."""
    found = words(text[:MAX_BODY])
    stems = [stemmed for word in found if (stemmed := stem(word)) != word]
    return " ".join(found + stems)


# Writing ------------------------------------------------------------------------------------------


@transaction.atomic
def index(item: Publishable) -> None:
    """Write what the search knows of an item. Call it after its text, terms or children changed."""
    document = item.search_document()
    entry, _ = SearchEntry.objects.update_or_create(
        kind=item._meta.label_lower,
        object_id=item.pk,
        defaults={
            "title": fold(document.title),
            "terms": fold(document.terms),
            "summary": fold(document.summary),
            "body": fold(document.body),
        },
    )
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM portal_search_fts WHERE rowid = %s", [entry.pk])
            cursor.execute(
                "INSERT INTO portal_search_fts (rowid, title, terms, summary, body) VALUES (%s, %s, %s, %s, %s)",
                [entry.pk, entry.title, entry.terms, entry.summary, entry.body],
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
        for kind in Publishable.kinds():
            for item in kind._default_manager.all().iterator(chunk_size=200):
                index(item)
                count += 1
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


def hits(query: str, kind: str | None = None) -> list[tuple[str, int]]:
    """The best hits as pairs of kind and id, best first, at most ``MAX_HITS``.

    Every word must occur, as it stands or by its stem; the last one also as the beginning of a word. They are not yet
    sifted by who may see them.
    """
    found = query_words(query)
    if not found:
        return []
    if connection.vendor == "sqlite":
        sql = (
            "SELECT e.kind, e.object_id FROM portal_search_fts f JOIN portal_searchentry e ON e.id = f.rowid "
            "WHERE portal_search_fts MATCH %s AND (%s = '' OR e.kind = %s) "
            "ORDER BY bm25(portal_search_fts, %s, %s, %s, %s), e.id LIMIT %s"
        )
        parameters: list[str | float] = [_fts5(found), kind or "", kind or "", *WEIGHTS, MAX_HITS]
    else:
        sql = (
            "SELECT kind, object_id FROM portal_searchentry, to_tsquery('simple', %s) AS query "
            "WHERE document @@ query AND (%s = '' OR kind = %s) "
            "ORDER BY ts_rank(ARRAY[%s, %s, %s, %s]::real[], document, query) DESC, id LIMIT %s"
        )
        scale = max(WEIGHTS)
        parameters = [_tsquery(found), kind or "", kind or "", *(w / scale for w in reversed(WEIGHTS)), MAX_HITS]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [(row[0], row[1]) for row in cursor.fetchall()]


def ids(query: str, kind: type[Publishable]) -> list[int]:
    """The ids of one kind's hits, best first."""
    return [object_id for _, object_id in hits(query, kind._meta.label_lower)]


@dataclass(frozen=True)
class KindCount:
    kind: type[Publishable]
    count: int

    @property
    def slug(self) -> str:
        return str(self.kind._meta.model_name)


@dataclass(frozen=True)
class Results:
    """What a reader may see of a search: counts by kind and the hits, best first."""

    counts: list[KindCount]
    found: list[tuple[type[Publishable], int]]

    @property
    def total(self) -> int:
        return sum(count.count for count in self.counts)

    def load(self, pairs: list[tuple[type[Publishable], int]]) -> list[Publishable]:
        """The items themselves, in the same order, one query a kind."""
        items: dict[tuple[type[Publishable], int], Publishable] = {}
        for kind in {kind for kind, _ in pairs}:
            wanted = [object_id for of, object_id in pairs if of is kind]
            for item in kind._default_manager.public().for_listing().filter(pk__in=wanted):
                items[kind, item.pk] = item
        return [items[pair] for pair in pairs if pair in items]


def search(query: str) -> Results:
    """Everything public that holds the words of ``query``."""
    ranked = hits(query)
    kinds = {kind._meta.label_lower: kind for kind in Publishable.kinds()}
    public: dict[str, set[int]] = {}
    for label in {label for label, _ in ranked}:
        if label in kinds:
            wanted = [object_id for of, object_id in ranked if of == label]
            public[label] = set(
                kinds[label]._default_manager.public().filter(pk__in=wanted).values_list("pk", flat=True)
            )
    found = [(kinds[label], pk) for label, pk in ranked if pk in public.get(label, ())]
    counts = [KindCount(kind, sum(1 for of, _ in found if of is kind)) for kind in kinds.values()]
    return Results([count for count in counts if count.count], found)
