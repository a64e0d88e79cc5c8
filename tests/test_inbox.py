"""What readers write to the team: it lands in one inbox, whatever happens on the way, and goes after a while."""

import datetime as dt
import logging
import smtplib

import pytest
import time_machine
from django.conf import settings as configured
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from portal import form_tokens, limits
from portal.models import FormUse, Message
from tests import factories as make
from tests.inbox_factories import MessageFactory, ProposalFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db

ASK, REPORT = "/contact/ask/", "/contact/report/"
QUESTION = {"name": "Ada Sample", "email": "ada@university.example", "text": "How long is an internship?"}
SENT = "/contact/sent/question/"


class Broken(EmailBackend):
    """A mail server that is away."""

    def open(self):
        raise smtplib.SMTPConnectError(421, b"Nobody here for ada@university.example")


class Choosy(EmailBackend):
    """A mail server that takes nothing for readers."""

    def send_messages(self, messages):
        if messages[0].to != [configured.PORTAL_EMAIL]:
            raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, b"No such person")})
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch):
    monkeypatch.setattr(form_tokens, "SOONEST", 0)


@pytest.fixture
def post_office(settings):
    settings.EMAIL_HOST = "mail.example"
    return mail.outbox


def fields(client, path=ASK):
    return Page(client.get(path).text).fields


def send(client, path=ASK, words=QUESTION, **headers):
    return client.post(path.partition("?")[0], {**fields(client, path), **words}, headers=headers)


def problems(response):
    page = Page(response.text)
    assert page.title.startswith("Error: ")
    (summary,) = [found for tag, found in page.tags if found.get("class") == "nhsuk-error-summary"]
    assert summary["tabindex"] == "-1"
    assert "autofocus" in summary
    ids = {found.get("id") for _, found in page.tags}
    links = [link for link in page.links if link.startswith("#") and link != "#maincontent"]
    assert {link[1:] for link in links} <= ids
    return dict(zip(links, page.text("li")[-len(links) :] if not links else summaries(page), strict=True))


def summaries(page):
    return [
        " ".join("".join(words).split())
        for (tag, found), words in zip(page.tags, page.texts, strict=True)
        if tag == "a" and found.get("href", "").startswith("#") and found["href"] != "#maincontent"
    ]


# Taking in


def test_a_question_lands_in_the_inbox_with_its_page(client):
    response = send(client, f"{ASK}?about=/projects/")
    assert (response.status_code, response["Location"]) == (302, SENT)
    message = Message.objects.get()
    assert (message.kind, message.state, message.page) == ("question", "new", "/projects/")
    assert (message.name, message.email, message.text) == tuple(QUESTION.values())
    assert "within 10 working days" in client.get(SENT).text
    assert not client.cookies


def test_a_problem_needs_no_name_and_no_address(client):
    response = send(client, f"{REPORT}?about=/no-such-page/", {"text": "It is not there."})
    assert response["Location"] == "/contact/sent/problem/"
    message = Message.objects.get()
    assert (message.page, message.name, message.email) == ("/no-such-page/", "", "")
    assert message.acknowledgement == "no-server"


@pytest.mark.parametrize("path", ["/", "/projects/?q=private", "/no-such-page/", "/search/?q=x"])
def test_every_page_leads_to_a_report_about_itself(client, path):
    (link,) = [link for link in Page(client.get(path).text).links if link.startswith(REPORT)]
    page = Page(client.get(link).text)
    assert page.fields["about"] == [path.partition("?")[0]]
    assert page.robots == "noindex"


def test_a_page_that_can_be_named_is_named_and_a_draft_is_not(client):
    project, draft = make.ProjectFactory(title="Coding letters"), make.ProjectFactory(title="Hidden", status="draft")
    cohort = make.CohortFactory(number=7)
    for item in (project, cohort):
        assert f">{item}</a>" in client.get(f"{ASK}?about={item.get_absolute_url()}").text
    assert "Hidden" not in client.get(f"{ASK}?about={draft.get_absolute_url()}").text
    (link,) = {link for link in Page(client.get(project.get_absolute_url()).text).links if link.startswith(ASK)}
    assert link == f"{ASK}?about={project.get_absolute_url()}"


