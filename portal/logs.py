"""What the portal logs: one line for each event, that no visitor can forge and that says nothing of any person.

A line is JSON, or in development words. What somebody sent stands in neither: an address is logged without its query,
an error by its type and its place, and by its own words only where those speak of the program and not of values.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.signals import request_finished
from django.db import DataError, Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.urls import Resolver404, ResolverMatch, resolve

LONGEST_ADDRESS = 200
LONGEST_MESSAGE = 2_000
MOST_FRAMES = 40  # of one error: the outermost and the innermost half of them
MOST_ERRORS = 5  # of a chain of them
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
REQUEST_ID = "X-Request-ID"

log = logging.getLogger(__name__)
requests = logging.getLogger("portal.requests")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_current: ContextVar[str] = ContextVar("request_id", default="")

# What a proxy may call a request: a word that cannot be mistaken for anything else.
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
# Parts of an address that open something, by the names that their routes give them.
_SECRET_PARTS = {"key", "uidb36", "uidb64", "token"}
# Words that are taken out wherever they stand: email addresses, names and passwords in addresses, and queries.
_EMAIL = re.compile(r"[^\s@/?&=<>'\"(),:;]{1,64}@[^\s@/?&=<>'\"(),:;]+")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@'\"]*(?:@|%40)")
_QUERY = re.compile(r"(?<=[\w/%.~-])\?[^\s'\"<>]*")
_SECRET_SETTINGS = (
    *("SECRET_KEY", "EMAIL_HOST_PASSWORD", "OIDC_CLIENT_SECRET", "MEDIA_S3_SECRET_KEY"),
    *("DATABASE_URL", "REDIS_URL", "SENTRY_DSN"),
)
# Errors whose words are about the program: names, types, columns. Those of all others may repeat what somebody typed.
_OF_THE_PROGRAM = (
    AttributeError,
    FieldError,
    ImportError,
    ImproperlyConfigured,
    NameError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    TypeError,
)
PROGRAM_ERRORS = {kind.__name__ for kind in (*_OF_THE_PROGRAM, ModuleNotFoundError, UnboundLocalError)}


# Requests


class Requests:
    """Gives each request a name, sends it back, and logs those that failed or took long; or all, by the setting.

    The outermost of the middlewares, so that whatever is logged meanwhile bears the name, and the time is all of it.
    It answers nothing itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = _name_of(request)
        _current.set(name)
        request.request_id = name  # type: ignore[attr-defined]
        begun = time.perf_counter()
        response = self.get_response(request)
        response[REQUEST_ID] = name
        _note(request, response, round((time.perf_counter() - begun) * 1000))
        return response


def current_request() -> str:
    """The name of the request that is being answered here; empty where there is none."""
    return _current.get()


def _name_of(request: HttpRequest) -> str:
    given = request.headers.get(REQUEST_ID, "") if settings.TRUST_PROXY else ""
    return given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)


def _note(request: HttpRequest, response: HttpResponseBase, took: int) -> None:
    has_failed, is_slow = response.status_code >= 400, took >= settings.LOG_SLOW_MS
    if not (has_failed or is_slow or settings.LOG_REQUESTS == "all"):
        return
    level = logging.WARNING if has_failed or is_slow else logging.INFO
    about = {
        "method": request.method if request.method in METHODS else "other",
        "path": address_of(request),
        "status": response.status_code,
        "ms": took,
    }
    requests.log(level, "Slow request" if is_slow else "Request", extra={"about": about, "request": request})


def _forget(**kwargs: Any) -> None:
    _current.set("")


request_finished.connect(_forget)  # last of all, since the portal's own reactions to it may have something to log


def address_of(request: HttpRequest) -> str:
    """The path that was asked for, without its query; its route where a part of it opens something."""
    match = request.resolver_match or _match_of(request.path_info)
    if match and _SECRET_PARTS & set(match.kwargs):
        return f"/{match.route}"
    return masked(request.path)[:LONGEST_ADDRESS]


def _match_of(path: str) -> ResolverMatch | None:
    """What would answer there, for a request that was refused, or sent on to its last stroke, before it was asked."""
    for one in (path, f"{path}/"):
        with suppress(Resolver404):
            return resolve(one)
    return None


# Words


def masked(text: str) -> str:
    """A text without email addresses, passwords and queries in addresses, and the portal's own secrets; cut if long."""
    text = text[: 4 * LONGEST_MESSAGE]
    for secret in _secrets():
        text = text.replace(secret, "[secret]")
    text = _CREDENTIALS.sub("[secret]@", text)
    return _EMAIL.sub("[email]", _QUERY.sub("?[query]", text).replace("[secret]@", "[secret] at "))


