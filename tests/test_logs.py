"""What is logged: one line for each event, which nobody can forge, and which says nothing of any person."""

from __future__ import annotations

import io
import json
import logging
import re
from contextlib import contextmanager
from logging.config import dictConfig

import pytest
from django.conf import settings as configured_settings
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils.log import DEFAULT_LOGGING

from portal import logs
from portal.logs import JsonLines, Lines, masked
from portal.receiving import NoRoomError
from portal.urls import *  # noqa: F403  (the addresses of the portal, and below a few that fail)
from portal.urls import urlpatterns as of_the_portal
from tests import factories as make

FORGED = '\r\n{"time": "2026-01-01T00:00:00", "level": "INFO", "message": "forged"}\r\n'
HOSTILE = [
    FORGED,
    "\n",
    "\x00\x1b[2J\x1b]0;title\x07",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "\u202etxt.exe",
    '"}\\',
    "%s %(name)s %n {0}",
    "🦆" * 50,
]
PERSON = "jo.bloggs@nhs.example"
SECRETS = [PERSON, "jo.bloggs", "hunter2-hunter2", "192.0.2.77", "Mozilla/5.0 (me)", "sekrit-cookie", "words-of-mine"]


def fails(error):
    def view(request, **kwargs):
        typed = request.POST.get("text", "") + request.GET.get("q", "")
        raise error(f"{typed} {PERSON}") if isinstance(error, type) else error

    return view


ERRORS = {
    "value": ValueError,
    "key": KeyError,
    "suspicious": SuspiciousOperation,
    "no-room": NoRoomError,
    "row": IntegrityError(f'duplicate key value violates "one"\nDETAIL:  Key (email)=({PERSON}) already exists.'),
    "data": DataError(f'invalid input syntax for type integer: "{PERSON}"'),
    "away": OperationalError("connection failed: postgres://portal:hunter2-hunter2@db/portal"),
    "type": TypeError(f"takes no {PERSON}"),
}
urlpatterns = [
    *(path(f"fails/{name}/", fails(error)) for name, error in ERRORS.items()),
    path("opens/<str:key>/", fails(ValueError)),
    path("well/", lambda request: HttpResponse("well")),
    path("logs/", lambda request: logging.getLogger("portal.test").warning("Here") or HttpResponse("logged")),
    *of_the_portal,
]


@contextmanager
def logging_to(level="INFO", *, as_json=True):
    """All that is logged, as production has it, into a file of the test."""
    stream = io.StringIO()
    config = logs.configured(level, as_json=as_json)
    dictConfig({**DEFAULT_LOGGING, "disable_existing_loggers": False})
    config["handlers"]["console"]["stream"] = stream
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        dictConfig(config)
        yield stream
    finally:
        dictConfig(configured_settings.LOGGING)
        root.handlers[:], root.level = before[0], before[1]


@pytest.fixture
def stream():
    with logging_to() as found:
        yield found


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = False
    return Client(raise_request_exception=False)


def events(stream):
    """Each line that was written, as what it says."""
    text = stream.getvalue()
    assert text.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    return [json.loads(line) for line in text.splitlines()]


# Lines


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
@pytest.mark.parametrize(
    "name", ["portal.inbox_mail", "django.request", "django.security.csrf", "django.server.x", "allauth", "_granian"]
)
def test_an_event_is_one_line_whatever_stands_in_it(stream, name, hostile):
    logger = logging.getLogger(name)
    logger.error("A %s", hostile)
    logger.error(hostile)
    try:
        raise TypeError(hostile)
    except TypeError:
        logger.exception(hostile)
    found = events(stream)
    assert [event["logger"] for event in found] == [name] * 3
    assert "forged" not in [event["message"] for event in found]
    assert found[2]["error"][0]["type"] == "builtins.TypeError"


@pytest.mark.parametrize("lines", [JsonLines(), logs.Words()])
def test_half_a_sign_does_not_stop_a_line(lines):
    # Straight to the lines: pytest's own report of what is logged could not be written with it.
    line = lines.format(logging.LogRecord("portal.x", logging.ERROR, __file__, 1, "A \ud800", None, None))
    assert line.encode()
    assert line.isprintable()


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_in_development_too(hostile):
    with logging_to(as_json=False) as stream:
        logging.getLogger("portal.x").error("A %s", hostile)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 2
    assert lines[0].isprintable()


def test_what_an_event_says(stream):
    logging.getLogger("portal.x").warning("It is %s.", "so")
    (event,) = events(stream)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", event.pop("time"))
    assert event == {"level": "WARNING", "logger": "portal.x", "message": "It is so."}


