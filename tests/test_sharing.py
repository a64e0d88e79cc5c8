"""A draft shown by a link: it shows that one page, until it ends, and says no to everything else in one way."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme
from portal import sharing
from portal.audit import AuditEvent
from portal.models import DraftAnswer, SharedDraft
from portal.publishing import Publishable
from projects.models import Project
from tests.factories import FACTORIES, ArticleFactory, CohortFactory, FellowFactory, ProjectFactory, StaffFactory
from tests.pages import Page
from tests.shared import address, answer, share, shown
from tests.test_moves_at_once import at_once, two_connections

pytestmark = pytest.mark.django_db

WORDS = "Zebrafinch in the text"
BODY = {Project: "need", Cohort: "how_to_apply", Fellow: "about", Programme: "body", Article: "body"}
# Headers of the moment, and of one request.
NOT_OF_THE_PAGE = {"Date", "X-Request-ID"}
KINDS = Publishable.kinds()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind._meta.model_name)


def draft(kind, **values):
    return FACTORIES[kind](**{BODY[kind]: WORDS, "status": "draft", **values})


# What it shows


@every_kind
def test_a_link_shows_the_page_of_its_draft_to_anybody(client, kind):
    item = draft(kind)
    link = share(item, reader="Dr Patel, supervisor", question="Is the <b>need</b> right?")
    assert address(link).startswith(f"{item.get_absolute_url()}?shared=")
    response = client.get(address(link))
    page = shown(response)
    assert WORDS in response.text
    banner = page.text("section")[0]
    assert banner.startswith("Draft for Dr Patel, supervisor. Shared by Ada Lovelace; the link works until")
    assert "Not public: please do not pass it on. Is the <b>need</b> right?" in banner
    assert "#your-answer" in page.links
    assert "What do you think of this draft?" in page.text("h2")


@every_kind
def test_it_is_kept_by_nobody_and_asks_for_no_cookie_and_no_script(client, kind):
    response = client.get(address(share(draft(kind))))
    for word in ("private", "no-store", "no-cache"):
        assert word in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    page = Page(response.text)
    assert page.canonical == []
    assert not [meta for meta in page.all("meta") if meta.get("property", "").startswith("og:")]
    assert not client.cookies
    assert [script for script in page.all("script") if script.get("type") != "application/ld+json"] == []
    assert "csrfmiddlewaretoken" not in response.text


def test_a_fellow_is_shown_their_own_draft_before_they_have_agreed(client):
    for fellow in (
        draft(Fellow, consent_on=None),
        draft(Fellow, status="published", consent_on=None),
        draft(Fellow, status="published", cohort=CohortFactory(status="draft")),
    ):
        assert WORDS in client.get(address(share(fellow))).text


def test_no_other_draft_stands_on_the_page(client):
    hidden = CohortFactory(status="draft")
    fellow, other = FellowFactory(cohort=hidden), FellowFactory(cohort=hidden, name="Somebody Else")
    assert other.name not in client.get(address(share(fellow))).text
    older = ProjectFactory(title="An older draft", status="draft")
    newer = ProjectFactory(status="draft", supersedes=older)
    assert older.title not in client.get(address(share(newer))).text


def test_a_link_opens_neither_lists_nor_other_drafts(client):
    link = share(ArticleFactory(title="Quokka", status="draft"))
    token = {"shared": sharing.token_of(link)}
    for path in ("/", "/articles/", "/search/?q=quokka", "/articles/feed/", "/sitemap.xml"):
        assert "Quokka" not in client.get(path, token).text
    # The same number in another kind is another draft.
    for kind in (Project, Fellow):
        other = draft(kind, pk=link.object_id)
        assert client.get(other.get_absolute_url(), token).status_code == 404


def test_who_may_see_the_draft_anyway_sees_what_the_link_shows(client):
    link = share()
    client.force_login(StaffFactory(may=["articles.view_article"]))
    shown(client.get(address(link)))
    assert "Shared by" not in client.get(address(link).partition("?")[0]).text


def test_a_wrong_link_takes_nothing_from_who_may_see_the_draft(client):
    item = ArticleFactory(status="draft")
    client.force_login(StaffFactory(may=["articles.view_article"]))
    response = client.get(item.get_absolute_url(), {"shared": "nonsense"})
    assert "this page is not public" in response.text
    assert "What do you think of this draft?" not in response.text


@every_kind
def test_what_is_public_by_now_is_shown_as_everybody_sees_it(client, kind):
    item = draft(kind)
    link = share(item)
    item.move_to(next(one for one in item.current_status.next if one.is_public), by=None)
    by_link, plain = client.get(address(link)), client.get(item.get_absolute_url())
    assert by_link.text == plain.text
    headers = [{name: said[name] for name in said.headers if name not in NOT_OF_THE_PAGE} for said in (by_link, plain)]
    assert headers[0] == headers[1]
    assert Page(by_link.text).canonical == [f"http://127.0.0.1:8000{item.get_absolute_url()}"]


def test_a_wrong_link_to_what_is_public_shows_it(client):
    item = ArticleFactory()
    assert client.get(item.get_absolute_url(), {"shared": "1.x.y"}).text == client.get(item.get_absolute_url()).text


def test_the_address_of_a_cohort_in_another_spelling_keeps_the_link(client):
    link = share(CohortFactory(number=4, status="draft", how_to_apply=WORDS))
    response = client.get(f"/fellowship/cohorts/04/?shared={sharing.token_of(link)}", follow=True)
    assert [to for to, _ in response.redirect_chain] == [address(link)]
    assert WORDS in response.text


def test_a_draft_that_gets_another_address_keeps_its_link(client, admin_client):
    link = share(ArticleFactory(slug="before", status="draft", body=WORDS))
    path = f"/admin/articles/article/{link.object_id}/change/"
    sent = {**Page(admin_client.get(path).text).fields, "slug": "after"}
    assert admin_client.post(path, sent).status_code == 302
    response = client.get(f"/articles/before/?shared={sharing.token_of(link)}", follow=True)
    assert response.redirect_chain[-1][0].startswith("/articles/after/?shared=")
    assert WORDS in response.text


# When it ends


def test_it_works_until_the_last_day_in_london_is_over(client):
    with time_machine.travel("2026-10-20 22:30+00:00", tick=False) as clock:  # half past eleven at night in London
        link = share(days=7)
        assert link.last_day == dt.date(2026, 10, 27)
        assert "the link works until 27\u00a0October 2026" in client.get(address(link)).text
        clock.move_to("2026-10-27 23:59:59+00:00")  # summer time has ended meanwhile
        shown(client.get(address(link)))
        clock.move_to("2026-10-28 00:00:00+00:00")
        assert client.get(address(link)).status_code == 404


def test_a_revoked_link_shows_nothing_at_once(client):
    link, other = share(), share()
    assert sharing.revoke(link, by=StaffFactory(username="grace"))
    assert client.get(address(link)).status_code == 404
    shown(client.get(address(other)))
    assert not sharing.revoke(link, by=StaffFactory())
    link.refresh_from_db()
    assert link.revoked_by_name == "grace"


@every_kind
def test_links_and_answers_go_with_the_draft(kind):
    item = draft(kind)
    answer(share(item))
    kept = answer()
    item.delete()
    assert list(DraftAnswer.objects.all()) == [kept]
    assert list(SharedDraft.objects.all()) == [kept.shared_draft]


def test_a_draft_with_the_number_of_a_deleted_one_is_not_shown(client):
    item = ArticleFactory(status="draft")
    token = {"shared": sharing.token_of(share(item))}
    number = item.pk
    item.delete()
    later = ArticleFactory(pk=number, status="draft")
    assert client.get(later.get_absolute_url(), token).status_code == 404


def test_both_outlive_who_made_and_who_dealt_with_them(client):
    link = share()
    said = answer(link)
    sharing.deal_with(said, by=link.by)
    link.by.delete()
    assert "Shared by Ada Lovelace;" in client.get(address(link)).text
    said.refresh_from_db()
    assert said.dealt_with_by_name == "Ada Lovelace"


# What is no link


def forgeries(link, item):
    """Tokens that show nothing, by what is wrong with them."""
    right = sharing.token_of(link)
    ended, gone = share(item, reader="Revoked"), share(item, reader="Expired")
    sharing.revoke(ended, by=StaffFactory())
    SharedDraft.objects.filter(pk=gone.pk).update(expires_at=timezone.now())
    return {
        "forged": right[:-1] + ("A" if right[-1] != "A" else "B"),
        "another key": Signer(sep=".", salt="portal.sharing").sign(f"{link.pk}.{'x' * 22}"),
        "another salt": Signer(sep=".", salt="other").sign(f"{link.pk}.{link.key}"),
        "unsigned": f"{link.pk}.{link.key}",
        "of no link": Signer(sep=".", salt="portal.sharing").sign("999999.x"),
        "of another draft": sharing.token_of(share()),
        "of another kind": sharing.token_of(share(ProjectFactory(status="draft"))),
        "revoked": sharing.token_of(ended),
        "expired": sharing.token_of(gone),
        "empty": "",
        "malformed": "....",
        "words": "nonsense",
        "a huge number": "9" * 400 + ".x.y",
        "negative": "-1.x.y",
        "no digits of ours": "١٢.x.y",
        "with a null": f"{link.pk}.\0.x",
        "long": "x" * 4000,
    }


def asked(client, path, token):
    """What is answered, and what was asked of the database, its numbers and words left out."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path, {"shared": token})
    queries = [re.sub(r"(?<![\w\"])-?\d+\b|'[^']*'", "?", query["sql"]) for query in captured]
    headers = {name: value for name, value in response.headers.items() if name not in NOT_OF_THE_PAGE}
    return response.status_code, headers, response.content, queries


