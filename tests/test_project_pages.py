"""A project's page and its part of the home page: whether one can apply, until when, and what to do if not."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.date_changes import dates_of, record
from projects.models import Output, Project
from tests.factories import (
    ApplicationRoundFactory,
    AreaFactory,
    OutputFactory,
    PlacementFactory,
    ProjectFactory,
    TechniqueFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 10, 20, 12, tzinfo=LONDON)
APPLY = "https://example.org/apply"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def a_round(opens, closes, **values):
    """A round that opens and closes so many days from now, or has no such date."""
    days = [None if number is None else NOW + dt.timedelta(days=number) for number in (opens, closes)]
    return ApplicationRoundFactory(opens_at=days[0], closes_at=days[1], **values)


def page_of(client, project):
    response = client.get(project.get_absolute_url())
    assert response.status_code == 200
    return response.text


# Applying


@pytest.mark.parametrize(
    ("window", "can_apply", "words"),
    [
        ((-5, 9), True, "Applications are open until midday on 29\u00a0October 2026 (9 days left)"),
        ((-5, 0.3), True, "Applications close today at 7:12pm"),
        ((-5, None), True, "Applications are open"),
        ((5, 9), False, "Applications open at midday on 25\u00a0October 2026"),
        ((-9, -5), False, "Applications closed at midday on 15\u00a0October 2026"),
        ((None, None), False, "Application dates to be announced"),
        (None, False, "Application dates to be announced"),
    ],
)
def test_an_open_project_says_whether_one_can_apply(client, window, can_apply, words):
    project = ProjectFactory(round=a_round(*window) if window else None)
    text = page_of(client, project)
    assert words in text
    assert (APPLY in text) is can_apply, "the address to apply at is shown while it works"
    assert ("app-phase--open" in text) is can_apply
    assert ("What you can do" in text) is not can_apply


@pytest.mark.parametrize("status", ["active", "paused", "completed", "archived"])
def test_no_other_project_can_be_applied_for_whatever_its_round(client, status):
    project = ProjectFactory(status=status, round=a_round(-5, 9, how_to_apply="Send a letter."))
    text = page_of(client, project)
    assert APPLY not in text
    assert "Applications are open" not in text
    assert "Send a letter." not in text
    assert "You cannot apply for it now." in text


def test_a_round_without_an_address_or_words_names_the_mailbox(client, settings):
    project = ProjectFactory(round=a_round(-5, 9, apply_url="", how_to_apply=""))
    text = page_of(client, project)
    assert f"mailto:{settings.PORTAL_EMAIL}" in text
    assert "Apply for this round" not in text


def test_how_to_apply_stands_on_the_page(client):
    project = ProjectFactory(round=a_round(-5, 9, how_to_apply="1. **Write** a letter."))
    text = page_of(client, project)
    assert "<strong>Write</strong> a letter." in text
    assert 'href="#apply"' in text


# Why not, and what instead


def test_a_paused_project_says_why_and_since_when(client):
    project = ProjectFactory(status="open")
    project.move_to("paused", by=None, reason="The data is late.", note="Ask Ada.")
    text = page_of(client, project)
    assert "This project is paused" in text
    assert "Paused since 20\u00a0October 2026" in text
    assert "The data is late." in text
    assert "Ask Ada." not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [("completed", "Completed on 20\u00a0October 2026"), ("archived", "Archived on 20\u00a0October 2026")],
)
def test_what_ended_says_on_which_day(client, status, words):
    project = ProjectFactory(status="open", no_outputs_reason="It was a trial.")
    project.move_to(status, by=None)
    assert words in page_of(client, project)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ((5, 9), "You cannot apply for this project yet. Read the brief, and come back then."),
        ((-9, -5), "You can no longer apply for this project in this round."),
        ((None, None), "We will give the dates on this page."),
        (None, "We will give the dates on this page."),
    ],
)
def test_an_open_project_that_does_not_accept_says_what_to_do(client, window, words):
    page = Page(page_of(client, ProjectFactory(round=a_round(*window) if window else None)))
    assert page.text("h2")[0].startswith("Applica")
    assert [text for text in page.text("p") if words in text]
    assert "/projects/feed/?status=open" in page.links


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("active", "Our feed says when a new project opens."),
        ("paused", "Our feed says when this project opens again."),
        ("completed", "Our feed says when a new project opens."),
        ("archived", "Our feed says when a new project opens."),
    ],
)
def test_a_project_that_is_not_open_offers_the_feed(client, status, words):
    assert words in Page(page_of(client, ProjectFactory(status=status, round=a_round(-5, 9)))).text("p")


def test_a_deadline_can_be_kept_in_a_calendar_while_there_is_one_to_keep(client):
    def offered(window, **values):
        project = ProjectFactory(round=a_round(*window), **values)
        return f"/projects/rounds/{project.round.pk}/deadline.ics" in Page(page_of(client, project)).links

    assert offered((-5, 9))
    assert not offered((-5, None))
    assert not offered((-9, -5))
    assert not offered((-5, 9), status="paused")


@pytest.mark.parametrize("window", [(-5, 9), (5, 9), (-9, -1)])
def test_a_date_that_moved_lately_is_told(client, window):
    here = a_round(*window)
    here_before = dates_of(here)
    here.closes_at += dt.timedelta(days=2)
    here.save()
    record(here, before=here_before, by=None)
    assert page_of(client, ProjectFactory(round=here)).count("Date changed on 20\u00a0October 2026:") == 1
    assert "Date changed" not in page_of(client, ProjectFactory(round=here, status="paused"))


def test_similar_projects_are_offered_with_the_reason(client):
    area = AreaFactory(name="Simulation")
    ProjectFactory(title="Sister", area=area, round=a_round(-5, 9))
    page = Page(page_of(client, ProjectFactory(status="paused", area=area)))
    assert "Sister" in page.text("a")
    assert "Same area: Simulation." in page.text("p")
    assert "Sister" not in Page(page_of(client, ProjectFactory(area=area, round=a_round(-5, 9)))).text("a")


def test_terms_are_explained(client):
    assert "/projects/terms/" in Page(page_of(client, ProjectFactory())).links


@pytest.mark.parametrize("status", [status.value for status in Project.Status if status.is_public])
@pytest.mark.parametrize("window", [(-5, 9), (-9, -5)])
def test_a_page_with_everything_asks_ten_times_at_most_and_never_the_same(client, status, window):
    here = a_round(*window)
    terms = {"area": AreaFactory(), "techniques": TechniqueFactory.create_batch(3)}
    older = ProjectFactory(status="completed", **terms)
    project = ProjectFactory(round=here, supersedes=older, no_outputs_reason="It was a trial.", **terms)
    project.move_to("paused", by=None, reason="For now.")
    if status != "paused":
        project.move_to(status, by=None, reason="Again.")
    ProjectFactory.create_batch(2, supersedes=project, **terms, round=a_round(-5, 9))
    for placement in PlacementFactory.create_batch(2, project=project):
        OutputFactory.create_batch(2, placement=placement)
    client.get(project.get_absolute_url())
    with CaptureQueriesContext(connection) as captured:
        page_of(client, project)
    asked = [query["sql"] for query in captured]
    assert len(asked) == len(set(asked)) <= 10


# Results


def test_results_show_what_came_of_each_output(client):
    project = ProjectFactory(status="completed")
    placement = PlacementFactory(project=project, reference="P33", wave="Wave 3")
    OutputFactory(placement=placement, title="The code", url="https://example.org/code")
    OutputFactory(placement=placement, kind="report", state=Output.State.AWAITING, url="", expected_on="2027-03-01")
    OutputFactory(placement=placement, kind="slides", title="", state="not_applicable", url="", reason="No time.")
    text = page_of(client, project)
    assert "P33, Wave 3" in text
    assert "June 2024 to November 2024" in text
    assert "https://example.org/code" in Page(text).links
    assert "expected March 2027" in text
    assert "No time." in text


def test_an_output_that_is_late_is_not_promised(client):
    placement = PlacementFactory(project=ProjectFactory(status="completed"))
    for month in ("2026-09-30", "2026-10-01"):
        OutputFactory(placement=placement, state=Output.State.AWAITING, url="", expected_on=month)
    text = page_of(client, placement.project)
    assert "Awaiting sign-off, was expected in September 2026" in text
    assert "Awaiting sign-off, expected October 2026" in text


def test_a_completed_project_of_which_nothing_is_recorded_says_so(client):
    words = "We have not recorded what came of this project."
    project = ProjectFactory(status="completed")
    assert words in page_of(client, project)
    PlacementFactory(project=project)
    text = page_of(client, project)
    assert words not in text
    assert "No outputs are recorded for this placement." in text
    assert words not in page_of(client, ProjectFactory(status="archived"))


def test_a_completed_project_without_outputs_says_why(client):
    text = page_of(client, ProjectFactory(status="completed", no_outputs_reason="The work was merged into another."))
    assert "The work was merged into another." in text
    assert "We have not recorded" not in text
    placed = PlacementFactory(project=ProjectFactory(status="completed", no_outputs_reason="It was too early."))
    assert "It was too early." in page_of(client, placed.project)
    assert "The work was merged" not in page_of(client, ProjectFactory(no_outputs_reason="The work was merged."))


def test_an_intern_is_named_only_by_consent(client):
    project = ProjectFactory(status="completed")
    PlacementFactory(project=project, intern="Ada Example", intern_consent_on="2026-01-01")
    assert "Ada Example" in page_of(client, project)


def test_a_project_without_a_brief_says_so(client):
    project = ProjectFactory(need="", desired_skills="", summary="")
    assert "The brief of this project is not written yet." in page_of(client, project)


def test_terms_lead_to_the_list_of_those_that_share_them(client):
    project = ProjectFactory()
    links = Page(page_of(client, project)).links
    for term in (project.area, project.techniques.get(), project.modalities.get()):
        assert term.get_absolute_url() in links
        assert project.title in client.get(term.get_absolute_url()).text


# At home


def home(client):
    return re.sub(r"[ \n]+", " ", client.get("/").text)


def test_home_says_how_many_one_can_apply_for_and_until_when(client):
    ProjectFactory.create_batch(2, round=a_round(-5, 9))
    ProjectFactory(round=a_round(-5, 30))
    ProjectFactory(status="paused")
    ProjectFactory(round=None)
    assert "3 projects are open for applications, the first until midday on 29\u00a0October 2026" in home(client)


def test_home_names_the_first_end_although_another_round_has_none(client):
    ProjectFactory(round=a_round(-5, None))
    ProjectFactory(round=a_round(-5, 9))
    assert "2 projects are open for applications, the first until midday on 29\u00a0October 2026" in home(client)


def test_home_says_it_of_one(client):
    ProjectFactory(round=a_round(-5, 9))
    assert "1 project is open for applications until midday on 29\u00a0October 2026" in home(client)


def test_home_says_when_the_next_round_opens(client):
    ProjectFactory(round=a_round(5, 9))
    ProjectFactory(round=a_round(-9, -5))
    assert "Applications for projects open at midday on 25\u00a0October 2026" in home(client)


def test_home_says_that_dates_will_follow(client):
    ProjectFactory(round=None)
    assert "1 project is open. We will announce when you can apply" in home(client)


def test_home_says_that_nothing_is_open(client):
    ProjectFactory(status="completed")
    assert "No projects are open for applications now" in home(client)


def test_home_leads_to_the_open_projects_of_each_area_and_type_of_data(client):
    project = ProjectFactory(round=a_round(-5, 9))
    ProjectFactory(status="paused", area=AreaFactory(name="Nothing open"))
    page = Page(client.get("/").text)
    assert f"/projects/?status=open&area={project.area.slug}" in page.links
    assert f"/projects/?status=open&modality={project.modalities.get().slug}" in page.links
    assert "Nothing open" not in client.get("/").text


def test_an_empty_portal_has_a_home(client):
    assert "Projects by area" not in home(client)