def test_an_event_that_cannot_be_written_is_named_and_not_shown():
    with logging_to() as stream:
        logging.getLogger("portal.x").warning("%d people", PERSON)
        logging.getLogger("portal.x").warning("Fine", extra={"about": {"odd": Odd()}})
    found = events(stream)
    assert "does not fit" in found[0]["message"]
    assert "could not be logged" in found[1]["message"]
    assert PERSON not in stream.getvalue()


class Odd:
    def __str__(self):
        raise ValueError(PERSON)

    __repr__ = __str__


def test_a_stream_that_is_gone_harms_nobody():
    record = logging.LogRecord("portal", logging.INFO, "", 1, "Words", (), None)
    closed = io.StringIO()
    handler = Lines(closed)
    handler.setFormatter(JsonLines())
    closed.close()
    handler.handle(record)


def test_no_detail_of_a_library_is_logged():
    """They hold statements with their values, and addresses with their queries."""
    with logging_to("DEBUG") as stream:
        for name in ("django.db.backends", "urllib3.connectionpool", "PIL.TiffImagePlugin", "requests_oauthlib"):
            logging.getLogger(name).debug("secret")
        logging.getLogger("portal.x").debug("ours")
    assert [event["message"] for event in events(stream)] == ["ours"]


# Nothing of any person


def hostile_request(client, path, method="post", **more):
    headers = {
        "user-agent": f"Mozilla/5.0 (me){FORGED}",
        "referer": f"https://x.example/?who={PERSON}{FORGED}",
        "x-forwarded-for": "192.0.2.77",
        "cookie": "session=sekrit-cookie",
        "authorization": "Basic hunter2-hunter2",
        "origin": f"https://x.example/{PERSON}",
        "x-request-id": FORGED,
    }
    query = f"?q=words-of-mine&shared=1.sekrit-cookie.hunter2-hunter2&email={PERSON}"
    data = {"data": {"text": "words-of-mine", "password": "hunter2-hunter2"}} if method == "post" else {}
    return getattr(client, method)(f"{path}{query}", **data, headers=headers, REMOTE_ADDR="192.0.2.77", **more)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", [*(f"/fails/{name}/" for name in ERRORS), "/nowhere/", f"/{PERSON}/", "/%0d%0aforged"])
def test_whatever_fails_nothing_of_whoever_asked_is_logged(client, stream, path, method):
    with_tokens = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answered = [hostile_request(one, path, method) for one in (client, with_tokens)]
    answered.append(hostile_request(client, path, method, HTTP_HOST="evil.example"))
    assert all(response.status_code >= 400 for response in answered)
    found = events(stream)
    assert {response["X-Request-ID"] for response in answered} == {event["request"] for event in found}
    assert not [secret for secret in SECRETS if secret in stream.getvalue()]
    assert "forged" not in [event["message"] for event in found]


def test_an_error_says_what_and_where(client, stream):
    client.post("/fails/row/")
    error, request = events(stream)
    assert (error["level"], error["message"]) == ("ERROR", "Internal Server Error: /fails/row/")
    assert error["error"][0]["type"] == "django.db.utils.IntegrityError"
    assert error["error"][0]["words"] == 'duplicate key value violates "one"'
    assert re.fullmatch(r"tests/test_logs\.py:\d+ view", error["error"][0]["at"][-1])
    about = {name: request[name] for name in ("level", "logger", "method", "path", "status")}
    assert about == {
        "level": "WARNING",
        "logger": "portal.requests",
        "method": "POST",
        "path": "/fails/row/",
        "status": 500,
    }
    assert error["request"] == request["request"]


def test_a_chain_of_errors_is_told_and_ends():
    first, second = ValueError("a"), TypeError("b")
    first.__context__, second.__context__ = second, first
    assert [one["type"] for one in logs.told(first)] == ["builtins.ValueError", "builtins.TypeError"]


def deep(times):
    return deep(times - 1) if times else 1 / 0


def test_of_an_error_without_end_both_ends_are_told():
    with pytest.raises(ZeroDivisionError) as caught:
        deep(200)
    places = logs.told(caught.value)[0]["at"]
    assert len(places) == logs.MOST_FRAMES + 1
    assert "test_of_an_error" in places[0]


def test_an_address_that_opens_something_is_logged_as_its_route(client, stream):
    client.get("/opens/hunter2-hunter2/")
    client.get("/admin/forgotten-password/1-hunter2-hunter2/?x")
    assert "hunter2" not in stream.getvalue()
    assert "/opens/<str:key>/" in stream.getvalue()


@pytest.mark.django_db
def test_also_where_it_was_refused_or_sent_on_before_anything_answered(client, stream, settings):
    settings.LOG_REQUESTS = "all"
    client.put("/opens/hunter2-hunter2/")
    client.get("/opens/hunter2-hunter2/", headers={"host": "evil.example"})
    client.get("/opens/hunter2-hunter2")
    assert {event["status"] for event in events(stream) if "status" in event} == {301, 400, 405}
    assert "hunter2" not in stream.getvalue()


