"""Hostile words in a real browser, with no policy to stop it: the cleaner and the templates alone keep readers safe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from portal.markdown import render
from tests import factories as make
from tests.html_page import ATTRIBUTES, TAGS
from tests.test_hostile_text import POLYGLOTS, admin_paths, filled_world, public_pages, with_words
from tests.xss_addresses import ELSEWHERE, LIVE
from tests.xss_payloads import CARRIERS, payloads

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

HOST = "http://portal.example"
AT_ONCE = 700
PLANTED = """
window.heard = [];
window.ran = (...words) => { window.heard.push(["ran", ...words]); };
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => window.heard.push([name]);
document.addEventListener("securitypolicyviolation", (event) => window.heard.push(["policy", event.blockedURI]));
"""
# What a reader may do with a page, done to everything on it; then the page is written and read again.
TOUCH = """() => {
  const doings = ["click", "dblclick", "mouseover", "mouseenter", "pointerenter", "pointerdown", "focus", "focusin",
    "blur", "input", "change", "toggle", "submit", "load", "error", "animationstart", "transitionend", "beforematch",
    "wheel", "scroll", "keydown", "copy", "paste", "drag", "contextmenu", "begin", "end", "start"];
  const stay = (event) => { if (["click", "submit"].includes(event.type)) event.preventDefault(); };
  for (const doing of ["click", "submit"]) document.addEventListener(doing, stay, true);
  const touched = document.querySelectorAll("[data-text] *");
  for (const one of touched) for (const doing of doings) one.dispatchEvent(new Event(doing, {cancelable: true}));
  return touched.length;
}"""
AGAIN = """() => {
  for (let times = 0; times < 2; times += 1)
    for (const one of document.querySelectorAll("[data-text]")) one.innerHTML = one.innerHTML;
}"""
# The elements as the browser has them, not as anybody wrote them.
FOUND = """() => [...document.querySelectorAll("[data-text] *")].map((one) => [
  one.namespaceURI, one.localName, one.getAttributeNames(), one.protocol || "", one.id || "",
  one.closest("[data-text]").dataset.text,
])"""
WHOLE = """() => [
  window.heard, typeof document.cookie, typeof document.forms.length, window.location === document.location,
  typeof document.getElementById, document.body.localName, String(window.name), document.title,
]"""


@dataclass
class Watched:
    """A tab of a browser for which every request is answered here, and everything that it does is written down."""

    page: Page
    # By their addresses. The headers of the portal are left out: what a page holds must be safe without its policy.
    texts: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        url = route.request.url
        if not url.startswith(f"{HOST}/"):
            self.complaints.append(f"asked for {url}")
            route.abort()
            return
        path = url.removeprefix(HOST)
        if path in self.texts:
            route.fulfill(body=self.texts[path], content_type="text/html; charset=utf-8")
        elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/").partition("?")[0])):
            route.fulfill(path=str(found))
        elif path.startswith(("/media/", "/static/", "/favicon")):
            route.fulfill(status=204)
        else:
            route.fulfill(status=404)

    def open(self, path: str) -> None:
        self.page.goto(f"{HOST}{path}", wait_until="load")


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    found = Watched(page)
    page.add_init_script(PLANTED)
    page.route("**/*", found.answer)
    page.on("dialog", lambda dialog: (found.complaints.append(f"said {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: found.complaints.append(f"failed with {error}"))
    page.on("popup", lambda popup: found.complaints.append(f"opened {popup.url}"))
    page.on("download", lambda download: found.complaints.append(f"saved {download.url}"))
    page.on("console", lambda message: found.complaints.append(f"wrote {message.text}"))
    yield found
    context.close()


def nothing_ran(watched: Watched) -> None:
    heard, *rest, title = watched.page.evaluate(WHOLE)
    assert heard == []
    assert rest == ["string", "number", True, "function", "body", ""], "no element stands in the place of the browser's"
    assert title == "Texts"
    assert watched.complaints == []


def holding(texts: list[str]) -> str:
    """A page with the texts, each in a box of its own that is named by what was written."""
    return "".join(
        ["<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Texts</title><body>"]
        + [
            f'<div data-text="{escape(text)}">{render(text, name=str(number))}</div>'
            for number, text in enumerate(texts)
        ]
    )


def test_the_watch_sees_what_runs(watched):
    """Otherwise what follows would say nothing."""
    watched.texts["/live"] = f"<title>Texts</title><div data-text=x>{LIVE}<img src=//{ELSEWHERE}/x></div>"
    watched.open("/live")
    watched.page.wait_for_function("window.heard.length > 0")
    assert any(ELSEWHERE in complaint for complaint in watched.complaints)


@pytest.mark.parametrize("carrier", [CARRIERS[0], CARRIERS[6], CARRIERS[8]])
def test_nothing_in_a_text_runs_or_asks_elsewhere(watched, carrier):
    ids: set[str] = set()
    texts = [carrier.replace("{}", payload) for payload in payloads()]
    for start in range(0, len(texts), AT_ONCE):
        path = f"/texts/{start}"
        watched.texts[path] = holding(texts[start : start + AT_ONCE])
        watched.open(path)
        assert watched.page.evaluate(TOUCH) > 300
        for _ in range(2):
            for space, tag, attributes, protocol, found, text in watched.page.evaluate(FOUND):
                assert space == "http://www.w3.org/1999/xhtml", text
                assert tag in TAGS, (tag, text)
                assert set(attributes) <= ATTRIBUTES, (attributes, text)
                assert protocol in {"", "http:", "https:", "mailto:", "tel:"}, (protocol, text)
                assert not found or found.startswith(("section-", "note-")), (found, text)
                ids.add(found)
            watched.page.evaluate(AGAIN)
            watched.page.evaluate(TOUCH)
        watched.page.wait_for_timeout(100)  # what is put off for a moment runs within it
        nothing_ran(watched)
    assert len(ids) > 5


def nothing_ran_but_what_the_page_has(watched: Watched, path: str, words: str) -> None:
    """Its own scripts may write to the console that an address of theirs is not answered here."""
    watched.open(path)
    assert watched.page.evaluate("window.heard") == [], (path, words)
    assert [one for one in watched.complaints if not one.startswith("wrote")] == [], (path, words)


@pytest.mark.parametrize("who", ["reader", "staff"])
def test_nothing_in_a_plain_field_runs_on_any_page(watched, who):
    world, client = filled_world(), Client()
    paths = public_pages(world)
    if who == "staff":
        client.force_login(make.StaffFactory(username="reader", is_superuser=True))
        paths = [path for path in admin_paths() if "/change" in path]
    for words in POLYGLOTS[:2]:
        with_words(words)
        watched.texts = {path: client.get(path).text for path in [*paths, "/admin/jsi18n/"]}
        for path in paths:
            nothing_ran_but_what_the_page_has(watched, path, words)


@pytest.mark.parametrize("path", ["/search/", "/projects/", "/contact/ask/"])
def test_nothing_in_an_address_runs(watched, path):
    for words in [*POLYGLOTS, *payloads()[::150]]:
        watched.texts = {path: Client().get(path, {"q": words, "about": words}).text}
        nothing_ran_but_what_the_page_has(watched, path, words)
