"""Every save is kept: who, when, why, and with terms and rows; two revisions compare; an old text comes back."""

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reversion.models import Revision

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme, Question, QuestionSection
from portal import revisions
from portal.comparison import Change
from portal.revision_admin import RevisionAdmin
from projects.models import Area, Placement, Project
from tests.factories import (
    FACTORIES,
    OTHER_FACTORIES,
    ApplicationRoundFactory,
    AreaFactory,
    CohortFactory,
    KeyDateFactory,
    OutputFactory,
    PlacementFactory,
    ProjectFactory,
    QuestionFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db

KEPT = [Project, Cohort, Fellow, Programme, Article, Question]
ADA = {"is_superuser": True, "first_name": "Ada", "last_name": "Lovelace"}


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def make(model, **values):
    return {**FACTORIES, **OTHER_FACTORIES}[model](**values)


def address(item, page, *args):
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_{page}", args=args)


def save(client, item, comment="", **changes):
    page = address(item, "change", item.pk)
    fields = {**Page(client.get(page).text).fields, "revision_comment": comment, **changes}
    response = client.post(page, fields)
    assert response.status_code == 302, response.context["errors"]
    item.refresh_from_db()


def all_saves(item):
    """The revisions of an item, the oldest first."""
    return revisions.saves(revisions.versions_of(type(item), item.pk).order_by("revision_id"))


@pytest.fixture
def ada(client):
    user = StaffFactory(**ADA)
    client.force_login(user)
    return user


# Every save is a revision


@pytest.mark.parametrize("model", KEPT, ids=label)
def test_every_save_is_kept_with_author_time_and_comment(client, ada, model):
    item = make(model)
    save(client, item, comment="  Put it   plainly ")
    save(client, item)
    before, first, second = all_saves(item)
    assert (before.comment, before.author) == (revisions.BEFORE, "The portal")
    assert (first.author, first.comment) == ("Ada Lovelace", "Put it plainly")
    assert (second.author, second.comment) == ("Ada Lovelace", "")
    assert first.at < second.at


def test_the_author_stays_named_when_the_account_has_gone(client, ada, admin_client):
    project = ProjectFactory()
    save(client, project)
    ada.delete()
    assert all_saves(project)[-1].author == "Ada Lovelace"
    assert "Ada Lovelace" in admin_client.get(address(project, "history", project.pk)).text


def test_what_is_added_begins_its_history(client, ada):
    fields = Page(client.get(address(Project, "add")).text).fields
    client.post(address(Project, "add"), {**fields, "title": "New", "slug": "new", "revision_comment": "Begun"})
    (first,) = all_saves(Project.objects.get())
    assert (first.comment, first.snapshot.values["title"]) == ("Begun", "New")


def test_terms_and_rows_are_part_of_it(client, ada):
    old, new = TechniqueFactory(name="Kriging"), TechniqueFactory(name="Bootstrapping")
    project = ProjectFactory(techniques=[old])
    placement = PlacementFactory(project=project, wave="Wave 1", reference="P1")
    OutputFactory(placement=placement, title="A report")
    save(client, project, techniques=[new.pk], **{"placements-0-wave": "Wave 2"})
    before, after = all_saves(project)
    assert (before.snapshot.values["techniques"], after.snapshot.values["techniques"]) == ([old.pk], [new.pk])
    waves = [one.snapshot.parts["placements"][0].values["wave"] for one in (before, after)]
    assert waves == ["Wave 1", "Wave 2"]
    assert after.snapshot.parts["placements"][0].parts["outputs"][0].values["title"] == "A report"


def test_a_row_that_is_saved_on_its_own_page_is_a_revision_of_the_whole(client, ada):
    placement = PlacementFactory(wave="Wave 1")
    save(client, placement, comment="Named the wave", wave="Wave 2")
    assert [one.comment for one in all_saves(placement.project)] == [revisions.BEFORE, "Named the wave"]
    client.post(address(placement, "delete", placement.pk), {"post": "yes"})
    assert all_saves(placement.project)[-1].snapshot.parts["placements"] == []


def test_a_question_that_is_edited_in_its_section_has_a_history_of_its_own(client, ada):
    question = QuestionFactory(answer="Yes.")
    other = QuestionFactory(section=question.section, answer="Never.")
    save(client, question.section, **{"questions-0-answer": "No."})
    question.refresh_from_db()
    assert question.answer == "No."
    page = client.get(address(question, "history", question.pk))
    assert "Changed: Answer" in page.text
    # The save that left the other question as it was says nothing in that one's history.
    assert len(client.get(address(other, "history", other.pk)).context["entries"]) == 1


def test_moving_a_status_is_a_revision(ada):
    project = ProjectFactory(status="open")
    project.move_to("paused", by=ada, reason="The data is late.")
    newest = all_saves(project)[-1]
    assert (newest.author, newest.snapshot.values["status"]) == ("Ada Lovelace", "paused")


def test_an_import_is_a_revision_and_a_second_one_none(folder):
    text = "---\ntitle: Hosting\npermalink: hosting\npublic_date: 2024-01-01 09:00:00\ntype: article\n---\n{}\n"
    folder.write("hosting.md", text.format("First."))
    folder.load()
    article = Article.objects.get()
    folder.load()
    assert [one.comment for one in all_saves(article)] == ["Imported"]
    folder.write("hosting.md", text.format("Second."))
    folder.load(dry_run=True)
    folder.load()
    assert [one.snapshot.values["body"] for one in all_saves(article)] == ["First.", "Second."]


def test_a_save_that_fails_leaves_no_revision(client, ada):
    project = ProjectFactory()
    page = address(project, "change", project.pk)
    client.post(page, {**Page(client.get(page).text).fields, "title": ""})
    assert not Revision.objects.exclude(comment=revisions.BEFORE).exists()


# The history


def test_the_history_says_who_when_why_and_what(client, ada):
    project = ProjectFactory(need="Old need")
    save(client, project, comment="Said it shorter", need="New need", title="Another title")
    response = client.get(address(project, "history", project.pk))
    assert "older than its history" in response.text
    assert "Ada Lovelace: “Said it shorter”" in response.text
    assert "Changed: Title, Need." in response.text
    assert re.search(r"\d(am|pm) on \d+\s\w+ 20\d\d", response.text)


def test_what_has_no_history_yet_says_so(client, ada):
    project = ProjectFactory()
    assert "older than its history" in client.get(address(project, "history", project.pk)).text


def test_pages_of_a_history_cost_the_same_at_any_length(client, ada):
    project = ProjectFactory(techniques=TechniqueFactory.create_batch(3))
    PlacementFactory.create_batch(2, project=project)

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    def measure():
        first, last = all_saves(project)[0].id, all_saves(project)[-1].id
        compare = f"{address(project, 'compare', project.pk)}?old={first}&new={last}"
        return [queries(path) for path in (address(project, "history", project.pk), compare)]

    save(client, project, title="Title 1")
    few = measure()
    for number in range(2, 12):
        save(client, project, title=f"Title {number}")
        PlacementFactory(project=project)
    assert measure() == few
    assert max(few) <= 25


def test_a_long_history_comes_in_pages(client, ada):
    project = ProjectFactory()
    for number in range(30):
        revisions.record(project, by=ada, comment=f"Save {number}.")
    first = client.get(address(project, "history", project.pk)).text
    assert "Save 29." in first
    assert "Save 3." not in first
    assert "Save 3." in client.get(address(project, "history", project.pk), {"p": "2"}).text
    assert client.get(address(project, "history", project.pk), {"p": "x"}).status_code == 200


# Two side by side


def test_any_two_compare_line_by_line_in_words(client, ada):
    project = ProjectFactory(
        need="One\n\nTwo words here\n\nThree", area=AreaFactory(name="Imaging"), desired_skills="R"
    )
    PlacementFactory(project=project, wave="Wave 1", starts_on=dt.date(2026, 1, 5), ends_on=None)
    area = AreaFactory(name="Text")
    save(client, project, need="One\n\nTwo terms here\n\nThree", area=area.pk, desired_skills="")
    save(client, project, **{"placements-0-wave": "Wave 2"})
    first, _, last = all_saves(project)
    for old, new in [(first, last), (last, first)]:
        response = client.get(address(project, "compare", project.pk), {"old": old.id, "new": new.id})
        found = {change.label: change for change in response.context["changes"]}
        assert list(found) == ["Area", "Need", "Desired skills", "Placements"]
        assert (found["Area"].old, found["Area"].new) == (["Imaging"], ["Text"])
        kinds = [line.kind for line in found["Need"].lines]
        assert kinds == ["same", "same", "old", "new", "same", "same"]
        assert "<mark>words</mark>" in response.text
        assert "<mark>terms</mark>" in response.text
        assert "It is empty now." in response.text
        assert "Starts on: 5 January 2026" in response.text.replace("\xa0", " ")
        page = Page(response.text)
        assert all("Taken out: " in text for text in page.text("del"))
        assert all("Put in: " in text for text in page.text("ins"))


def test_long_unchanged_text_is_counted_and_not_repeated():
    old = [f"Line {number}" for number in range(50)]
    lines = Change("Need", old, [*old[:20], "Another", *old[21:]]).lines
    assert [(line.kind, line.pieces[0][0]) for line in lines if line.kind == "gap"] == [
        ("gap", "18 lines are the same"),
        ("gap", "27 lines are the same"),
    ]
    assert len(lines) == 2 + 4 + 2


def test_words_of_others_are_shown_as_text(client, ada):
    project = ProjectFactory(need="plain")
    save(client, project, comment="<script>alert(1)</script>", need="<script>alert(2)</script>")
    first, last = all_saves(project)
    for path in [
        address(project, "history", project.pk),
        f"{address(project, 'compare', project.pk)}?old={first.id}&new={last.id}",
        f"{address(project, 'change', project.pk)}?revision={first.id}",
    ]:
        assert "<script>alert" not in client.get(path).text


@pytest.mark.parametrize("query", ["", "?old=1", "?old=x&new=y", "?old=1&new=99999", "?old=-1&new=²", "?old=1e9&new=0"])
def test_a_revision_that_there_is_not_is_not_found(client, ada, query):
    project = ProjectFactory()
    assert client.get(address(project, "compare", project.pk) + query).status_code == 404


def test_a_revision_of_something_else_is_not_found(client, ada):
    project, other = ProjectFactory(), ProjectFactory()
    save(client, other)
    revision = all_saves(other)[-1].id
    assert client.get(address(project, "change", project.pk), {"revision": revision}).status_code == 404


# An old text in the form


def test_an_old_text_comes_back_through_the_form(client, ada):
    old, new = TechniqueFactory(), TechniqueFactory()
    project = ProjectFactory(need="Old need", title="Old title", techniques=[old], status="open", slug="old-address")
    save(client, project, need="New need", title="New title", techniques=[new.pk], slug="new-address")
    project.move_to("paused", by=None, reason="Wait")
    first = all_saves(project)[0]
    response = client.get(address(project, "change", project.pk), {"revision": first.id})
    assert "Nothing is saved yet" in response.text
    fields = Page(response.text).fields
    assert (fields["need"], fields["title"]) == (["Old need"], ["Old title"])
    assert fields["techniques"] == [str(old.pk)]
    # Looking changes nothing; an address and a status are not rewound.
    project.refresh_from_db()
    assert project.need == "New need"
    assert fields["slug"] == ["new-address"]
    assert "Address: now new-address, then old-address" in response.text
    assert "Status: now Paused, then Open" in response.text
    assert client.post(address(project, "change", project.pk), fields).status_code == 302
    project.refresh_from_db()
    assert (project.need, project.status, project.slug) == ("Old need", "paused", "new-address")
    assert list(project.techniques.all()) == [old]
    assert all_saves(project)[-1].comment.startswith("Restored from ")


def test_dates_and_the_round_stay_as_they_are_now(client, ada):
    cohort = CohortFactory(number=7, time_commitment="1 day")
    save(client, cohort, number="8", time_commitment="2 days", ends_on="01/01/2099")
    response = client.get(address(cohort, "change", cohort.pk), {"revision": all_saves(cohort)[0].id})
    fields = Page(response.text).fields
    assert (fields["number"], fields["time_commitment"], fields["ends_on"]) == (["8"], ["1 day"], ["01/01/2099"])
    assert "Number: now 8, then 7" in response.text
    assert "Ends on: now 1 January 2099" in response.text.replace("\xa0", " ")
    project = ProjectFactory()
    window, other = project.round, ApplicationRoundFactory()
    save(client, project, round=other.pk)
    response = client.get(address(project, "change", project.pk), {"revision": all_saves(project)[0].id})
    assert Page(response.text).fields["round"] == [str(other.pk)]
    assert f"Application round: now {other}, then {window}" in response.text


def test_rows_come_back_as_far_as_a_form_can_say_them(client, ada):
    cohort = CohortFactory()
    stays, goes = KeyDateFactory(cohort=cohort, label="Interviews"), KeyDateFactory(cohort=cohort, label="Welcome")
    rows = {str(row.pk): index for index, row in enumerate(cohort.key_dates.all())}
    save(
        client,
        cohort,
        **{f"key_dates-{rows[str(stays.pk)]}-label": "Talks", f"key_dates-{rows[str(goes.pk)]}-DELETE": "on"},
    )
    later = KeyDateFactory(cohort=cohort, label="Later")
    response = client.get(address(cohort, "change", cohort.pk), {"revision": all_saves(cohort)[0].id})
    assert "Key dates deleted since come back as new rows." in response.text
    assert "Key dates added since stay as they are." in response.text
    assert client.post(address(cohort, "change", cohort.pk), Page(response.text).fields).status_code == 302
    assert {row.label for row in cohort.key_dates.all()} == {"Interviews", "Welcome", "Later"}
    assert cohort.key_dates.get(label="Interviews") == stays
    assert cohort.key_dates.get(label="Welcome").date == goes.date
    assert cohort.key_dates.get(label="Later") == later


def test_an_old_text_meets_the_rules_of_today(client, ada):
    project = ProjectFactory(status="open")
    old_area = project.area
    save(client, project, area=AreaFactory().pk)
    Area.objects.filter(pk=old_area.pk).delete()
    response = client.get(address(project, "change", project.pk), {"revision": all_saves(project)[0].id})
    response = client.post(address(project, "change", project.pk), Page(response.text).fields)
    assert response.status_code == 200
    assert "Choose an area" in response.text


def test_saving_and_going_on_leaves_the_old_text_behind(client, ada):
    project = ProjectFactory(need="Old need")
    save(client, project, need="New need")
    address_of_old = f"{address(project, 'change', project.pk)}?revision={all_saves(project)[0].id}"
    page = Page(client.get(f"{address_of_old}&_changelist_filters=q%3Dneed").text)
    (form,) = page.all("form", id="project_form")
    response = client.post(form["action"], {**page.fields, "_continue": "1"})
    assert response["Location"].endswith("/change/?_changelist_filters=q%3Dneed")


def test_one_revision_has_nothing_to_be_compared_with(client, ada):
    project = ProjectFactory()
    revisions.record(project, by=ada)
    page = Page(client.get(address(project, "history", project.pk)).text)
    assert page.all("input", type="radio") == page.all("input", value="Compare the two chosen") == []


# Permissions


def test_a_history_is_for_those_who_may_see_and_its_texts_for_those_who_may_change(client, ada):
    project = ProjectFactory()
    save(client, project)
    first, last = all_saves(project)
    pages = [
        address(project, "history", project.pk),
        f"{address(project, 'compare', project.pk)}?old={first.id}&new={last.id}",
    ]
    client.force_login(StaffFactory(may=["articles.change_article"]))
    assert {client.get(page).status_code for page in pages} == {403}
    client.force_login(StaffFactory(may=["projects.view_project"]))
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        assert "Use this text" not in response.text
        assert "The present text" in response.text
    assert client.get(address(project, "change", project.pk), {"revision": first.id}).status_code == 403
    client.logout()
    assert {client.get(page).status_code for page in pages} == {302}


def test_every_model_that_is_edited_with_its_rows_has_them_in_its_history():
    """An inline of the admin whose rows were not kept would be lost in silence."""
    kept = {model: page for model, page in admin.site._registry.items() if isinstance(page, RevisionAdmin)}
    assert {*KEPT, QuestionSection, Placement} <= set(kept)
    for model, registered in kept.items():
        links = {link.model for link in revisions.parts_of(model)}
        assert {inline.model for inline in registered.inlines} <= links, model
