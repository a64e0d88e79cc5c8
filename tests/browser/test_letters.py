"""A student fills in an email template: on a phone, by keyboard, on paper and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.accessibility import fits, violations
from tests.browser.conftest import Portal, Tab

pytestmark = pytest.mark.browser

ADDRESS = "/articles/find-a-project/"
LETTER = """Dear _____ (title and surname),

My name is _____ (your name) and I am a _____ (your role or course) at _____ (hospital or university).

I can give _____ (number) hours each week until _____ (month) to a project that uses data to improve care. I have \
already finished _____ (one piece of work), which taught me to _____ (skill).

Do you know of a team with a question they have not had time to look at? I would be glad to talk for 15 minutes.

Thank you,

_____ (your name and phone number)"""
WORDS = {
    "title and surname": "Dr Amina O’Brien & co",
    "your name": "Sam",
    "your role or course": "medical student",
    "hospital or university": "St Elsewhere’s",
    "number": "4",
    "month": "June",
    "one piece of work": "an audit of 400 discharge letters that went to the wrong practice and came back",
    "skill": "ask first",
    "your name and phone number": "Sam, 01632 960 000",
}


def filled(words: dict[str, str]) -> str:
    text = LETTER
    for name, said in words.items():
        text = text.replace(f"_____ ({name})", said)
    return text


@pytest.fixture
def phone(tab: Tab) -> Tab:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.set_viewport_size({"width": 375, "height": 812})
    return tab


@pytest.fixture
def plain_tab(browser: Browser) -> Iterator[Tab]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Tab(context.new_page(), [])
    context.close()


def first_letter(page: Page) -> Locator:
    return page.get_by_role("group", name="Text to fill in").first


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def mailed(letter: Locator) -> str:
    """What the mail program would be handed."""
    address = letter.get_by_role("link", name="Open this text in your email program").get_attribute("href")
    assert address
    assert len(address) <= 2_000
    return parse_qs(urlsplit(address).query, strict_parsing=True)["body"][0].replace("\r\n", "\n")


def fill(letter: Locator, words: dict[str, str]) -> None:
    for name, said in words.items():
        letter.get_by_label(name, exact=True).fill(said)


def copy_by_hand(page: Page, letter: Locator) -> str:
    """As with a sweep of the finger from the first word of the box to the last."""
    letter.evaluate("element => getSelection().selectAllChildren(element)")
    page.keyboard.press("Control+c")
    page.wait_for_timeout(100)
    return clipboard(page)


def test_a_student_fills_in_an_email_copies_it_and_mails_it(portal: Portal, phone: Tab) -> None:
    page = phone.page
    page.goto(portal.url + ADDRESS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    letter, other = first_letter(page), page.get_by_role("group", name="Text to fill in").nth(1)
    untouched = mailed(other)
    fill(letter, WORDS)
    letter.get_by_role("button", name="Copy").click()
    expect(letter.get_by_role("status")).to_have_text("Copied")
    assert clipboard(page) == filled(WORDS)
    assert mailed(letter) == filled(WORDS)
    assert copy_by_hand(page, letter) == filled(WORDS)
    assert mailed(other) == untouched
    expect(letter).to_contain_text("What you type stays on this page.")
    assert not [url for url in asked if "/icon." not in url], "nothing leaves the page"
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length].join()") == ",0,0"
    assert not phone.complaints


def test_what_is_not_filled_in_keeps_its_blank_and_its_name(portal: Portal, phone: Tab) -> None:
    page = phone.page
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    assert mailed(letter) == LETTER
    some = {"your name": "Sam"}
    fill(letter, some | {"skill": "   "})
    letter.get_by_role("button", name="Copy").click()
    expect(letter.get_by_role("status")).to_have_text("Copied")
    assert clipboard(page) == mailed(letter) == filled(some)
    letter.get_by_label("your name", exact=True).fill("Sam B")
    expect(letter.get_by_role("status")).to_be_empty()


def test_clear_brings_the_blanks_back(portal: Portal, phone: Tab) -> None:
    page = phone.page
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    clear = letter.get_by_role("button", name="Clear")
    expect(clear).to_be_hidden()
    fill(letter, WORDS)
    clear.click()
    expect(letter.get_by_label("title and surname")).to_be_focused()
    expect(letter.get_by_role("status")).to_have_text("Cleared")
    expect(clear).to_be_hidden()
    assert mailed(letter) == copy_by_hand(page, letter) == LETTER


def test_the_keyboard_goes_from_blank_to_blank_to_the_buttons(portal: Portal, phone: Tab) -> None:
    page = phone.page
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    letter.get_by_role("textbox").first.focus()
    for said in WORDS.values():
        page.keyboard.type(said)
        page.keyboard.press("Tab")
    expect(letter.get_by_role("button", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(letter.get_by_role("status")).to_have_text("Copied")
    assert clipboard(page) == filled(WORDS)
    page.keyboard.press("Tab")
    expect(letter.get_by_role("link")).to_be_focused()
    page.keyboard.press("Tab")
    expect(letter.get_by_role("button", name="Clear")).to_be_focused()


def test_a_text_that_has_grown_too_long_for_a_mail_program_offers_no_link(portal: Portal, phone: Tab) -> None:
    page = phone.page
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    link = letter.get_by_role("link", name="Open this text in your email program")
    letter.get_by_label("skill").fill("x" * 2_000)
    expect(link).to_be_hidden()
    letter.get_by_label("skill").fill("ask")
    expect(link).to_be_visible()
    assert "to ask." in mailed(letter)


def test_where_the_clipboard_is_refused_it_says_so(portal: Portal, tab: Tab) -> None:
    tab.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    tab.page.goto(portal.url + ADDRESS)
    letter = first_letter(tab.page)
    letter.get_by_role("button", name="Copy").click()
    expect(letter.get_by_role("status")).to_have_text("Not copied. Select the text and copy it.")


def test_where_there_is_no_clipboard_there_is_no_button(portal: Portal, tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })")
    tab.page.goto(portal.url + ADDRESS)
    letter = first_letter(tab.page)
    expect(letter.get_by_role("textbox")).to_have_count(len(WORDS))
    expect(letter.get_by_role("button", name="Copy")).to_have_count(0)
    assert not tab.complaints


def test_a_blank_that_nothing_names_is_called_by_its_number_and_the_words_around_it(portal: Portal, tab: Tab) -> None:
    def without_names(route: Route) -> None:
        response = route.fetch()
        body = re.sub(r'<span class="app-blank-name">[^<]*</span>', "", response.text())
        route.fulfill(response=response, body=body)

    tab.page.route(f"**{ADDRESS}", without_names)
    tab.page.goto(portal.url + ADDRESS)
    fields = first_letter(tab.page).get_by_role("textbox")
    names = [field.get_attribute("aria-label") for field in fields.all()]
    assert names[0] == "Blank 1 of 9, after “Dear”"
    assert names[4] == "Blank 5 of 9, after “I can give”"
    assert names[8] == "Blank 9 of 9"
    fields.first.fill("you")
    assert mailed(first_letter(tab.page)).startswith("Dear you,\n\nMy name is _____ and")
    assert not violations(tab.page)
    assert not tab.complaints


def test_paper_has_the_words_and_no_controls(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    fill(letter, WORDS)
    page.emulate_media(media="print")
    assert letter.inner_text().strip() == filled(WORDS)
    for hidden in (".app-letter__field", ".app-letter__foot", ".app-contents", ".app-related", ".nhsuk-footer"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.app-blank--behind')).fontSize") != "0px"


def test_without_a_script_it_selects_as_plain_text_and_can_be_mailed(portal: Portal, plain_tab: Tab, tab: Tab) -> None:
    page = plain_tab.page
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(portal.url + ADDRESS)
    letter = first_letter(page)
    assert mailed(letter) == LETTER
    expect(letter.get_by_role("textbox")).to_have_count(0)
    expect(letter.get_by_role("button")).to_have_count(0)
    assert letter.locator(".app-template").inner_text().strip() == LETTER
    # A page without its script, in a browser that can tell what was copied.
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.route("**/*.js", lambda route: route.abort())
    tab.page.goto(portal.url + ADDRESS)
    assert copy_by_hand(tab.page, first_letter(tab.page)) == LETTER


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_a_letter_that_is_filled_in_is_accessible_and_no_wider_than_the_page(
    portal: Portal, tab: Tab, width: int
) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(portal.url + ADDRESS)
    fill(first_letter(page), WORDS)
    first_letter(page).get_by_role("button", name="Clear").focus()
    assert not violations(tab.page)
    assert fits(page)
    names = [page.get_by_role("textbox").nth(n).get_attribute("aria-label") for n in range(len(WORDS))]
    assert names == list(WORDS)
    for box in page.get_by_role("textbox").all():
        size = box.bounding_box()
        assert size
        assert size["height"] >= 24, "WCAG 2.2, 2.5.8"
    assert not tab.complaints
