"""What the three readers come to do, done as they would do it."""

from __future__ import annotations

import csv
import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Tab, sign_in

pytestmark = pytest.mark.browser


def test_a_student_finds_an_open_project_on_text(portal: Portal, tab: Tab) -> None:
    """On a phone: from the home page to a brief that says until when to apply, and how."""
    page = tab.page
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(portal.url)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("open for applications until")
    page.get_by_role("link", name=re.compile("^See the 19 open projects")).click()

    page.get_by_text("Filter projects", exact=True).first.click()
    page.get_by_label("Natural language processing").check()
    page.get_by_label(re.compile(r"^Text \(")).check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_role("heading", level=2, name="3 projects")).to_be_visible()
    expect(page).to_have_title(re.compile("Natural language processing.*3 projects"))
    expect(page.get_by_role("link", name="Remove filter: Text")).to_be_visible()

    page.get_by_role("link", name=re.compile("^Evaluating NER-focussed")).click()
    facts = page.get_by_role("complementary")
    expect(facts).to_contain_text("Open")
    expect(facts).to_contain_text("GOSH DRIVE")
    expect(page.get_by_role("heading", name=re.compile("^Applications are open until 11:59pm on"))).to_be_visible()
    page.get_by_role("link", name="How to apply").click()
    expect(page.get_by_role("heading", name="How to apply")).to_be_in_viewport()
    assert not tab.complaints


def test_a_student_is_not_led_to_apply_for_a_paused_project(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{portal.url}/synthetic-data-exploration-text/")
    expect(page).to_have_url(f"{portal.url}/projects/synthetic-data-exploration-text/")
    expect(page.get_by_role("heading", name="This project is paused")).to_be_visible()
    page.locator(".app-closed").get_by_role("link").first.click()
    expect(page.get_by_role("complementary")).to_contain_text("Open")


def test_a_student_who_finds_nothing_is_led_on(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{portal.url}/projects/?status=open&area=geospatial")
    expect(page.get_by_role("heading", name="No projects match these filters")).to_be_visible()
    page.get_by_role("link", name=re.compile("^remove Open and see 1 project")).click()
    expect(page.get_by_role("heading", level=2, name="1 project")).to_be_visible()
    expect(page.get_by_role("link", name="Remove filter: Geospatial")).to_be_visible()
    assert not tab.complaints


def test_a_student_looks_up_a_term_and_sees_its_projects(portal: Portal, tab: Tab) -> None:
    """On a phone, by the keyboard's links alone."""
    page = tab.page
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{portal.url}/projects/")
    page.get_by_role("link", name="What the terms mean").click()
    page.get_by_role("link", name="Types of data").first.click()
    expect(page.get_by_role("heading", name="Types of data")).to_be_in_viewport()
    page.get_by_role("link", name="Tabular").click()
    expect(page).to_have_url(f"{portal.url}/projects/?modality=tabular")
    expect(page.get_by_role("link", name="Remove filter: Tabular")).to_be_visible()
    assert not tab.complaints


def test_a_deadline_goes_into_a_calendar_and_a_list_into_a_file(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(portal.url)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Add the deadline to your calendar").click()
    calendar = saved.value.path().read_text()
    assert calendar.startswith("BEGIN:VCALENDAR")
    assert calendar.count("BEGIN:VEVENT") == calendar.count("BEGIN:VALARM") == 1

    page.goto(f"{portal.url}/projects/?status=open&modality=text")
    listed = page.locator(".app-result__title").all_inner_texts()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV of this list").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [row["title"] for row in rows] == listed
    assert {row["accepting_applications"] for row in rows} == {"true"}
    page.get_by_role("link", name="JSON of this list").click()
    assert [project["title"] for project in json.loads(page.inner_text("pre"))["projects"]] == listed


def test_a_clinician_finds_when_applications_open(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{portal.url}/fellowship.html")
    expect(page).to_have_url(f"{portal.url}/fellowship/")
    expect(page.get_by_role("heading", name=re.compile(r"applications.*open (at|on) ", re.IGNORECASE))).to_be_visible()
    page.get_by_role("link", name=re.compile("^Cohort 4")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cohort 4")
    expect(page.locator("main")).to_contain_text("Announced")
    expect(page.get_by_role("heading", name="Key dates")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Applications open")
    assert not tab.complaints


def test_an_editor_writes_previews_and_publishes_a_brief(portal: Portal, tab: Tab) -> None:
    page = tab.page
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, portal, portal.name, "/admin/")
    page.goto(f"{portal.url}/admin/projects/project/add/")
    page.get_by_label("Title").fill("Waiting times in plain words")
    page.locator("#id_summary").fill("Explain waiting times to the people who wait.")
    page.locator("#id_area").locator("xpath=following-sibling::span").click()
    page.keyboard.type("Natural")
    page.get_by_role("option", name="Natural language processing").click()
    need = page.locator("#id_need")
    need.fill("## Why\n\n- letters that **nobody** understands\n- phone calls that need not be")
    preview = page.locator(".field-need .app-prose")
    expect(preview.get_by_role("listitem").first).to_contain_text("letters that nobody understands")

    need.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "id_need", "the Tab key is trapped"

    page.get_by_role("button", name="Save and continue editing").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert preview_of(page) == published(page, portal, "waiting-times-in-plain-words", status=404)

    page.goto(f"{portal.url}/projects/waiting-times-in-plain-words/")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("not public")

    page.goto(f"{portal.url}/admin/projects/project/?q=waiting")
    page.locator("input.action-select").check()
    page.locator("select[name=action]").select_option(label="Open…")
    page.locator("button[name=index]").click()
    expect(page.locator("#content")).to_contain_text("becomes public at once")
    page.get_by_role("button", name="Open 1 project").click()
    expect(page.locator(".messagelist")).to_contain_text("moved to Open")
    published(page, portal, "waiting-times-in-plain-words", status=200)
    assert not [complaint for complaint in tab.complaints if "404" not in complaint]


def preview_of(page: Page) -> str:
    """What the editor shows beside the text."""
    page.locator("#id_need").scroll_into_view_if_needed()
    preview = page.locator(".field-need .app-prose")
    expect(preview).not_to_be_empty()
    return str(preview.inner_text())


def published(page: Page, portal: Portal, slug: str, *, status: int) -> str:
    """The first section of a brief as its page shows it, after seeing that the public gets ``status``."""
    address = f"{portal.url}/projects/{slug}/"
    browser = page.context.browser
    assert browser is not None
    public = browser.new_context()
    response = public.request.get(address)
    assert response.status == status
    public.close()
    staff = page.context.new_page()
    staff.goto(address)
    text = str(staff.locator(".app-brief .app-prose").first.inner_text())
    staff.close()
    return text
