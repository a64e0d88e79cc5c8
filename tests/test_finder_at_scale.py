"""A finder of many projects: bounded hits, parts of the list one by one, and a fixed number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import search
from projects.models import Area, Project
from tests.factories import ApplicationRoundFactory, AreaFactory, ProjectFactory, TechniqueFactory
from tests.finding import fill_shelf, find, made_up, titles
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    fill_shelf()


# A keyword that too many projects hold


@pytest.fixture
def crowd(monkeypatch):
    """Eight projects about badgers, where no more than four hits are looked at."""
    monkeypatch.setattr(search, "MAX_HITS", 4)
    area, other = AreaFactory(name="NLP"), AreaFactory(name="Graphs")
    shared = {"techniques": [], "modalities": [], "partner": None}
    open_round = ApplicationRoundFactory()
    for number in range(2):
        ProjectFactory(title=f"{number} oldest badgers, open", area=area, round=open_round, **shared)
    for number in range(2, 6):
        ProjectFactory(title=f"{number} badgers, archived", area=other, status="archived", **shared)
    ProjectFactory(title="6 badgers, open without dates", area=other, round=None, **shared)
    TechniqueFactory(name="NER")
    ProjectFactory(title="7 badgers, in a draft", area=area, status="draft", **shared)


def test_of_too_many_hits_the_newest_are_shown_and_what_accepts_applications_is_never_missing(client, crowd):
    finder = find("q=badgers")
    assert finder.is_capped
    assert finder.is_more
    assert finder.count == 4
    assert {title[0] for title in titles("q=badgers")[:2]} == {"0", "1"}
    assert {title[0] for title in titles("q=badgers")[2:]} <= {"2", "3", "4", "5", "6"}
    page = Page(client.get("/projects/?q=badgers").text)
    assert "More than 4 projects" in page.text("h2")
    assert "More than 4 projects" in page.title


def test_too_many_hits_are_not_counted_by_facet(client, crowd):
    assert {option.count for facet in find("q=badgers").facets for option in facet.options} == {None}
    assert "app-facet__n" not in client.get("/projects/?q=badgers").text
    assert "app-facet__n" in client.get("/projects/?q=oldest").text


def test_a_filter_looks_at_all_that_hold_the_keyword(crowd):
    assert [title[0] for title in sorted(titles("q=badgers&area=nlp"))] == ["0", "1"]
    archived = find("q=badgers&status=archived")
    assert (archived.count, archived.is_more) == (4, True)
    exact = find("q=badgers&status=open&area=graphs")
    assert (exact.count, exact.is_more) == (1, False)
    nothing = find("q=badgers&status=open&area=unused&area=graphs&technique=ner")
    assert nothing.count == 0
    assert nothing.totals == {"total": 7, "open": 3, "without_q": 0}
    assert nothing.way_out is None
    assert find("q=badgers&status=paused").totals["without_q"] == 0


# Parts of the list, and what a look costs


LOOKS = [
    "",
    "page=2",
    "area=nlp&area=synthetic&technique=ner&technique=vae&modality=text&status=open",
    "q=both",
    "q=letters&area=nlp&technique=ner",
    "q=badgers",
    "q=badgers&status=open&technique=ner",
    "area=unused&technique=ner&modality=text&status=open",
]


@pytest.mark.parametrize("query", LOOKS)
def test_a_look_asks_the_database_no_more_than_ten_times_and_never_twice_the_same(client, shelf, query):
    ProjectFactory.create_batch(60, area=Area.objects.first(), techniques=[], status="active")
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/projects/?{query}").status_code == 200
    asked = [query["sql"] for query in captured.captured_queries]
    assert len(asked) <= 10, asked
    assert len(set(asked)) == len(asked)


def test_too_many_hits_cost_no_more(client, crowd):
    for query in ("q=badgers", "q=badgers&area=nlp&status=open", "q=badgers&status=paused"):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/projects/?{query}")
        assert len(captured) <= 10


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("query", ["", "status=open", "q=waiting"])
def test_any_part_of_the_list_is_that_part_of_the_whole(seed, query):
    """The parts of the list are asked for one by one; together they are the list, and each place is where it was."""
    made_up(seed)
    finder = find(query)
    whole = finder.in_order(0, finder.count)
    assert len(whole) == finder.count > 1
    key = {
        project.pk: (not project.is_accepting(), project.status != "open", project.title.lower()) for project in whole
    }
    if not query.startswith("q"):
        assert whole == sorted(whole, key=lambda project: key[project.pk])
    for start in range(0, finder.count + 2):
        for length in (0, 1, 3, 50):
            assert find(query).in_order(start, start + length) == whole[start : start + length]


def test_the_newest_are_those_that_changed_last(shelf):
    for title in ("B both", "A letters", "D draft", "C tables"):
        Project.objects.get(title=title).save()
    assert [project.title for project in find().newest(2)] == ["C tables", "A letters"]
    assert [project.title for project in find("area=nlp").newest(9)] == ["A letters", "B both"]
    assert [project.title for project in find("q=tables").newest(9)] == ["C tables"]
