"""A project and a cohort copied as drafts: what comes along, what stays behind, and where the copy is from."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fellowship.copying import a_year_later, later
from fellowship.models import Cohort, KeyDate, Question
from portal import revisions, search
from portal.models import StatusChange
from portal.roles import Role
from projects.models import Project
from tests.factories import (
    ApplicationRoundFactory,
    CohortFactory,
    FellowFactory,
    KeyDateFactory,
    OutputFactory,
    PlacementFactory,
    ProjectFactory,
    QuestionFactory,
    StaffFactory,
    in_days,
)
from tests.pages import Page
from tests.test_moves_at_once import at_once, two_connections
from tests.test_roles import in_role

pytestmark = pytest.mark.django_db


def address(item, page="copy"):
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_{page}", args=[item.pk])


def copy(client, item, **said):
    """Read the page, and send it with these words in it."""
    fields = Page(client.get(address(item)).text).fields
    return client.post(address(item), {**fields, **said}, follow=True)


@pytest.fixture
def ada(client):
    """An editor at work."""
    user = in_role(Role.EDITOR, first_name="Ada", last_name="Lovelace")
    client.force_login(user)
    return user


# Projects


def test_a_copy_has_what_the_brief_says_and_nothing_of_what_became_of_it(client, ada):
    older = ProjectFactory(status="archived")
    project = ProjectFactory(
        title="Bridges",
        slug="bridges",
        status="completed",
        supersedes=older,
        source_key="bridges",
        source_text="Old.",
        no_outputs_reason="It was a trial.",
        datasets="Beds.",
    )
    PlacementFactory(project=project)
    OutputFactory(placement__project=project)
    StatusChange.objects.create(kind="projects.project", object_id=project.pk, title="Bridges", new="completed")
    upcoming = ApplicationRoundFactory(opens_at=in_days(50), closes_at=in_days(90))
    response = copy(client, project)
    made = project.copies.get()
    assert response.redirect_chain == [(address(made, "change"), 302)]
    assert (made.title, made.slug, made.status, made.published_at) == ("Bridges", "bridges-2", "draft", None)
    for name in ("summary", "area", "partner", "need", "datasets", "desired_skills"):
        assert getattr(made, name) == getattr(project, name) != ""
    for name in ("techniques", "modalities"):
        assert [*getattr(made, name).all()] == [*getattr(project, name).all()] != []
    assert (made.round, made.supersedes, made.no_outputs_reason) == (upcoming, None, "")
    assert (made.source_key, made.source_text) == ("", "")
    assert not made.placements.exists()
    assert not made.status_changes().exists()
    assert client.get(project.get_absolute_url()).status_code == 200


def test_readers_see_nothing_of_a_copy_and_its_editor_finds_it(client, ada):
    project = ProjectFactory(need="About quokkas.")
    copy(client, project)
    made = project.copies.get()
    found = search.hits("quokkas", Project.objects.all())
    assert set(found.ids) == {project.pk, made.pk}
    client.logout()
    assert client.get(made.get_absolute_url()).status_code == 404
    assert made.get_absolute_url() not in client.get("/projects/").text + client.get("/sitemap.xml").text


def test_a_copy_may_take_the_place_of_its_original_under_words_of_its_own(client, ada):
    project, other = ProjectFactory(), ApplicationRoundFactory(name="Spring")
    said = {"title": "Tunnels", "slug": "tunnels", "round": other.pk, "takes_its_place": "on"}
    copy(client, project, **said)
    made = project.copies.get()
    assert (made.title, made.slug, made.round, made.supersedes) == ("Tunnels", "tunnels", other, project)


def test_rounds_that_have_closed_are_not_offered_and_none_is_chosen_where_none_is_to_come(client, ada):
    closed = ApplicationRoundFactory(name="Long ago", opens_at=in_days(-90), closes_at=in_days(-60))
    project = ProjectFactory(round=closed)
    page = client.get(address(project)).text
    assert "Long ago" not in page
    assert Page(page).fields.get("round", [""]) == [""]


@pytest.mark.parametrize("slug", ["taken", "feed", "no address", ""])
def test_a_wrong_address_is_said_to_be_and_nothing_is_lost(client, ada, slug):
    project = ProjectFactory()
    ProjectFactory(slug="taken")
    response = copy(client, project, slug=slug, title="New words")
    assert Page(response.text).title.startswith("Error: ")
    assert "Nothing is copied yet." in response.text
    assert "New words" in response.text
    assert not project.copies.exists()


# Where it is from


def test_each_page_tells_of_the_other(client, ada):
    project = ProjectFactory(title="Bridges <b>")
    copy(client, project, title="Bridges again")
    made = project.copies.get()
    today = f"{timezone.localdate().day}\u00a0{timezone.localdate():%B %Y}"
    page = client.get(address(made, "change")).text
    where = f'Copied from <a href="{address(project, "change")}">“Bridges &lt;b&gt;”</a> on {today} by Ada Lovelace'
    assert where in page
    assert f'Copied to: <a href="{address(made, "change")}">“Bridges again”</a>' in (
        client.get(address(project, "change")).text
    )
    assert [save.comment for save in revisions.saves(revisions.versions_of(Project, made.pk))] == [
        "Copied from “Bridges <b>”"
    ]
    assert LogEntry.objects.get().user == ada
    assert "It is no copy, and was never copied." in client.get(address(ProjectFactory(), "change")).text


def test_a_copy_outlives_its_original(client, ada):
    project = ProjectFactory()
    copy(client, project)
    made = project.copies.get()
    project.delete()
    made.refresh_from_db()
    assert made.copied_from is None
    assert client.get(address(made, "change")).status_code == 200


def test_an_old_text_comes_back_to_a_copy_and_its_revisions_compare(client, ada):
    project = ProjectFactory(need="First.")
    copy(client, project)
    made = project.copies.get()
    fields = Page(client.get(address(made, "change")).text).fields
    client.post(address(made, "change"), {**fields, "need": "Second."})
    newest, first = revisions.saves(revisions.versions_of(Project, made.pk))
    assert (first.snapshot.values["copied_from"], newest.snapshot.values["need"]) == (project.pk, "Second.")
    compared = client.get(address(made, "compare"), {"old": first.id, "new": newest.id})
    assert "copied" not in compared.text.lower().replace("copied from “", "")
    path = f"{address(made, 'change')}?revision={first.id}"
    client.post(path, Page(client.get(path).text).fields)
    made.refresh_from_db()
    assert (made.need, made.copied_from) == ("First.", project)


# Twice


def test_a_second_click_leads_to_the_copy_that_the_first_made(client, ada):
    for item in (ProjectFactory(), CohortFactory()):
        fields = Page(client.get(address(item)).text).fields
        client.post(address(item), fields)
        response = client.post(address(item), fields, follow=True)
        made = item.copies.get()
        assert response.redirect_chain == [(address(made, "change"), 302)]
        assert "and no second copy" in response.text


def test_a_second_copy_that_is_meant_is_made_after_the_page_has_told_of_the_first(client, ada):
    project = ProjectFactory(title="Bridges", slug="bridges")
    copy(client, project)
    assert "There is a copy already" in client.get(address(project)).text
    copy(client, project)
    assert sorted(project.copies.values_list("slug", flat=True)) == ["bridges-2", "bridges-3"]


def test_an_address_that_is_taken_while_the_copy_is_written_is_said_to_be(client, ada, monkeypatch):
    """Two who copy different pages at once see neither's copy: the database refuses the second."""
    project, other = ProjectFactory(), ProjectFactory(slug="taken")
    monkeypatch.setattr(Project, "validate_unique", lambda *args, **kwargs: None)
    response = copy(client, project, slug=other.slug)
    assert "Somebody else saved at the same moment." in response.text
    assert not project.copies.exists()


