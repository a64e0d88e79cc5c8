"""The content generation: what the content is, as one value that changes with every change of content.

Whatever is made of content is right for as long as the generation is the one that it was before it was made
(``portal.kept``, ``portal.page_cache``). Three things move it, each for those that the one before does not reach:

- Every statement of this process that writes content, by whatever path, is seen on its way to the database. In its
  transaction one row goes into the table of content changes, and once that is committed, a *stamp* moves.
- The stamp is the time of change of a file in ``PORTAL_VAR``: the other processes of this host see it when they next
  ask, for the price of a ``stat``. It is no time: it holds the id of the row, and a few random digits.
- Rows that no stamp told of are those of other hosts, and of a process that died between the two. A thread of each
  serving process (``follow``) asks for them every half second.

Not seen is what changes the database from outside Django: an SQL shell, a restored backup. ``touch`` tells of it.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakSet

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from portal import clock

log = logging.getLogger(__name__)

LOG_OF_CHANGES = "portal_contentchange"
# The tables that no public page reads. Any other counts as content, so that a new one is right from its first day.
NOT_CONTENT = frozenset(
    {
        LOG_OF_CHANGES,
        # Django's own.
        "django_admin_log",
        "django_content_type",
        "django_migrations",
        "django_session",
        "portal_cache",
        # Staff, their rights and their second steps.
        "account_emailaddress",
        "account_emailconfirmation",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "mfa_authenticator",
        "portal_attemptcount",
        "portal_user",
        "portal_user_groups",
        "portal_user_user_permissions",
        "socialaccount_socialaccount",
        "socialaccount_socialapp",
        "socialaccount_socialtoken",
        # What staff did, and what waits for them.
        "portal_auditevent",
        "portal_checkedlink",
        "portal_importeditem",
        "portal_revisionauthor",
        "portal_submission",
        "reversion_revision",
        "reversion_version",
        # What readers write, and drafts that are shown to a few.
        "portal_draftanswer",
        "portal_formuse",
        "portal_message",
        "portal_shareddraft",
        "projects_proposal",
        "projects_proposal_modalities",
    }
)

# How a statement begins that writes, and the table that it writes to. What writes in any other way counts as content.
_NAME = r'(?:"?\w+"?\s*\.\s*)?"?(?P<table>\w+)"?'
_WRITES = re.compile(
    rf"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?)"
    rf"\s+{_NAME}",
    re.IGNORECASE,
)
_WRITES_OTHERWISE = re.compile(
    r"\s*(?:TRUNCATE|MERGE|COPY\b(?!.*\bTO\s+STDOUT)|WITH\b.*\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\b|(?:--|/\*).*"
    r"\b(?:INSERT|UPDATE|DELETE|REPLACE)\b)",
    re.IGNORECASE | re.DOTALL,
)
_DROPS_THE_LOG = re.compile(rf'\s*DROP\s+TABLE\s+.*"?{LOG_OF_CHANGES}\b', re.IGNORECASE | re.DOTALL)


def writes_content(sql: str) -> bool:
    """Whether a statement changes what readers may be shown."""
    if found := _WRITES.match(sql):
        return found["table"].lower() not in NOT_CONTENT
    return bool(_WRITES_OTHERWISE.match(sql))


class Generation(NamedTuple):
    """What the content is, as a value: where the host's stamp stands, and how often this process was told otherwise."""

    stamp: int
    moves: int


def current() -> Generation | None:
    """What the content is. None where nothing may be kept that is made of it.

    That is so while somebody looks at the site as at a moment, while a copy of it is made, and for whoever reads what
    they have written and not yet committed. Ask *before* reading the content.
    """
    if not clock.is_for_everybody() or _is_writing(connections[DEFAULT_DB_ALIAS]):
        return None
    return of_host()


def of_host() -> Generation:
    """What the content is, for whoever surely reads in no transaction of their own."""
    return _known.generation()


def follow() -> None:
    """Ask the database from now on, every half second, for changes that no stamp tells of. For serving processes."""
    _follower.start()


def touch() -> None:
    """Tell every process of every host that content changed, by whatever way."""
    with transaction.atomic():
        _announce(connections[DEFAULT_DB_ALIAS])


# Seeing what is written


class _Told:
    """What happens once a change is committed."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __call__(self) -> None:
        _known.tell(self.row)


def watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Look at each statement that goes through a connection. A receiver of ``connection_created``."""
    if connection.alias == DEFAULT_DB_ALIAS and _seen_on_its_way not in connection.execute_wrappers:
        # First, since whoever takes a wrapper off again takes the last.
        connection.execute_wrappers.insert(0, _seen_on_its_way)


