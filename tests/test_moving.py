"""What a move tells, asks and writes: its effects in numbers, outputs, successors, and the history that readers see."""

import datetime as dt

import pytest
import time_machine

from portal import revisions
from portal.models import StatusChange
from portal.moving import MoveForm
from portal.publishing import Publishable, TransitionError
from projects.models import Output, Placement, Project, Status
from tests.factories import (
    FACTORIES,
    ApplicationRoundFactory,
    CohortFactory,
    FellowFactory,
    OutputFactory,
    PlacementFactory,
    ProgrammeFactory,
    ProjectFactory,
    StaffFactory,
    in_days,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC)
NO_OUTPUTS = {"outputs-TOTAL_FORMS": 2, "outputs-INITIAL_FORMS": 0, "outputs-1-state": "awaiting"}
CODE = {"outputs-0-kind": "code", "outputs-0-state": "published", "outputs-0-url": "https://example.org/code"}


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def effects(status, *items):
    kind = type(items[0])
    fresh = list(kind._default_manager.filter(pk__in=[item.pk for item in items]).for_moving())
    return kind.effects_of_move(fresh, kind.Status(status), dt.datetime.now(dt.UTC))


def asking(status, *items):
    return f"/admin/projects/project/move/{status}/?ids={'.'.join(str(item.pk) for item in items)}"


def confirm(client, status, *items, **said):
    path = asking(status, *items)
    return client.post(path, {**Page(client.get(path).text).fields, **said}, follow=True)


def told(response):
    page = Page(response.text)
    return [*page.text("li"), *page.text("p")]


# What readers will notice


def test_a_pause_says_how_many_can_no_longer_be_applied_for(clock):
    here, later = ApplicationRoundFactory(name="Autumn"), ApplicationRoundFactory(name="Later", opens_at=in_days(5))
    projects = [*ProjectFactory.create_batch(3, round=here), ProjectFactory(round=later)]
    ProjectFactory.create_batch(2)
    assert effects("paused", *projects) == [
        "3 projects stop accepting applications today. Projects that accept applications go from 5 to 2.",
        "4 projects leave the list of open projects, its feeds and the calendar.",
        "No project is then open in “Autumn”: its dates leave the calendar.",
        "All pages keep their addresses. They say at the top “This project is paused”, with your reason and today’s "
        "date, and point to similar projects that are open.",
    ]
    ProjectFactory(round=here)
    assert not [sentence for sentence in effects("paused", *projects) if "No project is then open" in sentence]


def test_an_opening_says_who_can_apply_and_what_the_others_say(clock):
    now, later = ApplicationRoundFactory(), ApplicationRoundFactory(opens_at=in_days(5))
    ready = ProjectFactory(status="paused", round=now)
    assert effects("open", ready, ProjectFactory(status="draft", round=later), ProjectFactory(round=None)) == [
        "1 project becomes public at once. Everybody can read it, and it joins the lists and the search.",
        "1 project starts accepting applications today. Projects that accept applications go from 0 to 1.",
        f"1 project cannot be applied for now. Its page says “{later.sentence()}”.",
        "1 project cannot be applied for now. Its page says “Application dates to be announced”.",
        "2 projects join the list of open projects, its feeds and the calendar.",
    ]


def test_back_to_draft_says_that_the_page_disappears(clock):
    project = ProjectFactory(round=None)
    sentences = effects("draft", project)
    assert sentences[0] == (
        "1 project disappears for readers at once. Its address answers “page not found”, and it leaves every list, "
        "feed and search."
    )
    assert not [sentence for sentence in sentences if "keeps its address" in sentence]
    assert effects("draft", ProjectFactory(status="draft")) == []


def test_what_is_said_of_applications_is_what_comes(clock, client):
    """The numbers of the sentence are those that readers then count."""
    projects = ProjectFactory.create_batch(4)
    (sentence,) = [one for one in effects("active", *projects[:3]) if "go from" in one]
    assert sentence.endswith(f"go from {Project.objects.accepting().count()} to 1.")
    for project in projects[:3]:
        project.move_to("active", by=None)
    assert Project.objects.accepting().count() == 1


@pytest.mark.parametrize("kind", [kind for kind in Publishable.kinds() if kind is not Project])
def test_every_kind_says_that_pages_come_and_go(kind):
    item = FACTORIES[kind](status="draft")
    assert effects("published", item)[0].startswith(f"{kind.counted(1)} becomes public at once.")
    item.move_to("published", by=None)
    assert effects("draft", item)[0].startswith(f"{kind.counted(1)} disappears for readers at once.")


def test_a_cohort_takes_its_fellows_with_it():
    cohort = CohortFactory()
    FellowFactory.create_batch(2, cohort=cohort)
    FellowFactory(cohort=cohort, consent_on=None)
    assert effects("draft", cohort)[1:] == ["2 fellows disappear with it."]
    cohort.move_to("draft", by=None)
    assert effects("published", cohort)[1:] == ["2 fellows become public with it."]


