"""What is sent of an error to Sentry, where an operator has it: nothing of whoever met it."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from portal.error_reports import begin, without_persons
from tests.test_production import GOOD, KEY, manage, run, start

DSN = "https://sekritkey@sentry.example/1"
# As the library makes one of an error in a view, with more in it than it is asked for here.
EVENT = {
    "event_id": "0af7651916cd43dd8448eb211c80319c",
    "timestamp": "2026-11-21T12:00:00Z",
    "level": "error",
    "platform": "python",
    "environment": "production",
    "server_name": "sekrit-host",
    "transaction": "/projects/{slug}/sekrit",
    "user": {"id": 1, "email": "sekrit@nhs.example", "ip_address": "192.0.2.77"},
    "request": {
        "url": "https://portal.example/?shared=1.sekrit",
        "query_string": "shared=1.sekrit",
        "cookies": {"session": "sekrit"},
        "headers": {"User-Agent": "sekrit"},
        "data": {"password": "sekrit"},
        "env": {"REMOTE_ADDR": "192.0.2.77"},
    },
    "breadcrumbs": {"values": [{"message": "SELECT 'sekrit'"}]},
    "extra": {"sys.argv": ["sekrit"], "request": "sekrit"},
    "contexts": {"runtime": {"name": "CPython"}, "sekrit": {"a": "sekrit"}},
    "tags": {"sekrit": "sekrit"},
    "logentry": {"message": "Message %s", "params": ["sekrit"], "formatted": "Message sekrit"},
    "a_part_that_is_new": "sekrit",
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "module": "builtins",
                "value": "invalid: sekrit",
                "stacktrace": {
                    "frames": [
                        {
                            "filename": "portal/views.py",
                            "function": "home",
                            "lineno": 12,
                            "vars": {"typed": "sekrit"},
                            "context_line": "raise",
                        }
                    ]
                },
            },
            {"type": "AttributeError", "module": "builtins", "value": "no attribute of sekrit@nhs.example"},
        ]
    },
}


def test_nothing_of_anybody_is_sent():
    sent = without_persons(EVENT, {})
    assert "sekrit" not in json.dumps(sent)
    assert "192.0.2" not in json.dumps(sent)


def test_what_went_wrong_and_where_is_sent():
    sent = without_persons(EVENT, {})
    first, second = sent["exception"]["values"]
    assert first["type"] == "ValueError"
    assert first["stacktrace"]["frames"] == [{"filename": "portal/views.py", "function": "home", "lineno": 12}]
    assert second["value"] == "no attribute of [email]"
    assert sent["contexts"] == {"runtime": {"name": "CPython"}}
    assert sent["logentry"] == {"message": "Message %s"}


def test_an_event_of_no_error_is_sent_too():
    assert without_persons({"level": "error", "message": "sekrit"}, {}) == {
        "level": "error",
        "contexts": {},
        "tags": {"request": ""},
    }


def test_how_it_is_begun(monkeypatch):
    begun = {}
    module = ModuleType("sentry_sdk")
    module.init = begun.update
    monkeypatch.setitem(sys.modules, "sentry_sdk", module)
    begin(DSN)
    assert begun["dsn"] == DSN
    assert begun["send_default_pii"] is begun["include_local_variables"] is begun["auto_session_tracking"] is False
    assert (begun["max_request_body_size"], begun["max_breadcrumbs"]) == ("never", 0)
    assert begun["before_send"] is without_persons
    assert begun["before_send_transaction"]({}, {}) is None


def test_it_is_not_begun_unless_it_is_set(tmp_path):
    (tmp_path / "sentry_sdk.py").write_text("def init(**options):\n    print('begun with', options['dsn'])\n")
    for more, words in [({}, ""), ({"SENTRY_DSN": DSN}, f"begun with {DSN}")]:
        done = manage("check", var=tmp_path, PYTHONPATH=str(tmp_path), **GOOD, **more)
        assert done.returncode == 0, done.stderr
        assert ("begun" in done.stdout) is bool(words)
        assert words in done.stdout


@pytest.mark.parametrize(
    "value", ["sentry", "https://sentry.example/1", "https://key@sentry.example/", "ftp://k@s.example/1"]
)
def test_what_is_no_address_of_a_project_is_refused_and_not_repeated(tmp_path, value):
    done = start(tmp_path, **GOOD, SENTRY_DSN=value)
    assert done.returncode != 0
    assert "SENTRY_DSN must be an address such as https://key@sentry.example/1; this one is not." in done.stderr
    assert KEY not in done.stderr


def test_it_is_refused_without_its_package(tmp_path):
    code = "import sys; sys.modules['sentry_sdk'] = None; import portal.settings"
    done = run("-c", code, var=tmp_path, **GOOD, SENTRY_DSN=DSN)
    assert done.returncode != 0
    assert "SENTRY_DSN needs the Python package sentry-sdk" in done.stderr
    assert "sekritkey" not in done.stderr


# The library itself, with a view that fails while it has much to tell, and a transport that sends nothing.
FAILING = """
import json, sys, sentry_sdk
from sentry_sdk.transport import Transport

class Kept(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            print("SENT", json.dumps(item.payload.json, default=str))

begin = sentry_sdk.init
sentry_sdk.init = lambda **options: begin(**options, transport=Kept)
import django
django.setup()
from django.conf import settings
from django.test import Client
from django.urls import path

def view(request):
    typed = request.POST["text"]
    int(typed)

import portal.urls
portal.urls.urlpatterns.insert(0, path("fails/", view))
client = Client(raise_request_exception=False, headers={"user-agent": "sekrit", "cookie": "a=sekrit"})
client.post("/fails/?shared=sekrit", {"text": "sekrit"}, secure=True, HTTP_HOST="portal.example")
"""


def test_the_library_itself_sends_nothing_of_anybody(tmp_path):
    pytest.importorskip("sentry_sdk")
    more = {"SENTRY_DSN": DSN, "DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONWARNINGS": "ignore"}
    done = run("-c", FAILING, var=tmp_path, **GOOD, **more)
    sent = [line for line in done.stdout.splitlines() if line.startswith("SENT ")]
    assert sent, done.stderr
    assert "sekrit" not in "".join(sent)
    events = [json.loads(line.removeprefix("SENT ")) for line in sent]
    errors = [value for event in events for value in event.get("exception", {}).get("values", [])]
    assert {(error["type"], error["value"]) for error in errors} == {("ValueError", "")}
    assert errors[0]["stacktrace"]["frames"][-1]["function"] == "view"
    assert "sekrit" not in done.stderr
