"""An editor shows a draft to a supervisor without an account, who says what to change; the editor deals with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

ARTICLES = "/admin/articles/article/"
TITLES = ["Linking records for a supervisor", "A second draft to read", "A third draft to read"]
MAKE = """
from django.contrib.auth.models import Group
from articles.models import Article
from portal.models import User
user, made = User.objects.get_or_create(username="editor-who-shares", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Editor")])
for number, title in enumerate({titles!r}):
    Article.objects.create(title=title, slug=f"shared-{{number}}", body="Text.")
"""


@pytest.fixture(scope="module")
def drafts(portal: Portal) -> Portal:
    """The portal with an editor and articles to share."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, titles=TITLES))
    return portal


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """The browser of somebody without an account, on a phone, who runs no scripts."""
    context = browser.new_context(
        locale="en-GB", viewport={"width": 375, "height": 800}, java_script_enabled=False, timezone_id="Europe/London"
    )
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def share(page: Page, drafts: Portal, title: str) -> str:
    """Make a link as the editor does, and read its address."""
    sign_in(page, drafts, "editor-who-shares", ARTICLES)
    page.get_by_role("link", name=title).click()
    page.get_by_role("link", name="Share this draft…").click()
    page.get_by_label("For whom?").fill("Dr Patel, supervisor")
    page.get_by_label("What should they look at? (optional)").fill("Is the second example right?")
    page.get_by_label("How long does the link work?").select_option("30 days")
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label("Address to send to Dr Patel, supervisor").first.input_value()


def test_a_supervisor_answers_and_the_editor_deals_with_it(drafts: Portal, tab: Tab, reader: Page) -> None:
    page = tab.page
    address = share(page, drafts, TITLES[0])
    page.get_by_role("button", name="Copy the address for Dr Patel, supervisor").click()
    expect(page.locator(".share-link [role=status]")).not_to_be_empty()

    reader.goto(address)
    expect(reader.get_by_role("heading", level=1)).to_contain_text(TITLES[0])
    banner = reader.get_by_role("region", name="Shared draft")
    expect(banner).to_contain_text("Draft for Dr Patel, supervisor. Shared by editor-who-shares;")
    expect(banner).to_contain_text("Is the second example right?")
    banner.get_by_role("link", name="Say what you think of it").click()
    reader.get_by_label("Change this").check()
    reader.get_by_label("Your name (optional)").fill("P. Patel")
    reader.get_by_role("button", name="Send your answer").click()
    expect(reader).to_have_title("Error: What do you think of this draft? – Data science portal")
    reader.get_by_role("alert").get_by_role("link", name="Enter what should change").click()
    field = reader.get_by_label("What should change?")
    expect(field).to_be_focused()
    field.fill("The second example counts patients twice.")
    expect(reader.get_by_label("Change this")).to_be_checked()
    reader.get_by_role("button", name="Send your answer").click()
    expect(reader.get_by_role("alert")).to_contain_text("editor-who-shares has your answer.")
    expect(reader.get_by_role("button", name="Send your answer")).to_be_visible()

    page.goto(f"{drafts.url}{ARTICLES}?answered=yes")
    page.get_by_role("link", name=TITLES[0]).click()
    told = page.get_by_role("region", name="Shared draft")
    expect(told).to_contain_text("by P. Patel: The second example counts patients twice.")
    told.get_by_role("link", name="Links and answers").click()
    page.get_by_role("button", name="Dealt with the answer of P. Patel").click()
    expect(page.get_by_text("The answer of P. Patel is dealt with.")).to_be_visible()
    page.get_by_role("button", name="Revoke the link for Dr Patel, supervisor").click()
    expect(page.get_by_text("It shows nothing any longer.").first).to_be_visible()
    gone = reader.goto(address)
    assert gone
    assert gone.status == 404
    expect(reader.get_by_text("Ask whoever sent it to you for a new one.")).to_be_visible()
    assert tab.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_staff_have_no_violation(drafts: Portal, tab: Tab, reader: Page, scheme: str) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    reader.goto(share(page, drafts, TITLES[1]))
    reader.get_by_label("Change this").check()
    reader.get_by_label("What should change?").fill("A long word: " + "x" * 200)
    reader.get_by_role("button", name="Send your answer").click()
    page.reload()
    assert tab.complaints == []  # from here on, axe itself adds to them
    found = []
    for path in (page.url, f"{drafts.url}/admin/portal/draftanswer/"):
        page.goto(path)
        for width in (375, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            if "draftanswer" not in path:
                assert fits(page), width
        for width in (768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            found += violations(page)
    page.goto(f"{drafts.url}{ARTICLES}")
    page.get_by_role("link", name=TITLES[1]).click()
    for part in (".submitted", '.move-links[aria-label="Sharing"]'):
        found += violations(page, part)
    assert found == []


def test_what_the_reader_sees_has_no_violation(drafts: Portal, tab: Tab) -> None:
    page = tab.page
    address = share(page, drafts, TITLES[2])
    page.context.clear_cookies()
    found = []
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        found += violations(page)
        page.get_by_role("button", name="Send your answer").click()
        expect(page.get_by_role("alert")).to_contain_text("Select what you think of the draft")
        found += violations(page)
        page.get_by_label("It looks right").check()
        page.get_by_role("button", name="Send your answer").click()
        expect(page.get_by_role("alert")).to_contain_text("has your answer.")
        found += violations(page)
        assert fits(page)
    assert found == []
