"""Keeping the vocabularies: an editor writes terms, a publisher makes two of them one, and readers find their way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import BUT_SIZE, every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

TECHNIQUES = "/admin/projects/technique/"
# Two words for one thing, each on a draft, so that no reader's page is another for it.
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
from projects.models import Project, Technique
for role in ("Editor", "Publisher"):
    user, made = User.objects.get_or_create(username=role.lower() + "-of-terms", is_staff=True)
    if made:  # who has signed in, stays so
        user.set_password({password!r})
        user.save()
    user.groups.set([Group.objects.get(name=role)])
Project.objects.filter(title__startswith="Draft about").delete()
Technique.objects.filter(name__contains="riging").delete()
for name in ("Kriging", "Spatial kriging"):
    slug = name.lower().replace(" ", "-")
    term = Technique.objects.create(name=name, slug=slug, definition=name + " fills a map.")
    project = Project.objects.create(title="Draft about " + name, slug="draft-" + slug)
    project.techniques.set([term])
"""


@pytest.fixture
def kept(portal: Portal, tab: Tab) -> Page:
    """A browser at a portal that has two words for one thing, as at the start of each test."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return tab.page


def open_term(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.url}{TECHNIQUES}?q={name}")
    page.get_by_role("link", name=name, exact=True).click()


def test_an_editor_renames_a_term_and_readers_follow(portal: Portal, kept: Page, tab: Tab) -> None:
    page = kept
    sign_in(page, portal, "editor-of-terms", TECHNIQUES)
    open_term(page, portal, "Kriging")
    expect(page.get_by_role("link", name="1 project")).to_be_visible()
    expect(page.get_by_role("link", name="Merge…")).to_have_count(0)
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)
    page.get_by_label("Name").fill("Kriging of maps")
    page.get_by_label("Aliases").fill("Gaussian process\nWiener–Kolmogorov prediction")
    page.get_by_role("textbox", name="Address").fill("kriging-of-maps")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("The old name “Kriging” stays as an alias.")).to_be_visible()
    expect(page.get_by_label("Aliases")).to_have_value("Gaussian process\nWiener–Kolmogorov prediction\nKriging")
    page.goto(f"{portal.url}/projects/?status=open&technique=kriging")
    expect(page).to_have_url(f"{portal.url}/projects/?status=open&technique=kriging-of-maps")
    expect(page.get_by_role("link", name="Remove filter: Kriging of maps")).to_be_visible()
    assert tab.complaints == []


def test_a_publisher_is_kept_from_deleting_and_merges_instead(portal: Portal, kept: Page, tab: Tab) -> None:
    page = kept
    sign_in(page, portal, "publisher-of-terms", TECHNIQUES)
    open_term(page, portal, "Kriging")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("“Kriging” is not deleted: 1 project would lose it.")).to_be_visible()
    page.get_by_role("link", name="Merge “Kriging” with another technique").click()
    page.get_by_label("Merge “Kriging” with").select_option("Spatial kriging")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("group", name="Which one stays?").get_by_label("Spatial kriging").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1, name="Merge “Kriging” into “Spatial kriging”")).to_be_visible()
    expect(page.get_by_text("1 project will have “Spatial kriging” in place of “Kriging”.")).to_be_visible()
    expect(page.get_by_role("link", name="Draft about Kriging")).to_be_visible()
    page.get_by_role("button", name="Merge 2 techniques into “Spatial kriging”").click()
    expect(page.get_by_text("“Kriging” became “Spatial kriging”; 1 project changed.")).to_be_visible()
    expect(page.get_by_label("Aliases")).to_have_value("Kriging")
    page.get_by_role("link", name="2 projects").click()
    expect(page.get_by_role("link", name=re.compile("^Draft about"))).to_have_count(2)
    page.get_by_role("link", name="Draft about Kriging", exact=True).click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("“Kriging” became “Spatial kriging”.").first).to_be_visible()
    page.goto(f"{portal.url}/projects/?technique=kriging")
    expect(page).to_have_url(f"{portal.url}/projects/?technique=spatial-kriging")
    assert tab.complaints == []


@every_look
def test_the_pages_have_no_accessibility_violation(
    portal: Portal, kept: Page, tab: Tab, scheme: str, width: int
) -> None:
    page = kept
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, portal, "publisher-of-terms", TECHNIQUES)
    page.goto(f"{portal.url}{TECHNIQUES}?q=kriging")
    keys = page.locator("#result_list input.action-select").evaluate_all("boxes => boxes.map(box => box.value)")
    both = "&".join(f"term={key}" for key in keys)
    for path in (
        f"{TECHNIQUES}?use=hidden",
        f"{TECHNIQUES}{keys[0]}/change/",
        f"{TECHNIQUES}{keys[0]}/delete/",
        f"{TECHNIQUES}merge/?term={keys[0]}",
        f"{TECHNIQUES}merge/?{both}",
        f"{TECHNIQUES}merge/?{both}&keep={keys[0]}",
    ):
        page.goto(f"{portal.url}{path}")
        assert fits(page), path
        assert tab.complaints == []
        assert violations(page, rules=BUT_SIZE) == []
        tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
