"""A copy of the site as files, served by nothing but a server of files: with JavaScript and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Portal, Tab

pytestmark = pytest.mark.browser

PLACE = "/team/site/"  # a copy often lives below a path
# Those that differ from the pages of the site itself.
DIFFERENT = [
    "",
    "404.html",
    "projects/",
    "projects/area/simulation/",
    "projects/status/open/",
    "projects/data/",
    "projects/propose/",
    "contact/ask/",
    "contact/report/",
    "search/",
    "search/?q=synthetic",
    "fellowship/",
    "fellowship/cohorts/4/",
]
COMBINATIONS = [
    [("status", "open")],
    [("status", "open"), ("area", "natural-language-processing"), ("modality", "text")],
    [("status", "open"), ("status", "paused"), ("modality", "tabular")],
    [("area", "simulation"), ("area", "synthetic-data")],
    [("status", "archived"), ("technique", "named-entity-recognition")],  # no results
]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def copy(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a copy of the portal."""
    root = tmp_path_factory.mktemp("files")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}{PLACE}"
        portal.manage("export_site", str(root / Path(PLACE).relative_to("/")), "--base", address)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


def titles(page: Page) -> list[str]:
    return page.locator("#results .app-result__title").all_inner_texts()


def counts(page: Page) -> dict[str, str]:
    """How many each box says that it would give."""
    labels = page.locator(".app-facet label").all()
    return {label.get_attribute("for") or "": " ".join((label.text_content() or "").split()) for label in labels}


def open_list(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#filters[data-ready]").wait_for(state="attached")


@pytest.mark.parametrize("choice", COMBINATIONS)
def test_the_script_finds_what_the_finder_finds(
    portal: Portal, copy: str, tab: Tab, choice: list[tuple[str, str]]
) -> None:
    query = "&".join(f"{facet}={value}" for facet, value in choice)
    tab.page.goto(f"{portal.url}/projects/?{query}")
    expected = titles(tab.page), counts(tab.page), tab.page.locator(".app-results__bar h2").inner_text()
    open_list(tab.page, f"{copy}projects/")
    for facet, value in choice:
        box = tab.page.locator(f"#{facet}-{value}")
        if not box.is_visible():
            box.locator("xpath=ancestor::details[1]/summary").click()
        box.focus()
        tab.page.keyboard.press("Space")
    status = tab.page.get_by_role("status")
    expect(status).to_have_text(expected[2])
    expect(tab.page.locator("#results .app-result__title")).to_have_count(len(expected[0]))
    assert (titles(tab.page), counts(tab.page)) == expected[:2]
    assert {*tab.page.url.partition("?")[2].split("&")} == {*query.split("&")}
    # Whoever is sent the address sees the same, and a link of a row leads to its page.
    address = tab.page.url
    open_list(tab.page, address)
    expect(status).to_have_text(expected[2])
    if expected[0]:
        tab.page.locator("#results .app-result a").first.click()
        expect(tab.page.locator("h1")).to_contain_text(expected[0][0])
    assert tab.complaints == []


def test_a_filter_is_taken_away_again(copy: str, tab: Tab) -> None:
    open_list(tab.page, f"{copy}projects/area/simulation/?")
    assert tab.page.locator("#area-simulation").is_checked()
    tab.page.locator("#status-open").check()
    tab.page.get_by_role("link", name="Remove filter: Simulation").click()
    expect(tab.page.locator(".app-chip")).to_have_count(1)
    assert tab.page.url == f"{copy}projects/?status=open"
    tab.page.get_by_role("link", name="Clear filters").click()
    expect(tab.page.get_by_role("status")).to_have_text("38 projects")
    assert tab.page.url == f"{copy}projects/"
    assert tab.page.evaluate("document.activeElement.id") == "results"


def test_the_search_looks_in_titles_and_summaries(copy: str, tab: Tab) -> None:
    tab.page.goto(f"{copy}search/")
    tab.page.get_by_label("Search titles and summaries").fill("SYNTHETIC dat")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("status")).to_contain_text("for ‘SYNTHETIC dat’")
    shown = tab.page.locator("#everything li:visible").all_inner_texts()
    assert shown
    assert all("synthetic" in text.lower() for text in shown)
    assert tab.page.url.endswith("search/?q=SYNTHETIC+dat")
    tab.page.get_by_label("Search titles and summaries").fill("xyzzy")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("status")).to_contain_text("0 results")
    assert tab.complaints == []


def test_without_javascript_there_are_links_in_place_of_boxes(browser: Browser, copy: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{copy}projects/")
    page.locator("#filters").get_by_role("link", name="Simulation").click()
    assert page.url == f"{copy}projects/area/simulation/"
    assert page.locator(".app-results__bar h2").inner_text() == f"{len(titles(page))} projects"
    page.goto(f"{copy}search/")
    assert page.get_by_role("textbox").count() == 0
    assert page.get_by_text("your browser has to run JavaScript").is_visible()
    assert page.locator("#everything li").count() > 40
    page.goto(f"{copy}projects.html")
    page.wait_for_url(f"{copy}projects/")
    context.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_that_differs_has_an_accessibility_fault(copy: str, tab: Tab, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    faults = []
    for address in DIFFERENT:
        tab.page.goto(copy + address)
        if tab.page.locator("#filters").count():
            tab.page.locator("#filters[data-ready]").wait_for(state="attached")
        faults += [f"{address}: {fault}" for fault in violations(tab.page)]
        if tab.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{address}: wider than {width}")
    assert faults + tab.complaints == []