def test_what_readers_still_do_not_see_is_not_promised():
    cohort = CohortFactory(status="draft")
    fellows = FellowFactory.create_batch(2, status="draft", cohort=cohort)
    (sentence,) = effects("published", *fellows)
    assert sentence == f"2 fellows stay hidden all the same. {cohort} is a draft, and so its fellows are hidden."


@pytest.mark.parametrize("status", [s for kind in Publishable.kinds() for s in kind.Status], ids=str)
def test_every_status_names_the_act_that_leads_to_it(status):
    assert status.verb
    assert status.act_on("3 projects") in {f"{status.verb} 3 projects", "Move 3 projects back to draft"}
    assert status.asks_reason is (status in {Status.PAUSED, Status.ARCHIVED})


# Completing


def test_nothing_is_completed_without_outputs_or_the_reason_why_there_are_none():
    project = ProjectFactory()
    PlacementFactory(project=project)
    with pytest.raises(TransitionError, match="add its outputs first, or say why there are none"):
        project.move_to("completed", by=None)
    assert not StatusChange.objects.exists()
    OutputFactory(placement__project=project)
    project.move_to("completed", by=None)
    ProjectFactory(no_outputs_reason="It was a trial.").move_to("completed", by=None)
    assert StatusChange.objects.count() == 2


def test_one_project_is_completed_with_its_outputs(admin_client):
    project = ProjectFactory()
    older, newer = PlacementFactory(project=project), PlacementFactory(project=project, starts_on=None, ends_on=None)
    Placement.objects.filter(pk=older.pk).update(starts_on="2024-06-03")
    asked = admin_client.get(asking("completed", project))
    assert f"New ones are added to {older}." in asked.text
    report = {"outputs-1-kind": "report", "outputs-1-expected_on": "2027-03-01"}
    response = confirm(admin_client, "completed", project, **NO_OUTPUTS, **CODE, **report)
    assert "moved to Completed." in response.text
    assert [output.kind for output in older.outputs.all()] == ["code", "report"]
    assert not newer.outputs.exists()
    assert "https://example.org/code" in Page(admin_client.get(project.get_absolute_url()).text).links


def test_a_project_without_a_placement_gets_one_for_its_outputs(admin_client):
    project = ProjectFactory()
    assert "New ones are added to a new placement." in admin_client.get(asking("completed", project)).text
    confirm(admin_client, "completed", project, **NO_OUTPUTS, **CODE)
    assert Output.objects.get().placement == project.placements.get()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Add at least one output, or say why there are none."),
        ({**CODE, "no_outputs_reason": "None."}, "You add outputs, so leave this empty."),
        ({**CODE, "outputs-0-url": ""}, "A published output needs its address."),
        ({**CODE, "outputs-0-url": "javascript:alert(1)"}, "Look at the outputs: something in them is not right yet."),
        ({"outputs-0-title": "Only a title"}, "This field is required."),
    ],
    ids=str,
)
def test_what_is_missing_for_completion_is_said_and_nothing_is_written(admin_client, said, words):
    project = ProjectFactory()
    response = confirm(admin_client, "completed", project, **NO_OUTPUTS, **said)
    assert words in told(response)
    assert "Nothing has moved yet." in response.text
    assert not Output.objects.exists()
    assert not Placement.objects.exists()
    assert not StatusChange.objects.exists()


def test_a_project_without_outputs_is_completed_with_the_reason(admin_client, client):
    project = ProjectFactory()
    confirm(admin_client, "completed", project, **NO_OUTPUTS, no_outputs_reason="The data never came.")
    project.refresh_from_db()
    assert (project.status, project.no_outputs_reason) == ("completed", "The data never came.")
    client.logout()
    assert "The data never came." in client.get(project.get_absolute_url()).text
    assert not Placement.objects.exists()


def test_several_without_outputs_are_completed_for_one_reason_or_one_by_one(admin_client):
    bare, also_bare, done = ProjectFactory(), ProjectFactory(), OutputFactory(placement__project__status="active")
    finished = done.placement.project
    path = asking("completed", bare, also_bare, finished)
    page = Page(admin_client.get(path).text)
    assert "Why 2 projects have no outputs" in page.text("label")
    assert {asking("completed", bare), asking("completed", also_bare), asking("completed", finished)} <= set(page.links)
    assert "Nothing has moved yet." in admin_client.post(path, page.fields).text
    admin_client.post(path, {**page.fields, "no_outputs_reason": "Both were trials."})
    reasons = {project.pk: project.no_outputs_reason for project in Project.objects.filter(status="completed")}
    assert reasons == {bare.pk: "Both were trials.", also_bare.pk: "Both were trials.", finished.pk: ""}