@two_connections
@pytest.mark.django_db(transaction=True)
def test_of_clicks_at_once_one_copies():
    project, cohort = ProjectFactory(), CohortFactory()
    for item in (project, cohort):
        clients = [Client() for _ in range(4)]
        for one in clients:
            one.force_login(StaffFactory(is_superuser=True))
        fields = Page(clients[0].get(address(item)).text).fields
        path = address(item)
        answers = at_once(*[lambda one=one, path=path, fields=fields: one.post(path, fields) for one in clients])
        made = address(item.copies.get(), "change")
        assert [getattr(answer, "url", answer) for answer in answers] == [made] * 4


# Cohorts


@pytest.fixture
def cohort():
    """One that starts on a day that most years do not have."""
    found = CohortFactory(number=4, starts_on=dt.date(2028, 2, 29), ends_on=dt.date(2029, 2, 28))
    CohortFactory(number=7)
    FellowFactory(cohort=found)
    return found


def test_a_copy_of_a_cohort_is_a_year_later_and_its_dates_are_to_be_announced(client, ada, cohort):
    copy(client, cohort)
    made = cohort.copies.get()
    assert (made.number, made.status) == (8, "draft")
    assert (made.starts_on, made.ends_on) == (dt.date(2029, 2, 28), dt.date(2030, 2, 28))
    assert (made.opens_at, made.closes_at, made.apply_url) == (None, None, "")
    assert made.sentence() == "Application dates to be announced"
    for name in ("summary", "time_commitment", "how_to_apply", "is_paid"):
        assert getattr(made, name) == getattr(cohort, name)
    assert not made.fellows.exists()
    client.logout()
    assert client.get(made.get_absolute_url()).status_code == 404
    assert "Cohort 8" not in client.get("/fellowship/").text


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),
        (dt.date(2027, 12, 31), 2, dt.date(2028, 2, 29)),
        (dt.date(2027, 1, 31), -1, dt.date(2026, 12, 31)),
        (dt.date(2026, 9, 1), 12, dt.date(2027, 9, 1)),
    ],
)
def test_a_day_so_many_months_later(day, months, found):
    assert later(day, months) == found


