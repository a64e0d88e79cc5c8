"""Lists as tables: out, through a spreadsheet, and in again without a change that nobody made."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article
from fellowship.models import Cohort, Fellow
from portal import revisions
from portal.roles import Role
from portal.spreadsheet_admin import SpreadsheetAdmin
from portal.spreadsheets import exact, harmless, lines, read
from projects.models import Area, Project
from tests import factories as make
from tests.pages import Page
from tests.tables import HABITS, Table, address, american, each, in_role
from tests.world import World

pytestmark = pytest.mark.django_db

MODELS = [model for model, registered in admin.site._registry.items() if isinstance(registered, SpreadsheetAdmin)]
# Everything that a spreadsheet or a form could trip over.
HOSTILE = "=1+1, “quoted” \"and\" 'so';\n\n- a list\n\t- below\n\n'=2+2  "


@pytest.fixture
def publisher() -> Client:
    return in_role(Role.PUBLISHER)


@pytest.fixture
def editor() -> Client:
    return in_role(Role.EDITOR)


def stand() -> dict[str, list]:
    """How everything stands that a table could change."""
    found = {}
    for model in MODELS:
        for item in model._default_manager.order_by("pk"):
            found[f"{model._meta.label} {item.pk}"] = revisions.now(item).values
    return found


# Cells


@given(st.text())
def test_a_cell_is_read_back_exactly(text):
    assert exact(harmless(text)) == text


@given(st.text(alphabet="'=+-@＝\t\r\n a"))
def test_a_cell_that_is_like_a_formula_is_read_back_exactly(text):
    cell = harmless(text)
    assert exact(cell) == text
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), min_size=1))
def test_a_file_is_read_back_exactly(rows):
    rows = [["id", "title"], *[["1", cell] for row in rows for cell in row]]
    file = lines([[harmless(cell) for cell in row] for row in rows])
    assert [[exact(cell) for cell in row] for _, row in read(file)] == rows


# There and back


@pytest.mark.parametrize("habit", HABITS)
def test_a_round_trip_changes_nothing(publisher, habit):
    world = World()
    Project.objects.filter(pk=world.project.pk).update(need=HOSTILE, title="'Tis 0012 =x", summary=HOSTILE[:100])
    Article.objects.filter(pk=world.article.pk).update(
        title="=HYPERLINK(0)", reviewed_on=dt.date(2026, 3, 4), review_due_on=dt.date(2027, 12, 31), authors="  A; B "
    )
    Area.objects.create(name='Trees; shrubs, "herbs"', slug="trees", definition="@home", aliases=["+1", "Flora; etc."])
    world.article.areas.add(Area.objects.get(slug="trees"))
    before = stand()
    for model in MODELS:
        table = Table(publisher, model)
        assert len(table.rows) - 1 == model._default_manager.count() > 0, model
        page = table.upload(HABITS[habit](table.rows))
        assert page.context["found"].refused == [], model
        assert (page.context["found"].changed, page.context["found"].headings) == ([], []), model
        assert page.context["found"].same == len(table.rows) - 1
        assert "Nothing has been written yet." in page.text
        assert Page(page.text).all("input", type="submit", value="") == []
    assert stand() == before


def test_dates_as_in_america_are_known_for_what_they_were_or_refused(publisher):
    """10/29/2026 can be one day only. 03/04/2026 may be an edit, so nobody guesses."""
    plain = make.ArticleFactory(reviewed_on=dt.date(2026, 3, 31))
    unclear = make.ArticleFactory(reviewed_on=dt.date(2026, 3, 4))
    found = Table(publisher, Article).upload(each(american)(Table(publisher, Article).rows)).context["found"]
    assert (found.changed, found.same) == ([], 1)
    assert [row.item for row in found.refused] == [unclear]
    assert found.refused[0].why == [
        (
            "Last reviewed",
            "“3/4/2026” may be 2026-04-03, or 2026-03-04 as it was, with day and month swapped by the spreadsheet. "
            "Write it as 2026-04-03 if that is what you mean.",
        )
    ]
    plain.refresh_from_db()
    assert plain.reviewed_on == dt.date(2026, 3, 31)


def test_without_the_last_column_it_is_compared_with_the_present(publisher):
    World()
    for model in MODELS:
        table = Table(publisher, model)
        table.leave_out("as_downloaded")
        page = table.upload()
        assert (page.context["found"].changed, page.context["found"].refused) == ([], []), model
        assert "has no column as_downloaded" in page.text


def test_a_table_holds_what_the_list_shows_and_no_more(editor):
    area = make.AreaFactory()
    wanted = make.ProjectFactory.create_batch(3, area=area, status="draft")
    make.ProjectFactory(area=area)
    make.ProjectFactory(status="draft")
    table = Table(editor, Project, f"?area__id__exact={area.pk}&status__exact=draft&o=-1")
    titles = [row[table.head.index("Title")] for row in table.rows[1:]]
    assert titles == sorted((project.title for project in wanted), reverse=True)
    assert table.head[:3] == ["id", "page", "status"]
    assert table.head[-1] == "as_downloaded"
    page = Page(editor.get(f"{address(Project, 'changelist')}?status__exact=draft").text)
    assert f"{address(Project, 'download')}?status__exact=draft" in page.links
    assert f"{address(Project, 'upload')}?_changelist_filters=status__exact%3Ddraft" in page.links


def test_a_list_of_many_pages_goes_out_whole_in_few_queries(editor, django_assert_max_num_queries):
    make.ProjectFactory.create_batch(60)
    with django_assert_max_num_queries(40):
        assert len(Table(editor, Project).rows) == 61


def test_the_dry_run_of_many_rows_costs_as_much_as_that_of_one(editor):
    def queries() -> int:
        table = Table(editor, Project)
        with CaptureQueriesContext(connection) as captured:
            table.upload()
        return len(captured)

    make.ProjectFactory()
    queries()
    few = queries()
    make.ProjectFactory.create_batch(10)
    assert queries() == few


def test_consent_images_rows_and_dates_that_one_may_not_move_are_not_in_it(editor):
    cohort = make.CohortFactory()
    make.FellowFactory(cohort=cohort)
    head = {label.casefold() for label in Table(editor, Fellow).head}
    assert "name" in head
    assert not {label for label in head if "consent" in label or label == "photo"}
    head = set(Table(editor, Cohort).head)
    assert "Starts on" in head
    assert not {"Applications open", "Applications close", "Key dates"} & head
    assert "changed on the page of each fellow: " in editor.get(address(Fellow, "upload")).text
    assert "applications close" in editor.get(address(Cohort, "upload")).text.casefold()
