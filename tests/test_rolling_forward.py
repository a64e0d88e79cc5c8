"""Projects that go to the next application round at once: what is said first, what is written, and what is refused."""

import datetime as dt
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import revisions
from portal.models import StatusChange
from portal.roles import Role
from projects.models import Project
from projects.rolling_forward import next_round
from tests.factories import ApplicationRoundFactory, ProjectFactory, StaffFactory, in_days
from tests.pages import Page
from tests.test_moves_at_once import at_once, two_connections
from tests.test_roles import in_role

pytestmark = pytest.mark.django_db
LIST = "/admin/projects/project/"
ROLL = f"{LIST}roll-forward/"


def rolling(*projects, **chosen):
    query = "".join(f"&{name}={value}" for name, value in chosen.items())
    return f"{ROLL}?ids={'.'.join(str(project.pk) for project in projects)}{query}"


def roll(client, *projects, said=None, **chosen):
    """Choose, read the page, and confirm."""
    path = rolling(*projects, **chosen)
    return client.post(path, {**Page(client.get(path).text).fields, **(said or {})}, follow=True)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def ada(client):
    """A publisher at work."""
    user = in_role(Role.PUBLISHER, first_name="Ada", last_name="Lovelace")
    client.force_login(user)
    return user


@pytest.fixture
def this_year():
    return ApplicationRoundFactory(name="Autumn 2026")


@pytest.fixture
def next_year():
    return ApplicationRoundFactory(name="Autumn 2027", opens_at=in_days(300), closes_at=in_days(340))


# The rounds


def test_the_next_round_is_the_next_to_open(this_year):
    now = timezone.now()
    ApplicationRoundFactory(opens_at=in_days(-90), closes_at=in_days(-60))
    assert next_round(now) is None, "what is open is not to come"
    undated = ApplicationRoundFactory(opens_at=None, closes_at=None)
    assert next_round(now) == undated
    ApplicationRoundFactory(opens_at=in_days(300), closes_at=in_days(340))
    first = ApplicationRoundFactory(opens_at=in_days(100), closes_at=None)
    assert next_round(now) == first


def test_without_a_round_the_page_says_where_to_add_one(client, ada):
    closed = ApplicationRoundFactory(opens_at=in_days(-90), closes_at=in_days(-60))
    project = ProjectFactory(round=closed)
    response = client.get(rolling(project))
    assert "There is no application round that has not closed." in response.text
    assert reverse("admin:projects_applicationround_add") in Page(response.text).links
    assert client.post(rolling(project, round=closed.pk)).status_code == 200
    project.refresh_from_db()
    assert project.round == closed


def test_where_only_open_rounds_are_left_one_has_to_be_chosen(client, ada, this_year):
    project = ProjectFactory(round=None)
    response = client.get(rolling(project))
    assert Page(response.text).fields.get("round", [""]) == [""]
    assert not Page(response.text).all("input", type="hidden", name="seen")
    roll(client, project, round=this_year.pk)
    project.refresh_from_db()
    assert project.round == this_year


# What it does


def test_an_action_leads_to_the_page_and_back_to_the_list_as_it_was(client, ada, this_year, next_year):
    projects = ProjectFactory.create_batch(12, round=this_year)
    data = {"action": "roll_forward", "_selected_action": [project.pk for project in projects]}
    asked = client.post(f"{LIST}?status__exact=open", data, follow=True)
    assert asked.redirect_chain[0][0].startswith(ROLL)
    page = words(asked)
    assert "You chose 12 projects." in page
    assert "12 projects stop accepting applications today. Projects that accept applications go from 12 to 0." in page
    assert "12 projects cannot be applied for now. Their pages say “Applications open at " in page
    assert "No project is then open in “Autumn 2026”: its dates leave the calendar." in page
    assert "12 projects count as updated today in the feed." in page
    assert Project.objects.filter(round=this_year).count() == 12, "nothing changes before it is confirmed"
    (form,) = Page(asked.text).all("form", novalidate="")
    response = client.post(form["action"], Page(asked.text).fields, follow=True)
    assert response.redirect_chain == [(f"{LIST}?status__exact=open", 302)]
    assert "12 projects rolled forward to Autumn 2027." in response.text
    assert Project.objects.open().filter(round=next_year).count() == 12
    assert not StatusChange.objects.exists()


