"""The sitemap: what search engines are invited to, when it last changed, and parts where it grows too long for one."""

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import sitemap
from portal.date_changes import dates_of, record
from portal.publishing import Publishable
from projects.models import Project
from tests import factories as make
from tests.world import World

pytestmark = pytest.mark.django_db

XMLNS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NOW = dt.datetime(2026, 10, 20, 11, tzinfo=dt.UTC)
LISTS = {"/", "/projects/", "/projects/terms/", "/fellowship/", "/articles/"}


@pytest.fixture(autouse=True)
def now(settings):
    settings.PORTAL_URL = "https://portal.example"
    with time_machine.travel(NOW, tick=False):
        yield


def ago(days):
    return NOW - dt.timedelta(days=days)


def touched(item, days):
    """The item as if it had last been saved so many days ago."""
    type(item)._default_manager.filter(pk=item.pk).update(updated_at=ago(days))
    return item


def read(client, query=""):
    """The addresses of a sitemap, without the host, and when each changed; in order, none of them twice."""
    response = client.get(f"/sitemap.xml{query}")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/xml")
    root = ET.fromstring(response.content)  # noqa: S314 - our own
    assert root.tag in {f"{XMLNS}urlset", f"{XMLNS}sitemapindex"}
    found = {}
    for entry in root:
        address = entry.findtext(f"{XMLNS}loc")
        path = address.removeprefix("https://portal.example")
        assert path.startswith("/")
        assert path not in found
        lastmod = entry.findtext(f"{XMLNS}lastmod")
        found[path] = lastmod and dt.datetime.fromisoformat(lastmod)
        assert found[path] is None or found[path].tzinfo
    return found


def test_it_lists_what_search_engines_are_invited_to_and_nothing_else(client):
    World(2)
    superseded = make.ProjectFactory()
    make.ProjectFactory(supersedes=superseded)
    for made in make.FACTORIES.values():
        if made is not make.ProgrammeFactory:
            made(status="draft")
    make.FellowFactory(consent_on=None)
    items = {item.get_absolute_url() for kind in Publishable.kinds() for item in kind._default_manager.indexable()}
    assert superseded.get_absolute_url() not in items
    assert set(read(client)) == items | LISTS


@pytest.mark.parametrize("status", list(Project.Status), ids=str)
def test_a_project_is_on_it_while_open_or_in_progress(client, status):
    project = make.ProjectFactory(status=status)
    assert (project.get_absolute_url() in read(client)) is (status in {"open", "active"})


def test_an_empty_portal_has_one(client):
    assert read(client) == dict.fromkeys(LISTS)


# When a page last changed


def test_a_page_changed_when_it_was_saved(client):
    items = [
        make.ProjectFactory(round=None),
        make.ProjectFactory(status="active"),
        make.ArticleFactory(),
        make.FellowFactory(),
        make.CohortFactory(starts_on=ago(90).date()),
    ]
    for days, item in enumerate(items, start=10):
        touched(item, days)
    found = read(client)
    assert [found[item.get_absolute_url()] for item in items] == [ago(days) for days in range(10, 15)]


@pytest.mark.parametrize(
    ("opens", "closes", "changed"),
    [
        (20, -5, 20),  # it opened after the brief was written
        (20, 3, 3),  # and closed
        (None, 3, 3),
        (20, None, 20),
        (60, -5, 30),  # the brief was changed since
        (-5, -9, 30),  # what lies ahead has changed nothing yet
        (None, None, 30),
        (0, -5, 0),  # at this moment
        (0.0001, 0, 0),
    ],
)
def test_an_open_project_changed_when_its_round_opened_or_closed(client, opens, closes, changed):
    dates = {"opens_at": opens, "closes_at": closes}
    here = make.ApplicationRoundFactory(**{name: None if days is None else ago(days) for name, days in dates.items()})
    project = touched(make.ProjectFactory(round=here), 30)
    assert read(client)[project.get_absolute_url()] == ago(changed)
    assert read(client)["/projects/"] == read(client)["/"] == read(client)["/projects/terms/"] == ago(changed)
    Project.objects.update(status="active")
    assert read(client)[project.get_absolute_url()] == read(client)["/projects/"] == ago(30)


