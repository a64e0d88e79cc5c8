#!/usr/bin/env python3
"""Redis killed with -9 under load, and started again: the portal is slower without it, and not down.

Readers go on, staff who are signed in save, and no process of the portal is started anew. Needs a portal that has the
setting REDIS_URL, its Python package and a redis-server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import crowd, ledger, scratch
from tests.faults.browser import Browser
from tests.faults.trial import ROOT, MissingError, Trial, run, until

SETTING = "REDIS_URL"
AWAY = 6  # seconds


class Redis:
    """A server of one's own, that keeps nothing on the disk."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.folder}
        command = ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        if until(lambda: "Ready to accept" in (self.folder / "log").read_text(errors="replace"), 20) == float("inf"):
            raise MissingError("redis-server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            (self.folder / "log").unlink()


@contextmanager
def redis() -> Iterator[Redis]:
    from portal.benchmark.servers import free_port

    with tempfile.TemporaryDirectory(prefix="portal-faults-redis-") as folder:
        server = Redis(Path(folder), free_port())
        try:
            server.start()
            yield server
        finally:
            server.kill()


def trial(trial: Trial) -> None:
    if f'"{SETTING}"' not in (ROOT / "portal" / "settings.py").read_text():
        raise MissingError(f"this portal uses no Redis: it has no setting {SETTING}")
    if not shutil.which("redis-server"):
        raise MissingError("there is no redis-server")
    try:
        import redis as package  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        raise MissingError("the Python package redis is not installed") from None
    os.environ.pop(SETTING, None)
    options = trial.options
    with scratch.site(trial, on="postgresql") as site, redis() as server:
        os.environ[SETTING] = server.url
        names, projects = site.staff(options.editors), site.projects(options.editors * 3)
        with site.serving(2) as portal:
            before = scratch.workers_of(portal.pid)
            editors = crowd.editors(portal.base, names, projects, options.seed)
            scratch.close()
            with crowd.at_work([crowd.Reader(portal.base) for _ in range(options.readers)], editors) as people:
                for number in range(options.rounds):
                    _one_round(trial, number, server, portal.base, people)
            trial.did(f"{len(people.asked):,} requests of readers: {people.statuses()}")
            trial.did(f"{len(people.edits)} saves of editors: {ledger.counted(people.edits)}")
            trial.holds({one.status for one in people.asked} == {200}, "readers noticed nothing")
            trial.holds(not people.told, "editors noticed nothing")
            trial.lost(f"an editor was told {one.status}: {one.words}" for one in people.told[:3])
            trial.lost(people.faults)
            trial.holds(scratch.workers_of(portal.pid) == before, "no process of the portal was started anew")
        os.environ.pop(SETTING)
        scratch.close()
        ledger.judge(trial, people.edits)


def _one_round(trial: Trial, number: int, server: Redis, base: str, people: crowd.Crowd) -> None:
    time.sleep(2)
    server.kill()
    saves, begun = people.saves, time.monotonic()
    statuses = [_wrong_password(base) for _ in range(8)]
    time.sleep(max(0, AWAY - (time.monotonic() - begun)))
    trial.did(
        f"{number + 1}: Redis away for {AWAY} s; {people.saves - saves} saves; wrong passwords answered {statuses}"
    )
    trial.holds(people.saves > saves, "editors saved without it")
    trial.holds(all(status in {200, 403, 429, 503} for status in statuses), "signing in said no, and never broke")
    server.start()


def _wrong_password(base: str) -> int:
    browser = Browser(base)
    fields = browser.form("/admin/login/")
    return browser.post("/admin/login/", {**fields, "login": ["nobody"], "password": ["not this one"]}).status


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=300, rounds=2, readers=4, editors=2))
