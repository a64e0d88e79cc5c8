"""The public site as files: all of it and nothing more, every link leads somewhere, and nothing goes out of date."""

import json
import re
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.db import transaction

from fellowship.models import Fellow
from portal.publishing import Publishable
from portal.static_addresses import file_of
from projects.models import Project, Status
from tests import factories as make
from tests.pages import Page
from tests.static_copy import BASE, Copy, export
from tests.test_leaks import MARK, PLANT, label, plant_fellow, words_everywhere
from tests.test_stored_files import addresses, pictured
from tests.world import FOR_MACHINES, PAGES, World

pytestmark = pytest.mark.django_db
NOW = "2026-11-20 12:00+00:00"
LATER = "2026-11-24 12:00+00:00"
# What answers to what is sent to it, or is of this moment only.
NOT_AS_FILES = {"contact/sent/<slug:kind>/", "healthz", "readyz", ".well-known/security.txt"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copy"


class Copies(NamedTuple):
    world: World
    plain: Copy
    based: Copy
    said: str


@pytest.fixture(scope="module")
def copies(django_db_setup, django_db_blocker, tmp_path_factory):
    """A world and two copies of it, one with a base, for all that only reads them. The database forgets it."""
    folder = tmp_path_factory.mktemp("copies")
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        world = World(2)
        brief = world.project.get_absolute_url()
        world.fellow.about = f"Read [my brief]({brief}), or [all]({settings.PORTAL_URL}/articles/)."
        world.fellow.save()
        make.ForwardingAddressFactory(path="/old.html", target="/projects/?status=open")
        make.ForwardingAddressFactory(path="/older", target="/fellowship/#cohorts")
        plain, said = export(folder / "plain")
        based, _ = export(folder / "based", base=BASE)
        transaction.set_rollback(True)
    return Copies(world, plain, based, said)


def test_every_address_of_the_portal_stands_in_the_copy_or_is_said_not_to(copies):
    """A new address fails here until its page is in the copy, or it is named above."""
    world = copies.world
    copy = copies.plain
    everything = {**PAGES, **FOR_MACHINES}
    left_out = {route for route, paths in everything.items() if not copy.file_at(urlsplit(paths(world)[0]).path[1:])}
    assert left_out == NOT_AS_FILES
    assert not [name for name in copy.files if name.startswith(("healthz", "readyz", "admin", "shared"))]


def test_every_link_leads_to_a_file_and_every_fragment_to_an_id(copies):
    for copy in (copies.plain, copies.based):
        assert copy.broken() == []
        assert len(copy.pages) > 40
    assert "links to" not in copies.said


def test_without_a_base_the_folder_can_be_opened_from_a_disk(copies):
    copy = copies.plain
    links = [link for page in copy.pages.values() for link in page.links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in links if link.startswith("/") or urlsplit(link).path.endswith("/")] == []
    assert copy.page("index.html").canonical == [f"{settings.PORTAL_URL}/"]


def test_with_a_base_everything_that_stands_in_full_names_it(copies):
    world = copies.world
    copy = copies.based
    assert [name for name, text in copy.files.items() if settings.PORTAL_URL.encode() in text] == []
    for name, page in copy.pages.items():
        assert all(address.startswith(BASE) for address in page.canonical), name
    assert copy.page("projects/status/open/index.html").canonical == [f"{BASE}projects/status/open/"]
    shared = copy.page(file_of(world.article.get_absolute_url())).all("meta", property="og:image")[0]["content"]
    assert shared.startswith(f"{BASE}static/")
    assert f"<loc>{BASE}projects/{world.project.slug}/</loc>" in copy.text("sitemap.xml")
    assert f"Sitemap: {BASE}sitemap.xml" in copy.text("robots.txt")
    assert f'href="{BASE}projects/feed.xml"' in copy.text("projects/feed.xml")
    assert f"{BASE}projects/status/open/" in copy.text("projects/calendar.ics").replace("\r\n ", "")
    assert json.loads(copy.text("projects.json"))["address"] == f"{BASE}projects/"


def test_a_name_for_good_is_the_same_in_every_copy(copies):
    copy = copies.based
    names = {each["id"].split(",")[0] for each in json.loads(copy.text("projects.json"))["projects"]}
    assert names == {"tag:127.0.0.1"}


def test_a_page_that_is_not_there_can_be_shown_at_any_depth(copies):
    copy = copies.based
    links = [link for link in copy.page("404.html").links if not re.match(r"[a-z]+:|#", link)]
    assert "/site/projects/" in links
    assert all(link.startswith("/site/") for link in links)


# What is in it


@pytest.mark.parametrize("kind", Publishable.kinds(), ids=label)
@pytest.mark.parametrize("is_public", [True, False])
def test_what_is_public_is_in_the_copy_and_no_trace_of_what_is_not(folder, kind, is_public):
    world = World(programme=kind is not PLANT)
    if kind._meta.model_name == "programme":
        world.programme.delete()
    status = next(one for one in kind.Status if one.is_public is is_public)
    item = PLANT[kind](world, **words_everywhere(kind), status=status)
    make.ForwardingAddressFactory(path=f"/{MARK}.html" if is_public else "/old.html", target=item.get_absolute_url())
    copy, _ = export(folder)
    having = [name for name, text in copy.files.items() if MARK in text.decode("latin-1").lower() or MARK in name]
    assert bool(having) is is_public


def test_a_fellow_who_is_hidden_is_in_no_copy(folder):
    world = World()
    plant_fellow(world, **words_everywhere(Fellow), consent_on=None)
    copy, _ = export(folder)
    assert [name for name, text in copy.files.items() if MARK in text.decode("latin-1").lower()] == []


def test_images_of_public_pages_come_along_and_those_of_drafts_do_not(folder, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    shown = pictured()
    pictured(status="draft")
    copy, _ = export(folder)
    assert {f"/{name}" for name in copy.files if name.startswith("media/")} == set(addresses(shown))
    assert copy.broken() == []


def found(page):
    """The addresses of the projects that a list shows, in order, without what leads to them."""
    return [
        link.rstrip("/").removesuffix("/index.html").rpartition("/")[2] for link in page.links if "project-" in link
    ]


def test_each_term_and_status_has_a_page_of_its_own_with_what_the_finder_finds(folder, client):
    world = World(2)
    copy, _ = export(folder)
    terms = [("area", world.areas), ("technique", world.techniques), ("modality", world.modalities)]
    choices = [(facet, term.slug) for facet, terms_of in terms for term in terms_of]
    for facet, value in [*choices, *(("status", status.value) for status in Status if status.is_public)]:
        page = copy.page(f"projects/{facet}/{value}/index.html")
        site = Page(client.get(f"/projects/?{facet}={value}").text)
        assert page.title == site.title
        assert found(page) == found(site), (facet, value)
        assert page.text("h2")[1:2] == site.text("h2")[1:2]
        assert page.all("a", **{"aria-current": "true"})


def test_a_long_list_has_pages(folder):
    terms = {"area": make.AreaFactory(slug="letters"), "techniques": [], "modalities": []}
    make.ProjectFactory.create_batch(51, **terms)
    copy, _ = export(folder)
    for page in ("projects/page/2/index.html", "projects/area/letters/page/2/index.html"):
        assert len(re.findall("app-result__title", copy.text(page))) == 1
    assert copy.broken() == []


def test_a_project_can_have_any_address_beside_the_pages_of_the_list(folder):
    for slug in ("area", "status", "page"):
        make.ProjectFactory(slug=slug, title=f"About {slug}")
    copy, _ = export(folder)
    for slug in ("area", "status", "page"):
        assert copy.page(f"projects/{slug}/index.html").text("h1")[0].endswith(f"About {slug}")
    assert "projects/status/open/index.html" in copy.files


def test_nothing_in_the_copy_asks_for_an_answer(copies):
    copy = copies.plain
    forms = {name for name, page in copy.pages.items() if page.all("form")}
    assert forms == {"search/index.html"}
    assert "hidden" in copy.page("search/index.html").all("form")[0]
    for name in ("projects/propose/index.html", "contact/ask/index.html", "contact/report/index.html"):
        words = copy.words(name)
        assert f"Email {settings.PORTAL_EMAIL}" in words
        assert 'name="token"' not in copy.text(name)
    assert "What problem would it help with?" in copy.words("projects/propose/index.html")


def test_who_can_apply_is_a_table_and_no_question(copies):
    world = copies.world
    copy = copies.plain
    name = file_of(world.upcoming.get_absolute_url())
    assert copy.page(name).all("table")
    assert not copy.page(name).all("select")
    assert "who-can-apply" in copy.text("fellowship/index.html")


def test_the_search_lists_every_page(copies):
    world = copies.world
    copy = copies.plain
    words = copy.words("search/index.html")
    for item in (world.project, world.article, world.fellow, world.cohort):
        assert str(item) in words
    assert copy.page("search/index.html").all("script")


def test_each_page_says_itself_what_a_browser_may_load(copies):
    copy = copies.plain
    for name, page in copy.pages.items():
        policy, *others = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        assert policy["content"].startswith("default-src 'none'"), name
        assert ("script-src 'self'" in policy["content"]) is bool(page.all("script", defer="")), name
        assert "frame-ancestors" not in policy["content"]
        assert not others


def test_only_the_static_files_that_pages_need_are_in_it(copies):
    copy = copies.plain
    names = {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in copy.files if name.startswith("static/")}
    assert {"static/portal.css", "static/portal/finder.js", "static/portal/search.js"} <= names
    assert not [name for name in names if "admin" in name or "editor" in name]
    assert all(re.search(r"\.[0-9a-f]{12}\.", name) for name in copy.files if name.startswith("static/"))


# Former addresses


def test_a_former_address_is_a_small_page_that_leads_on(folder):
    area = make.AreaFactory(slug="letters", former_slugs=["mail"])
    project = make.ProjectFactory(area=area)
    make.ForwardingAddressFactory(path="/projects.html", target="/projects/")
    make.ForwardingAddressFactory(path="/old", target=project.get_absolute_url())
    make.ForwardingAddressFactory(path="/../escape", target="/projects/")
    copy, said = export(folder, base=BASE)
    there = {
        "projects.html": "projects/",
        "old/index.html": f"projects/{project.slug}/",
        "projects/area/mail/index.html": "projects/area/letters/",
        "projects/feed/index.html": "projects/feed.xml",
    }
    for name, target in there.items():
        page = copy.page(name)
        assert page.canonical == [BASE + target]
        assert copy.file_at(BASE + target)
        (refresh,) = page.all("meta", **{"http-equiv": "refresh"})
        assert page.links == [refresh["content"].removeprefix("0; url=")]
    assert "/../escape forwards to nothing" in said
    assert copy.broken() == []


def test_a_link_that_leads_nowhere_is_told_and_stops_nothing(folder):
    make.ArticleFactory(slug="guide", body="[Gone](/projects/gone/)")
    _, said = export(folder)
    assert "/articles/guide/ links to /projects/gone/, where nothing is." in said


# Twice


def test_the_same_content_gives_the_same_files_days_later(folder, tmp_path):
    World()
    first, _ = export(folder)
    with time_machine.travel("2026-11-20 23:00+00:00", tick=False):
        second, said = export(tmp_path / "second")
    assert first.files == second.files
    assert "on 20\u00a0November 2026" in said
    _, said = export(folder)
    assert "Wrote 0, removed 0" in said


def test_a_draft_changes_no_file(folder):
    World()
    before, _ = export(folder)
    make.ProjectFactory(status="draft", area=Project.objects.first().area, techniques=[], modalities=[])
    assert export(folder)[0].files == before.files


def test_a_project_that_is_hidden_again_leaves_the_folder(folder):
    project = make.ProjectFactory()
    name = file_of(project.get_absolute_url())
    assert name in export(folder)[0].files
    project.move_to("draft", by=None)
    copy, said = export(folder)
    assert name not in copy.files
    assert not (folder / name).parent.exists()
    assert re.search(r"removed [1-9]", said)


def test_the_copy_stands_as_on_the_day_of_its_newest_change(folder):
    with time_machine.travel("2026-11-02 12:00+00:00", tick=False):
        make.ArticleFactory()
    with time_machine.travel(LATER, tick=False):
        copy, _ = export(folder)
    assert "as it stood on 2 November 2026" in copy.words("index.html")
    assert all("as it stood on" in copy.words(name) for name in copy.pages if "refresh" not in copy.text(name))
