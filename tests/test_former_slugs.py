"""The address of a term may change: whoever comes by a former one finds the same projects."""

import json

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from projects.finder import Finder
from projects.models import Area
from tests.factories import AreaFactory, ProjectFactory
from tests.pages import Page
from tests.vocabularies import EACH, FACTORY, address, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def term():
    """An area that one of two projects has, and that stood at two other addresses."""
    area = AreaFactory(name="Language", slug="language", former_slugs=["nlp", "text"])
    ProjectFactory(title="Letters", area=area)
    ProjectFactory(title="Pictures", area=AreaFactory(name="Images", slug="images"))
    return area


# Readers


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("area=nlp", "area=language"),
        ("area=text", "area=language"),
        ("q=a+%26+b&area=nlp&status=open&page=2&utm=x%C3%A9", "q=a+%26+b&area=language&status=open&page=2&utm=x%C3%A9"),
        ("area=images&area=nlp&area=text&area=language", "area=images&area=language"),
        ("area=nlp&area=nonsense", "area=language&area=nonsense"),
        ("area=language&area=nlp", "area=language"),
    ],
)
def test_a_reader_of_a_former_address_is_sent_to_the_present_one(client, term, asked, found):
    for method in (client.get, client.head):
        response = method(f"/projects/?{asked}")
        assert (response.status_code, response["Location"]) == (301, f"/projects/?{found}")
        assert not response.cookies
        # A term can take an address back; a browser that kept this for ever would go round in circles then.
        assert response["Cache-Control"] == "max-age=600"
    response = client.get(f"/projects/?{asked}", follow=True)
    assert response.status_code == 200
    assert len(response.redirect_chain) == 1


@pytest.mark.parametrize(
    "query", ["", "area=language", "area=unknown", "technique=nlp", "status=nlp", "q=nlp", "area=NLP"]
)
def test_nobody_else_is_sent_anywhere(client, term, query):
    assert client.get(f"/projects/?{query}").status_code == 200


def test_a_present_address_wins_over_a_former_one(client, term):
    """It cannot come to this in the admin; whoever writes past it still sends no reader in circles."""
    Area.objects.filter(slug="images").update(former_slugs=["language"])
    Area.objects.filter(slug="language").update(former_slugs=["language", "images"])
    for slug in ("language", "images"):
        assert client.get(f"/projects/?area={slug}").status_code == 200


def test_a_hostile_number_of_former_addresses_is_cut(client, term):
    query = "&".join(["area=nonsense"] * 200 + ["area=nlp"])
    assert client.get(f"/projects/?{query}").status_code == 200
    many = "&".join(f"area=n{number}" for number in range(99))
    location = client.get(f"/projects/?{many}&area=nlp&{many}")["Location"]
    assert location.count("area=") == 100
    assert location.endswith("area=language")


# Programs are answered at once


def test_programs_are_answered_as_if_they_had_asked_for_the_present_address(client, term):
    for path in ("/projects.json", "/projects.csv", "/projects/feed/"):
        old, new = client.get(f"{path}?area=nlp"), client.get(f"{path}?area=language")
        contents = [b"".join(each) if each.streaming else each.content for each in (old, new)]
        assert old.status_code == 200
        assert contents[0] == contents[1], path
        assert b"Letters" in contents[0]
        assert b"Pictures" not in contents[0]
        assert b"nlp" not in contents[0], "the canonical address has the present slug"
    assert json.loads(client.get("/projects.json?area=nlp").content)["address"].endswith("/projects/?area=language")


def test_a_look_asks_the_database_no_more_often(client, term):
    def cost(query):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/projects/?{query}")
        return len(captured)

    assert cost("area=nlp") == 1
    with_former = cost("area=language")
    Area.objects.update(former_slugs=[])
    assert cost("area=language") == with_former <= 10


@EACH
def test_every_vocabulary_forwards(client, kind):
    FACTORY[kind](slug="new", former_slugs=["old"])
    finder = Finder(QueryDict(f"{kind.facet}=old"))
    assert finder.chosen[kind.facet] == ["new"]
    assert finder.query() == finder.renewed_query == f"{kind.facet}=new"


# Editors


@EACH
def test_a_changed_address_forwards_from_then_on(admin_client, client, kind):
    term = FACTORY[kind](name="NLP", slug="nlp")
    response = save(admin_client, term, slug="language")
    assert (term.slug, term.former_slugs, term.aliases) == ("language", ["nlp"], [])
    assert f"Readers of /projects/?{kind.facet}=nlp are now sent to /projects/?{kind.facet}=language." in response.text
    save(admin_client, term, slug="words")
    assert term.former_slugs == ["nlp", "language"]
    for slug in term.former_slugs:
        response = client.get(f"/projects/?{kind.facet}={slug}")
        assert (response.status_code, response["Location"]) == (301, f"/projects/?{kind.facet}=words")
    page = Page(admin_client.get(address(kind, "change", term.pk)).text)
    assert any(f"?{kind.facet}=nlp" in words for words in page.text("div"))


@EACH
def test_a_term_takes_its_former_address_back(admin_client, client, kind):
    term = FACTORY[kind](slug="b", former_slugs=["a"])
    save(admin_client, term, slug="a")
    assert (term.slug, term.former_slugs) == ("a", ["b"])
    assert client.get(f"/projects/?{kind.facet}=a").status_code == 200
    assert client.get(f"/projects/?{kind.facet}=b")["Location"] == f"/projects/?{kind.facet}=a"


@EACH
def test_no_other_term_takes_a_former_address(admin_client, kind):
    FACTORY[kind](name="Language", slug="language", former_slugs=["nlp"])
    other = FACTORY[kind](name="Neurology", slug="neurology")
    response = save(admin_client, other, slug="nlp")
    assert "“nlp” was the address of “Language”, and still leads there." in response.text
    assert other.slug == "neurology"
    new = {"name": "Notes", "slug": "nlp", "definition": "", "aliases": ""}
    response = admin_client.post(address(kind, "add"), new)
    assert "still leads there" in response.text
    assert not kind.objects.filter(name="Notes").exists()
    another = next(each for each in FACTORY if each is not kind)
    assert FACTORY[another](slug="nlp").full_clean() is None, "each vocabulary has addresses of its own"


def test_a_deleted_term_leaves_its_addresses_free(admin_client):
    AreaFactory(slug="language", former_slugs=["nlp"]).delete()
    other = AreaFactory()
    save(admin_client, other, slug="nlp")
    assert other.slug == "nlp"
