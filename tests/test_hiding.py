"""A fellow is hidden: at once they are nowhere for readers, and all of the page is kept for staff."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from fellowship import hiding
from fellowship.models import Fellow
from portal import revisions, sharing
from portal.audit import AuditEvent
from portal.roles import Role
from tests import factories as make
from tests.pages import Page
from tests.shared import address as shared_address
from tests.shared import share

pytestmark = pytest.mark.django_db

MARK = "Zebrafinch"


@pytest.fixture
def fellow() -> Any:
    make.ProgrammeFactory()
    return make.FellowFactory(name=MARK, slug="somebody", about="Counts quokkas.", cohort__number=3)


def in_role(role: Role) -> Client:
    user = make.StaffFactory()
    user.groups.set([Group.objects.get(name=role)])
    client = Client()
    client.force_login(user)
    return client


def hide(fellow: Any, *, hidden: bool = True, note: str = "") -> bool:
    return hiding.switch(fellow, hidden=hidden, by=make.StaffFactory(username=f"by-{hidden}-{note}"), note=note)


def seen(client: Client) -> list[bool]:
    pages = ["/fellowship/cohorts/3/", "/fellowship/fellows/somebody/", "/search/?q=quokkas"]
    return [*(MARK in client.get(page).text for page in pages), "/somebody/" in client.get("/sitemap.xml").text]


def test_who_is_hidden_is_nowhere_and_who_is_shown_again_is_back_where_they_were(client, fellow):
    assert all(seen(client))
    assert hide(fellow)
    assert not any(seen(client))
    assert client.get(fellow.get_absolute_url()).status_code == 404
    assert not Fellow.objects.public().exists()
    assert not Fellow.objects.get().is_public
    assert hide(fellow, hidden=False)
    assert all(seen(client))


def test_the_counts_know_it(client, fellow):
    make.FellowFactory(cohort=fellow.cohort)
    assert "2 fellows" in client.get("/fellowship/").text
    hide(fellow)
    assert "1 fellow" in client.get("/fellowship/").text


def test_a_link_to_the_draft_shows_a_hidden_fellow_no_more(client):
    fellow = make.FellowFactory(status="draft", consent_on=None)
    link = share(fellow)
    assert client.get(shared_address(link)).status_code == 200
    hide(fellow)
    assert client.get(shared_address(link)).status_code == 404
    hide(fellow, hidden=False)
    assert client.get(shared_address(link)).status_code == 200


def test_a_link_to_another_draft_still_works(client):
    hide(make.FellowFactory())
    link = share(make.FellowFactory(status="draft"))
    assert client.get(sharing.address(sharing.draft_of(link), link)).status_code == 200


def test_hiding_is_kept_in_the_history_and_in_the_audit_list(fellow):
    assert hide(fellow, note="They asked us on the telephone.")
    assert not hide(fellow, note="A second click.")
    assert hide(fellow, hidden=False)
    comments = [save.comment for save in revisions.saves(revisions.versions_of(Fellow, fellow.pk))]
    assert comments == [
        "Shown to readers again",
        "Hidden from readers: They asked us on the telephone.",
        revisions.BEFORE,
    ]
    events = AuditEvent.objects.filter(about=MARK)
    assert {event.detail for event in events} == set(comments[:2])
    assert Fellow.objects.get().status == Fellow.Status.PUBLISHED


def test_nothing_else_shows_a_hidden_fellow_again(fellow):
    """Not a form, a table, a move of status or an old text: the switch has one door."""
    hide(fellow)
    publisher = in_role(Role.PUBLISHER)
    change = f"/admin/fellowship/fellow/{fellow.pk}/change/"
    page = publisher.get(change)
    publisher.post(change, {**Page(page.text).fields, "is_hidden": "", "role": "Ward manager"})
    fellow = Fellow.objects.get()
    assert (fellow.role, fellow.is_hidden) == ("Ward manager", True)
    fellow.move_to("draft", by=None)
    fellow.move_to("published", by=None)
    assert Fellow.objects.get().is_hidden
    assert "is_hidden" not in publisher.get("/admin/fellowship/fellow/download/").getvalue().decode()


# In the admin


def test_a_publisher_hides_several_from_the_list_after_reading_what_follows():
    fellows = [make.FellowFactory(), make.FellowFactory(), make.FellowFactory(is_hidden=True)]
    publisher = in_role(Role.PUBLISHER)
    listed = "/admin/fellowship/fellow/"
    chosen = {"action": "hide", "_selected_action": [fellow.pk for fellow in fellows]}
    leads = publisher.post(listed, chosen)
    page = publisher.get(leads["Location"])
    assert "Hide 2 fellows at once" in page.text
    assert "1 fellow hidden already, which stays so." in page.text
    assert "2 fellows disappear for readers at once." in page.text
    assert "all the same" not in page.text
    assert Fellow.objects.filter(is_hidden=True).count() == 1
    done = publisher.post(leads["Location"], {"note": ""}, follow=True)
    assert "2 fellows are hidden. Readers find nothing of it any more." in done.text
    again = publisher.post(leads["Location"], {"note": ""}, follow=True)
    assert "Nothing was left to do" in again.text


def test_showing_again_says_what_still_hides_them():
    fellow = make.FellowFactory(is_hidden=True, consent_on=None)
    publisher = in_role(Role.PUBLISHER)
    page = f"/admin/fellowship/fellow/show/?ids={fellow.pk}&back=page"
    assert "1 fellow stays hidden all the same. The day of their consent is not recorded" in publisher.get(page).text
    done = publisher.post(page, {"note": ""}, follow=True)
    assert done.redirect_chain[-1][0] == f"/admin/fellowship/fellow/{fellow.pk}/change/"
    assert "is no longer hidden." in done.text
    assert "yet all the same. The day of their consent is not recorded" in done.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Readers see this profile:"),
        ({"is_hidden": True}, "Readers see nothing of this profile. Somebody hid the profile"),
        ({"consent_on": None}, "Readers see nothing of this profile. The day of their consent is not recorded"),
        ({"status": "draft"}, "Readers see nothing of this profile. It is a draft."),
        ({"cohort__status": "draft", "cohort__number": 9}, "Readers see nothing of this profile. Cohort 9 is a draft"),
    ],
)
def test_the_form_says_what_readers_see_and_why_not(values, words):
    fellow = make.FellowFactory(**values)
    for role, offered in [(Role.EDITOR, False), (Role.PUBLISHER, True)]:
        page = Page(in_role(role).get(f"/admin/fellowship/fellow/{fellow.pk}/change/").text)
        [told] = [text for text in page.text("section") if text.startswith("Readers see")]
        assert words in told
        assert (("Show again…" if fellow.is_hidden else "Hide at once…") in told) is offered


def test_the_list_is_filtered_by_what_readers_see():
    for name, values in {"Seen": {}, "Unasked": {"consent_on": None}, "Hid": {"is_hidden": True}}.items():
        make.FellowFactory(name=name, **values)
    editor = in_role(Role.EDITOR)
    for value, names in {"yes": {"Seen"}, "no": {"Unasked", "Hid"}, "hidden": {"Hid"}}.items():
        found = editor.get("/admin/fellowship/fellow/", {"shown": value})
        assert {fellow.name for fellow in found.context["cl"].result_list} == names
    assert editor.get("/admin/fellowship/fellow/", {"shown": "?"}, follow=True).status_code == 200


def test_nobody_chosen_is_said():
    publisher = in_role(Role.PUBLISHER)
    for ids in ["", "0", "99999", "x"]:
        done = publisher.get(f"/admin/fellowship/fellow/hide/?ids={ids}", follow=True)
        assert "Choose at least one fellow that still exists." in done.text
