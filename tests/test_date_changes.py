"""Dates that move: each move is in the log, and for a fortnight readers are told what was and what is."""

import datetime as dt

import pytest
import time_machine
from django.template.loader import render_to_string
from django.urls import reverse

from portal import date_changes
from portal.models import DateChange
from projects.models import ApplicationRound
from tests.dated import at, dated_cohort, london
from tests.factories import (
    ApplicationRoundFactory,
    DateChangeFactory,
    ProjectFactory,
    StaffFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db

OPENS, CLOSES, LATER = london("2026-10-12 09:00"), london("2026-10-22 23:59"), london("2026-10-29 23:59")
TODAY = london("2026-10-05 10:00")
SECOND = dt.timedelta(seconds=1)
FORTNIGHT = dt.timedelta(days=14)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


def autumn(**values):
    return ApplicationRoundFactory(**{"name": "Autumn 2026", "opens_at": OPENS, "closes_at": CLOSES, **values})


def move(window, by=None, **moments):
    """Move some dates of a window, as everybody does who writes one."""
    before = date_changes.dates_of(window)
    for name, moment in moments.items():
        setattr(window, name, moment)
    window.save()
    date_changes.record(window, before=before, by=by)


def logged():
    return list(DateChange.objects.order_by("pk").values_list("field", "old", "new"))


# The log


def test_each_date_that_moved_is_a_row_of_the_log():
    window, user = autumn(), StaffFactory(first_name="Ada", last_name="Lovelace")
    move(window, by=user, opens_at=OPENS + SECOND, closes_at=LATER)
    assert logged() == [("opens_at", OPENS, OPENS + SECOND), ("closes_at", CLOSES, LATER)]
    change = DateChange.objects.first()
    assert (change.kind, change.object_id, change.title) == ("projects.applicationround", window.pk, "Autumn 2026")
    assert (change.at, change.by, change.by_name) == (TODAY, user, "Ada Lovelace")


@pytest.mark.parametrize("field", ["opens_at", "closes_at"])
def test_a_date_that_stays_or_is_announced_has_not_moved(field):
    window = autumn(**{field: None})
    move(window)
    move(window, **{field: {"opens_at": OPENS, "closes_at": CLOSES}[field]})
    move(window, apply_url="https://example.org/other")
    assert logged() == []


def test_a_date_that_is_taken_away_has_moved_and_one_that_comes_back_too():
    window = autumn()
    move(window, closes_at=None)
    move(window, closes_at=LATER)
    assert logged() == [("closes_at", CLOSES, None), ("closes_at", None, LATER)]


def test_a_fraction_of_a_second_that_a_form_cannot_hold_is_no_move():
    window = autumn(closes_at=CLOSES + dt.timedelta(microseconds=250))
    move(window, closes_at=CLOSES)
    assert logged() == []


def test_the_log_outlives_the_window_and_the_person():
    window, user = autumn(), StaffFactory(first_name="Ada", last_name="Lovelace")
    move(window, by=user, closes_at=LATER)
    window.delete()
    user.delete()
    change = DateChange.objects.get()
    assert (str(change), change.by, change.by_name) == ("Autumn 2026: deadline", None, "Ada Lovelace")


# Whoever writes a window writes the log


def save(client, item, **changes):
    page = reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])
    response = client.post(page, {**Page(client.get(page).text).fields, **changes})
    assert response.status_code == 302, response.context["errors"]


@pytest.mark.parametrize(
    "make", [autumn, lambda: dated_cohort(opens_at=OPENS, closes_at=CLOSES)], ids=["round", "cohort"]
)
def test_saving_in_the_admin_logs_the_dates_that_moved(admin_client, admin_user, make):
    window = make()
    save(admin_client, window)
    assert logged() == []
    save(admin_client, window, closes_at_0="2026-10-29", closes_at_1="23:59:00")
    assert logged() == [("closes_at", CLOSES, LATER)]
    change = DateChange.objects.get()
    assert (change.kind, change.by, change.title) == (window._meta.label_lower, admin_user, str(window))


