"""The portal behind a real nginx with the configuration that comes with it: what each of them says, and who says it."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.nginx_server import DEPLOY, HERE, Nginx, free_port, nginx, program, wait_for
from tests.test_production import GOOD, ROOT, manage
from tests.web_server import answering

IMAGE = b"RIFF"
ONCE = (
    "Strict-Transport-Security Content-Security-Policy X-Content-Type-Options X-Frame-Options Referrer-Policy "
    "Permissions-Policy Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy X-Permitted-Cross-Domain-Policies "
    "Content-Type Server Date"
).split()
FORGED = {
    "X_Forwarded_For": "203.0.113.9",
    "X_Forwarded_Proto": "http",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Port": "1",
    "X_Real_IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example",
    "X_Request_ID": "forged",
    "Proxy": "http://evil.example",
}


@pytest.fixture(scope="module")
def var(tmp_path_factory: Any) -> Path:
    """The folder of a portal, with its database and its static files."""
    program("nginx")
    folder = tmp_path_factory.mktemp("behind-nginx") / "var"
    for command in ("migrate", "collectstatic"):
        done = manage(command, "--no-input", "--verbosity", "0", var=folder, **GOOD)
        assert done.returncode == 0, done.stderr
    (folder / "media" / "fellows").mkdir(parents=True)
    (folder / "media" / "fellows" / "hidden.webp").write_bytes(IMAGE)
    return folder


@pytest.fixture(scope="module")
def portal(var: Path) -> Iterator[int]:
    """The port of a portal that runs as its unit says."""
    port = free_port()
    served = ["manage.py", "serve", "--host", HERE, "--port", str(port), "--workers", "1"]
    log = var.parent / "portal.log"
    variables = {"PATH": "/usr/bin:/bin", "PORTAL_VAR": str(var), "TRUST_PROXY": "true", **GOOD}
    command = [sys.executable, *served]
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=variables, stdout=out, stderr=out) as process:
        try:
            wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def site(var: Path, portal: int) -> Iterator[Nginx]:
    """The portal behind nginx, with a second process that is away, as while it is restarted."""
    with nginx(var.parent / "nginx", free_port(), portal, static=var) as found:
        yield found


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Nginx]:
    """nginx in front of a stand-in that says what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps({"path": self.path, "headers": [[*pair] for pair in self.headers.items()]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *args: Any) -> None:
            pass

    with answering(Handler) as port, nginx(tmp_path / "nginx", port) as found:
        yield found


@pytest.fixture
def away(tmp_path: Path, var: Path) -> Iterator[Nginx]:
    """nginx while no process of the portal is there."""
    with nginx(tmp_path / "nginx", free_port(), free_port(), static=var) as found:
        yield found


# Who is answered


def test_readers_are_sent_to_https_with_all_that_they_asked_for(site):
    found = site.ask("/projects/?status=open&q=a%20b", secure=False)
    assert (found.status, found.headers["Location"]) == (301, "https://portal.example/projects/?status=open&q=a%20b")
    assert found.headers["Server"] == "nginx", "and no version"


def test_another_host_is_told_nothing(site):
    for host in ("evil.example", HERE, "localhost"):
        for secure in (True, False):
            with pytest.raises(OSError, match=r"closed|reset"):
                site.ask("/", secure=secure, host=host)
    for name in ("evil.example", "www.portal.example"):
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            site.connect(name=name)


@pytest.mark.parametrize(("ciphers", "is_spoken"), [("ECDHE+AESGCM", True), ("AES128-SHA:AES128-GCM-SHA256", False)])
def test_only_what_is_safe_for_good_is_spoken(site, ciphers, is_spoken):
    context = ssl.create_default_context(cafile=str(site.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    with socket.create_connection((HERE, site.ports["443"])) as plain:
        if is_spoken:
            with context.wrap_socket(plain, server_hostname="portal.example") as spoken:
                assert spoken.version() == "TLSv1.2"
        else:
            with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
                context.wrap_socket(plain, server_hostname="portal.example")


# What the portal says


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/projects/", 200), ("/admin/login/", 200), ("/no/", 404)])
def test_a_page_comes_with_each_header_once(site, path, status):
    found = site.ask(path)
    assert found.status == status
    for name in ONCE:
        assert len(found.headers.get_all(name, [])) == 1, name
    assert found.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert found.headers["Server"] == "nginx"
    assert not {"Via", "X-Powered-By"} & set(found.headers)
    [request] = found.headers.get_all("X-Request-ID")
    assert site.log(lambda text: f'"request":"{request}"' in text), "one id in both logs"


def test_what_a_visitor_forges_does_not_arrive(echo):
    found = json.loads(echo.ask("/projects/", **FORGED).body)
    headers = {}
    for name, value in found["headers"]:
        assert name.lower() not in headers, f"{name} stands there twice"
        headers[name.lower()] = value
    assert headers["x-forwarded-for"] == HERE
    assert headers["x-forwarded-proto"] == "https"
    assert headers["host"] == "portal.example"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    assert not {"x-forwarded-host", "x-forwarded-port", "x-real-ip", "forwarded", "proxy"} & set(headers)
    assert not any("evil" in value or "203.0.113" in value for value in headers.values())


def test_a_forged_header_moves_nothing(site):
    found = site.ask("/projects/", **FORGED)
    assert found.status == 200, "and no redirect to HTTPS once more"
    assert b"evil.example" not in found.body


@pytest.mark.parametrize(
    "path", ["/projects//x//", "/a%2Fb/", "/a/%2e%2e/b", "/a%20b?c=%26&d", "/%C3%A9/?shared=x", "/a;b"]
)
def test_an_address_arrives_as_it_was_asked_for(echo, path):
    assert json.loads(echo.ask(path).body)["path"] == path


def test_what_stands_in_the_log_is_one_line_without_personal_data(echo):
    echo.ask(
        "/search/?q=my+illness&shared=token", User_Agent='Bro"wser\tof mine', Referer="https://portal.example/?q=x"
    )
    echo.ask("/a%0a%22forged%22:%0d/")
    echo.ask("/admin/forgotten-password/a1-secret-key/?next=/")
    text = echo.log(lambda text: text.count("\n") == 3)
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["path"] for line in lines] == ["/search/", "/a%0a%22forged%22:%0d/", "/admin/forgotten-password/-"]
    assert all(re.fullmatch(r"[0-9a-f]{32}", line["request"]) for line in lines)
    assert not re.search(r"illness|token|secret|wser|127\.0\.0\.1|\?", text)


# Files


def static(site: Nginx, name: str) -> str:
    return re.search(rf"/static/[\w./-]*{name}", site.ask("/").text)[0]


def test_a_file_with_a_hash_is_kept_for_good_and_sent_compressed(site, var):
    path = static(site, r"portal\.[0-9a-f]{12}\.css")
    found = site.ask(path, Accept_Encoding="gzip")
    assert found.status == 200
    assert found.headers["Cache-Control"] == "public, max-age=315360000, immutable"
    assert found.headers["Content-Encoding"] == "gzip"
    assert found.headers["Vary"] == "Accept-Encoding"
    assert found.body == (var / f"{path[1:]}.gz").read_bytes()
    assert found.headers["Content-Type"].startswith("text/css")
    plain = site.ask("/static/portal/error.css")
    assert (plain.status, plain.headers["Cache-Control"]) == (200, "public, max-age=60")


def test_a_file_says_as_much_as_a_page_of_its_policy(site):
    page = site.ask("/")
    for path in (static(site, r"portal\.[0-9a-f]{12}\.css"), "/static/portal/error.css"):
        found = site.ask(path)
        for name in set(ONCE) - {"Content-Security-Policy", "Content-Type", "Date"}:
            assert found.headers.get_all(name) == page.headers.get_all(name), name
        assert found.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_part_of_a_file_is_not_sent_and_no_header_stands_there_twice(site):
    """nginx says what it adds twice where it refuses a part (416)."""
    for path in (static(site, r"portal\.[0-9a-f]{12}\.css"), "/static/portal/error.css"):
        for part in ("bytes=0-9", "bytes=99999999-", "bytes=0-1,3-4"):
            found = site.ask(path, Range=part)
            assert (found.status, len(found.body)) == (200, len(site.ask(path).body))
            for name in ONCE:
                assert len(found.headers.get_all(name, [])) == 1, (part, name)


def test_only_static_files_are_taken_from_the_disk(site, var):
    assert (var / "portal.sqlite3").is_file()
    for path in (
        *("/static../portal.sqlite3", "/static/../portal.sqlite3", "/static/%2e%2e/portal.sqlite3"),
        *("/static/", "/static", "/static/no.css", "/static//etc/passwd", "/media/fellows/hidden.webp"),
        *("/.nginx/503.html", "/portal.sqlite3", "/nginx/portal.conf", "/.env"),
    ):
        found = site.ask(path)
        assert found.status in {301, 400, 403, 404}, path
        assert IMAGE not in found.body
        assert b"SQLite" not in found.body
    assert "404" not in site.ask("/static/no.css").text.partition("<h1")[2][:40], "it is the portal's own page"


# What nginx says


def refused(found: Any, status: int, page: str) -> None:
    assert found.status == status
    assert found.text == (DEPLOY / "nginx" / "pages" / page).read_text()
    assert found.headers["Content-Type"].startswith("text/html")
    assert found.headers["Cache-Control"] == "no-store"
    for name in ONCE:
        assert len(found.headers.get_all(name, [])) == 1, name
    assert re.fullmatch(r"[0-9a-f]{32}", found.headers["X-Request-ID"])
    assert ("Retry-After" in found.headers) is (status in {429, 503}), "what is damaged now is damaged later"


def test_what_is_no_proper_request_is_refused_by_a_page_of_ours(site):
    for path in ("/projects/%00/", "/a/../../etc/passwd", "/%zz/"):
        refused(site.ask(path), 400, "400.html")
    for method in ("TRACE", "CONNECT"):
        refused(site.ask("/", method), 405, "400.html")
    refused(site.ask("/static/portal/error.css", "POST", body=b"a=b"), 405, "400.html")
    refused(site.ask("/", Transfer_Encoding="gzip"), 501, "400.html")
    refused(site.ask("/?" + "a" * 9_000), 414, "400.html")
    refused(site.ask("/", Cookie="a" * 9_000), 431, "400.html")


def test_what_is_too_large_is_refused_before_it_is_sent(site):
    refused(site.ask("/admin/", "POST", Content_Length=str(65 * 1024 * 1024)), 413, "413.html")


def test_while_the_portal_is_away_a_page_says_so_and_has_its_style(away):
    for method in ("GET", "POST"):
        found = away.ask("/projects/", method, body=b"a=b" if method == "POST" else None)
        refused(found, 503, "503.html")
        assert int(found.headers["Retry-After"]) > 0
    assert away.ask("/static/portal/error.css").status == 200


def test_who_floods_the_sign_in_is_slowed_down_and_readers_are_not(echo):
    statuses = []
    for _ in range(200):
        found = echo.ask("/admin/login/", "POST", body=b"login=a")
        statuses.append(found.status)
        if found.status != 200:
            break
    assert statuses[:20] == [200] * 20, "an office may share an address"
    refused(found, 429, "429.html")
    assert echo.ask("/admin/login/").status == 200
    assert echo.ask("/contact/ask/", "POST", body=b"a=b").status == 200


def test_a_form_arrives_while_one_process_is_restarted(site):
    """The other takes it, since nothing of it was sent to the first."""
    for _ in range(6):
        found = site.ask("/contact/ask/", "POST", body=b"name=a", Content_Type="application/x-www-form-urlencoded")
        assert found.status not in {502, 503, 504}
