"""One search over every kind, on both databases: the same words, the same first hit, and never what is hidden."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal import search
from portal.models import SearchEntry
from portal.publishing import Publishable
from projects.models import Project
from tests.factories import (
    FACTORIES,
    AreaFactory,
    ArticleFactory,
    CohortFactory,
    FellowFactory,
    OrganisationFactory,
    ProgrammeFactory,
    ProjectFactory,
    TechniqueFactory,
)
from tests.indexed import indexed
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()


def titles(query):
    """The titles of what a reader finds, best first."""
    found = search.search(query).found
    items = search.load(found)
    return [items[pair].title for pair in found if pair in items]


# Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("COVID-19", ["covid", "19"]),
        ("Café naïve", ["cafe", "naive"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("ﬁnance ２０２６", ["finance", "2026"]),
        ("snake_case and-dash", ["snake", "case", "and", "dash"]),
        ("it’s O'Neill's", ["it", "s", "o", "neill", "s"]),
        ("  \t\n ", []),
        ("!!! *** \"'", []),
        ("a" * 100, ["a" * 40]),
        ("x\0y", ["x", "y"]),
        ("İstanbul", ["istanbul"]),
    ],
)
def test_a_text_is_folded(text, words):
    assert search.words(text) == words


def test_the_index_holds_words_and_stems():
    assert search.fold("Predicting admissions") == "predicting admissions predict admiss"
    assert search.fold("NHS") == "nhs"
    assert len(search.fold("word " * 100_000).split()) <= search.MAX_BODY


@given(st.text(max_size=200))
@effort(max_examples=100)
def test_what_reaches_a_database_is_letters_and_digits(text):
    for word in search.query_words(text):
        assert word.isalnum()
        assert len(word) <= 40
    assert len(search.query_words(text)) <= search.MAX_WORDS


# What is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("predict", True),
        ("predicts", True),
        ("prediction", True),
        ("predictions", True),
        ("PREDICTION", True),
        ("predi", True),  # the beginning of a word, as one types
        ("p", True),
        ("prediction demand", True),
        ("demand prediction", True),
        ("demand predi", True),
        ("predi demand", False),  # only the last word may be a beginning
        ("covid-19", True),
        ("COVID 19", True),
        ("covid19", False),
        ("cafe", True),
        ("café", True),
        ("prediction badgers", False),
        ("rediction", False),
        ("the", True),  # no word is left out of the index
        ("", False),
        ("?!", False),
    ],
)
def test_words_stems_and_beginnings(query, found):
    ProjectFactory(title="Prediction of demand after COVID-19 at the Café")
    assert bool(titles(query)) is found


def test_every_part_of_an_item_is_searched_and_the_title_counts_most():
    ProjectFactory(title="Alpha", need="About badgers.")
    ProjectFactory(title="Beta", summary="About badgers.")
    ProjectFactory(title="Gamma", techniques=[TechniqueFactory(name="Badgers")])
    ProjectFactory(title="Delta badgers")
    ProjectFactory(title="Epsilon")
    found = titles("badger")
    assert set(found) == {"Alpha", "Beta", "Gamma", "Delta badgers"}
    assert found[0] == "Delta badgers"
    assert found.index("Gamma") < found.index("Alpha")


def test_an_alias_of_a_term_or_a_partner_finds_the_project():
    area = AreaFactory(name="Natural language processing", aliases=["NLP"])
    partner = OrganisationFactory(name="Great Ormond Street Hospital", abbreviation="GOSH", aliases=["DRIVE unit"])
    ProjectFactory(title="Reports", area=area, partner=partner)
    for query in ("nlp", "natural language", "gosh", "drive unit", "ormond"):
        assert titles(query) == ["Reports"], query


def test_markup_is_not_searched_and_its_words_are():
    ArticleFactory(title="Guide", body="A [link to badgers](https://example.org/otters) and **bold** text.")
    assert titles("badgers") == ["Guide"]
    assert titles("otters") == []
    assert titles("strong") == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_is_searched_and_shown(client, kind):
    item = FACTORIES[kind](summary="About badgers.")
    results = search.search("badgers")
    assert [(count.kind, count.count) for count in results.counts] == [(kind, 1)]
    response = client.get("/search/", {"q": "badgers"})
    assert item.get_absolute_url() in Page(response.text).links
    assert kind.kind_label in response.text or kind.kind_plural in response.text


def test_a_hidden_item_is_never_returned_though_the_index_holds_it():
    for kind in KINDS:
        FACTORIES[kind](summary="About badgers.", status="draft")
    FellowFactory(summary="About badgers.", consent_on=None)
    FellowFactory(summary="About badgers.", cohort=CohortFactory(status="draft"))
    assert len(indexed("badgers")) == len(KINDS) + 2
    results = search.search("badgers")
    assert (results.total, results.found, results.counts) == (0, [], [])


def test_an_item_that_is_hidden_between_two_questions_is_not_loaded():
    project = ProjectFactory(title="Badgers")
    results = search.search("badgers")
    project.move_to("draft", by=None)
    assert search.load(results.found) == {}


def test_an_item_deleted_past_the_admin_is_no_error(client):
    ProjectFactory(title="Badgers one")
    Project.objects.all().delete()
    assert titles("badgers") == []
    assert client.get("/search/?q=badgers").status_code == 200


def test_what_is_searched_is_counted_by_kind_and_can_be_narrowed(client):
    ProjectFactory.create_batch(3, summary="About badgers.")
    ArticleFactory(summary="About badgers.", title="The one guide")
    text = client.get("/search/?q=badgers").text
    assert "4 results" in text
    narrowed = client.get("/search/?q=badgers&kind=article").text
    assert "The one guide" in narrowed
    assert "/projects/project-" not in narrowed
    for nonsense in ("user", "nonsense", "Article", "%00"):
        assert "4 results" in client.get(f"/search/?q=badgers&kind={nonsense}").text


def test_results_are_paged(client):
    ProjectFactory.create_batch(21, summary="About badgers.")
    first, second = (Page(client.get(f"/search/?q=badgers&page={n}").text) for n in (1, 2))
    assert len([link for link in first.links if link.startswith("/projects/project-")]) == 20
    assert len([link for link in second.links if link.startswith("/projects/project-")]) == 1
    assert "?q=badgers&page=2" in first.links
    assert first.title != second.title


def test_a_search_page_is_not_for_search_engines(client):
    for query in ("", "?q=badgers"):
        assert "noindex" in Page(client.get(f"/search/{query}").text).robots


# Hostile queries

SYNTAX = [
    '"',
    '""',
    '"a',
    "a*",
    "*",
    "^a",
    "a AND",
    "AND",
    "OR",
    "NOT",
    "NOT a",
    "NEAR(a b, 3)",
    "title:badgers",
    "-badgers",
    "{title summary}: a",
    "a + b",
    "(((",
    ")",
    "a'b",
    "';--",
    "a:*",
    "a & b",
    "a | b",
    "!a",
    "a <-> b",
    "\\",
    "\\'",
    "a:B",
    "$$",
    "%",
    "%s",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "🦓",
    "ａ＊",
    "'''",
    "a" * 100_000,
    "a " * 50_000,
    "é" * 1_000,
    "٣ ३ 3",
    "ǅ ŉ ß",
]


@pytest.mark.parametrize("query", SYNTAX, ids=lambda query: ascii(query)[:20])
def test_no_syntax_of_either_database_gets_through(query):
    ProjectFactory(title="Badgers AND otters")
    search.search(query)
    assert titles(f"{query} badgers") in ([], ["Badgers AND otters"])


@given(st.text(max_size=80))
@effort(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_an_error(db, text):
    assert search.search(text).found == []


@given(title=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
@effort(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_title_finds_its_own_item(db, title):
    Project.objects.all().delete()
    search.rebuild()
    project = ProjectFactory(title=title, partner=None, techniques=[], modalities=[])
    expected = {("projects.project", project.pk)} if search.query_words(title) else set()
    assert indexed(title) == expected


def test_a_search_costs_the_same_for_any_query():
    ProjectFactory.create_batch(5, summary="About badgers.")
    costs = set()
    for query in ("badgers", "badgers about", "b a d g e r s about badgers"):
        with CaptureQueriesContext(connection) as captured:
            search.search(query)
        costs.add(len(captured))
    assert costs == {1}


def test_of_too_many_hits_the_newest_are_looked_at_of_each_kind(client, monkeypatch):
    monkeypatch.setattr(search, "MAX_HITS", 3)
    ArticleFactory(summary="About badgers.", title="The one guide")
    ProjectFactory(title="Oldest badgers")
    ProjectFactory.create_batch(4, summary="About badgers.")
    ProjectFactory(title="Badgers and badgers", status="draft")
    found = search.hits("badgers", Project.objects.public())
    assert (len(found.ids), found.is_capped) == (3, True)
    assert sorted(found.scores.values(), reverse=True) == list(found.scores.values())
    assert "Oldest badgers" not in titles("badgers")
    assert "The one guide" in titles("badgers")
    text = client.get("/search/?q=badgers").text
    assert "More than 4 results" in text
    assert "Projects (more than 3)" in text
    assert "Guidance (1)" in text


def test_as_many_hits_as_are_looked_at_are_all(client, monkeypatch):
    monkeypatch.setattr(search, "MAX_HITS", 3)
    ProjectFactory.create_batch(3, summary="About badgers.")
    found = search.hits("badgers", Project.objects.public())
    assert (len(found.ids), found.is_capped) == (3, False)
    assert "3 results" in client.get("/search/?q=badgers").text


def test_the_best_hit_comes_first_in_its_kind_and_of_all_kinds():
    body = ProjectFactory(title="Alpha", need="About badgers.")
    named = ProjectFactory(title="Badgers")
    assert search.hits("badgers", Project.objects.public()).ids == [named.pk, body.pk]
    article = ArticleFactory(title="Badgers badgers", summary="Badgers.", body="Badgers.")
    found = titles("badgers")
    assert found[0] == article.title
    assert found[-1] == body.title


def test_only_what_is_asked_for_is_among_the_hits(monkeypatch):
    monkeypatch.setattr(search, "MAX_HITS", 2)
    first = ProjectFactory(title="Badgers one", status="paused")
    ProjectFactory.create_batch(5, title="Badgers")
    assert search.hits("badgers", Project.objects.filter(status="paused")).ids == [first.pk]
    assert search.hits("badgers", Project.objects.none()) == search.Hits({})
    assert search.hits("?!", Project.objects.all()) == search.Hits({})


# The index


def test_an_item_is_indexed_once_however_often_it_is_written():
    project = ProjectFactory(title="Badgers")
    for _ in range(3):
        search.index(project)
    assert SearchEntry.objects.count() == 1
    assert indexed("badgers") == {("projects.project", project.pk)}


def test_forgetting_leaves_other_kinds_alone():
    project, article = ProjectFactory(pk=77, title="Badgers"), ArticleFactory(pk=77, title="Badgers")
    search.forget("projects.project", [project.pk])
    assert indexed("badgers") == {("articles.article", article.pk)}


def test_rebuild_makes_the_index_anew():
    kinds = [FACTORIES[kind](summary="About badgers.") for kind in KINDS if kind is not ProgrammeFactory._meta.model]
    kinds.append(ProgrammeFactory(summary="About badgers."))
    total = sum(kind.objects.count() for kind in KINDS)
    before = indexed("badgers")
    SearchEntry.objects.all().delete()
    SearchEntry.objects.create(kind="projects.project", object_id=999, title="stale", terms="", summary="", body="")
    Project.objects.update(summary="About otters.")
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert out.getvalue() == f"Indexed {total} pages.\n"
    assert {pair for pair in before if pair[0] != "projects.project"} == indexed("badgers")
    assert indexed("stale") == set()
    assert len(indexed("otters")) == 1
    assert SearchEntry.objects.count() == total


def test_a_failed_rebuild_keeps_the_old_index(monkeypatch):
    ProjectFactory(title="Badgers")

    def fail(item):
        raise RuntimeError("half way")

    monkeypatch.setattr(Project, "search_document", fail)
    with pytest.raises(RuntimeError):
        search.rebuild()
    monkeypatch.undo()
    assert len(indexed("badgers")) == 1


def test_the_first_hit_and_the_set_are_the_same_on_both_databases():
    """What is asserted here on SQLite is asserted on PostgreSQL by the same line."""
    nlp = AreaFactory(name="Natural language processing", aliases=["NLP"])
    ProjectFactory(title="Named entities in histopathology reports", area=nlp, summary="Large language models.")
    ProjectFactory(title="Language models as agents", summary="Simulating wards.")
    ProjectFactory(title="Winter admissions", need="Language is not the matter here.")
    ProjectFactory(title="Granular mapping")
    for query, first, others in [
        ("language models", "Language models as agents", {"Named entities in histopathology reports"}),
        ("language", "Language models as agents", {"Named entities in histopathology reports", "Winter admissions"}),
        ("nlp reports", "Named entities in histopathology reports", set()),
        ("admission", "Winter admissions", set()),
        ("map", "Granular mapping", set()),
    ]:
        found = titles(query)
        assert found[0] == first, query
        assert set(found[1:]) == others, query
