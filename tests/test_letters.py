"""Letters with blanks: their frame, the names of their blanks, their text, and the link that opens them in a mail
program."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from portal import letters
from portal.markdown import has_letter, plain, render
from portal.middleware import PUBLIC_POLICY, SCRIPT_POLICY
from tests import factories as make
from tests.html_page import assert_fit
from tests.pages import Page

LETTER = "> Dear _____ (title and surname),\n>\n> I am a _____ at ____.\n>\n> Yours,\n> ____ (name)"
SCRIPT = "/static/portal/letter.js"


def mail(text: str) -> list[dict[str, str]]:
    """What a mail program would be handed by each letter of a text."""
    links = [link for link in Page(render(text)).links if link.startswith("mailto:")]
    queries = [parse_qs(urlsplit(link).query, strict_parsing=True) for link in links]
    return [{name: values[0] for name, values in query.items()} for query in queries]


def names(text: str) -> list[str]:
    return re.findall(r'<span class="app-blank-name">(.*?)</span>', render(text))


def test_a_letter_is_a_group_with_its_text_and_a_link() -> None:
    page = Page(render(LETTER))
    assert [group["aria-label"] for group in page.all("div", role="group")] == ["Text to fill in"]
    assert page.text("a") == ["Open this text in your email program"]
    assert page.text("span") == ["_____", "(title and surname)", "_____", "____", "____", "(name)"]
    assert_fit(LETTER)


@pytest.mark.parametrize("text", ["> Dear you,", "Dear ____,", "> snake____case", "    > Dear ____"])
def test_what_has_no_blank_in_a_quotation_is_no_letter(text: str) -> None:
    assert "app-letter" not in render(text)
    assert not has_letter(text)


def test_a_quotation_in_a_letter_is_part_of_it() -> None:
    text = "> Dear ____,\n>\n> > Their words, ____.\n>\n> Yours"
    assert has_letter(text)
    assert render(text).count("app-letter__foot") == 1
    assert mail(text) == [{"body": "Dear ____,\r\n\r\nTheir words, ____.\r\n\r\nYours"}]
    assert_fit(text)


def test_each_letter_of_a_text_has_its_own_link() -> None:
    assert mail("> One ____\n\nBetween\n\n> Two ____\n\n> None") == [{"body": "One ____"}, {"body": "Two ____"}]


def test_the_link_carries_the_text_with_its_lines_and_its_blanks() -> None:
    (message,) = mail(LETTER)
    assert message == {
        "body": "Dear _____ (title and surname),\r\n\r\nI am a _____ at ____.\r\n\r\nYours,\r\n____ (name)",
    }


@pytest.mark.parametrize(
    ("first", "subject"),
    [
        ("Subject: Helping on ____ ward", "Helping on ____ ward"),
        ("subject:  A & B?", "A & B?"),
        ("Subject:", None),
        ("The subject: x", None),
    ],
)
def test_a_first_line_with_a_subject_is_the_subject(first: str, subject: str | None) -> None:
    (message,) = mail(f"> {first}\n>\n> Dear ____")
    assert message.get("subject") == subject
    assert message["body"] == ("Dear ____" if subject else f"{first}\r\n\r\nDear ____")


@pytest.mark.parametrize(
    "words",
    ["50% & more = ? # +", "“Größe” – 東京 🙂", 'a "quoted" <name>', "**bold** and [a link](https://example.org/)"],
)
def test_the_link_keeps_every_character(words: str) -> None:
    (message,) = mail(f"> {words} ____")
    assert message["body"] == plain(f"{words} ____")


def test_lists_keep_their_marks_in_the_text() -> None:
    text = "> I offer ____:\n>\n> - time\n> - care\n>\n> then\n>\n> 3. read\n>\n> 4. write"
    (message,) = mail(text)
    assert message["body"].split("\r\n") == [
        "I offer ____:", "", "- time", "- care", "", "then", "", "3. read", "", "4. write",
    ]  # fmt: skip
    assert Page(render(text)).text("li") == ["- time", "- care", "3. read", "4. write"]
    assert Page(render("- not of a letter")).text("li") == ["not of a letter"]


def test_a_letter_too_long_for_windows_has_no_link() -> None:
    fits = next(n for n in range(2_000, 0, -1) if letters.mail_address("x" * n))
    assert len(letters.mail_address("x" * fits)) == letters.MAX_ADDRESS
    assert len(mail("> ____ " + "x" * (fits - 7))) == 1
    assert mail("> ____ " + "x" * (fits - 6)) == []
    assert_fit("> ____ " + "x" * fits)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("____ (your name)", [" (your name)"]),
        ("_____(job title) based", ["(job title)"]),
        ("a student / (grade) ___ doctor", ["(grade) "]),
        ("____ (a) ____", [" (a)"]),
        ("(a) ____ (b)", [" (b)"]),
        ("(a) ____, ____ (b)", ["(a) ", " (b)"]),
        ("____, as agreed (in June)", []),
        ("____ (nested (words))", []),
        ("____ (" + "x" * 81 + ")", []),
        ("____ (R&D <b>)", [" (R&amp;D &lt;b&gt;)"]),
    ],
)
def test_words_in_brackets_beside_a_blank_name_it(text: str, found: list[str]) -> None:
    assert names(f"> {text}") == [name for name in found if "&lt;" not in name]
    assert names(text) == [], "only in a letter"
    assert_fit(f"> {text}")


def test_a_letter_adds_no_words_to_what_is_searched() -> None:
    assert plain(LETTER).split("\n") == [
        "Dear _____ (title and surname),", "I am a _____ at ____.", "Yours, ____ (name)",
    ]  # fmt: skip


def test_a_letter_in_a_link_has_no_link_of_its_own() -> None:
    assert render('<a href="/x">\n\n> Dear ____\n\n</a>').count("<a ") <= 2
    assert_fit('<a href="/x">\n\n> Dear ____\n\n</a>')


@pytest.mark.parametrize(
    "text",
    ["> ____ " * 1_400, "> ____\n\n" * 1_200, "> (" * 3_000 + "____", "> " * 3_000 + "____", "> ____ (" + "(a" * 4_000],
    ids=["blanks", "letters", "brackets", "deep", "names"],
)
def test_a_hostile_letter_stays_fit(text: str) -> None:
    assert_fit(text[:10_000])


# The page


@pytest.mark.django_db
def test_only_a_page_with_a_letter_loads_the_script(client: Client) -> None:
    with_letter = make.ArticleFactory(body=f"## Write\n\n{LETTER}")
    without = make.ArticleFactory(body="> Not a letter.")
    response = client.get(with_letter.get_absolute_url())
    page = Page(response.text)
    assert page.all("script") == [{"type": "module", "src": SCRIPT}]
    assert finders.find(SCRIPT.removeprefix("/static/"))
    assert response["Content-Security-Policy"] == SCRIPT_POLICY
    assert not response.cookies
    response = client.get(without.get_absolute_url())
    assert not Page(response.text).all("script")
    assert response["Content-Security-Policy"] == PUBLIC_POLICY


def test_the_policy_for_a_script_adds_nothing_but_our_own_host() -> None:
    assert SCRIPT_POLICY.replace("; script-src 'self'", "") == PUBLIC_POLICY
    assert "unsafe" not in SCRIPT_POLICY
    assert "//" not in SCRIPT_POLICY


@pytest.mark.django_db
def test_a_draft_with_a_letter_is_shown_to_staff_with_its_script(client: Client) -> None:
    draft = make.ArticleFactory(status="draft", body=LETTER)
    assert client.get(draft.get_absolute_url()).status_code == 404
    client.force_login(make.StaffFactory(may=["articles.view_article"]))
    response = client.get(draft.get_absolute_url())
    assert response["Content-Security-Policy"] == SCRIPT_POLICY
    assert "no-store" in response["Cache-Control"]


def script() -> str:
    return (Path(settings.BASE_DIR) / "portal/static/portal/letter.js").read_text()


def test_the_script_is_small() -> None:
    assert len(brotli.compress(script().encode())) <= 2 * 1024


def test_the_script_keeps_and_sends_nothing_and_makes_no_html() -> None:
    for word in ("fetch", "XMLHttp", "sendBeacon", "Storage", "cookie", "innerHTML", "insertAdjacent", "eval", "http"):
        assert word not in script(), word


def test_page_and_script_agree_on_the_longest_address() -> None:
    assert f"MAX_ADDRESS = {letters.MAX_ADDRESS};" in script()
