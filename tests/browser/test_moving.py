"""Changing a status as a publisher does it, in words before the act; and what an editor finds in its place."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import BUT_SIZE, every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

PROJECTS = "/admin/projects/project/"
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
for name in ("Editor", "Publisher"):
    user, made = User.objects.get_or_create(username=name.lower() + "-of-moves", is_staff=True)
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name=name)])
"""


@pytest.fixture(scope="module")
def staffed(portal: Portal) -> Portal:
    """The portal with a person in each role."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def choose(page: Page, act: str, number: int) -> None:
    """Tick the first so many rows of the list, and choose an action for them."""
    boxes = page.locator("#result_list input.action-select")
    for row in range(number):
        boxes.nth(row).check()
    page.locator("select[name=action]").first.select_option(label=act)
    page.locator("button[name=index]").first.click()


def titles(page: Page) -> list[str]:
    return page.locator(".move table td:first-child").all_inner_texts()


def test_a_publisher_pauses_several_projects_and_readers_see_why(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    accepting = f"{PROJECTS}?accepting=yes"
    sign_in(page, staffed, "publisher-of-moves", accepting)
    choose(page, "Pause…", 2)
    expect(page.get_by_role("heading", level=1, name="Pause 2 projects")).to_be_visible()
    expect(page.get_by_text("2 projects stop accepting applications today.")).to_be_visible()
    expect(page.get_by_text("2 projects leave the list of open projects, its feeds and the calendar.")).to_be_visible()
    chosen = titles(page)
    page.get_by_role("button", name="Pause 2 projects").click()
    expect(page.get_by_text("Nothing has moved yet.")).to_be_visible()
    page.get_by_label("Public reason").fill("We are waiting for the data.")
    page.get_by_label("Private note").fill("Ask the trust in May.")
    page.get_by_role("button", name="Pause 2 projects").click()
    expect(page.get_by_text("2 projects moved to Paused.")).to_be_visible()
    assert page.url.endswith(accepting), "back in the list as it was"
    page.goto(f"{staffed.url}/projects/?status=paused")
    page.get_by_role("link", name=chosen[0], exact=True).click()
    expect(page.get_by_text("Why: We are waiting for the data.")).to_be_visible()
    history = page.get_by_role("region", name="History of this project")
    expect(history.get_by_role("listitem").first).to_contain_text("Paused. We are waiting for the data.")
    assert "Ask the trust in May." not in page.content()
    assert tab.complaints == []


def test_a_publisher_completes_a_project_with_its_outputs_from_its_page(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "publisher-of-moves", f"{PROJECTS}?status__exact=open")
    page.locator("#result_list tbody th a").last.click()
    address = page.url
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Complete…").click()
    page.get_by_role("link", name="Cancel").click()
    assert page.url == address
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Complete…").click()
    page.get_by_role("button", name="Complete 1 project").click()
    expect(page.get_by_text("Add at least one output, or say why there are none.")).to_be_visible()
    first = page.get_by_role("group", name="1 of 2 (optional)")
    first.get_by_label("Kind").select_option(label="Code")
    first.get_by_label("State").select_option(label="Published")
    first.get_by_label("Address").fill("https://example.org/the-code")
    page.get_by_role("button", name="Complete 1 project").click()
    expect(page.get_by_text("moved to Completed.")).to_be_visible()
    assert page.url == address, "back on the page of the project"
    expect(page.locator(".field-history_of_status")).to_contain_text("Open → Completed, by publisher-of-moves")
    page.get_by_role("link", name="View on site").click()
    expect(page.locator("a[href='https://example.org/the-code']")).to_be_visible()
    assert tab.complaints == []


def test_an_editor_is_offered_no_move(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "editor-of-moves", PROJECTS)
    offered = page.locator("select[name=action] option").all_inner_texts()
    assert [label for label in offered if label[-1] == "…"] == ["Submit for publishing…"]
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Status")).to_have_count(0)
    key = page.url.split("/")[-3]
    response = page.goto(f"{staffed.url}{PROJECTS}move/paused/?ids={key}")
    assert response
    assert response.status == 403


@every_look
def test_the_page_of_a_move_has_no_accessibility_violation(staffed: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, staffed, "publisher-of-moves", PROJECTS)
    everything = ".".join(
        page.locator("#result_list input.action-select").evaluate_all("all => all.map(one => one.value)")
    )
    one = everything.split(".")[0]
    found = []
    for status, keys in [("paused", everything), ("completed", everything), ("completed", one), ("archived", one)]:
        for sent in (False, True):
            page.goto(f"{staffed.url}{PROJECTS}move/{status}/?ids={keys}")
            if sent and page.locator(".submit-row .default").count():
                page.locator(".submit-row .default").click()
                expect(page.get_by_text("Nothing has moved yet.")).to_be_visible()
            for narrow in (375, width):
                page.set_viewport_size({"width": narrow, "height": 900})
                assert fits(page)
            assert tab.complaints == []
            found += [(status, sent, one) for one in violations(page, rules=BUT_SIZE)]
            tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
    assert found == []
