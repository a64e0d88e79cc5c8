"""A clinician reads of the next cohort: the dates to keep, a question that a link opens, a document to save."""

from __future__ import annotations

import re
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in
from tests.document_factories import PDF

pytestmark = pytest.mark.browser

MAKE = """
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from fellowship.models import Cohort, Document, KeyDate, Programme
from portal.models import User
user, _ = User.objects.get_or_create(username="publisher-of-documents", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Publisher")])
cohort = Cohort.objects.get(number=4)
for precision in KeyDate.Precision:
    KeyDate.objects.create(cohort=cohort, label=f"Step {{precision}}", date=cohort.starts_on, precision=precision)
for page in ({{"cohort": cohort}}, {{"programme": Programme.objects.get()}}):
    Document.objects.create(title="Role description", file=ContentFile({pdf!r}, "x.pdf"), **page)
"""
PAGES = ["/fellowship/", "/fellowship/cohorts/4/", "/fellowship/cohorts/3/", "/fellowship/cohorts/1/"]


@pytest.fixture(scope="module")
def with_documents(portal: Portal) -> Portal:
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, pdf=PDF))
    return portal


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_fellowship_has_no_violation(with_documents: Portal, tab: Tab, path: str, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{with_documents.url}{path}")
    for block in page.locator("details").all():
        block.locator("summary").click()
    assert tab.complaints == []
    assert violations(page) == []
    assert fits(page)
    tab.complaints.clear()


def test_a_clinician_keeps_the_dates_and_saves_a_document(with_documents: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{with_documents.url}/fellowship/cohorts/1/")
    page.get_by_role("navigation", name="Fellowship").get_by_role("link", name="How to apply").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cohort 4")
    expect(page.get_by_role("heading", name="How to apply")).to_be_in_viewport()

    with page.expect_download() as saved:
        page.get_by_role("link", name="Add key dates to your calendar").click()
    assert saved.value.suggested_filename == "fellowship-cohort-4-dates.ics"
    events = icalendar.Calendar.from_ical(Path(saved.value.path()).read_bytes()).walk("VEVENT")
    words = {str(event["summary"]).partition(":")[0] for event in events}
    assert {"Deadline", "Step day", "Step week"} <= words
    assert not words & {"Step early", "Step mid", "Step late", "Step month", "Step approximate"}

    with page.expect_download() as saved:
        page.get_by_role("link", name="Role description").click()
    assert saved.value.suggested_filename == "role-description.pdf"
    assert Path(saved.value.path()).read_bytes() == PDF
    assert page.context.cookies() == []
    assert tab.complaints == []


def test_a_link_opens_its_question_by_the_server_and_by_the_fragment(with_documents: Portal, tab: Tab) -> None:
    page = tab.page
    page.goto(f"{with_documents.url}/search/?q=written+code")
    page.get_by_role("link", name="Can I apply if I have never written code?").click()
    expect(page).to_have_url(re.compile(r"/fellowship/\?question=([\w-]+)#question-\1$"))
    opened = page.locator("details[open]")
    expect(opened).to_have_count(1)
    expect(opened.locator("summary")).to_be_in_viewport()
    own = opened.get_by_role("link", name="Link to this question")
    fragment = (own.get_attribute("href") or "").partition("#")[2]

    page.goto("about:blank")
    page.goto(f"{with_documents.url}/fellowship/#{fragment}")
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.locator("details[open] summary")).to_be_in_viewport()
    assert tab.complaints == []


def test_a_publisher_is_told_what_is_no_pdf_and_adds_one(with_documents: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, with_documents, "publisher-of-documents", "/admin/fellowship/cohort/")
    page.get_by_role("link", name="Cohort 4", exact=True).click()
    page.get_by_role("button", name="Add another Document").click()
    page.locator("#documents-group input[name$=title]:not([name*=__prefix__])").last.fill("Person specification")
    page.locator("#documents-group input[type=file]:not([name*=__prefix__])").last.set_input_files(
        {"name": "role.pdf", "mimeType": "application/pdf", "buffer": b"<html>" + PDF}
    )
    page.get_by_role("button", name="Save and continue editing").first.click()
    expect(page.get_by_text("This is not a PDF.")).to_be_visible()
    for width in (768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page, "#documents-group") == []
        tab.complaints.clear()
    again = page.locator("#documents-group input[value='Person specification']")
    expect(again).to_have_count(1)
    page.locator("#documents-group input[type=file]:not([name*=__prefix__])").last.set_input_files(
        {"name": "role.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="Save and continue editing").first.click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.goto(f"{with_documents.url}/fellowship/cohorts/4/")
    expect(page.get_by_role("link", name="Person specification")).to_be_visible()
