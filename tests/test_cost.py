"""What a page asks of the database: never much, never twice the same, and no more for a longer list."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal import generation
from portal.kept import forget_all
from portal.search import MAX_HITS
from projects import catalogue
from projects.selection import InDatabase, InMemory
from tests.finding import counts, fill_shelf, find, made_up
from tests.world import FOR_MACHINES, PAGES, World

FEW, MANY = 1, 30
LIMIT = 20  # a page that asks more often has lost its way
FIRST = 8  # of a page that nobody has asked for yet in this process


def asked(client, path):
    """The queries that a page asks, each with its values."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
        assert response.status_code == 200, path
        response.getvalue()  # what is sent piece by piece asks while it is sent
    return [query["sql"] for query in captured.captured_queries]


def costs(client, rows):
    """The number of queries of every public page in a world of so many rows. The world is taken back."""
    found = {}
    with transaction.atomic():
        world = World(rows)
        for route, paths in {**PAGES, **FOR_MACHINES}.items():
            for number, path in enumerate(paths(world)):
                client.get(path)  # what is read once for all pages
                found[route or "home", number] = len(asked(client, path))
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_thirty_rows_cost_what_one_does(client):
    few, many = costs(client, FEW), costs(client, MANY)
    assert {page: (few[page], many[page]) for page in few if many[page] > few[page]} == {}
    assert {page: count for page, count in many.items() if count > LIMIT} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accessibility/", "/cookies/", "/privacy/"])
def test_a_page_that_lists_nothing_asks_for_its_text_for_notices_and_for_when_they_change(client, path):
    assert len(asked(client, path)) == 3
    assert len(asked(client, path)) == 1


# What is kept


@pytest.mark.django_db(transaction=True)
def test_the_first_to_ask_costs_eight_queries_and_none_twice_and_the_next_filter_none(client):
    """Committed, so that things are kept as they are for readers."""
    world = World(2)
    dear, twice = {}, {}
    for path in [path for paths in PAGES.values() for path in paths(world)]:
        client.get(path)
        forget_all()
        queries = asked(client, path)
        if len(queries) > FIRST:
            dear[path] = queries
        if len(set(queries)) < len(queries):
            twice[path] = queries
    assert dear == {}
    assert twice == {}
    client.get("/projects/")
    assert asked(client, f"/projects/?status=open&area={world.areas[0].slug}") == []
    assert len(asked(client, "/search/?q=quokka")) <= FIRST
    assert len(asked(client, "/search/?q=quokka")) == 1
    generation.touch()
    assert asked(client, "/projects/") != []


# A list in memory, and one too long for it


LOOKS = ["", "status=open", "status=open&status=paused", "q=letters", "q=letters&status=paused", "q=nothing-has-it"]


def look(query, kind, monkeypatch):
    """All that the finder tells of a query, counted in one of the two ways."""
    with monkeypatch.context() as patch:
        if kind is InDatabase:
            patch.setattr("projects.selection.catalogue", lambda: None)
        finder = find(query)
        assert type(finder._selection) is kind
        names = ("status", "area", "modality", "technique")
        totals = {name: number for name, number in finder.totals.items() if number}
        boxes = {name: counts(finder, name) for name in names}
        return finder.count, boxes, [item.pk for item in finder.in_order(0, 100)], totals


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_memory_and_database_count_the_same(monkeypatch, seed):
    """Of every single term, of pairs of them, and of a page of the list: two ways, and one answer."""
    shelf = made_up(seed)
    fill_shelf()
    terms = sorted({f"{name}={value}" for made in shelf for name, values in made["has"].items() for value in values})
    pairs = [f"{one}&{other}" for one, other in zip(terms, terms[3:], strict=False)]
    for query in [*LOOKS, *terms, *pairs, *(f"q=letters&{term}" for term in terms[:3])]:
        assert look(query, InMemory, monkeypatch) == look(query, InDatabase, monkeypatch), query


@pytest.mark.django_db
@pytest.mark.parametrize(("most", "is_in_memory"), [(3, True), (2, False)])
def test_a_list_is_in_memory_up_to_the_longest_that_a_keyword_may_find(monkeypatch, most, is_in_memory):
    fill_shelf()  # three of its projects are public
    assert MAX_HITS >= 1_000
    monkeypatch.setattr("portal.search.MAX_HITS", most)
    assert (catalogue.catalogue() is not None) is is_in_memory


@pytest.mark.django_db
@pytest.mark.parametrize("is_in_memory", [True, False])
def test_the_areas_that_accept_applications_are_counted_either_way(monkeypatch, is_in_memory):
    fill_shelf()
    if not is_in_memory:
        monkeypatch.setattr("portal.search.MAX_HITS", 1)
    nlp = find().vocabularies.keys("area", ["nlp"])[0]
    assert {key: number for key, number in catalogue.accepting_by_area().items() if number} == {nlp: 2}
