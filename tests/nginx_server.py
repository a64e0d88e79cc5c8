"""A real nginx on this machine with the portal's own configuration, in front of whatever a test gives it."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
from django.conf import settings

DEPLOY = Path(settings.BASE_DIR) / "deploy"
HOST = "portal.example"
HERE = "127.0.0.1"


def program(name: str) -> str:
    """Where a program is. Without it the test is skipped, saying so, and fails where all are required."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        words = f"{name} is not installed"
        pytest.fail(words) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(words)
    return path


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until somebody listens there. The wait is long for a machine with much to do."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((HERE, port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"Nobody listens at port {port}:\n{log.read_text()[-3000:]}")


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Nginx:
    """Asked as a browser asks it, except that its ports are others."""

    folder: Path
    ports: dict[str, int]
    certificate: Path

    def connect(self, *, secure: bool = True, name: str = HOST) -> http.client.HTTPConnection:
        port = self.ports["443" if secure else "80"]
        connection = http.client.HTTPConnection(HERE, port, timeout=60)
        connection.connect()
        if secure:
            context = ssl.create_default_context(cafile=str(self.certificate))
            context.check_hostname = name == HOST
            connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
        return connection

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        secure: bool = True,
        host: str = HOST,
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """``headers`` are named with ``_`` for ``-``. What is there twice is there twice in the answer's, too."""
        connection = self.connect(secure=secure)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            if body is not None and "Content-Length" not in named:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in named.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def log(self, until: Callable[[str], object]) -> str:
        """What stands in its log, which is written a moment after the answer was sent."""
        for _ in range(100):
            if until(text := (self.folder / "portal.log").read_text()):
                return text
            time.sleep(0.1)
        pytest.fail(f"It never stood in the log:\n{text}")


@contextmanager
def nginx(folder: Path, *upstream: int, static: Path | None = None) -> Iterator[Nginx]:
    """The configuration under deploy/, with ports and paths replaced, in front of the ports ``upstream``."""
    binary = program("nginx")
    folder.mkdir(parents=True)
    certificate, key = _certificate(folder)
    ports = {"80": free_port(), "443": free_port()}
    text = (DEPLOY / "nginx" / "portal.conf").read_text()
    text = re.sub(r"^\s*listen \[::\]:.*\n", "", text, flags=re.M)  # where a machine has no IPv6
    text = re.sub(r"listen (\d+)", lambda found: f"listen {HERE}:{ports[found[1]]}", text)
    [options] = {found[1] for found in re.finditer(r"^ +server 127\.0\.0\.1:\d+(.*;)$", text, re.M)}
    servers = "".join(f"server {HERE}:{port}{options}\n" for port in upstream)
    text, replaced = re.subn(r"(?:^ +server 127\.0\.0\.1:.*\n)+", servers, text, flags=re.M)
    assert replaced == 1
    for path, here in {
        "/etc/letsencrypt/live/portal.example/fullchain.pem": certificate,
        "/etc/letsencrypt/live/portal.example/privkey.pem": key,
        "/var/log/nginx/": f"{folder}/",
        "/var/www/acme": folder / "acme",
        "root /var/lib/portal;": f"root {static or folder};",
        "/srv/portal/deploy": DEPLOY,
    }.items():
        assert path in text, path
        text = text.replace(path, str(here))
    (folder / "portal.conf").write_text(text)
    snippets = folder / "snippets"
    snippets.mkdir()
    for path in (DEPLOY / "nginx").glob("portal-*.conf"):
        shutil.copy(path, snippets)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Its workers would else be somebody who may not look into a folder of the tests.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        "events { worker_connections 256; }\n"
        f"http {{\ninclude /etc/nginx/mime.types;\n{temporary}include portal.conf;\n}}\n"
    )
    command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    check = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert "[warn]" not in check.stderr, check.stderr
    with (folder / "out").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            wait_for(ports["443"], process, folder / "out")
            yield Nginx(folder, ports, certificate)
        finally:
            process.terminate()
            process.wait(60)


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        [program("openssl"), "req", *kind, *subject, "-keyout", str(key), "-out", str(certificate)],
        capture_output=True,
        check=True,
    )
    return certificate, key
