"""Words that try to become more than words, in every place where somebody's words reach a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal import revisions
from portal.markdown import MAX_LENGTH, MarkdownField, plain, render
from portal.markup import clean
from portal.models import Message
from portal.publishing import Publishable
from tests import factories as make
from tests.html_page import TAGS, assert_fit
from tests.world import PAGES, World
from tests.xss_addresses import LIVE, RUN
from tests.xss_payloads import CARRIERS, payloads

pytestmark = pytest.mark.any_database

PAYLOADS = payloads()
# In a plain field nothing is read as anything, so a few say as much as all: each leaves another place.
POLYGLOTS = [
    f"\"'>{LIVE}",
    f"</title></textarea></script></style>{LIVE}",
    f"'\" onfocus={RUN} autofocus x='\"",
    f"]]>--></noscript><svg/onload={RUN}>&lt;img src=x onerror={RUN}&gt;{{{{ 7|add:7 }}}}{{% debug %}}${{7}}",
    f"javascript:{RUN}//\\u003cscript>",
]


# Markdown


def test_the_corpus_is_large_and_has_no_twins():
    assert len(PAYLOADS) == len(set(PAYLOADS)) > 2000


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_live_comes_out_of_a_text(carrier):
    for payload in PAYLOADS:
        text = carrier.replace("{}", payload)
        assert_fit(text)
        assert "\x00" not in render(text)


def test_what_came_out_goes_through_again_unchanged():
    """Nothing is one thing when it is read and another when it is written and read again."""
    for payload in PAYLOADS:
        html = render(payload)
        assert clean(html) == html, payload


def test_the_words_alone_hold_no_tag_that_was_one():
    """They stand in descriptions and results, where they are escaped once more."""
    for payload in PAYLOADS:
        assert "\x00" not in plain(payload)


PIECES = st.one_of(st.sampled_from(PAYLOADS), st.sampled_from(CARRIERS), st.text(max_size=8))


@effort(max_examples=200)
@given(st.lists(PIECES, max_size=12), st.integers(0, 200))
def test_nothing_live_comes_out_of_any_mixture(pieces, cut):
    text = "".join(pieces)[cut:]
    if len(text) <= MAX_LENGTH:
        assert_fit(text)
        assert_fit("\n".join(pieces).replace("{}", text[:500]))


# Plain fields


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and where its addresses lead."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A text that is too long or too short for its place may gain or lose one of these; nothing else.
        self.found.append(" ".join([tag, *sorted({name for name, _ in attrs})]))
        for name, value in attrs:
            assert not name.startswith("on"), (tag, attrs)
            assert name not in {"style", "srcdoc", "ping", "formaction"}, (tag, attrs)
            if name in {"href", "src", "action"}:
                assert not re.match(r"[\x00-\x20]*(javascript|data|vbscript):", value or "", re.IGNORECASE), value

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_decl(self, data: str) -> None:
        self.found.append(f"declaration {data}")


def skeleton(client: Client, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return Skeleton(response.text).found


def plain_fields(model: type[models.Model]) -> list[Any]:
    """The columns of words that somebody types and no rule narrows."""
    kinds = (models.CharField, models.TextField)
    narrow = (models.SlugField, models.URLField, models.EmailField, models.FileField, MarkdownField)
    return [
        field
        for field in model._meta.concrete_fields
        if field.editable
        and isinstance(field, kinds)
        and not isinstance(field, narrow)
        and not field.choices
        # What a machine writes, and names by which rows are known, hold no words.
        and field.name not in {"password", "username", "source_key", "path", "target", "kind", "token", "key", "sender"}
    ]


def with_words(words: str) -> None:
    """Everything that there is, with these words in every plain field."""
    for model in apps.get_models():
        if model._meta.app_label not in {"portal", "projects", "fellowship", "articles"}:
            continue
        for item in model._base_manager.all():
            said = {field.attname: _fitted(words, field, item.pk) for field in plain_fields(model)}
            said = {name: value for name, value in said.items() if getattr(item, name) and value}
            if said:
                model._base_manager.filter(pk=item.pk).update(**said)


def _fitted(words: str, field: Any, key: Any) -> str:
    end = str(key) if field.unique or field.name in {"name", "abbreviation", "title"} else ""
    most = (field.max_length or 10_000) - len(end)
    return words[:most] + end if most > 8 else ""


def harmless(words: str) -> str:
    """As long as other words, with nothing in it."""
    return re.sub(r"[^\s]", "a", words)


def admin_paths() -> list[str]:
    """Every list and form of the admin, with what was saved before."""
    found = ["/admin/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if (item := model._default_manager.order_by("pk").first()) is not None:
            found += [reverse(f"{name}_{page}", args=[item.pk]) for page in ("change", "history", "delete")]
    return found


def public_pages(world: World) -> list[str]:
    return [path for paths in PAGES.values() for path in paths(world)]


def filled_world() -> World:
    world = World()
    make.MessageFactory()
    make.ProposalFactory()
    make.CheckedLinkFactory()
    by = make.StaffFactory(is_superuser=True)
    for kind in Publishable.kinds():
        for item in kind._default_manager.all()[:1]:
            revisions.record(item, by=by)
    return world


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["reader", "staff"])
def test_words_in_a_plain_field_change_no_element_of_any_page(who):
    world = filled_world()
    client = Client()
    paths = public_pages(world)
    if who == "staff":
        client.force_login(make.StaffFactory(username="reader", is_superuser=True))
        paths = [path for path in admin_paths() if client.get(path).status_code == 200]
        assert len(paths) > 80
    for words in POLYGLOTS if who == "reader" else POLYGLOTS[:2]:
        with_words(harmless(words))
        before = {path: skeleton(client, path) for path in paths}
        with_words(words)
        seen = 0
        for path, expected in before.items():
            text = client.get(path).text
            assert Skeleton(text).found == expected, (path, words)
            seen += "&lt;img src=x" in text
        assert seen > 5 or LIVE not in words, "the words do stand on these pages"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/search/", "/projects/", "/articles/", "/contact/ask/", "/contact/report/", "/fellowship/"]
)
def test_words_in_an_address_change_no_element_of_its_page(client, path):
    World()
    for name in ["q", "about", "status", "kind", "for", "page", "region", "profession", "shared", "next"]:
        for words in POLYGLOTS:
            expected = Skeleton(client.get(path, {name: harmless(words)}).text).found
            assert Skeleton(client.get(path, {name: words}).text).found == expected, (name, words)


@pytest.mark.django_db
def test_words_that_are_sent_back_with_an_error_change_no_element_of_the_form(client):
    for path in ["/contact/ask/", "/contact/report/", "/projects/propose/"]:
        for words in POLYGLOTS:
            names = ["name", "email", "text", "title", "organisation", "datasets", "ideas", "about", "token"]
            made = [
                Skeleton(client.post(path, dict.fromkeys(names, said)).text).found for said in (words, harmless(words))
            ]
            assert made[0] == made[1], (path, words)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_the_comparison_of_two_texts_shows_them_as_text():
    article = make.ArticleFactory(title="One", body="Words")
    by = make.StaffFactory(is_superuser=True)
    client = Client()
    client.force_login(by)
    made = []
    for words in [harmless(POLYGLOTS[0]), POLYGLOTS[0]]:
        for text in ["Words", f"Words {words}\n\n{words}"]:
            article.title, article.body, article.summary = text[:100], text, text
            article.save()
            revisions.record(article, by=by, comment=words)
        saves = revisions.saves(revisions.versions_of(type(article), article.pk))
        path = reverse("admin:articles_article_history", args=[article.pk])
        path = f"{path}compare/?old={saves[1].id}&new={saves[0].id}"
        made.append(skeleton(client, path))
    assert made[0] == made[1]


@pytest.mark.django_db
def test_the_preview_and_its_advice_hold_nothing_live(client):
    client.force_login(make.StaffFactory(is_superuser=True))
    for payload in PAYLOADS[::25]:
        response = client.post("/admin/markdownx/markdownify/", {"content": f"# a\n\n#### b\n\n{payload}\n\n[here](x)"})
        assert response.status_code == 200
        found = Skeleton(response.text).found
        assert {name.partition(" ")[0] for name in found} <= TAGS | {"button", "section"}, payload
