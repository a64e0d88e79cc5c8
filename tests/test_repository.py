"""What stands beside the code: migrations, decisions, the README's table, and no traces of the workplace."""

import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.management.commands import settings_table

ROOT = Path(settings.BASE_DIR)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
OURS = ["portal", "projects", "fellowship", "articles"]
TEXTS = {".py", ".md", ".html", ".toml", ".txt", ".yaml", ".yml", ".js", ".scss", ".css", ".json", ".svg", ".xml", ""}


def tracked():
    """Every file that belongs to the project: what git knows, and what it would take in."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# Migrations


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db
def test_migrations_do_not_depend_on_code_that_may_change():
    """A field of our own is Django's to the database: to move its class must not break a new installation."""
    loader = MigrationLoader(connection)
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS:
            imports = Path(migration.__class__.__module__.replace(".", "/")).parts
            text = (ROOT / Path(*imports)).with_suffix(".py").read_text()
            found = set(re.findall(r"^(?:import|from) ((?:portal|projects|fellowship|articles)[\w.]*)", text, re.M))
            assert found <= {"portal.image_fields", "portal.pdf_field"}, (app, name, found)


@pytest.mark.django_db
def test_migrations_run_one_way_too():
    order = ["articles", "fellowship", "projects", "portal"]
    for (app, _), migration in MigrationLoader(connection).disk_migrations.items():
        if app in order:
            depends = {other for other, _ in migration.dependencies} & set(order)
            assert depends <= set(order[order.index(app) :])


@pytest.mark.django_db(transaction=True)
def test_the_index_of_the_search_can_be_taken_back_and_made_again():
    call_command("migrate", "portal", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM portal_search_fts"
            if connection.vendor == "sqlite"
            else "SELECT count(document) FROM portal_searchentry"
        )
        assert cursor.fetchone() == (0,)


def test_the_user_model_is_the_projects_own_from_the_first_migration():
    assert settings.AUTH_USER_MODEL == "portal.User"
    initial = (ROOT / "portal" / "migrations" / "0001_initial.py").read_text()
    assert "name='User'" in initial or 'name="User"' in initial


# Documents


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_carries_its_own_number(path):
    assert path.read_text().startswith(f"# {int(path.name[:4])}. ")


def test_decisions_are_numbered_without_a_gap_and_the_overview_names_each():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    overview = (ROOT / "docs" / "README.md").read_text()
    assert [path.name for path in DECISIONS if path.name not in overview] == []


def test_the_table_of_settings_is_made_from_the_settings():
    readme = (ROOT / "README.md").read_text()
    written = readme.split(settings_table.BEGIN)[1].split(settings_table.END)[0].strip()
    assert written == settings_table.table(), "run: make fix"


def test_the_table_of_settings_can_be_printed_and_written(tmp_path, settings):
    out = StringIO()
    call_command("settings_table", stdout=out)
    for name in ("PORTAL_ENV", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PORTAL_VAR", "PORTAL_URL", "PORT"):
        assert f"| `{name}` |" in out.getvalue()
    settings.BASE_DIR = tmp_path
    readme = tmp_path / "README.md"
    readme.write_text(f"# Before\n{settings_table.BEGIN}\nold\n{settings_table.END}\nAfter\n")
    call_command("settings_table", "--write")
    assert (
        readme.read_text()
        == f"# Before\n{settings_table.BEGIN}\n{settings_table.table()}\n{settings_table.END}\nAfter\n"
    )
    readme.write_text("# No marks\n")
    with pytest.raises(CommandError, match="lacks the marks"):
        call_command("settings_table", "--write")


def test_no_default_in_the_table_is_a_secret_or_a_path():
    table = settings_table.table()
    assert settings.SECRET_KEY not in table
    assert str(ROOT) not in table


def test_every_link_of_the_documents_leads_to_a_file():
    broken = []
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append((path.name, target))
    assert broken == []


def test_the_readme_names_every_part_of_the_tree():
    readme = (ROOT / "README.md").read_text()
    for name in (*OURS, "templates", "tests", "frontend", "requirements", "docs", "sample", "bin"):
        assert f"{name}/" in readme, name


# Files


def test_no_file_speaks_of_the_machine_that_it_was_written_on():
    places = {str(ROOT), f"{Path.home()}/.", f"{ROOT.parent}/"} - {"//", "//."}
    private = re.compile(rf"(?<![\w.:/-])({'|'.join(map(re.escape, places))})")
    files = tracked()
    assert files or not (ROOT / ".git").exists()
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.suffix in TEXTS
        and path.stat().st_size < 1_000_000
        and private.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_nothing_unfinished_is_left_in_the_code():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|pragma: no cover|breakpoint\(\)|\bprint\(")
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for app in OURS
        for path in (ROOT / app).rglob("*.py")
        for match in marks.finditer(path.read_text())
    }
    assert found == set()


def test_every_template_is_used():
    code = "".join(path.read_text() for app in OURS for path in (ROOT / app).rglob("*.py"))
    folder = ROOT / "templates"
    templates = [path for path in folder.rglob("*.*") if "admin" not in path.relative_to(folder).parts[:-1]]
    text = "".join(path.read_text() for path in templates)
    by_django = {"403.html", "403_csrf.html", "404.html", "500.html", "base.html"}
    others = [Path(config.path) / "templates" for config in apps.get_app_configs()]
    unused = [
        name
        for name in (str(path.relative_to(folder)) for path in templates)
        if name not in by_django
        and f'"{name}"' not in code
        and f'"{name}"' not in text
        and not any((place / name).exists() for place in others)  # in place of that of a package
    ]
    assert unused == []


def test_no_permission_is_made_for_what_staff_never_see():
    for model in ("importeditem", "searchentry"):
        assert list(apps.get_model("portal", model)._meta.default_permissions) == []