@pytest.mark.parametrize(
    "about",
    [
        "//elsewhere.example/",
        "https://elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/\t/elsewhere.example",
        "/a b",
        "/x\r\nBcc: all@elsewhere.example",
        "/" + "a" * 300,
        "projects",
        "/\0",
    ],
)
def test_a_page_elsewhere_is_not_carried_along(client, about):
    page = Page(client.get(ASK, {"about": about}).text)
    assert not [link for link in page.links if "elsewhere" in link or "alert" in link]
    assert "About the page" not in client.get(ASK, {"about": about}).text
    send(client, ASK, {**QUESTION, "about": about})
    assert Message.objects.get().page == ""


def test_everything_that_is_wrong_is_said_and_nothing_typed_is_lost(client):
    response = send(client, ASK, {"name": "", "email": "ada.university", "text": "x" * 5001})
    assert response.status_code == 200
    assert problems(response) == {
        "#name": "Enter your name",
        "#email": "Enter an email address in the correct format, like name@example.com",
        "#text": "Your question must be 5,000 characters or fewer",
    }
    page = Page(response.text)
    assert page.fields["email"] == ["ada.university"]
    assert page.fields["text"] == ["x" * 5001]
    (field,) = page.all("input", id="email")
    assert field["aria-describedby"] == "email-hint email-error"
    assert not Message.objects.exists()


def test_signs_that_no_keyboard_has_are_taken_out(client):
    send(
        client,
        ASK,
        {"name": "Ada\r\nBcc: all@x.example\0", "email": "ada@x.example", "text": "One\0\r\n\u202eowt\x1b[2J \u200dé"},
    )
    message = Message.objects.get()
    assert message.name == "Ada Bcc: all@x.example"
    assert message.text == "One\nowt[2J \u200dé"


@pytest.mark.parametrize(
    "email", ["ada@x.example\nBcc: all@x.example", "ada@x.example, b@x.example", "a" * 255 + "@x.uk"]
)
def test_one_address_and_no_header_more(client, post_office, email):
    assert "#email" in problems(send(client, ASK, {**QUESTION, "email": email}))
    assert not Message.objects.exists()
    assert not post_office


# Programs, and people in a hurry


def test_who_fills_in_the_trap_is_thanked_and_not_kept(client, post_office):
    assert send(client, ASK, {**QUESTION, "leave-empty": "x"})["Location"] == SENT
    assert send(client, ASK, {"leave-empty": "x"})["Location"] == SENT
    assert not Message.objects.exists()
    assert not post_office


def test_nobody_meets_the_trap(client):
    page = Page(client.get(ASK).text)
    (trap,) = page.all("input", id="leave-empty")
    assert (trap["type"], trap["tabindex"], trap["autocomplete"]) == ("text", "-1", "off")
    assert page.all("div", **{"class": "app-unseen", "aria-hidden": "true"})


def test_a_form_takes_three_seconds_and_lives_for_a_day(client, monkeypatch):
    monkeypatch.setattr(form_tokens, "SOONEST", 3)
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        words = {**fields(client), **QUESTION}
        clock.shift(2)
        assert "very quick" in problems(client.post(ASK, words))["#send"]
        clock.shift(2)
        assert client.post(ASK, words)["Location"] == SENT
        words = {**fields(client), **QUESTION, "text": "And who pays?"}
        clock.shift(24 * 3600 + 1)
        late = client.post(ASK, words)
        assert "more than a day" in problems(late)["#send"]
        page = Page(late.text)
        assert page.fields["text"] == ["And who pays?"]
        clock.shift(5)
        assert client.post(ASK, page.fields)["Location"] == SENT
    assert Message.objects.count() == 2


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\0", "of another form"])
def test_a_token_that_is_not_ours_shows_the_form_again(client, token):
    token = form_tokens.issue("proposal") if token == "of another form" else token
    response = client.post(ASK, {**QUESTION, "token": token})
    assert "not complete" in problems(response)["#send"]
    assert Page(response.text).fields["text"] == [QUESTION["text"]]
    assert not Message.objects.exists()
    assert client.post(ASK, Page(response.text).fields)["Location"] == SENT


