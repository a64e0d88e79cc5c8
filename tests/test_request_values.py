"""What a request says is a value, and never the name of a column, an alias, an ordering or a part of a statement."""

from __future__ import annotations

import ast
from functools import cache
from itertools import product

import pytest
from django.contrib import admin
from django.test import Client

from portal import sharing
from portal.models import DraftAnswer
from portal.roles import Role
from projects.models import Project
from tests import factories as factory
from tests.test_admin_refusals import address, in_role, make
from tests.test_architecture import WRITTEN, name_of

# What makes names, aliases, orderings or statements of its arguments.
NAMING = {
    *"aggregate alias annotate dates datetimes defer distinct earliest exclude filter get get_or_create".split(),
    *"in_bulk latest only order_by prefetch_related select_related update update_or_create values values_list".split(),
    *"F Q OuterRef Prefetch".split(),
}
FROM_A_REQUEST = ("GET", "POST", "COOKIES", "META", "headers", "body", "cleaned_data", "QUERY_STRING")
RAW = {"RawSQL", "raw", "extra", "execute", "executemany", "execute_wrapper", "mogrify"}


def names_in(node):
    return {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)} | {
        one.id for one in ast.walk(node) if isinstance(one, ast.Name)
    }


@cache
def tree_of(path):
    return ast.parse(path.read_text())


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func).rpartition(".")[2]


def makes_names(call):
    """Whether anything of a request stands where a name is expected: a plain argument, or keywords by ``**``."""
    by_place = [argument for argument in call.args if not isinstance(argument, ast.Constant)]
    by_name = [keyword.value for keyword in call.keywords if keyword.arg is None]
    return any(names_in(argument) & set(FROM_A_REQUEST) for argument in [*by_place, *by_name])


def is_query(call, name):
    """``request.GET.get(…)`` is none, nor what is asked of a dictionary; ``objects.get(…)`` is one."""
    words = ast.unparse(call.func)
    is_dictionary = name in {"get", "values", "update"} and "objects" not in words and "queryset" not in words
    return not is_dictionary and not set(FROM_A_REQUEST) & names_in(call.func)


def naming(tree):
    """The lines at which something of a request becomes a name."""
    return [call.lineno for call, name in calls(tree) if name in NAMING and is_query(call, name) and makes_names(call)]


def test_no_request_names_a_column():
    assert {name_of(path): found for path in WRITTEN if (found := naming(tree_of(path)))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "Project.objects.filter(**request.GET.dict())",
        "found.order_by(request.GET['sort'])",
        "found.annotate(**{request.POST.get('name'): F('x')})",
        "found.values_list(*request.GET.getlist('columns'))",
        "found.filter(Q(**form.cleaned_data))",
        "F(request.GET['field'])",
    ],
)
def test_what_this_test_would_find(line):
    assert naming(ast.parse(line))


# Where statements are written by hand: the search, whose words are values, and what looks after databases.
BY_HAND = {
    "portal/archive_rows.py",
    "portal/benchmark/cost.py",
    "portal/generation.py",
    "portal/management/commands/benchmark_site.py",
    "portal/restoration.py",
    "portal/search.py",
    "projects/management/commands/benchmark_finder.py",
}


def test_statements_are_written_by_hand_in_few_places_and_never_of_what_a_request_says():
    found = [(name_of(path), call) for path in WRITTEN for call, name in calls(tree_of(path)) if name in RAW]
    assert {name for name, _ in found} == BY_HAND
    for name, call in found:
        said = set().union(*(names_in(argument) for argument in call.args[:1]))
        assert not said & {*FROM_A_REQUEST, "request", "query", "words", "q"}, f"{name}:{call.lineno}"


# What the lists of the admin may be asked by

# Columns that nobody reads anywhere, by ways that lead to them.
SECRETS = ["password", "email", "key"]
WAYS = [
    *"by submitted_by shared_draft shared_draft__by user groups__user group__user round__projects author".split(),
    *"dealt_with_by changed_by owner created_by authenticator socialaccount logentry revision__user".split(),
    *"supersedes placements fellow cohort__fellows partner__project user__authenticator".split(),
]
LOOKUPS = ["", "__startswith", "__regex", "__in", "__gt"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_no_list_is_asked_about_what_it_does_not_show(model):
    """A lookup that was let in would tell a secret letter by letter: by whether the list is empty."""
    client = Client()
    client.force_login(factory.StaffFactory(is_superuser=True))
    path = address(model, "changelist")
    columns = {field.name for field in model._meta.get_fields()}
    for way, secret, lookup in product(WAYS, SECRETS, ["", "__startswith"]):
        if way.partition("__")[0] in columns:
            response = client.get(path, {f"{way}__{secret}{lookup}": "a"})
            assert response.status_code == 400 or "e=1" in response.get("Location", ""), (way, secret, lookup)


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", LOOKUPS)
def test_no_list_of_people_is_asked_about_passwords(lookup):
    client = Client()
    client.force_login(in_role(Role.ADMINISTRATOR))
    for name in ("password", "authenticator__data", "logentry__user__password", "groups__user__password"):
        response = client.get(address(factory.StaffFactory._meta.model, "changelist"), {f"{name}{lookup}": "a"})
        assert response.status_code == 400 or "e=1" in response.get("Location", ""), name


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", LOOKUPS)
def test_no_list_of_answers_is_asked_about_the_keys_of_links(lookup):
    link = sharing.share(make(Project, status="draft"), by=factory.StaffFactory(), reader="Dr Patel", days=7)
    sharing.answer(link, verdict="right")
    client = Client()
    client.force_login(in_role(Role.EDITOR))
    response = client.get(address(DraftAnswer, "changelist"), {f"shared_draft__key{lookup}": link.key[:1]})
    assert response.status_code == 400 or "e=1" in response.get("Location", "")


@pytest.mark.django_db
@pytest.mark.parametrize("ordering", ["password", "by__password", "-99", "1.2.3.4.5.6.7", "1;DROP", "?", "\0"])
def test_an_order_is_a_number_of_a_column_that_is_shown(ordering):
    client = Client()
    client.force_login(factory.StaffFactory(is_superuser=True))
    for model in admin.site._registry:
        assert client.get(address(model, "changelist"), {"o": ordering}).status_code in {200, 302}
