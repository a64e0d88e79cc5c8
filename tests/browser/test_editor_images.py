"""Images in a text: shown before they are placed, and never placed without a word on what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import every_look, violations
from tests.browser.conftest import Portal, Tab, sign_in
from tests.browser.test_editor import FORM
from tests.browser.test_writing import written

__all__ = ["written"]  # the fixture that makes the editor

pytestmark = pytest.mark.browser

QUESTION = "What does it show, for those who cannot see it?"
# As a drag from another window or a screenshot would: a canvas gives real PNGs.
HAND_OVER = """async (box, [event, number]) => {
  const data = new DataTransfer();
  for (let index = 0; index < number; index += 1) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    canvas.getContext("2d").fillRect(0, 0, 40, 40);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    data.items.add(new File([blob], `image-${index + 1}.png`, { type: "image/png" }));
  }
  const [Event, holder] = event === "drop" ? [DragEvent, "dataTransfer"] : [ClipboardEvent, "clipboardData"];
  box.dispatchEvent(new Event(event, { [holder]: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(written: Portal, tab: Tab) -> Iterator[Page]:
    """The form of a notice, opened by an editor. Nothing may reach the console."""
    sign_in(tab.page, written, "editor-of-texts", FORM)
    yield tab.page
    assert tab.complaints == []


@pytest.fixture
def uploads(page: Page) -> list[str]:
    """What is sent to be stored."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if request.url.endswith("/upload/") else None)
    return found


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def choose(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Image", exact=True).click()
    chooser.value.set_files(list(paths))


def test_a_pasted_image_is_shown_and_has_to_be_described(page: Page, uploads: list[str]) -> None:
    box = page.get_by_label("Message")
    box.fill("Before")
    box.focus()
    box.evaluate(HAND_OVER, ["paste", 1])
    expect(page.get_by_role("dialog", name="Describe the image", exact=True)).to_be_visible()
    shown = dialog(page).locator("img")
    expect(shown).to_have_attribute("src", re.compile("^blob:"))
    expect(shown).to_have_js_property("naturalWidth", 40)
    words = dialog(page).get_by_label(QUESTION)
    expect(words).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_text("Say what the image shows, or tick that it only decorates.")).to_be_visible()
    expect(words).to_be_focused()
    assert uploads == []
    page.keyboard.type("A chart [draft]")
    dialog(page).get_by_role("button", name="Place the image").click()
    expect(dialog(page)).to_have_count(0)
    expect(box).to_be_focused()
    code = r"!\[A chart \\\[draft\\\]\]\(/media/markdown/[0-9a-f]+-40x40\.webp\)"
    expect(box).to_have_value(re.compile(rf"^Before\n\n{code}$"))
    expect(page.get_by_role("group", name="Preview").get_by_role("img", name="A chart [draft]")).to_be_visible()
    assert len(uploads) == 1
    box.press("Control+z")
    expect(box).to_have_value("Before")


def test_a_dropped_image_may_only_decorate(page: Page) -> None:
    box = page.get_by_label("Message")
    box.evaluate(HAND_OVER, ["drop", 1])
    words = dialog(page).get_by_label(QUESTION)
    words.fill("Perhaps")
    dialog(page).get_by_label("It only decorates").check()
    expect(words).to_be_disabled()
    dialog(page).get_by_role("button", name="Place the image").click()
    expect(box).to_have_value(re.compile(r"^!\[decorative\]\(/media/markdown/[0-9a-f]+-40x40\.webp\)$"))
    shown = page.get_by_role("group", name="Preview").locator("img")
    expect(shown).to_have_attribute("alt", "")
    page.locator("#id_title").focus()
    expect(page.locator(".app-editor__count")).to_be_empty()


def test_an_image_that_is_left_out_leaves_nothing_behind(page: Page, uploads: list[str]) -> None:
    box = page.get_by_label("Message")
    box.fill("Before")
    box.evaluate(HAND_OVER, ["drop", 1])
    dialog(page).get_by_role("button", name="Leave it out").click()
    expect(dialog(page)).to_have_count(0)
    box.focus()
    box.evaluate(HAND_OVER, ["paste", 1])
    dialog(page).get_by_label(QUESTION).fill("A chart")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(box).to_be_focused()
    expect(box).to_have_value("Before")
    assert uploads == []


def test_several_images_are_asked_about_one_after_the_other(page: Page) -> None:
    box = page.get_by_label("Message")
    box.evaluate(HAND_OVER, ["drop", 3])
    for number, words in [(1, "First"), (2, ""), (3, "Third")]:
        one = page.get_by_role("dialog", name=f"Describe the image ({number} of 3)")
        expect(one.get_by_text(f"image-{number}.png")).to_be_visible()
        one.get_by_label(QUESTION).fill(words)
        one.get_by_role("button", name="Place the image" if words else "Leave it out").click()
    image = r"\(/media/markdown/[0-9a-f]+-40x40\.webp\)"
    expect(box).to_have_value(re.compile(rf"^!\[First\]{image}\n\n!\[Third\]{image}$"))


def test_what_went_wrong_is_said_in_the_dialog_and_no_word_is_lost(page: Page, tab: Tab, tmp_path: Path) -> None:
    (tmp_path / "evil.png").write_bytes(b"<svg onload='alert(1)'/>")
    box = page.get_by_label("Message")
    box.fill("My text")
    choose(page, tmp_path / "evil.png")
    expect(dialog(page).get_by_text("evil.png cannot be shown here.")).to_be_visible()
    words = dialog(page).get_by_label(QUESTION)
    words.fill("A chart")
    place = dialog(page).get_by_role("button", name="Place the image")
    place.click()
    expect(dialog(page).get_by_text("This is not a JPEG, PNG or WebP image.")).to_be_visible()
    page.route("**/upload/", lambda route: route.abort())
    place.click()
    expect(dialog(page).get_by_text("The image could not be uploaded. Try again.")).to_be_visible()
    page.unroute("**/upload/")
    page.route("**/upload/", lambda route: route.fulfill(status=403, content_type="text/html", body="<h1>No</h1>"))
    place.click()
    expect(dialog(page).get_by_text("You may be signed out.")).to_be_visible()
    page.unroute("**/upload/")
    expect(words).to_have_value("A chart")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Image", exact=True)).to_be_focused()
    expect(box).to_have_value("My text")
    tab.complaints.clear()  # a browser reports every refusal


def test_a_second_click_uploads_nothing_twice(page: Page, tmp_path: Path, uploads: list[str]) -> None:
    Image.new("RGB", (1600, 800), "navy").save(tmp_path / "chart.png")
    choose(page, tmp_path / "chart.png")
    dialog(page).get_by_label(QUESTION).fill("A chart")
    dialog(page).get_by_role("button", name="Place the image").dblclick()
    expect(page.get_by_label("Message")).to_have_value(re.compile(r"^!\[A chart\]\(\S+-1600x800\.webp\)$"))
    assert len(uploads) == 1


@every_look
def test_the_dialog_of_an_image_has_no_violation(page: Page, tab: Tab, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.get_by_label("Message").evaluate(HAND_OVER, ["drop", 1])
    dialog(page).get_by_role("button", name="Place the image").click()
    expect(dialog(page).get_by_text("Say what the image shows")).to_be_visible()
    # At 200 %, a window has half its width.
    for wide in (width, width // 2):
        page.set_viewport_size({"width": wide, "height": 700})
        assert page.evaluate("document.querySelector('.app-dialog').scrollWidth <= innerWidth")
        assert tab.complaints == []
        assert violations(page, ".app-dialog") == []
        tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