def test_a_second_press_adds_nothing_and_a_second_text_is_not_lost(client, post_office):
    words = {**fields(client), **QUESTION}
    assert [client.post(ASK, words)["Location"] for _ in range(3)] == [SENT] * 3
    assert Message.objects.count() == 1
    assert len(post_office) == 2
    again = client.post(ASK, {**words, "text": "And who pays?"})
    assert "before" in problems(again)["#send"]
    assert client.post(ASK, Page(again.text).fields)["Location"] == SENT
    assert set(Message.objects.values_list("text", flat=True)) == {QUESTION["text"], "And who pays?"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_another_website_sends_nothing_in_a_readers_name(client, headers):
    response = send(client, **headers)
    assert response.status_code == 403
    assert "another website" in problems(response)["#send"]
    assert not Message.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}])
def test_the_portals_own_pages_do(client, headers):
    assert send(client, **headers).status_code == 302


def test_limits_hold_by_sender_and_in_all_and_lose_nothing(client, monkeypatch, settings):
    settings.TRUST_PROXY = True
    monkeypatch.setattr(limits, "PER_SENDER", 2)
    monkeypatch.setattr(limits, "IN_ALL", 3)
    codes = [send(client, **{"X-Forwarded-For": f"10.9.9.9, {address}"}).status_code for address in ["1.1.1.1"] * 3]
    assert codes == [302, 302, 429]
    assert send(client, **{"X-Forwarded-For": "2.2.2.2"}).status_code == 302
    response = send(client, **{"X-Forwarded-For": "3.3.3.3"})
    assert response.status_code == 429
    assert "in the last hour" in problems(response)["#send"]
    assert configured.PORTAL_EMAIL in problems(response)["#send"]
    assert Page(response.text).fields["text"] == [QUESTION["text"]]
    assert Message.objects.count() == 3
    assert {use.number for use in FormUse.objects.all()} == {3, 2, 1}
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        assert send(client, **{"X-Forwarded-For": "1.1.1.1"}).status_code == 302


def test_a_sender_is_a_hash_that_changes_with_the_day(rf, settings):
    def name(address, **headers):
        return limits.sender_of(rf.post("/", REMOTE_ADDR=address, headers=headers))

    assert "1.1.1.1" not in name("1.1.1.1")
    assert name("1.1.1.1") == name("1.1.1.1") != name("1.1.1.2")
    assert name("2001:db8::1") == name("2001:db8::2") != name("2001:db8:0:1::1")
    assert name("1.1.1.1", **{"X-Forwarded-For": "3.3.3.3"}) == name("1.1.1.1"), "a visitor may say anything"
    settings.TRUST_PROXY = True
    assert name("1.1.1.1", **{"X-Forwarded-For": "9.9.9.9, 3.3.3.3"}) == name("3.3.3.3")
    assert len(name("unix:")) == 64
    today = name("1.1.1.1")
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert name("1.1.1.1") != today


def test_senders_are_forgotten_with_the_day(client):
    with time_machine.travel("2026-11-20 12:00Z"):
        send(client)
    with time_machine.travel("2026-11-21 12:00Z"):
        send(client)
        assert {use.hour.day for use in FormUse.objects.all()} == {21}
    with time_machine.travel("2026-11-22 12:00Z"):
        call_command("purge_inbox", verbosity=0)
    assert not FormUse.objects.exists()


# Emails


