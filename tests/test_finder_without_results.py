"""A list without results leads on: to fewer filters, to what is open, to everything, to us."""

import random

import pytest
from django.conf import settings

from tests.factories import AreaFactory, ProjectFactory, TechniqueFactory
from tests.finding import fill_shelf, find, made_up
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    fill_shelf()


def ways(client, query):
    """Where the page leads from no results: addresses by their words."""
    page = Page(client.get(f"/projects/?{query}").text)
    assert "No projects match these filters" in page.text("h3")
    links = [words for (tag, _), words in zip(page.tags, page.texts, strict=True) if tag == "a"]
    return dict(zip([" ".join("".join(words).split()) for words in links], page.links, strict=True))


def test_nothing_found_offers_the_narrowest_filter_with_what_dropping_it_gives(client, shelf):
    found = ways(client, "area=synthetic&technique=ner&status=paused")
    assert found["remove NER and see 1 project"] == "/projects/?status=paused&area=synthetic"
    assert find("status=paused&area=synthetic").count == 1
    assert found["see all 2 open projects"] == "/projects/?status=open"
    assert found["see all 3 projects, open and closed"] == "/projects/"
    assert f"mailto:{settings.PORTAL_EMAIL}" in found.values()


def test_dropping_the_filter_that_gives_most_is_offered(client, shelf):
    # Without the area two, without the technique one.
    found = ways(client, "area=unused&technique=vae&modality=tabular")
    assert found["remove Unused and see 2 projects"] == "/projects/?modality=tabular&technique=vae"


def test_several_values_of_a_facet_are_dropped_together(client, shelf):
    found = ways(client, "status=completed&status=archived&area=nlp")
    assert found["remove Completed or Archived and see 2 projects"] == "/projects/?area=nlp"


def test_a_keyword_is_a_filter_that_can_be_dropped_or_kept(client, shelf):
    assert ways(client, "q=badgers&area=nlp")["remove “badgers” and see 2 projects"] == "/projects/?area=nlp"
    assert ways(client, "q=letters&area=synthetic")["remove “letters” and see 1 project"] == "/projects/?area=synthetic"


def test_where_dropping_one_is_not_enough_the_best_one_to_keep_is_offered(client, shelf):
    found = ways(client, "area=unused&status=archived&technique=ner")
    assert found["keep only NER and see 2 projects"] == "/projects/?technique=ner"
    assert not [words for words in ways(client, "status=archived&area=unused") if words.startswith(("remove", "keep"))]


def test_the_open_projects_are_offered_once(client, shelf):
    TechniqueFactory(name="Nothing yet")
    for query in ("area=unused&status=open&technique=nothing-yet", "area=unused&status=open"):
        found = ways(client, query)
        assert found["see all 2 open projects"] == "/projects/?status=open"
        assert not [words for words in found if words.startswith(("remove", "keep"))]
    # Of the closed projects on tables, there is one: more is left without the area, but those have their line.
    assert ways(client, "area=synthetic&status=open")["remove Open and see 1 project"] == "/projects/?area=synthetic"


def test_nothing_open_is_not_offered_as_open(client):
    ProjectFactory(status="archived", area=AreaFactory(name="NLP"))
    found = ways(client, "area=nlp&status=open")
    assert not [words for words in found if "open project" in words]
    assert found["see 1 project, open and closed"] == "/projects/"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_way_out_gives_what_it_says(seed):
    made_up(seed)
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    everything = find()
    seen = 0
    for _ in range(60):
        boxes = [f"{facet.name}={option.value}" for facet in everything.facets for option in facet.options]
        query = "&".join(chance.sample(boxes, 4))
        finder = find(query)
        if finder.count:
            continue
        assert finder.totals["total"] == everything.count
        assert finder.totals["open"] == find("status=open").count
        if way := finder.way_out:
            seen += 1
            assert find(way.query).count == way.count > 0
            assert len(way.query) < len(finder.query())
    assert seen > 5