def test_an_open_project_changed_when_a_date_of_its_round_moved(client):
    here = make.ApplicationRoundFactory(opens_at=ago(40), closes_at=ago(-5))
    project = touched(make.ProjectFactory(round=here), 30)
    other = touched(make.ProjectFactory(round=None), 30)
    for days in (8, 4):
        with time_machine.travel(ago(days), tick=False):
            before = dates_of(here)
            here.closes_at += dt.timedelta(days=1)
            here.save()
            record(here, before=before, by=None)
    found = read(client)
    assert found[project.get_absolute_url()] == found["/projects/"] == ago(4)
    assert found[other.get_absolute_url()] == ago(30)
    assert Project.objects.get(pk=project.pk).modified_at(NOW) == ago(4), "also of one that no list brought"


@pytest.mark.parametrize(
    ("starts", "ends", "day"), [(40, -300, 40), (400, 36, 35), (-40, -400, 50), (0, -300, 0)], ids=str
)
def test_a_cohort_changed_when_it_came_to_another_phase(client, starts, ends, day):
    cohort = make.CohortFactory(
        starts_on=ago(starts).date(), ends_on=ago(ends).date(), opens_at=ago(500), closes_at=ago(50)
    )
    touched(cohort, 60)
    expected = ago(50) if day == 50 else timezone.localtime(ago(day)).replace(hour=0, minute=0)
    assert read(client)[cohort.get_absolute_url()] == expected
    assert read(client)["/fellowship/"] == expected


def test_a_list_is_as_new_as_the_newest_thing_on_it(client):
    touched(make.ProjectFactory(round=None), 30)
    touched(make.ProjectFactory(status="completed"), 20)  # not on the map, but on the list
    touched(make.ProjectFactory(status="draft"), 1)
    touched(make.ArticleFactory(), 25)
    touched(make.ArticleFactory(status="draft"), 1)
    found = read(client)
    assert found["/projects/"] == found["/"] == ago(20)
    assert found["/articles/"] == ago(25)
    assert found["/fellowship/"] is None


def test_every_kind_says_when_it_changed_alike_for_one_and_for_many():
    World(3)
    for kind in Publishable.kinds():
        items = kind._default_manager.public()
        assert items.modified_at(NOW) == max(item.modified_at(NOW) for item in items)
        assert kind._default_manager.none().modified_at(NOW) is None


# Growing


@pytest.fixture
def many(monkeypatch):
    """More than fit into one: five projects, three articles, a cohort and its fellow."""
    monkeypatch.setattr(sitemap, "PER_PART", 2)
    make.ProjectFactory.create_batch(5)
    make.ArticleFactory.create_batch(3)
    make.FellowFactory()
    make.ProgrammeFactory()


def test_one_that_is_too_long_comes_in_parts_that_hold_everything_once(client, many, monkeypatch):
    index = read(client)
    assert len(index) == 1 + 3 + 2 + 1 + 1 + 1
    assert set(index) == {f"/sitemap.xml?part={number}" for number in range(1, len(index) + 1)}
    parts = [read(client, part.removeprefix("/sitemap.xml")) for part in index]
    assert max(len(part) for part in parts[1:]) == 2
    assert list(parts[0]) == [*read(client, "?part=1")]
    together = [entry for part in parts for entry in part.items()]
    monkeypatch.setattr(sitemap, "PER_PART", 1_000)
    whole = read(client)
    assert len(together) == len(whole)
    assert dict(together) == whole


def test_one_that_just_fits_is_whole(client, monkeypatch):
    make.ArticleFactory.create_batch(3)
    for size, whole in [(3, True), (2, False)]:
        monkeypatch.setattr(sitemap, "PER_PART", size)
        assert ("/articles/" in read(client)) is whole


@pytest.mark.parametrize("part", ["0", "10", "-1", "", "x", "1.0", "²", "١", "9" * 5_000, "1%00", "%ff"])
def test_a_part_that_there_is_none_of_is_not_found(client, many, part):
    assert client.get(f"/sitemap.xml?part={part}").status_code == 404


def test_it_costs_little_however_much_there_is_and_reads_no_texts(client, monkeypatch):
    World(20)
    for size, query in [(1_000, ""), (10, ""), (10, "?part=1"), (10, "?part=2")]:
        monkeypatch.setattr(sitemap, "PER_PART", size)
        with CaptureQueriesContext(connection) as captured:
            assert len(read(client, query)) > 4
        asked = [query["sql"] for query in captured]
        assert len(asked) == len(set(asked)) <= 10
        assert not [sql for sql in asked if re.search('"(need|datasets|source_text|body|how_to_apply|about)"', sql)]
