"""A copy is read later than it is made: no page of it says as present what time changes."""

import datetime as dt
import json
import re

import pytest
import time_machine

from fellowship.models import Phase
from portal.windows import WindowState
from tests import factories as make
from tests.static_copy import export
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

# What no page of a copy may say, however it is meant: it is over one day, and the page does not know.
PRESENT = re.compile(
    r"\b(is|are) (now )?open (for|until|now)|days? left|\btoday\b|\bnow\b|\bcurrent(ly)?\b|\b(still|not) apply .*yet\b"
    r"|open until|is running|is on now",
    re.IGNORECASE,
)
TAGS = {"Announced", "Applications open", "Selecting", "Running", "Next", "Today"}
CONDITION = re.compile(r"If (.+?|a closing date) has passed, applications are closed")
CLOSES = re.compile(r"\bclose at (\w+(?::\d\d)?\w* on \d+ \w+ \d{4})", re.IGNORECASE)
# What editors wrote, and the texts of the portal that speak of no deadline.
SAID_BY_EDITORS = re.compile(
    r"An intern is working on it now\.|Work has stopped for now\."
    r"|You can apply for it while its application round is open\.|what they do about it today"
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copy"


def at(days):
    return time_machine.travel(NOW + dt.timedelta(days=days), tick=False)


def read(copy, name):
    """What a reader of a page reads, without what is the name of something."""
    return SAID_BY_EDITORS.sub("", copy.words(name))


def full_world():
    """With rounds and cohorts of which each is in another state, and much that changes by time alone."""
    with time_machine.travel(NOW, tick=False):
        world = World()
        now = NOW
        day = dt.timedelta(days=1)
        for opens, closes in [(-30, 0.2), (-30, 3), (-30, 40), (10, 60), (-60, -5), (-5, None)]:
            dates = {"opens_at": now + opens * day, "closes_at": None if closes is None else now + closes * day}
            round_ = make.ApplicationRoundFactory(**dates, apply_url="https://example.org/apply")
            make.ProjectFactory(round=round_, area=world.areas[0])
        make.ProjectFactory(round=None, area=world.areas[0])
        make.ProjectFactory(status="paused", area=world.areas[0], supersedes=None)
        make.NoticeFactory(body="Closed for the holidays.", ends_at=now + 2 * day)
        make.ArticleFactory(review_due_on=now.date() + dt.timedelta(days=1), areas=world.areas)
        today = now.date()
        for number, starts in [(301, 0), (302, -365 + 1), (303, 20), (304, -500)]:
            begins = today + dt.timedelta(days=starts)
            make.CohortFactory(
                number=number,
                starts_on=begins,
                ends_on=begins + dt.timedelta(days=364),
                opens_at=now + (starts - 100) * day,
                closes_at=now + (starts - 10) * day,
                webinar_at=now + (starts - 20) * day,
            )
        make.CohortFactory(number=305, starts_on=today + 200 * day, opens_at=now - day, closes_at=now + day)
    return world


@pytest.mark.parametrize("days", [0, 60])
def test_no_page_states_as_present_what_time_changes(folder, days):
    full_world()
    with at(days):
        copy, _ = export(folder)
    found = {name: [match[0] for match in PRESENT.finditer(read(copy, name))] for name in copy.pages}
    assert {name: words for name, words in found.items() if words} == {}
    assert {
        name: TAGS & {*page.text("strong")} for name, page in copy.pages.items() if TAGS & {*page.text("strong")}
    } == {}


def test_whoever_is_told_when_applications_close_is_told_what_follows(folder):
    full_world()
    with at(0):
        copy, _ = export(folder)
    told = {name: read(copy, name) for name in copy.pages if CLOSES.search(read(copy, name))}
    assert len(told) > 10
    assert {name for name, words in told.items() if not CONDITION.search(words)} == set()
    # On the page of one thing, with its own date.
    for name, words in told.items():
        if re.fullmatch(r"(projects/project-\d+|fellowship/cohorts/305)/index.html", name):
            assert CLOSES.search(words)[1] in {condition[1] for condition in CONDITION.finditer(words)}, name


def test_what_a_page_says_of_a_window_is_the_same_until_it_opens_or_closes(folder, tmp_path):
    window = make.ApplicationRoundFactory(opens_at=NOW - dt.timedelta(days=1), closes_at=NOW + dt.timedelta(days=20))
    with time_machine.travel(NOW - dt.timedelta(days=2), tick=False):
        make.ProjectFactory(round=window, slug="letters")
    with at(0):
        first, _ = export(folder)
    with at(19.9):
        assert window.state() is WindowState.OPEN
        last, _ = export(tmp_path / "last")
    assert first.files == last.files
    assert "If midday on 10 December 2026 has passed, applications are closed" in first.words(
        "projects/letters/index.html"
    )
    with at(21):
        closed, _ = export(folder)
    assert "Applications closed at midday on 10 December 2026" in closed.words("projects/letters/index.html")
    assert "as it stood on 10 December 2026" in closed.words("index.html")


def test_a_cohort_gives_its_dates_in_place_of_its_phase(folder):
    running = make.CohortFactory(number=4, starts_on=dt.date(2026, 9, 1), ends_on=dt.date(2027, 8, 31))
    with at(0):
        assert running.phase is Phase.RUNNING
        copy, _ = export(folder)
    words = copy.words("fellowship/cohorts/4/index.html")
    assert "Runs from 1 September 2026 to 31 August 2027" in words
    assert "Phase" not in words


def test_a_notice_says_until_when_it_holds(folder):
    make.NoticeFactory(
        body="Closed for the holidays.", starts_at=NOW - dt.timedelta(days=1), ends_at=NOW + dt.timedelta(days=2)
    )
    with at(0):
        copy, _ = export(folder)
    assert "Until midday on 22 November 2026." in copy.words("index.html")


def test_programs_are_given_dates_and_no_answer_for_now(folder):
    window = make.ApplicationRoundFactory(opens_at=NOW - dt.timedelta(days=1), closes_at=NOW + dt.timedelta(days=3))
    make.ProjectFactory(round=window)
    with at(0):
        copy, _ = export(folder)
    (project,) = json.loads(copy.text("projects.json"))["projects"]
    assert project["accepting_applications"] is None
    assert project["applications"]["sentence"] == "Applications close at midday on 23\u00a0November 2026"
    assert project["applications"]["closes_at"] == "2026-11-23T12:00:00+00:00"
    assert "left" not in copy.text("projects/feed.xml")


def test_the_site_itself_goes_on_as_it_is(folder, client):
    window = make.ApplicationRoundFactory(opens_at=NOW - dt.timedelta(days=1), closes_at=NOW + dt.timedelta(days=3))
    project = make.ProjectFactory(round=window)
    with at(0):
        export(folder)
        page = client.get(project.get_absolute_url()).text
    assert "(3 days left)" in page
    assert "as it stood on" not in page
