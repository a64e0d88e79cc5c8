"""Two words for one thing become one: nothing is lost, readers and the importer are led on, and it is written down."""

from threading import Barrier, Thread

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import connection

from portal import revisions
from portal.importing import Outcome
from portal.models import ImportedItem
from projects.models import Area, Modality, Project, Technique
from projects.term_merging import merge_terms, planned
from tests.factories import (
    AreaFactory,
    ArticleFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.indexed import indexed
from tests.sources import everything, outcomes, project_list, row, said
from tests.vocabularies import EACH, FACTORY, FIELD, project_with, terms_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return StaffFactory(first_name="Ada", last_name="Byron")


# What it does


@EACH
def test_projects_move_to_the_term_that_stays(kind, by):
    keep, drop, third = (FACTORY[kind](name=name) for name in ("Language", "NLP", "Text mining"))
    mine = project_with(keep)
    moved = [project_with(drop), project_with(third, status="draft")]
    both = project_with(drop, keep, third) if kind is not Area else project_with(third)
    elsewhere = project_with(FACTORY[kind](name="Images"))
    before = {project.pk: project.updated_at for project in Project.objects.all()}
    merge = merge_terms(keep=keep, drop=[drop, third], by=by)
    assert merge.number_of_pages == "3 projects"
    for project in [mine, both, *moved]:
        assert terms_of(project, kind) == ["Language"]
    assert terms_of(elsewhere, kind) == ["Images"]
    assert {term.name for term in kind.objects.all()} == {"Language", "Images"}
    assert {project.pk: project.updated_at for project in Project.objects.all()} == before, "their texts stay"


def test_guidance_moves_too(by):
    keep, drop = AreaFactory(name="Language"), AreaFactory(name="NLP")
    one, both = ArticleFactory(areas=[drop]), ArticleFactory(areas=[drop, keep])
    project_with(drop)
    assert merge_terms(keep=keep, drop=[drop], by=by).number_of_pages == "1 project and 2 articles"
    assert list(one.areas.all()) == list(both.areas.all()) == [keep]


@EACH
def test_names_and_addresses_lead_to_the_term_that_stays(client, kind, by):
    keep = FACTORY[kind](name="Language", slug="language", aliases=["words"], former_slugs=["lang"])
    drop = FACTORY[kind](name="NLP", slug="nlp", aliases=["Words", "Text mining"], former_slugs=["n-l-p"])
    merge = merge_terms(keep=keep, drop=[drop], by=by)
    keep.refresh_from_db()
    assert keep.aliases == ["words", "NLP", "Text mining"]
    assert keep.former_slugs == ["lang", "nlp", "n-l-p"]
    assert (merge.aliases, merge.former_slugs) == (["NLP", "Text mining"], ["nlp", "n-l-p"])
    keep.full_clean()
    for slug in keep.former_slugs:
        assert client.get(f"/projects/?{kind.facet}={slug}")["Location"] == f"/projects/?{kind.facet}=language"


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"), [("", ["", "B."], "B."), ("A.", ["B.", ""], "A."), ("", ["B.", "C."], "B.")]
)
def test_a_definition_is_taken_over_where_there_is_none(by, mine, theirs, kept):
    keep = TechniqueFactory(definition=mine)
    merge_terms(keep=keep, drop=[TechniqueFactory(definition=words) for words in theirs], by=by)
    keep.refresh_from_db()
    assert keep.definition == kept


@EACH
def test_the_search_finds_all_projects_by_all_names(kind, by):
    keep, drop = FACTORY[kind](name="Language"), FACTORY[kind](name="Kriging", aliases=["Gaussian"])
    pages = {("projects.project", project_with(term).pk) for term in (keep, drop)}
    if kind is Area:
        pages.add(("articles.article", ArticleFactory(areas=[drop]).pk))
    merge_terms(keep=keep, drop=[drop], by=by)
    for words in ("language", "kriging", "gaussian"):
        assert indexed(words) == pages, words


