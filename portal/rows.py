"""The rows of lists: what the finder and the search show of each item, the same to every reader.

What stands in a row is read once per content generation (``portal.kept``), and rendered once for the words that it is:
so an edit makes none anew but those that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.kept import kept
from portal.search import Findable, Pair, load

# Of so many items, half a kilobyte each; what is asked for once that many are kept is read and rendered anew.
MOST = 4_000


class Row(NamedTuple):
    """What stands in one row. ``status`` is the label and colour of its tag; ``facts`` are labels and values."""

    address: str
    title: str
    status: tuple[str, str] | None
    summary: str
    facts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, item: Any) -> Row:
        return cls(
            item.get_absolute_url(), str(item.title), item.search_tag, str(item.summary), tuple(item.search_facts)
        )


def rows(pairs: Sequence[Pair], *, names_kind: bool = False) -> list[SafeString]:
    """The rows of those ``pairs`` of kind and key that are public, in order; where asked, with the names of kinds.

    Only those not known yet are loaded.
    """
    known = _known()
    made = _read([pair for pair in pairs if pair not in known])
    shown = [(pair, known.get(pair) or made.get(pair)) for pair in pairs]
    if len(known) + len(made) <= MOST:
        known.update(made)
    return [_rendered(pair[0].kind_label if names_kind else "", row) for pair, row in shown if row is not None]


Reader = Callable[[Sequence[int]], dict[int, Row] | None]
_readers: dict[type[Findable], Reader] = {}


def read_by(kind: type[Findable], reader: Reader) -> None:
    """Register what reads the rows of a kind by their keys, where that is quicker than to load the items themselves.

    It gives what ``Row.of`` would, of those that are public; None where it cannot.
    """
    _readers[kind] = reader


def _read(pairs: Iterable[Pair]) -> dict[Pair, Row]:
    wanted: dict[type[Findable], list[int]] = {}
    for kind, pk in pairs:
        wanted.setdefault(kind, []).append(pk)
    found: dict[Pair, Row] = {}
    for kind, keys in wanted.items():
        read = _readers[kind](keys) if kind in _readers else None
        if read is None:
            found |= {pair: Row.of(item) for pair, item in load((kind, pk) for pk in keys).items()}
        else:
            found |= {(kind, pk): row for pk, row in read.items()}
    return found


@kept
def _known() -> dict[Pair, Row]:
    """What was read so far. Whoever reads it adds it: a row is the same, whoever does."""
    return {}


@lru_cache(maxsize=MOST)
def _rendered(kind: str, row: Row) -> SafeString:
    """Made of nothing but these words, so no content can make it wrong."""
    return render_to_string("components/result.html", {"kind": kind, **row._asdict()})
