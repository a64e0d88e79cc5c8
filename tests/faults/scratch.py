"""A portal on scratch data, as production runs it: a folder, a database, content, staff, and the production server."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import postgres
from tests.faults.trial import ROOT, MissingError, Trial, until

WORKERS = 3
TECHNIQUES = 8
# Where an earlier script of the same run has collected the static files: they are the same for all.
STATIC = "FAULTS_STATIC"


@dataclass
class Scratch:
    """What a script works with. ``folder`` and all in it goes at the end; ``var`` is the portal's own."""

    trial: Trial
    folder: Path
    var: Path
    database: postgres.Postgres | None = None

    @property
    def on(self) -> str:
        return "postgresql" if self.database else "sqlite"

    @contextmanager
    def serving(self, workers: int = WORKERS, *, stops: bool = False) -> Iterator[Any]:
        """The server as `make serve` starts it, from when pages are answered, until the block ends.

        Unless the block ``stops`` it, it must go on until then.
        """
        from portal.benchmark import servers

        with servers.portal(self.folder, workers) as server:
            if until(lambda: asked(server.base, "/healthz") == 200, 90) == float("inf"):
                raise servers.ServerError(self.log())
            yield server
            if not stops and not workers_of(server.pid):
                self.trial.lost(f"the server has ended: {self.log()[-2_000:]}")

    def log(self) -> str:
        """What the server has written so far."""
        path = self.folder / "serve.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def staff(self, number: int) -> list[str]:
        """Make so many people who may do everything; their names."""
        from portal.models import User
        from tests.factories import PASSWORD

        names = [f"editor-{one}" for one in range(number)]
        for name in names:
            User.objects.create_superuser(name, password=PASSWORD)
        return names

    def projects(self, number: int) -> list[int]:
        """Make so many open projects with terms to edit; their ids."""
        from tests import factories as make

        if not make.Technique.objects.filter(name__startswith="Technique ").exists():
            make.TechniqueFactory.create_batch(TECHNIQUES)
        return [make.ProjectFactory(slug=f"edited-{one}").pk for one in range(number)]


@contextmanager
def site(trial: Trial, *, on: str, var: Path | None = None, data: Path | None = None) -> Iterator[Scratch]:
    """A portal with the sample content, ``on`` "postgresql" or "sqlite". Django is set up for it in this process.

    ``var`` and ``data`` are where the portal and PostgreSQL write, if not on the disk of temporary files.
    """
    if not (ROOT / "frontend" / "build" / "portal.css").exists():
        raise MissingError("the stylesheet is not built; run “make css” first")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-faults-")))
        database = stack.enter_context(postgres.running(data)) if on == "postgresql" else None
        scratch = Scratch(trial, folder, var or folder / "var", database)
        _set_up(scratch)
        begun = time.monotonic()
        _fill(scratch)
        trial.did(f"a portal with the sample content on {on}, in {time.monotonic() - begun:.0f} s")
        try:
            yield scratch
        finally:
            close()


def _set_up(scratch: Scratch) -> None:
    import django

    for name in ("DATABASE_URL", "EMAIL_HOST", "OIDC_SERVER_URL", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="portal.settings",
        PORTAL_ENV="production",
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="127.0.0.1",
        SECURE_SSL="false",
        REQUIRE_MFA="false",  # how people sign in is not what is tried here
        PORTAL_VAR=str(scratch.var),
        LOG_LEVEL="WARNING",
    )
    if scratch.database:
        os.environ["DATABASE_URL"] = scratch.database.url
    scratch.var.mkdir(parents=True, exist_ok=True)
    django.setup()


def _fill(scratch: Scratch) -> None:
    from django.core.management import call_command

    from portal.importing import import_paths

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    collected = os.environ.get(STATIC)
    if collected and (Path(collected) / "staticfiles.json").exists():
        (scratch.var / "static").symlink_to(collected)
    else:
        call_command("collectstatic", interactive=False, verbosity=0)
        if collected:
            shutil.copytree(scratch.var / "static", collected, dirs_exist_ok=True)
    import_paths([str(ROOT / "sample")])


def close() -> None:
    """Give up this process's connections: the server may have gone and come since."""
    from django.db import connections

    connections.close_all()


def asked(base: str, path: str) -> int:
    """The status that an address answers; 0 where nobody does."""
    import http.client

    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def workers_of(pid: int) -> set[int]:
    """The processes that answer for the server whose first process this is."""
    from portal.benchmark import processes

    return set(processes.tree(pid)) - {pid}


def has_ended(pid: int) -> bool:
    """Whether it has, also where nobody has asked yet how."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat[stat.rindex(")") + 2] == "Z"


def python(*arguments: str) -> list[str]:
    """The command line of a command of ``manage.py``."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]