@EACH
def test_the_log_says_who_merged_what(kind, by):
    keep, drop = FACTORY[kind](name="Language"), FACTORY[kind](name="NLP")
    project = project_with(drop)
    merge_terms(keep=keep, drop=[drop], by=by)
    entries = LogEntry.objects.select_related("content_type")
    assert {entry.user for entry in entries} == {by}
    name = kind._meta.model_name
    assert {
        (entry.content_type.model, entry.object_id, entry.action_flag, entry.change_message) for entry in entries
    } == {
        (name, str(drop.pk), DELETION, "Merged into “Language”."),
        (name, str(keep.pk), CHANGE, "“NLP” became “Language”. 1 project changed."),
        ("project", str(project.pk), CHANGE, "“NLP” became “Language”."),
    }


@EACH
def test_each_page_that_moves_has_one_revision(kind, by):
    keep, drop = FACTORY[kind](name="Language"), FACTORY[kind](name="NLP")
    moved, known, other = project_with(drop), project_with(drop), project_with(keep)
    revisions.record(known, by=None, comment="Written")
    merge_terms(keep=keep, drop=[drop], by=by)
    held = {True: [drop.pk], False: [keep.pk]}
    for project, before in [(moved, revisions.BEFORE), (known, "Written")]:
        after, first = revisions.saves(revisions.versions_of(Project, project.pk))
        assert (after.author, after.comment) == ("Ada Byron", "“NLP” became “Language”.")
        assert first.comment == before
        for save in (after, first):
            value = save.snapshot.values[FIELD[kind]]
            assert (value if isinstance(value, list) else [value]) == held[save is first]
    assert not revisions.versions_of(Project, other.pk)


def test_all_of_it_happens_or_nothing(by, monkeypatch):
    keep, drop = AreaFactory(), AreaFactory()
    project_with(drop)
    before = everything()

    def fail(page):
        raise RuntimeError

    monkeypatch.setattr("portal.search.index", fail)
    with pytest.raises(RuntimeError):
        merge_terms(keep=keep, drop=[drop], by=by)
    assert everything() == before
    assert not LogEntry.objects.exists()


def test_a_term_that_is_gone_is_not_merged(by):
    keep, drop, gone = TechniqueFactory.create_batch(3)
    Technique.objects.filter(pk=gone.pk).delete()
    for one, others in [(keep, [drop, gone]), (gone, [keep])]:
        with pytest.raises(Technique.DoesNotExist):
            merge_terms(keep=one, drop=others, by=by)
    assert Technique.objects.count() == 2


def test_a_term_is_never_merged_into_itself(by):
    keep, drop = TechniqueFactory.create_batch(2)
    project_with(keep)
    merge_terms(keep=keep, drop=[keep, drop], by=by)
    assert list(Technique.objects.all()) == [keep]
    assert Project.objects.get().techniques.get() == keep


def test_a_plan_changes_nothing(by):
    keep, drop = AreaFactory(definition=""), AreaFactory()
    project_with(drop)
    before = everything()
    assert planned(keep, [drop]).number_of_pages == "1 project"
    assert everything() == before


# The importer


LISTED = [row(address="a/", title="A", technique="NER"), row(address="b/", title="B", technique="Transformers")]


def imported(folder, *rows):
    folder.write("list.md", project_list(*rows))
    return folder.load()


def named(spelling):
    return next(term for term in Technique.objects.all() if spelling in term.names)


def techniques():
    return {project.slug: terms_of(project, Technique) for project in Project.objects.all()}


def test_a_second_import_makes_nothing_anew_and_says_nothing_of_the_pages(folder, by):
    imported(folder, *LISTED)
    keep, drop = named("Transformers"), named("NER")
    merge_terms(keep=keep, drop=[drop], by=by)
    before = everything()
    report = imported(folder, *LISTED)
    assert techniques() == {"a": [keep.name], "b": [keep.name]}
    assert report.count(Outcome.CREATED) == report.count(Outcome.REJECTED) == 0
    assert report.count(Outcome.UNCHANGED, Project) == 2
    assert not [line for line in said(report) if "techniques" in line or "deleted" in line]
    once = everything()
    imported(folder, *LISTED)
    assert everything() == once
    for name in ("Project", "Technique"):
        assert once[name] == before[name]


