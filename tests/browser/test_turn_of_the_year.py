"""A publisher turns the year: last year's cohort is copied, and twelve projects go to the next application round."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in
from tests.browser.test_moving import choose

pytestmark = pytest.mark.browser

COHORTS = "/admin/fellowship/cohort/"
PROJECTS = "/admin/projects/project/"
MAKE = """
import datetime as dt
from django.contrib.auth.models import Group
from django.utils import timezone
from portal import search
from portal.models import User
from projects.models import ApplicationRound, Area, Project
user, made = User.objects.get_or_create(username="publisher-of-the-year", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Publisher")])
now = timezone.now()
old = ApplicationRound.objects.create(name="The old year", opens_at=now - dt.timedelta(days=9))
ApplicationRound.objects.create(name="The new year", opens_at=now + dt.timedelta(days=200))
for number in range(12):
    project = Project.objects.create(
        title=f"Year {{number}}", slug=f"year-{{number}}", area=Area.objects.first(), round=old, status="open",
        published_at=now,
    )
    search.index(project)
"""


@pytest.fixture(scope="module")
def yearly(portal: Portal) -> Portal:
    """The portal with a publisher, and projects of a round that is to give way to the next."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def test_a_publisher_copies_last_years_cohort(yearly: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, yearly, "publisher-of-the-year", COHORTS)
    cohorts = page.locator("#result_list tbody th a")
    following = max(int(name.removeprefix("Cohort ")) for name in cohorts.all_inner_texts()) + 1
    page.get_by_role("link", name="Cohort 4", exact=True).click()
    original = page.url
    page.get_by_role("navigation", name="Copying").get_by_role("link", name="Copy as a draft…").click()
    expect(page.get_by_role("heading", level=1, name="Copy “Cohort 4” as a draft")).to_be_visible()
    expect(page.get_by_text("The copy is a draft: readers see nothing of it")).to_be_visible()
    assert page.get_by_label("Number").input_value() == str(following)
    begins = page.get_by_label("Starts on").input_value()
    page.get_by_label("Ends on").fill(begins)
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_text("Nothing is copied yet.")).to_be_visible()
    expect(page.get_by_text("A cohort must end after it starts.")).to_be_visible()
    page.get_by_label("Ends on").fill(f"{int(begins[:4]) + 1}{begins[4:]}")
    page.get_by_role("button", name="Make the draft").dblclick()
    expect(page.get_by_role("heading", level=2, name=f"Cohort {following}")).to_be_visible()
    expect(page.locator(".field-copies_in_words")).to_contain_text("by publisher-of-the-year")
    copy = page.url

    page.locator(".field-copies_in_words").get_by_role("link", name="Cohort 4").click()
    page.wait_for_url(original)
    expect(page.locator(".field-copies_in_words")).to_contain_text(f"Copied to: “Cohort {following}”")
    page.get_by_role("link", name="Copy as a draft…").click()
    expect(page.get_by_text("There is a copy already")).to_be_visible()
    expect(page.locator(".move__panel").first.get_by_role("listitem")).to_have_count(1)
    page.goto(copy)
    page.get_by_role("link", name="View on site").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Cohort {following}")
    page.context.clear_cookies()
    response = page.goto(page.url)
    assert response
    assert response.status == 404, "readers see nothing of it"
    assert [one for one in tab.complaints if "404" not in one] == []


def test_a_publisher_pauses_twelve_projects_and_rolls_them_forward(yearly: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, yearly, "publisher-of-the-year", f"{PROJECTS}?q=Year")
    choose(page, "Roll forward…", 12)
    expect(page.get_by_role("heading", level=1, name="Roll 12 projects forward")).to_be_visible()
    expect(page.get_by_text("12 projects stop accepting applications today.")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"**{PROJECTS}?q=Year")

    choose(page, "Pause…", 12)
    page.get_by_label("Public reason").fill("The year is over.")
    page.get_by_role("button", name="Pause 12 projects").click()
    page.get_by_role("link", name="Roll these 12 forward to another round…").click()
    expect(page.get_by_text("12 projects stay paused. Readers see the round when somebody opens them.")).to_be_visible()
    page.get_by_label("Open the paused ones. Drafts stay drafts.").check()
    page.get_by_role("button", name="Show what changes").click()
    expect(
        page.get_by_text("12 projects cannot be applied for now. Their pages say “Applications open")
    ).to_be_visible()
    page.get_by_role("button", name="Roll 12 projects forward to The new year").click()
    expect(page.get_by_text("12 projects rolled forward to The new year. 12 moved to Open.")).to_be_visible()
    assert page.url.endswith(f"{PROJECTS}?q=Year"), "back in the list as it was"
    page.goto(f"{yearly.url}/projects/year-11/")
    expect(page.get_by_text("Applications open at").first).to_be_visible()
    assert tab.complaints == []


def has_violations(page: Page, tab: Tab, part: str | None = None) -> list[str]:
    assert tab.complaints == []
    found = violations(page, part)
    tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
    return found


@every_look
def test_the_pages_of_the_turn_have_no_violation(yearly: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, yearly, "publisher-of-the-year", PROJECTS)
    keys = page.locator("#result_list input.action-select").evaluate_all("all => all.map(one => one.value)")
    page.goto(f"{yearly.url}{COHORTS}")
    cohort = page.locator("#result_list tbody th a").last.get_attribute("href") or ""
    rolling = f"{PROJECTS}roll-forward/?ids={'.'.join(keys)}"
    sendable = [cohort.replace("/change/", "/copy/"), f"{PROJECTS}{keys[0]}/copy/", f"{rolling}&becomes=pause"]
    found = []
    for path in [*sendable, rolling, f"{rolling}&becomes=publish", f"{rolling}&round=0&becomes=x"]:
        for sent in (False, True) if path in sendable else (False,):
            page.goto(f"{yearly.url}{path}")
            if sent:
                for words in page.locator(".move form[method=post] :is(textarea, input[type=date])").all():
                    words.fill("")
                for number in page.locator("#id_number").all():
                    number.fill("1")
                page.locator(".move form[method=post] .default").click()
                expect(page.locator(".errornote")).to_be_visible()
            for narrow in (375, width):
                page.set_viewport_size({"width": narrow, "height": 900})
                assert fits(page)
            found += has_violations(page, tab)
    page.goto(f"{yearly.url}{cohort}")
    found += has_violations(page, tab, "nav[aria-label=Copying]")
    found += has_violations(page, tab, ".field-copies_in_words")
    assert found == []