def test_secrets_of_the_operator_are_taken_out(settings):
    settings.SECRET_KEY, settings.EMAIL_HOST_PASSWORD = "the-key-of-all-keys", "hunter2-hunter2"
    said = masked("the-key-of-all-keys, hunter2-hunter2, postgres://me:pass%40word@db/x?sslmode=no, me@x.example")
    assert said == "[secret], [secret], postgres://[secret] at db/x?[query] [email]"


# Requests


@pytest.mark.django_db
def test_each_request_has_a_name_that_is_sent_back_and_stands_on_the_page_of_an_error(client, stream):
    one, two = client.get("/well/"), client.get("/fails/value/")
    assert re.fullmatch(r"[0-9a-f]{16}", one["X-Request-ID"])
    assert one["X-Request-ID"] != two["X-Request-ID"]
    assert two["X-Request-ID"] in two.text
    busy = client.get("/fails/away/")
    assert busy.status_code == 503
    assert busy["X-Request-ID"] in busy.text


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("1f0c2a4e-9c8b-4f6e-8a59-3f1b2c3d4e5f", True),
        ("short", False),
        ("x" * 65, False),
        ("with space 12", False),
        ('"},{"a":"bcd', False),
        ("jo@nhs.example", False),
        ("good-name\n", False),
        ("", False),
    ],
)
def test_a_proxy_may_name_it_where_it_is_trusted(client, settings, given, is_taken):
    for trusted in (True, False):
        settings.TRUST_PROXY = trusted
        found = client.get("/well/", headers={"x-request-id": given})["X-Request-ID"]
        assert (found == given) is (trusted and is_taken)


def test_what_is_logged_meanwhile_bears_the_name_and_nothing_afterwards_does(client, stream):
    response = client.get("/logs/")
    logging.getLogger("portal.test").warning("Afterwards")
    assert [event.get("request") for event in events(stream)] == [response["X-Request-ID"], None]


@pytest.mark.parametrize(
    ("which", "slow", "logged"),
    [
        ("failed", 1_000, ["/fails/type/"]),
        ("all", 1_000, ["/well/", "/fails/type/"]),
        ("failed", 0, ["/well/", "/fails/type/"]),
    ],
)
def test_which_requests_are_logged(client, settings, stream, which, slow, logged):
    settings.LOG_REQUESTS, settings.LOG_SLOW_MS = which, slow
    client.get("/well/?q=words-of-mine")
    client.get("/fails/type/")
    of_requests = [event for event in events(stream) if event["logger"] == "portal.requests"]
    assert [event["path"] for event in of_requests] == logged
    assert all(isinstance(event["ms"], int) for event in of_requests)


@pytest.mark.django_db
def test_no_stranger_can_cause_an_error(client, stream, settings):
    """Errors wake somebody up. What is refused is a request that failed, however strange it is."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    client.get("/well/", headers={"host": "evil.example"})
    client.post("/contact/ask/", {str(number): "" for number in range(20)})
    client.post("/contact/ask/", "x", content_type="multipart/form-data; boundary=")
    client.get("/well/\0/")
    found = events(stream)
    assert {event["level"] for event in found} == {"WARNING"}
    assert {event["status"] for event in found if "status" in event} == {400, 404, 413}


def test_a_full_disk_is_an_error_although_a_request_met_it(client, stream):
    client.get("/fails/no-room/")
    assert "ERROR" in {event["level"] for event in events(stream)}


@pytest.mark.django_db
def test_who_signs_in_or_tries_to_is_not_in_the_log(stream, settings):
    settings.LOG_REQUESTS = "all"
    user = make.StaffFactory(username="jo.bloggs", email=PERSON)
    user.set_password("hunter2-hunter2")
    user.save()
    for password in ("wrong", "hunter2-hunter2"):
        Client().post("/admin/login/", {"login": f"jo.bloggs{FORGED}", "password": password})
        Client().post("/admin/login/", {"login": PERSON, "password": password})
    assert events(stream)
    assert not [secret for secret in SECRETS if secret in stream.getvalue()]


# The server in front


def test_the_server_takes_the_same_lines():
    """granian's process begins before Django, and takes a configuration like Django's."""
    log = pytest.importorskip("granian.log")
    with logging_to() as stream:
        config = logs.configured("INFO", as_json=True)
        config["handlers"]["console"]["stream"] = stream
        log.configure_logging(log.LogLevels.info, config)
        log.logger.info("Started %s", FORGED)
        assert [event["logger"] for event in events(stream)] == ["_granian"]
