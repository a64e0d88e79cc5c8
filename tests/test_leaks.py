"""One item of each kind in each status, and every public address: what is hidden changes no page by one character."""

import datetime as dt

import pytest
import time_machine
from django.db import models
from django.utils import timezone

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme
from portal.markdown import MarkdownField
from portal.publishing import Publishable
from projects.models import Project
from tests import factories as make
from tests.pages import whole
from tests.world import FOR_MACHINES, FOR_STAFF, PAGES, SENT_TO, UPLOADS, World, public_paths, routes

pytestmark = pytest.mark.django_db

NOW = "2026-11-20 12:00+00:00"
MARK = "zebrafinch"  # in every text of the item; the search for another of its words must not find it
TEXT = f"{MARK} quokka"


def words_everywhere(kind):
    """Every text field of a kind, holding the mark."""
    return {
        field.name: TEXT
        for field in kind._meta.get_fields()
        if type(field) in {models.CharField, models.TextField, MarkdownField}
        and not field.choices
        and field.name not in {"status", "source_key"}
    }


def plant_project(world, **values):
    """Related to everything that can lead to a project: its terms, those it replaces, that replace it, a fellow."""
    terms = {**world.terms, "round": world.round, **values}
    item = make.ProjectFactory(**terms, slug=f"{MARK}-project", supersedes=world.closed)
    make.OutputFactory(placement=make.PlacementFactory(project=item, wave=TEXT), title=TEXT)
    Project.objects.filter(pk=world.project.pk).update(supersedes=item)
    Fellow.objects.filter(pk=world.fellow.pk).update(project=item)
    return item


def plant_cohort(world, **values):
    """The next to apply for, beside the cohort that is running, with fellows, dates and questions of its own."""
    item = make.UpcomingCohortFactory(**values, number=101)
    make.KeyDateFactory(cohort=item, label=TEXT)
    make.QuestionFactory(cohort=item, question=TEXT, answer=TEXT)
    make.FellowFactory(**words_everywhere(Fellow), cohort=item, slug=f"{MARK}-fellow")
    return item


def plant_fellow(world, **values):
    item = make.FellowFactory(**{"cohort": world.cohort, "project": world.project, **values}, slug=f"{MARK}-fellow")
    make.FellowLinkFactory(fellow=item, url=f"https://example.org/{MARK}")
    return item


def plant_programme(world, **values):
    item = make.ProgrammeFactory(**values)
    make.TestimonialFactory(programme=item, quote=TEXT, name=TEXT)
    return item


def plant_article(world, **values):
    return make.ArticleFactory(**values, areas=world.areas, slug=f"{MARK}-article")


PLANT = {
    Project: plant_project,
    Cohort: plant_cohort,
    Fellow: plant_fellow,
    Programme: plant_programme,
    Article: plant_article,
}
# Where readers meet a public item of each kind, besides its own page, the search and the sitemap.
SHOWN = {
    Project: lambda world: ["/projects/", world.fellow.get_absolute_url(), world.closed.get_absolute_url()],
    Cohort: lambda world: ["/", "/fellowship/", world.cohort.get_absolute_url()],
    Fellow: lambda world: [world.cohort.get_absolute_url(), world.fellow.get_absolute_url()],
    Programme: lambda world: ["/", "/fellowship/", world.cohort.get_absolute_url()],
    Article: lambda world: ["/", "/articles/", world.article.get_absolute_url()],
}
KINDS = Publishable.kinds()
CASES = [(kind, status) for kind in KINDS for status in kind.Status]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def read(client, world):
    """Every public page as it stands."""
    pages = {}
    for path in public_paths(world):
        response = client.get(path)
        assert response.status_code == 200, path
        pages[path] = whole(response)
    return pages


def shows(html, item):
    """Whether a page shows the item, by its mark or by its address."""
    by_address = type(item) is not Programme and item.get_absolute_url() in html
    return MARK in html.lower() or by_address


def test_every_address_is_classified():
    """A new address fails here until it is a page with a world to stand in, or said to be for machines or staff."""
    found = {route for route in routes() if not route.startswith(FOR_STAFF)}
    assert found == {*PAGES, *FOR_MACHINES, *UPLOADS, *SENT_TO}
    assert any(route.startswith(FOR_STAFF) for route in routes())


