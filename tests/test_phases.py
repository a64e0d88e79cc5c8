"""Every surface says the same of a cohort: a second before, at and after each moment at which its phase changes."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from fellowship.models import Cohort, Phase
from fellowship.overview import Overview
from portal.dates import NBSP
from tests import factories as make
from tests.dated import at, dated_cohort, london

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
APPLY = "https://example.org/apply-here"

# What a cohort has of dates, when its phase changes, and from which to which.
ALL: dict[str, Any] = {}
NOT_CLOSING = {"closes_at": None}
NOT_OPENING = {"opens_at": None}
UNDATED = {"opens_at": None, "closes_at": None}
BEFORE, OPEN, CHOOSING, RUNNING, OVER = (
    Phase.ANNOUNCED,
    Phase.APPLICATIONS_OPEN,
    Phase.SELECTING,
    Phase.RUNNING,
    Phase.FINISHED,
)
CHANGES = [
    (ALL, "2027-01-11 09:00", BEFORE, OPEN),
    (ALL, "2027-02-26 12:00", OPEN, CHOOSING),
    (ALL, "2027-09-01 00:00", CHOOSING, RUNNING),
    (ALL, "2028-09-01 00:00", RUNNING, OVER),
    (NOT_CLOSING, "2027-01-11 09:00", BEFORE, OPEN),
    (NOT_CLOSING, "2027-09-01 00:00", OPEN, RUNNING),
    (NOT_OPENING, "2027-02-26 12:00", OPEN, CHOOSING),
    (UNDATED, "2027-09-01 00:00", BEFORE, RUNNING),
    (UNDATED, "2028-09-01 00:00", RUNNING, OVER),
]
HEADLINES = {
    BEFORE: ("Applications open at 9am on 11 January 2027", "Application dates to be announced"),
    OPEN: ("Applications are open", "Applications close today at midday"),
    CHOOSING: ("Applications closed at midday on 26 February 2027",),
    RUNNING: ("Running until 31 August 2028", "Finishes today, 31 August 2028"),
    OVER: ("Finished on 31 August 2028",),
}


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text.replace(NBSP, " ")


@pytest.fixture
def portal() -> None:
    make.ProgrammeFactory(title="Quokka fellowship")


def shows(page: str, phase: Phase) -> bool:
    """Whether the tags of a page, ours or the admin's, are of this phase and of no other."""
    tags = re.findall(r'class="(?:nhsuk-tag|status)[ "][^>]*>([^<]+)<', page)
    return {tag for tag in tags if tag in {one.label for one in Phase}} == {phase.label}


@pytest.mark.parametrize(("dates", "moment", "before", "after"), CHANGES)
@pytest.mark.parametrize("offset", [-SECOND, dt.timedelta(), SECOND])
def test_every_surface_changes_at_the_same_second(
    client: Client,
    admin_client: Client,
    portal: None,
    dates: dict[str, Any],
    moment: str,
    before: Phase,
    after: Phase,
    offset: dt.timedelta,
) -> None:
    cohort = dated_cohort(**dates, summary="Quokka intake")
    with time_machine.travel(london(moment) + offset, tick=False):
        admin_client.force_login(make.StaffFactory(is_superuser=True))
        now = before if offset < dt.timedelta() else after
        own, programme, search = (
            read(client, path) for path in (cohort.get_absolute_url(), "/fellowship/", "/search/?q=quokka+intake")
        )
        listed = read(admin_client, reverse("admin:fellowship_cohort_changelist"))
        home = read(client, "/")
        calendar = read(client, "/fellowship/calendar.ics").replace("\r\n ", "")
    for page in (own, programme, search, listed):
        assert shows(page, now)
    assert any(f">{words}" in own for words in HEADLINES[now])
    assert any(words in listed for words in HEADLINES[now])
    if now is not OVER:
        assert shows(home.split('id="fellowship"')[1].split("</section>")[0], now)
        assert any(words in home for words in HEADLINES[now])
    else:
        assert "Cohort 4" not in home
    for page in (own, programme, calendar):
        assert (APPLY in page) is (now is OPEN)
    assert ("app-phase--open" in own) is ("app-phase--open" in programme) is (now is OPEN)


def test_the_last_day_is_told_as_one(client: Client, portal: None) -> None:
    dated_cohort()
    for moment, own, elsewhere in [
        ("2028-08-30 23:59", ">Running until 31 August 2028<", ">Cohort 4 is running until 31 August 2028<"),
        ("2028-08-31 00:00", ">Finishes today, 31 August 2028<", ">Cohort 4 finishes today, 31 August 2028<"),
        ("2028-09-01 00:00", ">Finished on 31 August 2028<", ">Cohort 4 finished on 31 August 2028<"),
    ]:
        with at(moment):
            assert own in read(client, "/fellowship/cohorts/4/")
            assert elsewhere in read(client, "/fellowship/")


def test_the_first_day_is_told_as_one() -> None:
    cohort = dated_cohort()
    with at("2027-09-01 23:59"):
        assert cohort.headline_detail == "It started today. You cannot apply for this cohort."
    with at("2027-09-02"):
        assert cohort.headline_detail.startswith("It started on 1")


