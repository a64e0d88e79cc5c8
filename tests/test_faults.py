"""The scripts that break things on purpose: each starts, says what it lacks, and sees a loss that is planted."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.handlers.exception import response_for_exception
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.core.management.commands import migrate
from django.db import DatabaseError, InterfaceError, OperationalError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.test import Client, RequestFactory
from reversion.models import Version

from portal.archive import Writer
from portal.migrating import WholeMigrations
from portal.models import SearchEntry
from projects.models import Project
from tests import factories as make
from tests.faults import __main__ as runner
from tests.faults import ledger, sockets, trial
from tests.faults.ledger import Edit, Outcome
from tests.pages import Page

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = runner.scripts()
POINT_7 = {
    "worker_killed",
    "postgres_killed",
    "disk_full",
    "redis_away",
    "migration_interrupted",
    "clock_change",
    "sigterm",
    "sqlite_load",
    "restore_killed",
    "backup_while_editing",
}


def test_there_is_a_script_for_each_fault():
    assert set(SCRIPTS) == POINT_7


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_starts_and_says_what_it_does(name):
    command = [sys.executable, "-m", f"tests.faults.{name}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert "--" in done.stdout
    script = subprocess.run(
        [sys.executable, f"tests/faults/{name}.py", "--help"], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert script.returncode == 0, "by its path as well"


def test_the_runner_runs_those_that_are_named_and_names_what_it_does_not_know(monkeypatch, capsys):
    ended = {"sigterm": 0, "disk_full": 77, "worker_killed": 1}
    monkeypatch.setattr(runner, "run", lambda name, environment: ended[name])
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    assert runner.main(["sigterm", "disk_full"]) == 0
    assert "nothing lost  sigterm" in (said := capsys.readouterr().out)
    assert "NOT RUN       disk_full" in said
    assert "Lost: nothing, disk_full not run." in said
    assert runner.main(["sigterm", "worker_killed"]) == 1
    assert "1 of 2 did not hold: worker_killed." in capsys.readouterr().out
    assert runner.main(["sigterm", "no_such"]) == 2
    monkeypatch.setenv("REQUIRE_ALL", "1")
    assert runner.main(["disk_full"]) == 1


def test_the_runner_says_what_held_until_it_was_broken_off(monkeypatch, capsys):
    def run(name, environment):
        if name == "disk_full":
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(runner, "run", run)
    assert runner.main(["sigterm", "disk_full", "worker_killed"]) == 130
    said = capsys.readouterr().out
    assert "nothing lost  sigterm" in said
    assert "broken off    disk_full" in said
    assert "broken off    worker_killed" in said
    assert said.splitlines()[-1].startswith("Broken off after 1 of 3.")


# How one is tried


def run(code, *arguments):
    command = [sys.executable, "-c", f"import sys, time\nfrom tests.faults.trial import *\n{code}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("does", "status", "says"),
    [
        ("trial.held('it')", 0, "Lost: nothing"),
        ("trial.lost([])", 0, "Lost: nothing"),
        ("trial.lost('a save')", 1, "  a save"),
        ("trial.holds(False, 'all is there')", 1, "not so: all is there"),
        ("(_ for _ in ()).throw(MissingError('no disk'))", 77, "NOT RUN: no disk"),
        ("time.sleep(60)", 1, ""),
        ("1 / 0", 1, "Lost: not known. The script itself failed: ZeroDivisionError"),
        ("trial.apart(lambda trial: 1 / 0)", 1, "  the script itself failed: ZeroDivisionError"),
        ("trial.apart(lambda trial: trial.lost('a save'))", 1, "LOST  a save"),
    ],
)
def test_a_script_ends_with_what_became_of_it(does, status, says):
    done = run(f"sys.exit(run(lambda trial: {does}, 'One.', seconds=5))", "--seconds=1")
    assert done.returncode == status, done.stderr
    assert says in done.stdout
    assert "seed 1" in done.stdout


def test_an_interruption_unwinds_what_was_begun():
    code = """
