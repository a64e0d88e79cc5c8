"""“Can I apply?”: what the funder answers for each region and profession, and what a reader who asks is told."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import models
from django.http import QueryDict
from django.urls import reverse

from fellowship.models import Cohort, EligibilityCell, Phase, Profession
from fellowship.overview import Overview
from portal import sharing
from portal.models import Region
from portal.readiness import listed

# Those of a profession, as they stand in the middle of a sentence.
PLURALS = {
    Profession.ALLIED_HEALTH: "allied health professionals",
    Profession.DENTIST: "dentists",
    Profession.DOCTOR: "doctors",
    Profession.MIDWIFE: "midwives",
    Profession.NURSE: "nurses",
    Profession.PHARMACY: "pharmacy professionals",
    Profession.SCIENTIST: "healthcare scientists",
}
# The rest, such as London and Wales, have a name without an article.
WITH_ARTICLE = {
    Region.EAST_OF_ENGLAND,
    Region.MIDLANDS,
    Region.NORTH_EAST_AND_YORKSHIRE,
    Region.NORTH_WEST,
    Region.SOUTH_EAST,
    Region.SOUTH_WEST,
}


def place(region: Region) -> str:
    """A region as it stands in a sentence, such as after “in”: “the North West”, “Wales”."""
    return f"the {region.label}" if region in WITH_ARTICLE else str(region.label)


class Verdict(enum.Enum):
    """The funder's answer for one region and profession."""

    YES = "Yes"
    NO = "No"
    UNDECIDED = "Not decided"

    @property
    def label(self) -> str:
        return self.value

    @property
    def style(self) -> str:
        """The ending of the class that colours it; the word says it."""
        return {Verdict.YES: "yes", Verdict.NO: "no", Verdict.UNDECIDED: "undecided"}[self]


class Said(NamedTuple):
    """A verdict and the funder's words: why not, or what to know."""

    verdict: Verdict
    reason: str = ""


class Pair(NamedTuple):
    """A region and a profession."""

    region: Region
    profession: Profession


UNDECIDED = Said(Verdict.UNDECIDED)
PAIRS = [Pair(region, profession) for region in Region for profession in Profession]


class Cell(NamedTuple):
    """An answer in the whole table, with the number of the note below it that says more, if one does."""

    profession: Profession
    verdict: Verdict
    note: int | None


class Grid:
    """The answers for a cohort. What is not decided yet is not in it."""

    def __init__(self, said: Mapping[Pair, Said]) -> None:
        self.said = {pair: answer for pair, answer in said.items() if answer.verdict is not Verdict.UNDECIDED}

    @classmethod
    def of(cls, cohort: Cohort) -> Grid:
        """In one query. A region or profession that the portal no longer knows is left out."""
        rows = cohort.eligibility.values_list("region", "profession", "can_apply", "reason")
        return cls.from_rows(rows)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, bool, str]]) -> Grid:
        return cls(
            {
                Pair(Region(region), Profession(profession)): Said(Verdict.YES if can else Verdict.NO, reason)
                for region, profession, can, reason in rows
                if region in Region.values and profession in Profession.values
            }
        )

    def __bool__(self) -> bool:
        return bool(self.said)

    def at(self, pair: Pair) -> Said:
        return self.said.get(pair, UNDECIDED)

    def in_region(self, region: Region) -> dict[Profession, Said]:
        return {profession: self.at(Pair(region, profession)) for profession in Profession}

    def for_profession(self, profession: Profession) -> dict[Region, Said]:
        return {region: self.at(Pair(region, profession)) for region in Region}

    @property
    def reasons(self) -> list[str]:
        """The funder's words, each once, in the order in which the table has them."""
        return list(dict.fromkeys(self.at(pair).reason for pair in PAIRS if self.at(pair).reason))

    @property
    def rows(self) -> list[tuple[Region, list[Cell]]]:
        """The whole table: a row for each region."""
        numbers = {reason: number for number, reason in enumerate(self.reasons, start=1)}
        return [
            (
                region,
                [
                    Cell(profession, said.verdict, numbers.get(said.reason))
                    for profession, said in self.in_region(region).items()
                ],
            )
            for region in Region
        ]


def write(cohort: Cohort, grid: Grid) -> int:
    """Make these the answers for a cohort. How many have changed; nothing is written of those that have not."""
    stored = {(cell.region, cell.profession): cell for cell in cohort.eligibility.all()}
    changed = 0
    for pair in PAIRS:
        said, cell = grid.at(pair), stored.get(pair)
        if said == _said(cell):
            continue
        changed += 1
        if said.verdict is Verdict.UNDECIDED:
            cohort.eligibility.filter(region=pair.region, profession=pair.profession).delete()
        else:
            cohort.eligibility.update_or_create(
                region=pair.region,
                profession=pair.profession,
                defaults={"can_apply": said.verdict is Verdict.YES, "reason": said.reason},
            )
    return changed


