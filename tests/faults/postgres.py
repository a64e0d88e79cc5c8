"""A PostgreSQL of one's own in a temporary folder, to kill. It keeps what it acknowledged, as in production."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.trial import MissingError, until

USER = NAME = "portal"
PATIENCE = 60  # seconds to start, which after a crash is to read the log, and to stop
PROGRAMS = ("initdb", "postgres", "pg_isready", "createdb", "dropdb")


class Postgres:
    """It stands in ``home``, opens no port, and is reached by its socket there. Its data may lie elsewhere."""

    def __init__(self, home: Path, data: Path | None = None) -> None:
        self.home, self.data = home, data or home / "data"
        self.programs = _programs()
        self.as_owner = _as_owner()
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"postgres://{USER}@{str(home).replace('/', '%2F')}/{NAME}"

    def create(self) -> None:
        if self.as_owner:
            for folder in (self.home, self.data.parent):
                shutil.chown(folder, "postgres", "postgres")
        self._do(
            "initdb", f"--pgdata={self.data}", f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--locale=C"
        )
        self.start()
        self.create_database(NAME)

    def create_database(self, name: str, *options: str) -> None:
        self._do("createdb", f"--host={self.home}", f"--username={USER}", *options, name)

    def drop_database(self, name: str) -> None:
        # A process that was killed may not have been missed yet.
        self._do("dropdb", f"--host={self.home}", f"--username={USER}", "--force", name)

    def start(self) -> float:
        """Start it, and give the seconds until it answers."""
        command = [*self.as_owner, str(self.programs / "postgres"), "-D", str(self.data), "-c", "listen_addresses="]
        settings = {"unix_socket_directories": self.home, "fsync": "on", "synchronous_commit": "on"}
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        seconds = until(self.answers, PATIENCE)
        if seconds == float("inf"):
            raise RuntimeError((self.home / "log").read_text(errors="replace")[-2_000:])
        return seconds

    def answers(self) -> bool:
        ready = [str(self.programs / "pg_isready"), "--quiet", f"--host={self.home}", f"--username={USER}"]
        return subprocess.run(ready, cwd="/", check=False).returncode == 0

    def kill(self) -> int:
        """All its processes at once, without a word, as when the machine loses its power. Gives how many there were."""
        if self.process is None:
            return 0
        from portal.benchmark import processes

        # The first goes first, so that it begins none anew.
        pids = [self.process.pid, *(set(processes.tree(self.process.pid)) - {self.process.pid})]
        for pid in pids:
            _signal(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), PATIENCE)
        self.process = None
        return len(pids)

    def stop(self) -> None:
        """At once and in order: sessions are broken off, and nothing is left to recover but the log."""
        if self.process is not None:
            _signal(self.process.pid, signal.SIGQUIT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def _do(self, program: str, *arguments: str) -> None:
        command = [*self.as_owner, str(self.programs / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr[-1_000:]}")


@contextmanager
def running(data: Path | None = None) -> Iterator[Postgres]:
    """One that is made, answers, and is gone afterwards. Raises ``MissingError``."""
    with tempfile.TemporaryDirectory(prefix="portal-faults-postgres-") as folder:
        server = Postgres(Path(folder), data)
        try:
            server.create()
            yield server
        finally:
            server.stop()


def _programs() -> Path:
    folders = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
            return folder
    raise MissingError(f"no PostgreSQL server was found ({', '.join(PROGRAMS)})")


def _as_owner() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise MissingError("PostgreSQL does not run as root, and there is no user postgres") from None
    if not shutil.which("setpriv"):
        raise MissingError("PostgreSQL does not run as root, and there is no setpriv")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
