"""Whether the portal is well: for whatever watches it, and starts it anew or sends readers elsewhere if it is not."""

from __future__ import annotations

import secrets
import threading
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.media_storage import PART

OK = "ok"
# Seconds that a disk may take, which a network may have in it. The database and the cache have bounds of their own.
PATIENCE = 3.0


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 only if the database answers and every migration is in it; else 503 with what is wrong."""
    return _answer(_database())


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 only if all is there that a page or a save may need; else 503. Each is named, and nothing more is said."""
    return _answer({**_database(), "media": _media.state(), "cache": _cache()})


def _answer(found: dict[str, str]) -> JsonResponse:
    is_well = set(found.values()) == {OK}
    return JsonResponse({"status": OK if is_well else "error", **found}, status=200 if is_well else 503)


def _database() -> dict[str, str]:
    try:
        missing = _migrations() - _applied()
    except Error:
        return {"database": "unreachable"}
    return {"database": OK, "migrations": "missing" if missing else OK}


def is_being_updated() -> bool:
    """Whether the database is of another version than this code: it lacks migrations, or has some unknown here.

    The second is a process that was not started anew yet. Raises Django's ``Error`` where the database cannot be asked.
    """
    known = _migrations()
    apps = {app for app, _ in known}
    # Of an app that is not here now, such as the sign-in of an organisation, the rows stay.
    return {one for one in _applied() if one[0] in apps} != known


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


@cache
def _migrations() -> set[tuple[str, str]]:
    """Those that the portal comes with, which do not change while it runs."""
    return set(MigrationLoader(None).graph.nodes)


def _cache() -> str:
    """Whether something can be kept and read. A table of the database is only read: to look writes nothing there."""
    kept, name = caches["default"], f"ready-{secrets.token_hex(8)}"
    try:
        if isinstance(kept, BaseDatabaseCache):
            kept.get(name)
            return OK
        # Once more where it is not found: a cache for which another stands in may have gone or come back in between.
        is_kept = _is_kept(kept, name) or _is_kept(kept, name)
        kept.delete(name)
    except Exception:  # whatever the library of a cache raises, nothing can be kept there
        return "unreachable"
    return OK if is_kept else "keeps nothing"


def _is_kept(cache: BaseCache, name: str) -> bool:
    cache.set(name, name, timeout=10)
    return bool(cache.get(name) == name)


class _Media:
    """Whether files can be stored, looked at apart, so that a disk that never answers holds up nobody."""

    def __init__(self) -> None:
        self._looking = threading.Lock()

    def state(self) -> str:
        found: list[str] = []
        if not self._looking.acquire(timeout=PATIENCE):
            return "does not answer"  # nor has it to whoever asked before
        apart = threading.Thread(target=self._look, args=[storages["default"], found], daemon=True)
        apart.start()
        apart.join(PATIENCE)
        return found[0] if found else "does not answer"

    def _look(self, storage: Storage, found: list[str]) -> None:
        try:
            found.append(_stored(storage))
        finally:
            self._looking.release()


def _stored(storage: Storage) -> str:
    """What comes of storing something: in a folder a file that goes at once; another host is only asked for one."""
    try:
        if isinstance(storage, FileSystemStorage):
            Path(storage.location).mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=storage.location, prefix=".", suffix=PART) as file:
                file.write(b"ready")
                file.flush()
        else:
            storage.exists("ready")
    except OSError:
        return "not writable"
    except Exception:  # whatever the library of another host raises
        return "unreachable"
    return OK


_media = _Media()
