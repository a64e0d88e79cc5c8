"""An organisation proposes a project, and staff make it a draft; readers write about a page. Nobody gets a cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

INBOX = "/admin/portal/message/"
TITLE = "Which letters can a model code on its own?"
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
user, made = User.objects.get_or_create(username="editor-of-inbox", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Editor")])
"""
SENT = """
from portal.models import Message
from projects.models import Proposal
failed = {"acknowledgement": "failed", "announcement": "failed", "email": "a@b.example"}
Message.objects.get_or_create(token="axe", defaults={"kind": "question", "text": "Sample question " * 40, **failed})
Proposal.objects.get_or_create(
    token="axe-too", defaults={"kind": "proposal", "title": "Sample idea", "person": "student", **failed}
)
"""


@pytest.fixture(scope="module")
def staffed(portal: Portal) -> Portal:
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


@pytest.fixture(scope="module")
def written_to(staffed: Portal) -> Portal:
    """The portal with a question and a proposal whose emails could not be sent."""
    staffed.manage("shell", "--no-imports", "-c", SENT)
    return staffed


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """Somebody without JavaScript, on a phone."""
    context = browser.new_context(locale="en-GB", java_script_enabled=False, viewport={"width": 375, "height": 812})
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def fill_in(page: Page) -> None:
    page.get_by_label("From an organisation that could host or supervise").check()
    page.get_by_label("Your name").fill("Sample Proposer")
    page.get_by_label("Email address").fill("sample@trust.example")
    page.get_by_label("Title of the project").fill(TITLE)
    page.get_by_label("What problem would it help with?").fill("Coding of letters is slow.\n\nIt takes weeks.")
    page.get_by_label("Area").select_option("Natural language processing")
    page.get_by_label("Text", exact=True).check()


def test_an_organisation_proposes_a_project_and_staff_make_it_a_draft(staffed: Portal, reader: Page, tab: Tab) -> None:
    reader.goto(f"{staffed.url}/projects/")
    reader.get_by_role("link", name="Propose a project").click()
    reader.wait_for_timeout(3_100)  # no person writes it in less
    reader.get_by_label("Your name").fill("Sample Proposer")
    reader.get_by_label("Email address").fill("sample.trust.example")
    reader.get_by_role("button", name="Send proposal").click()
    expect(reader).to_have_title(re.compile("^Error: Propose a project"))
    expect(reader.locator(".nhsuk-error-summary")).to_be_focused()
    expect(reader.get_by_label("Your name")).to_have_value("Sample Proposer")
    reader.get_by_role("link", name="Enter an email address in the correct format, like name@example.com").click()
    expect(reader.get_by_label("Email address")).to_be_focused()
    fill_in(reader)
    reader.get_by_role("button", name="Send proposal").click()
    expect(reader.get_by_role("heading", level=1, name="We have your proposal")).to_be_visible()
    expect(reader.get_by_text("writes to you within 10 working days")).to_be_visible()

    page = tab.page
    sign_in(page, staffed, "editor-of-inbox", INBOX)
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.get_by_text("It takes weeks.")).to_be_visible()
    proposal = page.url
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_text("This draft holds everything that was proposed.")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value(TITLE)
    expect(page.locator("#id_need")).to_have_value("Coding of letters is slow.\n\nIt takes weeks.")
    expect(page.locator("#id_area")).to_contain_text("Natural language processing")
    page.goto(proposal)
    expect(page.get_by_role("link", name=f"Open its draft: {TITLE}")).to_be_visible()
    page.get_by_label("State").select_option("Answered")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert tab.complaints == []


def test_a_reader_asks_about_a_project_and_reports_a_page(staffed: Portal, reader: Page) -> None:
    reader.goto(f"{staffed.url}/projects/synthetic-data-exploration-vae/")
    title = reader.get_by_role("heading", level=1).inner_text().split("\n")[-1].strip()
    reader.get_by_role("link", name="Ask about this project").click()
    expect(reader.get_by_role("main").get_by_role("link", name=title)).to_be_visible()
    reader.wait_for_timeout(3_100)
    reader.get_by_label("Your name").fill("Sample Student")
    reader.get_by_label("Email address").fill("student@university.example")
    reader.get_by_label("Your question").fill("Is the code public?")
    reader.get_by_role("button", name="Send question").dblclick()
    expect(reader.get_by_role("heading", level=1, name="We have your question")).to_be_visible()

    reader.goto(f"{staffed.url}/no-such-page/")
    reader.get_by_role("link", name="Report a problem with this page").click()
    expect(reader.get_by_role("main").get_by_role("link", name="/no-such-page/")).to_be_visible()
    reader.wait_for_timeout(3_100)
    reader.get_by_label("What went wrong?").fill("A link in an email led here.")
    reader.get_by_role("button", name="Send report").click()
    expect(reader.get_by_role("heading", level=1, name="We have your report")).to_be_visible()


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_the_forms_have_no_violation_with_and_without_errors(portal: Portal, tab: Tab, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 900})
    found = []
    for path in ("/projects/propose/", "/contact/ask/?about=/projects/", "/contact/report/?about=/search/"):
        page.goto(portal.url + path)
        assert fits(page)
        found += violations(page)
        page.locator("#send").click()
        expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        assert fits(page)
        found += violations(page)
    for kind in ("proposal", "question", "problem"):
        page.goto(f"{portal.url}/contact/sent/{kind}/")
        found += violations(page)
    assert found == []
    assert page.context.cookies() == []


@every_look
def test_the_inbox_has_no_violation(written_to: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, written_to, "editor-of-inbox", INBOX)
    found = violations(page)
    for title in ("Sample idea", "Sample question"):
        page.goto(f"{written_to.url}{INBOX}")
        page.get_by_role("link", name=title).first.click()
        expect(page.get_by_text("could not be sent", exact=False).first).to_be_visible()
        found += violations(page)
    page.goto(f"{written_to.url}/admin/projects/proposal/")
    found += violations(page)
    assert found == []
