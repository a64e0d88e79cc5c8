"""The portal as readers meet it: its sample content, served in production by the server that `make serve` starts.

Each file of tests has a portal of its own, so none finds what another has left behind. The content is read in once, by
the first process that needs it, and copied.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
# The same in every process of a run: they share a copy of the accounts.
PASSWORD = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_urlsafe(12)
SLOWEST = ["test_public_pages.py", "test_sign_in.py", "test_turn_of_the_year.py", "test_as_at.py"]
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent or item.path.name not in SLOWEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What failed says what was in front of it: an address and what a screen reader would find there."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    page = fixtures.get("page") or getattr(fixtures.get("tab"), "page", None)
    if report.failed and call.when == "call" and page is not None:
        try:
            found = page.locator("body").aria_snapshot(timeout=5000)
        except Error as error:
            found = f"The browser does not say: {error}"
        report.sections.append(("Page", f"{page.url}\n{found}"))
    return report


@dataclass(frozen=True)
class Portal:
    """A portal, its one member of staff, and the sessions of all who have signed in by ``sign_in``."""

    url: str
    environment: Mapping[str, str] = field(repr=False)
    name: str = "editor"
    password: str = PASSWORD
    sessions: dict[str, list[Any]] = field(default_factory=dict, repr=False)

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)


def sign_in(page: Page, portal: Portal, name: str, path: str) -> None:
    """Open ``path`` as ``name``: in a session that this portal knows, else by name and password."""
    page.context.add_cookies(portal.sessions.get(name, []))
    page.goto(f"{portal.url}{path}")
    if page.url.startswith(f"{portal.url}/admin/login/"):
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: url == f"{portal.url}{path}")
        portal.sessions[name] = page.context.cookies()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{url}/healthz", timeout=2).status == 200)  # noqa: S310
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample content and one member of staff, and static files collected."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of this run, for all its processes
    done = folder / "filled"
    with (folder / "filled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            var = folder / "filling"
            shutil.rmtree(var, ignore_errors=True)  # where another process failed
            portal = _portal("http://127.0.0.1", var)
            portal.manage("migrate", "--verbosity", "0")
            portal.manage("import_content", "sample")
            portal.manage("collectstatic", "--no-input", "--verbosity", "0")
            words = ["--no-input", "--username", portal.name, "--email", "editor@portal.example"]
            portal.manage("createsuperuser", *words)
            var.rename(done)
    return done


@pytest.fixture(scope="module")
def portal(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal whose staff come in with a password alone; tests/browser/test_sign_in.py has one with a second step."""
    with running(filled, tmp_path_factory.mktemp("portal"), REQUIRE_MFA="false") as found:
        yield found


def _portal(url: str, var: Path, **variables: str) -> Portal:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "PORTAL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PORTAL_URL": url,
        "PORTAL_VAR": str(var),
        "SECURE_SSL": "false",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        **variables,
    }
    return Portal(url, environment)


@contextmanager
def running(filled: Path, var: Path, host: str = "127.0.0.1", **variables: str) -> Iterator[Portal]:
    """A copy of what is filled, in the folder ``var``, and the production server for it on a free port."""
    shutil.copytree(filled, var, dirs_exist_ok=True)
    port = _free_port()
    url = f"http://{host}:{port}"
    found = _portal(url, var, **variables)
    # What one process has changed, readers of the other see on their next request.
    serve = [sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(serve, cwd=ROOT, env=found.environment, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                if _answers(url):
                    break
                time.sleep(0.1)
            else:
                pytest.fail("The portal did not start within 30 seconds.")
            yield found
        finally:
            server.terminate()
            server.wait(timeout=20)
            shutil.rmtree(var)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Tab:
    """A page of the browser and what it complained of."""

    page: Page
    complaints: list[str]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A new browser without cookies. What a page writes to the console, or fails to run or load, is a complaint."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    page = context.new_page()
    complaints: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if "Autofocus processing was blocked" in message.text:
            return  # a test may type before the page is whole; the browser then leaves the focus where it is
        complaints.append(f"{page.url}: {message.type}: {message.text}")

    def error(fault: Error) -> None:
        complaints.append(f"{page.url}: {fault}")

    page.on("console", console)
    page.on("pageerror", error)
    yield Tab(page, complaints)
    context.close()