def test_a_year_that_ends_with_february_does_so_again():
    assert a_year_later(dt.date(2027, 2, 28)) == dt.date(2028, 2, 29)
    assert a_year_later(dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)
    assert a_year_later(dt.date(2028, 2, 28)) == dt.date(2029, 2, 28)
    assert a_year_later(dt.date(2027, 8, 31)) == dt.date(2028, 8, 31)


def test_key_dates_move_with_the_start_and_say_no_more_than_the_month(client, ada, cohort):
    for precision in KeyDate.Precision:
        KeyDateFactory(cohort=cohort, label=precision.value, date=dt.date(2028, 1, 31), precision=precision)
    copy(client, cohort, starts_on="2029-03-01", ends_on="2030-02-28")  # 13 months later
    found = {one.label: (one.date, one.in_words) for one in cohort.copies.get().key_dates.all()}
    day = dt.date(2029, 2, 28)
    assert found == {
        "day": (day, "February 2029"),
        "week": (day, "February 2029"),
        "early": (day, "February 2029"),
        "mid": (day, "February 2029"),
        "late": (day, "February 2029"),
        "month": (day, "February 2029"),
        "approximate": (day, "Around February 2029"),
    }


def test_its_own_questions_come_along_and_are_nowhere_public(client, ada, cohort):
    question = QuestionFactory(cohort=cohort, question="Why quokkas?", slug="why-cohort-4")
    QuestionFactory(slug="why-cohort-8")
    copy(client, cohort)
    made = cohort.copies.get()
    found = Question.objects.get(cohort=made)
    assert (found.question, found.answer, found.slug) == (question.question, question.answer, "why-cohort-8-2")
    assert found.section == question.section
    newest, before = revisions.saves(revisions.versions_of(type(found.section), found.section.pk))
    assert newest.comment == "Copied from “Cohort 4”"
    assert len(before.snapshot.parts["questions"]) + 1 == len(newest.snapshot.parts["questions"])
    client.logout()
    for path in ("/", "/fellowship/", "/search/?q=quokkas", "/sitemap.xml"):
        assert "why-cohort-8-2" not in client.get(path).text
    assert client.get("/search/?q=quokkas").text.count(">Why quokkas?<") == 1  # that of the original
    assert client.get(cohort.get_absolute_url()).text.count("Why quokkas?") >= 1


