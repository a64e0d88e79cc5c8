"""Nothing that is being written gets lost: warned before leaving, kept by the browser, offered back, met by others."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.browser.accessibility import BUT_SIZE, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

ARTICLES = "/admin/articles/article/"
ADD = f"{ARTICLES}add/"
COHORTS = "/admin/fellowship/cohort/"
EDITOR, ANOTHER, PUBLISHER = "editor-of-texts", "another-of-texts", "publisher-of-texts"
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
for name, role in {people!r}.items():
    user, made = User.objects.get_or_create(username=name, is_staff=True)
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name=role)])
"""


@pytest.fixture(scope="module")
def staffed(portal: Portal) -> Portal:
    """The portal with two editors and a publisher."""
    people = {EDITOR: "Editor", ANOTHER: "Editor", PUBLISHER: "Publisher"}
    portal.manage("shell", "--no-imports", "-c", MAKE.format(people=people, password=PASSWORD))
    return portal


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def page(staffed: Portal, tab: Tab) -> Iterator[Page]:
    """The form of a new article, before an editor. Nothing may reach the console."""
    sign_in(tab.page, staffed, EDITOR, ADD)
    yield tab.page
    assert tab.complaints == []


@pytest.fixture
def another(staffed: Portal, browser: Browser) -> Iterator[Page]:
    """The list of articles, before another editor at a computer of their own."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    page = context.new_page()
    sign_in(page, staffed, ANOTHER, ARTICLES)
    yield page
    context.close()


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What the browser asked before it left; it is always told to leave."""
    found: list[str] = []

    def leave(dialog: Dialog) -> None:
        found.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    return found


def offer(page: Page) -> Locator:
    return page.get_by_role("region", name="You have text that was not saved")