def test_a_new_row_with_the_old_spelling_has_the_term_that_stays(folder, by):
    imported(folder, *LISTED)
    keep, drop = named("Transformers"), named("NER")
    merge_terms(keep=keep, drop=[drop], by=by)
    Technique.objects.update(aliases=[])  # not even an editor who takes the aliases away brings the old term back
    imported(folder, *LISTED, row(address="c/", title="C", technique="NER"))
    assert techniques() == {slug: [keep.name] for slug in "abc"}
    assert Technique.objects.count() == 1


def test_what_the_source_changes_later_still_arrives(folder, by):
    """A merge is no editor's change of a project: the next word of the source counts."""
    imported(folder, *LISTED)
    keep, drop = named("Transformers"), named("NER")
    merge_terms(keep=keep, drop=[drop], by=by)
    imported(folder, row(address="a/", title="A", technique="Simulation"), LISTED[1])
    assert techniques() == {"a": ["Simulation"], "b": [keep.name]}


def test_what_an_editor_decided_before_is_kept(folder, by):
    imported(folder, *LISTED)
    keep, drop, mine = named("Transformers"), named("NER"), TechniqueFactory(name="Mine")
    Project.objects.get(slug="a").techniques.set([mine])
    merge_terms(keep=keep, drop=[drop], by=by)
    imported(folder, *LISTED)
    assert techniques() == {"a": ["Mine"], "b": [keep.name]}


@pytest.mark.parametrize("kind", [Area, Modality], ids=lambda kind: kind.__name__)
def test_other_vocabularies_are_imported_again_too(folder, by, kind):
    spelled = {Area: ("NLP", "Geospatial"), Modality: ("Text", "Imaging")}[kind]
    name = {Area: "area", Modality: "data"}[kind]
    rows = [row(address=f"{at}/", title=at, **{name: word}) for at, word in zip("ab", spelled, strict=True)]
    imported(folder, *rows)
    first, second = (Project.objects.get(slug=slug) for slug in "ab")
    keep, drop = (project.area if kind is Area else project.modalities.get() for project in (second, first))
    merge_terms(keep=keep, drop=[drop], by=by)
    report = imported(folder, *rows)
    assert report.count(Outcome.UNCHANGED, Project) == 2
    assert terms_of(first, kind) == terms_of(second, kind) == [keep.name]
    assert kind.objects.count() == 1


def test_a_term_of_the_portals_own_takes_over_an_imported_one(folder, by):
    imported(folder, *LISTED)
    mine = TechniqueFactory(name="Mine", slug="mine", definition="Ours.")
    drop = named("NER")
    merge_terms(keep=mine, drop=[drop, named("Transformers")], by=by)
    again = TechniqueFactory(name="Newer", slug="newer", definition="Newer.")
    report = imported(folder, *LISTED)
    assert techniques() == {"a": ["Mine"], "b": ["Mine"]}
    assert "kept" not in outcomes(report)
    merge_terms(keep=again, drop=[mine], by=by)
    report = imported(folder, *LISTED)
    assert techniques() == {"a": ["Newer"], "b": ["Newer"]}
    assert "kept" not in outcomes(report)
    again.refresh_from_db()
    assert (again.name, again.slug, again.definition) == ("Newer", "newer", "Newer.")
    assert {record.object_id for record in ImportedItem.objects.filter(model="projects.technique")} == {again.pk}


# Two editors at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time")
def test_of_two_who_merge_at_once_the_second_is_told():
    by = StaffFactory()
    keep, drop = AreaFactory(name="Language"), AreaFactory(name="NLP")
    project = project_with(drop)
    together, outcomes = Barrier(2), []

    def merge(one, other):
        try:
            together.wait(10)
            merge_terms(keep=one, drop=[other], by=by)
            outcomes.append("merged")
        except Area.DoesNotExist:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [Thread(target=merge, args=pair) for pair in [(keep, drop), (drop, keep)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["merged", "told"]
    assert terms_of(project, Area) == [Area.objects.get().name]