def test_each_is_saved_like_anything_else(client, ada, this_year, next_year):
    project = ProjectFactory(round=this_year, title="Bridges")
    long_ago = timezone.now() - dt.timedelta(days=90)
    Project.objects.update(updated_at=long_ago)
    roll(client, project)
    project.refresh_from_db()
    assert project.updated_at > long_ago + dt.timedelta(days=89)
    newest, before = revisions.saves(revisions.versions_of(Project, project.pk))
    assert (newest.author, newest.comment) == ("Ada Lovelace", "Rolled forward to Autumn 2027")
    assert (before.snapshot.values["round"], newest.snapshot.values["round"]) == (this_year.pk, next_year.pk)
    assert LogEntry.objects.get().change_message == "Rolled forward to Autumn 2027"
    assert "“Bridges” rolled forward" in roll(client, project, round=this_year.pk).text


AFTER = {
    "leave": {"draft": "draft", "open": "open", "paused": "paused"},
    "pause": {"draft": "draft", "open": "paused", "paused": "paused"},
    "open": {"draft": "draft", "open": "open", "paused": "open"},
    "publish": {"draft": "open", "open": "open", "paused": "open"},
}


@pytest.mark.parametrize("becomes", AFTER)
def test_what_becomes_of_each_status(client, ada, this_year, next_year, becomes):
    projects = {status: ProjectFactory(status=status, round=this_year) for status in AFTER[becomes]}
    path = rolling(*projects.values(), becomes=becomes)
    fields = Page(client.get(path).text).fields
    reason = "You can apply for this project again in Autumn 2027." if becomes == "pause" else ""
    assert fields.get("reason", [""]) == [reason]
    roll(client, *projects.values(), becomes=becomes)
    for status, project in projects.items():
        project.refresh_from_db()
        assert (project.status, project.round) == (AFTER[becomes][status], next_year)
    moved = sum(old != new for old, new in AFTER[becomes].items())
    assert [change.public_reason for change in StatusChange.objects.all()] == [reason] * moved


def test_what_readers_notice_counts_all_that_are_open_after_it(client, ada, this_year, next_year):
    """Of the open ones two stop, and one that was paused starts, in a round that is open."""
    other = ApplicationRoundFactory(name="Open now")
    paused = ProjectFactory(status="paused", round=next_year)
    moved = [
        ProjectFactory(round=this_year),
        ProjectFactory(round=next_year),
        ProjectFactory(status="draft", round=None),
    ]
    page = words(client.get(rolling(paused, *moved, round=other.pk, becomes="open")))
    assert "2 projects start accepting applications today. Projects that accept applications go from 1 to 3." in page
    assert "1 project joins the list of open projects" in page
    assert "1 project stays hidden, since it is not published." in page
    assert "3 projects count as updated" in page
    left = words(client.get(rolling(paused, *moved, round=other.pk)))
    assert "1 project stays paused. Readers see the round when somebody opens it." in left


def test_a_pause_asks_for_a_reason_and_keeps_a_note(client, ada, this_year, next_year):
    project = ProjectFactory(round=this_year)
    response = roll(client, project, becomes="pause", said={"reason": " "})
    assert "Nothing has changed yet." in response.text
    assert Page(response.text).title.startswith("Error: ")
    project.refresh_from_db()
    assert (project.status, project.round) == ("open", this_year)
    roll(client, project, becomes="pause", said={"reason": "We come back.", "note": "Ask in May."})
    change = StatusChange.objects.get()
    assert (change.new, change.public_reason, change.private_note) == ("paused", "We come back.", "Ask in May.")
    assert "We come back." in Client().get(project.get_absolute_url()).text


def test_what_was_paused_can_be_rolled_forward_without_choosing_it_again(client, ada, this_year, next_year):
    projects = ProjectFactory.create_batch(12, round=this_year)
    path = f"{LIST}move/paused/?ids={'.'.join(str(one.pk) for one in projects)}"
    response = client.post(path, {**Page(client.get(path).text).fields, "reason": "The year is over."}, follow=True)
    (link,) = [link for link in Page(response.text).links if link.startswith(ROLL)]
    client.post(link, Page(client.get(link).text).fields)
    assert Project.objects.filter(status="paused", round=next_year).count() == 12
    assert {one.public_reason for one in StatusChange.objects.all()} == {"The year is over."}


# What is refused