def ready(page: Page) -> None:
    """The script has started once it could say what has changed."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(100)


def write(page: Page, title: str) -> None:
    ready(page)
    page.get_by_label("Title").fill(title)
    page.get_by_role("textbox", name="Body").fill(f"All about {title}.\n\nSecond paragraph.")
    page.wait_for_timeout(800)  # longer than the script waits after the last key


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue editing").last.click()
    page.wait_for_url(re.compile(r"/change/$"))
    ready(page)


def kept(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('unsaved:')).length"))


def test_leaving_asks_only_where_something_would_be_lost(page: Page, portal: Portal, asked: list[str]) -> None:
    ready(page)
    page.get_by_label("Title").click()
    page.goto(f"{portal.url}{ARTICLES}")
    assert asked == []
    page.goto(f"{portal.url}{ADD}")
    write(page, "Leaving")
    page.goto(f"{portal.url}{ARTICLES}")
    assert asked == ["beforeunload"]
    page.goto(f"{portal.url}{ADD}")
    offer(page).get_by_role("button", name="Restore").click()
    save(page)
    page.goto(f"{portal.url}{ARTICLES}")
    assert asked == ["beforeunload"], "neither saving nor what is saved asks"


def test_a_closed_lid_loses_nothing(page: Page, portal: Portal, asked: list[str]) -> None:
    write(page, "A lid")
    page.locator("#id_audience").select_option("host")
    page.wait_for_timeout(800)
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.goto(f"{portal.url}{ADD}")
    expect(offer(other)).to_contain_text(re.compile(r"from \d{1,2}:\d\d(am|pm)"))
    expect(other.get_by_label("Title")).to_have_value("")
    offer(other).get_by_role("button", name="Restore").click()
    expect(other.get_by_label("Title")).to_have_value("A lid")
    expect(other.get_by_role("textbox", name="Body")).to_have_value("All about A lid.\n\nSecond paragraph.")
    expect(other.get_by_role("group", name="Preview")).to_contain_text("All about A lid.")
    expect(other.locator("#id_audience")).to_have_value("host")
    expect(other.get_by_text("Nothing is saved yet.", exact=False).last).to_be_focused()
    save(other)
    assert kept(other) == 0
    other.goto(f"{portal.url}{ADD}")
    ready(other)
    expect(offer(other)).to_be_hidden()


def test_discarding_forgets(page: Page, portal: Portal, asked: list[str]) -> None:
    write(page, "Nothing worth")
    page.reload()
    offer(page).get_by_role("button", name="Discard").click()
    expect(offer(page)).to_be_hidden()
    assert kept(page) == 0
    page.reload()
    ready(page)
    expect(offer(page)).to_be_hidden()
    assert asked == ["beforeunload"]


def test_an_expired_session_loses_nothing(page: Page, portal: Portal, asked: list[str]) -> None:
    write(page, "A long lunch")
    save(page)
    form = page.url.removeprefix(portal.url)
    write(page, "A longer lunch")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save and continue editing").last.click()
    page.wait_for_url("**/admin/login/**")
    log_in(page, EDITOR)
    page.wait_for_url(f"**{form}")
    expect(page.get_by_label("Title")).to_have_value("A long lunch")
    offer(page).get_by_role("button", name="Restore").click()
    expect(page.get_by_label("Title")).to_have_value("A longer lunch")
    save(page)
    expect(page.get_by_label("Title")).to_have_value("A longer lunch")
    assert kept(page) == 0


def test_a_refused_form_stays_kept(page: Page, portal: Portal, asked: list[str]) -> None:
    write(page, "Refused")
    page.locator("#id_slug").fill("Not An Address!")
    page.get_by_role("button", name="Save and continue editing").last.click()
    expect(page.locator(".field-slug .errorlist")).to_contain_text("Enter a valid")
    ready(page)
    assert kept(page) == 1
    page.goto(f"{portal.url}{ADD}")
    assert asked == ["beforeunload"]
    expect(offer(page)).to_be_visible()
    offer(page).get_by_role("button", name="Discard").click()


def test_rows_and_terms_come_back(page: Page, portal: Portal, asked: list[str]) -> None:
    page.goto(f"{portal.url}{COHORTS}")
    page.locator("#result_list tbody th a").first.click()
    ready(page)
    rows = page.locator("#key_dates-group tbody tr.has_original")
    count = rows.count()
    page.locator("#key_dates-group .add-row a").click()
    page.locator(f"#id_key_dates-{count}-label").fill("A new row")
    page.locator(f"#id_key_dates-{count}-date").fill("01/05/2031")
    page.wait_for_timeout(800)
    page.reload()
    offer(page).get_by_role("button", name="Restore").click()
    expect(page.locator(f"#id_key_dates-{count}-label")).to_have_value("A new row")
    save(page)
    expect(rows).to_have_count(count + 1)
    # A choice that completes while one types.
    page.goto(f"{portal.url}{ADD}")
    ready(page)
    page.locator(".field-areas .select2-selection").click()
    page.locator(".select2-results__option[role=option]").first.click()
    chosen = page.locator("#id_areas option:checked").all_text_contents()
    page.wait_for_timeout(800)
    page.reload()
    offer(page).get_by_role("button", name="Restore").click()
    assert page.locator("#id_areas option:checked").all_text_contents() == chosen != []
    expect(page.locator(".field-areas .select2-selection__choice")).to_contain_text(chosen)
    page.evaluate("localStorage.clear()")


def test_the_second_editor_sees_both_texts_and_an_old_one_comes_back(
    page: Page, another: Page, tab: Tab, portal: Portal
) -> None:
    write(page, "Begun")
    save(page)
    another.goto(page.url)
    page.get_by_role("textbox", name="Body").fill("First editor.")
    page.get_by_label("What did you change?").fill("Put it shorter")
    save(page)
    ready(another)
    another.get_by_role("textbox", name="Body").fill("Second editor.")
    another.get_by_role("button", name="Save and continue editing").last.click()
    meeting = another.get_by_role("region", name=f"{EDITOR} saved this while you were writing")
    expect(meeting).to_contain_text("First editor.")
    expect(meeting).to_contain_text("Second editor.")
    expect(meeting).to_contain_text("Put it shorter")
    expect(another.get_by_role("textbox", name="Body")).to_have_value("Second editor.")
    is_well(another, ".meeting")
    save(another)
    another.get_by_role("link", name="History").click()
    expect(another.get_by_role("heading", name="History:")).to_be_visible()
    is_well(another)
    another.get_by_role("button", name="Compare the two chosen").click()
    expect(another.locator("del")).to_contain_text("First editor.")
    expect(another.locator("ins")).to_contain_text("Second editor.")
    is_well(another)
    another.get_by_role("link", name="Use this text").first.click()
    expect(another.get_by_role("heading", name="Nothing is saved yet")).to_be_visible()
    expect(another.get_by_role("textbox", name="Body")).to_have_value("First editor.")
    is_well(another, ".meeting")
    save(another)
    expect(another.get_by_role("link", name="Delete")).to_have_count(0)
    another.goto(f"{portal.url}{ARTICLES}")
    expect(another.get_by_role("link", name="Recover deleted")).to_have_count(0)


def test_a_publisher_brings_back_what_they_deleted(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, PUBLISHER, ADD)
    write(page, "Gone too soon")
    save(page)
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Publish…").click()
    page.get_by_role("button", name="Publish 1 article").click()
    expect(page.locator(".field-status_tag .status")).to_have_text("Published")
    page.get_by_role("link", name="Delete").last.click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    page.get_by_role("link", name="Recover deleted").click()
    assert tab.complaints == []
    is_well(page)
    page.get_by_role("link", name="Recover Gone too soon").first.click()
    expect(page.get_by_role("textbox", name="Body")).to_have_value("All about Gone too soon.\n\nSecond paragraph.")
    save(page)
    expect(page.locator(".field-status_tag .status")).to_have_text("Draft")
    response = page.request.get(f"{staffed.url}/articles/gone-too-soon/", headers={"Cookie": ""})
    assert response.status == 404, "readers do not see it until it is published again"


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_the_offer_is_accessible(page: Page, tab: Tab, portal: Portal, asked: list[str], width: int) -> None:
    write(page, "For everybody")
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    expect(offer(page)).to_be_visible()
    is_well(page, "#unsaved")
    offer(page).get_by_role("button", name="Discard").press("Enter")
    tab.complaints.clear()


def is_well(page: Page, part: str | None = None) -> None:
    """No accessibility violation and nothing sideways, light and dark. ``part`` leaves out the form of Django's own."""
    width = page.viewport_size["width"] if page.viewport_size else 1280
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for wide in {width, 768, 1280}:
            page.set_viewport_size({"width": wide, "height": 900})
            assert violations(page, part, BUT_SIZE) == []
            assert fits(page)
    page.emulate_media(color_scheme="light")
