"""The cache in a Redis server that may go away: the portal is then slower, and never down.

Imported only where ``REDIS_URL`` is set.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# The cache that stands in: one table of the database, which every machine sees as well.
STAND_IN = "database"
# Seconds for which a server that did not answer is not asked again, so that nobody waits for it twice.
LEFT_ALONE = 5


class _Server:
    """What this process knows of the server, for all of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_away = False
        self._ask_from = 0.0

    def may_be_asked(self) -> bool:
        """Whether it is there, or was left alone for long enough that this one may look."""
        with self._lock:
            now = time.monotonic()
            if not self._is_away:
                return True
            if now < self._ask_from:
                return False
            self._ask_from = now + LEFT_ALONE  # the others need not wait while one looks
            return True

    def answered(self) -> None:
        if self._is_away:
            with self._lock:
                came_back, self._is_away = self._is_away, False
            if came_back:
                log.warning("The cache in Redis answers again.")

    def failed(self, error: RedisError) -> None:
        with self._lock:
            went_away, self._is_away = not self._is_away, True
            self._ask_from = time.monotonic() + LEFT_ALONE
        if went_away:
            # Its words may hold an address with a password.
            log.error("The cache in Redis does not answer (%s). The database stands in for it.", type(error).__name__)


server = _Server()


class RedisOrDatabase(RedisCache):
    """Django's cache in Redis; while that does not answer, its cache in the database.

    What is in the one is not in the other: nothing is kept here that the portal could not make again or do without.
    """

    def _first(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if server.may_be_asked():
            try:
                answer = getattr(super(), name)(*args, **kwargs)
            except RedisError as error:
                server.failed(error)
            else:
                server.answered()
                return answer
        return getattr(caches[STAND_IN], name)(*args, **kwargs)


def _asked(name: str) -> Callable[..., Any]:
    def ask(self: RedisOrDatabase, *args: Any, **kwargs: Any) -> Any:
        return self._first(name, *args, **kwargs)

    ask.__name__ = name
    return ask


# All that asks the server; whatever else a cache can do is made of these.
ASKED = ("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many", "delete_many", "clear")
for _name in ASKED:
    setattr(RedisOrDatabase, _name, _asked(_name))
