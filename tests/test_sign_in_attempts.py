"""Guessing is slowed down where it is done, and shuts nobody out elsewhere."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import attempts
from portal.models import AttemptCount, AuditEvent
from tests.factories import PASSWORD, StaffFactory
from tests.test_moves_at_once import at_once

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
WRONG = "That username or password is not right."
OFTEN = "That was tried too often."
HERE, THERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-20 12:00:15+00:00", tick=False) as found:
        yield found


def log_in(name, password=PASSWORD, address=HERE):
    return Client(REMOTE_ADDR=address).post(LOGIN, {"login": name, "password": password})


def guess(name, times, address=HERE):
    return [log_in(name, f"guess {number}", address).text for number in range(times)]


def test_what_is_guessed_from_one_place_shuts_nobody_out_of_another():
    staff = StaffFactory()
    said = guess(staff.username, 30)
    assert [OFTEN in text for text in said] == [False] * 5 + [True] * 25
    assert log_in(staff.username, address=THERE).status_code == 302


def test_guesses_at_many_accounts_shut_nobody_out_who_shares_the_address():
    for number in range(40):
        guess(f"nobody-{number}", 6)
    assert log_in(StaffFactory().username).status_code == 302


def test_waits_grow_and_a_refusal_does_not_prolong_them(clock):
    name = StaffFactory().username
    waited = []
    guess(name, 5)
    for _ in range(9):
        (text,) = guess(name, 1)
        waited.append(int(text.split(f"{OFTEN} Wait ")[1].split()[0]))
        clock.shift(dt.timedelta(minutes=waited[-1]) - dt.timedelta(seconds=1))
        assert OFTEN in guess(name, 1)[0]
        clock.shift(dt.timedelta(seconds=1))
        assert WRONG in guess(name, 1)[0]
    assert waited == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert OFTEN in log_in(name).text, "and the right one is not even tried"
    clock.shift(dt.timedelta(hours=1))
    assert log_in(name).status_code == 302


def test_a_day_later_it_is_forgotten(clock):
    name = StaffFactory().username
    guess(name, 5)
    clock.shift(dt.timedelta(days=1, seconds=1))
    assert [OFTEN in text for text in guess(name, 6)] == [False] * 5 + [True]
    clock.shift(dt.timedelta(days=1, seconds=1))
    attempts.forget(timezone.now())
    assert not AttemptCount.objects.exists()


def test_who_comes_in_does_not_count():
    staff = StaffFactory()
    for _ in range(20):
        assert log_in(staff.username).status_code == 302
    assert set(AttemptCount.objects.values_list("failures", flat=True)) == {0}


def test_to_come_in_opens_no_more_guesses():
    staff = StaffFactory()
    guess(staff.username, 4)
    assert log_in(staff.username).status_code == 302
    assert [OFTEN in text for text in guess(staff.username, 2)] == [False, True]


def test_however_a_name_is_written_it_is_one():
    for name in ("ada", "ADA", " ada ", "ａｄａ", "Ada"):
        guess(name, 1)
    assert OFTEN in guess("aDa", 1)[0]


def test_many_computers_share_a_limit_and_the_owner_comes_in_where_they_are_known(monkeypatch, clock):
    monkeypatch.setattr(attempts, "PASSWORD", attempts.Limit("password", 5, 20))
    staff = StaffFactory()
    assert log_in(staff.username, address=THERE).status_code == 302
    for number in range(10):
        guess(staff.username, 3, f"198.51.100.{number}")
    assert OFTEN in log_in(staff.username, address=HERE).text
    assert log_in(staff.username, address=THERE).status_code == 302
    clock.shift(attempts.KNOWN_FOR + dt.timedelta(seconds=1))
    for number in range(10):
        guess(staff.username, 3, f"198.51.100.{number}")
    assert OFTEN in log_in(staff.username, address=THERE).text


def test_what_is_kept_names_neither_account_nor_place():
    staff = StaffFactory(username="ada")
    log_in("ada", "wrong")
    kept = " ".join(AttemptCount.objects.values_list("key", flat=True))
    assert staff.username not in kept
    assert HERE not in kept


# Where somebody is


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
    ],
)
def test_of_an_address_of_version_6_the_network_counts(one, other, is_same):
    guess("ada", 5, one)
    assert (OFTEN in guess("ada", 1, other)[0]) is is_same


def test_a_visitor_may_say_anything_of_where_they_are(settings):
    client = Client(REMOTE_ADDR=HERE)

    def said(number):
        headers = {"X-Forwarded-For": f"10.0.0.{number}"}
        return client.post(LOGIN, {"login": "ada", "password": "wrong"}, headers=headers).text

    assert [OFTEN in said(number) for number in range(6)] == [False] * 5 + [True]
    settings.TRUST_PROXY = True
    assert OFTEN not in said(7)


# The second step, and the forgotten password


def entered(user, address=HERE):
    """Somebody with the password, before the second step."""
    client = Client(REMOTE_ADDR=address)
    assert client.post(LOGIN, {"login": user.username, "password": PASSWORD})["Location"].endswith("/second-step/")
    return client


def test_codes_are_counted_where_they_are_tried():
    user = StaffFactory()
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(user).get_unused_codes()
    thief = entered(user)
    said = [thief.post(reverse("mfa_authenticate"), {"code": "000000"}).text for _ in range(8)]
    assert [OFTEN in text for text in said] == [False] * 5 + [True] * 3
    assert OFTEN in thief.post(reverse("mfa_authenticate"), {"code": codes[0]}).text
    again = entered(user)
    assert OFTEN in again.post(reverse("mfa_authenticate"), {"code": codes[0]}).text, (
        "another session is no other place"
    )
    owner = entered(user, THERE)
    assert owner.post(reverse("mfa_authenticate"), {"code": codes[0]})["Location"] == "/admin/"
    assert Authenticator.objects.filter(user=user).count() == 2


def test_letters_that_somebody_else_asks_for_do_not_keep_them_from_the_owner(settings, mailoutbox):
    settings.EMAIL_HOST = "mail.example"
    StaffFactory(email="ada@portal.example")
    for address in [HERE] * 9 + [THERE]:
        client = Client(REMOTE_ADDR=address)
        client.post(reverse("account_reset_password"), {"email": "ada@portal.example"})
    assert len(mailoutbox) == 3 + 1


def test_whoever_has_chosen_a_new_password_need_not_wait(settings, mailoutbox):
    settings.EMAIL_HOST = "mail.example"
    staff = StaffFactory(email="ada@portal.example")
    guess(staff.username, 6)
    client = Client(REMOTE_ADDR=HERE)
    client.post(reverse("account_reset_password"), {"email": "ada@portal.example"})
    link = mailoutbox[0].body.split(settings.PORTAL_URL)[1].split()[0]
    address = client.get(link)["Location"]
    new = "another good horse battery"
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302
    assert client.get("/admin/")["Location"].startswith(LOGIN), "it signs nobody in"
    assert log_in(staff.username, new).status_code == 302


# The old password, before a new one


def change(client, old, new="another good horse battery"):
    return client.post("/admin/password_change/", {"old_password": old, "new_password1": new, "new_password2": new})


def signed_in(staff, address=HERE):
    client = Client(REMOTE_ADDR=address)
    client.force_login(staff)
    return client


def test_to_guess_at_the_old_password_is_to_guess_on_signing_in():
    """Somebody who found a screen unlocked has no more guesses there than a stranger."""
    staff = StaffFactory()
    client = signed_in(staff)
    said = [change(client, f"guess {number}").text for number in range(8)]
    assert [OFTEN in text for text in said] == [False] * 5 + [True] * 3
    assert "entered incorrectly" in said[4]
    assert OFTEN in change(client, PASSWORD).text, "and the right one is not even tried"
    assert OFTEN in log_in(staff.username).text
    assert AuditEvent.objects.filter(kind="refused", detail="wrong password").count() == 5
    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)
    assert change(signed_in(staff, THERE), PASSWORD).status_code == 302


def test_a_right_old_password_does_not_count_whatever_the_new_one_is():
    staff = StaffFactory()
    client = signed_in(staff)
    for _ in range(8):
        assert OFTEN not in change(client, PASSWORD, "short").text
    assert change(client, PASSWORD).status_code == 302
    assert client.get("/admin/").status_code == 200, "the session goes on"
    assert set(AttemptCount.objects.values_list("failures", flat=True)) == {0}


# At once


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="a database in memory has one connection; runs on PostgreSQL")
def test_guesses_at_once_are_as_many_as_one_after_another(rf):
    def one():
        try:
            attempts.begin(rf.post(LOGIN, REMOTE_ADDR=HERE), attempts.PASSWORD, "ada")
        except attempts.TooManyAttempts:
            return False
        return True

    found = at_once(*[one] * 24)
    assert sorted(found) == [False] * 19 + [True] * 5
    assert not AuditEvent.objects.exists()