def test_a_window_that_is_added_in_the_admin_has_not_moved(admin_client):
    page = reverse("admin:projects_applicationround_add")
    dates = {"opens_at_0": "2026-10-12", "opens_at_1": "09:00", "closes_at_0": "2026-10-22", "closes_at_1": "23:59"}
    response = admin_client.post(page, {**Page(admin_client.get(page).text).fields, "name": "Autumn 2026", **dates})
    assert response.status_code == 302
    assert ApplicationRound.objects.get().closes_at == CLOSES
    assert logged() == []


ROUND = "---\ntype: round\nname: Autumn 2026\nopens_at: 2026-10-12 09:00\ncloses_at: {}\n---\n\nSend a letter.\n"
COHORT = (
    "---\ntype: cohort\nnumber: 4\nstarts_on: 2027-09-01\nends_on: 2028-08-31\n"
    "opens_at: 2026-10-12 09:00\ncloses_at: {}\n---\n"
)


@pytest.mark.parametrize("text", [ROUND, COHORT], ids=["round", "cohort"])
def test_an_import_logs_the_dates_that_it_moves(folder, text):
    folder.write("window.md", text.format("2026-10-22 23:59"))
    folder.load()
    folder.load()
    assert logged() == []
    folder.write("window.md", text.format("2026-10-29 23:59"))
    folder.load(dry_run=True)
    assert logged() == []
    folder.load()
    folder.load()
    assert logged() == [("closes_at", CLOSES, LATER)]
    change = DateChange.objects.get()
    assert (change.by, change.by_name) == (None, "")


def test_a_date_that_the_editor_keeps_has_not_moved(folder):
    folder.write("round.md", ROUND.format("2026-10-22 23:59"))
    folder.load()
    window = ApplicationRound.objects.get()
    move(window, closes_at=LATER)
    folder.write("round.md", ROUND.format("2026-11-05 23:59"))
    folder.load()
    assert ApplicationRound.objects.get().closes_at == LATER
    assert len(logged()) == 1


# What readers are told


def said(moved, **context):
    """The lines of the strip, as they read."""
    text = render_to_string("projects/dates_changed.html", {"moved": moved, **context}).replace("\xa0", " ")
    return Page(text).text("p")


def test_nothing_is_said_while_nothing_moved(django_assert_num_queries):
    window = autumn()
    with django_assert_num_queries(1):
        assert window.moved_dates(TODAY) == []
    assert render_to_string("projects/dates_changed.html", {"moved": []}) == ""


def test_a_move_says_what_was_what_is_and_since_when(django_assert_num_queries):
    window = autumn()
    move(window, opens_at=OPENS + dt.timedelta(days=1), closes_at=LATER)
    with django_assert_num_queries(1):
        moved = window.moved_dates(TODAY)
    assert said(moved) == [
        "Date changed on 5 October 2026: the opening date is now 9am on 13 October 2026. "
        "It was 9am on 12 October 2026.",
        "Date changed on 5 October 2026: the deadline is now 11:59pm on 29 October 2026. "
        "It was 11:59pm on 22 October 2026.",
    ]
    (line,) = said(moved[1:], named=True)
    assert "the deadline for Autumn 2026 is now" in line


def test_it_is_said_for_a_fortnight():
    window = autumn()
    move(window, closes_at=LATER)
    assert window.moved_dates(TODAY + FORTNIGHT - SECOND)
    assert window.moved_dates(TODAY + FORTNIGHT) == []
    with time_machine.travel(TODAY + FORTNIGHT - SECOND, tick=False):
        assert window.moved_dates()


