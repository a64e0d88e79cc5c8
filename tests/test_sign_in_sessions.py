"""How a session begins, lasts and ends."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from portal.models import User
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
HALF_A_DAY = dt.timedelta(hours=12)
ANOTHER = "another good horse battery"


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-20 08:00:15+00:00", tick=False) as found:
        yield found


def log_in(client, user, password=PASSWORD):
    return client.post(LOGIN, {"login": user.username, "password": password})


def opens(client):
    return client.get("/admin/").status_code == 200


def with_codes(user):
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    return RecoveryCodes.activate(user).get_unused_codes()


def look_as_at(client):
    """Something that is written into the session."""
    assert client.get("/admin/as-at/", {"date": "2027-02-01", "time": "12:00"}).status_code == 302


# Its end


@pytest.mark.parametrize("steps", [1, 2])
def test_it_ends_twelve_hours_after_signing_in_whatever_is_done(client, clock, settings, steps):
    settings.REQUIRE_MFA = steps == 2
    user = StaffFactory(is_superuser=True)
    codes = with_codes(user) if steps == 2 else []
    log_in(client, user)
    for code in codes[:1]:
        clock.shift(dt.timedelta(minutes=5))
        assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/admin/"
    for _ in range(11):
        clock.shift(dt.timedelta(hours=1))
        look_as_at(client)
        assert opens(client)
    clock.shift(dt.timedelta(minutes=59, seconds=59))
    assert opens(client)
    look_as_at(client)
    assert client.cookies["sessionid"]["max-age"] == 1
    clock.shift(dt.timedelta(seconds=1))
    assert not opens(client)
    assert client.get(reverse("mfa_index"))["Location"].startswith(LOGIN)


def test_to_confirm_who_one_is_does_not_prolong_it(client, clock):
    user = StaffFactory(is_superuser=True)
    log_in(client, user)
    clock.shift(HALF_A_DAY - dt.timedelta(minutes=1))
    assert client.post("/admin/confirm/password/", {"password": PASSWORD}).status_code == 302
    clock.shift(dt.timedelta(minutes=1))
    assert not opens(client)


def test_to_go_out_ends_it_on_the_server(client):
    log_in(client, StaffFactory())
    stolen = client.cookies["sessionid"].value
    assert Session.objects.count() == 1
    client.post("/admin/logout/")
    assert not Session.objects.filter(session_key=stolen).exists()
    client.cookies["sessionid"] = stolen
    assert not opens(client)


def test_a_new_password_ends_every_other_session(client):
    user, elsewhere = StaffFactory(), Client()
    log_in(client, user)
    log_in(elsewhere, user)
    words = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert client.post("/admin/password_change/", words).status_code == 302
    assert opens(client)
    assert not opens(elsewhere)


@pytest.mark.parametrize("flag", ["is_active", "is_staff"])
def test_whoever_may_no_longer_enter_is_out_at_once_and_stays_out(client, admin_client, flag):
    user = StaffFactory()
    log_in(client, user)
    assert opens(client)
    setattr(user, flag, False)
    user.save()
    assert client.get(reverse("mfa_index"))["Location"].startswith(LOGIN)
    assert not opens(client)
    setattr(user, flag, True)
    user.save()
    assert not opens(client)
    assert opens(admin_client), "others stay"


@pytest.mark.parametrize("flag", ["is_active", "is_staff"])
def test_past_the_admin_too(client, flag):
    user = StaffFactory()
    log_in(client, user)
    User.objects.filter(pk=user.pk).update(**{flag: False})
    assert not opens(client)
    assert client.get(reverse("mfa_index"))["Location"].startswith(LOGIN)


def test_an_account_that_is_deleted_leaves_nobody_in(client):
    user = StaffFactory()
    log_in(client, user)
    user.delete()
    assert not opens(client)


# Its key


def test_nobody_who_planted_a_key_is_in_with_it(client):
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    log_in(client, StaffFactory())
    assert client.cookies["sessionid"].value != planted
    assert opens(client)
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert not opens(thief)


def test_each_step_gives_another_key_and_another_token(client, settings):
    settings.REQUIRE_MFA = True
    user = StaffFactory(is_superuser=True)
    codes = with_codes(user)
    client.get(LOGIN)
    log_in(client, user)
    before, token = client.cookies["sessionid"].value, client.cookies["csrftoken"].value
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert opens(client)
    assert client.cookies["sessionid"].value != before
    assert client.cookies["csrftoken"].value != token
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_that_comes_to_open_more_gets_another_key(client, settings):
    """It was there before the app, and shows the second step later."""
    settings.REQUIRE_MFA = True
    user = StaffFactory(is_superuser=True)
    log_in(client, user)
    codes = with_codes(user)
    before = client.cookies["sessionid"].value
    client.post("/admin/confirm/code/", {"code": codes[0]})
    assert opens(client)
    thief = Client()
    thief.cookies["sessionid"] = before
    assert not opens(thief)
