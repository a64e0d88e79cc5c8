"""What somebody is told while the database cannot do what they asked: calmly, and with what they typed kept.

Such failures pass by themselves: the database is away or full, a lock or a statement took too long, two writers met;
or it is of another version than this code, while the portal is being updated. They are no faults of the portal, which
answers 503; whatever else went wrong stays an error 500.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import Error, InterfaceError, OperationalError
from django.db.transaction import TransactionManagementError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from portal import health
from portal.logs import current_request
from portal.middleware import STAFF_PREFIX

RETRY_AFTER = 15  # seconds

# PostgreSQL, appendix A, by the beginning of the code: the connection, a rollback forced by another transaction,
# resources, a lock that was not free, an operator's doing or a timeout, the system itself; then a transaction that was
# idle for too long, and a server that only reads since another has taken over.
_PASSING_STATES = ("08", "40", "53", "55P03", "57", "58", "25P03", "25006")
_PASSING_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
# The database took the change back itself; in every other case it may have been written although no answer came.
_UNDONE_STATES = ("40", "55P03", "57014")
_UNDONE_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}

# A table or a column that is not there.
_LACKING_STATES = ("42P01", "42703")

_SECRETS = ("password", "code", "credential", "secret")


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to whatever no page expected. Django calls it while it handles the error."""
    error = sys.exc_info()[1]
    response = told(request, error) if error else None
    return response or HttpResponseServerError(render_to_string("500.html", {"request_id": current_request()}))


def told(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """The answer to a failure that passes; None to any other."""
    is_update = is_of_an_update(error)
    if not (is_update or passes(error)):
        return None
    response = (_plain if _asked_by_script(request) else _page)(request, error, is_update)
    response["Retry-After"] = str(RETRY_AFTER)
    add_never_cache_headers(response)
    return response


def passes(error: BaseException) -> bool:
    """Whether it is a failure of the database that goes by although the portal stays as it is."""
    return any(_is_passing(one) for one in _failures(error))


def is_of_an_update(error: BaseException) -> bool:
    """Whether a table or a column is missing because the database is of another version than this code.

    Only then is the database asked which it is of: no page that is well pays for it.
    """
    if not any(_state(one) in _LACKING_STATES or _code(one) == sqlite3.SQLITE_ERROR for one in _failures(error)):
        return False
    try:
        return health.is_being_updated()
    except Error:  # within a transaction that is broken, or without a connection, nobody knows
        return False


def is_undone(error: BaseException) -> bool:
    """Whether it is certain that nothing of the change was written.

    A session is saved after the change was: what failed then says nothing of it.
    """
    if isinstance(error, SessionInterrupted | UpdateError):
        return False
    return any(_state(one).startswith(_UNDONE_STATES) or _code(one) in _UNDONE_CODES for one in _failures(error))


def _failures(error: BaseException) -> Iterator[Error]:
    """The failure of the database, and the one behind it where Django only says that the transaction is broken.

    Where a session cannot be saved, Django says that it is gone (a request that is bad), whatever it was that failed.
    """
    found: BaseException | None = error
    while isinstance(found, SessionInterrupted | UpdateError):
        found = found.__context__
    while isinstance(found, Error):
        yield found
        found = found.__context__ if isinstance(found, TransactionManagementError) else None


def _is_passing(error: Error) -> bool:
    if isinstance(error.__cause__, sqlite3.Error):
        # SQLite calls it operational as well when a table is missing or a query is wrong.
        return _code(error) in _PASSING_CODES
    state = _state(error)
    return state.startswith(_PASSING_STATES) if state else isinstance(error, OperationalError | InterfaceError)


def _state(error: Error) -> str:
    """PostgreSQL's code of the error; none where there was no connection to say one."""
    return str(getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None) or "")


def _code(error: Error) -> int:
    """SQLite's code, without what it adds in the higher bits; -1 where there is none."""
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


def _asked_by_script(request: HttpRequest) -> bool:
    """Whether a script or a program asked, to which a page would say nothing."""
    wants = request.headers.get("Sec-Fetch-Dest", "document")
    return wants != "document" or not request.accepts("text/html")


def _is_change(request: HttpRequest) -> bool:
    return request.method not in {"GET", "HEAD", "OPTIONS"}


def _plain(request: HttpRequest, error: BaseException, is_update: bool) -> HttpResponse:
    why = "the portal is being updated" if is_update else "the portal cannot be reached at the moment"
    words = f"{'This was not saved: t' if _is_change(request) else 'T'}{why[1:]}. Try again in a minute."
    return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")


def _page(request: HttpRequest, error: BaseException, is_update: bool) -> HttpResponse:
    context = {
        "is_change": _is_change(request),
        "is_undone": is_undone(error),
        "is_update": is_update,
        "is_staff_page": request.path.startswith(STAFF_PREFIX),
        "address": request.get_full_path(),
        "typed": _typed(request) if _is_change(request) else [],
        "request_id": current_request(),
    }
    # Without the request, so that nothing asks the database who is signed in.
    return HttpResponse(render_to_string("503.html", context), status=503)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form held, to be sent once more; nothing where a part of it cannot be sent again or must not be shown.

    A browser forgets a form of the admin, which no cache may keep, as soon as the page is left.
    """
    try:
        posted, files = request.POST, request.FILES
    except (SuspiciousOperation, MultiPartParserError, OSError):
        return []  # what was sent could not be read, by this page either
    if files or any(secret in name.casefold() for name in posted for secret in _SECRETS):
        return []
    return [(name, value) for name, values in posted.lists() for value in values]
