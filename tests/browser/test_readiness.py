"""A draft from its title to the publisher's desk: what is missing is said, led to, and gone once it is filled."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import every_look, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

PROJECTS = "/admin/projects/project/"
ARTICLES = "/admin/articles/article/"
MAKE = """
from django.contrib.auth.models import Group
from articles.models import Article
from portal.models import User
for name in ("Editor", "Publisher"):
    user, made = User.objects.get_or_create(username=name.lower() + "-of-gaps", is_staff=True)
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name=name)])
Article.objects.create(title="A text with faults", slug="faults", body="Read [here](https://example.org/).")
"""


@pytest.fixture(scope="module")
def staffed(portal: Portal) -> Portal:
    """The portal with a person in each role, and an article that has something of every list."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def test_an_editor_begins_with_a_title_and_fills_what_is_missing(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "editor-of-gaps", f"{PROJECTS}add/")
    page.locator("#id_title").fill("Counting beds on wards")
    page.locator("#id_slug").fill("")
    page.get_by_role("button", name="Save and continue editing").first.click()
    expect(page.locator("#id_slug")).to_have_value("counting-beds-on-wards")
    panel = page.get_by_role("region", name="Not ready to publish yet")
    expect(panel.get_by_role("heading", name="1 thing is missing before it can be published")).to_be_visible()
    expect(panel.get_by_role("heading", name="8 things readers will miss")).to_be_visible()

    panel.get_by_role("link", name="Choose an area").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".field-area .select2-selection")).to_be_in_viewport()
    expect(page.locator(".field-area .select2-selection")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".select2-results__option--highlighted").wait_for()
    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Write the need").click()
    expect(page.locator("#id_need")).to_be_focused()
    page.keyboard.type("Beds are counted by hand.")
    page.get_by_role("button", name="Save and continue editing").first.click()

    ready = page.get_by_role("region", name="Ready to publish")
    expect(ready.get_by_role("heading", name="7 things readers will miss")).to_be_visible()
    expect(ready.get_by_role("link", name="Write the need")).to_have_count(0)
    page.get_by_role("link", name="Submit for publishing…").click()
    expect(page.get_by_text("Before it can be published")).to_have_count(0)
    page.get_by_role("button", name="Submit 1 project for publishing").click()
    expect(page.get_by_role("region", name="Submission")).to_be_visible()
    assert tab.complaints == []

    page.context.clear_cookies()
    sign_in(page, staffed, "publisher-of-gaps", f"{PROJECTS}?submitted=yes")
    page.get_by_role("link", name="Counting beds on wards").click()
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Open…").click()
    expect(page.get_by_text("Readers will miss: a summary, a technique, a type of data,")).to_be_visible()
    page.get_by_role("button", name="Open 1 project").click()
    expect(page.get_by_text("moved to Open.")).to_be_visible()
    expect(page.get_by_role("region", name="Missing from this page")).to_be_visible()
    assert tab.complaints == []


def test_a_browser_without_script_gives_a_draft_its_address_too(staffed: Portal, tab: Tab) -> None:
    sign_in(tab.page, staffed, "editor-of-gaps", ARTICLES)
    context = tab.page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, storage_state=tab.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{staffed.url}{ARTICLES}add/")
    page.locator("#id_title").fill("Written on a plain form")
    page.locator("input[name=_continue]").first.click()
    expect(page.locator("#id_slug")).to_have_value("written-on-a-plain-form")
    page.get_by_role("link", name="Write the text").click()
    expect(page.locator("#id_body")).to_be_in_viewport()
    context.close()


@every_look
def test_what_is_missing_is_told_without_violation(staffed: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, staffed, "publisher-of-gaps", f"{ARTICLES}?q=faults")
    page.get_by_role("link", name="A text with faults").click()
    address, found = page.url, []
    page.get_by_role("link", name="Publish…").click()
    moving = page.url
    new = f"{staffed.url}{ARTICLES}add/"
    for path, part in [(address, ".readiness"), (f"{address}#id_summary", ".field-summary"), (moving, ".move")]:
        page.goto(new)  # an address that differs in its last part alone would not be loaded again
        page.goto(path)
        for narrow in (375, width):
            page.set_viewport_size({"width": narrow, "height": 900})
            fits = "one => one.scrollWidth <= one.clientWidth"
            assert page.locator(part).first.evaluate(fits), (path, narrow)
        assert tab.complaints == []
        found += violations(page, part)
        tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
    assert found == []
