"""The real documents that the portal starts from. They are not part of the project; these tests run where they lie
beside it. The numbers are facts of the documents, counted by hand.
"""

import pytest

from articles.models import Article
from fellowship.models import Programme
from portal.importing import Outcome, import_paths
from portal.models import Organisation
from projects.models import ApplicationRound, Area, Modality, Project, Technique
from tests.pages import Page
from tests.source_folder import SAMPLES, SEEDS
from tests.sources import everything, outcomes, said

SOURCES = [SEEDS, SAMPLES]

pytestmark = [pytest.mark.django_db, pytest.mark.samples]

BRIEFS = {
    "advancing-privfp-foresight": ("open", "Synthetic data"),
    "explaining-classification-using-lime": ("completed", "Explainability"),
    "granular-mapping": ("archived", "Geospatial"),
    "text-generation-knowledge-retreival": ("paused", "Natural language processing"),
}


def load(**options):
    return import_paths([str(path) for path in SOURCES], **options)


@pytest.fixture
def report():
    return load()


def counted(model):
    return {term.name: term.projects.count() for term in model.objects.all()}


def test_every_row_becomes_a_project(report):
    assert report.count(Outcome.REJECTED) == 0
    by_status = {
        status.value: Project.objects.filter(status=status).count() for status in Project.Status if status.is_public
    }
    assert by_status == {"open": 19, "active": 0, "paused": 11, "completed": 5, "archived": 3}
    assert Project.objects.count() == 38


def test_terms_partners_and_the_round(report):
    assert (Area.objects.count(), Technique.objects.count(), Modality.objects.count()) == (9, 29, 4)
    assert counted(Area) == {
        "Natural language processing": 13,
        "Synthetic data": 8,
        "Machine learning": 6,
        "Explainability": 4,
        "Simulation": 3,
        "Privacy enhancing technologies": 1,
        "Graphs": 1,
        "Geospatial": 1,
        "Sustainability": 1,
    }
    assert sorted(counted(Modality).values()) == [2, 8, 10, 18]
    assert sum(counted(Technique).values()) == 38
    assert Organisation.objects.count() == 7
    assert Organisation.objects.filter(projects__status="open").distinct().count() == 7
    found = ApplicationRound.objects.get()
    assert (found.name, found.opens_at, found.closes_at, found.projects.count()) == ("Autumn 2023", None, None, 19)
    for term in [*Area.objects.all(), *Technique.objects.all(), *Modality.objects.all()]:
        assert term.definition.endswith("."), term


@pytest.mark.parametrize("slug", BRIEFS)
def test_the_four_briefs_are_joined_to_their_projects(report, client, slug):
    status, area = BRIEFS[slug]
    project = Project.objects.get(slug=slug)
    assert (project.status, project.area.name) == (status, area)
    text = (SAMPLES / "briefs" / f"{slug}.md").read_text()
    assert text in project.source_text
    assert len(project.sections) == 7
    for section in project.sections:
        assert section.text in text
    response = client.get(project.get_absolute_url())
    page = Page(response.text)
    for section in project.sections:
        assert section.heading in page.text("h2")
    assert "Return to list" not in response.text
    assert 'href=""' not in response.text


def test_the_report_names_what_the_documents_have_wrong_by_line(report):
    lines = "\n".join(said(report))
    for words in [
        ":61: Repaired: “techniques” read as “technique”.",
        ":65: Repaired: “techniques” read as “technique”.",
        ":26: Repaired: stray spaces in the title",
        ":23: Repaired: stray spaces in the title",
        ":71: Dropped: spaces that only set the width of the table.",
        "granular-mapping: the line of keywords is empty.",
        "The link “NHS Language Corpus” leads nowhere",
        "The link “NHS Semantic Search” leads nowhere",
    ]:
        assert words in lines, words
    assert "New technique" not in lines
    assert "New area" not in lines


def test_old_addresses_lead_to_the_new_ones(report, client):
    for old, new in {
        "/projects.html": "/projects/",
        "/advancing-privfp-foresight/": "/projects/advancing-privfp-foresight/",
        "/nhs-semantic-search": "/projects/nhs-semantic-search/",
        "/fellowship.html": "/fellowship/",
        "/local-projects": f"/articles/{Article.objects.get().slug}/",
    }.items():
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, new)
        assert client.get(new).status_code == 200


def test_the_programme_and_the_article_come_with_all_their_words(report, client):
    programme = Programme.objects.get()
    assert programme.testimonials.count() == 2
    assert "{%" not in client.get("/fellowship/").text
    article = Article.objects.get()
    assert article.is_public
    page = client.get(article.get_absolute_url()).text
    assert page.count("<blockquote") == 2
    assert "app-template" in page
    for words in ("_____", "Dear Dr", "Best wishes", "Kind regards"):
        assert words in page, words


def test_every_page_of_it_opens(report, client):
    paths = ["/", "/projects/", "/fellowship/", "/articles/", "/search/?q=language", "/sitemap.xml"]
    paths += [item.get_absolute_url() for item in [*Project.objects.all(), *Article.objects.all()]]
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_the_second_run_changes_nothing(report):
    before = everything()
    again = load()
    assert outcomes(again) == {"unchanged": len(report.outcomes)}
    assert everything() == before


def test_a_dry_run_says_the_same_and_keeps_nothing():
    dry = load(dry_run=True)
    assert not Project.objects.exists()
    real = load()
    assert (dry.outcomes, dry.notes) == (real.outcomes, real.notes)