def test_who_may_only_publish_writes_nothing_else(client):
    """Outputs, reasons and successors are changes of projects."""
    project, newer = ProjectFactory(), ProjectFactory()
    client.force_login(StaffFactory(may=["projects.view_project", "projects.publish_project"]))
    response = confirm(
        client, "completed", project, **NO_OUTPUTS, **CODE, no_outputs_reason="x", seen=f"{project.pk}:open"
    )
    assert "add its outputs first, or say why there are none." in response.text
    confirm(client, "archived", project, reason="No data.", successor=newer.pk)
    newer.refresh_from_db()
    project.refresh_from_db()
    assert (project.status, project.no_outputs_reason, newer.supersedes) == ("archived", "", None)
    assert not Output.objects.exists()
    other = ProjectFactory()
    client.force_login(StaffFactory(may=[f"projects.{act}_project" for act in ("view", "publish", "change")]))
    assert "Add at least one output" not in confirm(client, "completed", other, **NO_OUTPUTS, **CODE).text
    assert not Output.objects.exists()
    confirm(client, "completed", other, no_outputs_reason="A trial.")
    assert Project.objects.get(pk=other.pk).status == "completed"


# Successors


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_a_project_that_takes_its_place_can_be_named(admin_client, client, status):
    old, new = ProjectFactory(title="The old one"), ProjectFactory(title="The new one")
    confirm(admin_client, status, old, reason="Merged.", successor=new.pk)
    new.refresh_from_db()
    assert new.supersedes == old
    client.logout()
    assert "It is replaced by The new one, which is open." in told(client.get(old.get_absolute_url()))


def test_all_that_a_move_writes_is_a_revision(admin_client, admin_user):
    old, new = ProjectFactory(title="The old one"), ProjectFactory(title="The new one")
    confirm(admin_client, "archived", old, reason="Merged.", successor=new.pk)
    for project, comment in [(old, "Moved from Open to Archived"), (new, "With the move of “The old one”")]:
        newest, *_, first = revisions.saves(revisions.versions_of(Project, project.pk))
        assert (newest.comment, newest.version.revision.user) == (comment, admin_user)
        assert first.comment == revisions.BEFORE
    assert newest.snapshot.values["supersedes"] == old.pk


def test_a_circle_or_a_second_predecessor_is_refused(admin_client):
    first = ProjectFactory(title="First")
    second = ProjectFactory(title="Second", supersedes=first)
    third = ProjectFactory(title="Third")
    response = confirm(admin_client, "archived", second, reason="Merged.", successor=first.pk)
    assert "These projects would replace each other in a circle." in told(response)
    response = confirm(admin_client, "archived", third, reason="Merged.", successor=second.pk)
    assert "“Second” takes the place of “First” already." in told(response)
    response = confirm(admin_client, "archived", third, reason="Merged.", successor=third.pk)
    assert "Nothing has moved yet." in response.text
    assert not StatusChange.objects.exists()


def test_a_successor_is_asked_for_one_project_and_where_one_can_take_its_place(admin_client):
    one, other = ProjectFactory.create_batch(2)

    def asked(status, *items):
        return "successor" in {
            tag.get("name") for tag in Page(admin_client.get(asking(status, *items)).text).all("select")
        }

    assert asked("paused", one)
    assert not asked("paused", one, other)
    assert not asked("active", one)


# The history that readers see


def test_a_brief_tells_its_history_and_nothing_of_people_notes_or_drafts(client, clock):
    project = ProjectFactory(status="draft", area=None)
    Project.objects.update(area=ProjectFactory().area)
    project.refresh_from_db()
    steps = [
        (1, "open", ""),
        (2, "paused", "The data is late."),
        (3, "draft", "Not for readers."),
        (4, "paused", "The data is late."),
        (5, "archived", "It never came."),
    ]
    for day, status, reason in steps:
        clock.move_to(NOW + dt.timedelta(days=day))
        project.move_to(status, by=StaffFactory(first_name="Ada"), reason=reason, note="Between us.")
    response = client.get(project.get_absolute_url())
    rows = [text for text in Page(response.text).text("li") if ": " in text and "October" in text]
    assert rows == [
        "25 October 2026: Archived. It never came.",
        "24 October 2026: Paused. The data is late.",
        "21 October 2026: Open",
    ]
    for hidden in ("Ada", "Between us", "Not for readers", "Draft"):
        assert hidden not in response.text
    assert "History of this project" not in client.get(ProjectFactory().get_absolute_url()).text


def test_a_form_of_the_ground_asks_what_every_kind_asks():
    programme = ProgrammeFactory(status="draft")
    form = MoveForm(new=programme.Status("published"), items=[programme], user=StaffFactory())
    assert list(form.fields) == ["seen", "note"]
    assert form.rows == []
