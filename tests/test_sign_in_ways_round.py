"""No way leads round the second step: not one address of staff, and no other way of coming in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal import sharing
from portal.publishing import Publishable
from tests.factories import FACTORIES, PASSWORD, StaffFactory, UserFactory
from tests.test_headers import filled
from tests.world import ENTRANCE, FOR_STAFF, SIGNED_IN_ONLY, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LOGIN = "/admin/login/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OF_STAFF = sorted({route for route in routes() if route.startswith(FOR_STAFF)} - {*ENTRANCE, *SIGNED_IN_ONLY})
# Answered by a refusal, since what asks is a script.
BY_SCRIPT = {"admin/markdownx/markdownify/", "admin/markdownx/upload/"}


@pytest.fixture(autouse=True)
def strict(settings):
    settings.REQUIRE_MFA = True


def forced(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_password(user: Any) -> Client:
    client = Client()
    client.post(LOGIN, {"login": user.username, "password": PASSWORD})
    return client


def with_app(**values: Any) -> Any:
    user = StaffFactory(is_superuser=True, **values)
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def from_before() -> Client:
    """A session that began before the app was set up."""
    user = StaffFactory(is_superuser=True)
    client = by_password(user)
    TOTP.activate(user, SECRET)
    return client


PEOPLE: dict[str, Callable[[], Client]] = {
    "a stranger": Client,
    "not staff": lambda: forced(UserFactory(is_superuser=True)),
    "closed": lambda: forced(StaffFactory(is_superuser=True, is_active=False)),
    "with a password, and no second step yet": lambda: by_password(StaffFactory(is_superuser=True)),
    "with a password, before the second step": lambda: by_password(with_app()),
    "with a session from before the second step": from_before,
}


@pytest.mark.parametrize("who", PEOPLE)
def test_no_address_of_staff_opens(who):
    client = PEOPLE[who]()
    for route in OF_STAFF:
        for answer in (client.get, client.post):
            response = answer(filled(route))
            if route in BY_SCRIPT:
                assert response.status_code in {403, 405}, route
            else:
                assert (response.status_code, response.get("Location", "")[: len(LOGIN)]) == (302, LOGIN), route


def test_the_same_addresses_open_for_whoever_is_all_the_way_in():
    """So that the test above does not pass by asking for nothing."""
    user = with_app()
    client = by_password(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/admin/"
    for route in OF_STAFF:
        response = client.get(filled(route))
        assert not response.get("Location", "").startswith(LOGIN), route


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind.__name__)
def test_nor_does_a_draft_at_its_own_address(who, kind):
    item = FACTORIES[kind](status="draft", title="Quokkaword")
    client = PEOPLE[who]()
    wrong = {sharing.PARAMETER: "x" * 43}
    for query in ({}, wrong, {"preview": "1"}, {"as_at": "2030-01-01"}):
        response = client.get(item.get_absolute_url(), query)
        assert "Quokkaword" not in response.text, query


@pytest.mark.parametrize(
    "alias", ["login", "/login/", "//login/", "login/?next=/admin/", "LOGIN/", "login/../", "%6cogin/"]
)
def test_no_other_way_of_writing_the_log_in_is_another_log_in(alias):
    user = with_app()
    client = Client()
    client.post(f"/admin/{alias}", {"login": user.username, "username": user.username, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    assert reverse("admin:login") == reverse("account_login") == LOGIN


def test_nothing_else_of_allauth_is_served():
    names = {pattern.rpartition("/")[0] for pattern in routes() if pattern.startswith("admin/")}
    assert not {name for name in names if re.search(r"signup|email|phone|confirm-login|code/request|3rdparty", name)}
    for path in ("/accounts/login/", "/accounts/signup/", "/admin/email/", "/admin/password/set/", "/_allauth/"):
        assert Client().get(path).status_code in {302, 404}, path


def test_a_forgotten_password_leads_to_the_second_step_as_ever(settings):
    settings.EMAIL_HOST = "mail.example"
    user = with_app(email="ada@portal.example")
    client, new = Client(), "another good horse battery"
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(rf"{settings.PORTAL_URL}(\S+)", mail.outbox[0].body)[1]
    done = client.post(client.get(link)["Location"], {"password1": new, "password2": new})
    assert done["Location"] == reverse("account_reset_password_from_key_done")
    assert "_auth_user_id" not in client.session
    assert client.post(LOGIN, {"login": user.username, "password": new})["Location"] == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302


def test_the_code_of_an_app_works_once_in_its_half_minute():
    user = with_app()
    with time_machine.travel("2026-11-20 12:00:15+00:00", tick=False):
        code = shown()
        first, second = by_password(user), by_password(user)
        assert first.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/admin/"
        assert "not right" in second.post(reverse("mfa_authenticate"), {"code": f" {code[:3]} {code[3:]}"}).text


def shown() -> str:
    """The digits on the screen of the app."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def test_the_second_step_waits_a_quarter_of_an_hour_and_no_longer():
    user = with_app()
    with time_machine.travel("2026-11-20 12:00:15+00:00", tick=False) as clock:
        client = by_password(user)
        clock.shift(15 * 60 + 1)
        assert client.post(reverse("mfa_authenticate"), {"code": shown()})["Location"] == LOGIN
        assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "http://other.example/admin/",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "https://testserver@evil.example/",
    ],
)
def test_nobody_is_sent_on_to_another_host(following, settings):
    """Nor to one that the settings name besides this: its pages are not those of the portal."""
    settings.ALLOWED_HOSTS, settings.REQUIRE_MFA = ["testserver", "other.example", ".evil.example"], False
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example"]
    user = StaffFactory()
    client = Client()
    entered = client.post(LOGIN, {"login": user.username, "password": PASSWORD, "next": following})
    assert entered["Location"] == "/admin/"
    assert client.get(LOGIN, {"next": following})["Location"] == "/admin/"
    assert client.post("/admin/logout/", {"next": following})["Location"] == LOGIN
