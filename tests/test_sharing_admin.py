"""How staff share a draft, end a link, and read and deal with what was answered."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Article
from portal import sharing
from portal.models import DraftAnswer, SharedDraft
from portal.publishing import Publishable
from portal.roles import Role
from projects.models import Project
from tests.factories import FACTORIES, ArticleFactory, FellowFactory, ProjectFactory, StaffFactory
from tests.pages import Page
from tests.shared import answer, share, shown
from tests.test_roles import in_role

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind._meta.model_name)
ANSWERS = "/admin/portal/draftanswer/"


def path(kind, page, *args):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}", args=args)


def change(item):
    return path(type(item), "change", item.pk)


def page_of(item):
    return path(type(item), "share", item.pk)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def rows(response):
    return {item.pk for item in response.context["cl"].result_list}


def counted(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def ada(client):
    """An editor at work."""
    user = in_role(Role.EDITOR, first_name="Ada", last_name="Lovelace")
    client.force_login(user)
    return user


@every_kind
def test_an_editor_makes_a_link_sends_it_and_ends_it(client, ada, kind):
    item = FACTORIES[kind](status="draft")
    assert page_of(item) in Page(client.get(change(item)).text).links
    page = Page(client.get(page_of(item)).text)
    assert "Nobody has answered yet." in page.text("p")
    assert page.fields["days"] == ["14"]
    assert not SharedDraft.objects.exists(), "nothing is shared by reading"
    sent = {**page.fields, "reader": "Dr <b>Patel</b>", "question": "The dates?", "days": "30"}
    done = client.post(page_of(item), sent, follow=True)
    assert done.redirect_chain == [(page_of(item), 302)]
    link = SharedDraft.objects.get()
    assert (link.reader, link.question, link.by, link.by_name) == ("Dr <b>Patel</b>", "The dates?", ada, "Ada Lovelace")
    page = Page(done.text)
    (field,) = page.all("input", readonly="")
    assert field["value"] == f"http://127.0.0.1:8000{sharing.address(item, link)}"
    assert page.all("label", **{"for": field["id"]})
    assert "Dr &lt;b&gt;Patel&lt;/b&gt;" in done.text
    client.logout()
    shown(client.get(field["value"].removeprefix("http://127.0.0.1:8000")))

    client.force_login(ada)
    revoke = path(kind, "revoke", item.pk, link.pk)
    assert client.get(revoke).status_code == 405, "nothing is ended by reading"
    done = client.post(revoke, follow=True)
    assert "is revoked. It shows nothing any longer." in words(done)
    assert "Revoked by Ada Lovelace on" in words(done)
    assert not Page(done.text).all("input", readonly="")
    assert "did not work any longer" in words(client.post(revoke, follow=True))


@every_kind
def test_an_answer_stands_on_the_form_until_it_is_dealt_with(client, ada, kind):
    item = FACTORIES[kind](status="draft")
    with time_machine.travel("2026-11-19 12:00+00:00", tick=False):
        link = share(item)
        assert "Shared with Dr Patel until 3 December 2026. No new answer." in words(client.get(change(item)))
        said = answer(link, words="The <b>second</b> paragraph.", name="P. Patel")
        form = client.get(change(item))
    assert (
        "Shared with Dr Patel until 3 December 2026: “Change this” on 19 November 2026 by P. Patel: "
        "The &lt;b&gt;second&lt;/b&gt; paragraph."
    ) in words(form)
    page = client.get(page_of(item))
    assert "Change this P. Patel, midday on 19 November 2026, by the link for Dr Patel" in words(page)
    deal = path(kind, "deal", item.pk, said.pk)
    assert deal in [form.get("action") for form in Page(page.text).all("form")]
    assert client.get(deal).status_code == 405
    done = client.post(deal, follow=True)
    assert done.redirect_chain == [(page_of(item), 302)]
    assert "Dealt with by Ada Lovelace on" in words(done)
    said.refresh_from_db()
    assert said.dealt_with_by_name == "Ada Lovelace"
    assert "“Change this”" not in words(client.get(change(item)))
    assert "was dealt with already" in words(client.post(deal, follow=True))


def test_many_answers_leave_room_for_the_form(client, ada):
    item = ArticleFactory(status="draft")
    link = share(item)
    for number in range(8):
        answer(link, words=f"Thought {number} " + "x" * 1900)
    text = words(client.get(change(item)))
    assert "3 more answers." in text
    assert "Thought 7" in text
    assert "Thought 2" not in text
    assert "x" * 400 not in text


def test_what_is_wrong_with_a_new_link_is_said_and_what_was_typed_is_kept(client, ada):
    item = ArticleFactory(status="draft")
    for wrong in ({"reader": ""}, {"reader": "x" * 101}, {"days": "3650"}, {"days": "x"}, {"question": "x" * 1001}):
        response = client.post(page_of(item), {"reader": "Dr Patel", "question": "Kept?", "days": "7", **wrong})
        assert "No link is made yet." in response.text
        assert "Kept?" in response.text or "question" in wrong
    assert not SharedDraft.objects.exists()


def test_what_is_public_is_not_shared_and_its_answers_can_still_be_read(client, ada):
    item = ArticleFactory(status="draft")
    answer(share(item))
    item.move_to("published", by=None)
    form = client.get(change(item))
    assert "Share this draft" not in form.text
    assert page_of(item) in Page(form.text).links
    page = client.get(page_of(item))
    assert "The second paragraph is wrong." in page.text
    assert "Make a link" not in page.text
    done = client.post(page_of(item), {"reader": "Dr Jones", "days": "7"}, follow=True)
    assert "is public: everybody can read it at its own address." in words(done)
    assert SharedDraft.objects.count() == 1


def test_a_published_fellow_who_is_hidden_can_be_shared(client, ada):
    assert "Share this draft…" in client.get(change(FellowFactory(consent_on=None))).text


def test_the_links_and_answers_of_one_draft_are_not_those_of_another(client, ada):
    item, other = ArticleFactory(status="draft"), ArticleFactory(status="draft")
    link = share(other)
    said = answer(link)
    assert client.post(path(Article, "revoke", item.pk, link.pk)).status_code == 404
    assert client.post(path(Article, "deal", item.pk, said.pk)).status_code == 404
    project = ProjectFactory(pk=other.pk, status="draft")
    assert client.post(path(Project, "revoke", project.pk, link.pk)).status_code == 404
    assert "There are none yet." in client.get(page_of(project)).text
    assert client.get(path(Article, "share", 999999)).status_code == 404
    assert not DraftAnswer.objects.exclude(dealt_with_at=None).exists()


@every_kind
def test_who_may_only_look_reads_the_answers_and_can_do_nothing(client, kind):
    item = FACTORIES[kind](status="draft")
    answer(share(item))
    client.force_login(StaffFactory(may=[f"{kind._meta.app_label}.view_{kind._meta.model_name}"]))
    form = client.get(change(item))
    assert "The second paragraph is wrong." in form.text
    assert page_of(item) not in Page(form.text).links
    assert client.get(page_of(item)).status_code == 403
    assert client.post(page_of(item), {"reader": "Me", "days": "7"}).status_code == 403


@every_kind
def test_the_list_finds_what_is_answered_and_what_is_shared(client, ada, kind):
    item = FACTORIES[kind](status="draft")
    said = answer(share(item))
    changelist = path(kind, "changelist")
    assert rows(client.get(changelist + "?answered=yes")) == {item.pk}
    assert rows(client.get(changelist + "?answered=shared")) == {item.pk}
    few = counted(client, changelist + "?answered=yes")
    if kind._meta.model_name != "programme":  # of which there is one
        for other in FACTORIES[kind].create_batch(4, status="draft"):
            answer(share(other))
        assert counted(client, changelist + "?answered=yes") == few
    sharing.deal_with(said, by=ada)
    sharing.revoke(said.shared_draft, by=ada)
    assert item.pk not in rows(client.get(changelist + "?answered=yes"))
    assert item.pk not in rows(client.get(changelist + "?answered=shared"))
    assert item.pk in rows(client.get(changelist))


def test_the_pages_cost_the_same_however_many_links_and_answers_there_are(client, ada):
    item = ArticleFactory(status="draft")
    answer(share(item))
    few = [counted(client, address) for address in (change(item), page_of(item))]
    for number in range(4):
        link = share(item, reader=f"Reader {number}")
        for one in range(4):
            answer(link, words=f"Thought {one}")
    assert [counted(client, address) for address in (change(item), page_of(item))] == few


# The list of all answers


def test_the_answers_are_a_list_in_which_nobody_writes(client, ada):
    with time_machine.travel("2026-11-19 12:00+00:00", tick=False):
        said = answer(share(ArticleFactory(title="Fair records", status="draft"), question="The dates?"))
    page = client.get(ANSWERS)
    text = words(page)
    assert "Change this" in text
    assert "The second paragraph is wrong." in text
    assert "Not yet" in text
    assert change(sharing.draft_of(said.shared_draft)) in Page(page.text).links
    assert client.get(f"{ANSWERS}add/").status_code == 403
    one = f"{ANSWERS}{said.pk}/"
    assert "The dates?" in client.get(f"{one}change/").text
    assert client.post(f"{one}change/", {"words": "Mine"}).status_code == 403
    assert client.post(f"{one}delete/", {"post": "yes"}).status_code == 403
    said.refresh_from_db()
    assert said.words == "The second paragraph is wrong."


def test_the_list_shows_what_is_to_deal_with_and_marks_it(client, ada):
    waiting, other, done = answer(), answer(), answer()
    sharing.deal_with(done, by=ada)
    assert rows(client.get(f"{ANSWERS}?dealt_with=no")) == {waiting.pk, other.pk}
    assert rows(client.get(f"{ANSWERS}?dealt_with=yes")) == {done.pk}
    data = {"action": "mark_as_dealt_with", "_selected_action": [waiting.pk, done.pk]}
    response = words(client.post(ANSWERS, data, follow=True))
    assert "1 answer is dealt with." in response
    assert "1 answer is dealt with since before." in response
    assert rows(client.get(f"{ANSWERS}?dealt_with=no")) == {other.pk}
    assert rows(client.get(f"{ANSWERS}?kind=projects.project")) == set()
    assert len(rows(client.get(f"{ANSWERS}?kind=articles.article"))) == 3


def test_only_who_may_change_the_draft_marks_its_answers(client):
    article, project = answer(), answer(share(ProjectFactory(status="draft")))
    data = {"action": "mark_as_dealt_with", "_selected_action": [article.pk, project.pk]}
    reads = ["portal.view_draftanswer", "projects.view_project", "articles.view_article"]
    client.force_login(StaffFactory(may=reads))
    client.post(ANSWERS, data)
    assert DraftAnswer.objects.to_deal_with().count() == 2
    client.force_login(StaffFactory(may=["portal.view_draftanswer", "projects.view_project"]))
    assert rows(client.get(ANSWERS)) == {project.pk}
    client.force_login(StaffFactory(may=[*reads, "projects.change_project"]))
    response = client.post(ANSWERS, data, follow=True)
    assert "you may not change those drafts" in words(response)
    assert list(DraftAnswer.objects.to_deal_with()) == [article]


def test_the_list_of_answers_costs_the_same_at_any_length(client, ada):
    answer()
    few = counted(client, ANSWERS)
    for _ in range(5):
        answer()
    assert counted(client, ANSWERS) == few


def test_an_administrator_has_nothing_to_do_with_answers(client):
    client.force_login(in_role(Role.ADMINISTRATOR))
    assert client.get(ANSWERS).status_code == 403
