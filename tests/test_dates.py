"""Days and moments in the words of the NHS service manual, always London's."""

import datetime as dt

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from portal import dates

NBSP = "\u00a0"


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (utc(2026, 10, 29, 23, 59), f"11:59pm on 29{NBSP}October 2026"),
        (utc(2026, 12, 17, 12), f"midday on 17{NBSP}December 2026"),
        (utc(2026, 12, 17), f"midnight on 17{NBSP}December 2026"),
        (utc(2026, 12, 17, 9), f"9am on 17{NBSP}December 2026"),
        (utc(2026, 12, 17, 9, 5), f"9:05am on 17{NBSP}December 2026"),
        (utc(2026, 12, 17, 12, 1), f"12:01pm on 17{NBSP}December 2026"),
        (utc(2026, 12, 17, 0, 30), f"12:30am on 17{NBSP}December 2026"),
        # Summer: London is an hour ahead of UTC
        (utc(2026, 7, 1, 11), f"midday on 1{NBSP}July 2026"),
        (utc(2026, 6, 30, 23), f"midnight on 1{NBSP}July 2026"),
        (utc(2026, 6, 30, 22, 59), f"11:59pm on 30{NBSP}June 2026"),
        # The hour that comes twice
        (utc(2026, 10, 25, 0, 30), f"1:30am on 25{NBSP}October 2026"),
        (utc(2026, 10, 25, 1, 30), f"1:30am on 25{NBSP}October 2026"),
        (utc(2026, 10, 25, 2, 30), f"2:30am on 25{NBSP}October 2026"),
        # The hour that never comes
        (utc(2026, 3, 29, 0, 59), f"12:59am on 29{NBSP}March 2026"),
        (utc(2026, 3, 29, 1), f"2am on 29{NBSP}March 2026"),
    ],
    ids=str,
)
def test_a_moment(moment, words):
    assert dates.moment(moment) == words


def test_a_moment_from_another_zone_is_shown_as_londons():
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert dates.moment(dt.datetime(2026, 1, 1, 8, 59, tzinfo=tokyo)) == f"11:59pm on 31{NBSP}December 2025"
    assert dates.local_day(dt.datetime(2026, 1, 1, 8, 59, tzinfo=tokyo)) == dt.date(2025, 12, 31)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2027-01-08", "2027-01-08", f"8{NBSP}January 2027"),
        ("2027-01-08", "2027-01-12", f"8 to 12{NBSP}January 2027"),
        ("2027-01-11", "2027-02-26", f"11{NBSP}January to 26{NBSP}February 2027"),
        ("2026-09-01", "2027-08-31", f"1{NBSP}September 2026 to 31{NBSP}August 2027"),
        ("2026-01-08", "2027-01-12", f"8{NBSP}January 2026 to 12{NBSP}January 2027"),
    ],
)
def test_a_span(first, last, words):
    assert dates.span(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == words


def test_a_month_and_months():
    assert dates.month(dt.date(2026, 9, 30)) == "September 2026"
    assert dates.months(dt.date(2026, 9, 1), dt.date(2027, 8, 31)) == "September 2026 to August 2027"


def test_a_day_has_no_leading_zero_and_its_words_stay_together():
    assert dates.day(dt.date(2026, 2, 3)) == f"3{NBSP}February 2026"
    assert dates.day(dt.date(2026, 2, 3), year=False) == f"3{NBSP}February"


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_any_moment_reads_as_a_time_on_a_day(moment):
    clock, _, day = dates.moment(moment).partition(" on ")
    assert clock in {"midday", "midnight"} or clock[-2:] in {"am", "pm"}
    assert not clock.startswith("0")
    assert ":00" not in clock
    assert day == dates.day(dates.local_day(moment))


# The filters of templates


def shown(text, **context):
    return Template(text).render(Context(context))


def test_filters_show_a_moment_as_londons_day_and_nothing_for_nothing():
    late = utc(2026, 6, 30, 23, 30)
    assert shown("{{ at|day }}", at=late) == f"1{NBSP}July 2026"
    assert shown("{{ at|moment }}", at=late) == f"12:30am on 1{NBSP}July 2026"
    assert shown("{{ at|iso }}", at=late) == "2026-07-01T00:30+01:00"
    assert shown("{{ on|day }} {{ on|iso }}", on=dt.date(2026, 7, 1)) == f"1{NBSP}July 2026 2026-07-01"
    assert shown("{{ at|day }}{{ at|moment }}{{ at|iso }}", at=None) == ""


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "project", "0 projects"),
        (1, "project", "1 project"),
        (2, "project", "2 projects"),
        (1, "project is,projects are", "1 project is"),
        (3, "project is,projects are", "3 projects are"),
    ],
)
def test_things_are_counted(number, noun, words):
    assert shown(f'{{{{ number|counted:"{noun}" }}}}', number=number) == words
