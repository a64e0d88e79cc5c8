"""Two people, or two clicks, at once: each move is made once, and whoever comes second is told what happened."""

import threading

import pytest
from django.db import close_old_connections, connection

from portal.models import StatusChange
from portal.publishing import TransitionError
from projects.models import Output, Placement, Project, Status
from projects.moving import ProjectMoveForm
from tests.factories import ProjectFactory, StaffFactory

pytestmark = pytest.mark.django_db
OUTPUT = {
    "outputs-TOTAL_FORMS": 1,
    "outputs-INITIAL_FORMS": 0,
    "outputs-0-kind": "code",
    "outputs-0-state": "published",
    "outputs-0-url": "https://example.org/code",
}


def at_once(*calls):
    """Run each in a thread with a connection of its own. What each returned, or the error that it raised."""
    found, gate = [None] * len(calls), threading.Barrier(len(calls))

    def run(number, call):
        try:
            gate.wait(10)
            found[number] = call()
        except Exception as error:  # to be looked at by the test
            found[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


two_connections = pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="a database in memory has one connection; runs on PostgreSQL"
)


def form_for(project, status, user, **said):
    data = {"seen": f"{project.pk}:{project.status}", "reason": "No data.", **said}
    return ProjectMoveForm(data, new=Status(status), items=[project], user=user)


def test_what_a_refused_move_wrote_besides_is_undone():
    user, project = StaffFactory(is_superuser=True), ProjectFactory()
    form = form_for(project, "completed", user, **OUTPUT)
    assert form.is_valid()
    Project.objects.get(pk=project.pk).move_to("archived", by=None)
    done, (refusal,) = form.carry_out()
    assert not done
    assert "it is Archived now" in refusal
    assert not Output.objects.exists()
    assert not Placement.objects.exists()


def test_what_was_deleted_after_all_was_checked_is_said_to_be():
    project = ProjectFactory(title="Bridges")
    form = form_for(project, "paused", StaffFactory())
    assert form.is_valid()
    Project.objects.all().delete()
    assert form.carry_out() == ([], ["“Bridges” was deleted in the meantime."])
    newer, older = ProjectFactory(), ProjectFactory(title="Tunnels")
    form = form_for(older, "paused", StaffFactory(is_superuser=True), successor=newer.pk)
    assert form.is_valid()
    newer.delete()
    done, (refusal,) = form.carry_out()
    assert not done
    assert "the project that takes its place was deleted" in refusal
    assert not StatusChange.objects.exists()


@two_connections
@pytest.mark.django_db(transaction=True)
def test_the_one_door_lets_one_through():
    """Without a form too: a command, or the code of somebody who writes one."""

    def pause(key):
        Project.objects.get(pk=key).move_to("paused", by=None)

    for _ in range(10):
        project = ProjectFactory()
        results = at_once(*[lambda key=project.pk: pause(key)] * 4)
        assert sum(result is None for result in results) == 1, results
        assert sum(isinstance(result, TransitionError) for result in results) == 3, results
        assert StatusChange.objects.filter(object_id=project.pk).count() == 1


@two_connections
@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_once_one_is_made_and_the_other_told():
    user = StaffFactory(is_superuser=True)
    for _ in range(5):
        project = ProjectFactory()
        forms = [form_for(project, status, user) for status in ("paused", "archived", "paused", "active")]
        assert all(form.is_valid() for form in forms)
        results = at_once(*[form.carry_out for form in forms])
        assert sorted(len(done) for done, _ in results) == [0, 0, 0, 1], results
        assert all(len(done) + len(refused) == 1 for done, refused in results)
        assert StatusChange.objects.filter(object_id=project.pk).count() == 1
        project.refresh_from_db()
        assert StatusChange.objects.get(object_id=project.pk).new == project.status


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_add_outputs_once():
    user, project = StaffFactory(is_superuser=True), ProjectFactory()
    forms = [form_for(project, "completed", user, **OUTPUT) for _ in range(3)]
    assert all(form.is_valid() for form in forms)
    results = at_once(*[form.carry_out for form in forms])
    assert sorted(len(done) for done, _ in results) == [0, 0, 1], results
    assert (Output.objects.count(), Placement.objects.count(), StatusChange.objects.count()) == (1, 1, 1)


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_projects_that_take_each_others_place_at_once_wait_for_each_other():
    user, one, other = StaffFactory(is_superuser=True), ProjectFactory(), ProjectFactory()
    forms = [
        form_for(one, "archived", user, successor=other.pk),
        form_for(other, "archived", user, successor=one.pk),
    ]
    assert all(form.is_valid() for form in forms)
    results = at_once(*[form.carry_out for form in forms])
    assert sorted(len(done) for done, _ in results) == [0, 1], results
    assert "circle" in str(results)
    assert Project.objects.exclude(supersedes=None).count() == 1