@pytest.mark.parametrize("moment", ["2027-01-01", "2027-02-01"])
def test_without_a_deadline_the_page_says_that_it_will_be_named(client: Client, moment: str) -> None:
    dated_cohort(closes_at=None)
    with at(moment):
        page = read(client, "/fellowship/cohorts/4/")
    assert "We will say here when they close. The cohort starts on 1 September 2027." in page


def test_a_draft_without_dates_promises_none() -> None:
    cohort = dated_cohort(status="draft", starts_on=None, ends_on=None, **UNDATED)
    assert cohort.phase is BEFORE
    assert cohort.headline == "Application dates to be announced"
    assert cohort.headline_detail == "The cohort starts on a day to be announced."


# The ways through the fellowship


def ways(client: Client, path: str) -> dict[str, str]:
    """The links of the menu by their words."""
    found = client.get(path).context["overview"].menu
    return {way.label: way.address for way in found}


def three_years() -> list[Cohort]:
    cohorts = []
    for number, year in ((3, 2026), (4, 2027), (5, 2028)):
        cohorts.append(
            dated_cohort(
                number=number,
                opens_at=london(f"{year}-01-11 09:00"),
                closes_at=london(f"{year}-02-26 12:00"),
                starts_on=dt.date(year, 9, 1),
                ends_on=dt.date(year + 1, 8, 31),
            )
        )
    return cohorts


TURNS = [
    ("2025-12-01", {"Next: Cohort 3"}, 3),
    ("2026-06-01", {"Next: Cohort 4"}, 4),  # 3 is selecting: the next that one can still apply for
    ("2026-10-01", {"Current: Cohort 3", "Next: Cohort 4"}, 4),
    ("2027-03-01", {"Current: Cohort 3", "Next: Cohort 5"}, 5),
    ("2027-10-01", {"Previous: Cohort 3", "Current: Cohort 4", "Next: Cohort 5"}, 5),
    ("2028-03-01", {"Previous: Cohort 3", "Current: Cohort 4", "Next: Cohort 5"}, None),
    ("2028-10-01", {"Previous: Cohort 4", "Current: Cohort 5"}, None),
    ("2030-01-01", {"Previous: Cohort 5"}, None),
]


@pytest.mark.parametrize(("moment", "cohorts", "to_apply_for"), TURNS)
def test_the_menu_turns_with_the_year(
    client: Client, portal: None, moment: str, cohorts: set[str], to_apply_for: int | None
) -> None:
    three_years()
    make.FellowFactory(slug="somebody", cohort=Cohort.objects.get(number=3))
    with at(moment):
        menus = [ways(client, f"/fellowship/{rest}") for rest in ("", "cohorts/3/", "fellows/somebody/")]
        assert menus[0] == menus[1] == menus[2]
        assert {label for label in menus[0] if ": " in label} == cohorts
        how = menus[0]["How to apply"]
        path, _, anchor = how.partition("#")
        assert path == (f"/fellowship/cohorts/{to_apply_for}/" if to_apply_for else "/fellowship/")
        assert f'id="{anchor}"' in read(client, path)


def test_how_to_apply_says_when_we_will_say(client: Client, portal: None) -> None:
    assert "We will name the next cohort" in read(client, "/fellowship/")
    dated_cohort(number=4)
    with at("2028-01-01"):
        assert "We will name the next cohort to apply for and its dates here." in read(client, "/fellowship/")
        assert "when people can apply for the next cohort" in read(client, "/fellowship/cohorts/4/")


@pytest.mark.parametrize("how", ["", "1. **Write.** Soon."])
def test_how_to_apply_is_there_for_every_cohort_to_apply_for(client: Client, how: str) -> None:
    dated_cohort(how_to_apply=how)
    with at("2027-01-01"):
        assert read(client, "/fellowship/cohorts/4/").count('id="how-to-apply"') == 1


def test_a_draft_is_in_no_menu(client: Client, portal: None) -> None:
    dated_cohort(status="draft")
    with at("2027-01-12"):
        assert ways(client, "/fellowship/") == {
            "About the fellowship": "/fellowship/",
            "How to apply": "/fellowship/#apply",
        }
        assert Overview().menu == client.get("/fellowship/").context["overview"].menu


def test_the_menu_stands_without_a_programme_too(client: Client) -> None:
    dated_cohort()
    with at("2028-01-01"):
        page = read(client, "/fellowship/")
    assert ">Current: Cohort 4</a>" in page
    assert 'id="apply"' in page


def test_the_page_that_one_is_on_is_said_to_be(client: Client, portal: None) -> None:
    dated_cohort()
    with at("2028-01-01"):
        assert 'href="/fellowship/cohorts/4/" aria-current="page"' in read(client, "/fellowship/cohorts/4/")
        assert 'href="/fellowship/" aria-current="page"' in read(client, "/fellowship/")


def test_the_calendar_and_the_page_tell_the_same_moment(client: Client) -> None:
    dated_cohort()
    with at("2026-12-01"):
        file = icalendar.Calendar.from_ical(client.get("/fellowship/calendar.ics").content)
    moments = {str(event["uid"]).split("@")[0].split("-")[-1]: event["dtstart"].dt for event in file.walk("VEVENT")}
    assert moments["opens"] == london("2027-01-11 09:00")
    assert moments["closes"] == london("2027-02-26 12:00")
    assert (moments["starts"], moments["ends"]) == (dt.date(2027, 9, 1), dt.date(2028, 8, 31))
