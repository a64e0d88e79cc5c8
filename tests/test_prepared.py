"""Queries are put into words once, and answer as Django's own do."""

import datetime as dt
import importlib
import pkgutil
import threading

import pytest
import time_machine
from django.conf import settings
from django.db import connection, models
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, clear_script_prefix, reverse, set_script_prefix

from portal.paths import path_to
from portal.prepared import Gap, Prepared, PreparedByKeys, prepared, prepared_by_keys
from projects.catalogue import load_terms
from projects.models import ApplicationRound, Project
from tests import factories as make
from tests.dated import london

pytestmark = pytest.mark.django_db

NOW = london("2026-11-21 12:00")


def every_prepared():
    """All that the portal has, by name."""
    found = {}
    for app in ("portal", "projects", "fellowship", "articles"):
        for _, name, _ in pkgutil.walk_packages([str(settings.BASE_DIR / app)], f"{app}."):
            if ".migrations" in name or ".benchmark" in name:
                continue
            for word, one in vars(importlib.import_module(name)).items():
                if isinstance(one, Prepared):
                    found[f"{one.function.__module__}.{word}"] = one
                elif isinstance(one, PreparedByKeys):
                    found |= {f"{one.function.__module__}.{word} of {size}": of for size, of in one.by_size.items()}
    return found


def called_by(calls):
    @prepared(status=models.CharField(), since=models.DateTimeField())
    def of_status(order, *, status, since):
        calls.append(order)
        found = Project.objects.filter(status=status, published_at__gte=since).order_by(order)
        return found.select_related("area", "round").prefetch_related("techniques").defer("need")

    return of_status


def test_it_gives_what_the_queryset_gives_and_asks_for_it_once():
    calls = []
    of_status = called_by(calls)
    for title in ("One", "Two"):
        make.ProjectFactory(title=title, status="open", published_at=NOW, techniques=[make.TechniqueFactory()])
    make.ProjectFactory(title="Old", status="open", published_at=NOW - dt.timedelta(days=1))
    make.ProjectFactory(title="Other", status="paused", published_at=NOW)
    for status, titles in {"open": ["One", "Two"], "paused": ["Other"], "archived": []}.items():
        assert [one.title for one in of_status("title", status=status, since=NOW)] == titles
    assert [one.title for one in of_status("-title", status="open", since=NOW)] == ["Two", "One"]
    assert calls == ["title", "-title"]
    [one, _] = of_status("title", status="open", since=NOW)
    with CaptureQueriesContext(connection) as asked:
        assert one.area.name
        assert len(one.techniques.all()) == 1
    assert not asked.captured_queries
    assert one.get_deferred_fields() == {"need"}


def test_what_is_given_is_never_part_of_the_words():
    of_status = called_by([])
    project = make.ProjectFactory(status="open", published_at=NOW)
    assert of_status("title", status="' OR 1=1 --", since=NOW) == []
    assert of_status("title", status="%s", since=NOW) == []
    assert of_status("title", status="open", since=NOW) == [project]


def test_it_asks_for_each_value_by_name():
    of_status = called_by([])
    with pytest.raises(TypeError, match="since"):
        of_status("title", status="open")
    with pytest.raises(TypeError, match="sort"):
        of_status("title", status="open", since=NOW, sort=1)


def test_the_first_is_none_without_any():
    of_status = called_by([])
    assert of_status.first("title", status="open", since=NOW) is None
    project = make.ProjectFactory(status="open", published_at=NOW)
    assert of_status.first("title", status="open", since=NOW) == project


def test_what_django_knows_to_be_empty_is_not_asked():
    @prepared(pk=models.BigIntegerField())
    def nothing(*, pk):
        return Project.objects.filter(pk=pk, status__in=[])

    make.ProjectFactory()
    with CaptureQueriesContext(connection) as asked:
        assert nothing(pk=1) == []
    assert not asked.captured_queries


def test_values_and_unions_are_prepared_too():
    @prepared(now=models.DateTimeField())
    def closing(*, now):
        some = ApplicationRound.objects.order_by().filter(closes_at__gt=now).values_list("name", flat=True)
        return some.union(Project.objects.order_by().values_list("title", flat=True), all=True)

    make.ApplicationRoundFactory(name="Autumn", opens_at=NOW, closes_at=NOW + dt.timedelta(days=1))
    make.ProjectFactory(title="Letters", round=None)
    assert sorted(closing(now=NOW)) == ["Autumn", "Letters"]
    assert sorted(closing(now=NOW + dt.timedelta(days=1))) == ["Letters"]


