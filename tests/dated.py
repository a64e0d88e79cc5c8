"""A cohort with fixed dates, and a clock to stop at a moment in London."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import time_machine

from fellowship.models import Cohort
from tests import factories as make

LONDON = ZoneInfo("Europe/London")


def london(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def at(text: str) -> time_machine.travel:
    """Stop the clock at a moment in London."""
    return time_machine.travel(london(text), tick=False)


def dated_cohort(**values: Any) -> Cohort:
    """Applications from 11 January to 26 February 2027, then a year from 1 September 2027."""
    return make.CohortFactory(
        **{
            "number": 4,
            "opens_at": london("2027-01-11 09:00"),
            "closes_at": london("2027-02-26 12:00"),
            "starts_on": dt.date(2027, 9, 1),
            "ends_on": dt.date(2028, 8, 31),
            "apply_url": "https://example.org/apply-here",
            **values,
        }
    )
