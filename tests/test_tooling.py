"""The tools around the portal: locks, the Makefile, the scripts and the stylesheet."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import chain
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["production.txt", "optional.txt", "development.txt", "node.txt"]
TARGETS = ["run", "test", "test-faults", "check", "fix", "audit", "serve", "css", "setup", "help"]


def requirements(lock):
    """The lock's requirements, each as one line with its hashes."""
    text = (ROOT / "requirements" / lock).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_only(lock):
    lines = requirements(lock)
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_nothing_of_where_it_was_made(lock):
    text = (ROOT / "requirements" / lock).read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|/(tmp|home|root|usr)/", text)


def test_the_production_lock_is_part_of_the_others():
    """The same versions and hashes. What only some machines need in production, every developer may need."""
    production, optional, development = (
        {re.sub(r"\s*(;.*?)?\s+(?=--hash=)", " ", line, count=1) for line in requirements(lock)}
        for lock in ("production.txt", "optional.txt", "development.txt")
    )
    assert all(re.match(r"\S+==\S+ --hash=", line) for line in production)
    assert production <= optional <= development


def test_every_dependency_is_locked_and_says_why_it_is_here():
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    locked = {line.split("==")[0] for line in requirements("development.txt")}
    for dependency in [*project["dependencies"], *chain(*project["optional-dependencies"].values())]:
        name = re.match(r"[A-Za-z0-9._-]+", dependency)[0].lower()
        assert name in locked
        assert re.search(rf'^    "{re.escape(dependency)}",\s+# \w', text, re.MULTILINE), dependency


def test_the_lock_of_the_front_end_holds_no_download_address():
    text = (ROOT / "frontend" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert packages["node_modules/nhsuk-frontend"]["version"] == "10.6.1"
    assert all("integrity" in package for name, package in packages.items() if name)
    assert '"resolved"' not in text


def test_help_lists_every_target():
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in TARGETS:
        assert re.search(rf"^make {target} +\S", shown, re.MULTILINE), target


@pytest.mark.parametrize("script", ["bin/audit", "bin/npm", "bin/test", "bin/with-postgres", ".ci/run", "manage.py"])
def test_scripts_can_be_run(script):
    path = ROOT / script
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!")


@pytest.fixture
def runner():
    """The script bin/test, as a module."""
    loader = SourceFileLoader("portal_test_runner", str(ROOT / "bin" / "test"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module  # its dataclasses look themselves up
    loader.exec_module(module)
    yield module
    del sys.modules[loader.name]


def closing(runner, monkeypatch, capsys, *, postgresql):
    """The exit status and the last lines of a run in which all parts but one passed."""

    def part(name, verdict, **counts):
        return lambda: runner.Part(name, verdict, counts={"passed": 0, "failed": 0, "skipped": 0, **counts})

    monkeypatch.setattr(runner, "checks", part("Checks", "passed"))
    monkeypatch.setattr(runner, "sqlite", part("SQLite", "passed", passed=7, skipped=1))
    monkeypatch.setattr(runner, "postgresql", postgresql(part))
    monkeypatch.setattr(runner, "browser", part("Browser", "passed", passed=2))
    status = runner.main()
    return status, capsys.readouterr().out.splitlines()


def test_the_summary_names_every_part_and_closes_with_the_sum(runner, monkeypatch, capsys):
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    status, lines = closing(
        runner, monkeypatch, capsys, postgresql=lambda part: part("PostgreSQL", "FAILED", passed=6, failed=1)
    )
    assert status == 1
    assert [line.split()[:2] for line in lines[-5:-1]] == [
        ["passed", "Checks,"],
        ["passed", "SQLite"],
        ["FAILED", "PostgreSQL"],
        ["passed", "Browser"],
    ]
    assert lines[-1] == "15 passed, 1 failed, 1 skipped"


@pytest.mark.parametrize(("required", "expected"), [("", 0), ("1", 1)])
def test_a_part_that_was_not_run_fails_only_where_all_are_required(runner, monkeypatch, capsys, required, expected):
    monkeypatch.setenv("REQUIRE_ALL", required)
    status, lines = closing(runner, monkeypatch, capsys, postgresql=lambda part: part("PostgreSQL", "NOT RUN"))
    assert status == expected
    assert any(line.startswith("  NOT RUN  PostgreSQL") for line in lines)


def test_results_are_counted_from_the_report(runner, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="9" errors="1" failures="2" skipped="3"/></testsuites>')
    assert runner.counted(report) == {"passed": 3, "failed": 3, "skipped": 3}


def test_the_tests_of_a_file_share_a_process_in_the_browser(runner, monkeypatch):
    """They share a portal, and may build on each other."""
    commands = []
    monkeypatch.setattr(runner, "run", lambda part, command, environment: commands.append(" ".join(command)) or 0)
    monkeypatch.setenv("CHROMIUM", "chromium")
    runner.browser()
    assert len(commands) == 1
    for words in ("-n auto", "-m browser", "--dist loadfile", "tests/browser"):
        assert words in commands[0]


def test_the_tests_in_a_browser_are_those_of_their_folder():
    """The runner looks for them there alone, and the other parts leave out what is marked."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        marked = re.search(r"^pytestmark = .*\bpytest\.mark\.browser\b", path.read_text(), re.MULTILINE)
        assert bool(marked) == (path.parent.name == "browser"), path


# Names that nhsuk-frontend's own markup carries without a rule of their own.
UNSTYLED = {
    "nhsuk-header__navigation-item-current-fallback",
    "nhsuk-icon--arrow-left",
    "nhsuk-icon--arrow-right",
    "nhsuk-pagination__link--next",
    "nhsuk-pagination__link--prev",
}


@pytest.fixture(scope="module")
def css():
    return (ROOT / "frontend" / "build" / "portal.css").read_text()


def test_every_address_in_the_stylesheet_leads_to_a_file_beside_it(css):
    addresses = re.findall(r"""url\(\s*["']?([^"')]+)""", css)
    assert addresses
    for address in addresses:
        assert (ROOT / "frontend" / "build" / address).is_file(), address


def test_the_stylesheet_asks_nothing_of_other_hosts(css):
    assert "//" not in css
    assert "@import" not in css
    assert "sourceMappingURL" not in css
    assert "frutiger" not in css.lower()


def test_no_style_asks_for_the_size_of_a_container(css):
    """Now and then Chromium shows nothing of what is in a container (its issue 497855657)."""
    css += "".join(path.read_text() for path in ROOT.glob("*/static/**/*.css"))
    assert not re.search(r"@container|container-type", css)


def test_the_stylesheet_keeps_to_its_budget(css):
    assert len(brotli.compress(css.encode())) < 24 * 1024


def test_the_licence_of_nhsuk_frontend_is_beside_the_stylesheet():
    licence = (ROOT / "frontend" / "build" / "nhsuk-frontend-licence.txt").read_text()
    assert "Copyright (c) 2019 NHS England" in licence


def test_every_class_of_the_templates_is_styled(css):
    """A class that no rule knows is a typing error, or a component that the stylesheet leaves out."""
    css += "".join(path.read_text() for path in ROOT.glob("*/static/**/*.css"))
    known = set(re.findall(r"\.((?:app|nhsuk)-[\w-]+)", css)) | UNSTYLED
    used = {
        name: str(path.relative_to(ROOT))
        for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templatetags/*.py")]
        if "admin" not in path.parts
        for name in re.findall(r"(?<![\w/.-])((?:app|nhsuk)-[a-z0-9][\w-]*\w)(?![\w-]*\{)", path.read_text())
    }
    assert used
    assert {name: where for name, where in used.items() if name not in known} == {}
