"""Submitting a draft for publishing: who writes and may not publish asks, a publisher finds it, and a move answers."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import submissions
from portal.audit import AuditEvent
from portal.models import Submission
from portal.publishing import Publishable, TransitionError
from portal.roles import Role
from projects.models import Project
from tests.factories import FACTORIES, CohortFactory, FellowFactory, ProjectFactory, StaffFactory
from tests.pages import Page
from tests.test_moves_at_once import at_once, two_connections
from tests.test_roles import in_role

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind._meta.model_name)


def address(kind, page, *args):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}", args=args)


def asking(*items):
    return f"{address(type(items[0]), 'submit')}?ids={'.'.join(str(item.pk) for item in items)}"


def change(item):
    return address(type(item), "change", item.pk)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def rows(response):
    return {item.pk for item in response.context["cl"].result_list}


def events():
    found = AuditEvent.objects.filter(kind="submission").order_by("pk")
    return list(found.values_list("by_name", "about", "detail"))


@pytest.fixture
def ada(client):
    """An editor at work."""
    user = in_role(Role.EDITOR, first_name="Ada", last_name="Lovelace")
    client.force_login(user)
    return user


@every_kind
def test_an_editor_submits_and_a_publisher_finds_and_publishes(client, ada, kind):
    item = FACTORIES[kind](status="draft")
    (link,) = [one for one in Page(client.get(change(item)).text).links if "/submit/" in one]
    page = Page(client.get(link).text)
    assert page.text("h1")[-1] == f"Submit {kind.counted(1)} for publishing"
    assert not Submission.objects.exists(), "nothing is submitted by reading"
    done = client.post(link, {**page.fields, "note": "The <b>dates</b>."}, follow=True)
    assert done.redirect_chain == [(change(item), 302)]
    row = Submission.objects.get()
    assert (row.kind, row.object_id, row.title) == (kind._meta.label_lower, item.pk, str(item))
    assert (row.by, row.by_name, row.note) == (ada, "Ada Lovelace", "The <b>dates</b>.")
    assert "The &lt;b&gt;dates&lt;/b&gt;." in done.text
    assert events() == [("Ada Lovelace", str(item), "Submitted for publishing: The <b>dates</b>.")]
    item.refresh_from_db()
    assert item.status == "draft"

    client.force_login(in_role(Role.PUBLISHER))
    listed = client.get(address(kind, "changelist"))
    assert f"{kind.counted(1)} is submitted for publishing" in words(listed)
    assert "?submitted=yes" in Page(listed.text).links
    assert "Submitted for publishing by Ada Lovelace on" in words(client.get(change(item)))
    item.move_to(next(status for status in item.current_status.next if status.is_public), by=None)
    assert not Submission.objects.exists()
    assert "Submitted for publishing by" not in words(client.get(change(item)))
    assert len(events()) == 1, "the audit list keeps it"


def test_the_list_shows_and_finds_what_is_submitted(client, ada):
    waiting, other, published = ProjectFactory(status="draft"), ProjectFactory(status="draft"), ProjectFactory()
    submissions.submit(waiting, by=ada)
    # The same key in another kind is another item.
    Submission.objects.create(kind="fellowship.fellow", object_id=other.pk)
    path = address(Project, "changelist")
    everything = client.get(path)
    assert rows(everything) == {waiting.pk, other.pk, published.pk}
    assert everything.text.count('title="It waits for a publisher."') == 1
    assert "1 project is submitted for publishing" in words(everything)
    assert rows(client.get(path + "?submitted=yes")) == {waiting.pk}


@every_kind
def test_the_list_costs_the_same_however_many_wait(client, ada, kind):
    def queries():
        client.get(address(kind, "changelist"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(kind, "changelist") + "?submitted=yes").status_code == 200
        return len(captured)

    one = kind.objects.first() or FACTORIES[kind](status="draft")
    submissions.submit(one, by=ada)
    few = queries()
    if kind._meta.model_name != "programme":  # of which there is one
        for item in FACTORIES[kind].create_batch(5, status="draft"):
            submissions.submit(item, by=ada)
    assert queries() == few


def test_the_page_costs_the_same_however_many_are_chosen(client, ada):
    def queries(*items):
        client.get(asking(*items))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(asking(*items)).status_code == 200
        return len(captured)

    items = ProjectFactory.create_batch(12, status="draft")
    assert queries(*items) == queries(*items[:2])


def test_several_are_submitted_from_the_list_and_what_is_no_draft_is_named(client, ada):
    drafts, published = ProjectFactory.create_batch(2, status="draft"), ProjectFactory(title="Already out")
    data = {"action": "submit", "_selected_action": [item.pk for item in [*drafts, published]]}
    path = address(Project, "changelist") + "?q=e"
    asked = client.post(path, data, follow=True)
    assert "Already out" in asked.text
    assert "it is Open. Only drafts are submitted for publishing." in words(asked)
    assert Page(asked.text).text("h1")[-1] == "Submit 2 projects for publishing"
    done = client.post(asked.redirect_chain[-1][0], Page(asked.text).fields, follow=True)
    assert done.redirect_chain == [(path, 302)], "back in the list as it was"
    assert "2 projects are submitted for publishing." in words(done)
    assert set(Submission.objects.values_list("object_id", flat=True)) == {item.pk for item in drafts}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: ProjectFactory(status="draft", area=None), "choose an area first."),
        (lambda: FellowFactory(status="draft", consent_on=None), "record the day of their consent first."),
        (
            lambda: FellowFactory(status="draft", cohort=CohortFactory(status="draft")),
            "is a draft, and so its fellows are hidden.",
        ),
    ],
    ids=["area", "consent", "cohort"],
)
def test_what_is_missing_is_said_and_does_not_stop_it(client, ada, make, reason):
    item = make()
    asked = words(client.get(asking(item)))
    assert "Before it can be published:" in asked
    assert reason in asked
    client.post(asking(item), {"note": ""})
    assert Submission.of(item).exists()


def test_nothing_is_missing_from_what_is_whole(client, ada):
    assert "Before it can be published" not in client.get(asking(ProjectFactory(status="draft"))).text


def test_submitting_again_replaces_it(client, ada):
    draft = ProjectFactory(status="draft")
    submissions.submit(draft, by=ada, note="First")
    client.force_login(in_role(Role.EDITOR, username="grace"))
    assert "Submitted by Ada Lovelace on" in words(client.get(asking(draft)))
    client.post(asking(draft), {"note": "Second"})
    row = Submission.objects.get()
    assert (row.by_name, row.note) == ("grace", "Second")
    assert [detail for *_, detail in events()] == [
        "Submitted for publishing: First",
        "Submitted for publishing: Second",
    ]


def test_a_note_that_is_too_long_is_refused_with_the_text_kept(client, ada):
    draft = ProjectFactory(status="draft")
    response = client.post(asking(draft), {"note": "x" * 2001})
    assert "Nothing is submitted yet." in response.text
    assert "x" * 2001 in response.text
    assert not Submission.objects.exists()


def test_a_published_page_is_not_submitted(client, ada):
    project = ProjectFactory()
    assert "/submit/" not in client.get(change(project)).text
    response = client.post(asking(project), {"note": ""}, follow=True)
    assert "Choose at least one project that is a draft." in response.text
    with pytest.raises(submissions.SubmissionError, match="it is Open"):
        submissions.submit(project, by=ada)
    assert not Submission.objects.exists()
    assert not events()


def test_what_was_deleted_in_the_meantime_is_said_to_be(ada):
    draft = ProjectFactory(status="draft")
    Project.objects.filter(pk=draft.pk).delete()
    with pytest.raises(submissions.SubmissionError, match="deleted in the meantime"):
        submissions.submit(draft, by=ada)


@pytest.mark.parametrize("text", ["", "?ids=", "?ids=x", "?ids=" + "9" * 400, "?ids=999999"])
def test_an_address_that_names_nothing_leads_back_to_the_list(client, ada, text):
    response = client.get(address(Project, "submit") + text)
    assert (response.status_code, response["Location"]) == (302, address(Project, "changelist"))


# Withdrawing, and what takes it away besides


def test_whoever_may_change_the_draft_withdraws(client, ada):
    draft = ProjectFactory(status="draft")
    submissions.submit(draft, by=ada)
    page = Page(client.get(change(draft)).text)
    (form,) = page.all("form", id="withdraw")
    assert page.all("button", form="withdraw")
    assert client.get(form["action"]).status_code == 405, "nothing is withdrawn by reading"
    done = client.post(form["action"], follow=True)
    assert done.redirect_chain == [(change(draft), 302)]
    assert "is no longer submitted for publishing." in done.text
    assert not Submission.objects.exists()
    assert [detail for *_, detail in events()] == ["Submitted for publishing", "Withdrawn"]
    assert "was not submitted any longer." in client.post(form["action"], follow=True).text
    assert len(events()) == 2
    assert client.post(address(Project, "withdraw", 999999)).status_code == 404


def test_going_on_writing_does_not_withdraw_it(client, ada):
    draft = ProjectFactory(status="draft")
    submissions.submit(draft, by=ada)
    response = client.get(change(draft))
    fields = Page(response.text).fields
    assert client.post(change(draft), {**fields, "title": "Another title"}).status_code == 302
    assert Submission.of(draft).exists()


@every_kind
def test_it_goes_with_the_item(ada, kind):
    item = FACTORIES[kind](status="draft")
    submissions.submit(item, by=ada)
    item.delete()
    assert not Submission.objects.exists()
    assert len(events()) == 1


def test_a_refused_move_leaves_it(ada):
    draft = ProjectFactory(status="draft", area=None)
    submissions.submit(draft, by=ada)
    with pytest.raises(TransitionError, match="choose an area first"):
        draft.move_to("open", by=None)
    assert Submission.of(draft).exists()


def test_it_outlives_the_account_in_words(client, ada):
    draft = ProjectFactory(status="draft")
    submissions.submit(draft, by=ada)
    ada.delete()
    client.force_login(in_role(Role.PUBLISHER))
    assert "Submitted for publishing by Ada Lovelace on" in words(client.get(change(draft)))


# Who may


@every_kind
def test_a_reader_sees_it_and_can_do_nothing(client, ada, kind):
    item = FACTORIES[kind](status="draft")
    submissions.submit(item, by=ada, note="Look.")
    name = f"{kind._meta.app_label}.view_{kind._meta.model_name}"
    client.force_login(StaffFactory(may=[name]))
    response = client.get(change(item))
    assert "Submitted for publishing by Ada Lovelace on" in words(response)
    assert 'id="withdraw"' not in response.text
    assert "/submit/" not in response.text
    assert client.get(asking(item)).status_code == 403
    assert client.post(asking(item), {"note": "Mine"}).status_code == 403
    assert client.post(address(kind, "withdraw", item.pk)).status_code == 403
    client.post(address(kind, "changelist"), {"action": "submit", "_selected_action": [item.pk]})
    assert Submission.objects.get().note == "Look."


def test_the_public_and_staff_without_this_kind_are_kept_out(client):
    draft = ProjectFactory(status="draft")
    for path in (asking(draft), address(Project, "withdraw", draft.pk)):
        assert client.post(path)["Location"].startswith("/admin/login/")
    client.force_login(StaffFactory(may=["articles.change_article"]))
    for path in (asking(draft), address(Project, "withdraw", draft.pk)):
        assert client.post(path).status_code == 403
    assert not Submission.objects.exists()


def test_who_may_publish_is_not_asked_to_submit(client):
    draft = ProjectFactory(status="draft")
    client.force_login(in_role(Role.PUBLISHER))
    assert "/submit/" not in client.get(change(draft)).text
    assert "Submit for publishing…" not in Page(client.get(address(Project, "changelist")).text).text("option")


# At once


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_who_submit_at_once_leave_one():
    draft, editors = ProjectFactory(status="draft"), StaffFactory.create_batch(2)
    found = at_once(*[lambda by=by: submissions.submit(draft, by=by) for by in editors])
    assert found == [None, None]
    assert Submission.objects.count() == 1


@two_connections
@pytest.mark.django_db(transaction=True)
def test_what_is_published_while_somebody_submits_waits_for_nobody():
    for _ in range(5):
        draft, editor = ProjectFactory(status="draft"), StaffFactory()
        at_once(
            lambda draft=draft, by=editor: submissions.submit(draft, by=by),
            lambda draft=draft: Project.objects.get(pk=draft.pk).move_to("open", by=None),
        )
        assert Project.objects.get(pk=draft.pk).status == "open"
        assert not Submission.of(draft).exists()
