"""What readers notice when pages change their status, in words for the person who is about to do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.publishing import Publishable


def agree(number: int, one: str, many: str) -> str:
    """The words that go with a number."""
    return one if number == 1 else many


def of_visibility(before: Sequence[Publishable], after: Sequence[Publishable]) -> list[str]:
    """Which pages readers find that they did not, and which they no longer find."""
    pairs = list(zip(before, after, strict=True))
    return [
        *_appearing([new for old, new in pairs if new.is_public and not old.is_public]),
        *_vanishing([new for old, new in pairs if old.is_public and not new.is_public]),
        *_staying_hidden([new for _, new in pairs if new.hidden_because]),
    ]


def _appearing(pages: list[Publishable]) -> list[str]:
    number = len(pages)
    if not number:
        return []
    words = agree(
        number,
        "becomes public at once. Everybody can read it, and it joins the lists and the search.",
        "become public at once. Everybody can read them, and they join the lists and the search.",
    )
    return [f"{pages[0].counted(number)} {words}"]


def _vanishing(pages: list[Publishable]) -> list[str]:
    number = len(pages)
    if not number:
        return []
    words = agree(
        number,
        f"disappears for readers at once. Its address {pages[0].when_hidden}, and it leaves every list, feed and "
        "search.",
        "disappear for readers at once. Each address "
        f"{pages[0].when_hidden}, and they leave every list, feed and search.",
    )
    return [f"{pages[0].counted(number)} {words}"]


def _staying_hidden(pages: list[Any]) -> list[str]:
    reasons = Counter(page.hidden_because for page in pages)
    return [
        f"{pages[0].counted(number)} {agree(number, 'stays', 'stay')} hidden all the same. {why}"
        for why, number in reasons.items()
    ]
