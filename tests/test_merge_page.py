"""The page on which staff merge terms: a choice, what will change, and then it is done, by those who may."""

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.urls import reverse

from projects.models import Area
from tests.factories import AreaFactory, StaffFactory
from tests.pages import Page
from tests.vocabularies import EACH, FACTORY, address, may, project_with, terms_of

pytestmark = pytest.mark.django_db


def merge_address(*terms):
    return f"{address(type(terms[0]), 'merge')}?{'&'.join(f'term={term.pk}' for term in terms)}"


@EACH
def test_a_list_leads_to_the_choice_and_to_what_changes(admin_client, kind):
    often, seldom = (
        FACTORY[kind](name="Often", slug="often"),
        FACTORY[kind](name="Seldom", slug="seldom", aliases=["S"]),
    )
    project_with(often)
    project_with(often)
    project = project_with(seldom, title="Letters")
    chosen = {"action": "merge_selected", "_selected_action": [seldom.pk, often.pk]}
    response = admin_client.post(address(kind, "changelist"), chosen, follow=True)
    page = Page(response.text)
    assert {box["value"] for box in page.all("input", type="radio", name="keep")} == {str(often.pk), str(seldom.pk)}
    assert page.fields["keep"] == [str(often.pk)], "the one that is used most"
    assert page.fields["term"] == [str(often.pk), str(seldom.pk)]

    response = admin_client.get(address(kind, "merge"), {"term": [often.pk, seldom.pk], "keep": often.pk})
    page = Page(response.text)
    words = " ".join(page.text("main") or page.text("body"))
    assert page.text("h1")[-1] == "Merge “Seldom” into “Often”"
    assert "1 project will have “Often” in place of “Seldom”." in words
    assert "“Often” is also known as “Seldom”, “S”." in words
    assert f"?{kind.facet}=seldom are sent to ?{kind.facet}=often." in words
    assert reverse("admin:projects_project_change", args=[project.pk]) in page.links
    assert kind.objects.count() == 2, "looking changes nothing"

    response = admin_client.post(address(kind, "merge"), page.fields, follow=True)
    assert "“Seldom” became “Often”; 1 project changed." in response.text
    assert response.redirect_chain == [(address(kind, "change", often.pk), 302)]
    assert terms_of(project, kind) == ["Often"]
    assert LogEntry.objects.filter(user__username="admin", action_flag=DELETION).count() == 1


@EACH
def test_one_term_leads_to_the_choice_of_another(admin_client, kind):
    term, other = FACTORY[kind](name="Kriging"), FACTORY[kind](name="Bootstrapping")
    page = Page(admin_client.get(address(kind, "change", term.pk)).text)
    assert merge_address(term) in page.links
    page = Page(admin_client.get(merge_address(term)).text)
    assert [option["value"] for option in page.all("option")] == [str(other.pk)]
    assert "Which one stays?" in admin_client.get(merge_address(term, other)).text
    other.delete()
    response = admin_client.get(merge_address(term), follow=True)
    assert response.status_code == 200
    assert "no other" in response.text


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"term": ["x", "-1", "9" * 30, "٣"]},
        {"term": ["first"]},
        {"term": ["first"], "keep": "first"},
        {"term": ["first", "second"]},
        {"term": ["first", "second"], "keep": "third"},
        {"term": ["first", "second"], "keep": "nonsense"},
        {"term": ["first", "second", "gone"], "keep": "first"},
        {"term": ["second", "gone"], "keep": "gone"},
    ],
    ids=str,
)
def test_what_cannot_be_merged_is_refused_in_words(admin_client, sent):
    terms = {name: AreaFactory() for name in ("first", "second", "third", "gone")}
    keys = {name: str(term.pk) for name, term in terms.items()}
    terms["gone"].delete()
    data = {
        "term": [keys.get(name, name) for name in sent.get("term", [])],
        **({"keep": keys.get(sent["keep"], sent["keep"])} if "keep" in sent else {}),
    }
    assert admin_client.get(address(Area, "merge"), data, follow=True).status_code == 200
    response = admin_client.post(address(Area, "merge"), data, follow=True)
    assert response.status_code == 200
    assert "Choose two or more to merge" in response.text
    assert Area.objects.count() == 3


def test_a_second_click_merges_nothing_and_breaks_nothing(admin_client):
    keep, drop = AreaFactory(), AreaFactory()
    data = {"term": [keep.pk, drop.pk], "keep": keep.pk}
    admin_client.post(address(Area, "merge"), data)
    number = LogEntry.objects.count()
    response = admin_client.post(address(Area, "merge"), data, follow=True)
    assert "may be gone by now" in response.text
    assert LogEntry.objects.count() == number


def test_the_other_editor_may_be_quicker(admin_client, monkeypatch):
    keep, drop = AreaFactory(), AreaFactory()

    def gone(**terms):
        raise Area.DoesNotExist

    monkeypatch.setattr("projects.term_admin.merge_terms", gone)
    response = admin_client.post(address(Area, "merge"), {"term": [keep.pk, drop.pk], "keep": keep.pk}, follow=True)
    assert "Nothing was merged" in response.text


def test_too_many_at_once_are_refused(admin_client, monkeypatch):
    monkeypatch.setattr("projects.term_admin.MAX_MERGED", 2)
    terms = AreaFactory.create_batch(3)
    chosen = {"action": "merge_selected", "_selected_action": [term.pk for term in terms]}
    assert "at most 2" in admin_client.post(address(Area, "changelist"), chosen, follow=True).text


@EACH
@pytest.mark.parametrize(
    "abilities",
    [["view"], ["view", "add", "change"], ["view", "delete"]],
    ids=lambda abilities: "+".join(abilities),
)
def test_who_may_not_delete_merges_nothing(client, kind, abilities):
    keep, drop = FACTORY[kind](), FACTORY[kind]()
    client.force_login(StaffFactory(may=may(kind, *abilities)))
    data = {"term": [keep.pk, drop.pk], "keep": keep.pk}
    assert client.get(address(kind, "merge"), data).status_code == 403
    assert client.post(address(kind, "merge"), data).status_code == 403
    chosen = {"action": "merge_selected", "_selected_action": [keep.pk, drop.pk]}
    response = client.post(address(kind, "changelist"), chosen)
    assert address(kind, "merge") not in response.get("Location", "")
    assert merge_address(keep) not in client.get(address(kind, "change", keep.pk)).text
    assert kind.objects.count() == 2
    client.logout()
    assert client.post(address(kind, "merge"), data)["Location"].startswith("/admin/login/")


@EACH
def test_who_may_delete_merges(client, kind):
    keep, drop = FACTORY[kind](), FACTORY[kind]()
    client.force_login(StaffFactory(may=may(kind, "view", "change", "delete")))
    assert client.post(address(kind, "merge"), {"term": [keep.pk, drop.pk], "keep": keep.pk}).status_code == 302
    assert list(kind.objects.all()) == [keep]


def test_words_of_terms_are_shown_as_text(admin_client):
    script = "<script>alert(1)</script>"
    terms = [AreaFactory(name=f"{script}{n}", slug=f"s{n}", aliases=[script], definition=script) for n in range(2)]
    project_with(terms[1], title=script)
    for path in (merge_address(*terms), merge_address(terms[0]), f"{merge_address(*terms)}&keep={terms[0].pk}"):
        assert script not in admin_client.get(path).text
    response = admin_client.post(address(Area, "delete", terms[1].pk), {"post": "yes"}, follow=True)
    assert "is not deleted" in response.text
    assert script not in response.text
