"""Whom to tell of a weakness, as RFC 9116 has it."""

import datetime as dt
import re

import pytest

from tests.dated import at
from tests.test_production import GOOD, read, start

PATH = "/.well-known/security.txt"
pytestmark = pytest.mark.django_db


def fields(client):
    response = client.get(PATH)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert not response.cookies
    lines = response.text.splitlines()
    assert all(re.fullmatch(r"[A-Z][A-Za-z-]+: \S.*", line) for line in lines)
    found = dict(line.split(": ", 1) for line in lines)
    assert len(found) == len(lines), "each is said once"
    return found


def test_what_it_says(client, settings):
    settings.PORTAL_EMAIL, settings.PORTAL_URL = "team@portal.example", "https://portal.example"
    found = fields(client)
    assert found.pop("Expires")
    assert found == {
        "Contact": "mailto:team@portal.example",
        "Preferred-Languages": "en",
        "Canonical": "https://portal.example/.well-known/security.txt",
    }


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ("security@portal.example", "mailto:security@portal.example"),
        ("https://portal.example/security", "https://portal.example/security"),
    ],
)
def test_what_the_operator_adds(client, settings, given, contact):
    settings.SECURITY_CONTACT, settings.SECURITY_POLICY = given, "https://portal.example/policy"
    found = fields(client)
    assert (found["Contact"], found["Policy"]) == (contact, "https://portal.example/policy")


@pytest.mark.parametrize("now", ["2026-01-01 00:00", "2026-06-30 23:59", "2026-12-31 23:59", "2028-02-29 12:00"])
def test_it_is_always_good_for_a_while_and_for_less_than_a_year(client, now):
    with at(now):
        said = fields(client)["Expires"]
        today = dt.datetime.now(dt.UTC)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", said)
    left = dt.datetime.fromisoformat(said) - today
    assert dt.timedelta(days=30) < left < dt.timedelta(days=365)


def test_it_is_only_read(client):
    assert client.post(PATH).status_code == 405


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SECURITY_CONTACT": "the team"}, "SECURITY_CONTACT is “the team”; it must be an email address, or that of a"),
        ({"SECURITY_CONTACT": "javascript:alert(1)"}, "SECURITY_CONTACT is “javascript:alert(1)”"),
        ({"SECURITY_POLICY": "http://portal.example/"}, "SECURITY_POLICY is “http://portal.example/”"),
    ],
)
def test_settings_that_are_refused(tmp_path, variables, words):
    done = start(tmp_path, **GOOD, **variables)
    assert done.returncode != 0
    assert words in done.stderr


def test_settings_that_are_taken(tmp_path):
    both = {"SECURITY_CONTACT": "a@portal.example", "SECURITY_POLICY": "https://portal.example/policy"}
    assert both.items() <= read(tmp_path, **GOOD, **both).items()