def tried(trial):
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("removed", flush=True)
sys.exit(run(tried, "One.", seconds=50))
"""
    command = [sys.executable, "-c", f"import sys, time\nfrom tests.faults.trial import *\n{code}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while "begun" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert "removed" in process.stdout.read()
    assert process.returncode == 128 + signal.SIGINT


def test_the_connections_of_a_process_are_known():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as one:
            waits = sockets.held_by(os.getpid(), port)
            taken, _ = server.accept()
            with taken:
                assert waits == sockets.held_by(os.getpid(), port) == {one.getsockname()[1]}
        end = time.monotonic() + 10
        while sockets.held_by(os.getpid(), port):
            assert time.monotonic() < end


# What the checker sees


@pytest.fixture
def edits(db):
    """Two saves through the admin: of a project that there is, and of a new one."""
    techniques = make.TechniqueFactory.create_batch(3)
    project = make.ProjectFactory()
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    found = []
    for number, (path, pk) in enumerate(
        [(f"/admin/projects/project/{project.pk}/change/", project.pk), ("/admin/projects/project/add/", None)]
    ):
        word, chosen = f"{ledger.WORD}{number}", techniques[number:]
        fields = {**Page(client.get(path).text).fields, "summary": word, "techniques": [one.pk for one in chosen]}
        if pk is None:
            fields["title"] = f"New {word}"
        assert client.post(path, fields).status_code == 302
        found.append(Edit(word, pk, frozenset(one.pk for one in chosen), Outcome.SAVED))
    return found


def test_what_is_there_whole_is_no_loss(edits):
    assert ledger.losses(edits) == []
    assert ledger.whole(edits) == 0
    edits[1].outcome = Outcome.UNKNOWN
    assert ledger.losses(edits) == []
    assert ledger.whole(edits) == 1
    absent = Edit(f"{ledger.WORD}9", None, frozenset(), Outcome.REFUSED)
    assert ledger.losses([*edits, absent]) == []
    assert ledger.counted([*edits, absent]) == "1 acknowledged, 1 refused, 1 unknown"


def saved(number):
    return Project.objects.get(summary=f"{ledger.WORD}{number}")


def twice(number):
    version = Version.objects.get_for_object(saved(number)).first()
    version.pk = None
    version.revision.pk = None
    version.revision.save()
    version.revision = version.revision
    version.save()


PLANTED = {
    "the revision is missing": lambda: Version.objects.get_for_object(saved(1)).delete(),
    "the row is gone": lambda: Project.objects.filter(pk=saved(0).pk).delete(),
    "a term is missing": lambda: saved(0).techniques.remove(saved(0).techniques.first()),
    "the search has nothing": lambda: SearchEntry.objects.filter(object_id=saved(1).pk).delete(),
    "the search has old words": lambda: SearchEntry.objects.filter(object_id=saved(0).pk).update(summary="old"),
    "nobody is named": lambda: LogEntry.objects.filter(object_id=str(saved(1).pk)).delete(),
    "a save is undone": lambda: Project.objects.filter(pk=saved(0).pk).update(summary="as it was"),
    "it was kept twice": lambda: twice(0),
    "it was made twice": lambda: make.ProjectFactory(title=saved(1).title, summary=f"{ledger.WORD}1"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_lost_or_halved_is_seen(edits, planted):
    PLANTED[planted]()
    assert ledger.losses(edits)


@pytest.mark.parametrize("number", [0, 1])
def test_other_terms_than_were_sent_are_seen(edits, number):
    edits[number].techniques = frozenset()
    assert "other terms" in ledger.losses(edits)[0]


def test_what_nobody_sent_and_what_was_never_kept_are_seen(edits):
    assert any("nobody sent it" in words for words in ledger.losses(edits[1:]))
    edits[0].outcome = Outcome.REFUSED
    assert any("was told that nothing" in words for words in ledger.losses(edits))
    edits[0].outcome = Outcome.SAVED
    never = Edit(f"{ledger.WORD}9", None, frozenset(), Outcome.SAVED)
    assert any("has no revision" in words for words in ledger.losses([*edits, never]))


def test_losses_make_a_script_end_with_1(edits, capsys):
    found = trial.Trial(argparse.Namespace(), random.Random(1))  # noqa: S311
    ledger.judge(found, edits)
    assert found.status() == 0
    PLANTED["a term is missing"]()
    ledger.judge(found, edits)
    assert found.status() == trial.LOST
    assert "LOST" in capsys.readouterr().out


# What they found


full = OperationalError("database or disk is full")
full.__cause__ = sqlite3.OperationalError()
full.__cause__.sqlite_errorcode = sqlite3.SQLITE_FULL


def interrupted(error):
    """What Django raises where a session could not be saved because of ``error``."""
    try:
        try:
            try:
                raise error
            except DatabaseError:
                raise UpdateError  # noqa: B904 - as Django does
        except UpdateError:
            raise SessionInterrupted("It was deleted.")  # noqa: B904 - as Django does
    except SessionInterrupted as found:
        return found


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (OperationalError("server closed the connection"), 503, "Your change could not be saved"),
        (full, 503, "Your change could not be saved"),
        (DatabaseError("Forced update did not affect any rows."), 400, "This request could not be read"),
    ],
)
def test_a_database_that_goes_while_a_session_is_saved_is_away_and_no_bad_request(error, status, heading):
    request = RequestFactory().post(
        "/admin/projects/project/1/change/", {"summary": "Kept"}, headers={"accept": "text/html"}
    )
    response = response_for_exception(request, interrupted(error))
    assert response.status_code == status
    assert Page(response.text).text("h1") == [heading]
    assert "Nothing of it was saved" not in response.text, "the change was written before the session"


@pytest.mark.django_db(transaction=True)
def test_a_migration_is_written_down_in_the_transaction_of_what_it_does(monkeypatch):
    """Django writes it down after the commit where SQL was deferred, as for the keys of a new table."""
    within = []

    def record(self, migration):
        within.append(connection.in_atomic_block)

    monkeypatch.setattr(MigrationExecutor, "record_migration", record)
    table = migrations.CreateModel(
        "Half",
        [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9, db_index=True))],
    )
    migration = type("Migration", (migrations.Migration,), {"operations": [table]})("half", "portal")
    executor = WholeMigrations(connection)
    with monkeypatch.context() as patch:
        patch.setattr(MigrationExecutor, "record_migration", lambda *args: 1 / 0)
        for _ in range(2):  # the second finds nothing of the first
            with pytest.raises(ZeroDivisionError):
                executor.apply_migration(ProjectState(), migration)
    executor.apply_migration(ProjectState(), migration)
    assert within == [True]
    with connection.schema_editor() as editor:
        editor.execute("DROP TABLE portal_half")


def test_the_command_leaves_djangos_own_as_it_was():
    before = migrate.MigrationExecutor
    assert isinstance(load_command_class("portal", "migrate"), migrate.Command)
    assert get_commands()["migrate"] == "portal"
    assert before is MigrationExecutor


@pytest.mark.parametrize(
    ("command", "owner"),
    [
        (["import_content", "sample"], "portal.management.commands.import_content.import_paths"),
        (["export_site", "copy"], "portal.static_site.StaticSite.export"),
    ],
)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OperationalError("FATAL: could not write init file"), "could not write init file"),
        (InterfaceError("connection already closed"), "connection already closed"),
    ],
)
def test_a_full_disk_and_a_lost_database_are_said_in_a_sentence(command, owner, error, words, monkeypatch):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(owner, fail)
    with pytest.raises(CommandError, match=rf"{words}.*Mend that, and run it again\."):
        call_command(*command)


def test_an_archive_that_cannot_be_written_says_nothing_more_when_it_goes(tmp_path, capfd):
    with suppress(ZeroDivisionError), (tmp_path / "a").open("wb") as file, Writer(file) as writer:
        writer.add("one", BytesIO(b"x" * 10), 10)
        1 / 0  # noqa: B018
    del writer
    gc.collect()
    assert capfd.readouterr().err == ""
