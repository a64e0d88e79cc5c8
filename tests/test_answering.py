"""What readers of a shared draft say of it: taken with the token alone, refused in words, never lost."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal import sharing
from portal.models import DraftAnswer, Notice, SharedDraft
from portal.publishing import Publishable
from tests.factories import FACTORIES, ArticleFactory, StaffFactory
from tests.pages import Page
from tests.shared import address, answer, share, shown

pytestmark = pytest.mark.django_db

PATH = "/shared/answer/"
every_kind = pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind._meta.model_name)


def send(client, link, **values):
    """What a browser sends of the form on the page of the draft."""
    fields = {name: values for name, values in shown(client.get(address(link))).fields.items() if name != "q"}
    return client.post(PATH, {**fields, **values})


def problems(response):
    """The error summary: where each line leads, and what it says."""
    assert response.status_code == 200
    page = Page(response.text)
    assert page.title.startswith("Error: ")
    assert page.all("div", role="alert")
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    found = {href[1:]: words for href, words in zip(page.links, page.text("a"), strict=True) if href[:8] == "#answer-"}
    assert set(found) <= ids
    return found


@every_kind
def test_an_answer_is_kept_and_thanked_for_and_another_can_follow(kind):
    client = Client(enforce_csrf_checks=True)
    link = share(FACTORIES[kind](status="draft"))
    response = send(client, link, verdict="change", words="The <b>dates</b>.\r\nAll.", name="Dr Patel")
    assert response.status_code == 303
    assert response["Location"] == f"{address(link)}&answered=yes#thanks"
    kept = DraftAnswer.objects.get()
    assert (kept.shared_draft, kept.verdict, kept.words, kept.name) == (
        link,
        "change",
        "The <b>dates</b>.\nAll.",
        "Dr Patel",
    )
    back = client.get(response["Location"])
    page = shown(back)
    assert "Ada Lovelace has your answer." in page.text("p")
    assert page.all("div", id="thanks")
    assert page.all("form", action=PATH), "there may be more to say"
    assert "no-store" in back["Cache-Control"]
    assert not client.cookies
    assert "has your answer" not in client.get(address(link)).text
    assert send(client, link, verdict="right").status_code == 303
    assert DraftAnswer.objects.count() == 2


def test_that_it_looks_right_needs_no_words(client):
    assert send(client, share(), verdict="right").status_code == 303
    assert DraftAnswer.objects.get().who == "Dr Patel", "for whom the link was made"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, {"answer-verdict": "Select what you think of the draft"}),
        ({"verdict": "perhaps"}, {"answer-verdict": "Select what you think of the draft"}),
        ({"verdict": "change", "words": ""}, {"answer-words": "Enter what should change"}),
        ({"verdict": "change", "words": " \r\n "}, {"answer-words": "Enter what should change"}),
        (
            {"verdict": "change", "words": "x" * 2001},
            {"answer-words": "What should change must be 2,000 characters or less"},
        ),
        ({"verdict": "right", "name": "x" * 101}, {"answer-name": "Your name must be 100 characters or less"}),
        (
            {"words": "x" * 2001, "name": "x" * 101},
            {
                "answer-verdict": "Select what you think of the draft",
                "answer-words": "What should change must be 2,000 characters or less",
                "answer-name": "Your name must be 100 characters or less",
            },
        ),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client, sent, said):
    link = share(ArticleFactory(title="Fair records", status="draft"))
    typed = {"words": "Kept <words>", "name": "Dr Patel", **sent}
    response = send(client, link, **typed)
    assert problems(response) == said
    assert not DraftAnswer.objects.exists()
    page = Page(response.text)
    assert page.fields["words"] == [typed["words"]]
    assert page.fields["name"] == [typed["name"]]
    assert page.fields.get("verdict", []) == ([sent["verdict"]] if sent.get("verdict") in {"right", "change"} else [])
    assert page.fields["shared"] == [sharing.token_of(link)]
    assert address(link) in page.links
    assert "Fair records" in page.text("h1")[0]
    for word in ("private", "no-store"):
        assert word in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert page.canonical == []
    assert not client.cookies
    assert client.post(PATH, {**page.fields, "verdict": "right", "words": "", "name": ""}).status_code == 303


def test_a_line_break_is_one_character(client):
    words = "x\r\n" * 999 + "xxx"
    assert len(words.replace("\r\n", "\n")) == 2001
    assert problems(send(client, share(), verdict="change", words=words))
    assert send(client, share(), verdict="change", words=words[:-1]).status_code == 303


def test_a_null_in_the_words_is_refused(client):
    assert problems(send(client, share(), verdict="change", words="x\0y"))
    assert not DraftAnswer.objects.exists()


def test_a_button_pressed_twice_sends_one_answer(client):
    link = share()
    with time_machine.travel("2026-11-21 12:00+00:00", tick=False) as clock:
        link = share()
        for _ in range(2):
            assert send(client, link, verdict="right").status_code == 303
        assert DraftAnswer.objects.count() == 1
        clock.shift(61)
        send(client, link, verdict="right")
    assert DraftAnswer.objects.count() == 2, "somebody else, perhaps"


def test_a_link_takes_twenty_answers_and_says_so(client):
    link = share()
    fields = shown(client.get(address(link))).fields
    for number in range(20):
        answer(link, words=f"Thought {number}")
    page = shown(client.get(address(link)))
    assert not page.all("form", action=PATH)
    assert "This link has had as many answers as it takes. Tell Ada Lovelace in another way." in page.text("p")
    response = client.post(PATH, {**fields, "verdict": "change", "words": "One more"})
    assert problems(response) == {}
    assert "This link has had 20 answers" in response.text
    assert "One more" in response.text
    assert DraftAnswer.objects.count() == 20
    assert send(client, share(), verdict="right").status_code == 303, "another link is another matter"


@pytest.mark.parametrize("wrong", ["forged", "malformed", "revoked", "expired", "missing", "deleted"])
def test_without_a_link_that_works_nothing_is_taken(client, wrong):
    with time_machine.travel("2026-11-21 12:00+00:00", tick=False) as clock:
        link = share()
        token = sharing.token_of(link)
        match wrong:
            case "forged":
                token = token[:-1] + ("A" if token[-1] != "A" else "B")
            case "malformed":
                token = "\0"
            case "revoked":
                sharing.revoke(link, by=StaffFactory())
            case "expired":
                clock.move_to("2026-12-06 00:00+00:00")
            case "missing":
                token = ""
            case "deleted":
                sharing.draft_of(link).delete()
        with CaptureQueriesContext(connection) as captured:
            response = client.post(PATH, {"shared": token, "verdict": "right"})
    assert response.status_code == 404
    assert "Ask whoever sent it to you for a new one." in response.text
    looked_in = [re.search(r'FROM "(\w+)"', query["sql"])[1] for query in captured]
    assert looked_in == [SharedDraft._meta.db_table, Notice._meta.db_table], "the link, then the page that says no"
    assert not DraftAnswer.objects.exists()


def test_what_became_public_meanwhile_still_takes_what_was_being_written(client):
    link = share()
    fields = shown(client.get(address(link))).fields
    sharing.draft_of(link).move_to("published", by=None)
    response = client.post(PATH, {**fields, "verdict": "change", "words": "The title."})
    assert response.status_code == 303
    assert DraftAnswer.objects.get().words == "The title."
    back = client.get(response["Location"])
    assert "Ada Lovelace has your answer." in back.text
    assert "What do you think of this draft?" not in back.text
    assert "no-store" in back["Cache-Control"]


def test_nobody_is_thanked_who_has_not_answered(client):
    item = ArticleFactory()
    assert client.get(item.get_absolute_url(), {"answered": "yes"}).text == client.get(item.get_absolute_url()).text


def test_to_look_at_where_answers_are_sent_leads_home(client):
    response = client.get(PATH)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.post(PATH).status_code == 404
    assert client.post(PATH, "not a form", content_type="application/json").status_code == 404
