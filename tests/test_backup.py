"""A backup and what is made again from it: every row and every file, on either database, or nothing at all."""

from __future__ import annotations

import shutil
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from portal import archive_rows, backup, older_archives, restoration, stored_files
from portal.archive import MANIFEST, Archive
from portal.backup import BackupError, back_up
from portal.models import Organisation
from portal.restoration import restore
from projects.models import Project
from tests import factories as make
from tests import whole_site
from tests.indexed import indexed
from tests.whole_site import everything, left_over, yes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var")]


# There and back


def test_every_row_and_every_file_come_back(file, var):
    whole_site.fill()
    before = everything()
    assert all(len(rows) > 1 for rows in before[0].values()), "a row of every model"
    assert len(before[1]) >= 7
    manifest = back_up(file)
    assert manifest.row_count == sum(len(rows) - 1 for rows in before[0].values())
    whole_site.destroy()
    restore(file, confirm=yes)
    assert everything() == before
    assert left_over(file.parent, var) == []


def test_a_backup_goes_to_another_database_and_back(file, tmp_path):
    whole_site.fill()
    before = everything()
    back_up(file)
    second = tmp_path / "second.backup"
    with older_archives.standing_in(tmp_path / "other.sqlite3"):
        shutil.rmtree(tmp_path / "var" / "media")
        restore(file, confirm=yes)
        assert everything() == before
        Organisation.objects.create(name="Made there")
        back_up(second)
    assert everything() == before
    restore(second, confirm=yes)
    assert Organisation.objects.filter(name="Made there").count() == 1
    Organisation.objects.filter(name="Made there")._raw_delete("default")  # which is not logged
    rows, files = everything()
    rows["portal.organisation"].pop()
    before[0]["portal.organisation"].pop()  # of which one more number was given
    assert {label: found for label, found in rows.items() if found != before[0][label]} == {}
    assert files == before[1]


def test_what_was_written_since_is_gone_and_the_search_knows_only_what_is_there(file):
    make.ProjectFactory(title="Ambulances")
    back_up(file)
    make.ProjectFactory(title="Bridges")
    Project.objects.get(title="Ambulances").delete()
    restore(file, confirm=yes)
    assert [project.title for project in Project.objects.all()] == ["Ambulances"]
    assert len(indexed("ambulances")) == 1
    assert indexed("bridges") == set()


def test_a_number_is_never_given_twice(file):
    gone = make.OrganisationFactory()
    last = gone.pk
    gone.delete()
    back_up(file)
    later = [make.OrganisationFactory().pk for _ in range(3)]
    restore(file, confirm=yes)
    assert make.OrganisationFactory().pk > max(later)
    whole_site.destroy()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence")
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence('portal_organisation', 'id'), 1, false)")
    restore(file, confirm=yes)
    assert make.OrganisationFactory().pk > last


def test_everybody_signs_in_again_and_the_cache_is_empty(file, client):
    user = make.StaffFactory(is_superuser=True)
    back_up(file)
    client.force_login(user)
    cache.set("kept", 1)
    restore(file, confirm=yes)
    assert not Session.objects.exists()
    assert cache.get("kept") is None
    assert client.get("/admin/").status_code == 302


