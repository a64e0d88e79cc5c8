"""Answers to “Can I apply?”, for tests."""

from __future__ import annotations

from typing import Any

from fellowship.grids import PAIRS, Grid, Pair, Said, Verdict, write
from fellowship.models import Cohort, Profession
from portal.models import Region

YES, NO, UNDECIDED = Said(Verdict.YES), Said(Verdict.NO, "There are no places."), Said(Verdict.UNDECIDED)
NURSE_IN_WALES = Pair(Region.WALES, Profession.NURSE)
NURSE_IN_LONDON = Pair(Region.LONDON, Profession.NURSE)
DOCTOR_IN_WALES = Pair(Region.WALES, Profession.DOCTOR)


def decide(cohort: Cohort, said: dict[Pair, Said] | None = None, *, others: Said = UNDECIDED) -> Any:
    """Give a cohort these answers, and ``others`` for the rest. Returns the cohort."""
    write(cohort, Grid({pair: (said or {}).get(pair, others) for pair in PAIRS}))
    return cohort
