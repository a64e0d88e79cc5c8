"""The Markdown editor as somebody uses it who writes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import LOOKS, fits, violations
from tests.browser.conftest import Portal, Tab, sign_in

pytestmark = pytest.mark.browser

FORM = "/admin/portal/notice/add/"
TEXT = "## First\n\n- a [place](#first)\n- b\n\n> Dear ____,\n\n| a | b |\n|---|--:|\n| c | 1 |\n\n```\ncode\n```"


@pytest.fixture
def page(portal: Portal, tab: Tab) -> Iterator[Page]:
    """The form of a notice, opened by somebody who has signed in. Nothing may reach the console."""
    sign_in(tab.page, portal, portal.name, FORM)
    yield tab.page
    assert tab.complaints == []


def focused(page: Page) -> str:
    return str(page.locator(":focus").get_attribute("class"))


def test_the_preview_follows_what_is_written(page: Page) -> None:
    box, preview = page.get_by_label("Message"), page.get_by_role("group", name="Preview")
    expect(preview).to_contain_text("What you write shows here")
    box.press_sequentially("Hello *there*")
    expect(preview.locator("em")).to_have_text("there")
    box.fill(TEXT)
    expect(preview.get_by_role("heading", name="First")).to_be_visible()
    expect(preview.locator("blockquote.app-template .app-blank")).to_have_text("____")
    preview.get_by_role("link", name="place").click()
    assert page.url.endswith(FORM)
    expect(box).to_have_value(TEXT)


@pytest.mark.parametrize(("scheme", "width"), [("dark", 375), *LOOKS])
def test_the_editor_has_no_accessibility_violation(page: Page, tab: Tab, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("Message").fill(f"{TEXT}\n\n[here](/a/)")
    expect(page.get_by_role("group", name="Preview").locator("table")).to_be_visible()
    page.locator("#id_title").focus()
    expect(page.get_by_role("button", name="Line 16")).to_be_visible()
    box, preview = page.get_by_label("Message").bounding_box(), page.locator(".app-editor__preview").bounding_box()
    assert box
    assert preview
    # Beside the text where there is room, below it where there is none.
    assert (preview["y"] == box["y"]) == (width == 1280)
    assert fits(page)
    assert tab.complaints == []
    assert violations(page, ".app-editor") == []
    tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses


def test_the_tab_key_leaves_the_text(page: Page) -> None:
    box = page.get_by_label("Message")
    box.fill("[here](/a/)")
    expect(page.get_by_role("button", name="Line 1")).to_be_visible()
    box.press("Tab")
    assert focused(page) == "app-editor__preview"
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Preview").get_by_role("link", name="here")).to_be_focused()
    page.keyboard.press("Tab")
    assert focused(page) == "app-advice__line"
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert focused(page) == "app-editor__text"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "app-editor__tool"
    expect(box).to_have_value("[here](/a/)")


def test_advice_stands_below_the_preview_and_leads_to_its_line(page: Page) -> None:
    box, advice = page.get_by_label("Message"), page.get_by_role("group", name="Advice")
    count = advice.locator(".app-editor__count")
    lines = [f"Line {number}" for number in range(1, 60)]
    lines[41] = "See [here](/a/)."
    lines[50] = "www.nhs.example"
    box.fill("\n".join(lines))
    expect(count).to_have_text("Worth mending: 2 things")
    expect(count).to_have_attribute("role", "status")
    expect(advice.get_by_role("listitem")).to_contain_text(
        ["The link “here” does not say where it leads.", "The address “www.nhs.example” stands bare in the text."]
    )
    advice.get_by_role("button", name="Line 42").press("Enter")
    expect(box).to_be_focused()
    assert box.evaluate("box => box.value.slice(0, box.selectionStart).split('\\n').length") == 42
    assert box.evaluate("box => box.selectionStart === box.selectionEnd && box.scrollTop > 0")
    page.keyboard.press("End")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    box.fill("See [how to apply](/a/).")
    expect(count).to_have_text("Nothing is left to mend.")
    expect(advice.get_by_role("listitem")).to_have_count(0)


def test_advice_waits_until_the_writer_pauses(page: Page) -> None:
    box, preview = page.get_by_label("Message"), page.get_by_role("group", name="Preview")
    count = page.locator(".app-editor__count")
    page.clock.install(time=0)
    page.clock.pause_at(3_600_000)
    box.press_sequentially("## Aims")
    page.clock.run_for(500)
    expect(preview.get_by_role("heading", name="Aims")).to_be_visible()
    expect(count).to_be_empty()
    page.clock.run_for(1500)
    expect(count).to_have_text("Worth mending: 1 thing")
    box.press("Enter")
    box.press_sequentially("[here](/a/)")
    page.clock.run_for(500)
    expect(preview.get_by_role("link", name="here")).to_be_visible()
    expect(page.get_by_role("button", name="Line 1")).to_be_visible()
    page.locator("#id_title").focus()  # who leaves the box has paused
    expect(page.get_by_role("button", name="Line 2")).to_be_visible()
    expect(count).to_have_text("Worth mending: 1 thing")


def test_an_error_page_is_never_shown_as_a_preview(page: Page, tab: Tab) -> None:
    box, preview = page.get_by_label("Message"), page.get_by_role("group", name="Preview")
    status = page.locator(".app-editor__status")
    box.fill("First words")
    expect(preview).to_have_text("First words")
    answers: list[tuple[dict[str, Any], str]] = [
        ({"status": 500, "content_type": "text/html", "body": "<h1>Server error</h1>"}, "could not be loaded"),
        ({"status": 200, "content_type": "text/html", "body": "<h1>Sign in</h1>"}, "could not be loaded"),
        ({"status": 200, "content_type": "text/html", "body": '<div class="app-prose"></div><b>x</b>'}, "could not be"),
        ({"status": 403, "content_type": "text/html", "body": "<h1>Forbidden</h1>"}, "may be signed out"),
        ({"status": 413, "content_type": "text/plain", "body": "The text is too long."}, "The text is too long."),
        ({"status": 302, "headers": {"Location": "/"}, "body": ""}, "could not be loaded"),
    ]
    for answer, words in answers:
        page.route("**/markdownify/", partial(Route.fulfill, **answer))
        box.press_sequentially("!")
        expect(status).to_contain_text(words)
        expect(preview).to_have_text("First words")
        page.unroute("**/markdownify/")
    box.fill("Last words")
    expect(preview).to_have_text("Last words")
    expect(status).to_be_empty()
    tab.complaints.clear()  # a browser reports every refusal


def test_an_editor_in_a_row_that_is_added_later_starts_too(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/admin/fellowship/questionsection/add/")
    rows = page.locator(".inline-related:not(.empty-form)")
    before = rows.count()
    page.get_by_role("button", name="Add another Question").or_(
        page.get_by_role("link", name="Add another Question")
    ).click()
    expect(rows).to_have_count(before + 1)
    row = rows.last
    box = row.locator("textarea")
    toolbar = row.get_by_role("toolbar", name="Formatting")
    assert toolbar.get_attribute("aria-controls") == box.get_attribute("id")
    assert "__prefix__" not in str(box.get_attribute("id"))
    box.fill("A later row")
    box.select_text()
    toolbar.get_by_role("button", name="Bold").click()
    expect(box).to_have_value("**A later row**")
    expect(row.locator(".app-editor__preview strong")).to_have_text("A later row")
    box.fill("[here](/a/)")
    expect(row.locator(".app-editor__count")).to_have_text("Worth mending: 1 thing")
    # The row that rows are copied from has not started.
    expect(page.locator(".empty-form [role=toolbar]")).to_have_attribute("hidden", "")
    page.goto("about:blank")
