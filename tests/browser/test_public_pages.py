"""Every public page in a browser: accessible, quiet under the policy headers, and never wider than a phone."""

from __future__ import annotations

import re
import urllib.request

import pytest

from tests.browser.accessibility import violations
from tests.browser.conftest import Portal, Tab

pytestmark = pytest.mark.browser

# What the sitemap leaves out, and each state that a page of it can be in.
MORE = [
    "/accessibility/",
    "/cookies/",
    "/privacy/",
    "/search/",
    "/search/?q=synthetic",
    "/search/?q=xyzzy",
    "/projects/?status=open&area=natural-language-processing&modality=text",
    "/projects/?status=archived&technique=named-entity-recognition",  # no results
    "/projects/data/",
    "/projects/synthetic-data-exploration-text/",
    "/projects/synthetic-data-exploration-vae/",
    "/projects/commercial-data-healthcare-predictions/",
    "/projects/granular-mapping/",
    "/projects/fairness-measures/",
]
NOT_FOUND = "/no-such-page/"


def addresses(portal: Portal) -> list[str]:
    """Every page in the sitemap, and those that are not for search engines."""
    sitemap = urllib.request.urlopen(f"{portal.url}/sitemap.xml").read().decode()  # noqa: S310
    found = [address.removeprefix(portal.url) for address in re.findall(r"<loc>([^<]+)</loc>", sitemap)]
    assert len(found) > 40, "The sitemap lacks pages, so the tests would look at nothing."
    return [*found, *MORE]


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_has_an_accessibility_fault_or_complains(portal: Portal, tab: Tab, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    faults = []
    for address in addresses(portal):
        response = tab.page.goto(portal.url + address)
        assert response is not None
        assert response.status == 200, address
        faults += violations(tab.page)
    assert not faults
    assert not tab.complaints


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_that_is_not_there_is_as_good(portal: Portal, tab: Tab, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    response = tab.page.goto(portal.url + NOT_FOUND)
    assert response is not None
    assert response.status == 404
    assert not violations(tab.page)
    assert all("404" in complaint for complaint in tab.complaints)


def test_no_page_scrolls_sideways_on_a_small_phone(portal: Portal, tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 320, "height": 640})
    wide = {}
    for address in addresses(portal):
        tab.page.goto(portal.url + address)
        beyond = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond:
            wide[address] = beyond
    assert not wide


def test_public_pages_ask_one_host_set_no_cookie_and_run_no_script_but_for_letters(portal: Portal, tab: Tab) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    for address in addresses(portal):
        asked.clear()
        tab.page.goto(portal.url + address)
        assert all(url.startswith((portal.url, "data:")) for url in asked), address
        has_letter = tab.page.locator(".app-letter").count() > 0
        scripts = [url for url in asked if url.endswith(".js")]
        assert len(scripts) == has_letter, (address, scripts)
        assert len([url for url in asked if not url.startswith("data:")]) <= 4, (address, asked)
    assert tab.page.context.cookies() == []


def test_the_keyboard_reaches_the_results_past_the_filters(portal: Portal, tab: Tab) -> None:
    tab.page.goto(f"{portal.url}/projects/")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to main content"
    tab.page.get_by_text("Skip to results").focus()
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.closest('#results') !== null")