def test_by_keys_it_gives_the_rows_of_these_and_has_few_wordings(django_assert_num_queries):
    @prepared_by_keys
    def titles(order, *, keys):
        return Project.objects.filter(pk__in=keys).order_by(order).values_list("title", flat=True)

    pks = {f"Title {number}": make.ProjectFactory(title=f"Title {number}").pk for number in range(9)}
    for number in (1, 2, 3, 5, 8, 9):
        chosen = sorted(pks)[-number:]
        with django_assert_num_queries(1):
            assert titles("title", keys=[pks[title] for title in chosen]) == chosen
        assert titles("-title", keys=[pks[title] for title in chosen]) == chosen[::-1]
    assert [*titles.by_size] == [1, 2, 4, 8, 16]
    with django_assert_num_queries(0):
        assert titles("title", keys=[]) == []


def test_rows_are_read_by_the_columns_of_their_own_query():
    """What makes Python's values of columns is found out once, for each query by itself."""
    make.ProjectFactory(title="One", published_at=NOW)

    @prepared()
    def moments():
        return Project.objects.values_list("published_at", "title")

    @prepared()
    def titles():
        return Project.objects.values_list("title", "published_at")

    for _ in range(2):
        assert (moments(), titles()) == ([(NOW, "One")], [("One", NOW)])


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection():
    of_status = called_by([])
    project = make.ProjectFactory(status="open", published_at=NOW)
    assert of_status("title", status="open", since=NOW) == [project]
    found = []

    def ask():
        try:
            found.append(of_status("title", status="open", since=NOW))
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [[project]]


def in_words(one, args):
    worded = one._worded(*args)
    sql, parameters = worded.query.words[1:]
    return sql, [parameter.value if isinstance(parameter, Gap) else parameter for parameter in parameters]


def test_no_prepared_query_hangs_on_the_time_or_the_content(client):
    project = make.ProjectFactory(status="paused")
    cohort = make.CohortFactory()
    for page in ("/", "/projects/", project.get_absolute_url(), cohort.get_absolute_url()):
        assert client.get(page).status_code == 200
    found = every_prepared()
    asked = [(one, key[1:]) for one in found.values() for key in one.known]
    assert len(found) > 20
    assert len(asked) > 12
    with time_machine.travel(NOW, tick=False):
        before = [in_words(*each) for each in asked]
    make.ProjectFactory(status="open", round=make.ApplicationRoundFactory())
    with time_machine.travel(NOW + dt.timedelta(days=400), tick=False):
        assert [in_words(*each) for each in asked] == before


# What else is looked up once


def test_loaded_terms_are_asked_anew_for_anything_but_themselves():
    one, other = make.TechniqueFactory(name="Graphs"), make.TechniqueFactory(name="Bayes")
    project = make.ProjectFactory(techniques=[one, other])
    make.ProjectFactory(techniques=[make.TechniqueFactory(name="Forests")])
    load_terms([project])
    with CaptureQueriesContext(connection) as asked:
        assert [term.name for term in project.techniques.all()] == ["Bayes", "Graphs"]
    assert not asked.captured_queries
    assert [*project.techniques.filter(name__gt="C")] == [one]
    assert [*project.techniques.all().order_by("-name")] == [one, other]


def test_a_path_is_that_of_django():
    assert path_to("projects:detail", "letters") == reverse("projects:detail", args=["letters"])
    assert path_to("fellowship:cohort", 4) == reverse("fellowship:cohort", args=[4])
    with pytest.raises(NoReverseMatch):
        path_to("nowhere")
    set_script_prefix("/below/")
    try:
        assert path_to("projects:detail", "letters") == "/below/projects/letters/"
    finally:
        clear_script_prefix()


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("{% url 'projects:detail' slug %}", "/projects/a&amp;b/"),
        ("{% autoescape off %}{% url 'projects:detail' slug %}{% endautoescape %}", "/projects/a&b/"),
        ("{% url 'projects:detail' slug=plain %}", "/projects/letters/"),
        ("{% url 'projects:detail' plain as found %}[{{ found }}]", "[/projects/letters/]"),
        ("{% url 'nowhere' as found %}[{{ found }}]", "[]"),
        ("{% url 'admin:index' %}", "/admin/"),
    ],
)
def test_the_tag_is_that_of_django(words, path, monkeypatch):
    monkeypatch.setattr("portal.paths.reverse", escaped_by_nobody)
    assert Template(words).render(Context({"slug": "a&b", "plain": "letters"})) == path


def escaped_by_nobody(name, args, **options):
    """No path of the portal has a character that HTML would escape."""
    return "/projects/a&b/" if args == ("a&b",) else reverse(name, args=args, **options)