@every_kind
def test_whatever_is_wrong_with_a_link_the_answer_is_the_same_and_asks_the_same(client, kind):
    item = draft(kind)
    link = share(item)
    tokens = forgeries(link, item)
    path = item.get_absolute_url()
    answers = {wrong: asked(client, path, token) for wrong, token in tokens.items()}
    status, _, content, queries = answers["forged"]
    assert status == 404
    assert WORDS not in content.decode()
    assert sum("shareddraft" in query for query in queries) == 1
    assert {wrong for wrong, found in answers.items() if found != answers["forged"]} == set()
    assert asked(client, path, sharing.token_of(link))[0] == 200, "this test looks in the wrong place"


def test_it_answers_as_an_address_that_does_not_exist_but_for_one_paragraph(client):
    item = ArticleFactory(status="draft", slug="here")
    nowhere = client.get("/articles/nowhere/")
    extra = "<p>This link does not show anything, or no longer does. Ask whoever sent it to you for a new one.</p>\n"
    for path in ("/articles/here/", "/articles/nowhere/"):
        response = client.get(path, {"shared": "x"})
        assert response.status_code == nowhere.status_code == 404
        assert response.text.replace(extra, "").replace(path, "/articles/nowhere/") == nowhere.text
        assert response.text.count(extra) == 1
        assert response.headers.keys() == nowhere.headers.keys()
    assert client.get(item.get_absolute_url()).text.replace("/articles/here/", "/articles/nowhere/") == nowhere.text
    assert extra in client.get("/no/such/address/", {"shared": "x"}).text


