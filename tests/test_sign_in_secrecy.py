"""From no answer does a stranger learn which accounts there are: not by words, headers, questions or work."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.models import AttemptCount
from tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
# What is different each time by its nature: what was typed, and the token of the form.
OWN = re.compile(r'value="[^"]*"|__\w+__|(?<=Path=/).*')


@pytest.fixture
def hashes(monkeypatch: Any) -> list[str]:
    """Every password that is hashed, which is what takes time."""
    found: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        found.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return found


def with_app() -> Any:
    user = StaffFactory(email="app@portal.example")
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    return user


def unusable() -> Any:
    user = StaffFactory(email="unusable@portal.example")
    user.set_unusable_password()
    user.save()
    return user


PEOPLE = {
    "nobody": lambda: None,
    "staff": lambda: StaffFactory(email="staff@portal.example"),
    "staff with an app": with_app,
    "a superuser": lambda: StaffFactory(email="root@portal.example", is_superuser=True),
    "closed": lambda: StaffFactory(email="closed@portal.example", is_active=False),
    "not staff": lambda: UserFactory(email="reader@portal.example"),
    "without a password": unusable,
}


# The length tells of the token of the form, the others of the moment and of this one request.
NOT_OF_A_PERSON = {"Content-Length", "Expires", "X-Request-ID"}


def seen(response: Any) -> tuple[int, str, dict[str, str]]:
    headers = {name: value for name, value in response.headers.items() if name not in NOT_OF_A_PERSON}
    return response.status_code, OWN.sub("", response.text), headers


def told(path: str, words: dict[str, str], hashes: list[str]) -> tuple[Any, ...]:
    """All that a stranger could tell one account by."""
    client = Client()
    client.get(path)
    hashes.clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.post(path, words)
    shapes = [re.split(r"[ (]", query["sql"], maxsplit=1)[0] for query in captured]
    return *seen(response), len(hashes), len(captured), shapes.count("SELECT"), set(response.cookies)


def typed(user: Any, by: str) -> str:
    if user is None:
        return "nobody@portal.example" if by == "email" else "nobody-of-this-name"
    return str(getattr(user, by))


@pytest.mark.parametrize("by", ["username", "email"])
@pytest.mark.parametrize("password", ["wrong", PASSWORD])
def test_a_wrong_log_in_tells_nothing(by, password, hashes):
    people = {name: make() for name, make in PEOPLE.items()}
    may_enter = {"staff", "staff with an app", "a superuser"} if password == PASSWORD else set()
    found = {
        name: told(LOGIN, {"login": typed(user, by), "password": password}, hashes)
        for name, user in people.items()
        if name not in may_enter
    }
    nobody = found.pop("nobody")
    assert nobody[3] == 1, "one hash"
    for name, answer in found.items():
        assert answer == nobody, name


@pytest.mark.parametrize("by", ["username", "email"])
def test_nor_does_how_often_one_may_try(by):
    """A closed account with the right password too: not to count it would say that the password is right."""
    for name, make in PEOPLE.items():
        user = make()
        password = "wrong" if name in {"staff", "staff with an app", "a superuser"} else PASSWORD
        for _ in range(5):
            Client().post(LOGIN, {"login": typed(user, by), "password": password})
        text = Client().post(LOGIN, {"login": typed(user, by), "password": password}).text
        assert "Wait 1 minute, then try again." in text, name


def test_names_that_lead_to_one_account_are_counted_apart():
    """Else the refusal of the second would say that there is an account that has both."""
    user = StaffFactory(email="staff@portal.example")
    for _ in range(6):
        Client().post(LOGIN, {"login": user.username, "password": "wrong"})
    text = Client().post(LOGIN, {"login": user.email, "password": "wrong"}).text
    assert "That email address or password is not right." in text


def test_a_forgotten_password_tells_nothing(settings, hashes):
    settings.EMAIL_HOST = "mail.example"
    path = reverse("account_reset_password")
    found = {name: told(path, {"email": typed(make(), "email")}, hashes) for name, make in PEOPLE.items()}
    nobody = found.pop("nobody")
    for name, answer in found.items():
        assert answer == nobody, name
    assert len(mail.outbox) == len(PEOPLE), "each address is written to, so that all take as long"
    written = {letter.to[0] for letter in mail.outbox if "To choose one" in letter.body}
    mine = {f"{who}@portal.example" for who in ("staff", "app", "root", "unusable")}
    assert written == mine, "and no link leads into an account that may not enter"


def test_a_made_up_link_tells_nothing(hashes):
    user = StaffFactory()
    found = {}
    for name, number in {"nobody": "zzz", "somebody": f"{user.pk}"}.items():
        found[name] = seen(Client().get(f"/admin/forgotten-password/{number}-cabcde-{'0' * 32}/"))
        found[name] = (found[name][0], found[name][1].replace(f"/{number}-", "/-"), found[name][2])
    assert found["nobody"] == found["somebody"]


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/portal/user/1/change/", "/admin/no-such-page/", "/admin/security/"]
)
def test_pages_of_staff_are_the_same_to_all_who_may_not_enter(path):
    people = [None, UserFactory(), UserFactory(is_superuser=True), StaffFactory(is_active=False)]
    answers = []
    for user in people:
        client = Client()
        if user is not None:
            client.force_login(user)
        answers.append(seen(client.get(path)))
    assert answers == [answers[0]] * len(answers)


# Letters


def test_a_letter_goes_to_the_address_of_the_account_and_leads_to_the_portal(settings):
    """Neither what was typed, nor the host that a request named, sends it astray."""
    settings.EMAIL_HOST, settings.ALLOWED_HOSTS = "mail.example", ["testserver", ".evil.example"]
    settings.PORTAL_URL = "https://portal.example"
    StaffFactory(email="Ada@portal.example")
    headers = {"host": "a.evil.example", "x-forwarded-host": "b.evil.example", "x-forwarded-proto": "http"}
    Client().post(reverse("account_reset_password"), {"email": "ada@PORTAL.example"}, headers=headers)
    (letter,) = mail.outbox
    assert letter.to == ["Ada@portal.example"]
    assert "https://portal.example/admin/forgotten-password/" in letter.body
    assert "evil" not in letter.body


@pytest.mark.parametrize(
    "like", ["ada@portal.examplé", "adа@portal.example", "ada@portal.example\nbcc@evil.example", "%"]
)
def test_an_address_that_only_looks_like_it_gets_no_link(like, settings):
    settings.EMAIL_HOST = "mail.example"
    StaffFactory(email="ada@portal.example")
    Client().post(reverse("account_reset_password"), {"email": like})
    assert not [letter for letter in mail.outbox if "To choose one" in letter.body]


def test_an_address_that_an_account_had_leads_to_it_no_more(settings):
    settings.EMAIL_HOST = "mail.example"
    staff = StaffFactory(email="old@portal.example")
    path = reverse("account_reset_password")
    Client().post(path, {"email": "old@portal.example"})
    staff.email = "new@portal.example"
    staff.save()
    link = re.search(rf"{settings.PORTAL_URL}(\S+)", mail.outbox[0].body)[1]
    assert "used already, or is too old" in Client().get(link, follow=True).text
    Client().post(path, {"email": "old@portal.example"})
    assert "No account has this address" in mail.outbox[1].body


def test_nothing_of_a_stranger_is_kept_for_long_names():
    Client().post(LOGIN, {"login": "x" * 100_000, "password": "y"})
    assert not AttemptCount.objects.exists()
