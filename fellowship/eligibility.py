"""“Can I apply?”: what a reader is told who asks where the funder takes people of their profession."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import urlencode

from django.db import models
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fellowship.grids import Grid, Pair, Said, Verdict
from fellowship.models import Cohort, Phase, Profession
from fellowship.overview import Overview
from portal import sharing
from portal.models import Region
from portal.paths import path_to
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


class CanIApply:
    """The section “Can I apply?” of a page, about one cohort, for a reader who asks with ``query``.

    ``elsewhere`` is the address of the cohort's page where this is another one.
    """

    def __init__(self, cohort: Cohort, query: QueryDict, overview: Overview, *, elsewhere: str = "") -> None:
        self.cohort, self.elsewhere = cohort, elsewhere
        self.other = _other(cohort, overview)
        self.phase = cohort.phase
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

    @cached_property
    def grid(self) -> Grid:
        return Grid.of(self.cohort)

    @property
    def has_answers(self) -> bool:
        """Whether anything is decided. Of a cohort from the overview, that is known without a question."""
        known: bool | None = getattr(self.cohort, "has_answers", None)
        return bool(self.grid) if known is None else known

    @property
    def is_asked(self) -> bool:
        return self.region is not None or self.profession is not None

    @property
    def is_shown(self) -> bool:
        """Before the deadline always, even to say that nothing is decided yet; after it, only with answers."""
        return self.has_answers or self.phase.is_before_deadline

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
    def regions(self) -> SafeString:
        return _options(Region, self.region)

    @property
    def professions(self) -> SafeString:
        return _options(Profession, self.profession)

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
        return [Link("Put the dates into your calendar", path_to("fellowship:cohort-dates", cohort.number))]

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


@lru_cache
def _options(kind: type[models.TextChoices], chosen: models.TextChoices | None) -> SafeString:
    """The options of one of the two questions, made once, whoever asks."""
    options = ((one.value, " selected" if one is chosen else "", one.label) for one in kind)
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
