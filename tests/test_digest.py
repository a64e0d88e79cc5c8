"""The weekly email: to whom, of what, how often, and what happens where one cannot be sent."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client

from portal import digest
from tests import factories as make
from tests.dated import at, london
from tests.matters import article, project
from tests.pages import Page

pytestmark = pytest.mark.django_db

MONDAY = "2026-11-16 07:00"


@pytest.fixture(autouse=True)
def mail_server(settings: Any):
    settings.EMAIL_HOST = "mail.example"
    settings.PORTAL_URL = "https://portal.example"
    settings.PORTAL_NAME = "Data portal"
    with at(MONDAY):
        yield


class Stubborn(EmailBackend):
    """A mail server that takes all mail but that to a mailbox that is full."""

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if message.to == ["full@example.org"]:
                raise SMTPRecipientsRefused({"full@example.org": (552, b"Mailbox full")})
        return super().send_messages(messages)


def reader(name: str = "ann", may: Any = ("articles.view_article",), **values: Any) -> Any:
    return make.StaffFactory(**{"username": name, "email": f"{name}@example.org", "may": may, **values})


def old_article() -> Any:
    return article(400, title="An article with a title of its own")


def send(*words: str) -> str:
    out = StringIO()
    call_command("send_digest", *words, stdout=out, stderr=out)
    return out.getvalue()


def written_to() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def test_it_tells_each_person_what_they_may_see_with_whole_addresses():
    old_article()
    project(None)
    reader("ann", first_name="Ann", last_name="Other")
    reader("bob", ["articles.view_article", "projects.view_project"])
    assert send() == "Sent: 2. Had this week's already: 0. Nothing needs their attention: 0.\n"
    to_ann, to_bob = mail.outbox
    assert (to_ann.to, to_ann.subject) == (
        ["ann@example.org"],
        "Data portal: 1 thing needs your attention, 16 November 2026",
    )
    assert to_bob.subject == "Data portal: 2 things need your attention, 16 November 2026"
    assert to_ann.body == (
        "Hello Ann Other,\n"
        "\n"
        "this needs your attention in Data portal on 16 November 2026.\n"
        "\n"
        "SOON\n"
        "\n"
        "1 article past its review date\n"
        "Read, mend what is no longer true, and set the next date. Without a date, guidance is due after a year.\n"
        "https://portal.example/admin/articles/article/?attention=review\n"
        "\n"
        "You get this once a week, where anything needs your attention. To stop it, choose “Stop the weekly email” at "
        "https://portal.example/admin/\n"
    )
    assert "1 open project without application dates\n" in to_bob.body
    assert (to_ann.content_subtype, to_ann.extra_headers) == ("plain", {"Auto-Submitted": "auto-generated"})


def test_names_and_words_are_not_escaped_as_in_a_page(settings):
    settings.PORTAL_NAME = "Data & “science”"
    old_article()
    reader(first_name="Ann", last_name="O'Neill")
    send()
    (message,) = mail.outbox
    assert "Hello Ann O'Neill," in message.body
    assert "in Data & “science” on" in message.body


@pytest.mark.parametrize(
    "person",
    [
        {"is_active": False},
        {"is_staff": False},
        {"email": ""},
        {"gets_digest": False},
        {"may": ["projects.view_project"]},
    ],
    ids=lambda values: next(iter(values)),
)
def test_it_goes_to_nobody_else(person):
    old_article()
    reader(**person)
    assert "Sent: 0." in send()
    assert written_to() == []


def test_nobody_is_written_that_there_is_nothing():
    reader()
    assert send() == "Sent: 0. Had this week's already: 0. Nothing needs their attention: 1.\n"
    assert written_to() == []


@pytest.mark.parametrize(
    ("later", "number"),
    [("2026-11-16 23:00", 1), ("2026-11-22 23:59", 1), ("2026-11-23 00:00", 2), ("2026-11-29 12:00", 2)],
)
def test_it_is_sent_once_in_a_week_from_monday_to_sunday_in_london(later, number):
    old_article()
    reader()
    send()
    with at(later):
        answer = send()
    assert len(mail.outbox) == number
    assert ("Had this week's already: 1" in answer) is (number == 1)


def test_whoever_had_nothing_on_monday_hears_of_what_comes_later_in_the_week():
    reader()
    send()
    with at("2026-11-18 07:00"):
        old_article()
        send()
    assert written_to() == ["ann@example.org"]


@pytest.mark.parametrize(
    ("moment", "week"),
    [("2026-12-31 12:00", "2026-W53"), ("2027-01-01 12:00", "2026-W53"), ("2027-01-04 00:00", "2027-W01")],
)
def test_a_week_belongs_to_one_year(moment, week):
    assert digest.week_of(london(moment)) == week


def test_in_summer_a_week_begins_by_the_clock_in_london():
    assert digest.week_of(dt.datetime(2026, 7, 5, 22, 59, tzinfo=dt.UTC)) == "2026-W27"
    assert digest.week_of(dt.datetime(2026, 7, 5, 23, 0, tzinfo=dt.UTC)) == "2026-W28"


def test_again_writes_to_everybody_once_more():
    old_article()
    reader()
    send()
    send("--again")
    send()
    assert len(mail.outbox) == 2


def test_of_two_runs_at_once_one_writes():
    """Both have read that the person has not been written to."""
    first, second = reader(), None
    second = type(first).objects.get(pk=first.pk)
    week = digest.week_of(london(MONDAY))
    assert [digest.claim(first, week), digest.claim(second, week)] == [True, False]


def test_who_comes_second_sends_nothing(monkeypatch):
    old_article()
    person = reader()
    week = digest.week_of(london(MONDAY))
    of = digest.of

    def meanwhile(*args: Any) -> Any:
        digest.claim(person, week)
        return of(*args)

    monkeypatch.setattr(digest, "of", meanwhile)
    assert "Sent: 0. Had this week's already: 1." in send()
    assert written_to() == []


def test_one_that_fails_does_not_stop_the_others_and_is_tried_again(settings):
    settings.EMAIL_BACKEND = "tests.test_digest.Stubborn"
    old_article()
    for name in ("ann", "bob", "eve"):
        reader(name, email="full@example.org" if name == "bob" else f"{name}@example.org")
    out = StringIO()
    with pytest.raises(CommandError, match="Not sent to bob; the lines above say why") as caught:
        call_command("send_digest", stdout=out, stderr=out)
    assert caught.value.returncode == 1
    assert "bob (full@example.org) could not be reached: " in out.getvalue()
    assert "Sent: 2." in out.getvalue()
    assert written_to() == ["ann@example.org", "eve@example.org"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send()
    assert written_to() == ["ann@example.org", "eve@example.org", "full@example.org"]


def test_a_failure_of_one_sent_again_leaves_them_as_they_were(settings):
    old_article()
    bob = reader("bob", email="full@example.org")
    send()
    settings.EMAIL_BACKEND = "tests.test_digest.Stubborn"
    with pytest.raises(CommandError):
        send("--again")
    bob.refresh_from_db()
    assert bob.digest_week == "2026-W47"


def test_an_address_that_no_mail_can_have_is_named(settings):
    old_article()
    reader("ann", email="ann@example.org\nBcc: all@example.org")
    reader("bob")
    with pytest.raises(CommandError, match="Not sent to ann;"):
        send()
    assert written_to() == ["bob@example.org"]


def test_without_a_mail_server_it_says_what_to_set(settings):
    settings.EMAIL_HOST = ""
    settings.DEVELOPMENT = False
    old_article()
    person = reader()
    with pytest.raises(CommandError, match="set EMAIL_HOST to your mail server"):
        send()
    assert "Would be sent: 1." in send("--dry-run")
    person.refresh_from_db()
    assert person.digest_week == ""


def test_in_development_the_console_stands_in_for_the_mail_server(settings, capsys):
    settings.EMAIL_HOST = ""
    settings.DEVELOPMENT = True
    old_article()
    reader()
    send()
    assert "To: ann@example.org" in capsys.readouterr().out


def test_a_dry_run_shows_the_mails_and_sends_none():
    old_article()
    reader()
    shown = send("--dry-run")
    assert "To: ann@example.org\nSubject: Data portal: 1 thing needs your attention, 16 November 2026\n" in shown
    assert "https://portal.example/admin/articles/article/?attention=review" in shown
    assert written_to() == []
    send()
    assert written_to() == ["ann@example.org"], "it was not counted as sent"


def test_an_administrator_sees_who_gets_it():
    person, client = reader(), Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    fields = Page(client.get(f"/admin/portal/user/{person.pk}/change/").text).fields
    assert fields["gets_digest"] == ["on"]
    assert "digest_week" not in fields
