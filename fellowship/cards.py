"""The cards of fellows, as every list of them shows each: made once for the words that it is, whoever asks."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from fellowship.models import Fellow
from portal.models import SharedDraft

# Of so many fellows, half a kilobyte each.
MOST = 1_000


class Person(NamedTuple):
    """What a card says of a fellow: the columns of these names."""

    slug: str
    name: str
    profession: str
    role: str
    region: str
    photo: str
    photo_alt: str


def card(person: Person, shared: SharedDraft | None = None) -> SafeString:
    """The card of a fellow. On a draft that a link shows, the link shows the photo too."""
    return _rendered(person) if shared is None else _render(person, shared)


@lru_cache(maxsize=MOST)
def _rendered(person: Person) -> SafeString:
    """Made of nothing but these words, so no content can make it wrong."""
    return _render(person, None)


def _render(person: Person, shared: SharedDraft | None) -> SafeString:
    return render_to_string("fellowship/card.html", {"fellow": Fellow(**person._asdict()), "shared": shared})
