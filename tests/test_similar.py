"""Similar projects: the same as by comparing each with each, in words that say why, at a bounded cost."""

import random

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.search import stem, words
from projects import similar
from projects.models import Project
from projects.similar import COMMON, similar_projects
from tests.factories import (
    ApplicationRoundFactory,
    AreaFactory,
    ModalityFactory,
    ProjectFactory,
    TechniqueFactory,
    in_days,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-10-20 12:00+01:00", tick=False):
        yield timezone.now()


@pytest.fixture
def here():
    """One round for all, that is open."""
    return ApplicationRoundFactory()


def titles(found):
    return [other.project.title for other in found]


def test_they_accept_applications_and_share_most_terms(now, here):
    area, technique, data = AreaFactory(), TechniqueFactory(), ModalityFactory()
    terms = {"area": area, "techniques": [technique], "modalities": [data]}
    project = ProjectFactory(status="paused", **terms)
    for title, values in {
        "All three": terms,
        "Technique and data": {"techniques": [technique], "modalities": [data]},
        "Area": {"area": area},
        "Data": {"modalities": [data]},
        "Nothing": {},
        "Not now": terms | {"round": ApplicationRoundFactory(opens_at=in_days(5))},
        "Over": terms | {"round": ApplicationRoundFactory(closes_at=timezone.now())},
        "Undated": terms | {"round": None},
        "Closed": terms | {"status": "archived"},
        "Hidden": terms | {"status": "draft"},
    }.items():
        ProjectFactory(title=title, summary="", **{"round": here} | values)
    assert titles(similar_projects(project, now)) == ["All three", "Area", "Technique and data"]


def test_a_tie_goes_to_shared_words_that_mean_something_and_then_from_a_to_z(now, here):
    area = AreaFactory()
    project = ProjectFactory(status="paused", area=area, title="Forecasting winter beds", summary="With the data.")
    for title, summary in [
        ("b nothing", "The data with the patients."),
        ("A nothing", ""),
        ("Z beds", "A forecast of beds."),
        ("Y", "Winter."),
    ]:
        ProjectFactory(title=title, summary=summary, area=area, round=here)
    assert titles(similar_projects(project, now)) == ["Z beds", "Y", "A nothing"]


def test_a_shared_term_weighs_more_than_any_words(now, here):
    area, data = AreaFactory(), ModalityFactory()
    project = ProjectFactory(status="paused", area=area, modalities=[data], title="Forecasting winter beds", summary="")
    ProjectFactory(title="Forecasting winter beds again", area=area, round=here)
    ProjectFactory(title="Zebrafinch", area=area, modalities=[data], round=here)
    assert titles(similar_projects(project, now))[0] == "Zebrafinch"


def test_each_says_why(now, here):
    area = AreaFactory(name="Natural language processing")
    techniques = [TechniqueFactory(name=name) for name in ("BERT", "Graphs", "Privacy", "Trees", "Voting")]
    data = ModalityFactory(name="Text")
    project = ProjectFactory(status="paused", area=area, techniques=techniques, modalities=[data])
    for title, values in {
        "1": {"area": area, "techniques": techniques},
        "2": {"techniques": techniques[1:3], "modalities": [data, ModalityFactory()]},
        "3": {"techniques": techniques[:1]},
    }.items():
        ProjectFactory(title=title, round=here, **values)
    assert [other.why for other in similar_projects(project, now)] == [
        "Same area: Natural language processing. Same techniques: BERT, Graphs, Privacy and 2 more.",
        "Same techniques: Graphs, Privacy. Same type of data: Text.",
        "Same technique: BERT.",
    ]


def test_a_project_without_terms_has_none_like_it(now, here):
    ProjectFactory(round=here)
    project = ProjectFactory(status="draft", area=None, techniques=[], modalities=[])
    assert similar_projects(project, now) == []


def test_what_took_its_place_is_not_named_again(now, here):
    area = AreaFactory()
    project = ProjectFactory(status="archived", area=area)
    ProjectFactory(title="Newer", area=area, round=here, supersedes=project)
    ProjectFactory(title="Other", area=area, round=here)
    assert titles(similar_projects(project, now)) == ["Other"]


def test_only_the_newest_are_looked_at(now, here, monkeypatch):
    monkeypatch.setattr(similar, "NEWEST", 2)
    area = AreaFactory()
    project = ProjectFactory(status="paused", area=area)
    for title in ("Oldest", "Old", "New"):
        ProjectFactory(title=title, area=area, round=here)
    assert titles(similar_projects(project, now)) == ["New", "Old"]


def brute_force(project, now):
    """Every project compared with every other, in Python."""

    def terms(one):
        own = {("technique", term.pk) for term in one.techniques.all()} | {
            ("data", term.pk) for term in one.modalities.all()
        }
        return own | ({("area", one.area_id, half) for half in range(2)} if one.area_id else set())

    def topics(one):
        return {stem(word) for word in words(f"{one.title} {one.summary}")} - COMMON

    def shared(other):
        return len(terms(project) & terms(other))

    accepting = [
        other
        for other in Project.objects.with_terms().order_by("-pk")
        if other.is_accepting(now) and other.pk != project.pk
    ]
    newest = accepting[: similar.NEWEST]
    best = sorted([other for other in newest if shared(other)], key=lambda other: (-shared(other), -other.pk))
    ranked = sorted(
        best[: similar.BEST],
        key=lambda other: (-shared(other), -len(topics(project) & topics(other)), other.title.casefold()),
    )
    return ranked[: similar.HOW_MANY]


@pytest.mark.parametrize("seed", range(2))
def test_they_are_those_that_comparing_each_with_each_would_find(now, seed, monkeypatch):
    monkeypatch.setattr(similar, "NEWEST", 40)
    monkeypatch.setattr(similar, "BEST", 6)
    chance = random.Random(seed)  # noqa: S311 - the same every time
    areas, techniques, data = (made.create_batch(4) for made in (AreaFactory, TechniqueFactory, ModalityFactory))
    rounds = [
        ApplicationRoundFactory(),
        ApplicationRoundFactory(closes_at=None),
        ApplicationRoundFactory(opens_at=in_days(1)),
        None,
    ]
    vocabulary = "bed winter text forecast image the and of scan note flow privacy".split()
    projects = [
        ProjectFactory(
            title=f"{' '.join(chance.sample(vocabulary, 3))} {number}",
            summary=" ".join(chance.sample(vocabulary, 4)),
            status=chance.choice(["open", "open", "open", "paused", "completed"]),
            round=chance.choice(rounds),
            area=chance.choice(areas),
            techniques=chance.sample(techniques, chance.randrange(4)),
            modalities=chance.sample(data, chance.randrange(3)),
        )
        for number in range(90)
    ]
    found = 0
    for project in projects[::3]:
        expected = [other.pk for other in brute_force(project, now)]
        assert [other.project.pk for other in similar_projects(project, now)] == expected
        found += len(expected)
    assert found > 60, "this test compares something"


def test_the_cost_does_not_grow(now, here):
    area, techniques, data = AreaFactory(), TechniqueFactory.create_batch(3), ModalityFactory.create_batch(3)
    terms = {"area": area, "techniques": techniques, "modalities": data}
    pk = ProjectFactory(status="paused", **terms).pk
    ProjectFactory(round=here, **terms)
    for _ in range(2):
        project = Project.objects.with_terms().get(pk=pk)
        with CaptureQueriesContext(connection) as captured:
            found = similar_projects(project, now)
        assert found
        assert len(captured) == 3, "what took its place, the best, and the terms of all"
        ProjectFactory.create_batch(30, round=here, **terms)