def test_few_rows_are_in_memory_at_a_time(file, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(archive_rows, "BATCH", 3)
    monkeypatch.setattr(archive_rows, "_MAX_VARIABLES", 10)
    make.OrganisationFactory.create_batch(10)
    names = [column.attname for column in archive_rows.columns(Organisation)]
    with django_assert_num_queries(5):
        assert len(list(archive_rows._rows(Organisation, names))) == 10
    before = everything()
    back_up(file)
    whole_site.destroy()
    Path(restoration._media()).mkdir()
    restore(file, confirm=yes)
    assert everything() == before


def test_the_times_of_change_are_those_of_the_backup(file):
    project = make.ProjectFactory()
    Project.objects.update(updated_at=whole_site.MOMENT)
    back_up(file)
    project.save()
    restore(file, confirm=yes)
    assert Project.objects.get().updated_at == whole_site.MOMENT


def test_without_media_those_that_are_here_stay(file):
    whole_site.fill()
    files = whole_site.files()
    back_up(file, media=False)
    restore(file, confirm=yes)
    assert whole_site.files() == files


def test_a_file_of_the_operator_with_the_same_name_is_that_of_the_backup(file, var):
    own = var / "media" / "logo.txt"
    own.write_text("old")
    back_up(file)
    own.write_text("new")
    (var / "media" / "more.txt").write_text("more")
    restore(file, confirm=yes)
    assert whole_site.files() == {"logo.txt": b"old"}


# Making it


def test_only_its_owner_reads_it(file):
    back_up(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_replaced_unasked(file):
    file.write_text("precious")
    with pytest.raises(BackupError, match="exists"):
        back_up(file)
    assert file.read_text() == "precious"
    back_up(file, force=True)
    Archive(file).close()


@pytest.mark.parametrize("where", ["nowhere/portal.backup", "."])
def test_a_wrong_place_is_named(tmp_path, where):
    with pytest.raises(BackupError, match="folder"):
        back_up(tmp_path / where)


def test_a_place_that_readers_are_shown_is_refused(var, settings, tmp_path):
    """It holds hashes of passwords, and whatever an operator puts among the media is shown to everybody."""
    settings.STATIC_ROOT = str(tmp_path / "static")
    (tmp_path / "static").mkdir()
    (tmp_path / "by-the-way").symlink_to(var / "media")
    for folder in (var / "media", tmp_path / "static", tmp_path / "by-the-way"):
        with pytest.raises(BackupError, match="shown to readers"):
            back_up(folder / "portal.backup")
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("place", ["finish", "add"])
def test_a_backup_that_is_broken_off_leaves_nothing(file, var, monkeypatch, error, place):
    make.FellowFactory(photo=whole_site.photo(), photo_alt="A portrait")
    file.write_text("the last one")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(f"portal.archive.Writer.{place}", fail)
    with pytest.raises(type(error)):
        back_up(file, force=True)
    assert file.read_text() == "the last one"
    assert left_over(file.parent, var) == []


def test_a_photo_that_is_replaced_meanwhile_is_in_the_backup(file, monkeypatch):
    fellow = make.FellowFactory(photo=whole_site.photo(), photo_alt="A portrait")
    first = fellow.photo.name
    write_media, held = backup._write_media, []

    def replaced(*args: Any) -> None:
        fellow.photo = whole_site.photo("red")
        fellow.save()
        write_media(*args)

    monkeypatch.setattr(backup, "_write_media", replaced)
    assert back_up(file).missing == []
    assert not (restoration._media() / first).exists()
    restore(file, confirm=yes)
    assert (restoration._media() / first).exists()
    assert type(fellow)._base_manager.get(pk=fellow.pk).photo.name == first
    # Also between the moment of the rows and the second name: then another moment is taken.
    monkeypatch.undo()
    hold_all = backup._hold_all

    def deleted_first(media: Path, hold: Path) -> None:
        if not held:
            held.append(media / first)
            held[0].unlink()
        else:
            held[0].write_bytes(b"as if a later moment did not name it")
        hold_all(media, hold)

    monkeypatch.setattr(backup, "_hold_all", deleted_first)
    assert back_up(file, force=True).missing == []
    assert held


def test_a_file_that_is_missing_for_good_is_named(file):
    fellow = make.FellowFactory(photo=whole_site.photo(), photo_alt="A portrait")
    (restoration._media() / fellow.photo.name).unlink()
    errors = StringIO()
    call_command("backup", str(file), stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == f"Named by a row, but not there: {fellow.photo.name}\n"


def test_every_column_of_files_is_one_that_a_backup_asks():
    whole_site.fill()
    assert {name for name in whole_site.files() if "/" in name and not name.startswith("markdown/")} == (
        backup.named_files()
    )
    assert stored_files.columns()


def test_tables_of_nobody_are_named(file):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE somebodys_notes (id integer)")
    try:
        errors = StringIO()
        call_command("backup", str(file), stdout=StringIO(), stderr=errors)
        assert "does not know these tables: somebodys_notes" in errors.getvalue()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE somebodys_notes")


def test_the_manifest_stands_last_and_says_all(file):
    whole_site.fill()
    back_up(file)
    with Archive(file) as archive:
        names = [entry.name for entry, _ in archive._entries()]
        assert names[-1] == MANIFEST
        assert sorted(archive.manifest.members) == sorted(names[:-1])
        assert archive.manifest.tables["portal.organisation"].columns == [
            "id",
            "name",
            "abbreviation",
            "aliases",
            "region",
        ]
        assert "portal" in archive.manifest.migrations
        assert not {"sessions.session", "portal.searchentry"} & archive.manifest.tables.keys()
