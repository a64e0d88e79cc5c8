"""What the funder answers for each region and profession: a grid of verdicts, kept for the cohorts that are public."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, QuerySet, Value
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from fellowship.models import Cohort, EligibilityCell, Profession
from portal.kept import kept
from portal.models import Region
from portal.prepared import prepared


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
_REGIONS = {region.value: region for region in Region}
_PROFESSIONS = {profession.value: profession for profession in Profession}


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
        return _public_grid(cohort.pk) if cohort.is_public else _read(cohort.pk)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, bool, str]]) -> Grid:
        return cls(
            {
                Pair(_REGIONS[region], _PROFESSIONS[profession]): Said(Verdict.YES if can else Verdict.NO, reason)
                for region, profession, can, reason in rows
                if region in _REGIONS and profession in _PROFESSIONS
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
    def table(self) -> SafeString:
        """The whole table, with the notes below it."""
        return _table(tuple(self.said.items()))

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


@lru_cache(maxsize=64)
def _table(said: tuple[tuple[Pair, Said], ...]) -> SafeString:
    """A table of many cells, made once, whoever asks: it is of nothing but the answers."""
    return render_to_string("fellowship/grid.html", {"grid": Grid(dict(said)), "professions": list(Profession)})


@prepared(cohort=BigIntegerField())
def _cells(*, cohort: Value) -> QuerySet[EligibilityCell, Any]:
    rows = EligibilityCell.objects.filter(cohort=cohort).order_by()
    return rows.values_list("region", "profession", "can_apply", "reason")


def _read(cohort: int) -> Grid:
    return Grid.from_rows(_cells(cohort=cohort))


@kept
def _public_grid(cohort: int) -> Grid:
    """The answers for a public cohort, which several pages give."""
    return _read(cohort)


def write(cohort: Cohort, grid: Grid) -> int:
    """Make these the answers for a cohort. How many have changed; nothing is written of those that have not."""
    stored = {Pair(Region(cell.region), Profession(cell.profession)): cell for cell in cohort.eligibility.all()}
    changed = [pair for pair in PAIRS if grid.at(pair) != _said(stored.get(pair))]
    taken_back = [pair for pair in changed if grid.at(pair).verdict is Verdict.UNDECIDED]
    cohort.eligibility.filter(pk__in=[stored[pair].pk for pair in taken_back]).delete()
    EligibilityCell.objects.bulk_create(
        [
            EligibilityCell(
                cohort=cohort,
                region=pair.region,
                profession=pair.profession,
                can_apply=said.verdict is Verdict.YES,
                reason=said.reason,
            )
            for pair in changed
            if (said := grid.at(pair)).verdict is not Verdict.UNDECIDED
        ],
        update_conflicts=True,
        unique_fields=["cohort", "region", "profession"],
        update_fields=["can_apply", "reason"],
    )
    return len(changed)


def _said(cell: EligibilityCell | None) -> Said:
    return Said(Verdict.YES if cell.can_apply else Verdict.NO, cell.reason) if cell else UNDECIDED
