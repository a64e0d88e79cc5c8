"""The feed: valid Atom (RFC 4287) of exactly the filter, with names that last."""

import datetime as dt
import re
from xml.etree import ElementTree

import pytest
import time_machine
from django.conf import settings
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from portal import feeds
from projects import feed as projects_feed
from projects.finder import Finder
from projects.models import Project, Status
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[\w;/?:@&=+$.!~*'()%,-]+")  # RFC 4151
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")  # RFC 3339


def one(element, path):
    (found,) = element.findall("/".join(ATOM + name for name in path.split("/")))
    return found


def link(element, rel):
    (found,) = [each for each in element.findall(f"{ATOM}link") if each.get("rel") == rel]
    return found.get("href")


def parse(content):
    """The feed, after a look at all that a validator looks at."""
    feed = ElementTree.fromstring(content)  # noqa: S314 - our own
    assert feed.tag == f"{ATOM}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    entries = feed.findall(f"{ATOM}entry")
    assert one(feed, "author/name").text
    for element in [feed, *entries]:
        assert one(element, "title").text is not None
        assert TAG.fullmatch(one(element, "id").text), one(element, "id").text
        assert MOMENT.fullmatch(one(element, "updated").text)
        assert link(element, "alternate")
    for each in feed.iter():
        for address in (each.get("href"), each.get("scheme"), each.text if each.tag == f"{ATOM}uri" else None):
            assert address is None or re.match(r"https?://[^/\s]+/\S*$", address), address
    for entry in entries:
        assert MOMENT.fullmatch(one(entry, "published").text)
        assert one(entry, "summary").get("type") == "text"
        assert one(entry, "published").text <= one(entry, "updated").text
        for category in entry.findall(f"{ATOM}category"):
            assert category.get("term")
            assert category.get("label")
    ids = [one(element, "id").text for element in [feed, *entries]]
    assert len(set(ids)) == len(ids)
    if entries:
        assert one(feed, "updated").text == max(one(entry, "updated").text for entry in entries)
    return feed


def read(client, query=""):
    response = client.get(f"/projects/feed/{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return parse(response.content)


def titles(feed):
    return [one(entry, "title").text for entry in feed.findall(f"{ATOM}entry")]


def entry(client, title):
    (found,) = [each for each in read(client).findall(f"{ATOM}entry") if one(each, "title").text == title]
    return found


@pytest.fixture
def shelf():
    nlp, area = make.AreaFactory(name="NLP"), make.AreaFactory(name="Maps & paths", slug="maps")
    shared = {"round": make.ApplicationRoundFactory()}
    make.ProjectFactory(title="First", area=nlp, **shared)
    make.ProjectFactory(title="Second", area=area, status="paused", **shared)
    make.ProjectFactory(title="Third", area=nlp, **shared)
    make.ProjectFactory(title="Hidden", area=nlp, status="draft", **shared)


@pytest.mark.parametrize(
    "query",
    ["", "?status=open", "?status=paused", "?area=nlp", "?area=nlp&status=paused", "?q=third", "?status=draft&page=7"],
)
def test_it_holds_exactly_the_filter(client, shelf, query):
    found = Finder(QueryDict(query[1:])).in_order(0, 100)
    assert sorted(titles(read(client, query))) == sorted(project.title for project in found)
    assert ("Hidden" in titles(read(client, query))) is False


def test_it_is_titled_by_its_filters(client, shelf):
    assert one(read(client), "title").text == "Internship projects"
    title = one(read(client, "?area=maps&q=%3Cb%3E"), "title").text
    assert "Maps & paths" in title
    assert "<b>" in title


def test_its_addresses_are_absolute_and_in_their_one_form(client, shelf):
    for query in ("?status=open&area=nlp", "?page=3&area=nlp&utm_source=x&status=draft&status=open&area=nlp"):
        feed = read(client, query)
        canonical = Finder(QueryDict("area=nlp&status=open")).query()
        assert link(feed, "self") == f"{settings.PORTAL_URL}/projects/feed/?{canonical}"
        assert link(feed, "alternate") == f"{settings.PORTAL_URL}/projects/?{canonical}"
    assert link(read(client), "self") == f"{settings.PORTAL_URL}/projects/feed/"


def test_the_newest_change_comes_first(client, shelf):
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1), tick=False):
        Project.objects.get(title="First").save()
        feed = read(client)
        assert titles(feed) == ["First", "Third", "Second"]
        times = [one(each, "updated").text for each in feed.findall(f"{ATOM}entry")]
        assert times == sorted(times, reverse=True)


def test_it_stops_at_its_limit(client, shelf, monkeypatch):
    assert projects_feed.LIMIT == 100
    monkeypatch.setattr(projects_feed, "LIMIT", 2)
    assert titles(read(client)) == ["Third", "Second"]


def test_a_project_keeps_its_name_when_its_address_changes(client, shelf):
    before = entry(client, "First")
    Project.objects.filter(title="First").update(slug="elsewhere")
    after = entry(client, "First")
    assert link(after, "alternate") != link(before, "alternate")
    assert link(after, "alternate") == f"{settings.PORTAL_URL}/projects/elsewhere/"
    assert one(after, "id").text == one(before, "id").text


