"""The legend: every term of the three vocabularies, what it means, and how many projects have it."""

import pytest

from projects.models import Area, Status
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db

ADDRESS = "/projects/terms/"


def terms(client):
    """The words of every term, by its fragment, in the order of the page."""
    page = Page(client.get(ADDRESS).text)
    return {
        attributes["id"]: " ".join("".join(words).split())
        for (tag, attributes), words in zip(page.tags, page.texts, strict=True)
        if tag == "div" and attributes.get("class") == "app-legend__term"
    }


def test_a_term_says_what_it_means_and_what_else_it_is_called(client):
    aliases = [
        "NER",
        "N.E.R.",
        "named-entity recognition",
        "NamedEntityRecognition",
        "Named entity recogniton",
        "EntityExtraction",
        "Entity extraction",
        "Entity extractions",
    ]
    term = make.TechniqueFactory(name="Named entity recognition", definition="Finding names in text.", aliases=aliases)
    make.ProjectFactory(techniques=[term])
    assert terms(client)["technique-named-entity-recognition"] == (
        "Named entity recognition Finding names in text. Also called: NER, Entity extraction 1 project, 1 open"
    )


def test_what_is_spelt_otherwise_only_is_no_other_name(client):
    make.AreaFactory(name="Multi-modal", definition="", aliases=["MultiModal", "multi modal"])
    assert terms(client) == {"area-multi-modal": "Multi-modal No projects yet"}


def test_each_vocabulary_runs_from_a_to_z_whatever_the_case(client):
    for name in ("beta", "Alpha", "alphabet", "Gamma", "delta"):
        make.AreaFactory(name=name)
    assert list(terms(client)) == ["area-alpha", "area-alphabet", "area-beta", "area-delta", "area-gamma"]


def test_it_counts_what_readers_can_see_and_how_much_of_it_is_open(client):
    area, technique = make.AreaFactory(name="NLP"), make.TechniqueFactory(name="LDA")
    other = make.TechniqueFactory(name="VAE")
    for status in Status:
        make.ProjectFactory(area=area, techniques=[technique, other], modalities=[], status=status)
    make.ProjectFactory(area=area, techniques=[other], modalities=[], status=Status.OPEN)
    found = terms(client)
    assert found["area-nlp"].endswith(" 6 projects, 2 open")
    assert found["technique-lda"].endswith(" 5 projects, 1 open")
    assert found["technique-vae"].endswith(" 6 projects, 2 open")


def test_a_count_says_open_only_where_something_is(client):
    area = make.AreaFactory(name="NLP")
    make.ProjectFactory(area=area, status=Status.PAUSED)
    assert terms(client)["area-nlp"].endswith(" 1 project")


def test_a_term_leads_to_as_many_projects_as_it_says(client):
    for number in (1, 3):
        make.ProjectFactory.create_batch(number, area=make.AreaFactory(), techniques=[], modalities=[])
    page = Page(client.get(ADDRESS).text)
    for term in Area.objects.all():
        assert term.get_absolute_url() in page.links
        found = client.get("/projects.json", dict([term.get_absolute_url().partition("?")[2].split("=")])).json()
        assert terms(client)[f"area-{term.slug}"].endswith(f"{found['count']} open")


def test_a_term_without_projects_is_named_but_leads_nowhere(client):
    term = make.ModalityFactory(name="Sound")
    make.ProjectFactory(modalities=[term], status="draft")
    assert terms(client)["modality-sound"] == "Sound What Sound is. No projects yet"
    assert term.get_absolute_url() not in Page(client.get(ADDRESS).text).links


def test_the_contents_lead_to_each_vocabulary_and_back(client):
    make.ProjectFactory()
    page = Page(client.get(ADDRESS).text)
    for fragment in ("areas", "techniques", "types-of-data"):
        assert page.all("h2", id=fragment)
        assert page.links.count(f"#{fragment}") == 1
    assert page.links.count("#contents") == 3


def test_a_portal_without_terms_says_so(client):
    response = client.get(ADDRESS)
    assert "There are no areas yet." in response.text
    assert "There are no types of data yet." in response.text
    assert not terms(client)


def test_search_engines_are_invited(client):
    response = client.get(ADDRESS)
    assert "noindex" not in Page(response.text).robots
    assert "X-Robots-Tag" not in response
