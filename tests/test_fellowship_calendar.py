"""The calendar of the fellowship: what is promised to a day stands in it, whole by RFC 5545, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.test import Client

from fellowship.models import Cohort
from tests import factories as make
from tests.dated import at, dated_cohort, london
from tests.pages import Page

pytestmark = pytest.mark.django_db

ALL, ONE = "/fellowship/calendar.ics", "/fellowship/cohorts/4/dates.ics"


def read(client: Client, path: str = ALL) -> Any:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(response.content)


def events(client: Client, path: str = ALL) -> dict[str, Any]:
    return {str(event["uid"]).partition("@")[0]: event for event in read(client, path).walk("VEVENT")}


def add(cohort: Cohort, precision: str, day: str = "2027-03-17", label: str = "Step") -> str:
    key_date = make.KeyDateFactory(cohort=cohort, label=label, date=dt.date.fromisoformat(day), precision=precision)
    return f"keydate-{key_date.pk}"


@pytest.mark.parametrize(
    ("precision", "first", "after"),
    [("day", "2027-03-17", "2027-03-18"), ("week", "2027-03-15", "2027-03-22")],
)
def test_a_day_and_a_week_are_whole_days_that_end_after_the_last(
    client: Client, precision: str, first: str, after: str
) -> None:
    name = add(dated_cohort(), precision)
    event = events(client)[name]
    assert event["dtstart"].params["VALUE"] == event["dtend"].params["VALUE"] == "DATE"
    assert (event["dtstart"].dt.isoformat(), event["dtend"].dt.isoformat()) == (first, after)
    assert str(event["summary"]) == "Step: fellowship, cohort 4"
    assert ("the day is not known yet" in str(event["description"])) is (precision == "week")


@pytest.mark.parametrize("precision", ["early", "mid", "late", "month", "approximate"])
def test_what_nobody_promised_to_a_day_is_left_out_and_the_calendar_says_so(client: Client, precision: str) -> None:
    name = add(dated_cohort(), precision)
    assert name not in events(client)
    assert name not in events(client, ONE)
    assert "of which the day or the week is known" in str(read(client)["description"])


def test_a_webinar_lasts_its_time_also_in_summer(client: Client) -> None:
    cohort = dated_cohort(webinar_at=london("2027-06-16 18:00"), webinar_minutes=90)
    event = events(client)[f"cohort-{cohort.pk}-webinar"]
    assert event["dtstart"].params["TZID"] == "Europe/London"
    assert event["dtstart"].dt == dt.datetime(2027, 6, 16, 17, tzinfo=dt.UTC)
    assert event["dtend"].dt - event["dtstart"].dt == dt.timedelta(minutes=90)
    assert event["dtstart"].dt.astimezone(ZoneInfo("America/New_York")).hour == 13


def test_it_holds_every_public_cohort_and_no_draft(client: Client) -> None:
    dated_cohort(number=3)
    dated_cohort(number=4)
    draft = dated_cohort(number=5, status="draft")
    add(draft, "day", label="Quokka")
    content = client.get(ALL).text
    assert "cohort 3" in content
    assert "cohort 4" in content
    assert "cohort 5" not in content
    assert "Quokka" not in content
    assert client.get("/fellowship/cohorts/5/dates.ics").status_code == 404
    assert client.get("/fellowship/cohorts/6/dates.ics").status_code == 404


def test_the_file_of_one_cohort_is_saved_and_reminds_of_its_deadline_only(client: Client) -> None:
    cohort = dated_cohort()
    dated_cohort(number=3)
    response = client.get(ONE)
    assert response["Content-Disposition"] == 'attachment; filename="fellowship-cohort-4-dates.ics"'
    found = events(client, ONE)
    assert {*found} == {f"cohort-{cohort.pk}-{name}" for name in ("opens", "closes", "starts", "ends")}
    assert [name for name, event in found.items() if event.walk("VALARM")] == [f"cohort-{cohort.pk}-closes"]
    assert "Content-Disposition" not in client.get(ALL)
    assert not read(client).walk("VALARM")


def test_a_deadline_that_moved_says_so_and_stays_the_same_event(client: Client) -> None:
    cohort = dated_cohort()
    name = f"cohort-{cohort.pk}-closes"
    before = events(client)[name]
    make.DateChangeFactory(window=cohort)
    after = events(client)[name]
    assert (int(before["sequence"]), int(after["sequence"])) == (0, 1)
    assert before["uid"] == after["uid"]
    assert after["last-modified"].dt > before["last-modified"].dt


def test_nothing_changes_from_request_to_request_and_who_has_it_is_told_so(client: Client) -> None:
    cohort = dated_cohort()
    add(cohort, "day")
    first = client.get(ALL)
    again = client.get(ALL, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cohort.starts_on += dt.timedelta(days=1)
    cohort.save()
    assert client.get(ALL, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_without_a_cohort_it_is_empty_and_whole(client: Client) -> None:
    assert not events(client)
    assert read(client).walk("VTIMEZONE")


def test_only_while_one_can_apply_it_says_where(client: Client) -> None:
    cohort = dated_cohort()
    for moment, is_open in [("2027-01-11 08:59:59", False), ("2027-01-11 09:00", True), ("2027-02-26 12:00", False)]:
        with at(moment):
            words = str(events(client)[f"cohort-{cohort.pk}-closes"]["description"])
        assert ("Apply at https://example.org/apply-here" in words) is is_open
        assert cohort.get_absolute_url() in words


def test_each_page_leads_to_its_calendar(client: Client) -> None:
    make.ProgrammeFactory()
    assert ALL not in Page(client.get("/fellowship/").text).links
    dated_cohort()
    assert ALL in Page(client.get("/fellowship/").text).links
    assert ONE in Page(client.get("/fellowship/cohorts/4/").text).links


def test_it_costs_the_same_for_one_cohort_and_for_ten(
    client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    add(dated_cohort(number=100), "day")
    with django_assert_max_num_queries(3) as few:
        client.get(ALL)
    for number in range(1, 11):
        add(dated_cohort(number=number), "week")
    with django_assert_num_queries(len(few)):
        client.get(ALL)
