"""The feed of guidance: valid Atom (RFC 4287) of exactly the list, with names that last and true dates."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client

from articles.models import RESERVED_ADDRESSES, Article
from tests import factories as make
from tests.pages import Page
from tests.test_feed import ATOM, link, one, parse, titles
from tests.world import routes

pytestmark = pytest.mark.django_db


def read(client: Client, query: str = "") -> Element:
    response = client.get(f"/articles/feed/{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return parse(response.content)


def save_at(moment: str, article: Article, **values: Any) -> None:
    with time_machine.travel(moment, tick=False):
        for name, value in values.items():
            setattr(article, name, value)
        article.save()


def test_it_holds_what_is_public_newest_change_first(client: Client) -> None:
    first, second, hidden = (make.ArticleFactory(title=title) for title in ("First", "Second", "Hidden"))
    Article.objects.filter(pk=hidden.pk).update(status="draft")
    save_at("2027-01-02 10:00Z", second)
    save_at("2027-01-03 10:00Z", first, summary="Said anew.")
    feed = read(client)
    assert titles(feed) == ["First", "Second"]
    assert one(feed, "updated").text == "2027-01-03T10:00:00+00:00"
    entries = feed.findall(f"{ATOM}entry")
    assert one(entries[0], "summary").text == "Said anew."


@pytest.mark.parametrize(
    ("query", "found", "canonical"),
    [
        ("", ["A", "B", "C"], ""),
        ("?for=student", ["A"], "?for=student"),
        ("?for=host", [], "?for=host"),
        ("?for=nobody&x=1", ["A", "B", "C"], ""),
        ("?page=9&for=clinician", ["B"], "?for=clinician"),
    ],
)
def test_it_is_that_of_the_list(client: Client, query: str, found: list[str], canonical: str) -> None:
    for title, audience in (("A", "student"), ("B", "clinician"), ("C", "")):
        make.ArticleFactory(title=title, audience=audience)
    feed = read(client, query)
    assert sorted(titles(feed)) == found
    assert link(feed, "self") == f"{settings.PORTAL_URL}/articles/feed/{canonical}"
    assert link(feed, "alternate") == f"{settings.PORTAL_URL}/articles/{canonical}"
    title = one(feed, "title").text or ""
    assert Page(client.get(f"/articles/{canonical}").text).text("h1") == [title]


def test_a_name_stays_when_the_address_changes(client: Client) -> None:
    article = make.ArticleFactory(slug="old")
    (before,) = read(client).findall(f"{ATOM}entry")
    save_at("2027-01-02 10:00Z", article, slug="new")
    (after,) = read(client).findall(f"{ATOM}entry")
    assert one(before, "id").text == one(after, "id").text
    assert link(after, "alternate") == f"{settings.PORTAL_URL}/articles/new/"


def test_an_entry_says_what_it_is_about_for_whom_and_how_it_begins(client: Client) -> None:
    area = make.AreaFactory(name="Maps & paths", slug="maps")
    make.ArticleFactory(summary="", body="## Begin\n\nAsk **first** & then \x0b write.", areas=[area], audience="host")
    (entry,) = read(client).findall(f"{ATOM}entry")
    assert (one(entry, "summary").text or "").startswith("Begin Ask first & then")
    categories = {(each.get("term"), each.get("label")) for each in entry.findall(f"{ATOM}category")}
    assert categories == {("host", "Host organisations"), ("maps", "Maps & paths")}


def test_who_asks_again_while_nothing_changed_is_told_so(client: Client) -> None:
    article = make.ArticleFactory()
    first = client.get("/articles/feed/")
    again = client.get("/articles/feed/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    article.title = "Anew"
    article.save()
    assert client.get("/articles/feed/", headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert client.post("/articles/feed/").status_code == 405


def test_it_is_for_programs_of_any_site_and_not_for_search_engines(client: Client) -> None:
    response = client.get("/articles/feed/")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_an_empty_feed_is_valid_and_dated(client: Client) -> None:
    empty = read(client)
    assert one(empty, "updated").text == "2026-01-01T00:00:00+00:00"
    article = make.ArticleFactory(audience="student")
    save_at("2027-01-02 10:00Z", article)
    assert one(read(client, "?for=host"), "updated").text == "2027-01-02T10:00:00+00:00"


def test_programs_find_it_from_the_pages(client: Client) -> None:
    article = make.ArticleFactory()
    for path, address in (
        ("/articles/", "/articles/feed/"),
        ("/articles/?for=student", "/articles/feed/?for=student"),
        (article.get_absolute_url(), "/articles/feed/"),
    ):
        page = Page(client.get(path).text)
        assert [each["href"] for each in page.all("link", type="application/atom+xml")] == [address], path
    assert "/articles/feed/?for=student" in Page(client.get("/articles/?for=student").text).links


def test_it_costs_the_same_for_one_and_for_thirty(client: Client, django_assert_num_queries: Any) -> None:
    for rows in (1, 30):
        make.ArticleFactory.create_batch(rows, summary="")
        with django_assert_num_queries(2):
            feed = read(client)
        assert len(feed.findall(f"{ATOM}entry")) == Article.objects.count()


def test_it_holds_a_hundred(client: Client) -> None:
    make.ArticleFactory.create_batch(101, areas=[])
    assert len(read(client).findall(f"{ATOM}entry")) == 100


def test_every_page_of_ours_below_articles_is_reserved() -> None:
    firsts = {route.removeprefix("articles/").split("/")[0] for route in routes() if route.startswith("articles/")}
    assert {first for first in firsts if first.isalpha()} == set(RESERVED_ADDRESSES)


def test_no_article_can_stand_where_the_feed_is() -> None:
    article = make.ArticleFactory()
    article.slug = "feed"
    with pytest.raises(ValidationError, match="Choose another address"):
        article.full_clean()
    draft = Article(title="Feed")
    draft.clean()
    assert draft.slug == "feed-2"