def test_several_moves_are_one_line(clock):
    """From the date before the first of them to the one that holds now, since the last."""
    window = autumn()
    move(window, closes_at=LATER - dt.timedelta(days=3))
    clock.move_to(london("2026-10-08 10:00"))
    move(window, closes_at=LATER)
    assert said(window.moved_dates()) == [
        "Date changed on 8 October 2026: the deadline is now 11:59pm on 29 October 2026. "
        "It was 11:59pm on 22 October 2026."
    ]
    (moved,) = window.moved_dates(TODAY + FORTNIGHT)
    assert moved.old == LATER - dt.timedelta(days=3), "the first move is a fortnight ago"


def test_what_moved_there_and_back_did_not_move():
    window = autumn()
    move(window, closes_at=LATER)
    move(window, closes_at=CLOSES)
    assert window.moved_dates() == []


def test_a_move_within_a_minute_is_in_the_log_and_not_said():
    window = autumn()
    move(window, closes_at=CLOSES + 59 * SECOND)
    assert len(logged()) == 1
    assert window.moved_dates() == []


def test_a_deadline_that_is_taken_away_will_be_announced():
    window = autumn()
    move(window, closes_at=None)
    assert said(window.moved_dates()) == [
        "Date changed on 5 October 2026: the deadline was 11:59pm on 22 October 2026. We will announce a new one."
    ]


def test_a_deadline_that_comes_back_later_moved_and_after_a_fortnight_is_simply_announced(clock):
    window = autumn()
    move(window, closes_at=None)
    clock.shift(dt.timedelta(days=5))
    move(window, closes_at=LATER)
    assert said(window.moved_dates()) == [
        "Date changed on 10 October 2026: the deadline is now 11:59pm on 29 October 2026. "
        "It was 11:59pm on 22 October 2026."
    ]
    assert window.moved_dates(TODAY + FORTNIGHT) == []


def test_each_round_has_its_own_moves():
    window, other = autumn(), autumn(name="Spring 2027")
    cohort = dated_cohort(pk=window.pk)
    DateChangeFactory(window=cohort)
    move(other, closes_at=LATER)
    assert window.moved_dates() == []
    assert [moved.window for moved in other.moved_dates()] == [other]


# The home page


def strip(client):
    return [text for text in Page(client.get("/").text).text("p") if text.startswith("Date changed")]


@pytest.mark.parametrize("now", ["2026-10-06 10:00", "2026-10-12 09:00", "2026-10-18 23:59"])
def test_the_home_page_says_it_before_and_while_the_round_is_open(client, now):
    window = autumn()
    ProjectFactory(round=window)
    assert strip(client) == []
    move(window, closes_at=LATER)
    with at(now):
        (line,) = strip(client)
    assert line.startswith("Date changed on 5 October 2026: the deadline is now 11:59pm")


def test_the_home_page_says_it_of_a_round_that_the_move_closed_and_of_one_without_dates(client):
    window = autumn()
    ProjectFactory(round=window)
    move(window, opens_at=london("2026-09-01 09:00"), closes_at=TODAY - SECOND)
    assert len(strip(client)) == 2
    move(window, opens_at=None, closes_at=None)
    assert len(strip(client)) == 2
    assert all(line.endswith("We will announce a new one.") for line in strip(client))


def test_the_home_page_names_the_rounds_where_there_are_several(client):
    window = autumn()
    ProjectFactory(round=window)
    ProjectFactory(round=autumn(name="Spring 2027", opens_at=london("2027-03-01 09:00"), closes_at=None))
    move(window, closes_at=LATER)
    (line,) = strip(client)
    assert "the deadline for Autumn 2026 is now" in line


@pytest.mark.parametrize("status", ["draft", "paused", "active", "completed", "archived"])
def test_the_home_page_says_nothing_of_a_round_that_no_reader_can_apply_in(client, status):
    window = autumn(opens_at=london("2026-09-01 09:00"))
    ProjectFactory(status=status, round=window)
    ProjectFactory(round=None)
    move(window, closes_at=LATER)
    assert strip(client) == []
