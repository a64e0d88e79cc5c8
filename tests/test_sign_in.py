"""How staff come in: by name or address and password, throttled by account, with one answer to all who may not."""

import re

import pytest
from django.conf import settings as configured
from django.core import mail
from django.urls import reverse

from portal import sign_in_pages
from portal.audit import AuditEvent
from portal.models import User
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.pages import Page
from tests.world import ENTRANCE, SIGNED_IN_ONLY

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
WRONG = "That username or password is not right."
TOO_OFTEN = "That was tried too often. Wait 1 minute, then try again."


@pytest.fixture
def post_office(settings):
    """A mail server, as far as the portal can tell."""
    settings.EMAIL_HOST = "mail.example"
    return mail.outbox


def log_in(client, name, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": name, "password": password, **more})


def signed_in(client):
    return client.get("/admin/").status_code == 200


# Coming in and going out


def test_by_name_and_by_address(client):
    staff = StaffFactory(email="ada@portal.example")
    for name in (staff.username, "ada@portal.example", "Ada@Portal.Example", f" {staff.username} "):
        response = log_in(client, name)
        assert (response.status_code, response["Location"]) == (302, "/admin/"), name
        assert signed_in(client)
        client.post("/admin/logout/")
        assert not signed_in(client)


def test_on_to_where_one_was_going_and_never_elsewhere(client):
    staff = StaffFactory()
    for following, then in [
        ("/admin/projects/project/", "/admin/projects/project/"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
    ]:
        page = Page(client.get(LOGIN, {"next": following}).text)
        response = client.post(LOGIN, {**page.fields, "login": staff.username, "password": PASSWORD})
        assert response["Location"] == then
        client.logout()


def test_who_is_in_already_is_sent_on(client):
    client.force_login(StaffFactory())
    assert client.get(LOGIN)["Location"] == "/admin/"
    assert client.get(LOGIN, {"next": "/admin/projects/"})["Location"] == "/admin/projects/"


def test_the_way_out_is_a_form(client):
    client.force_login(StaffFactory())
    assert client.get("/admin/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/admin/logout/")["Location"] == LOGIN
    assert "You have logged out." in client.get(LOGIN).text


# Who does not come in


def refusals(client):
    """Every sort of log-in that is wrong."""
    right = StaffFactory(email="right@portal.example")
    return {
        "a name that nobody has": log_in(client, "nobody-of-this-name"),
        "a wrong password": log_in(client, right.username, "wrong"),
        "a closed account": log_in(client, StaffFactory(is_active=False).username),
        "not staff": log_in(client, UserFactory().username),
        "a closed account, wrong password": log_in(client, StaffFactory(is_active=False).username, "wrong"),
    }


def test_every_refusal_reads_the_same(client):
    """From the answer, nobody learns which accounts there are."""
    answers = set()
    for why, response in refusals(client).items():
        assert response.status_code == 200, why
        assert WRONG in response.text, why
        text = re.sub(r'value="[^"]*"', "", response.text)  # the name that was typed, and the token of the form
        answers.add(text)
        assert not signed_in(client), why
    assert len(answers) == 1


def test_an_account_is_shut_for_a_while_after_five_wrong_passwords(client):
    for name in (StaffFactory().username, "nobody-of-this-name"):
        for _ in range(5):
            assert WRONG in log_in(client, name, "wrong").text, name
        assert TOO_OFTEN in log_in(client, name, "wrong").text
        assert TOO_OFTEN in log_in(client, name).text, "and the right one is not even tried"
        assert not signed_in(client)


def test_others_behind_the_same_proxy_are_not_shut_out(client):
    for number in range(40):
        log_in(client, f"nobody-{number % 8}", "wrong")
    assert log_in(client, StaffFactory().username).status_code == 302


def test_a_right_password_now_and_then_does_not_open_more_attempts(client):
    victim, own = StaffFactory(), StaffFactory()
    for _ in range(5):
        log_in(client, victim.username, "wrong")
        log_in(client, own.username)
        client.logout()
    assert TOO_OFTEN in log_in(client, victim.username, "wrong").text


def test_there_is_no_sign_up(client):
    page = client.get("/admin/sign-up/")
    assert page.status_code == 200
    assert "Only an administrator" in page.text
    assert not Page(page.text).all("form")
    words = {"username": "me", "email": "me@evil.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/admin/sign-up/", words)
    assert not User.objects.exists()


# The pages


def test_every_page_of_signing_in_is_classified():
    found = {f"admin/{entry.pattern}" for entry in sign_in_pages.urlpatterns}
    assert found == {*ENTRANCE, *SIGNED_IN_ONLY}
    assert not set(ENTRANCE) & set(SIGNED_IN_ONLY)


@pytest.mark.parametrize("route", ENTRANCE)
def test_what_a_stranger_opens_sets_no_cookie_but_that_of_its_form(client, route):
    for path, status in ENTRANCE[route]:
        response = client.get(path)
        assert response.status_code == status, path
        assert set(response.cookies) <= {configured.CSRF_COOKIE_NAME}, path
        assert "no-store" in response["Cache-Control"] or status == 302
        if status == 200:
            assert ("csrfmiddlewaretoken" in response.text) == bool(response.cookies), path
            page = Page(response.text)
            assert len(page.text("h1")) == 1
            assert page.robots.startswith("NONE")
            for script in page.all("script"):
                assert script.get("src", "").startswith("/static/") or script["type"] == "application/json"
            assert not [given for _, given in page.tags if "style" in given]


@pytest.mark.parametrize("route", SIGNED_IN_ONLY)
def test_the_other_pages_are_not_for_strangers(client, route):
    for path in SIGNED_IN_ONLY[route]:
        for response in (client.get(path), client.post(path, {})):
            assert response.status_code == 302, path
            assert response["Location"].startswith(LOGIN), path


@pytest.mark.parametrize("path", ["/", "/projects/", "/projects.csv", "/search/?q=x"])
def test_public_pages_have_nothing_to_do_with_it(client, path):
    response = client.get(path)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


# A forgotten password


def test_without_a_mail_server_the_page_says_whom_to_ask(client, settings):
    settings.EMAIL_HOST = ""
    StaffFactory(email="ada@portal.example")
    address = reverse("account_reset_password")
    assert "Ask an administrator of the portal" in client.get(address).text
    response = client.post(address, {"email": "ada@portal.example"})
    assert "Ask an administrator of the portal" in response.text
    assert mail.outbox == []


def test_a_link_by_mail_gives_a_new_password_once(client, post_office):
    staff = StaffFactory(email="ada@portal.example")
    response = client.post(reverse("account_reset_password"), {"email": "ADA@portal.example"})
    assert response.status_code == 302
    (letter,) = post_office
    assert [to.lower() for to in letter.to] == ["ada@portal.example"]
    assert staff.username in letter.body
    link = re.search(rf"{configured.PORTAL_URL}(\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    form = Page(page.text).fields
    address = page.redirect_chain[-1][0]
    assert "is not right" not in page.text
    weak = client.post(address, {**form, "password1": "short", "password2": "short"})
    assert "at least 12 characters" in weak.text
    new = "another good horse battery"
    assert client.post(address, {**form, "password1": new, "password2": new}).status_code == 302
    client.logout()
    assert "used already, or is too old" in client.get(link, follow=True).text
    assert log_in(client, staff.username, new).status_code == 302
    assert AuditEvent.objects.filter(kind="security", detail="password changed", about=staff.username).exists()


def test_the_answer_is_the_same_for_an_address_that_nobody_has(client, post_office):
    StaffFactory(email="ada@portal.example")
    answers = []
    for email in ("ada@portal.example", "nobody@portal.example"):
        response = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        answers.append((response.redirect_chain, re.sub(r'value="[^"]*"', "", response.text)))
    assert answers[0] == answers[1]
    assert [letter.to for letter in post_office] == [["ada@portal.example"], ["nobody@portal.example"]]
    assert "/admin/forgotten-password/" not in post_office[1].body


def test_letters_to_one_address_are_few(client, post_office):
    for _ in range(6):
        response = client.post(reverse("account_reset_password"), {"email": "ada@portal.example"})
    assert TOO_OFTEN in response.text
    assert len(post_office) == 3


def test_an_old_session_ends_with_the_change_of_the_password(client):
    staff = StaffFactory()
    log_in(client, staff.username)
    staff.set_password("another good horse battery")
    staff.save()
    assert not signed_in(client)
