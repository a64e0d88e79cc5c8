"""Signing in through an organisation: it opens accounts that there are, and makes none.

The settings decide at the start whether it is there, so each case is a portal of its own, with a made-up provider.
"""

import json
import os

import pytest

from tests.test_production import run

pytest.importorskip("jwt", reason="the packages of django-allauth[socialaccount] are not installed")
pytest.importorskip("requests", reason="the packages of django-allauth[socialaccount] are not installed")

SERVER = "https://login.example/tenant"
SETTINGS = {
    "PORTAL_ENV": "development",
    "REQUIRE_MFA": "false",
    "OIDC_SERVER_URL": SERVER,
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_NAME": "NHSmail",
}
# Logs in once for each of the people whom the provider describes, and says what came of each.
JOURNEY = """
import json, sys
from urllib.parse import parse_qs, urlsplit
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from portal.models import User
from portal.organisation import OrganisationAdapter

PERSON = {}

class Answer:
    status_code = 200
    headers = {"content-type": "application/json"}
    def __init__(self, data): self.data = data; self.text = json.dumps(data); self.content = self.text.encode()
    def json(self): return self.data
    def raise_for_status(self): pass

class Provider:
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def get(self, url, **more): return Answer(PERSON if url.endswith("/userinfo") else {
        "issuer": "SERVER", "authorization_endpoint": "SERVER/authorize",
        "token_endpoint": "SERVER/token", "userinfo_endpoint": "SERVER/userinfo",
        "jwks_uri": "SERVER/keys"})
    def request(self, method, url, **more): return Answer({"access_token": "t", "token_type": "bearer"})
    def post(self, url, **more): return self.request("post", url)

OrganisationAdapter.get_requests_session = lambda self: Provider()
User.objects.create_user("ada", "Ada@portal.example", "x" * 20, is_staff=True)
User.objects.create_user("closed", "closed@portal.example", "x" * 20, is_staff=True, is_active=False)
User.objects.create_user("reader", "reader@portal.example", "x" * 20)
for name in ("one", "two"):
    User.objects.create_user(name, "both@portal.example", "x" * 20, is_staff=True)
before = User.objects.count()
found = []
for person in json.loads(sys.argv[1]):
    PERSON.clear(); PERSON.update(person)
    client = Client(headers={"host": "localhost"})
    link = "/admin/organisation/staff/login/"
    assert link in client.get("/admin/login/").text and "NHSmail" in client.get("/admin/login/").text
    away = urlsplit(client.get(link)["Location"])
    state = parse_qs(away.query)["state"][0]
    back = client.get(link + "callback/", {"code": "c", "state": state}, follow=True)
    user = back.wsgi_request.user
    found.append([user.get_username(), back.status_code, "There is no account for you" in back.content.decode()])
    away = f"{away.scheme}://{away.netloc}{away.path}"
kept = User.objects.get(username="ada").has_usable_password()
print(json.dumps({"found": found, "away": away, "made": User.objects.count() - before, "password kept": kept}))
""".replace("SERVER", SERVER)


def journey(var, *people, **variables):
    packages = os.environ.get("PYTHONPATH", "")
    environment = {**SETTINGS, "DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONPATH": packages, **variables}
    done = run("-c", JOURNEY, json.dumps(people), var=var, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def person(email, verified=True, sub=""):
    return {"sub": sub or f"key of {email}", "email": email, "email_verified": verified}


def test_who_has_an_account_comes_in_and_nobody_else(tmp_path):
    said = journey(
        tmp_path,
        person("ada@portal.example", sub="ada's key"),
        person("ada@elsewhere.example", sub="ada's key"),  # another address since; the key is the same
        person("stranger@portal.example"),
        person("closed@portal.example"),
        person("reader@portal.example"),
        person("both@portal.example"),
        person("ada@portal.example", verified=False, sub="somebody else's key"),
        {"sub": "no address"},
    )
    assert said["found"][:2] == [["ada", 200, False]] * 2
    assert said["found"][2:] == [["", 200, True]] * 6
    assert said["away"] == f"{SERVER}/authorize"
    assert said["made"] == 0
    assert said["password kept"]


def test_an_operator_may_trust_every_address_of_the_provider(tmp_path):
    said = journey(tmp_path, person("ada@portal.example", verified=False), OIDC_TRUST_EMAIL="true")
    assert said["found"] == [["ada", 200, False]]


def test_the_portals_second_step_is_asked_for_as_well(tmp_path):
    said = journey(tmp_path, person("ada@portal.example"), REQUIRE_MFA="true")
    assert said["found"] == [["ada", 200, False]]
