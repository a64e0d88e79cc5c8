"""What was deleted can be brought back, as a draft, by those who may delete and add."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reversion.models import Version

from fellowship.models import Cohort, Document, Question
from portal import revisions
from portal.publishing import Publishable
from projects.models import Project
from tests.document_factories import DocumentFactory, upload
from tests.factories import (
    FACTORIES,
    CohortFactory,
    OutputFactory,
    PlacementFactory,
    ProjectFactory,
    QuestionFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
WAYS = ["on its page", "in the list"]


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def address(kind, page, *args):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}", args=args)


def delete(client, item, way=WAYS[0]):
    kind = type(item)
    if way == "on its page":
        client.post(address(kind, "delete", item.pk), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [item.pk], "post": "yes"}
        client.post(address(kind, "changelist"), data)
    assert not kind._default_manager.filter(pk=item.pk).exists()


def last(kind):
    return Version.objects.get_deleted(kind).get()


def recover(client, kind):
    """Follow the link of the list, and save what the form holds."""
    page = Page(client.get(address(kind, "recover")).text)
    (link,) = [link for link in page.links if "?recover=" in link]
    response = client.get(link)
    assert response.status_code == 200
    assert "Nothing is saved yet" in response.text
    saved = client.post(address(kind, "add"), Page(response.text).fields)
    assert saved.status_code == 302, saved.context["errors"]
    return response


@pytest.fixture
def publisher(client):
    user = StaffFactory(is_superuser=True, first_name="Ada", last_name="Lovelace")
    client.force_login(user)
    return user


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_deleted_comes_back_as_a_draft(client, publisher, kind, way):
    public = next(status for status in kind.Status if status.is_public)
    item = FACTORIES[kind](status=public, summary="About badgers.")
    name = str(item)
    delete(client, item, way)
    assert "Recover deleted" in client.get(address(kind, "changelist")).text
    page = client.get(address(kind, "recover")).text
    assert name in page
    assert "Deleted at" in page
    assert "by Ada Lovelace" in page
    recover(client, kind)
    back = kind._default_manager.get()
    assert (str(back), back.summary, back.status) == (name, "About badgers.", "draft")
    assert revisions.saves(revisions.versions_of(kind, back.pk))[0].comment.startswith("Recovered from ")


def test_terms_and_rows_come_back(client, publisher):
    technique = TechniqueFactory()
    project = ProjectFactory(techniques=[technique], need="Words", slug="wards")
    PlacementFactory(project=project, wave="Wave 1", reference="P1")
    OutputFactory(placement=PlacementFactory(project=project, wave="Wave 2", reference="P2"))
    delete(client, project)
    response = recover(client, Project)
    assert "The outputs of deleted placements are not in this form." in response.text
    back = Project.objects.get()
    assert (back.need, back.slug, list(back.techniques.all())) == ("Words", "wards", [technique])
    assert sorted(back.placements.values_list("reference", "wave")) == [("P1", "Wave 1"), ("P2", "Wave 2")]


def test_a_document_comes_back_when_its_file_is_chosen_again(client, publisher):
    """On a page of its own, and as a row of its cohort: a revision names the file and does not keep it."""
    document = DocumentFactory(title="Role description")
    delete(client, document)
    link = f"{address(Document, 'add')}?recover={last(Document).pk}"
    page = client.get(link)
    assert "choose the files again" in page.text
    fields = Page(page.text).fields
    assert client.post(address(Document, "add"), fields).status_code == 200, "not without one"
    assert not Document.objects.exists()
    client.post(address(Document, "add"), {**fields, "file": upload()})
    back = Document.objects.get()
    assert (back.title, back.cohort, bool(back.file)) == ("Role description", document.cohort, True)
    delete(client, document.cohort)
    page = client.get(f"{address(Cohort, 'add')}?recover={last(Cohort).pk}")
    assert "Files go when they are deleted: choose those of the documents again." in page.text
    assert Page(page.text).fields["documents-0-title"] == ["Role description"]


def test_what_goes_along_is_kept_too(client, publisher):
    """A question about one cohort is deleted with it."""
    cohort = CohortFactory()
    question = QuestionFactory(cohort=cohort, answer="Only then.")
    delete(client, cohort)
    assert not Question.objects.exists()
    assert last(Question).field_dict["answer"] == "Only then."
    assert last(Cohort).revision.comment == revisions.DELETED
    section = revisions.saves(revisions.versions_of(type(question.section), question.section_id))
    assert section[0].snapshot.parts["questions"] == []


def test_a_row_that_is_deleted_on_its_own_page_is_missing_from_the_whole(client, publisher):
    placement = PlacementFactory()
    delete(client, placement)
    newest = revisions.saves(revisions.versions_of(Project, placement.project_id))[0]
    assert newest.snapshot.parts["placements"] == []
    assert newest.author == "Ada Lovelace"


def test_an_address_that_was_taken_since_is_refused_by_the_form(client, publisher):
    delete(client, ProjectFactory(slug="wards"))
    ProjectFactory(slug="wards")
    link = f"{address(Project, 'add')}?recover={last(Project).pk}"
    response = client.post(address(Project, "add"), Page(client.get(link).text).fields)
    assert response.status_code == 200
    assert "already exists" in response.text


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize("acts", [["view"], ["view", "add", "change"], ["view", "change", "delete"]], ids="-".join)
def test_only_those_who_may_delete_and_add_bring_back(client, publisher, kind, acts):
    delete(client, FACTORIES[kind]())
    link = f"{address(kind, 'add')}?recover={last(kind).pk}"
    other = Client()
    names = [f"{kind._meta.app_label}.{act}_{kind._meta.model_name}" for act in acts]
    other.force_login(StaffFactory(may=names))
    assert other.get(address(kind, "recover")).status_code == 403
    assert other.get(link).status_code == 403
    assert "Recover deleted" not in other.get(address(kind, "changelist")).text
    other.logout()
    assert other.get(address(kind, "recover")).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "9" * 30, "²"])
def test_a_deleted_thing_that_there_is_not_is_not_found(client, publisher, version):
    assert client.get(address(Project, "add"), {"recover": version}).status_code == 404


def test_what_still_exists_cannot_be_recovered_beside_itself(client, publisher):
    project = ProjectFactory()
    revisions.record(project, by=publisher)
    version = revisions.versions_of(Project, project.pk).get()
    assert client.get(address(Project, "add"), {"recover": version.pk}).status_code == 404
    assert "Nothing has been deleted" in client.get(address(Project, "recover")).text


def test_the_list_of_deleted_things_costs_the_same_at_any_length(client, publisher):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(address(Project, "recover"))
        return len(captured)

    def delete_some(number):
        for project in ProjectFactory.create_batch(number):
            PlacementFactory(project=project)
            delete(client, project)

    delete_some(1)
    few = queries()
    delete_some(10)
    assert queries() == few <= 20