def test_only_who_may_move_dates_is_asked_for_the_window(client, ada, cohort):
    window = {"opens_at": "2029-01-10T09:00", "closes_at": "2029-02-20T12:00"}
    assert "opens_at" not in Page(client.get(address(cohort)).text).fields
    copy(client, cohort, **window)
    assert cohort.copies.get().opens_at is None
    client.force_login(in_role(Role.PUBLISHER))
    page = client.get(address(cohort)).text
    assert Page(page).fields["opens_at"] == [""]
    assert "A year later that is" in page
    copy(client, cohort, **window)
    made = cohort.copies.get(number=9)
    assert timezone.localtime(made.closes_at).isoformat() == "2029-02-20T12:00:00+00:00"


def test_wrong_dates_are_named_at_their_fields(client, admin_client, cohort):
    said = {
        "number": "7",
        "starts_on": "2029-03-01",
        "ends_on": "2029-03-01",
        "opens_at": "2029-01-10T09:00",
        "closes_at": "2029-01-09T09:00",
    }
    response = copy(admin_client, cohort, **said)
    assert {name: len(errors) for name, errors in response.context["form"].errors.items()} == {
        "number": 1,
        "ends_on": 1,
        "closes_at": 1,
    }
    for wrong in ({"number": "x"}, {"number": "9" * 30}, {"number": "-1"}, {"starts_on": "31 February"}):
        assert list(copy(admin_client, cohort, **wrong).context["form"].errors) == [*wrong]
    assert Cohort.objects.count() == 2


def test_a_draft_without_dates_is_copied_too(client, ada):
    cohort = CohortFactory(number=4, status="draft", starts_on=None, ends_on=None, opens_at=None, closes_at=None)
    KeyDateFactory(cohort=cohort, date=dt.date(2028, 1, 31))
    copy(client, cohort)
    made = cohort.copies.get()
    assert (made.starts_on, made.key_dates.get().in_words) == (None, "January 2029")


def test_the_pages_cost_the_same_for_one_row_and_for_thirty(client, ada, cohort):
    def costs(page):
        client.get(address(cohort, page))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(cohort, page)).status_code == 200
        return len(captured)

    def add(number):
        KeyDateFactory.create_batch(number, cohort=cohort)
        QuestionFactory.create_batch(number, cohort=cohort)
        for one in range(number):
            CohortFactory(copied_from=cohort, number=1000 + Cohort.objects.count() + one)

    add(1)
    few = costs("copy")
    add(29)
    assert costs("copy") == few


# Who may


def test_it_is_offered_to_those_who_may_add_such_a_page(client, ada):
    for item in (ProjectFactory(), CohortFactory()):
        assert address(item) in Page(client.get(address(item, "change")).text).links
    name = f"{item._meta.app_label}.change_{item._meta.model_name}"
    client.force_login(StaffFactory(may=[name, name.replace("change", "view")]))
    assert address(item) not in Page(client.get(address(item, "change")).text).links
    assert client.get(address(item)).status_code == 403


def test_a_page_that_is_gone_is_not_found(client, ada):
    assert client.get("/admin/projects/project/999999/copy/").status_code == 404
    assert client.post("/admin/projects/project/999999999999999999999999/copy/").status_code == 404
