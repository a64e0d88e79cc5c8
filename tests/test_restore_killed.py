"""A restore that is killed leaves the old site or the new one, each with all of its files, and can be run again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(
    "'postgres' in os.environ.get('DATABASE_URL', '')",
    reason="its sites are files of SQLite, whichever database the other tests have",
)

KILLED = 99
BEGIN = "import sys; sys.path.insert(0, '.'); import django; django.setup()\n"
# A new site with a photo, its backup, and then the old one: with another photo and without the first.
MAKE = """
import pathlib
from django.core.management import call_command
from fellowship.models import Fellow
from tests import factories as make
from tests.whole_site import photo
call_command("migrate", verbosity=0)
make.ArticleFactory(cover=photo("navy"), cover_alt="A sea")
make.FellowFactory(photo=photo(), photo_alt="A portrait")
call_command("backup", sys.argv[1])
Fellow.objects.all().delete()
make.FellowFactory(photo=photo("red"), photo_alt="A portrait")
"""
# Ends as with `kill -9`, without a word, when a function is called for the so-manieth time.
RESTORE = """
import importlib, os
from django.core.management import call_command
where, name, left = sys.argv[2], sys.argv[3], [int(sys.argv[4])]
module, _, inner = where.partition(":")
owner = importlib.import_module(module)
owner = getattr(owner, inner) if inner else owner
usual = getattr(owner, name)
def counted(*args, **kwargs):
    left[0] -= 1
    if not left[0]:
        os._exit(99)
    return usual(*args, **kwargs)
setattr(owner, name, counted)
call_command("restore", sys.argv[1], no_input=True)
"""
NOWHERE = ("portal.search", "rebuild", 1000)
# In the order of what happens, with the site that each leaves.
PLACES: list[tuple[tuple[str, str, int], str]] = [
    (("shutil", "copyfileobj", 1), "old"),
    (("shutil", "copyfileobj", 3), "old"),
    (("portal.archive_rows", "delete_all", 1), "old"),
    (("portal.archive_rows", "delete_all", 30), "old"),
    (("portal.archive_rows", "load", 30), "old"),
    (("pathlib:Path", "rename", 1), "old"),
    (("pathlib:Path", "rename", 2), "old"),
    (("portal.search", "rebuild", 1), "old"),
    (("django.db.backends.sqlite3.base:DatabaseWrapper", "_commit", 1), "old"),
    (("portal.restoration:Unpacked", "drop_the_others", 1), "new"),
    (("pathlib:Path", "unlink", 2), "new"),
    (("django.core.cache.backends.db:DatabaseCache", "clear", 1), "new"),
]


def run(var: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"PORTAL_ENV": "development", "PORTAL_VAR": str(var), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def rows(var: Path) -> dict[str, list[Any]]:
    """What stands in every table of the portal, but not in those of the index, sessions, the cache and the log."""
    with closing(sqlite3.connect(var / "portal.sqlite3")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        left_out = ("sqlite_", "portal_search", "portal_cache", "portal_content", "django_session", "django_migrations")
        return {
            name: database.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()  # noqa: S608
            for name in sorted(names)
            if not name.startswith(left_out)
        }


def files(var: Path) -> dict[str, bytes]:
    media = var / "media"
    return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The old site in a folder, the backup of the new one, and what stands in each."""
    folder = tmp_path_factory.mktemp("sites")
    made = run(folder / "old", MAKE, str(folder / "new.backup"))
    assert made.returncode == 0, made.stderr
    shutil.copytree(folder / "old", folder / "new")
    done = run(folder / "new", RESTORE, str(folder / "new.backup"), *map(str, NOWHERE))
    assert done.returncode == 0, done.stderr
    found = {name: (rows(folder / name), files(folder / name)) for name in ["old", "new"]}
    assert found["old"][0] != found["new"][0]
    assert set(found["old"][1]) != set(found["new"][1])
    return {"folder": folder, **found}


@pytest.mark.parametrize(("place", "left"), PLACES, ids=lambda value: "-".join(map(str, value)) if value[1:] else None)
def test_a_restore_that_is_killed_leaves_one_site_or_the_other(sites, tmp_path, place, left):
    var, backup = tmp_path / "var", str(sites["folder"] / "new.backup")
    shutil.copytree(sites["folder"] / "old", var)
    ended = run(var, RESTORE, backup, *map(str, place))
    assert ended.returncode == KILLED, ended.stderr
    expected_rows, expected_files = sites[left]
    assert rows(var) == expected_rows
    found = files(var)
    assert {name: found.get(name) for name in expected_files} == expected_files, "no file that a row names is missing"
    if place[1] in {"rename", "drop_the_others"}:  # where there is most to tidy up
        again = run(var, RESTORE, backup, *map(str, NOWHERE))
        assert again.returncode == 0, again.stderr
        assert (rows(var), files(var)) == sites["new"]
