"""The address of a page that its editor gave none."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from django.utils.text import slugify

from portal import forwarding

if TYPE_CHECKING:
    from portal.publishing import Publishable


def suggested(item: Publishable) -> str:
    """The address that the page has, or else a free one made of its title.

    A title without a letter that an address can hold gives the name of the kind.
    """
    kept = type(item)._default_manager.filter(pk=item.pk).values_list("slug", flat=True).first()
    return str(kept) if kept else free(type(item), slugify(item.title) or slugify(item.kind_label))


def free(kind: type[Publishable], wanted: str) -> str:
    """``wanted`` as the address of a new page, cut to its length, with a number behind it where it is taken.

    Taken is what another page has, what a page of the portal itself stands at, and what readers are sent on from.
    """
    longest = kind._meta.get_field("slug").max_length or len(wanted)
    stem = _cut(wanted, longest)
    others = kind._default_manager.filter(slug__startswith=stem[: longest - 6])
    taken = {*kind.reserved_addresses, *others.values_list("slug", flat=True)}
    endings = ("" if number == 1 else f"-{number}" for number in count(1))
    candidates = (_cut(stem, longest - len(ending)) + ending for ending in endings)
    return next(slug for slug in candidates if slug not in taken and not _is_left_behind(kind, slug))


def _cut(words: str, longest: int) -> str:
    return words[:longest].strip("-_")


def _is_left_behind(kind: type[Publishable], slug: str) -> bool:
    """Whether readers of that address are sent to the page that used to stand there."""
    return forwarding.target_of(kind(slug=slug).get_absolute_url()) is not None
