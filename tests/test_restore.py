"""A restore that cannot be is refused in a sentence, with nothing touched; one that can be asks first."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from portal import archive_rows, backup, older_archives
from portal.archive import ArchiveError, Table
from portal.backup import BackupError, back_up
from portal.models import Organisation, StatusChange, User
from portal.restoration import restore
from tests import factories as make
from tests import whole_site
from tests.whole_site import everything, left_over, yes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var")]


# When it cannot be


def refused(file: Path, words: str) -> None:
    """It is, and nothing is touched."""
    before = everything()
    with pytest.raises(ArchiveError, match=words):
        restore(file, confirm=yes)
    assert everything() == before


@pytest.mark.parametrize(
    ("place", "error"),
    [("load", DatabaseError("no")), ("load", OSError(28, "no")), ("go_on_from", KeyboardInterrupt())],
)
def test_what_goes_wrong_among_the_rows_changes_nothing(file, var, monkeypatch, place, error):
    make.FellowFactory(photo=whole_site.photo(), photo_alt="A portrait")
    back_up(file)
    make.FellowFactory(photo=whole_site.photo("red"), photo_alt="A portrait")
    before = everything()
    usual, calls = getattr(archive_rows, place), []

    def fail(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 20:
            raise error
        return usual(*args)

    monkeypatch.setattr(archive_rows, place, fail)
    with pytest.raises(type(error)):
        restore(file, confirm=yes)
    assert everything()[1] == before[1]
    assert {label: rows[:-1] for label, rows in everything()[0].items()} == {
        label: rows[:-1] for label, rows in before[0].items()
    }
    assert left_over(var) == []


@pytest.mark.parametrize("place", ["unpack", "join"])
def test_what_goes_wrong_among_the_files_changes_nothing(file, var, monkeypatch, place):
    whole_site.fill()
    back_up(file)
    shutil.rmtree(var / "media" / "markdown")
    before = everything()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"unpack": ("shutil.copyfileobj", fail), "join": ("pathlib.Path.rename", fail)}[place])
    with pytest.raises(OSError, match="No space"):
        restore(file, confirm=yes)
    assert everything() == before
    assert left_over(var) == []


@pytest.mark.parametrize(
    "line",
    ["{}", "[" * 100_000, '["yesterday"]', "[1e999]", "[99999999999999999999]", '["\\u0000"]', "[[]]", "nonsense"],
)
def test_a_row_that_is_none_is_refused_in_a_sentence(file, monkeypatch, line):
    """Whatever it is: the numbers of an archive may all be right, and nobody may have written it by the portal."""
    make.ProjectFactory()
    write = archive_rows.write

    def nonsense(model: Any, out: Any) -> Any:
        table = write(model, out)
        if model is not Organisation:
            return table
        out.seek(0)
        out.truncate()
        first = f"[{line[1:-1]}{', null' * (len(table.columns) - 1)}]" if line.endswith("]") else line
        out.write(first.encode() + b"\n")
        return Table(table.columns, 1, table.last_id)

    monkeypatch.setattr(archive_rows, "write", nonsense)
    back_up(file)
    refused(file, "portal.organisation after 0 cannot be stored")


def test_the_command_says_on_which_side_of_the_change_it_failed(file, monkeypatch):
    """Whoever stands before a full disk has to know whether the site is the old one or the new one."""
    make.FellowFactory(photo=whole_site.photo(), photo_alt="A portrait")
    back_up(file)
    make.FellowFactory(photo=whole_site.photo("red"), photo_alt="A portrait")
    before = everything()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("shutil.copyfileobj", fail)
        with pytest.raises(CommandError, match="nothing here was changed: No space"):
            call_command("restore", str(file), no_input=True, stdout=StringIO())
    assert everything() == before
    with monkeypatch.context() as locked:
        locked.setattr("portal.restoration.Unpacked.drop_the_others", fail)
        with pytest.raises(CommandError, match="is restored, but files of before"):
            call_command("restore", str(file), no_input=True, stdout=StringIO())
    assert everything()[0] != before[0]


def test_rows_that_refer_to_what_is_not_there_are_refused(file, monkeypatch):
    make.ProjectFactory()
    write = archive_rows.write

    def without_organisations(model: Any, out: Any) -> Any:
        table = write(model, out)
        if model is not Organisation:
            return table
        out.seek(0)
        out.truncate()
        return Table(table.columns, 0, table.last_id)

    monkeypatch.setattr(archive_rows, "write", without_organisations)
    back_up(file)
    refused(file, "refer to others that are not in it")


def test_a_database_without_tables_is_made_and_an_old_one_is_not_touched(file, tmp_path, monkeypatch):
    back_up(file)
    with older_archives.standing_in(tmp_path / "new.sqlite3"):
        restore(file, confirm=yes)
        assert backup.missing_migrations() == []
    monkeypatch.setattr(backup, "missing_migrations", lambda: ["portal.9999_later"])
    refused(file, r"run manage\.py migrate\. It lacks portal.9999_later")
    with pytest.raises(BackupError, match="run manage"):
        back_up(tmp_path / "other.backup")


def test_an_archive_of_a_later_portal_is_refused_by_name(file, monkeypatch):
    found = backup.applied_migrations()
    monkeypatch.setattr(backup, "applied_migrations", lambda: {**found, "portal": [*found["portal"], "9999_later"]})
    back_up(file)
    refused(file, "portal 0.1.0, which has migrations that this one does not know: portal.9999_later")


def test_an_archive_of_an_earlier_portal_is_brought_up(file, tmp_path):
    """Written in the schema before the inbox; what came later is made by the migrations themselves."""
    with older_archives.standing_in(tmp_path / "then.sqlite3"):
        write_as_before(("portal", "0012_inbox"), file)
    user = make.StaffFactory()
    restore(file, confirm=yes)
    assert [organisation.name for organisation in Organisation.objects.all()] == ["From then"]
    assert StatusChange.objects.get().at == whole_site.MOMENT
    assert not User.objects.filter(pk=user.pk).exists()
    assert backup.missing_migrations() == []
    assert Organisation.objects.create(name="Next").pk > 41


def write_as_before(node: tuple[str, str], file: Path) -> None:
    from django.db.migrations.loader import MigrationLoader

    graph = MigrationLoader(None).graph
    later = set(graph.backwards_plan(node))
    names: dict[str, list[str]] = {}
    for app, name in sorted(set(graph.nodes) - later):
        names.setdefault(app, []).append(name)
    executor = older_archives.migrate_to(names)
    then = executor.loader.project_state(sorted(executor.loader.applied_migrations)).apps
    then.get_model("portal", "Organisation").objects.create(pk=41, name="From then")
    then.get_model("portal", "StatusChange").objects.create(
        kind="projects.project", object_id=1, title="Old", new="open", at=whole_site.MOMENT
    )
    with pytest.MonkeyPatch.context() as patch, file.open("wb") as out:
        patch.setattr(backup, "named_files", set)
        writer = backup.Writer(out)
        manifest = backup.Manifest("2026-01-01T00:00:00+00:00", "0.0.9", "5.2", "sqlite", names, has_media=False)
        backup.write_rows(writer, manifest, beside=file.parent, apps=then, tell=lambda words: None)
        writer.finish(manifest)


# The commands


def test_it_asks_and_takes_only_yes_for_an_answer(file, monkeypatch):
    make.StaffFactory()
    call_command("backup", str(file), stdout=StringIO())
    make.OrganisationFactory(name="New")
    before = everything()
    for answer in ["", "no", "y"]:
        monkeypatch.setattr("builtins.input", lambda answer=answer: answer)
        with pytest.raises(CommandError, match="Nothing was restored"):
            call_command("restore", str(file), stdout=StringIO())
    assert everything() == before
    monkeypatch.setattr("builtins.input", lambda: "yes")
    told = StringIO()
    call_command("restore", str(file), stdout=told)
    assert "portal.organisation                                1           0" in told.getvalue()
    assert "Restored" in told.getvalue()
    assert not Organisation.objects.exists()


def test_where_nobody_can_be_asked_nothing_is_replaced(file, monkeypatch):
    make.StaffFactory()
    call_command("backup", str(file), stdout=StringIO())

    def nobody() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(CommandError, match="Say --no-input"):
        call_command("restore", str(file), stdout=StringIO())
    call_command("restore", str(file), no_input=True, stdout=StringIO())
    User.objects.all().delete()
    call_command("restore", str(file), stdout=StringIO())  # nobody has ever worked here, so nobody is asked


def test_the_command_says_what_is_wrong_in_a_sentence(file, tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("restore", str(file), stdout=StringIO())
    file.write_text("not a backup at all")
    with pytest.raises(CommandError, match="is not a backup of the portal"):
        call_command("restore", str(file), stdout=StringIO())
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("backup", str(tmp_path / "none" / "x"), stdout=StringIO())
