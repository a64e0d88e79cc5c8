"""The production server, as it is started and as it answers: real processes, on a port of this machine."""

import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from wsgiref.validate import validator

import brotli
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.wsgi import get_wsgi_application

from portal import request_bodies, serving
from portal.benchmark import processes
from portal.benchmark.cost import get
from portal.benchmark.servers import free_port
from portal.page_cache import PageCache
from tests import factories as make

ROOT = Path(settings.BASE_DIR)
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
YEAR = 365 * 24 * 3600
PATIENCE = 20


# How it is started


def test_make_serve_prepares_what_it_needs_and_runs_the_command():
    def lines(*variables):
        command = ["make", "--no-print-directory", "-n", "serve", *variables]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [line for line in done.stdout.splitlines() if "manage.py" in line]

    migrate, collect, serve = lines("PORT=8123")
    assert "migrate" in migrate
    assert "collectstatic" in collect
    assert re.search(r"PORTAL_ENV=production exec \S+ manage.py serve --host 127.0.0.1 --port 8123\s*$", serve)
    assert lines("HOST=0.0.0.0", "WORKERS=3")[2].endswith("--host 0.0.0.0 --port 8000 --workers 3")


def test_granian_is_told_what_a_crash_and_a_crowd_need():
    from granian.server import Server

    options = serving.options(serving.Address("127.0.0.1", 8123), 2)
    server = Server(**options)
    assert (server.workers, server.bind_addr, server.bind_port) == (2, "127.0.0.1", 8123)
    assert server.respawn_failed_workers
    assert server.respawn_interval < 1
    assert 1 < serving.THREADS < 5, "each has a connection to the database"
    assert server.backlog >= 1_024
    assert server.log_access is False


READ_AHEAD = """
import gc, threading, django
django.setup()
from django.db import connection
from portal import request_bodies, serving
serving.read_ahead()
assert threading.active_count() == 1, threading.enumerate()
assert connection.connection is None
assert gc.get_freeze_count() > 100_000
"""