def test_both_emails_say_what_happens_next_and_repeat_nothing(client, post_office):
    spam = {"name": "BUY NOW", "email": "victim@x.example", "text": "https://spam.example"}
    send(client, f"{ASK}?about=/buy-now/", spam)
    to_team, to_reader = post_office
    message = Message.objects.get()
    assert (to_team.to, to_reader.to) == ([configured.PORTAL_EMAIL], ["victim@x.example"])
    assert f"{configured.PORTAL_URL}{reverse('admin:portal_message_change', args=[message.pk])}" in to_team.body
    assert "within 10 working days" in to_reader.body
    for email in post_office:
        assert email.extra_headers["Auto-Submitted"].startswith("auto-")
        for words in ("BUY NOW", "spam.example", "buy-now"):
            assert words not in f"{email.subject} {email.body}"
    assert (message.acknowledgement, message.announcement) == ("sent", "sent")


def test_nobody_is_sent_many_because_somebody_entered_their_address(client, post_office):
    for number in range(5):
        send(client, ASK, {**QUESTION, "text": f"Question {number}"})
    assert [email.to for email in post_office].count([QUESTION["email"]]) == 3
    assert Message.objects.filter(acknowledgement="held").count() == 2


@pytest.mark.parametrize(("backend", "announcement"), [(Broken, "failed"), (Choosy, "sent")])
def test_a_mail_server_that_is_away_loses_nothing(client, admin_client, settings, caplog, backend, announcement):
    settings.EMAIL_HOST = "mail.example"
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    caplog.set_level(logging.INFO)
    assert send(client)["Location"] == SENT
    message = Message.objects.get()
    assert (message.acknowledgement, message.announcement) == ("failed", announcement)
    assert f"message {message.pk}" in caplog.text
    assert QUESTION["email"] not in caplog.text
    text = admin_client.get(reverse("admin:portal_message_change", args=[message.pk])).text
    assert "could not be sent" in text


# Erasing


def ages(state, days, closed_days=None):
    now = timezone.now()
    closed = None if closed_days is None else now - dt.timedelta(days=closed_days)
    return MessageFactory(state=state, at=now - dt.timedelta(days=days), state_at=closed, note="Rang Ada.")


def test_what_was_written_goes_after_its_time_and_that_it_was_written_stays(settings):
    old, answered, closed_late = ages("new", 181), ages("answered", 181, 1), ages("closed", 400, 179)
    closed_long_ago, young = ages("closed", 400, 181), ages("new", 179)
    proposal = ProposalFactory(at=timezone.now() - dt.timedelta(days=181), ideas="Ours", datasets="Ours")
    call_command("purge_inbox", "--dry-run", verbosity=0)
    assert not Message.objects.exclude(erased_on=None).exists()
    call_command("purge_inbox", verbosity=0)
    gone = Message.objects.exclude(erased_on=None)
    assert set(gone) == {
        one for one in Message.objects.all() if one.pk in {old.pk, answered.pk, closed_long_ago.pk, proposal.pk}
    }
    assert not gone.exclude(name="", email="", title="", text="", note="").exists()
    proposal.refresh_from_db()
    assert (proposal.organisation, proposal.ideas, proposal.datasets) == ("", "", "")
    assert (proposal.kind, proposal.area is not None) == ("proposal", True)
    kept = Message.objects.get(pk=closed_long_ago.pk)
    assert (kept.page, kept.state) == ("/projects/", "closed")
    assert timezone.localtime(kept.at).time() == dt.time()
    assert Message.objects.get(pk=young.pk).name
    assert Message.objects.get(pk=closed_late.pk).name
    before = list(Message.objects.order_by("pk").values())
    call_command("purge_inbox", verbosity=0)
    assert list(Message.objects.order_by("pk").values()) == before


def test_the_number_of_days_can_be_chosen(capsys):
    ages("new", 31)
    call_command("purge_inbox", "--days", "60")
    call_command("purge_inbox", "--days", "30")
    assert capsys.readouterr().out == "Erased 0 messages.\nErased 1 message.\n"


def test_the_privacy_page_says_how_long(client, settings):
    settings.INBOX_DAYS, settings.ANSWER_DAYS = 99, 7
    text = client.get("/privacy/").text
    assert "99 days after we have closed your message" in text
    assert "within 7 working days" in text
    assert "{inbox_days}" not in text
