#!/usr/bin/env python3
"""Redis killed with -9 under load, or standing still, and back again: the portal is slower without it, and not down.

Readers go on, staff save and sign in with a code, which works once, and no process of the portal is started anew. Needs
a redis-server, and the Python package redis.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
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
from tests.faults.trial import MissingError, Trial, run, until

AWAY = 6  # seconds
ASKS_IT = "/readyz"  # on each request
PLACES = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin")
SLOWEST = 15.0  # seconds for any page, on a machine that is busy


class Redis:
    """A server of one's own, that keeps nothing on the disk."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.folder}
        command = [_program(), *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        if until(lambda: "Ready to accept" in (self.folder / "log").read_text(errors="replace"), 20) == float("inf"):
            raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2_000:])

    def hang(self) -> None:
        """It holds its connections and answers nothing, as where a network has swallowed them."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

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


def _program() -> str:
    found = shutil.which("redis-server") or shutil.which("redis-server", path=os.pathsep.join(PLACES))
    if not found:
        raise MissingError("there is no redis-server")
    return found


def trial(trial: Trial) -> None:
    _program()
    try:
        import redis as package  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        raise MissingError("the Python package redis is not installed") from None
    os.environ.pop("REDIS_URL", None)
    options = trial.options
    with scratch.site(trial, on="postgresql") as site, redis() as server:
        names, projects = site.staff(options.editors), site.projects(options.editors * 3)
        keys = _accounts_with_codes(options.rounds)
        os.environ["REDIS_URL"] = server.url
        with site.serving(2) as portal:
            before = scratch.workers_of(portal.pid)
            editors = crowd.editors(portal.base, names, projects, options.seed)
            scratch.close()
            readers = [crowd.Reader(portal.base, (*crowd.PATHS, ASKS_IT)) for _ in range(options.readers)]
            with crowd.at_work(readers, editors) as people:
                for number, (name, key) in enumerate(keys.items()):
                    _one_round(trial, number, server, portal.base, people)
                    _code_works_once(trial, portal.base, name, key)
                    _back(trial, site, server, portal.base)
            trial.did(f"{len(people.asked):,} requests of readers: {people.statuses()}")
            trial.did(f"{len(people.edits)} saves of editors: {ledger.counted(people.edits)}")
            slowest = max(one.ended - one.begun for one in people.asked)
            trial.lost(f"{one.path} answered {one.status}" for one in people.asked if one.status != 200)
            trial.holds(
                {one.status for one in people.asked} == {200} and slowest < SLOWEST,
                f"readers had their page each time, the slowest after {slowest:.1f} s",
            )
            trial.holds(not people.told, "editors noticed nothing")
            trial.lost(f"an editor was told {one.status}: {one.words}" for one in people.told[:3])
            trial.lost(people.faults)
            trial.holds(scratch.workers_of(portal.pid) == before, "no process of the portal was started anew")
        os.environ.pop("REDIS_URL")
        scratch.close()
        ledger.judge(trial, people.edits)


def _accounts_with_codes(many: int) -> dict[str, str]:
    """People with an authenticator app, and the key that theirs has."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from portal.models import User
    from tests.factories import PASSWORD

    keys = {f"second-step-{number}": generate_totp_secret() for number in range(many)}
    for name, key in keys.items():
        TOTP.activate(User.objects.create_superuser(name, password=PASSWORD), key)
    return keys


def _one_round(trial: Trial, number: int, server: Redis, base: str, people: crowd.Crowd) -> None:
    time.sleep(2)
    hangs = number % 2 == 1
    before = _median(base)
    if hangs:
        server.hang()
    else:
        server.kill()
    saves, begun = people.saves, time.monotonic()
    without = _median(base)
    statuses = [_wrong_password(base) for _ in range(4)]
    time.sleep(max(0, AWAY - (time.monotonic() - begun)))
    until(lambda: people.saves > saves, SLOWEST)
    trial.did(
        f"{number + 1}: Redis {'stood still' if hangs else 'away'} for {AWAY} s; {people.saves - saves} saves; a page "
        f"that asks it took {before:.0f} ms with it and {without:.0f} ms without"
    )
    trial.holds(people.saves > saves, "editors saved without it")
    trial.holds(set(statuses) == {200}, f"whoever typed a wrong password was told so {len(statuses)} times")


def _median(base: str) -> float:
    """Milliseconds of a page that asks Redis each time."""
    found = []
    for _ in range(5):
        begun = time.monotonic()
        scratch.asked(base, ASKS_IT)
        found.append((time.monotonic() - begun) * 1_000)
    return statistics.median(found)


def _code_works_once(trial: Trial, base: str, name: str, key: str) -> None:
    """Which codes were used is what the portal keeps in Redis, where it has one."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    until(lambda: time.time() % 30 < 15, 30)  # so that the code is not over before it was tried twice
    code = format_hotp_value(hotp_value(key, next(iter(yield_hotp_counters_from_time()))))
    found = [_enter(base, name, code) for _ in range(2)]
    trial.holds(found == [True, False], f"without it, a code of the app opens the admin once, and not twice: {found}")


def _enter(base: str, name: str, code: str) -> bool:
    browser = Browser(base)
    browser.sign_in(name)
    path = "/admin/login/second-step/"
    answer = browser.post(path, {**browser.form(path), "code": [code]})
    return answer.status == 302 and browser.get("/admin/").status == 200


def _back(trial: Trial, site: scratch.Scratch, server: Redis, base: str) -> None:
    server.kill()
    server.start()
    marks = [site.log().count(words) for words in ("does not answer (", "answers again")]
    trial.holds(marks[0], "the portal said in its log that Redis does not answer")
    seconds = until(
        lambda: scratch.asked(base, ASKS_IT) == 200 and site.log().count("answers again") > marks[1], 30, pause=0.5
    )
    trial.holds(seconds < 30, f"it uses Redis again {seconds:.0f} s after its return")


def _wrong_password(base: str) -> int:
    browser = Browser(base)
    fields = browser.form("/admin/login/")
    return browser.post("/admin/login/", {**fields, "login": ["nobody"], "password": ["not this one"]}).status


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=900, rounds=4, readers=4, editors=2))
