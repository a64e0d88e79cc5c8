"""What the search index holds, whoever may see it."""

from __future__ import annotations

from portal import search
from portal.publishing import Publishable


def indexed(words: str) -> set[tuple[str, int]]:
    """The kind and id of every item that holds these words, hidden ones too."""
    return {
        (kind._meta.label_lower, pk)
        for kind in Publishable.kinds()
        for pk in search.hits(words, kind._default_manager.all()).ids
    }