def test_what_is_read_ahead_leaves_nothing_that_must_not_be_shared(environment):
    variables = {**environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    subprocess.run([sys.executable, "-c", READ_AHEAD], cwd=ROOT, env=variables, check=True, timeout=120)


def test_without_a_database_it_begins_all_the_same(environment, tmp_path):
    lost = f"sqlite:///{tmp_path}/no-such-folder/portal.sqlite3"
    variables = {**environment, "DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": lost}
    subprocess.run(
        [sys.executable, "-c", READ_AHEAD], cwd=ROOT, env=variables, check=True, timeout=120, capture_output=True
    )


def test_it_serves_in_production_only():
    with pytest.raises(CommandError, match="PORTAL_ENV=production"):
        call_command("serve")


def test_it_takes_at_least_one_process(settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="at least one"):
        call_command("serve", "--workers=0")


def test_there_is_a_process_for_each_core():
    assert 1 <= serving.cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")])
def test_an_address_is_shown_as_one_opens_it(host, shown):
    assert str(serving.Address(host, 80)) == shown


# What any server can rely on


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keeps", [False, True])
def test_it_is_an_application_by_the_standard(keeps):
    """PEP 3333, by the checker of the standard library: so gunicorn and others can serve it too."""
    project = make.ProjectFactory()
    django = get_wsgi_application()
    application = validator(PageCache(django, follows=False) if keeps else django)
    for address in ("/", project.get_absolute_url(), "/projects/?status=open", "/robots.txt"):
        for _ in range(2):
            assert get(application, address)


# As it answers


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    var = tmp_path_factory.mktemp("serving")
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    variables |= {"PORTAL_ENV": "production", "PORTAL_VAR": str(var), "SECRET_KEY": KEY, "SECURE_SSL": "false"}
    variables |= {"ALLOWED_HOSTS": "127.0.0.1"}
    for command in (["migrate", "--no-input"], ["collectstatic", "--no-input"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity=0"], cwd=ROOT, env=variables, check=True, timeout=120
        )
    return variables


@contextmanager
def served(environment, log):
    port = free_port()
    command = [sys.executable, "manage.py", "serve", f"--port={port}", "--workers=2"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        until(lambda: answers(port), log)
        yield process, port
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.fixture(scope="module")
def server(environment, tmp_path_factory):
    with served(environment, tmp_path_factory.mktemp("log") / "log") as found:
        yield found


def until(is_so, log=None):
    """Wait for something. The limit is for a test that fails: it says nothing of how long it takes."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, log.read_text() if log else "it never came"
        time.sleep(0.05)


def answers(port):
    try:
        return ask(port, "/healthz").status == 200
    except OSError:
        return False


def ask(port, path, method="GET", body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, headers=named)
        response = connection.getresponse()
        response.text = response.read()
    return response


def workers(process):
    return set(processes.tree(process.pid)) - {process.pid}


def test_pages_come_compressed_and_with_their_policies(server):
    _, port = server
    for path in ("/", "/projects/", "/no-such-page/"):
        response = ask(port, path, Accept_Encoding="br" if path != "/no-such-page/" else "gzip")
        assert response.status == (404 if "no-such" in path else 200)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["Set-Cookie"] is None
    page = ask(port, "/projects/", Accept_Encoding="br")
    assert b"</html>" in brotli.decompress(page.text)
    again = ask(port, "/projects/", Accept_Encoding="br", If_None_Match=page.headers["ETag"])
    assert (again.status, again.text) == (304, b"")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_static_files_are_hashed_compressed_and_kept_for_a_year(server, encoding):
    _, port = server
    (address,) = re.findall(rb'href="(/static/portal\.[0-9a-f]{12}\.css)"', ask(port, "/").text)
    response = ask(port, address.decode(), Accept_Encoding=encoding)
    assert response.status == 200
    assert response.headers["Content-Encoding"] == (None if encoding == "identity" else encoding)
    caching = response.headers["Cache-Control"]
    assert "immutable" in caching
    assert int(re.search(r"max-age=(\d+)", caching)[1]) >= YEAR
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_what_is_kept_is_sent_before_the_event_loop(monkeypatch):
    """With a granian that takes requests on in another way, it would be sent all the same, and more slowly."""
    from granian import _futures

    class Portal:
        def answers_at_once(self, scope, protocol):
            return scope == "kept"

    class Watcher:
        def __init__(self, scope):
            self.scope, self.proto, self.is_done = scope, None, False

        def done(self):
            self.is_done = True

    looped = []
    monkeypatch.setattr(_futures, "_cbsched_aioschedule", lambda *told: looped.append)
    serving._answer_before_the_loop(Portal())
    take_on = _futures._cbsched_aioschedule("loop", "context", "callback")
    kept, other = Watcher("kept"), Watcher("other")
    take_on(kept)
    take_on(other)
    assert (kept.is_done, other.is_done, looped) == (True, False, [other])


def test_another_granian_is_said_to_be_slower(monkeypatch, caplog):
    from granian import _futures

    monkeypatch.delattr(_futures, "_cbsched_aioschedule")
    serving._answer_before_the_loop(None)
    assert "more slowly" in caplog.text


SENDING = b"POST /contact/report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def slow_senders(port, number):
    """So many send a form of which the rest does not come."""
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    try:
        for one in slow:
            one.sendall(SENDING % 1_000 + b"a=")
        yield slow
    finally:
        for one in slow:
            one.close()


def test_slow_senders_hold_up_neither_readers_nor_each_other(server):
    _, port = server
    with slow_senders(port, 50) as slow:
        assert [ask(port, path).status for path in ("/", "/projects/", "/no-such-page/")] == [200, 200, 404]
        assert ask(port, "/contact/report/", "POST", "about=/a/b").status == 200
        for one in slow:
            one.sendall(b"a")
        assert ask(port, "/healthz").status == 200


def test_many_who_send_in_one_moment_are_all_answered(server):
    _, port = server
    with ThreadPoolExecutor(50) as senders:
        statuses = [*senders.map(lambda _: ask(port, "/contact/report/", "POST", "about=/a/b").status, range(200))]
    assert statuses == [200] * 200


def test_what_is_cut_off_is_refused(server):
    _, port = server
    with slow_senders(port, 1) as (one,):
        one.shutdown(socket.SHUT_WR)
        one.settimeout(PATIENCE)
        assert one.recv(100).startswith(b"HTTP/1.1 400 ")


def test_what_does_not_say_how_long_it_is_is_refused(server):
    _, port = server
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(PATIENCE)
        one.sendall(b"POST /contact/report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 411 ")


def test_too_much_is_refused_before_it_is_sent(server):
    _, port = server
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(PATIENCE)
        one.sendall(SENDING % (request_bodies.MAX_BYTES + 1))
        assert one.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_file_is_sent_whole_and_a_list_too(server, environment):
    _, port = server
    (address,) = re.findall(rb'href="(/static/portal\.[0-9a-f]{12}\.css)"', ask(port, "/").text)
    file = Path(environment["PORTAL_VAR"]) / address.decode().lstrip("/")
    sent = ask(port, address.decode(), Accept_Encoding="identity")
    assert sent.text == file.read_bytes()
    head = ask(port, address.decode(), "HEAD", Accept_Encoding="identity")
    assert (head.text, head.headers["Content-Length"]) == (b"", str(len(sent.text)))
    part = ask(port, address.decode(), Accept_Encoding="identity", Range="bytes=10-19")
    assert (part.status, part.text) == (206, sent.text[10:20])
    assert ask(port, "/projects.csv").text.startswith(b"\xef\xbb\xbfid,")


def test_a_reader_who_has_gone_keeps_no_thread(server, environment):
    _, port = server
    for _ in range(3 * serving.THREADS * 2):
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(b"GET /projects.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert ask(port, "/no-such-page/").status == 404


def test_a_process_that_dies_is_replaced(server):
    process, port = server
    before = workers(process)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(workers(process)) == 2 and min(before) not in workers(process))
    assert process.poll() is None
    assert [ask(port, "/").status for _ in range(8)] == [200] * 8


def test_the_processes_share_the_memory_of_what_they_read(server):
    process, _ = server
    apart = sum(
        int(re.search(r"^Rss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) / 1_024
        for pid in {process.pid, *workers(process)}
    )
    assert processes.megabytes(process.pid) < 0.8 * apart


def test_to_be_told_to_stop_lets_a_request_end_that_has_begun(environment, tmp_path):
    with served(environment, tmp_path / "log") as (process, port), socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(PATIENCE)
        one.sendall(b"POST /contact/report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabout")
        time.sleep(0.5)  # until it has begun
        process.terminate()
        time.sleep(0.5)
        one.sendall(b"=/a/b")
        assert re.match(rb"HTTP/1.1 (200|403|422) ", one.recv(100))


def test_no_process_outlives_the_server(environment, tmp_path):
    """Whoever starts it again would share the port with them."""
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "manage.py", "serve", f"--port={port}", "--workers=3"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        until(lambda: len(workers(process)) == 3 and answers(port), log)
    finally:
        process.kill()
        process.wait(PATIENCE)
    until(lambda: is_refused(port), log)


def is_refused(port):
    """Whether nobody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
