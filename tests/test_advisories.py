"""``make audit``: what is known of the dependencies, and never a green tick for a check that did not run."""

from __future__ import annotations

import json
import re
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from tests.web_server import HERE, serving

ROOT = Path(__file__).resolve().parent.parent
BATCH = "/v1/querybatch"
HASH = "    --hash=sha256:" + "0" * 64
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-1", "PYSEC-2026-1"],
    "summary": "It can be\x1b[2J\nmade to stop",
    "affected": [{"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.2.99"}]}]}],
}


@pytest.fixture
def audit(monkeypatch):
    """The script bin/audit, as a module."""
    loader = SourceFileLoader("portal_audit", str(ROOT / "bin" / "audit"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    monkeypatch.setitem(sys.modules, loader.name, module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path):
    """A project with three dependencies."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "frontend").mkdir()
    (tmp_path / "requirements" / "production.txt").write_text(f"# made\ndjango==5.2.1 \\\n{HASH}\n    # via x==9\n")
    (tmp_path / "requirements" / "development.txt").write_text(
        f'django==5.2.1 \\\n{HASH}\nruff==0.1.0 ; sys == "x" \\\n'
    )
    packages = {"": {"name": "portal"}, "node_modules/@a/b/node_modules/sass": {"version": "1.2.3"}}
    (tmp_path / "frontend" / "package-lock.json").write_text(json.dumps({"packages": packages}))
    return tmp_path


@pytest.fixture
def service(monkeypatch):
    with serving() as web:
        monkeypatch.setenv("AUDIT_SERVICE", f"http://{HERE}:{web.port}/")
        yield web


def says(found, status=200):
    """An answer of the service. It is not read what it was asked: that is kept beside it."""

    def answer(handler):
        handler.asked = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or b"null")
        asked.append(handler.asked)
        body = (found.pop(0) if isinstance(found, list) else found) if not isinstance(found, bytes) else found
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    asked = []
    answer.asked = asked
    return answer


def test_every_lock_of_the_project_is_read(audit):
    found = audit.locked(ROOT)
    names = {(one.ecosystem, one.name.lower()) for one in found}
    assert {("PyPI", "django"), ("PyPI", "ruff"), ("npm", "nhsuk-frontend"), ("npm", "sass")} <= names
    assert all(re.fullmatch(r"\d[\w.+-]*", one.version) for one in found)


def test_nothing_is_known(audit, root, service, capsys):
    service.answers[f"POST {BATCH}"] = batch = says({"results": [{}, {}, {}]})
    assert audit.main(root) == 0
    (asked,) = batch.asked
    assert [(one["package"]["ecosystem"], one["package"]["name"], one["version"]) for one in asked["queries"]] == [
        ("PyPI", "django", "5.2.1"),
        ("PyPI", "ruff", "0.1.0"),
        ("npm", "sass", "1.2.3"),
    ]
    assert "No advisory is known" in capsys.readouterr().out


def test_something_is_known(audit, root, service, capsys):
    first = {"results": [{"vulns": [{"id": ADVISORY["id"]}], "next_page_token": "more"}, {}, {}]}
    second = {"results": [{"vulns": [{"id": "OSV-2"}, {"id": "OSV-3"}]}]}
    service.answers[f"POST {BATCH}"] = batch = says([first, second])
    service.answers[f"GET /v1/vulns/{ADVISORY['id']}"] = says(ADVISORY)
    service.answers["GET /v1/vulns/OSV-2"] = says({"details": "First line\nand more"})
    service.answers["GET /v1/vulns/OSV-3"] = says({"withdrawn": "2026-01-01T00:00:00Z"})
    assert audit.main(root) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        "django 5.2.1 (PyPI): GHSA-aaaa-bbbb-cccc, CVE-2026-1: It can be [2J made to stop; mended in 5.2.99"
    )
    assert lines[2:] == ["django 5.2.1 (PyPI): OSV-2: First line", "2 advisories about 1 of 3 dependencies."]
    assert batch.asked[1]["queries"][0]["page_token"] == "more"


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"results": []}, 200),
        ({"results": [{}]}, 200),
        ({"results": [{"vulns": [{}]}, {}, {}]}, 200),
        ({"results": [1, 2, 3]}, 200),
        ({}, 200),
        (b"[]", 200),
        (b"<html>Blocked by a proxy</html>", 200),
        (b"", 200),
        ({"results": [{}, {}, {}]}, 500),
        ({"results": [{}, {}, {}]}, 403),
        ({"results": [{"next_page_token": "again"}, {"next_page_token": "again"}, {"next_page_token": "again"}]}, 200),
    ],
)
def test_an_answer_that_is_none_is_no_green_tick(audit, root, service, capsys, found, status):
    service.answers[f"POST {BATCH}"] = says(found, status)
    assert audit.main(root) == audit.NOT_ASKED
    assert "NOT CHECKED" in capsys.readouterr().err


def test_an_advisory_that_cannot_be_read_is_none_either(audit, root, service):
    service.answers[f"POST {BATCH}"] = says({"results": [{"vulns": [{"id": "OSV-1"}]}, {}, {}]})
    assert audit.main(root) == audit.NOT_ASKED


def test_nobody_is_there(audit, root, monkeypatch, capsys):
    with serving() as web:
        port = web.port
    monkeypatch.setenv("AUDIT_SERVICE", f"http://{HERE}:{port}")
    assert audit.main(root) == audit.NOT_ASKED
    assert "NOT CHECKED: it cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize("lock", ["requirements/production.txt", "frontend/package-lock.json"])
def test_a_lock_that_cannot_be_read_is_no_green_tick(audit, root, service, capsys, lock):
    (root / lock).write_text("")
    assert audit.main(root) == audit.NOT_ASKED
    assert "a lock cannot be read" in capsys.readouterr().err
    assert service.asked == []
