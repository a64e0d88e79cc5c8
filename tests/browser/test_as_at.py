"""Staff look at the public site as it will be, go from page to page in it, and come back to now."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

PATH = "/admin/as-at/"
LINKS = "/admin/portal/checkedlink/"
MAKE = """
import datetime as dt
from django.contrib.auth.models import Group
from django.utils import timezone
from fellowship.models import Cohort
from portal.models import CheckedLink, User
user, made = User.objects.get_or_create(username="publisher-of-moments", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Publisher")])
today = timezone.localdate()
now = timezone.now()
Cohort.objects.get_or_create(
    number=77,
    starts_on=today + dt.timedelta(days=400),
    ends_on=today + dt.timedelta(days=700),
    opens_at=now + dt.timedelta(days=100),
    closes_at=now + dt.timedelta(days=150),
)
place = dict(kind="articles.article", id=1, title="Reading a confusion matrix", field="Body")
for number, state in enumerate(["dead", "unsure"]):
    CheckedLink.objects.get_or_create(
        address="https://a-host-with-a-long-name.example/and/a/long/path/that/goes/on/and/on/" + str(number),
        state=state, answer="404 Not Found", failing_since=now, checked_at=now, places=[place],
    )
"""


@pytest.fixture(scope="module")
def staffed(portal: Portal) -> Portal:
    """The portal with a publisher, a cohort that is not announced yet, and links that are dead."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def test_a_publisher_looks_at_a_cohort_before_it_is_announced(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "publisher-of-moments", "/admin/")
    page.get_by_role("link", name="See the site as at…").click()
    expect(page.get_by_role("heading", level=1, name="See the site as at a moment")).to_be_visible()
    page.get_by_label("Date").fill("2020-01-01")
    page.get_by_role("button", name="See the site as at this moment").click()
    expect(page.get_by_text("has passed. Pages can be shown as they will be")).to_be_visible()

    row = page.get_by_role("listitem").filter(has_text="Cohort 77: applications open (not public)")
    row.get_by_role("link").click()
    banner = page.get_by_role("region", name="As at another moment")
    expect(banner).to_contain_text("You see the site as it will be at")
    page.goto(f"{staffed.url}/fellowship/cohorts/77/")
    expect(page.get_by_text("Applications are open until")).to_be_visible()
    expect(page.get_by_role("region", name="Preview")).to_be_visible()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Fellowship").click()
    expect(banner).to_be_visible()
    expect(page.get_by_text("Cohort 77")).to_have_count(0)

    # By the keyboard alone, from the top of the page.
    page.goto(f"{staffed.url}/fellowship/cohorts/77/")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Back to now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(banner).to_have_count(0)
    assert page.url == f"{staffed.url}/fellowship/cohorts/77/"
    expect(page.get_by_text("Applications open at")).to_be_visible()
    assert tab.complaints == []


def test_another_moment_leads_back_to_the_same_page(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "publisher-of-moments", PATH)
    page.get_by_role("list").get_by_role("link").first.click()
    page.goto(f"{staffed.url}/projects/?status=open")
    page.get_by_role("link", name="Another moment").click()
    page.get_by_label("Date").fill("2029-01-01")
    page.get_by_label("Time").fill("09:00")
    page.get_by_role("button", name="See the site as at this moment").click()
    assert page.url == f"{staffed.url}/projects/?status=open"
    expect(page.get_by_text("9am on 1 January 2029")).to_be_visible()
    page.get_by_role("button", name="Back to now").click()
    assert tab.complaints == []


def violations_at(tab: Tab, widths: tuple[int, ...]) -> list[str]:
    found = []
    for width in widths:
        tab.page.set_viewport_size({"width": width, "height": 900})
        assert fits(tab.page), width
        found += violations(tab.page)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_choosing_a_moment_and_the_list_of_links_have_no_violation(staffed: Portal, tab: Tab, scheme: str) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, staffed, "publisher-of-moments", PATH)
    found = violations_at(tab, (375, 768, 1280))
    page.goto(f"{staffed.url}{PATH}?date=2020-01-01&time=09:00")
    found += violations_at(tab, (768, 1280))
    page.goto(f"{staffed.url}{PATH}?date=2029-01-01&time=09:00&next={PATH}")
    found += violations_at(tab, (768, 1280))
    page.goto(f"{staffed.url}{LINKS}")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    found += violations_at(tab, (768, 1280))
    page.locator("#result_list tbody th a").first.click()
    found += violations_at(tab, (768, 1280))
    assert found == []


def test_public_pages_as_at_a_moment_have_no_violation(staffed: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, staffed, "publisher-of-moments", PATH)
    page.get_by_role("list").get_by_role("link").first.click()
    found = violations_at(tab, (375, 1280))
    for path in ("/projects/", "/fellowship/", "/fellowship/cohorts/77/", "/articles/", "/no-such-page/"):
        page.goto(f"{staffed.url}{path}")
        found += violations_at(tab, (375, 1280))
    assert found == []