def _seen_on_its_way(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection: BaseDatabaseWrapper = context["connection"]
    text = sql if isinstance(sql, str) else sql.as_string(connection.connection)
    if _DROPS_THE_LOG.match(text):
        _has_log.discard(connection)
    if not writes_content(text) or _is_writing(connection):
        return execute(sql, params, many, context)
    if connection.in_atomic_block:
        _announce(connection)
        return execute(sql, params, many, context)
    with transaction.atomic():
        _announce(connection)
        result = execute(sql, params, many, context)
        if connection.vendor == "sqlite" and " RETURNING " in text:
            _lay_out_again(context["cursor"])
    return result


def _is_writing(connection: BaseDatabaseWrapper) -> bool:
    """Whether its transaction has written content. What was rolled back to a savepoint was not written."""
    return connection.in_atomic_block and any(isinstance(after[1], _Told) for after in connection.run_on_commit)


def _announce(connection: BaseDatabaseWrapper) -> None:
    """One row in the transaction that writes, and after it the stamp."""
    transaction.on_commit(_Told(_row(connection)), robust=True)


def _row(connection: BaseDatabaseWrapper) -> int:
    """The id of a new row in the log of changes; 0 while migrations have not made it yet."""
    if connection not in _has_log:
        if LOG_OF_CHANGES not in connection.introspection.table_names():
            return 0
        _has_log.add(connection)
    changes = apps.get_model("portal", "ContentChange")._default_manager
    row = int(changes.create().pk)
    if row % KEPT_ROWS == 0:
        changes.filter(pk__lte=row - KEPT_ROWS).delete()
    return row


def _lay_out_again(cursor: Any) -> None:
    """SQLite commits nothing while rows of a statement wait to be fetched, so they are fetched, and wait anew."""
    if rows := cursor.fetchall():
        places = ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))
        cursor.cursor.execute(f"VALUES {places}", [value for row in rows for value in row])


# The stamp, and what this process knows


KEPT_ROWS = 200
_REMEMBERED = 10 * KEPT_ROWS
# Of a file's time in seconds that any file system can hold.
_SECONDS = 2**31 - 1
_NANO = 10**9

_has_log: WeakSet[BaseDatabaseWrapper] = WeakSet()


def stamp_path() -> Path:
    """The file whose time of change is the stamp."""
    return Path(settings.PORTAL_VAR) / "generation"


class _Known:
    """What this process knows of the generation."""

    def __init__(self) -> None:
        self.path = os.fspath(stamp_path())
        self.moves = 0
        self.stamp = 0
        self.told: dict[int, None] = {}  # the rows that are accounted for, oldest first
        self.has_complained = False
        self.lock = threading.Lock()

    def generation(self) -> Generation:
        try:
            stamp = os.stat(self.path).st_mtime_ns  # noqa: PTH116  (asked for on every request: a path object costs as much again)
        except OSError:
            stamp = self._begin()
        if stamp != self.stamp:
            with self.lock:
                self.stamp = stamp
                self._account_for(stamp // _NANO)
        return Generation(stamp, self.moves)

    def tell(self, row: int) -> None:
        """Move the stamp, as a change is committed. Where it cannot be moved, this process knows nevertheless."""
        with self.lock:
            self._account_for(row % _SECONDS)
        if self._write(row) is None:
            self.move()

    def move(self) -> None:
        """Something changed that the stamp does not tell of."""
        with self.lock:
            self.moves += 1

    def accounts_for(self, rows: set[int]) -> bool:
        self.generation()
        with self.lock:
            return all(row % _SECONDS in self.told for row in rows)

    def _account_for(self, row: int) -> None:
        self.told[row] = None
        if len(self.told) > _REMEMBERED:
            del self.told[next(iter(self.told))]

    def _begin(self) -> int:
        """The first stamp, where there is none. A row that nobody has told of, so that nothing is mistaken for it."""
        return self._write(0) or 0

    def _write(self, row: int) -> int | None:
        """Set the stamp to tell of ``row``. Gives it; None where that cannot be done."""
        stamp = row % _SECONDS * _NANO + secrets.randbelow(_NANO)
        try:
            try:
                os.utime(self.path, ns=(stamp, stamp))
            except (FileNotFoundError, PermissionError):
                # None yet, or somebody else's, whose time only they may set: one of our own takes its place.
                own = Path(f"{self.path}.{os.getpid()}.{threading.get_ident()}")
                own.touch()
                os.utime(own, ns=(stamp, stamp))
                own.replace(self.path)
        except OSError as error:
            if not self.has_complained:
                self.has_complained = True
                log.error(
                    "The stamp %s cannot be written (%s). Until it can, changes reach the other processes of this "
                    "host within a second, and not at once.",
                    self.path,
                    error,
                )
            return None
        self.has_complained = False
        return stamp


# The database of all hosts


class _Follower:
    """Asks for rows that no stamp told of."""

    every = 0.5  # seconds

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()
        self.seen: set[int] | None = None
        self.is_away = False

    def start(self) -> None:
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    self.thread = threading.Thread(target=self._run, name="generation", daemon=True)
                    self.thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(0 if self.seen is None and not self.is_away else self.every):
            self.ask()

    def ask(self) -> None:
        """Look once. While the database is away, what was last known goes on, and the log says so once."""
        try:
            rows = set(apps.get_model("portal", "ContentChange")._default_manager.values_list("pk", flat=True))
        except DatabaseError as error:
            connections[DEFAULT_DB_ALIAS].close()
            if not self.is_away:
                self.is_away = True
                log.warning("The database does not answer (%s): pages go on as they were last known.", error)
            return
        if self.is_away:
            self.is_away = False
            log.warning("The database answers again.")
        seen, self.seen = self.seen, rows
        # What was looked at before the first look may be older than it; what is pruned may never have been seen.
        if seen is None or seen - rows or not _known.accounts_for(rows - seen):
            _known.move()


_known = _Known()
_follower = _Follower()


def _begin_anew() -> None:
    """A process that was forked has none of its parent's threads."""
    global _follower
    _follower = _Follower()


os.register_at_fork(after_in_child=_begin_anew)