def test_each_filter_is_a_feed_of_its_own(client, shelf):
    ids = [one(read(client, query), "id").text for query in ("", "?status=open", "?area=nlp", "?status=open&area=nlp")]
    assert len(set(ids)) == 4


def test_an_entry_says_what_its_project_is_about(client):
    area, technique, modality = make.AreaFactory(name="NLP"), make.TechniqueFactory(), make.ModalityFactory()
    make.ProjectFactory(title="First", area=area, techniques=[technique], modalities=[modality])
    found = entry(client, "First").findall(f"{ATOM}category")
    legend = f"{settings.PORTAL_URL}/projects/terms/"
    assert [(each.get("scheme"), each.get("term"), each.get("label")) for each in found] == [
        (f"{legend}#areas", "nlp", "NLP"),
        (f"{legend}#techniques", technique.slug, technique.name),
        (f"{legend}#types-of-data", modality.slug, modality.name),
    ]


# What it says, and when


@pytest.mark.parametrize("status", [status for status in Status if status.is_public])
def test_a_summary_says_the_status(client, status):
    project = make.ProjectFactory(title="First", status=status, summary="What letters say.")
    said = one(entry(client, "First"), "summary").text
    sentence = f"{project.applications_sentence()}. " if status == Status.OPEN else ""
    assert said == f"{status.label}. {sentence}What letters say."


@pytest.mark.parametrize(
    ("moment", "said", "changed"),
    [
        (NOW - dt.timedelta(seconds=1), "Applications open at midday on 20\xa0November 2026", None),
        (NOW, "Applications are open until midday on 20\xa0December 2026", NOW),
        (NOW + dt.timedelta(days=30, seconds=-1), "Applications close today at midday", NOW),
        (NOW + dt.timedelta(days=30), "Applications closed at midday", NOW + dt.timedelta(days=30)),
    ],
)
def test_a_boundary_changes_an_entry_at_its_second(client, moment, said, changed):
    with time_machine.travel(NOW - dt.timedelta(days=10), tick=False):
        window = make.ApplicationRoundFactory(opens_at=NOW, closes_at=NOW + dt.timedelta(days=30))
        project = make.ProjectFactory(title="First", round=window)
    with time_machine.travel(moment, tick=False):
        found = entry(client, "First")
    assert said in one(found, "summary").text
    assert dt.datetime.fromisoformat(one(found, "updated").text) == (changed or project.updated_at)


def test_an_empty_feed_is_dated_by_the_last_change_of_any_project(client):
    with time_machine.travel(NOW, tick=False):
        make.ProjectFactory(round=None, status="paused")
    for days in (1, 2):
        with time_machine.travel(NOW + dt.timedelta(days=days), tick=False):
            feed = read(client, "?status=completed")
            assert titles(feed) == []
            assert dt.datetime.fromisoformat(one(feed, "updated").text) == NOW


def test_the_feed_of_an_empty_portal_stands_still(client):
    make.ProjectFactory(status="draft")
    feed = read(client)
    assert titles(feed) == []
    assert dt.datetime.fromisoformat(one(feed, "updated").text) == feeds.BEGINNING
    assert client.get("/projects/feed/").content == client.get("/projects/feed/").content


# What XML forbids


def test_no_forbidden_character_comes_in_from_a_title_or_the_query(client):
    make.ProjectFactory(
        title="Bells\x07 and\ufffe whistles\x1b", summary="Loud\x0b.", area=make.AreaFactory(name="N\x01", slug="n")
    )
    assert titles(read(client)) == ["Bells and whistles"]
    assert one(read(client, "?q=bells%0B%07%EF%BF%BE%00"), "title").text.startswith("Internship projects: “bells")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_a_feed_that_can_be_read(title, words, label):
    project = Project(pk=1, slug="first", title=words, published_at=NOW)
    category = feeds.Category("https://portal.example/", "term", label or "label")
    response = feeds.respond(
        title=title,
        name="made-up",
        feed_path="/feed/",
        page_path="/",
        query="",
        entries=[feeds.Entry(project, NOW, words, (category,))],
    )
    feed = ElementTree.fromstring(response.content)  # noqa: S314 - our own
    assert (one(feed, "title").text or "").split() == feeds.xml_text(title).split()
    assert (one(feed, "entry/title").text or "").split() == feeds.xml_text(words).split()
    assert (one(feed, "entry/summary").text or "").split() == feeds.xml_text(words).split()


# How it is fetched


def test_it_is_for_programs_of_any_site_and_for_no_search_engine(client, shelf):
    response = client.get("/projects/feed/")
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert client.post("/projects/feed/").status_code == 405


def test_who_has_it_already_is_not_sent_it_again(client, shelf):
    tag = client.get("/projects/feed/")["ETag"]
    again = client.get("/projects/feed/", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    Project.objects.filter(title="First").update(title="Firstly")
    assert client.get("/projects/feed/", headers={"if-none-match": tag}).status_code == 200
