"""A nurse in Wales asks whether she can apply; and staff say who can, with a keyboard and without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

COHORTS = "/admin/fellowship/cohort/"
MAKE = """
import datetime as dt
from django.contrib.auth.models import Group
from django.utils import timezone
from fellowship.grids import PAIRS, Grid, Said, Verdict, write
from fellowship.models import Cohort
from portal import search
from portal.models import User
for name in ("ada", "ben"):
    user, made = User.objects.get_or_create(username=name + "-of-cohorts", is_staff=True)
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name="Editor")])
now = timezone.now()
for number, days in ((87, 30), (88, 400)):
    cohort, made = Cohort.objects.get_or_create(
        number=number, status="published", published_at=now, how_to_apply="1. **Talk to your manager.**",
        starts_on=now.date() + dt.timedelta(days + 99), ends_on=now.date() + dt.timedelta(days + 400),
        opens_at=now + dt.timedelta(days), closes_at=now + dt.timedelta(days + 40),
    )
    search.index(cohort)
cohort = Cohort.objects.get(number=87)
said = {{pair: Said(Verdict.YES) for pair in PAIRS if pair.region != "wales"}}
said |= {{pair: Said(Verdict.NO, "Wales has places for doctors only.") for pair in PAIRS if pair.region == "wales"}}
said |= {{pair: Said(Verdict.YES) for pair in PAIRS if pair.region == "wales" and pair.profession == "doctor"}}
write(cohort, Grid(said))
"""


@pytest.fixture(scope="module")
def decided(portal: Portal) -> Portal:
    """The portal with a cohort whose funder has answered, one that is undecided, and two editors."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def has_no_violation(page: Page) -> None:
    assert violations(page) == []
    assert fits(page), "the page scrolls sideways"


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_a_nurse_in_wales_asks_whether_she_can_apply(decided: Portal, tab: Tab, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{decided.url}/fellowship/cohorts/87/")
    expect(page.get_by_role("table", name="Who can apply for cohort 87")).to_be_visible()
    expect(page.get_by_role("row", name="Wales")).to_contain_text("No (note 1)")
    expect(page.get_by_role("columnheader", include_hidden=True)).to_have_count(8)
    has_no_violation(page)

    page.get_by_label("Where you work").select_option("Wales")
    page.get_by_label("Your profession").select_option("Nurse")
    page.get_by_label("Your profession").press("Tab")
    page.keyboard.press("Enter")
    verdict = page.get_by_role("heading", name="No. Nurses who work in Wales cannot apply for cohort 87")
    expect(verdict).to_be_focused()
    expect(verdict).to_be_in_viewport()
    expect(page.get_by_text("Wales has places for doctors only.")).to_be_visible()
    expect(page.get_by_text("In Wales, doctors can apply.")).to_be_visible()
    assert page.url.endswith("/fellowship/cohorts/87/?region=wales&profession=nurse#answer")
    expect(page.get_by_label("Where you work")).to_have_value("wales")
    has_no_violation(page)

    page.get_by_role("link", name="Check if you can apply for cohort 88").click()
    expect(page.get_by_role("heading", name="Answer: Not decided yet.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Put the dates into your calendar").click()
    assert download.value.suggested_filename.endswith(".ics")
    has_no_violation(page)

    page.goto(f"{decided.url}/fellowship/cohorts/87/?profession=nurse#answer")
    expect(page.get_by_role("heading", name="Regions where nurses can apply for cohort 87")).to_be_focused()
    has_no_violation(page)
    assert page.context.cookies() == []
    assert tab.complaints == []


@every_look
def test_the_table_of_staff_is_accessible_and_scrolls_inside_itself(
    decided: Portal, tab: Tab, width: int, scheme: str
) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, decided, "ada-of-cohorts", COHORTS)
    page.get_by_role("link", name="Cohort 87").click()
    page.get_by_role("navigation", name="Who can apply").get_by_role("link", name="Who can apply…").click()
    expect(page.get_by_role("heading", level=1, name="Who can apply for cohort 87")).to_be_visible()
    expect(page.get_by_role("combobox", name="Wales, nurses", exact=True)).to_have_value("n1")
    assert tab.complaints == []
    has_no_violation(page)  # which writes styles into the page, and so is complained of
    page.get_by_label("Note 3").fill("For whom?")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="No answer has note 3.").click()
    expect(page.get_by_label("Note 3")).to_be_in_viewport()
    expect(page.get_by_label("Note 3")).to_have_value("For whom?")
    has_no_violation(page)


def test_two_editors_fill_in_the_table_without_a_script(decided: Portal, browser: Browser) -> None:
    pages = {}
    for name in ("ada", "ben"):
        context = browser.new_context(java_script_enabled=False)
        page = pages[name] = context.new_page()
        sign_in(page, decided, f"{name}-of-cohorts", COHORTS)
        page.get_by_role("link", name="Cohort 88").click()
        page.get_by_role("link", name="Who can apply…").click()
    ada, ben = pages["ada"], pages["ben"]

    ada.get_by_label("Whole row, Wales").select_option("No, note 1")
    ada.get_by_label("Whole column, nurses").select_option("Yes")
    ada.get_by_role("combobox", name="Wales, doctors", exact=True).select_option("Yes")
    ada.get_by_label("Note 1", exact=True).fill("The places are for doctors.")
    ada.get_by_role("button", name="Fill in rows and columns, save nothing yet").click()
    expect(ada.get_by_role("combobox", name="Wales, nurses", exact=True)).to_have_value("n1")
    expect(ada.get_by_role("combobox", name="London, nurses", exact=True)).to_have_value("y")
    expect(ada.get_by_role("combobox", name="Wales, doctors", exact=True)).to_have_value("y")
    ada.get_by_role("button", name="Save", exact=True).click()
    expect(ada.get_by_text("Cohort 88. Who can apply: 16 answers changed.")).to_be_visible()

    ben.get_by_role("combobox", name="Wales, nurses", exact=True).select_option("Yes")
    ben.get_by_role("button", name="Save", exact=True).click()
    expect(ben.get_by_role("heading", name="ada-of-cohorts saved this while you were writing")).to_be_visible()
    expect(ben.get_by_role("combobox", name="London, nurses", exact=True)).to_have_value("y")
    expect(ben.get_by_role("combobox", name="Wales, nurses", exact=True)).to_have_value("y")
    ben.get_by_role("button", name="Save", exact=True).click()
    expect(ben.get_by_text("Cohort 88. Who can apply: 1 answer changed.")).to_be_visible()
    ben.goto(f"{decided.url}/fellowship/cohorts/88/?region=wales&profession=nurse")
    expect(ben.get_by_role("heading", name="Yes. Nurses who work in Wales can apply for cohort 88")).to_be_visible()
    for page in pages.values():
        page.context.close()
