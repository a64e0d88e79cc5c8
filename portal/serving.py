"""The production server: granian, with a process for each core, all of them forked from one that has read the portal.

What every process needs is read once, before the first of them begins: they share that memory, and one that has died
is back at once. Nothing that must not be shared is opened before: no connection, no thread.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import connections
from django.template import Engine
from django.urls import get_resolver, reverse
from django.utils.module_loading import import_string

from portal.entrance import Entrance
from portal.page_cache import Application
from portal.publishing import Publishable

log = logging.getLogger(__name__)

APPLICATION = "portal.wsgi.application"
DJANGO = "portal.wsgi.django_application"  # without what is kept in front of it, which has a thread
# Of each process, in which the portal answers what is not kept. More of them would wait for each other, and each has
# 4 MB and a connection of its own. What is kept is sent by a thread before them (portal/entrance.py).
THREADS = 2
# Connections that wait to be taken on, and requests of each process that wait for a thread or have one. Beyond that a
# reader waits in the queue of the machine, and is not refused.
BACKLOG = 2_048
WAITING = 512
# Seconds: how long a request that has begun may take to end when the server is told to stop.
PATIENCE = 30
# Seconds until one that has died is begun again. At granian's own default, two that die together end the server.
RESPAWN_AFTER = 0.1


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def cores() -> int:
    """How many cores this process may use: those of the machine, unless it was given fewer."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def options(address: Address, workers: int) -> dict[str, Any]:
    """What granian is started with."""
    from granian.constants import HTTPModes, Interfaces, Loops

    return {
        "target": APPLICATION,
        "address": address.host,
        "port": address.port,
        "interface": Interfaces.RSGI,
        "http": HTTPModes.http1,  # what proxies speak to what is behind them
        "websockets": False,
        "workers": workers,
        "loop": Loops.asyncio,
        "backlog": BACKLOG,
        "backpressure": WAITING,
        "respawn_failed_workers": True,
        "respawn_interval": RESPAWN_AFTER,
        "workers_kill_timeout": PATIENCE,
        "log_access": False,
        "log_dictconfig": settings.LOGGING,
    }


def entrance(target: str = APPLICATION) -> Callable[..., Any]:
    """The portal as granian calls it, in a process that has just begun."""
    threading.Thread(target=_end_with_the_server, daemon=True, name="watching the server").start()
    portal = Entrance(import_string(target), THREADS)
    _answer_before_the_loop(portal)
    return portal.__rsgi__


def _end_with_the_server() -> None:
    """Stop as if told to, when the process is gone that began this one, as when the machine was short of memory.

    Else it would go on at the port with its code of then, beside the server that is started next.
    """
    if (server := multiprocessing.parent_process()) is not None:
        server.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _answer_before_the_loop(portal: Entrance) -> None:
    """Send what is kept from the thread in which granian takes a request on, and only the rest goes to its event loop.

    The way there and back takes longer than to find a page and send it. This is no part of what granian promises: with
    a version that does it in another way, all goes through the loop, and is right but slower.
    """
    from granian import _futures

    if not hasattr(_futures, "_cbsched_aioschedule"):
        log.warning("This version of granian takes requests on in another way. What is kept is sent more slowly.")
        return
    through_the_loop = _futures._cbsched_aioschedule

    def scheduling(*told: Any) -> Callable[[Any], None]:
        later = through_the_loop(*told)

        def taken_on(watcher: Any) -> None:
            if portal.answers_at_once(watcher.scope, watcher.proto):
                watcher.done()
            else:
                later(watcher)

        return taken_on

    _futures._cbsched_aioschedule = scheduling


def read_ahead() -> None:
    """Read what every process needs, and see to it that they go on sharing it."""
    import_string(APPLICATION)
    _ = get_resolver().url_patterns  # all views, and what they import
    Engine.get_default()  # with its tags and filters
    django: Application = import_string(DJANGO)
    lists = {name for kind in Publishable.kinds() for name in kind.listed_at}
    for name in ["home", "search", *sorted(lists)]:
        _ask(django, reverse(name))  # for the templates, and all that is made when it is first used
    connections.close_all()
    gc.collect()
    gc.freeze()


def _ask(django: Application, path: str) -> None:
    """Ask for a page and forget it. Where it fails, as without a database, Django logs it, and the server begins."""
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": settings.ALLOWED_HOSTS[0].lstrip("."),
        "HTTP_X_FORWARDED_PROTO": "https",  # so that it is no redirect
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    body: Any = django(environ, lambda *said: None)
    body.close()


def serve(address: Address, workers: int) -> None:
    """Serve until told to stop: SIGINT and SIGTERM let requests that have begun end first."""
    from granian.server import Server

    # What Python 3.14 no longer does by itself, and what makes the processes share their memory.
    multiprocessing.set_start_method("fork", force=True)
    read_ahead()
    Server(**options(address, workers)).serve(target_loader=entrance)