def test_every_kind_is_planted_and_has_somewhere_to_be_seen():
    assert set(PLANT) == set(SHOWN) == set(KINDS)


@pytest.mark.parametrize(("kind", "status"), CASES, ids=label)
def test_every_page_shows_what_is_public_and_no_page_a_trace_of_what_is_not(client, kind, status):
    world = World(programme=kind is not Programme)
    before = read(client, world)
    assert not any(MARK in html for html in before.values())
    item = PLANT[kind](world, **words_everywhere(kind), status=status)
    after = read(client, world)
    if not status.is_public:
        assert [path for path in before if before[path] != after[path]] == []
    else:
        expected = [*SHOWN[kind](world), "/search/?q=quokka", *(["/sitemap.xml"] if item.is_indexable else [])]
        assert [path for path in expected if not shows(after[path], item) and path != "/sitemap.xml"] == []
        assert (item.get_absolute_url() in after["/sitemap.xml"]) is item.is_indexable
    own = client.get(item.get_absolute_url())
    if kind is Programme:
        assert (MARK in own.text) is status.is_public
    else:
        assert own.status_code == (200 if status.is_public else 404)
        assert (MARK in own.text.replace(item.get_absolute_url(), "")) is status.is_public


@pytest.mark.parametrize("why", ["no consent", "a draft cohort"])
def test_a_published_fellow_leaves_no_trace_while_hidden(client, why):
    world = World()
    hidden = {"consent_on": None} if why == "no consent" else {"cohort": make.CohortFactory(status="draft", number=99)}
    before = read(client, world)
    item = plant_fellow(world, **words_everywhere(Fellow), **hidden)
    after = read(client, world)
    assert [path for path in before if before[path] != after[path]] == []
    assert client.get(item.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_what_goes_back_to_draft_is_gone_from_every_page(client, kind):
    world = World(programme=kind is not Programme)
    item = PLANT[kind](world, **words_everywhere(kind))
    item.move_to("draft", by=None)
    seen = {path: html for path, html in read(client, world).items() if shows(html, item)}
    assert list(seen) == []


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_draft_under_an_old_address_is_not_given_away(client, kind):
    """Not by a forward either: the reader is sent on, and finds nothing."""
    item = PLANT[kind](World(programme=kind is not Programme), **words_everywhere(kind), status="draft")
    make.ForwardingAddressFactory(path="/old.html", target=item.get_absolute_url())
    assert "quokka" not in client.get("/old.html", follow=True).text


def test_a_notice_is_seen_only_while_it_is_in_force(client):
    now = timezone.now()
    hour = dt.timedelta(hours=1)
    for words, starts_at, ends_at in [
        ("In force", now, None),
        ("Until soon", now - hour, now + dt.timedelta(seconds=1)),
        ("To come", now + dt.timedelta(seconds=1), None),
        ("Over", now - hour, now),
    ]:
        make.NoticeFactory(body=words, starts_at=starts_at, ends_at=ends_at)
    text = client.get("/").text
    assert [words in text for words in ("In force", "Until soon", "To come", "Over")] == [True, True, False, False]


def test_a_question_about_one_cohort_stands_on_its_page_and_in_the_search_only(client):
    world = World()
    make.QuestionFactory(cohort=world.cohort, question=TEXT, answer=TEXT)
    pages = [path for path, html in read(client, world).items() if MARK in html]
    assert pages == [world.cohort.get_absolute_url(), "/search/?q=quokka"]


def test_words_for_staff_are_on_no_page(client):
    world = World()
    for item in world.by_status.values():
        item.move_to("archived" if item.status != "archived" else "paused", by=None, note=TEXT)
    make.NoticeFactory(title=TEXT)
    Project.objects.update(source_text=TEXT, source_key=TEXT)
    Article.objects.update(source_text=TEXT, source_key=TEXT, tags=[TEXT])
    pages = read(client, world)
    assert [path for path, html in pages.items() if MARK in html] == []


def test_lists_show_staff_what_they_show_everybody(client):
    """A draft is seen at its own address only: what staff see in a list, they may take for what readers see."""
    world = World()
    item = plant_project(world, **words_everywhere(Project), status="draft")
    client.force_login(make.StaffFactory(is_superuser=True))
    pages = read(client, world)
    assert [path for path, html in pages.items() if shows(html, item)] == []
