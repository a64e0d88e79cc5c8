"""The shape of the code: imports and relations run one way, and each rule has one home."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from portal.publishing import Publishable

ROOT = Path(settings.BASE_DIR)
ORDER = ["articles", "fellowship", "projects", "portal"]  # left may use right
CODE = sorted(path for app in ORDER for path in (ROOT / app).rglob("*.py"))
WRITTEN = [path for path in CODE if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
MAX_LINES = 400


def name_of(path):
    return str(path.relative_to(ROOT))


def allowed(app):
    return set(ORDER[ORDER.index(app) :])


def imported(path):
    """The top package of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)} imports relative to itself"
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module"}:
            yield str(getattr(node.args[0], "value", "")).split(".")[0]


def named_apps(path):
    """Apps that a module names in strings such as "projects.Project"."""
    text = path.read_text()
    return {app for app in ORDER if re.search(rf"""["']{app}\.[A-Z]\w*["']""", text)}


def test_the_order_names_every_app_of_the_project():
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    assert ours == set(ORDER)


@pytest.mark.parametrize("app", ORDER)
def test_imports_run_one_way(app):
    used = {name for path in CODE if path.relative_to(ROOT).parts[0] == app for name in imported(path)}
    assert used & set(ORDER) <= allowed(app)


@pytest.mark.parametrize("app", ORDER)
def test_nothing_is_imported_by_its_name_in_a_string(app):
    used = {name for path in WRITTEN if path.relative_to(ROOT).parts[0] == app for name in named_apps(path)}
    assert used <= allowed(app)


@pytest.mark.parametrize("app", ORDER)
def test_relations_run_one_way(app):
    used = {
        field.related_model._meta.app_label
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
    }
    assert used & set(ORDER) <= allowed(app)


def test_the_ground_names_apps_in_its_addresses_and_settings_only():
    naming = {
        name_of(path)
        for path in WRITTEN
        if path.relative_to(ROOT).parts[0] == "portal"
        and re.search(rf"(?<!/)\b({'|'.join(ORDER[:3])})\.(?!html)\w", code_of(path))
    }
    assert naming == {"portal/urls.py", "portal/settings.py"}


def code_of(path):
    """A module without its comments and docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def test_no_product_code_imports_what_only_tests_have():
    assert not {
        name_of(path)
        for path in CODE
        if {"tests", "pytest", "factory", "hypothesis"} & set(imported(path)) or "django.test" in path.read_text()
    }


def test_a_module_is_named_by_its_noun():
    vague = {"utils", "util", "helpers", "helper", "services", "service", "misc", "common"}
    assert not [name_of(path) for path in CODE if vague & set(path.relative_to(ROOT).with_suffix("").parts)]


def test_a_module_is_short_enough_to_be_about_one_thing():
    lines = {name_of(path): len(path.read_text().splitlines()) for path in [*WRITTEN, *(ROOT / "tests").rglob("*.py")]}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


# One renderer, one place that decides what is public


def test_only_the_renderer_calls_text_safe():
    claims = re.compile(r"\b(mark_safe|SafeText|html_safe)\b|\bSafeString\(|\bformat_html\(\s*f['\"]|\.safe\b")
    # JSON for machines is no HTML; nothing else could put it into a page, and no text can end its script element.
    family = {"portal/markdown.py", "portal/markup.py", "portal/prose.py", "portal/structured_data.py"}
    claiming = {name_of(path) for path in WRITTEN if claims.search(code_of(path))}
    assert "portal/markdown.py" in claiming, "this test looks in the wrong place"
    assert claiming <= family


def test_no_template_calls_text_safe():
    claims = re.compile(r"\|\s*(safe|safeseq)\b|\{%\s*autoescape\s+off")
    assert TEMPLATES
    assert not [name_of(path) for path in TEMPLATES if claims.search(path.read_text())]


# Where the column of a status may be compared: the lifecycle itself, rules of the database, and the one definition of
# "accepting applications". Everybody else asks ``public()`` and ``visible_to()``.
STATUS_COMPARED = {
    "portal/publishing.py",
    "projects/models/projects.py",  # accepting(), and the order of lists
    "projects/admin.py",  # "Open, but not now"
    "fellowship/models/fellows.py",  # a fellow's cohort has to be public too
    "portal/reviews.py",  # how long ago a page was published that nobody has reviewed
    "projects/attention.py",  # what is in progress, and what is completed
}
ASKING = {"filter", "exclude", "get", "Q", "When", "get_object_or_404"}


def asked(path):
    """The names of columns by which a module asks the database."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ASKING:
            yield from (keyword.arg or "" for keyword in node.keywords)


def test_only_the_lifecycle_decides_who_sees_what():
    column = re.compile(r"(^|__)(status|published_at|consent_on)(__|$)")
    asking = {name_of(path) for path in WRITTEN if any(column.search(name) for name in asked(path))}
    assert asking == STATUS_COMPARED


def test_only_the_lifecycle_knows_the_word_draft():
    """In code; the importer names it as the status of what its source gives none."""
    knowing = {name_of(path) for path in WRITTEN if re.search(r"""['"]draft['"]|\.DRAFT\b""", code_of(path))}
    assert knowing == {
        "portal/publishing.py",
        "portal/importing.py",
        "projects/models/statuses.py",
    }
    assert not [name_of(path) for path in TEMPLATES if re.search(r"""['"]draft['"]""", path.read_text())]


def test_a_status_is_written_by_the_one_door_and_the_importer_that_creates():
    writers = {
        name_of(path)
        for path in WRITTEN
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        and any(isinstance(to, ast.Attribute) and to.attr == "status" for to in node.targets)
    }
    assert writers == {"portal/publishing.py", "portal/importing.py"}


def test_there_are_kinds_and_each_names_itself():
    kinds = Publishable.kinds()
    assert len(kinds) == 5
    assert len({kind._meta.model_name for kind in kinds}) == len(kinds), "search filters by it"
    for kind in kinds:
        assert kind.kind_label
        assert kind.kind_plural
