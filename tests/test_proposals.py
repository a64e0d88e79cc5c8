"""A proposal: from the form that mirrors the brief, by the inbox, to a draft with everything carried over."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from portal import form_tokens, revisions, search
from portal.audit import AuditEvent
from portal.models import Message
from portal.roles import Role
from projects.drafting import DraftingError, draft_of
from projects.models import Area, Modality, Project, Proposal
from projects.term_merging import merge_terms
from tests import factories as make
from tests.inbox_factories import MessageFactory, ProposalFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db

PROPOSE = "/projects/propose/"
INBOX = reverse("admin:portal_message_changelist")


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch):
    monkeypatch.setattr(form_tokens, "SOONEST", 0)


@pytest.fixture
def editor(client):
    user = make.StaffFactory(first_name="Eddie", last_name="Tor")
    user.groups.set([Group.objects.get(name=Role.EDITOR)])
    client.force_login(user)
    return user


@pytest.fixture
def words():
    area = make.AreaFactory(name="Natural language", slug="nlp")
    text, tables = make.ModalityFactory(name="Text", slug="text"), make.ModalityFactory(name="Tables", slug="tables")
    assert area
    assert text
    assert tables
    return {
        "person": "host",
        "name": "Ada Sample",
        "email": "ada@trust.example",
        "organisation": "great ormond street",
        "title": "Which letters can a model code?",
        "text": "Coding takes weeks.",
        "datasets": "Ten thousand letters.",
        "ideas": "A small model.",
        "area": "nlp",
        "modalities": ["text"],
    }


def send(client, words):
    return client.post(PROPOSE, {**Page(client.get(PROPOSE).text).fields, **words})


def change(item):
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])


def make_draft(client, proposal):
    return client.post(reverse("admin:projects_proposal_draft", args=[proposal.pk]))


# The form


def test_a_proposal_lands_in_the_inbox_whole(client, words):
    response = send(client, words)
    assert response["Location"] == "/contact/sent/proposal/"
    proposal = Proposal.objects.get()
    assert proposal.kind == "proposal"
    assert proposal.area.name == "Natural language"
    assert [kind.name for kind in proposal.modalities.all()] == ["Text"]
    for name in ("person", "name", "email", "organisation", "title", "text", "datasets", "ideas"):
        assert getattr(proposal, name) == words[name], name
    assert Message.objects.get().whole() == proposal
    assert not client.cookies


def test_i_am_not_sure_is_an_area(client, words):
    send(client, {**words, "area": "not-sure", "modalities": [], "organisation": "", "datasets": "", "ideas": ""})
    assert Proposal.objects.get().area is None


def test_what_is_missing_is_said_in_the_order_of_the_page(client, words):
    response = send(client, {"person": "", "title": "x" * 201, "area": "no-such", "modalities": ["no-such"]})
    page = Page(response.text)
    assert page.title.startswith("Error: Propose a project")
    links = [link for link in page.links if link.startswith("#") and link != "#maincontent"]
    assert links == ["#person_0", "#name", "#email", "#title", "#text", "#area", "#modalities_0"]
    assert {link[1:] for link in links} <= {found.get("id") for _, found in page.tags}
    groups = {found.get("aria-describedby") for tag, found in page.tags if tag == "fieldset"}
    assert groups == {"person-error", "modalities-error"}
    assert "Title of the project must be 200 characters or fewer" in response.text
    assert not Proposal.objects.exists()


def test_a_portal_without_terms_takes_proposals_too(client, words):
    words = {**words, "area": "not-sure"}
    for kind in (Area, Modality):
        kind.objects.all().delete()
    assert "Types of data" not in client.get(PROPOSE).text
    assert send(client, words).status_code == 302


def test_the_same_proposal_twice_is_one_and_another_area_makes_it_another(client, words):
    words = {**Page(client.get(PROPOSE).text).fields, **words}
    assert client.post(PROPOSE, words).status_code == client.post(PROPOSE, words).status_code == 302
    assert "sent this form before" in client.post(PROPOSE, {**words, "modalities": ["tables"]}).text
    assert Proposal.objects.count() == 1


def test_the_finder_and_the_home_page_lead_to_it(client):
    make.ProjectFactory()
    for path in ("/", "/projects/", "/projects/?q=nothing-holds-this"):
        assert PROPOSE in Page(client.get(path).text).links, path
    page = Page(client.get(PROPOSE).text)
    assert not page.robots


# To a draft


def test_one_click_makes_a_draft_with_everything_carried_over(client, words, editor):
    partner = make.OrganisationFactory(name="Great Ormond Street", abbreviation="GOSH")
    send(client, words)
    proposal = Proposal.objects.get()
    assert (
        f'action="{reverse("admin:projects_proposal_draft", args=[proposal.pk])}"' in client.get(change(proposal)).text
    )
    response = make_draft(client, proposal)
    project = Project.objects.get()
    assert response["Location"] == change(project)
    assert not project.is_public
    assert (project.title, project.slug) == (words["title"], "which-letters-can-a-model-code")
    assert (project.need, project.datasets, project.current_knowledge) == (
        words["text"],
        words["datasets"],
        words["ideas"],
    )
    assert (project.area.slug, project.partner) == ("nlp", partner)
    assert [kind.slug for kind in project.modalities.all()] == ["text"]
    (save,) = revisions.saves(revisions.versions_of(Project, project.pk))
    assert (save.author, save.comment) == ("Eddie Tor", f"Made from {proposal}")
    page = Page(client.get(change(proposal)).text)
    assert change(project) in page.links
    assert not page.all("form", id="make-draft")
    assert search.search("letters").found == [], "readers find no draft"


def test_a_second_click_leads_to_the_same_draft(client, editor):
    proposal = ProposalFactory()
    first, second = make_draft(client, proposal), make_draft(client, proposal)
    assert first["Location"] == second["Location"]
    assert Project.objects.count() == 1


def test_a_draft_that_was_deleted_can_be_made_again(client, editor):
    proposal = ProposalFactory()
    make_draft(client, proposal)
    Project.objects.all().delete()
    make_draft(client, proposal)
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Feed", "feed-2"),
        ("Waiting lists", "waiting-lists-3"),
        ("等待名单", "proposal"),
        ("x" * 200, "x" * 100),
    ],
)
def test_its_address_is_free(title, slug):
    make.ProjectFactory(slug="waiting-lists")
    make.ProjectFactory(slug="waiting-lists-2")
    project, is_new = draft_of(ProposalFactory(title=title), by=make.StaffFactory())
    assert (project.slug, is_new) == (slug, True)
    project.full_clean()


def test_of_what_was_erased_no_draft_is_made(client, editor):
    proposal = ProposalFactory(title="", text="", erased_on="2026-01-01")
    with pytest.raises(DraftingError, match="erased"):
        draft_of(proposal, by=editor)
    assert not Page(client.get(change(proposal)).text).all("form", id="make-draft")
    assert make_draft(client, proposal)["Location"] == change(proposal)
    assert not Project.objects.exists()


def test_a_draft_needs_the_permission_to_add_projects(client):
    proposal = ProposalFactory()
    client.force_login(make.StaffFactory(may=["projects.view_proposal", "projects.change_proposal"]))
    assert not Page(client.get(change(proposal)).text).all("form", id="make-draft")
    assert make_draft(client, proposal).status_code == 403


def test_a_merged_area_and_type_stay_on_a_proposal(words):
    for kind, name in ((Area, "area"), (Modality, "modalities")):
        keep, drop = kind.objects.create(name="Keep", slug="keep"), kind.objects.create(name="Drop", slug="drop")
        proposal = ProposalFactory(**({"area": drop} if name == "area" else {}))
        if name == "modalities":
            proposal.modalities.set([drop])
        merge_terms(keep=keep, drop=[drop], by=make.StaffFactory())
        proposal.refresh_from_db()
        assert (proposal.area if name == "area" else proposal.modalities.get()) == keep


# The inbox in the admin


def test_the_inbox_shows_every_kind_the_new_first(client, editor):
    closed, new = MessageFactory(state="closed", name="Closed one"), ProposalFactory(name="New one")
    answered = MessageFactory(state="answered", name="Answered one")
    response = client.get(INBOX)
    assert [row.pk for row in response.context["cl"].result_list] == [new.pk, answered.pk, closed.pk]
    assert {"Today"} <= set(Page(response.text).text("td"))
    assert len(client.get(f"{INBOX}?state__exact=new").context["cl"].result_list) == 1


def test_a_proposal_in_the_inbox_opens_with_what_only_projects_know(client, editor):
    proposal = ProposalFactory(ideas="A small model.")
    response = client.get(reverse("admin:portal_message_change", args=[proposal.pk]))
    assert response["Location"] == change(proposal)
    text = client.get(change(proposal)).text
    for words in (proposal.title, proposal.text, "A small model.", proposal.area.name, "Sample NHS trust"):
        assert words in text
    assert f"mailto:{proposal.email}?subject=Your%20proposal" in text


def test_what_was_sent_is_read_and_what_became_of_it_is_written(client, editor):
    message = MessageFactory()
    fields = Page(client.get(change(message)).text).fields
    sent = {
        **fields,
        "state": "answered",
        "note": "Rang them.",
        "text": "Changed",
        "name": "Changed",
        "kind": "problem",
    }
    assert client.post(change(message), sent).status_code == 302
    after = Message.objects.get()
    assert (after.state, after.note, after.by, after.by_name) == ("answered", "Rang them.", editor, "Eddie Tor")
    assert after.state_at
    assert (after.text, after.name, after.kind) == (message.text, message.name, message.kind)


def test_the_second_of_two_who_answer_reads_of_the_first(client, editor):
    message = MessageFactory()
    mine = Page(client.get(change(message)).text).fields
    theirs = {**mine, "state": "closed", "note": "It was a test."}
    assert client.post(change(message), theirs).status_code == 302
    response = client.post(change(message), {**mine, "state": "answered", "note": "Rang them."})
    assert response.status_code == 200
    assert "saved by Eddie Tor as Closed with the note “It was a test.”" in response.text
    page = Page(response.text)
    assert page.fields["note"] == ["Rang them."]
    assert client.post(change(message), page.fields).status_code == 302
    assert Message.objects.get().note == "Rang them."


@pytest.mark.parametrize(("action", "state"), [("mark_answered", "answered"), ("close", "closed")])
def test_several_are_answered_or_closed_at_once(client, editor, action, state):
    chosen = [MessageFactory().pk, ProposalFactory().pk]
    client.post(INBOX, {"action": action, "_selected_action": chosen})
    assert list(Message.objects.values_list("state", "by_name")) == [(state, "Eddie Tor")] * 2


def test_the_logs_keep_nothing_of_who_wrote(client):
    client.force_login(make.StaffFactory(is_superuser=True))
    message = ProposalFactory(name="Ada Sample", title="Ada's idea")
    assert "Ada" not in str(message)
    client.post(change(message).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Message.objects.exists()
    assert not [event for event in AuditEvent.objects.all() if "Ada" in event.about + event.detail]