def _said(cell: EligibilityCell | None) -> Said:
    return Said(Verdict.YES if cell.can_apply else Verdict.NO, cell.reason) if cell else UNDECIDED


# What a reader is told


@dataclass(frozen=True)
class Link:
    """Where a reader can go from an answer."""

    words: str
    address: str


@dataclass(frozen=True)
class Answer:
    """What somebody is told who says where they work and what their profession is."""

    heading: str
    style: str
    reason: str
    instead: list[str]
    next_step: str
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    """An option of one of the two questions."""

    value: str
    label: str
    is_chosen: bool


class CanIApply:
    """The section “Can I apply?” of a page, about one cohort, for a reader who asks with ``query``.

    ``elsewhere`` is the address of the cohort's page where this is another one.
    """

    def __init__(self, cohort: Cohort, query: QueryDict, overview: Overview, *, elsewhere: str = "") -> None:
        self.cohort, self.elsewhere = cohort, elsewhere
        self.other = _other(cohort, overview)
        self.phase = cohort.phase
        self.grid = Grid.of(cohort)
        # Other words than those of the two questions are no answer to them.
        self.region = next((one for one in Region if one == query.get("region")), None)
        self.profession = next((one for one in Profession if one == query.get("profession")), None)
        # Who came by a link to a draft must still hold it when they have asked.
        self.kept = [(sharing.PARAMETER, query[sharing.PARAMETER])] if sharing.PARAMETER in query else []

    @classmethod
    def for_next(cls, overview: Overview, query: QueryDict) -> CanIApply | None:
        """On a page about all cohorts: about the one that people can apply for now or next."""
        if (found := overview.to_apply_for) is None:
            return None
        return cls(found.cohort, query, overview, elsewhere=found.cohort.get_absolute_url())

    @property
    def is_asked(self) -> bool:
        return self.region is not None or self.profession is not None

    @property
    def is_shown(self) -> bool:
        """Before the deadline always, even to say that nothing is decided yet; after it, only with answers."""
        return bool(self.grid) or self.phase.is_before_deadline

    @property
    def heading(self) -> str:
        return "Who could apply" if self.phase.is_over else "Can I apply?"

    @property
    def whole(self) -> str:
        """The heading of the whole table."""
        return f"Who {self._can} apply for cohort {self.cohort.number}"

    @property
    def legend(self) -> str:
        """What the words in the whole table mean."""
        return (
            f"Yes: people of this profession who work in this region {self._can} apply. No: they {self._cannot}. "
            "Not decided: the funder has not said."
        )

    @property
    def table(self) -> str:
        """Where the whole table is: on the cohort's page, for a reader who has not asked."""
        query = f"?{urlencode(self.kept)}" if self.kept else ""
        page = self.elsewhere or (f"{self.cohort.get_absolute_url()}{query}" if self.is_asked else "")
        return f"{page}#who-can-apply"

    @property
    def _can(self) -> str:
        return "can" if self.phase.is_before_deadline else "could"

    @property
    def _cannot(self) -> str:
        return "cannot" if self.phase.is_before_deadline else "could not"

    @property
    def regions(self) -> list[Choice]:
        return _choices(Region, self.region)

    @property
    def professions(self) -> list[Choice]:
        return _choices(Profession, self.profession)

    # Both questions answered

    @property
    def answer(self) -> Answer | None:
        """For a reader who has answered both questions."""
        if self.region is None or self.profession is None:
            return None
        said = self.grid.at(Pair(self.region, self.profession))
        next_step, links = self._next(said.verdict)
        may = self.phase.is_before_deadline or said.verdict is not Verdict.YES
        return Answer(
            heading=self._heading(said.verdict, self.region, self.profession),
            style=said.verdict.style if may else "closed",
            reason=said.reason,
            instead=[] if said.verdict is Verdict.YES else self._instead(self.region, self.profession),
            next_step=next_step,
            links=links,
        )

    def _heading(self, verdict: Verdict, region: Region, profession: Profession) -> str:
        who = f"{PLURALS[profession]} who work in {place(region)}"
        name = f"cohort {self.cohort.number}"
        is_before = self.phase.is_before_deadline
        match verdict:
            case Verdict.YES:
                return f"{'Yes' if is_before else 'Not any more'}. {_capital(who)} {self._can} apply for {name}"
            case Verdict.NO:
                return f"No. {_capital(who)} {self._cannot} apply for {name}"
            case _ if is_before:
                return f"Not decided yet. We cannot say yet whether {who} can apply for {name}"
            case _:
                return f"Not any more. We did not say whether {who} could apply for {name}"

    def _instead(self, region: Region, profession: Profession) -> list[str]:
        """Where others of this profession can apply from, and who in this region can."""
        plural = _capital(PLURALS[profession])
        where, who = self.grid.for_profession(profession), self.grid.in_region(region)
        said = []
        if regions := [place(one) for one, answer in where.items() if answer.verdict is Verdict.YES]:
            said.append(f"{plural} {self._can} apply from {listed(regions)}.")
        elif all(answer.verdict is Verdict.NO for answer in where.values()):
            said.append(f"{plural} {self._cannot} apply from any region.")
        if plurals := [PLURALS[one] for one, answer in who.items() if answer.verdict is Verdict.YES]:
            said.append(f"In {place(region)}, {listed(plurals)} {self._can} apply.")
        elif all(answer.verdict is Verdict.NO for answer in who.values()):
            said.append(f"In {place(region)}, nobody {self._can} apply.")
        return said

    def _next(self, verdict: Verdict) -> tuple[str, list[Link]]:
        """What to do next, which depends on the phase, and where."""
        cohort = self.cohort
        if verdict is Verdict.NO or not self.phase.is_before_deadline:
            words, links = self._later()
            over = "" if self.phase.is_before_deadline else f"{cohort.announcement}. "
            return f"{over}{words}", links
        is_open = self.phase is Phase.APPLICATIONS_OPEN
        if verdict is Verdict.UNDECIDED:
            ask = "Ask us before you apply." if is_open else "We will say it here as soon as it is decided."
            return f"{cohort.announcement}. {ask}", self._dates()
        links = [Link(f"Apply for cohort {cohort.number}", cohort.apply_address)] if cohort.apply_address else []
        if self.elsewhere or cohort.how_to_apply:  # the page about all cohorts leaves their texts in the database
            links.append(Link("How to apply", f"{self.elsewhere}#how-to-apply"))
        closes = f" {cohort.headline_detail}" if not is_open and cohort.closes_at else ""
        return f"{cohort.announcement}.{closes}", [*links, *self._dates()]

    def _dates(self) -> list[Link]:
        """Where the dates are for a reader's own calendar, once there are any and everybody may read them."""
        cohort = self.cohort
        if not cohort.is_public or not (cohort.opens_at or cohort.closes_at):
            return []
        return [Link("Put the dates into your calendar", reverse("fellowship:cohort-dates", args=[cohort.number]))]

    def _later(self) -> tuple[str, list[Link]]:
        """Where to look who cannot apply for this cohort."""
        if self.other is None:
            return "We will say who can apply for the next cohort when we announce it.", []
        asked = {"region": self.region, "profession": self.profession}
        query = urlencode({name: one.value for name, one in asked.items() if one})
        address = f"{self.other.get_absolute_url()}?{query}#answer"
        return f"{self.other.announcement}.", [Link(f"Check if you can apply for cohort {self.other.number}", address)]

    # One of them answered

    @property
    def told(self) -> str:
        """The heading of what a reader who has asked is told."""
        return self.answer.heading if self.answer else self.part

    @property
    def part(self) -> str:
        """The heading of the list for a reader who has answered one of the questions."""
        if self.region is not None:
            return f"Who in {place(self.region)} {self._can} apply for cohort {self.cohort.number}"
        if self.profession is not None:
            return f"Regions where {PLURALS[self.profession]} {self._can} apply for cohort {self.cohort.number}"
        return ""

    @property
    def parts(self) -> list[tuple[str, Said]]:
        """The answers for the region or the profession that was given."""
        if self.region is not None:
            return [(_capital(PLURALS[one]), said) for one, said in self.grid.in_region(self.region).items()]
        if self.profession is not None:
            return [(one.label, said) for one, said in self.grid.for_profession(self.profession).items()]
        return []


def _other(cohort: Cohort, overview: Overview) -> Cohort | None:
    """Where to look who cannot apply for this one: that to apply for now or next, or else the one after it."""
    found = [entry.cohort for entry in (overview.to_apply_for, overview.after(cohort)) if entry]
    return next((one for one in found if one != cohort and one.phase.is_before_deadline), None)


def _choices(kind: type[models.TextChoices], chosen: models.TextChoices | None) -> list[Choice]:
    return [Choice(one.value, str(one.label), one is chosen) for one in kind]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
