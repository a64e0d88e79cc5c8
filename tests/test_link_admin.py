"""The list of dead links: what staff see of them, and what they may say to it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from portal import links
from portal.models import CheckedLink
from portal.roles import Role
from tests import factories as make
from tests.factories import in_days
from tests.pages import Page

pytestmark = pytest.mark.django_db

LIST = reverse("admin:portal_checkedlink_changelist")
State = CheckedLink.State


@pytest.fixture
def editor(client):
    user = make.StaffFactory(username="ada")
    user.groups.set([Group.objects.get(name=Role.EDITOR)])
    client.force_login(user)
    return client


def act(client, action, *chosen, **words):
    sent = {"action": action, "_selected_action": [link.pk for link in chosen], **words}
    return client.post(f"{LIST}?shown=all", sent, follow=True)


def listed(client, query=""):
    return [text for text in Page(client.get(LIST + query).text).text("th") if text.startswith("http")]


def test_the_list_shows_first_what_somebody_should_look_at(editor):
    make.CheckedLinkFactory(address="https://a.example/dead")
    make.CheckedLinkFactory(address="https://a.example/unsure", state=State.UNSURE)
    make.CheckedLinkFactory(address="https://a.example/fine", state=State.FINE, failing_since=None)
    make.CheckedLinkFactory(address="https://a.example/ignored", ignored_because="It needs a log-in.")
    shown = {query: {address.rpartition("/")[2] for address in listed(editor, query)} for query in QUERIES}
    assert shown == QUERIES


QUERIES = {
    "": {"dead", "unsure"},
    "?shown=dead": {"dead"},
    "?shown=unsure": {"unsure"},
    "?shown=ignored": {"ignored"},
    "?shown=all": {"dead", "unsure", "fine", "ignored"},
    "?attention=dead": {"dead"},
}


def test_each_place_leads_to_where_it_is_changed(editor):
    article = make.ArticleFactory(title="Consent", body="[x](https://a.example/)")
    output = make.OutputFactory(url="https://a.example/", placement__project__title="Beds")
    links.keep(links.collect(in_days(0)))
    CheckedLink.objects.filter(address="https://a.example/").update(state=State.DEAD, failing_since=in_days(-2))
    page = Page(editor.get(LIST).text)
    assert "Consent: Body" in page.text("div")
    assert "Beds: Output: address" in page.text("div")
    for model, key in (("articles_article", article.pk), ("projects_output", output.pk)):
        address = reverse(f"admin:{model}_change", args=[key])
        assert address in page.links
        assert editor.get(address).status_code == 200


def test_who_may_change_says_that_links_are_fine_and_why(editor):
    some = make.CheckedLinkFactory.create_batch(2)
    assert "Write why they are fine" in act(editor, "ignore", *some, reason=" ").text
    assert CheckedLink.objects.ignored().count() == 0
    assert "2 links are said to be fine" in act(editor, "ignore", *some, reason="Only our\nnetwork.").text
    link = CheckedLink.objects.ignored().first()
    assert (link.ignored_because, link.ignored_by_name, link.ignored_by.username) == ("Only our network.", "ada", "ada")
    assert link.ignored_at
    assert listed(editor) == []
    assert "1 link is looked at again" in act(editor, "heed", link).text
    link.refresh_from_db()
    assert (link.ignored_because, link.ignored_by, link.ignored_by_name, link.ignored_at) == ("", None, "", None)


def test_the_page_of_a_link_takes_the_reason_too(editor):
    link = make.CheckedLinkFactory()
    address = reverse("admin:portal_checkedlink_change", args=[link.pk])
    assert link.address in Page(editor.get(address).text).links
    editor.post(address, {"ignored_because": "It is an example."})
    link.refresh_from_db()
    assert (link.ignored_because, link.ignored_by_name) == ("It is an example.", "ada")


@pytest.mark.parametrize("may", [[], ["portal.view_checkedlink"]])
def test_who_may_only_look_says_nothing(client, may):
    link = make.CheckedLinkFactory()
    client.force_login(make.StaffFactory(may=may))
    act(client, "ignore", link, reason="Mine.")
    client.post(reverse("admin:portal_checkedlink_change", args=[link.pk]), {"ignored_because": "Mine."})
    assert CheckedLink.objects.ignored().count() == 0


def test_what_leads_nowhere_safe_is_no_link(editor):
    link = make.CheckedLinkFactory(address="javascript://[alert(1)")
    page = Page(editor.get(reverse("admin:portal_checkedlink_change", args=[link.pk])).text)
    assert not [address for address in page.links if address.startswith("javascript")]


def test_a_page_that_is_gone_from_the_admin_leads_to_its_front_page(editor):
    make.CheckedLinkFactory(places=[{"kind": "gone.model", "id": 1, "title": "Gone", "field": "Text"}])
    assert reverse("admin:index") in Page(editor.get(LIST).text).links
