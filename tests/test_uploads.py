"""What an uploaded table changes, what it is refused for, and who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from fellowship.models import Fellow
from portal import revisions
from portal.models import DateChange, ForwardingAddress
from portal.roles import Role
from portal.spreadsheets import MOST_BYTES, MOST_ROWS
from projects.models import ApplicationRound, Project, Technique
from tests import factories as make
from tests.pages import Page
from tests.tables import Table, address, as_file, in_role, why

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher() -> Client:
    return in_role(Role.PUBLISHER)


@pytest.fixture
def editor() -> Client:
    return in_role(Role.EDITOR)


def changes(page: Any) -> dict[str, tuple[str, str]]:
    """What will change, by row and label."""
    return {
        f"{row.number} {change.label}": ("; ".join(change.old), "; ".join(change.new))
        for row in page.context["found"].changed
        for change in row.changes
    }


# What is changed


def test_what_is_shown_is_what_is_written_and_nothing_before_it_is_confirmed(editor):
    one, other = make.ProjectFactory(title="Beds", slug="beds"), make.ProjectFactory(title="Waits")
    forest = make.TechniqueFactory(name="Random forest")
    table = Table(editor, Project)
    table.write(one, "Title", "=Beds and bays")
    table.write(one, "Address", "beds-and-bays")
    table.write(one, "Techniques", f"{table.cell(one, 'Techniques')}; random  FOREST")
    page = table.upload()
    found = page.context["found"]
    row = table.index(one) + 1
    assert (len(found.changed), found.refused, found.same) == (1, [], 1)
    assert changes(page)[f"{row} Title"] == ("Beds", "=Beds and bays")
    assert changes(page)[f"{row} Techniques"][1] == "; ".join(sorted(map(str, [*one.techniques.all(), forest])))
    assert "1 project will change and 1 stays as it is. Nothing has been written yet." in " ".join(
        Page(page.text).text("p")
    )
    one.refresh_from_db()
    assert one.title == "Beds"
    assert not revisions.latest(one)

    done = table.confirm(page)
    assert "1 project changed, as the file says." in done.text
    one.refresh_from_db()
    assert (one.title, one.slug, one.status) == ("=Beds and bays", "beds-and-bays", "open")
    assert set(one.techniques.filter(name__contains="orest")) == {forest}
    assert ForwardingAddress.objects.get().target == "/projects/beds-and-bays/"
    assert "=Beds and bays" in Client().get("/search/?q=bays").text
    first, last = reversed(revisions.saves(revisions.versions_of(Project, one.pk)))
    assert (first.comment, last.comment) == (revisions.BEFORE, "Uploaded as CSV")
    assert last.author == page.wsgi_request.user.username
    assert not revisions.latest(other)


def test_every_kind_of_cell_can_be_changed(publisher):
    cohort = make.CohortFactory(number=7)
    other = make.CohortFactory(number=8)
    fellow = make.FellowFactory(cohort=cohort, region="london")
    window = make.ApplicationRoundFactory(is_paid=True)
    organisation = make.OrganisationFactory(aliases=["Old"])
    question = make.QuestionFactory(order=1)
    article = make.ArticleFactory(review_due_on=dt.date(2030, 1, 1))
    for item, label, text in [
        (fellow, "Cohort", "cohort 8"),
        (fellow, "Region", "north west"),
        (fellow, "Works at", ""),
        (window, "Paid", "FALSE"),
        (window, "Applications close", "29/10/2099 23:59"),
        (organisation, "Aliases", "Old\r\nNew"),
        (question, "Order", "12.0"),
        (article, "Next review", "31/12/2031"),
        (article, "Body", "First line\r\nsecond"),
    ]:
        table = Table(publisher, type(item))
        table.write(item, label, text)
        page = table.upload()
        assert len(page.context["found"].changed) == 1, (label, why(page))
        table.confirm(page)
    for item in (fellow, window, organisation, question, article):
        item.refresh_from_db()
    assert (fellow.cohort, fellow.region, fellow.host) == (other, "north-west", None)
    assert window.is_paid is False
    assert timezone.localtime(window.closes_at).isoformat() == "2099-10-29T23:59:00+00:00"
    assert DateChange.objects.get().new == window.closes_at
    assert organisation.aliases == ["Old", "New"]
    assert question.order == 12
    assert article.review_due_on == dt.date(2031, 12, 31)
    assert article.body == "First line\nsecond"


def test_a_renamed_term_keeps_its_old_name_as_an_alias(editor):
    term = make.TechniqueFactory(name="Kriging")
    table = Table(editor, Technique)
    table.write(term, "Name", "Kriging of maps")
    table.confirm(table.upload())
    term.refresh_from_db()
    assert (term.name, term.aliases) == ("Kriging of maps", ["Kriging"])


# Meeting what others did


def test_what_others_changed_since_the_download_stays(editor):
    one, other = make.ProjectFactory(title="One"), make.ProjectFactory(title="Other")
    table = Table(editor, Project)
    table.write(one, "Title", "Two")
    Project.objects.filter(pk=one.pk).update(summary="A colleague's.", status="paused")
    Project.objects.filter(pk=other.pk).update(title="Renamed by a colleague")
    page = table.upload()
    assert changes(page) == {f"{table.index(one) + 1} Title": ("One", "Two")}
    table.confirm(page)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.title, one.summary, one.status) == ("Two", "A colleague's.", "paused")
    assert other.title == "Renamed by a colleague"


def test_a_cell_that_both_changed_is_refused_by_name(editor):
    project = make.ProjectFactory(title="One")
    table = Table(editor, Project)
    table.write(project, "Title", "Mine")
    table.write(project, "Summary", "Mine too.")
    Project.objects.filter(pk=project.pk).update(title="Theirs")
    page = table.upload()
    assert why(page) == [
        "Row 2, Title: It was changed in the portal since you downloaded the list: "
        "it is “Theirs” now, and the file says “Mine”."
    ]
    assert not page.context["found"].changed
    assert Page(page.text).all("input", name="seen") == []


def test_a_cell_that_both_changed_to_the_same_is_no_change(editor):
    project = make.ProjectFactory(title="One")
    table = Table(editor, Project)
    table.write(project, "Title", "Two")
    Project.objects.filter(pk=project.pk).update(title="Two")
    found = table.upload().context["found"]
    assert (found.changed, found.refused, found.same) == ([], [], 1)


def test_what_changed_between_the_page_and_the_button_is_shown_again(editor):
    project, other = make.ProjectFactory(title="One"), make.ProjectFactory(title="Other")
    table = Table(editor, Project)
    table.write(project, "Title", "Two")
    table.write(other, "Title", "Another")
    page = table.upload()
    Project.objects.filter(pk=project.pk).update(title="Theirs")
    again = table.confirm(page)
    assert "Nothing was written now" in again.text
    assert "it is “Theirs” now" in why(again)[0]
    assert set(Project.objects.values_list("title", flat=True)) == {"Theirs", "Other"}
    table.confirm(again)
    assert set(Project.objects.values_list("title", flat=True)) == {"Theirs", "Another"}


def test_a_second_click_writes_nothing_twice(editor):
    project = make.ProjectFactory(title="One")
    table = Table(editor, Project)
    table.write(project, "Title", "Two")
    page = table.upload()
    table.confirm(page)
    again = table.confirm(page)
    assert "Nothing was left to change" in again.text
    assert revisions.versions_of(Project, project.pk).count() == 2


# What is refused


REFUSED = [
    ("Techniques", "Quantum vibes", "“Quantum vibes” is not known. Add it to the portal first."),
    ("Techniques", "Random forst; Trees", "“Random forst” is not known. Did you mean “Random forest”?"),
    ("Area", "Nowhere", "“Nowhere” is not known."),
    ("Application round", "Round of luck", "“Round of luck” is not known."),
    ("Title", "", "This field is required."),
    ("Title", "x" * 251, "at most 250 characters"),
    ("Address", "Not An Address!", "Enter a valid"),
    ("Address", "taken", "“taken”: Project with this Address already exists."),
    ("status", "Open", "It is “Draft”. A status is changed on its own page, never in a table."),
    ("page", "https://example.org/", "It is only told."),
    ("id", "", "There is none. A table changes what there is; a new project is added in the list."),
    ("id", "9999", "No project of yours has “9999”. It may have been deleted."),
    ("id", "one", "No project of yours has “one”."),
    ("as_downloaded", "1 title:0000000000", "It belongs to another row."),
]


@pytest.mark.parametrize(("label", "text", "words"), REFUSED)
def test_a_row_is_refused_by_name_and_the_rest_goes_on(editor, label, text, words):
    make.TechniqueFactory(name="Random forest", slug="forest")
    make.TechniqueFactory(name="Trees", slug="trees")
    other = make.ProjectFactory(title="Other", slug="taken")
    project = make.ProjectFactory(title="One", status="draft")
    table = Table(editor, Project)
    row = table.index(project)
    table.write(other, "Title", "Changed")
    table.rows[row][table.head.index("Summary")] = "Never written."
    table.rows[row][table.head.index(label)] = text
    page = table.upload()
    [refusal] = why(page)
    assert refusal.startswith(f"Row {row + 1}, {label}: ")
    assert words in refusal
    assert list(changes(page).values()) == [("Other", "Changed")]
    done = table.confirm(page)
    assert "1 row was refused, and stays as it was." in done.text
    project.refresh_from_db()
    other.refresh_from_db()
    assert (project.title, project.summary, other.title) == ("One", "What One is about.", "Changed")


@pytest.mark.parametrize(
    ("label", "text", "words"),
    [
        ("Applications close", "soon", "“soon” is not a date. Write it as 2026-10-29 23:59 or 29/10/2026 23:59"),
        ("Applications close", "2026-10-29", "is not a date"),
        ("Applications close", "31/02/2026 10:00", "is not a date"),
        ("Applications close", "2001-01-01 00:00", "Applications must close after they open."),
        ("Paid", "perhaps", "“perhaps” is neither Yes nor No."),
        ("Paid", "", "neither Yes nor No"),
        ("How to apply: address", "javascript:alert(1)", "Enter a valid URL."),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(publisher, label, text, words):
    window = make.ApplicationRoundFactory()
    table = Table(publisher, ApplicationRound)
    table.write(window, label, text)
    assert words in why(table.upload())[0]


def test_a_choice_that_there_is_not_is_refused_with_those_that_there_are(editor):
    fellow = make.FellowFactory()
    table = Table(editor, Fellow)
    table.write(fellow, "Profession", "Wizard")
    assert "“Wizard” is not known. It can be Allied health professional, Dentist" in why(table.upload())[0]


def test_one_address_for_two_and_one_id_in_two_rows_are_refused(editor):
    make.ProjectFactory.create_batch(2)
    table = Table(editor, Project)
    for row in table.rows[1:]:
        row[table.head.index("Address")] = "the-same"
    assert why(table.upload()) == ["Row 3, Address: “the-same” is what row 2 takes already."]
    table.rows[2][0] = table.rows[1][0]
    assert [words.partition(": ")[2] for words in why(table.upload())] == [
        f"“{table.rows[1][0]}” stands in rows 2 and 3. Keep one of them."
    ] * 2


def test_things_of_one_name_are_told_apart(editor):
    twins = make.ProjectFactory.create_batch(2, title="Twin")
    fellow = make.FellowFactory(project=twins[0])
    table = Table(editor, Fellow)
    assert table.cell(fellow, "Project") == f"Twin (id {twins[0].pk})"
    table.write(fellow, "Project", "twin")
    assert "“twin” may mean “Twin (id" in why(table.upload())[0]
    table.write(fellow, "Project", f"Twin (id {twins[1].pk})")
    table.confirm(table.upload())
    fellow.refresh_from_db()
    assert fellow.project == twins[1]


def test_columns_that_nobody_knows_are_named_and_left_out(editor):
    make.ProjectFactory(title="One")
    table = Table(editor, Project)
    table.rows[0] += ["Colour", "", "Title"]
    table.rows[1] += ["red", "?", "Two"]
    page = table.upload()
    assert page.context["found"].headings == [
        "“Title” stands there twice. Each of them is left out.",
        "“Colour” is no column of this list, and is left out.",
        f"Column {len(table.head) - 1} has no heading, and is left out.",
    ]
    assert not page.context["found"].changed
    assert "Columns that are left out" in page.text


def test_a_text_that_a_spreadsheet_cut_off_is_refused(editor):
    article = make.ArticleFactory(body="Long words. " * 4000)
    table = Table(editor, Article)
    table.write(article, "Body", article.body[:32_767])
    assert "The spreadsheet cut off the end of this text." in why(table.upload())[0]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("id,Title\r\n1,Caf\xe9".encode("latin-1"), "not written in UTF-8. Save it in the spreadsheet as “CSV UTF-8"),
        ("id\tTitle\r\n1\tOne".encode("utf-16"), "not written in UTF-8"),
        (b"PK\x03\x04rest", "a workbook and not a CSV file"),
        (b"Title\r\nOne", "The file has no column “id”"),
        (b"id,Title\r\n,", "headings and no rows"),
        (b" \r\n,,\r\n", "The file is empty."),
        (b'id,Title\r\n1,"One\r\n2,Two', "a quotation mark in it is not closed"),
        (as_file([["id"], *[[str(number)] for number in range(MOST_ROWS + 1)]]), "more than 5,000 rows"),
        (b"id,Title\r\n" + b"1,One\r\n" * (MOST_BYTES // 7 + 1), "larger than 2 MB"),
        (b"", "The submitted file is empty."),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(editor, file, words):
    make.ProjectFactory()
    page = Table(editor, Project).upload(file)
    assert words in page.text
    assert page.status_code == 200
    assert Page(page.text).title.startswith("Error: ")


def test_more_than_one_request_can_save_is_refused(editor, monkeypatch):
    monkeypatch.setattr("portal.spreadsheet_upload.MOST_CHANGED", 1)
    projects = make.ProjectFactory.create_batch(2)
    table = Table(editor, Project)
    for project in projects:
        table.write(project, "Summary", "Changed.")
    page = table.upload()
    assert "That is too much at once: a file changes at most 500 projects." in page.text
    assert Page(page.text).all("input", name="seen") == []
    words = {"table": page.context["table"], "seen": page.context["found"].fingerprint}
    assert "Nothing was written now" in editor.post(address(Project, "upload"), words).text
    assert not Project.objects.filter(summary="Changed.").exists()


@pytest.mark.parametrize("table", ["", "%%%", "YWJj", "x" * 100])
def test_a_file_that_did_not_come_back_whole_is_asked_for_again(editor, table):
    page = editor.post(address(Project, "upload"), {"table": table, "seen": ""})
    assert "Choose it again." in page.text or "The file is empty." in page.text
