"""What the search index holds, whoever may see it, and what is written into it as it is made."""

from __future__ import annotations

from typing import Any

from factory.django import DjangoModelFactory

from portal import search


class IndexedFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _after_postgeneration(cls, instance: Any, create: bool, results: Any = None) -> None:
        if create:
            search.index(instance)


def indexed(words: str) -> set[tuple[str, int]]:
    """The kind and id of every item that holds these words, hidden ones too."""
    return {
        (kind._meta.label_lower, pk)
        for kind in search.kinds()
        for pk in search.hits(words, kind._default_manager.all()).ids
    }
