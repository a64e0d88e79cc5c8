"""The servers that are measured, on ports of this machine that are free: the portal's own, and nginx beside it."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

HOST = "127.0.0.1"
PATIENCE = 30  # seconds to start, and to stop
NGINX_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")

# As good as it can be made: files that are compressed already and held open, no log, one process for each core.
NGINX = """
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/nginx.log error; {user}
events {{ worker_connections 1024; }}
http {{
  types {{ text/html html; }}
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
  open_file_cache max=1000 inactive=60s; etag on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen {host}:{port}; root {folder}/www; gzip_static on; }}
}}
"""


class ServerError(Exception):
    """A server that did not start."""


@dataclass(frozen=True)
class Server:
    """One that answers: its base address, and the id of its first process."""

    base: str
    pid: int


@dataclass(frozen=True)
class Answer:
    """What a server answers: ``size`` is all that went over the wire, head and body."""

    status: int
    etag: str
    body: bytes
    size: int


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def connect(server: Server) -> http.client.HTTPConnection:
    """A connection that stays open from one request to the next."""
    return http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=PATIENCE)


def ask(connection: http.client.HTTPConnection, address: str, headers: dict[str, str]) -> Answer:
    """Ask for an address of a server."""
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    body = response.read()
    head = f"HTTP/1.1 {response.status} {response.reason}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in response.getheaders()
    )
    return Answer(response.status, response.headers.get("ETag", ""), body, len(head.encode()) + 2 + len(body))


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> Iterator[Server]:
    """A server, from when it answers. It stops afterwards, whatever happens. Raises ``ServerError``."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
    try:
        server = Server(f"http://{HOST}:{port}", process.pid)
        _wait_for(process, port, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise ServerError(f"{process.args!r} does not answer: {log.read_text(errors='replace')[-2_000:]}")


@contextmanager
def portal(folder: Path, workers: int) -> Iterator[Server]:
    """The portal, as ``make serve`` starts it."""
    port = free_port()
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    command = [*manage, "serve", f"--host={HOST}", f"--port={port}", f"--workers={workers}"]
    with running(command, port, folder / "serve.log") as server:
        yield server


def nginx_program() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), *NGINX_PLACES]))


@contextmanager
def nginx(program: str, folder: Path, workers: int) -> Iterator[Server]:
    """nginx before the files of ``folder``/www, each beside its compressed ``.gz``."""
    port = free_port()
    user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(workers=workers, folder=folder, host=HOST, port=port, user=user))
    with running([program, "-c", str(configuration), "-p", str(folder)], port, folder / "nginx.out") as server:
        yield server
