"""Dates as people write them in a text: “June to December 2022”, “22 November 2023”, “early October 2025”.

What is read is what is written. Where a part is missing that a reader would have to guess, nothing is read.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?:\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_SPAN = re.compile(
    rf"\b(?:{_WEEKDAY}(?P<day>{_DAY})\s+)?(?P<month>{_MONTH})(?:,?\s+(?P<year>\d{{4}}))?"
    rf"\s*(?:-|–|—|\bto\b|\buntil\b|\btill\b|\bthrough\b)\s*"
    rf"(?:{_WEEKDAY}(?P<last_day>{_DAY})\s+)?(?P<last_month>{_MONTH}),?\s+(?P<last_year>\d{{4}})\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"(?:(?P<week>(?:week\s+(?:of|commencing|beginning)|w/c)\s+)|(?P<part>early|mid|late|around|about|approximately)[\s-]+)?"
    rf"{_WEEKDAY}(?:(?P<day>{_DAY})\s+)?(?P<month>{_MONTH}),?\s+(?P<year>\d{{4}})\s*[:–—-]\s*(?P<label>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_THIS_WEEK = re.compile(r"[\s,(]+this week\)?[\s.]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """From a first day to a last. ``is_exact`` says whether the days are written; else they are those of the months."""

    first: dt.date
    last: dt.date
    is_exact: bool


def spans(text: str) -> list[Span]:
    """Every span in a text, once. A first month without a year is of the year of the last."""
    found = [_span(match) for match in _SPAN.finditer(text)]
    return list(dict.fromkeys(span for span in found if span is not None))


def _span(match: re.Match[str]) -> Span | None:
    last_month, last_year = _number_of(match["last_month"]), int(match["last_year"])
    month, year = _number_of(match["month"]), int(match["year"] or last_year)
    try:
        first = dt.date(year, month, _day(match["day"]) or 1)
        last = dt.date(last_year, last_month, _day(match["last_day"]) or calendar.monthrange(last_year, last_month)[1])
    except ValueError:
        return None
    # “October to March 2023” does not say the year of its October, nor “June to June 2023” that of its first June.
    if not match["year"] and month == last_month and not match["day"]:
        return None
    return Span(first, last, bool(match["day"] and match["last_day"])) if first < last else None


@dataclass(frozen=True)
class Dated:
    """What happens on a day, with what is known of it: ``day``, ``week``, ``month``, ``early``, ``mid``, ``late`` or
    ``approximate``."""

    date: dt.date
    precision: str
    label: str


def dated(text: str) -> Dated | None:
    """The date that an entry of a list begins with, and what stands behind it; None where it begins with none."""
    match = _DATED.fullmatch(" ".join(text.split()))
    if not match:
        return None
    number, label = _day(match["day"]), match["label"]
    part = (match["part"] or "").lower()
    try:
        date = dt.date(int(match["year"]), _number_of(match["month"]), number or 1)
    except ValueError:
        return None
    if match["week"] and not number:
        return None
    if part:
        return Dated(date, part if part in {"early", "mid", "late"} else "approximate", label)
    if number and (match["week"] or _THIS_WEEK.search(label)):
        return Dated(date, "week", _THIS_WEEK.sub("", label))
    return Dated(date, "day" if number else "month", label)


def _number_of(month: str) -> int:
    return _MONTHS.index(month[:3].lower()) + 1


def _day(text: str | None) -> int:
    return int(re.sub(r"\D", "", text)) if text else 0
