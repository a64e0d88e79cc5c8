"""Projects that took the place of others: each names the other, whatever their statuses, and no draft is given away."""

import pytest
import time_machine

from projects.models import Project
from tests.factories import ProjectFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db

APPLY = "https://example.org/apply"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-10-20 12:00+01:00", tick=False):
        yield


def banner(page):
    """The words at the top of a brief that say why one cannot apply, or what took its place."""
    (place,) = [number for number, (_, tag) in enumerate(page.tags) if tag.get("class", "").startswith("app-closed ")]
    return " ".join("".join(page.texts[place]).split())


def page_of(client, project):
    return Page(client.get(project.get_absolute_url()).text)


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        ("open", "replace"),
        ("active", "replace"),
        ("paused", "replace"),
        ("archived", "replace"),
        ("completed", "continue"),
    ],
)
def test_what_took_the_place_of_a_project_is_named_on_both_pages(client, status, verb):
    old = ProjectFactory(status=status, title="The old one")
    new = ProjectFactory(title="The new one", supersedes=old)
    page = page_of(client, old)
    assert f"It is {verb}d by The new one, which is open." in banner(page)
    assert new.get_absolute_url() in page.links
    page = page_of(client, new)
    assert f"{verb.capitalize()}s" in page.text("dt")
    assert old.get_absolute_url() in page.links


def test_every_project_that_took_its_place_is_named(client):
    old = ProjectFactory(status="archived")
    for title, status in [("One", "open"), ("Two", "paused"), ("Three", "completed")]:
        ProjectFactory(title=title, status=status, supersedes=old)
    page = page_of(client, old)
    assert "It is replaced by 3 projects:" in banner(page)
    items = page.text("li")
    for words in ["One, which is open", "Two, which is paused", "Three, which is completed"]:
        assert words in items


def test_an_open_project_says_at_the_top_that_another_took_its_place(client):
    old = ProjectFactory()
    assert "A newer project takes the place of this one" not in page_of(client, old).text("h2")
    ProjectFactory(title="The new one", supersedes=old)
    page = page_of(client, old)
    assert "A newer project takes the place of this one" in banner(page)
    assert "You can still apply for this project." in banner(page)
    assert APPLY in page.links
    assert "Similar projects that you can apply for" not in page.text("h3")
    assert "What you can do" not in page.text("h3")


def test_no_draft_is_named_in_either_direction(client):
    older = ProjectFactory(status="draft", title="Hidden", no_outputs_reason="It was a trial.")
    middle = ProjectFactory(status="completed", supersedes=older)
    newer = ProjectFactory(status="draft", title="Hidden too", supersedes=middle)
    text = client.get(middle.get_absolute_url()).text
    assert not [words for words in ("Hidden", "continued by", "Replaces") if words in text]
    older.move_to("completed", by=None)
    newer.move_to("open", by=None)
    page = page_of(client, middle)
    assert {older.get_absolute_url(), newer.get_absolute_url()} <= set(page.links)


def test_a_project_that_another_took_the_place_of_is_not_for_search_engines(client):
    old = ProjectFactory()
    new = ProjectFactory(status="draft", supersedes=old)
    assert "noindex" not in page_of(client, old).robots
    new.move_to("open", by=None)
    response = client.get(old.get_absolute_url())
    assert Page(response.text).robots == response["X-Robots-Tag"] == "noindex"
    assert "noindex" not in page_of(client, new).robots
    assert old not in Project.objects.indexable()
    assert new in Project.objects.indexable()


def test_results_name_who_continued_the_work(client):
    project = ProjectFactory(status="completed")
    ProjectFactory(title="The next step", supersedes=project)
    page = page_of(client, project)
    words = "It is continued by The next step, which is open."
    assert words in banner(page)
    assert page.text("p").count(words) == 2, "at the top, and with the results"
