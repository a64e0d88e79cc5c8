"""What runs the portal on a machine: its units, its scripts and the document that leads through both."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.nginx_server import program

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
TIMERS = sorted(path.name for path in UNITS.glob("*.timer"))
SCRIPTS = ["backup", "manage", "until-ready", "upgrade"]
DOCUMENT = (ROOT / "docs" / "deploy.md").read_text()

MOST_EXPOSED = 2.5  # of 10, by systemd-analyze; below it says OK


def values(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


# Units


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as they would be on a machine, with each template as one of its instances."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_text().replace("/srv/portal/.venv/bin/python", sys.executable)
            path.write_text(text.replace("/srv/portal", str(ROOT)))
    for timer in TIMERS:
        [unit] = values((UNITS / timer).read_text(), "Unit")
        if "@" in unit:
            shutil.copy(folder / f"{unit.partition('@')[0]}@.service", folder / unit)
    shutil.copy(folder / "portal-serve@.service", folder / "portal-serve@8001.service")
    return folder


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_COLORS": "0"}
    return subprocess.run(
        [program("systemd-analyze"), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def instances(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.service") if not path.stem.endswith("@"))


def test_systemd_understands_every_unit(units):
    for name in [*instances(units), *TIMERS]:
        done = analyze(units, "verify", f"./{name}")
        ours = [line for line in done.stderr.splitlines() if "portal-" in line]
        assert (done.returncode, ours) == (0, []), name


def test_no_service_may_more_than_it_needs(units):
    found = instances(units)
    assert len(found) >= 7
    for name in found:
        done = analyze(units, "security", "--offline=true", "--no-pager", f"./{name}")
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        assert exposure, done.stderr
        assert float(exposure[1]) < MOST_EXPOSED, name


def test_every_service_has_what_all_have():
    """systemd finds it by the beginning of their names."""
    assert (UNITS / "portal-.service.d" / "portal.conf").is_file()
    assert all(name.startswith("portal-") for name in SERVICES)


def test_what_runs_by_a_timer_is_there():
    for timer in TIMERS:
        [unit] = values((UNITS / timer).read_text(), "Unit")
        name, _, command = unit.removesuffix(".service").partition("@")
        assert (UNITS / (f"{name}@.service" if command else unit)).is_file(), timer
        if command:
            assert command in get_commands(), timer
        assert values((UNITS / timer).read_text(), "Persistent") == ["true"], "made up for after the machine was off"


def test_no_two_timers_run_at_the_same_time():
    times = [values((UNITS / timer).read_text(), "OnCalendar") for timer in TIMERS]
    assert len({str(time) for time in times}) == len(times)


def test_the_portal_is_served_as_make_serve_does_it():
    [command] = values((UNITS / "portal-serve@.service").read_text(), "ExecStart")
    assert command == "/srv/portal/.venv/bin/python manage.py serve --host 127.0.0.1 --port %i"
    assert "$(manage) serve --host" in (ROOT / "Makefile").read_text()


def test_nginx_asks_the_ports_that_are_served():
    asked = re.findall(r"^ +server 127\.0\.0\.1:(\d+)", (DEPLOY / "nginx" / "portal.conf").read_text(), re.MULTILINE)
    restarted = re.search(r"^for port in ([\d ]+); do", (DEPLOY / "upgrade").read_text(), re.MULTILINE)[1].split()
    assert asked == restarted
    assert all(f"portal-serve@{port}" in DOCUMENT for port in asked)


# Scripts


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_run_and_stops_at_what_goes_wrong(name):
    path = DEPLOY / name
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in path.read_text()
    subprocess.run(["sh", "-n", str(path)], check=True)


def test_nothing_else_is_called_a_script():
    assert sorted(path.name for path in DEPLOY.iterdir() if path.is_file() and not path.suffix) == SCRIPTS


def read_by_a_shell(path: Path) -> dict[str, str]:
    """The settings of a file as deploy/manage reads them."""
    code = 'set -a; . "$1"; exec env -0'
    done = subprocess.run(["env", "-i", "/bin/sh", "-c", code, "sh", str(path)], capture_output=True, check=True)
    pairs = (pair.partition("=") for pair in done.stdout.decode().split("\0") if pair)
    return {name: value for name, _, value in pairs if name not in {"PWD", "SHLVL", "_", "OLDPWD"}}


def test_the_example_of_settings_is_read_alike_by_the_shell_and_by_systemd():
    path = DEPLOY / "portal.env"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("# ")]
    for line in lines:
        assert re.fullmatch(r"#?[A-Z0-9_]+='[^'\\]*'", line), "in single quotes both take it as it stands"
    given = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert read_by_a_shell(path) == {name: value.strip("'") for name, value in given.items()}
    known = {variable.name for variable in settings.ENVIRONMENT.variables}
    assert {line.partition("=")[0].lstrip("#") for line in lines} <= known


@pytest.fixture
def backup(tmp_path: Path):
    """deploy/backup on a day, with a stand-in for the portal that writes the day, or fails."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "date").write_text('#!/bin/sh\nPATH=/usr/bin:/bin exec date -d "$DAY" "$@"\n')
    (tools / "portal").write_text('#!/bin/sh\n[ "$1 $2:$DAY" = "backup --force:$WORKS" ] && echo "$DAY" >"$3"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)

    def run(day: str, *, fails: bool = False) -> int:
        variables = {"PATH": f"{tools}:/usr/bin:/bin", "DAY": day, "WORKS": "" if fails else day, "KEEP_DAILY": "3"}
        variables |= {"PORTAL_MANAGE": str(tools / "portal"), "KEEP_WEEKLY": "2"}
        command = [str(DEPLOY / "backup"), str(tmp_path / "backups")]
        return subprocess.run(command, env=variables, capture_output=True, check=False).returncode

    def kept(which: str) -> list[str]:
        folder = tmp_path / "backups" / which
        return sorted(path.name.removeprefix("portal-").removesuffix(".backup") for path in folder.iterdir())

    run.kept, run.folder = kept, tmp_path / "backups"
    return run


def test_backups_of_days_and_of_sundays_are_kept(backup):
    for day in range(1, 31):  # of a month that begins on a Sunday
        assert backup(f"2026-11-{day:02}") == 0
    assert backup.kept("daily") == ["2026-11-28", "2026-11-29", "2026-11-30"]
    assert backup.kept("weekly") == ["2026-11-22", "2026-11-29"]
    assert (backup.folder / "weekly" / "portal-2026-11-22.backup").read_text() == "2026-11-22\n"
    assert backup.folder.stat().st_mode & 0o077 == 0, "nobody else reads them"


def test_a_backup_that_fails_takes_none_away(backup):
    for day in range(1, 4):
        backup(f"2026-11-{day:02}")
    (backup.folder / "daily" / "notes.txt").write_text("of the operator's own")
    for day in range(4, 20):
        assert backup(f"2026-11-{day:02}", fails=True) != 0
    assert backup.kept("daily") == ["2026-11-01", "2026-11-02", "2026-11-03", "notes.txt"]
    assert backup("2026-11-20") == 0
    assert backup.kept("daily") == ["2026-11-02", "2026-11-03", "2026-11-20", "notes.txt"]


# The document


def test_the_document_leads_to_everything_that_is_there():
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.parent.name != "pages" and path.suffix != ".timer":
            assert path.name in DOCUMENT or path.stem in DOCUMENT, path.name
    for timer in TIMERS:
        assert timer.removesuffix(".timer") in DOCUMENT, timer


def test_the_document_names_only_what_there_is():
    for path in re.findall(r"(?<![\w./])deploy/[\w./@*-]*\w", DOCUMENT):
        assert list(ROOT.glob(path)), path
    known = {variable.name for variable in settings.ENVIRONMENT.variables}
    for name in re.findall(r"`((?:PORTAL|MEDIA|REDIS|DATABASE|TRUST|ALLOWED|SECRET|EMAIL|SECURE|OIDC)_\w+)`", DOCUMENT):
        assert name in known, name
    for command in re.findall(r"(?:deploy/manage|manage\.py) ([a-z_]+)", DOCUMENT):
        assert command in get_commands(), command


def test_what_is_optional_is_in_a_lock_of_its_own():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    locks = {name: (ROOT / "requirements" / f"{name}.txt").read_text() for name in ("production", "optional")}
    for extra in set(extras) - {"dev"}:
        for requirement in extras[extra]:
            name = re.match(r"[\w.-]+", requirement)[0]
            assert re.search(rf"^{name}==", locks["optional"], re.MULTILINE), name
            assert not re.search(rf"^{name}==", locks["production"], re.MULTILINE), name
