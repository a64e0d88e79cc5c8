"""Who may download and upload a table, and what nobody changes by one."""

from __future__ import annotations

import pytest
from django.test import Client

from fellowship.models import Cohort, Fellow, Question
from portal.models import Organisation, StatusChange
from portal.roles import Role
from projects.models import ApplicationRound, Project
from tests import factories as make
from tests.pages import Page
from tests.tables import Table, address, in_role, why

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher() -> Client:
    return in_role(Role.PUBLISHER)


@pytest.fixture
def editor() -> Client:
    return in_role(Role.EDITOR)


def test_an_editor_moves_no_deadline_by_a_table(editor, publisher):
    for model, item in [(Cohort, make.CohortFactory()), (ApplicationRound, make.ApplicationRoundFactory())]:
        table = Table(publisher, model)
        table.client = editor
        assert table.upload().context["found"].same == 1, "a cell that nobody edited is no harm"
        before = item.closes_at
        table.write(item, "Applications close", "2099-01-01 12:00")
        page = table.upload()
        assert why(page) == ["Row 2, Applications close: You may not change it."]
        item.refresh_from_db()
        assert item.closes_at == before


def test_what_was_confirmed_by_one_who_may_is_not_carried_out_for_one_who_may_not(editor, publisher):
    item = make.ApplicationRoundFactory()
    table = Table(publisher, ApplicationRound)
    table.write(item, "Applications close", "2099-01-01 12:00")
    page = table.upload()
    table.client = editor
    assert "You may not change it." in table.confirm(page).text
    reader = Client()
    reader.force_login(make.StaffFactory(may=["projects.view_applicationround"]))
    table.client = reader
    assert table.confirm(page).status_code == 403
    assert table.upload().status_code == 403
    before = item.closes_at
    item.refresh_from_db()
    assert item.closes_at == before


def test_who_may_only_look_downloads_and_is_not_offered_to_upload():
    make.ProjectFactory()
    reader = Client()
    reader.force_login(make.StaffFactory(may=["projects.view_project"]))
    assert "Title" in Table(reader, Project).head
    links = Page(reader.get(address(Project, "changelist")).text).links
    assert address(Project, "download") in links
    assert not [link for link in links if "upload" in link]


def test_consent_is_given_by_no_table(editor):
    fellow = make.FellowFactory(consent_on=None)
    table = Table(editor, Fellow)
    table.rows[0].append("Consent on")
    table.rows[1].append("2026-01-01")
    label = Fellow._meta.get_field("consent_on").verbose_name
    table.rows[0].append(label)
    table.rows[1].append("2026-01-01")
    found = table.upload().context["found"]
    assert (found.changed, found.same) == ([], 1)
    assert f"“{label}” is no column of this list, and is left out." in found.headings
    fellow.refresh_from_db()
    assert fellow.consent_on is None


def test_no_upload_moves_a_status(publisher):
    project = make.ProjectFactory(status="draft")
    table = Table(publisher, Project)
    table.leave_out("as_downloaded")
    table.write(project, "status", "Open")
    assert "A status is changed on its own page" in why(table.upload())[0]
    assert not StatusChange.objects.exists()


def test_the_questions_and_organisations_have_it_too(editor):
    make.QuestionFactory()
    make.OrganisationFactory()
    assert Table(editor, Question).head[:1] == ["id"]
    assert Table(editor, Organisation).head == ["id", "Name", "Abbreviation", "Aliases", "Region", "as_downloaded"]
