"""What the fellowship's pages say at each moment: phases, banners, key dates."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from fellowship.models import KeyDate, Phase
from fellowship.overview import Overview
from tests import factories as make
from tests.dated import at, dated_cohort, london

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


# Phases


BOUNDARIES = [
    ("2027-01-11 08:59:59", Phase.ANNOUNCED),
    ("2027-01-11 09:00", Phase.APPLICATIONS_OPEN),
    ("2027-02-26 11:59:59", Phase.APPLICATIONS_OPEN),
    ("2027-02-26 12:00", Phase.SELECTING),
    ("2027-08-31 23:59:59", Phase.SELECTING),
    ("2027-09-01 00:00", Phase.RUNNING),
    ("2028-08-31 23:59:59", Phase.RUNNING),
    ("2028-09-01 00:00", Phase.FINISHED),
]


@pytest.mark.parametrize(("moment", "phase"), BOUNDARIES)
def test_the_phase_changes_at_the_minute_that_the_dates_give(moment: str, phase: Phase) -> None:
    cohort = dated_cohort()
    assert cohort.phase_at(london(moment)) is phase


@pytest.mark.parametrize(("moment", "phase"), BOUNDARIES)
def test_one_can_apply_exactly_while_applications_are_open(client: Client, moment: str, phase: Phase) -> None:
    dated_cohort()
    make.ProgrammeFactory()
    with at(moment):
        pages = [get(client, path) for path in ("/fellowship/cohorts/4/", "/fellowship/")]
    for page in pages:
        assert ("https://example.org/apply-here" in page) is (phase is Phase.APPLICATIONS_OPEN)
        assert ("app-phase--open" in page) is (phase is Phase.APPLICATIONS_OPEN)
        assert phase.label in page


BANNERS = [
    (
        "2026-12-01",
        "Applications open at 9am on 11 January 2027",
        "They close at midday on 26 February 2027.",
        "Applications for cohort 4 open at 9am on 11 January 2027",
    ),
    (
        "2027-01-12",
        "Applications are open until midday on 26 February 2027",
        "The cohort starts on 1 September 2027.",
        "Applications for cohort 4 are open until midday on 26 February 2027",
    ),
    (
        "2027-02-25",
        "Applications are open until midday on 26 February 2027 (1 day left)",
        "The cohort starts on 1 September 2027.",
        "Applications for cohort 4 are open until midday on 26 February 2027 (1 day left)",
    ),
    (
        "2027-02-26 11:00",
        "Applications close today at midday",
        "The cohort starts on 1 September 2027.",
        "Applications for cohort 4 close today at midday",
    ),
    (
        "2027-03-01",
        "Applications closed at midday on 26 February 2027",
        "We are choosing the fellows, who start on 1 September 2027.",
        "Applications for cohort 4 closed at midday on 26 February 2027",
    ),
    (
        "2028-01-01",
        "Running until 31 August 2028",
        "It started on 1 September 2027. You cannot apply for this cohort.",
        "Cohort 4 is running until 31 August 2028",
    ),
    (
        "2029-01-01",
        "Finished on 31 August 2028",
        "You cannot apply for this cohort.",
        "Cohort 4 finished on 31 August 2028",
    ),
]


@pytest.mark.parametrize(("moment", "headline", "detail", "announcement"), BANNERS)
def test_the_banner_says_where_a_cohort_stands_in_the_right_tense(
    client: Client, moment: str, headline: str, detail: str, announcement: str
) -> None:
    dated_cohort()
    make.ProgrammeFactory()
    with at(moment):
        cohort, programme = (
            get(client, path).replace("\u00a0", " ") for path in ("/fellowship/cohorts/4/", "/fellowship/")
        )
    assert f">{headline}</h2>" in cohort
    assert f">{announcement}</h2>" in programme
    assert detail in cohort
    assert detail in programme


def test_without_dates_they_are_to_be_announced(client: Client) -> None:
    dated_cohort(opens_at=None, closes_at=None)
    make.ProgrammeFactory()
    with at("2027-01-12"):
        assert ">Application dates to be announced</h2>" in get(client, "/fellowship/cohorts/4/")
        assert ">Application dates for cohort 4 to be announced</h2>" in get(client, "/fellowship/")
        assert "apply-here" not in get(client, "/fellowship/cohorts/4/")


def test_no_button_leads_nowhere(client: Client) -> None:
    dated_cohort(apply_url="")
    with at("2027-01-12"):
        assert "nhsuk-button" not in get(client, "/fellowship/cohorts/4/")


def test_a_cohort_that_cannot_be_applied_for_points_to_the_one_that_can(client: Client) -> None:
    dated_cohort()
    dated_cohort(
        number=5,
        opens_at=london("2028-01-11 09:00"),
        closes_at=london("2028-02-26 12:00"),
        starts_on=dt.date(2028, 9, 1),
        ends_on=dt.date(2029, 8, 31),
    )
    sentence = "Applications for cohort 5 open at 9am on 11\u00a0January 2028</a>"
    with at("2027-06-01"):
        assert sentence in get(client, "/fellowship/cohorts/4/")
        assert sentence not in get(client, "/fellowship/cohorts/5/")
    with at("2027-02-01"):
        assert sentence not in get(client, "/fellowship/cohorts/4/")


@pytest.mark.parametrize(
    ("moment", "leading"),
    [
        ("2026-01-01", 4),  # both lie ahead: the first to start
        ("2027-02-01", 4),  # open before all
        ("2027-06-01", 5),  # 4 is selecting; the next that one can still apply for
        ("2028-03-01", 5),  # 5 is selecting, 4 is running
        ("2028-10-01", 5),  # only 5 is running
        ("2030-01-01", 5),  # all are over
    ],
)
def test_the_programme_speaks_of_the_cohort_that_matters_now(moment: str, leading: int) -> None:
    dated_cohort()
    dated_cohort(
        number=5,
        opens_at=london("2028-01-11 09:00"),
        closes_at=london("2028-02-26 12:00"),
        starts_on=dt.date(2028, 9, 1),
        ends_on=dt.date(2029, 8, 31),
    )
    with at(moment):
        entry = Overview().leading
        assert entry is not None
        assert entry.cohort.number == leading


def test_an_open_cohort_comes_before_one_that_starts_earlier() -> None:
    dated_cohort(opens_at=None, closes_at=None)
    dated_cohort(number=5, starts_on=dt.date(2028, 9, 1), ends_on=dt.date(2029, 8, 31))
    with at("2027-02-01"):
        upcoming = Overview().upcoming
    assert upcoming is not None
    assert upcoming.cohort.number == 5


# Key dates


PRECISIONS = [
    ("day", "11\u00a0January 2027", "2027-01-11"),
    ("week", "Week of 11\u00a0January 2027", "2027-W02"),
    ("early", "Early January 2027", ""),
    ("mid", "Mid January 2027", ""),
    ("late", "Late January 2027", ""),
    ("month", "January 2027", "2027-01"),
    ("approximate", "Around January 2027", ""),
]


@pytest.mark.parametrize(("precision", "words", "machine"), PRECISIONS)
def test_a_key_date_never_says_more_than_is_known(client: Client, precision: str, words: str, machine: str) -> None:
    cohort = dated_cohort()
    make.KeyDateFactory(cohort=cohort, date=dt.date(2027, 1, 11), precision=precision, label="Something")
    with at("2026-12-01"):
        page = get(client, "/fellowship/cohorts/4/")
    if machine:
        assert f'<time datetime="{machine}">{words}</time>' in page
    else:
        assert f'<span class="app-timeline__date">{words}' in page
    assert ("app-timeline__item--" + precision in page) is (precision != "day")


@pytest.mark.parametrize("date", [dt.date(2027, 1, 18), dt.date(2027, 1, 21), dt.date(2027, 1, 24)])
def test_any_day_of_a_week_stands_for_it(date: dt.date) -> None:
    key_date = KeyDate(date=date, precision="week")
    assert (key_date.in_words, key_date.machine_readable) == ("Week of 18\u00a0January 2027", "2027-W03")


@pytest.mark.parametrize(
    ("precision", "last_moment"),
    [
        ("day", "2027-01-12 23:59"),
        ("week", "2027-01-17 23:59"),
        ("early", "2027-01-10 23:59"),
        ("mid", "2027-01-20 23:59"),
        ("late", "2027-01-31 23:59"),
        ("month", "2027-01-31 23:59"),
        ("approximate", "2027-01-31 23:59"),
    ],
)
def test_a_key_date_is_past_only_when_it_can_no_longer_happen(precision: str, last_moment: str) -> None:
    key_date = KeyDate(date=dt.date(2027, 1, 12), precision=precision)
    with at(last_moment):
        assert not key_date.is_past
    with time_machine.travel(london(last_moment) + dt.timedelta(minutes=1), tick=False):
        assert key_date.is_past


def test_the_first_date_to_come_is_marked(client: Client) -> None:
    cohort = dated_cohort(opens_at=None, closes_at=None)
    for day, label in [(1, "Gone"), (10, "Coming"), (20, "Later")]:
        make.KeyDateFactory(cohort=cohort, date=dt.date(2027, 1, day), label=label)
    with at("2027-01-05"):
        page = get(client, "/fellowship/cohorts/4/")
    assert page.count(">Next<") == 1
    items = page.split('<li class="app-timeline__item')[1:]
    assert [">Next<" in item for item in items] == [False, True, False, False, False]
    assert ["--past" in item for item in items] == [True, False, False, False, False]
