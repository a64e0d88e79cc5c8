"""Notices: for every page or one section, from one moment to another, at the cost of one query."""

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import sections
from portal.models import Notice
from tests import factories as make
from tests.pages import Page
from tests.world import PAGES, World

pytestmark = pytest.mark.django_db

SECTIONS = ["/projects/", "/fellowship/", "/articles/"]


@pytest.fixture
def world():
    found = World()
    Notice.objects.all().delete()
    return found


def shown(client, path):
    return "Quokka" in client.get(path).text


def test_the_sections_are_those_of_the_menu(client, world):
    assert [address for address, _ in sections.choices()] == SECTIONS
    assert set(SECTIONS) <= set(Page(client.get("/").text).links)


@pytest.mark.parametrize("section", ["", *SECTIONS])
def test_a_notice_stands_on_every_page_of_its_section_and_on_no_other(client, world, section):
    make.NoticeFactory(body="**Quokka** is moving.", section=section)
    for paths in [*PAGES.values(), lambda world: ["/no-such-page/", "/projects/no-such/", "/fellowship/fellows/no/"]]:
        for path in paths(world):
            assert shown(client, path) is path.startswith(section), path


def test_it_comes_and_goes_by_itself(client):
    now = timezone.now()
    make.NoticeFactory(body="Quokka", starts_at=now + dt.timedelta(hours=1), ends_at=now + dt.timedelta(hours=2))
    seen = []
    for minutes in (0, 59, 61, 119, 121):
        with time_machine.travel(now + dt.timedelta(minutes=minutes)):
            seen.append(shown(client, "/search/"))
    assert seen == [False, False, True, True, False]


def test_several_share_one_region_and_markdown_is_cleaned(client):
    make.NoticeFactory(body="First <script>alert(1)</script>")
    make.NoticeFactory(body="Second [link](https://example.org/)", section="/projects/")
    page = Page(client.get("/projects/").text)
    assert len(page.all("section", **{"aria-label": "Notices"})) == 1
    assert "https://example.org/" in page.links
    assert not page.all("script")
    assert len(Page(client.get("/articles/").text).all("section", **{"aria-label": "Notice"})) == 1


def test_it_costs_one_query_and_asks_for_no_session(client, world):
    make.NoticeFactory.create_batch(3)
    for path in ("/cookies/", "/contact/ask/", "/projects/propose/"):
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        asked = [query["sql"] for query in captured]
        assert len([sql for sql in asked if Notice._meta.db_table in sql]) == 1, path
        assert not [sql for sql in asked if Session._meta.db_table in sql]


def test_the_admin_says_where_it_shows_and_until_when(admin_client):
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        now = timezone.now()
        day = dt.timedelta(days=1)
        made = {
            "Everywhere now, until you end it": make.NoticeFactory(),
            "In Internships from midday on 21 November 2026, until midday on 22 November 2026": make.NoticeFactory(
                section="/projects/", starts_at=now + day, ends_at=now + 2 * day
            ),
            "Nowhere any longer: it ended at 11am on 20 November 2026": make.NoticeFactory(
                ends_at=now - dt.timedelta(hours=1)
            ),
        }
        listed = Page(admin_client.get(reverse("admin:portal_notice_changelist")).text).text("td")
        for words, notice in made.items():
            assert notice.state_in_words.replace("\u00a0", " ") == words
            assert words in " | ".join(listed).replace("\u00a0", " ")


def test_a_section_that_is_none_is_refused(admin_client):
    address = reverse("admin:portal_notice_add")
    fields = Page(admin_client.get(address).text).fields
    response = admin_client.post(address, {**fields, "title": "x", "body": "x", "section": "/admin/"})
    assert response.status_code == 200
    assert not Notice.objects.exists()