def test_what_is_refused_is_named_and_the_rest_goes(client, ada, this_year, next_year):
    over = [ProjectFactory(status=status, title=f"An {status} one") for status in ("active", "completed", "archived")]
    there = ProjectFactory(round=next_year, title="There already")
    placeless = ProjectFactory(status="draft", area=None, title="Placeless")
    goes = ProjectFactory(round=this_year)
    page = words(client.get(rolling(*over, there, placeless, goes, becomes="publish")))
    assert "You chose 6 projects. 1 goes to Autumn 2027. 5 stay as they are." in page
    response = roll(client, *over, there, placeless, goes, becomes="publish")
    for one in over:
        assert f"“{one}” stays as it is: it is {one.current_status.label}. Only drafts" in response.text
    assert "“There already” stays as it is: it is in Autumn 2027 already, and stays Open." in response.text
    assert "“Placeless” stays as it is: " in response.text
    assert Project.objects.filter(round=next_year).count() == 2


def test_a_change_by_somebody_else_meanwhile_is_not_undone(client, ada, this_year, next_year):
    other = ApplicationRoundFactory(name="Elsewhere")
    round_moved, status_moved, gone, same = ProjectFactory.create_batch(4, round=this_year)
    path = rolling(round_moved, status_moved, gone, same)
    fields = Page(client.get(path).text).fields
    Project.objects.filter(pk=round_moved.pk).update(round=other)
    status_moved.move_to("paused", by=None, reason="No data.")
    gone.delete()
    response = client.post(path, fields, follow=True)
    assert "it is Open and in Elsewhere now, which is not what you confirmed." in response.text
    assert "it is Paused and in Autumn 2026 now, which is not what you confirmed." in response.text
    assert [*Project.objects.filter(round=next_year)] == [same]


def test_what_was_not_confirmed_does_not_change(client, ada, this_year, next_year):
    project = ProjectFactory(round=this_year)
    for seen in (None, "", "x", f"{project.pk}", f"{project.pk}:open:", f"{project.pk}:paused:{this_year.pk}"):
        client.post(rolling(project), {} if seen is None else {"seen": seen})
    project.refresh_from_db()
    assert project.round == this_year


def test_a_second_click_says_that_it_is_done(client, ada, this_year, next_year):
    project = ProjectFactory(round=this_year)
    path = rolling(project)
    fields = Page(client.get(path).text).fields
    client.post(path, fields)
    response = client.post(path, fields)
    assert "it is in Autumn 2027 already" in response.text
    assert revisions.versions_of(Project, project.pk).count() == 2


@pytest.mark.parametrize("chosen", [{"round": 999}, {"round": "x"}, {"round": ""}, {"becomes": "gone"}])
def test_a_choice_that_is_none_is_said_to_be(client, ada, this_year, next_year, chosen):
    project = ProjectFactory(round=this_year)
    response = client.get(rolling(project, **chosen))
    assert Page(response.text).title.startswith("Error: ")
    assert client.post(rolling(project, **chosen), {"seen": f"{project.pk}:open:{this_year.pk}"}).status_code == 200
    project.refresh_from_db()
    assert project.round == this_year


@pytest.mark.parametrize("text", ["", "?ids=", "?ids=x", "?ids=" + "9" * 400, "?ids=999999"])
def test_an_address_that_names_nothing_leads_back_to_the_list(client, ada, text):
    response = client.get(ROLL + text, follow=True)
    assert response.redirect_chain == [(LIST, 302)]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
def test_only_publishers_are_offered_it(client, role, next_year):
    client.force_login(in_role(role))
    project = ProjectFactory()
    assert "roll_forward" not in client.get(LIST).text
    assert client.get(rolling(project)).status_code == client.post(rolling(project)).status_code == 403


def test_fifty_cost_what_two_do(client, ada, this_year, next_year):
    def queries(*projects):
        client.get(rolling(*projects))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(rolling(*projects)).status_code == 200
        return len(captured)

    projects = ProjectFactory.create_batch(50, round=this_year)
    assert queries(*projects[:2]) == queries(*projects)


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_who_roll_the_same_at_once_write_each_once():
    earlier = ApplicationRoundFactory()
    ApplicationRoundFactory(name="Autumn 2027", opens_at=in_days(300), closes_at=in_days(340))
    projects = ProjectFactory.create_batch(3, round=earlier)
    clients = [Client() for _ in range(3)]
    for one in clients:
        one.force_login(StaffFactory(is_superuser=True))
    path = rolling(*projects, becomes="pause")
    fields = Page(clients[0].get(path).text).fields
    answers = at_once(*[lambda one=one: one.post(path, fields) for one in clients])
    assert {getattr(answer, "status_code", answer) for answer in answers} <= {200, 302}
    assert StatusChange.objects.count() == 3
    for project in projects:
        comments = [save.comment for save in revisions.saves(revisions.versions_of(Project, project.pk))]
        assert comments == ["Moved from Open to Paused", "Rolled forward to Autumn 2027", revisions.BEFORE]
