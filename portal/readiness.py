"""Ready to publish: what a page still lacks before it serves its readers.

Each kind of page names its gaps. What is required refuses the move to a public status, in the same words as the page
of the draft has for it; what is advised does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.utils.text import capfirst

from portal.advice import Advice, advice
from portal.markdown import MarkdownField

if TYPE_CHECKING:
    from portal.publishing import Lifecycle, Publishable


@dataclass(frozen=True)
class Gap:
    """Something that a page lacks: the field that fills it, what to do there and what comes of it.

    ``otherwise`` is the way out for whoever cannot fill it. ``is_kept`` is what no public page can lose again, as the
    database has it too.
    """

    field: str
    verb: str
    what: str
    why: str
    otherwise: str = ""
    is_kept: bool = False

    @property
    def act(self) -> str:
        return f"{self.verb} {self.what}"

    @property
    def heading(self) -> str:
        """What to do, as it begins a sentence."""
        return capfirst(self.act)

    @property
    def sentence(self) -> str:
        return f"{self.heading}: {self.why}."


SUMMARY = Gap("summary", "write", "a summary", "lists, search results and shared links can only give its title")


def lacking(*gaps: tuple[Gap, bool]) -> list[Gap]:
    """Those of the gaps that are there."""
    return [gap for gap, is_there in gaps if is_there]


def listed(words: Iterable[str]) -> str:
    """Words as a sentence has them: “a, b and c”."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def refusal(required: Sequence[Gap]) -> str:
    """Why a page with these gaps does not become public; empty without any."""
    if not required:
        return ""
    ways_out = "".join(f", {gap.otherwise}" for gap in required if gap.otherwise)
    return f"{listed(gap.act for gap in required)} first{ways_out}."


def lost(required: Iterable[Gap]) -> dict[str, str]:
    """What to say at the fields of a public page from which something was taken that it cannot be without."""
    return {gap.field: gap.sentence for gap in required if gap.is_kept}


def missed(advised: Sequence[Gap]) -> str:
    """What readers of a page with these gaps will miss, in words; empty without any."""
    return listed(gap.what for gap in advised) if advised else ""


class Mend(NamedTuple):
    """A piece of advice on one of the texts of a page."""

    field: str
    label: str
    advice: Advice


@dataclass(frozen=True)
class Readiness:
    """How far a page is from serving its readers."""

    required: list[Gap]
    advised: list[Gap]
    mends: list[Mend] = field(default_factory=list)
    # Why readers would not see it although nothing is missing from the page itself.
    hidden_because: str = ""

    @property
    def is_whole(self) -> bool:
        return not (self.required or self.advised or self.mends or self.hidden_because)

    @classmethod
    def of(cls, item: Publishable) -> Readiness:
        """Of a draft: before it is published. Of a public page: only what has gone missing from it since."""
        status = status_ahead(item)
        required, advised = item.required_gaps(status), item.advised_gaps(status)
        if item.current_status.is_public:
            return cls(required, advised)
        return cls(required, advised, mends_of(item), "" if required else item.as_if(status).hidden_because)


def status_ahead(item: Publishable) -> Lifecycle:
    """The status of a public page; the first public one that a draft can move to."""
    current = item.current_status
    return current if current.is_public else next(status for status in current.next if status.is_public)


def mends_of(item: Publishable) -> list[Mend]:
    """What is worth mending in the texts of a page."""
    return [
        Mend(column.name, str(column.verbose_name), one)
        for column in item._meta.concrete_fields
        if isinstance(column, MarkdownField)
        for one in advice(getattr(item, column.name), column.level)
    ]
