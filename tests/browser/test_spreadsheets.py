"""A list that an editor takes into a spreadsheet, and brings back with a change and a mistake."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

PROJECTS = "/admin/projects/project/"
MAKE = """
from django.contrib.auth.models import Group
from portal.models import User
from projects.models import Project, Technique
user, made = User.objects.get_or_create(username="editor-of-tables", is_staff=True)
if made:  # who has signed in, stays so
    user.set_password({password!r})
    user.save()
user.groups.set([Group.objects.get(name="Editor")])
term, made = Technique.objects.get_or_create(name="Survival analysis", slug="survival-analysis")
for number in range(3):
    project, made = Project.objects.get_or_create(slug=f"tabled-{{number}}", defaults={{"status": "draft"}})
    project.title, project.need = f"Tabled project {{number}}", "=One\\n\\nTwo"
    project.save()
    project.techniques.set([term])
"""


@pytest.fixture
def tabled(portal: Portal) -> Portal:
    """The portal with an editor, and three drafts as they were."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD))
    return portal


def downloaded(page: Page) -> list[list[str]]:
    """The rows of the list, as a spreadsheet opens them."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename.startswith("projects-")
    text = download.value.path().read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def upload(page: Page, rows: list[list[str]]) -> None:
    """As a spreadsheet saves them on a computer that writes commas in numbers."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    page.get_by_role("link", name="Upload CSV…").click()
    file = {"name": "projects.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode("utf-8-sig")}
    page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show what it would change").click()


def with_a_change_and_a_mistake(page: Page) -> list[list[str]]:
    rows = downloaded(page)
    assert [row[2] for row in rows] == ["status", "Draft", "Draft", "Draft"], "the list as it is filtered"
    title, techniques = rows[0].index("Title"), rows[0].index("Techniques")
    by_title = {row[title]: row for row in rows}
    by_title["Tabled project 0"][title] = "Tabled project zero"
    by_title["Tabled project 1"][techniques] = "Survival analisis"
    return rows


def test_an_editor_reads_what_a_file_would_change_and_lets_it(tabled: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, tabled, "editor-of-tables", PROJECTS)
    filtered = f"{tabled.url}{PROJECTS}?q=Tabled&status__exact=draft"
    page.goto(filtered)
    upload(page, with_a_change_and_a_mistake(page))
    expect(page.get_by_text("1 project will change, 1 row is refused and 1 stays as it is.")).to_be_visible()
    refused = page.get_by_role("listitem").filter(has_text="Tabled project 1")
    expect(refused).to_contain_text("“Survival analisis” is not known. Did you mean “Survival analysis”")
    change = page.get_by_role("region", name="Tabled project 0")
    expect(change.locator("del mark")).to_have_text("0")
    expect(change.locator("ins mark")).to_have_text("zero")

    page.get_by_role("button", name="Change 1 project").click()
    expect(page).to_have_url(filtered)
    expect(page.get_by_text("1 project changed, as the file says.")).to_be_visible()
    expect(page.get_by_text("1 row was refused, and stays as it was.")).to_be_visible()
    page.get_by_role("link", name="Tabled project zero").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("“Uploaded as CSV”")).to_be_visible()
    expect(page.get_by_text("Changed: Title.")).to_be_visible()
    assert tab.complaints == []


def test_a_file_that_nobody_edited_changes_nothing(tabled: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, tabled, "editor-of-tables", PROJECTS)
    page.goto(f"{tabled.url}{PROJECTS}?q=Tabled&status__exact=draft")
    upload(page, downloaded(page))
    expect(page.get_by_role("heading", name="Upload CSV: nothing will change")).to_be_visible()
    expect(page.get_by_role("button", name="Change")).to_have_count(0)
    page.get_by_role("link", name="Choose another file").click()
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_text("Choose the file that you saved in the spreadsheet.")).to_be_visible()
    assert page.title().startswith("Error: ")
    assert tab.complaints == []


@every_look
def test_the_pages_of_an_upload_have_no_violation(tabled: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, tabled, "editor-of-tables", PROJECTS)
    page.goto(f"{tabled.url}{PROJECTS}?q=Tabled&status__exact=draft")
    rows = with_a_change_and_a_mistake(page)
    found = violations(page, ".object-tools")
    page.get_by_role("link", name="Upload CSV…").click()
    found += violations(page)
    page.get_by_role("button", name="Show what it would change").click()
    found += violations(page)
    page.goto(f"{tabled.url}{PROJECTS}")
    upload(page, rows)
    found += violations(page)
    page.set_viewport_size({"width": 375, "height": 900})
    assert fits(page)
    assert found == []
