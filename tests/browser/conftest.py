"""The portal as readers meet it: its sample content, served in production by the server that `make serve` starts."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = secrets.token_urlsafe(12)
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Portal:
    """A running portal and its one member of staff."""

    url: str
    environment: Mapping[str, str] = field(repr=False)
    name: str = "editor"
    password: str = PASSWORD

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)


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
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal whose staff come in with a password alone; tests/browser/test_sign_in.py has one with a second step."""
    with running(tmp_path_factory.mktemp("portal"), REQUIRE_MFA="false") as found:
        yield found


@contextmanager
def running(var: Path, host: str = "127.0.0.1", **variables: str) -> Iterator[Portal]:
    """A database with the sample content, static files collected, and the production server on a free port."""
    port = _free_port()
    url = f"http://{host}:{port}"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "PORTAL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": f"127.0.0.1,{host}",
        "PORTAL_URL": url,
        "PORTAL_VAR": str(var),
        "SECURE_SSL": "false",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        **variables,
    }

    found = Portal(url, environment)
    found.manage("migrate", "--verbosity", "0")
    found.manage("import_content", "sample")
    found.manage("collectstatic", "--no-input", "--verbosity", "0")
    found.manage("createsuperuser", "--no-input", "--username", found.name, "--email", "editor@portal.example")
    serve = ["granian", "--interface", "wsgi", "portal.wsgi:application", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", *serve], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(100):
                if _answers(url):
                    break
                time.sleep(0.2)
            else:
                pytest.fail("The portal did not start within 20 seconds.")
            yield found
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
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