def _secrets() -> Iterator[str]:
    found = [getattr(settings, name, "") for name in _SECRET_SETTINGS]
    found += [database.get("PASSWORD") for database in settings.DATABASES.values()]
    yield from (secret for secret in found if secret and len(secret) >= 8)


def words_of(error: BaseException) -> str:
    """What an error says, where that is about the program; of the database's, without the values of any row."""
    if isinstance(error, OSError):
        return error.strerror or ""
    if isinstance(error, Error) and not isinstance(error, DataError):
        return _first_line(error)
    return _first_line(error) if isinstance(error, _OF_THE_PROGRAM) else ""


def _first_line(error: BaseException) -> str:
    # What PostgreSQL adds on further lines repeats the row, and the statement with what was in it.
    return masked(next(iter(str(error).splitlines()), ""))[:LONGEST_MESSAGE]


def told(error: BaseException) -> list[dict[str, Any]]:
    """An error and those behind it, the last first: type, words, and where in the code it passed. No values at all."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen and len(found) < MOST_ERRORS:
        seen.add(id(behind))
        kind = type(behind)
        one = {"type": f"{kind.__module__}.{kind.__qualname__}", "words": words_of(behind), "at": _places(behind)}
        found.append({name: value for name, value in one.items() if value})
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
    return found


def _places(error: BaseException) -> list[str]:
    places = [
        f"{_from_the_portal(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    half = MOST_FRAMES // 2
    return places if len(places) <= MOST_FRAMES else [*places[:half], "…", *places[-half:]]


def _from_the_portal(path: str) -> str:
    return path.removeprefix(f"{settings.BASE_DIR}/").rpartition("site-packages/")[2]


# Lines


class _Event(logging.Formatter):
    """What the two kinds of lines have in common: what an event says, told without anything of whoever caused it."""

    def message_of(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            return masked(_said(record))[:LONGEST_MESSAGE]
        if record.args:  # as Django does it, whose last word is the path
            args = record.args if isinstance(record.args, tuple) else (record.args,)
            return masked(str(record.msg) % (*args[:-1], address_of(request)))[:LONGEST_MESSAGE]
        if record.exc_info and record.exc_info[0]:  # the words of an error, which the error itself tells
            return f"{record.exc_info[0].__name__}: {address_of(request)}"
        return masked(str(record.msg))[:LONGEST_MESSAGE]


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} (what was to stand in it does not fit)"


def request_of(record: logging.LogRecord) -> str:
    """The name of the request that a record is about: Django reports some when it is over."""
    return str(getattr(getattr(record, "request", None), "request_id", "") or current_request())


class JsonLines(_Event):
    """One line of JSON for each event, in ASCII: whatever stands in it, a line ends only where the event does."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        event = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message_of(record),
            "request": request_of(record),
            **getattr(record, "about", {}),
            "error": told(error) if error else [],
        }
        return json.dumps({name: value for name, value in event.items() if value not in ("", [])}, default=str)


class Words(_Event):
    """Lines for whoever develops the portal, with errors as Python shows them."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        about = "".join(f" {name}={value}" for name, value in getattr(record, "about", {}).items())
        line = _printable(f"{at} {record.levelname} {record.name}: {self.message_of(record)}{about}")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info and record.exc_info[1] else line


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


class Lines(logging.StreamHandler[Any]):
    """Writes them to standard error. What cannot be written is named, and nothing of it shown."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        name = type(error).__name__ if error else "an error"
        words = f"An event at {record.pathname}:{record.lineno} could not be logged: {name}"
        line = json.dumps({"level": "ERROR", "logger": __name__, "message": words})
        try:
            self.stream.write(f"{line}\n")
        except (OSError, ValueError):  # nobody listens any more
            return


def configured(level: str, *, as_json: bool) -> dict[str, Any]:
    """The ``LOGGING`` of Django, and of the server in front of it.

    The details of libraries (DEBUG) are never logged: they hold statements with their values, addresses with their
    queries, and what is in images.
    """
    least = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "portal.logs.JsonLines" if as_json else "portal.logs.Words"}},
        "handlers": {"console": {"()": "portal.logs.Lines", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": least},
        "loggers": {
            "portal": {"level": level},
            "django": {"level": least, "handlers": []},  # by default it sends errors by email, with all that was sent
            "django.request": {"level": "ERROR"},  # what is not found is logged above, once
            # What somebody sent is no error of ours, or any stranger could wake up whoever is told of errors: a request
            # that is refused is logged above, too. A full disk is one; and why a form was refused stands nowhere else.
            "django.security": {"level": "CRITICAL"},
            "django.security.NoRoomError": {"level": least},
            "django.security.csrf": {"level": least},
            "_granian": {"level": "INFO", "handlers": []},
        },
    }
