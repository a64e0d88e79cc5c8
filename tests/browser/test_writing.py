"""Writing with the toolbar and the keyboard, as an editor does who uses no mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import every_look, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

FORM = "/admin/projects/project/add/"
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
user, made = User.objects.get_or_create(username="editor-of-texts", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Editor")])
"""


@pytest.fixture(scope="module")
def written(portal: Portal) -> Portal:
    """The portal with somebody in the role Editor."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


@pytest.fixture
def page(written: Portal, tab: Tab) -> Iterator[Page]:
    """The form of a new project, opened by an editor. Nothing may reach the console."""
    sign_in(tab.page, written, "editor-of-texts", FORM)
    yield tab.page
    assert tab.complaints == []


def need(page: Page) -> Locator:
    return page.locator("#id_need")


def tool(page: Page, name: str) -> Locator:
    return page.locator(".field-need").get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def use(page: Page, name: str, text: str, start: int, end: int) -> str:
    """What a button makes of a text of which a part is selected, with that part in ‹ › afterwards."""
    box = need(page)
    box.fill(text)
    box.evaluate("(box, [start, end]) => box.setSelectionRange(start, end)", [start, end])
    tool(page, name).click()
    expect(box).to_be_focused()
    return str(
        box.evaluate(
            """({ value, selectionStart: start, selectionEnd: end }) =>
            start === end
              ? `${value.slice(0, start)}|${value.slice(end)}`
              : `${value.slice(0, start)}‹${value.slice(start, end)}›${value.slice(end)}`"""
        )
    )


def test_a_whole_brief_is_written_with_the_keyboard_alone(page: Page, tab: Tab) -> None:
    box, keys = need(page), page.keyboard
    page.locator("#id_title").focus()
    keys.type("A brief by keyboard")
    for _ in range(60):
        keys.press("Tab")
        if page.evaluate("document.activeElement.closest('.field-need [role=toolbar]') !== null"):
            break
    expect(tool(page, "Heading")).to_be_focused()
    keys.press("Enter")
    keys.type("Why it matters")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("Notes are ")
    keys.press("Control+b")
    keys.type("long")
    keys.press("Control+b")
    keys.type(". See ")
    keys.press("Control+k")
    dialog = page.get_by_role("dialog", name="Add a link")
    expect(dialog.get_by_label("Words of the link")).to_be_focused()
    keys.press("Enter")
    expect(dialog.get_by_text("Write the words that readers see.")).to_be_visible()
    expect(dialog.get_by_text("Write the address that the link leads to.")).to_be_visible()
    keys.type("click here")
    keys.press("Tab")
    keys.type("www.nhs.example/notes")
    keys.press("Enter")
    expect(dialog.get_by_text("does not say where it leads")).to_be_visible()
    expect(dialog.get_by_label("Words of the link")).to_be_focused()
    keys.press("Control+a")
    keys.type("the study of notes")
    keys.press("Enter")
    expect(dialog).to_have_count(0)
    expect(box).to_be_focused()
    keys.type(".")
    keys.press("Enter")
    keys.press("Shift+Tab")
    # One stop for the whole toolbar, where the keyboard left it, and arrows inside.
    expect(tool(page, "Heading")).to_be_focused()
    keys.press("ArrowLeft")
    expect(tool(page, "Line")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("End")
    expect(tool(page, "Line")).to_be_focused()
    keys.press("Home")
    for _ in range(4):
        keys.press("ArrowRight")
    expect(tool(page, "Bulleted list")).to_be_focused()
    keys.press("Space")
    keys.type("one")
    keys.press("Enter")
    keys.type("two")
    keys.press("Shift+ArrowUp")
    keys.press("Shift+Tab")
    expect(tool(page, "Bulleted list")).to_be_focused()
    keys.press("Space")
    text = (
        "## Why it matters\n\nNotes are **long**. See [the study of notes](https://www.nhs.example/notes).\n\n"
        "- one\n- two"
    )
    expect(box).to_have_value(text)
    page.locator("#id_title").press("Enter")
    expect(page.get_by_text("was added successfully")).to_be_visible()


def test_the_browsers_own_undo_takes_each_button_back(page: Page) -> None:
    box = need(page)
    box.press_sequentially("One")
    steps = ["One"]
    for name in ["Bulleted list", "Bold", "Heading", "Table", "Quotation", "Note"]:
        tool(page, name).click()
        steps.append(box.input_value())
    assert len(set(steps)) == len(steps)
    for before in reversed(steps[:-1]):
        box.press("Control+z")
        expect(box).to_have_value(before)
    box.press("Control+Shift+z")
    expect(box).to_have_value(steps[1])


CASES: list[tuple[str, str, int, int, str]] = [
    ("Heading", "", 0, 0, "## |"),
    ("Heading", "Aims", 0, 0, "## Aims|"),
    ("Heading", "a\nAims\nb", 3, 3, "a\n\n## Aims|\n\nb"),
    ("Heading", "## Aims", 4, 4, "Aims|"),
    ("Heading", "- Aims", 3, 3, "## Aims|"),
    ("Heading", "### a\n\nAims", 9, 9, "### a\n\n### Aims|"),
    ("Heading", "```\n# code\n```\n\nAims", 18, 18, "```\n# code\n```\n\n## Aims|"),
    ("Smaller heading", "### a\n\nAims", 9, 9, "### a\n\n#### Aims|"),
    ("Smaller heading", "## a\n\n## Aims", 10, 10, "## a\n\n### Aims|"),
    ("Bulleted list", "a\n\nb\nc", 0, 6, "‹- a\n\n- b\n- c›"),
    ("Bulleted list", "- a\n\n- b\n- c", 0, 12, "‹a\n\nb\nc›"),
    ("Bulleted list", "1. a\n2. b", 0, 9, "‹- a\n- b›"),
    ("Bulleted list", "- a\nb", 5, 5, "- a\n- b|"),
    ("Bulleted list", "a\nb\n", 0, 2, "‹- a›\n\nb\n"),
    ("Numbered list", "a\nb", 0, 3, "‹1. a\n2. b›"),
    ("Numbered list", "1. a\n2. b", 0, 9, "‹a\nb›"),
    ("Bold", "a word b", 4, 4, "a **wo|rd** b"),
    ("Bold", "a word b", 2, 6, "a **‹word›** b"),
    ("Bold", "a **word** b", 4, 8, "a ‹word› b"),
    ("Bold", "a **two words** b", 6, 6, "a tw|o words b"),
    ("Bold", "a word b", 1, 7, "a **‹word›** b"),
    ("Bold", "a **word** b", 8, 8, "a **word**| b"),
    ("Bold", "a ", 2, 2, "a **|**"),
    ("Bold", "a ****", 4, 4, "a |"),
    ("Bold", "- a\n- b", 0, 7, "‹- **a**\n- **b**›"),
    ("Bold", "- **a**\n- **b**", 0, 15, "‹- a\n- b›"),
    ("Code", "a b", 0, 1, "`‹a›` b"),
    ("Code", "a\nb", 0, 3, "‹```\na\nb\n```›"),
    ("Code", "```\na\n```", 0, 9, "‹a›"),
    ("Quotation", "a\n\nb", 0, 4, "‹> a\n>\n> b›"),
    ("Quotation", "> a\n>\n> b", 0, 9, "‹a\n\nb›"),
    ("Text to fill in", "", 0, 0, "> Dear ‹____›,\n>\n> I am writing about ____."),
    ("Text to fill in", "Hello.", 0, 6, "> Hello.\n>\n> ‹____›"),
    ("Text to fill in", "> Dear you", 7, 10, "> Dear ____|"),
    ("Table", "a", 1, 1, "a\n\n| ‹Heading› | Heading |\n| --- | --- |\n| Text | Text |"),
    ("Table", "a\tb|c\n1\n", 0, 8, "‹| a | b\\|c |\n| --- | --- |\n| 1 |  |›\n"),
    ("Expander", "", 0, 0, "<details><summary>‹What opens›</summary>\n\nText\n\n</details>"),
    ("Expander", "a\n\nb", 0, 4, "<details><summary>‹What opens›</summary>\n\na\n\nb\n\n</details>"),
    ("Expander", "<details><summary>x</summary>\n\na\n\n</details>", 0, 45, "‹a›"),
    ("Note", "One. Two", 4, 4, "One.[^1] Two\n\n[^1]: |"),
    ("Note", "One.[^1] Two\n\n[^1]: a", 12, 12, "One.[^1] Two[^2]\n\n[^1]: a\n[^2]: |"),
    ("Line", "a\nb", 0, 0, "a\n\n---|\n\nb"),
    ("Bulleted list", "\na", 0, 0, "- |\n\na"),
]


def test_each_button_does_what_it_says_and_takes_it_off_again(page: Page) -> None:
    found = [(name, text, use(page, name, text, start, end)) for name, text, start, end, _ in CASES]
    assert found == [(name, text, result) for name, text, _, _, result in CASES]


def test_what_is_selected_becomes_the_words_or_the_address(page: Page) -> None:
    box, dialog = need(page), page.get_by_role("dialog")
    words, address = dialog.get_by_label("Words of the link"), dialog.get_by_label("Address")
    box.fill("the register ")
    box.select_text()
    tool(page, "Link").click()
    expect(words).to_have_value("the register")
    expect(address).to_be_focused()
    address.fill("team@nhs.example")
    address.press("Enter")
    expect(box).to_have_value("[the register](mailto:team@nhs.example) ")

    # The link that the cursor is in is changed, and its words may have brackets.
    box.evaluate("box => box.setSelectionRange(5, 5)")
    tool(page, "Link").click()
    expect(page.get_by_role("dialog", name="Change the link")).to_be_visible()
    expect(address).to_have_value("mailto:team@nhs.example")
    words.fill("the [new] register")
    address.fill("/projects/a (b)/")
    dialog.get_by_role("button", name="Place the link").click()
    expect(box).to_have_value("[the \\[new\\] register](/projects/a%20%28b%29/) ")
    box.evaluate("box => box.setSelectionRange(5, 5)")
    tool(page, "Link").click()
    expect(words).to_have_value("the [new] register")
    address.fill("javascript:alert(1)")
    address.press("Enter")
    expect(dialog.get_by_text("leads nowhere")).to_be_visible()
    expect(address).to_be_focused()
    words.fill("here")
    address.fill("nhs.uk")
    address.press("Enter")
    expect(dialog.get_by_text("To keep these words, choose “Place the link” again.")).to_be_visible()
    words.press("Enter")
    expect(box).to_have_value("[here](https://nhs.uk) ")

    box.fill("https://www.nhs.uk/a")
    box.select_text()
    box.press("Control+k")
    expect(words).to_have_value("")
    expect(address).to_have_value("https://www.nhs.uk/a")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(box).to_be_focused()
    assert box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)") == "https://www.nhs.uk/a"
    expect(box).to_have_value("https://www.nhs.uk/a")
    tool(page, "Link").click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(tool(page, "Link")).to_be_focused()
    box.fill("")  # so that leaving asks nothing


def test_a_link_is_placed_although_its_words_cannot_be_checked(page: Page, tab: Tab) -> None:
    box = need(page)
    page.route("**/markdownify/", lambda route: route.abort())
    box.focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("how to apply")
    page.keyboard.press("Tab")
    page.keyboard.type("/apply/")
    page.keyboard.press("Enter")
    expect(box).to_have_value("[how to apply](/apply/)")
    page.unroute("**/markdownify/")
    box.fill("")
    tab.complaints.clear()  # a browser reports what it could not load


@every_look
def test_the_dialog_of_a_link_has_no_violation(page: Page, tab: Tab, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    need(page).focus()
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Add a link")
    dialog.get_by_role("button", name="Place the link").click()
    expect(dialog.get_by_text("Write the address that the link leads to.")).to_be_visible()
    assert tab.complaints == []
    assert violations(page, ".app-dialog") == []
    tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