def test_the_programme_says_the_same_although_its_address_always_answers(client):
    draft(Programme)
    assert client.get("/fellowship/").status_code == 200
    response = client.get("/fellowship/", {"shared": "x"})
    assert response.status_code == 404
    assert "This link does not show anything" in response.text


def test_a_page_without_a_link_costs_what_it_did(client):
    item = ArticleFactory()
    with CaptureQueriesContext(connection) as captured:
        client.get(item.get_absolute_url())
    assert not [query for query in captured if "shareddraft" in query["sql"]]


def test_no_two_links_are_alike():
    links = [share(reader=f"Reader {number}") for number in range(20)]
    assert len({link.key for link in links}) == len({sharing.token_of(link) for link in links}) == 20
    assert min(len(link.key) for link in links) >= 20


# Making


def test_making_and_ending_a_link_stand_in_the_audit_list():
    with time_machine.travel("2026-11-19 12:00+00:00", tick=False):
        link = share(ArticleFactory(title="Fair records", status="draft"))
        sharing.revoke(link, by=link.by)
    events = AuditEvent.objects.filter(kind="sharing").order_by("pk").values_list("by_name", "about", "detail")
    assert list(events) == [
        ("Ada Lovelace", "Fair records", "Shared with Dr Patel until 3\u00a0December 2026"),
        ("Ada Lovelace", "Fair records", "The link for Dr Patel was revoked"),
    ]


def test_a_button_pressed_twice_makes_one_link():
    item, ada = ArticleFactory(status="draft"), StaffFactory()
    assert share(item, by=ada) == share(item, by=ada)
    assert share(item, by=ada, reader="Dr Jones") != share(item, by=ada)
    assert SharedDraft.objects.count() == AuditEvent.objects.filter(kind="sharing").count() == 2


def test_what_is_public_or_gone_is_not_shared():
    with pytest.raises(sharing.SharingError, match="is public"):
        share(ArticleFactory())
    item = ArticleFactory(status="draft")
    Article.objects.filter(pk=item.pk).delete()
    with pytest.raises(sharing.SharingError, match="deleted in the meantime"):
        share(item)


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_do_not_pass_the_limit():
    link = share()
    for number in range(sharing.ANSWERS_AT_MOST - 1):
        answer(link, words=f"Thought {number}")
    at_once(*[lambda words=words: answer(link, words=words) for words in ("One", "Two")])
    assert DraftAnswer.objects.count() == sharing.ANSWERS_AT_MOST


@pytest.mark.parametrize("method", ["get", "head"])
def test_nobody_is_known_to_have_read_it(method):
    link = share()
    client = Client()
    with CaptureQueriesContext(connection) as captured:
        getattr(client, method)(address(link))
    assert not [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
