"""The Markdown editor as somebody uses it who writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Portal, Tab

pytestmark = pytest.mark.browser

FORM = "/admin/portal/notice/add/"
TEXT = "## First\n\n- a [place](#first)\n- b\n\n> Dear ____,\n\n| a | b |\n|---|--:|\n| c | 1 |\n\n```\ncode\n```"


@pytest.fixture
def page(portal: Portal, tab: Tab) -> Iterator[Page]:
    """The form of a notice, opened by somebody who has signed in. Nothing may reach the console."""
    tab.page.goto(f"{portal.url}/admin/login/?next={FORM}")
    tab.page.get_by_label("Username").fill(portal.name)
    tab.page.get_by_label("Password").fill(portal.password)
    tab.page.get_by_role("button", name="Log in").click()
    tab.page.wait_for_url(f"**{FORM}")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_editor_has_no_accessibility_violation(page: Page, tab: Tab, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("Message").fill(TEXT)
    expect(page.get_by_role("group", name="Preview").locator("table")).to_be_visible()
    box, preview = page.get_by_label("Message").bounding_box(), page.locator(".app-editor__preview").bounding_box()
    assert box
    assert preview
    # Beside the text where there is room, below it where there is none.
    assert (preview["y"] == box["y"]) == (width == 1280)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert tab.complaints == []
    violations = Axe().run(page, context=".app-editor").response["violations"]
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
    tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses


def test_the_tab_key_leaves_the_text(page: Page) -> None:
    box = page.get_by_label("Message")
    box.fill("a")
    box.press("Tab")
    assert focused(page) == "app-editor__preview"
    page.keyboard.press("Tab")
    assert focused(page) == "app-editor__image"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "app-editor__text"
    expect(box).to_have_value("a")


def test_an_image_is_put_into_the_text_with_its_description_to_write(page: Page, tmp_path: Path) -> None:
    Image.new("RGB", (3000, 1500), "navy").save(tmp_path / "chart.png")
    box = page.get_by_label("Message")
    box.fill("Before")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add an image").click()
    chooser.value.set_files(tmp_path / "chart.png")
    expect(page.get_by_role("status").filter(has_text="Now describe it")).to_be_visible()
    page.keyboard.type("A chart")
    expect(box).to_have_value(re.compile(r"^Before\n\n!\[A chart\]\(/media/markdown/[0-9a-f]+-1600x800\.webp\)$"))
    expect(page.get_by_role("group", name="Preview").get_by_role("img", name="A chart")).to_be_visible()


def test_an_image_can_be_dropped_or_pasted(page: Page) -> None:
    box = page.get_by_label("Message")
    for event, holder in [("drop", "dataTransfer"), ("paste", "clipboardData")]:
        box.fill("")
        # A canvas gives a real PNG, as a drag from another window or a screenshot would.
        box.evaluate(
            """async (box, [event, holder]) => {
              const canvas = document.createElement("canvas");
              canvas.width = canvas.height = 40;
              canvas.getContext("2d").fillRect(0, 0, 40, 40);
              const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
              const data = new DataTransfer();
              data.items.add(new File([blob], "image.png", { type: "image/png" }));
              const Event = event === "drop" ? DragEvent : ClipboardEvent;
              box.dispatchEvent(new Event(event, { [holder]: data, bubbles: true, cancelable: true }));
            }""",
            [event, holder],
        )
        expect(box).to_have_value(re.compile(r"^!\[Describe this image\]\(/media/markdown/[0-9a-f]+-40x40\.webp\)$"))


def test_an_error_page_is_never_shown_as_a_preview(page: Page, tab: Tab, tmp_path: Path) -> None:
    box, preview = page.get_by_label("Message"), page.get_by_role("group", name="Preview")
    status = page.locator(".app-editor__status")
    box.fill("First words")
    expect(preview).to_have_text("First words")
    answers: list[tuple[dict[str, Any], str]] = [
        ({"status": 500, "content_type": "text/html", "body": "<h1>Server error</h1>"}, "could not be loaded"),
        ({"status": 200, "content_type": "text/html", "body": "<h1>Sign in</h1>"}, "could not be loaded"),
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
    (tmp_path / "evil.png").write_bytes(b"<svg onload='alert(1)'/>")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add an image").click()
    chooser.value.set_files(tmp_path / "evil.png")
    expect(status).to_have_text("This is not a JPEG, PNG or WebP image.")
    expect(box).to_have_value("Last words")
    tab.complaints.clear()  # a browser reports every refusal


def test_an_editor_in_a_row_that_is_added_later_starts_too(page: Page) -> None:
    # As the admin's script for rows does it: a copy of a hidden row, then an event on it.
    page.evaluate(
        """() => {
          const row = document.createElement("div");
          row.id = "added";
          row.append(document.querySelector(".app-editor").cloneNode(true));
          row.querySelector(".app-editor__preview").replaceChildren();
          document.querySelector("#notice_form").append(row);
          row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
        }"""
    )
    row = page.locator("#added")
    row.locator("textarea").fill("A *later* row")
    expect(row.locator(".app-editor__preview em")).to_have_text("later")
