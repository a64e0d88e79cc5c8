"""A draft on its way from an editor, who may not publish it, to a publisher, who does."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

ARTICLES = "/admin/articles/article/"
TITLES = ["Linking records fairly", "Reading a confusion matrix"]
MAKE = """
from django.contrib.auth.models import Group
from articles.models import Article
from portal.models import User
for name in ("Editor", "Publisher"):
    user, made = User.objects.get_or_create(username=name.lower() + "-of-drafts", is_staff=True)
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name=name)])
for number, title in enumerate({titles!r}):
    Article.objects.create(title=title, slug=f"submitted-{{number}}", body="Text.")
"""


@pytest.fixture(scope="module")
def drafts(portal: Portal) -> Portal:
    """The portal with a person in each role, and articles to publish."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, titles=TITLES))
    return portal


def test_an_editor_submits_and_a_publisher_publishes(drafts: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, drafts, "editor-of-drafts", ARTICLES)
    page.get_by_role("link", name=TITLES[0]).click()
    address = page.url
    page.get_by_role("navigation", name="Publishing").get_by_role("link", name="Submit for publishing…").click()
    page.get_by_label("What should the publisher look at? (optional)").fill("Is the second example too long?")
    page.get_by_role("button", name="Submit 1 article for publishing").click()
    assert page.url == address
    waits = page.get_by_role("region", name="Submission")
    expect(waits).to_contain_text("Submitted for publishing by editor-of-drafts on")
    expect(waits).to_contain_text(": Is the second example too long?")

    # Enter in a field saves; it does not press “Withdraw”, which stands before it.
    page.locator("#id_title").press("Enter")
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("is no longer submitted for publishing.")).to_be_visible()
    expect(waits).to_have_count(0)
    page.get_by_role("link", name="Submit for publishing…").click()
    page.get_by_role("button", name="Submit 1 article for publishing").click()
    expect(waits).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, drafts, "publisher-of-drafts", ARTICLES)
    page.get_by_role("link", name="1 article is submitted for publishing").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name=TITLES[0]).click()
    expect(waits).to_contain_text("Submitted for publishing by editor-of-drafts on")
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Publish…").click()
    page.get_by_role("button", name="Publish 1 article").click()
    expect(page.get_by_text("moved to Published.")).to_be_visible()
    expect(waits).to_have_count(0)
    page.goto(f"{drafts.url}{ARTICLES}")
    expect(page.locator(".submitted-count")).to_have_count(0)
    page.goto(f"{drafts.url}/articles/submitted-0/")
    expect(page.get_by_role("heading", level=1, name=TITLES[0])).to_be_visible()
    assert tab.complaints == []


@every_look
def test_the_pages_of_a_submission_have_no_violation(drafts: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, drafts, "editor-of-drafts", ARTICLES)
    page.get_by_role("link", name=TITLES[1]).click()
    address = page.url
    page.get_by_role("link", name="Submit for publishing…").click()
    asked = page.url
    page.get_by_role("button", name="Submit 1 article for publishing").click()
    expect(page.get_by_role("region", name="Submission")).to_be_visible()
    assert tab.complaints == []
    found = []
    for path, part in [(asked, None), (address, ".submitted"), (f"{drafts.url}{ARTICLES}", ".submitted-count")]:
        page.goto(path)
        for narrow in (375, width):
            page.set_viewport_size({"width": narrow, "height": 900})
            assert path != asked or fits(page)
        found += violations(page, part)
    assert found == []
