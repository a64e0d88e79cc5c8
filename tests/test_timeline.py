"""The key dates of a cohort: what follows from its own dates, what an editor adds, and the webinar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from fellowship.attention import webinar_without_address
from fellowship.models import Cohort, KeyDate
from fellowship.timeline import Timeline, says_again
from portal.dates import NBSP
from tests import factories as make
from tests.dated import at, dated_cohort, london
from tests.pages import Page

pytestmark = pytest.mark.django_db

JOIN, RECORDING = "https://example.org/join", "https://example.org/recording"


def lines(cohort: Cohort) -> list[str]:
    return [f"{entry.in_words}: {entry.label}".replace(NBSP, " ") for entry in Timeline(cohort).entries]


def add(cohort: Cohort, label: str, day: str, precision: str = "day") -> KeyDate:
    found: KeyDate = make.KeyDateFactory(
        cohort=cohort, label=label, date=dt.date.fromisoformat(day), precision=precision
    )
    return found


def get(client: Client, path: str = "/fellowship/cohorts/4/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.text.replace(NBSP, " ")


def test_the_cohorts_own_dates_stand_in_it_by_themselves_with_their_time() -> None:
    cohort = dated_cohort(webinar_at=london("2027-01-20 18:30"))
    add(cohort, "Interviews, online", "2027-04-09", "month")
    add(cohort, "Offers", "2027-06-30", "approximate")
    add(cohort, "We tell you", "2027-03-18", "week")
    with at("2026-12-01"):
        assert lines(cohort) == [
            "9am on 11 January 2027: Applications open",
            "6:30pm on 20 January 2027: Webinar",
            "Midday on 26 February 2027: Applications close",
            "Week of 15 March 2027: We tell you",
            "April 2027: Interviews, online",
            "Around June 2027: Offers",
            "1 September 2027: Fellowship starts",
            "31 August 2028: Fellowship ends",
        ]


def test_what_is_past_is_told_in_the_past() -> None:
    cohort = dated_cohort()
    with at("2030-01-01"):
        assert [entry.label for entry in Timeline(cohort).entries] == [
            "Applications opened",
            "Applications closed",
            "Fellowship started",
            "Fellowship ended",
        ]
        assert all(entry.is_past for entry in Timeline(cohort).entries)


@pytest.mark.parametrize(
    "label",
    [
        "Applications open",
        "Applications close, at midday",
        "Application deadline",
        "Deadline for applications",
        "The closing date",
        "Fellowship starts",
        "Cohort 4 begins",
        "Applications for cohort 4 close (midday)",
    ],
)
def test_a_key_date_that_says_again_what_a_field_says_is_not_shown_beside_it(label: str) -> None:
    cohort = dated_cohort()
    add(cohort, label, "2027-02-25")
    with at("2026-12-01"):
        assert len(lines(cohort)) == 4
    assert not says_again(label, set())


@pytest.mark.parametrize(
    "label", ["Applications open for hosts", "Fellowship starts to recruit", "Deadlines met", "Webinar two"]
)
def test_a_key_date_of_its_own_is_shown_on_whatever_day(label: str) -> None:
    cohort = dated_cohort()
    add(cohort, label, "2027-01-11")
    assert any(label in line for line in lines(cohort))


def test_without_a_window_the_editors_words_stand() -> None:
    cohort = dated_cohort(opens_at=None, closes_at=None)
    add(cohort, "Applications open", "2027-01-05", "early")
    assert lines(cohort)[0] == "Early January 2027: Applications open"


@pytest.mark.parametrize(
    ("precision", "day", "first", "last"),
    [
        ("early", "2027-02-17", "2027-02-01", "2027-02-10"),
        ("mid", "2027-02-17", "2027-02-11", "2027-02-20"),
        ("late", "2027-02-17", "2027-02-21", "2027-02-28"),
        ("late", "2028-02-01", "2028-02-21", "2028-02-29"),
        ("month", "2027-12-31", "2027-12-01", "2027-12-31"),
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),
    ],
)
def test_each_precision_spans_the_days_that_it_may_mean(precision: str, day: str, first: str, last: str) -> None:
    key_date = KeyDate(date=dt.date.fromisoformat(day), precision=precision)
    assert (key_date.first_day.isoformat(), key_date.last_day.isoformat()) == (first, last)


def test_the_next_date_is_marked_and_today_is_called_today(client: Client) -> None:
    cohort = dated_cohort()
    for moment, mark in [("2027-02-25", "Next"), ("2027-02-26 11:59", "Today")]:
        with at(moment):
            page = get(client)
            assert [word for word in ("Next", "Today") if f">{word}</strong>" in page] == [mark]
            entry = Timeline(cohort).next
            assert entry is not None
            assert entry.label == "Applications close"
    with at("2027-02-26 12:00"):
        following = Timeline(cohort).next
        assert following is not None
        assert following.label == "Fellowship starts"


def test_the_vaguer_a_date_the_longer_its_marker(client: Client) -> None:
    cohort = dated_cohort()
    for precision in ("week", "early", "mid", "late", "month", "approximate"):
        add(cohort, f"Step {precision}", "2027-05-04", precision)
    page = get(client)
    for precision in ("week", "early", "mid", "late", "month", "approximate"):
        assert f"app-timeline__item--{precision}" in page


# The webinar

WEBINAR = {"webinar_at": london("2027-01-20 18:00"), "webinar_url": JOIN, "webinar_recording_url": RECORDING}


@pytest.mark.parametrize(
    ("moment", "values", "words", "link"),
    [
        ("2027-01-19", WEBINAR, "At 6pm on 20 January 2027, for 1 hour.", JOIN),
        ("2027-01-19", WEBINAR | {"webinar_url": ""}, "The link to join will be shown here.", None),
        ("2027-01-20 18:00", WEBINAR, "It is on now, since 6pm.", JOIN),
        ("2027-01-20 18:59:59", WEBINAR, "It is on now, since 6pm.", JOIN),
        ("2027-01-20 19:00", WEBINAR, "It was at 6pm on 20 January 2027.", RECORDING),
        ("2030-01-01", WEBINAR, "It was at 6pm on 20 January 2027.", RECORDING),
        ("2027-01-20 19:00", WEBINAR | {"webinar_recording_url": ""}, None, None),
        ("2027-01-19", {}, None, None),
    ],
)
def test_one_can_join_until_it_is_over_and_watch_it_afterwards(
    client: Client, moment: str, values: dict[str, Any], words: str | None, link: str | None
) -> None:
    dated_cohort(**values)
    with at(moment):
        page = get(client)
        file = client.get("/fellowship/calendar.ics").text.replace("\r\n ", "")
    assert (">Webinar</h2>" in page) is (words is not None)
    assert words is None or words in page
    for address in (JOIN, RECORDING):
        assert (address in page) is (address == link)
        assert (address in file) is (address == link)


@pytest.mark.parametrize(("minutes", "words"), [(45, "45 minutes"), (60, "1 hour"), (90, "1 hour 30 minutes")])
def test_its_length_is_told_in_words(client: Client, minutes: int, words: str) -> None:
    dated_cohort(webinar_at=london("2027-01-20 18:00"), webinar_minutes=minutes)
    with at("2027-01-01"):
        assert f"for {words}." in get(client)


def test_an_address_without_a_time_is_refused() -> None:
    cohort = dated_cohort(webinar_url=JOIN)
    with pytest.raises(ValidationError, match="Say when the webinar is"):
        cohort.full_clean()


def test_staff_are_told_of_a_webinar_that_nobody_can_join() -> None:
    cohort = dated_cohort(webinar_at=london("2027-01-20 18:00"))
    assert [*webinar_without_address(london("2027-01-10 00:00"))] == [cohort]
    for moment in ("2027-01-01 00:00", "2027-01-20 18:00"):
        assert not webinar_without_address(london(moment))
    with at("2027-01-10"):
        assert "the address to join the webinar" in {gap.what for gap in cohort.advised_gaps(cohort.current_status)}


# How to apply


@pytest.mark.parametrize(
    ("text", "steps", "others"),
    [
        ("1. **One.** Do.\n2. **Two.** Wait.", 2, 0),
        ("Read this.\n\n1. One.\n2. Two.\n\nThen rest.", 2, 0),
        ("- One\n- Two", 0, 2),
        ("1. One\n   - inside", 1, 1),
        ("Write to us.", 0, 0),
    ],
)
def test_steps_are_an_ordered_list_and_other_texts_stay_what_they_are(
    client: Client, text: str, steps: int, others: int
) -> None:
    dated_cohort(how_to_apply=text)
    with at("2027-01-01"):
        part = get(client).split('<div class="app-steps">')[1].split("</section>")[0]
    page = Page(part)
    assert len(page.all("ol")) == (1 if steps else 0)
    assert len(page.all("li")) == steps + others
