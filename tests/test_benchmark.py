"""The benchmark measures what it says, on projects that are believable, and never on anybody's own database."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from portal import search
from projects import measuring
from projects.made_up import Language, make_up
from projects.models import Project, Status
from tests.factories import ProjectFactory

COUNT = 120


@pytest.fixture
def made_up(db):
    make_up(COUNT)


def test_a_made_up_project_has_three_terms_and_a_text_of_believable_length(made_up):
    projects = list(Project.objects.with_terms())
    assert len(projects) == COUNT
    for project in projects:
        assert project.area
        assert (len(project.techniques.all()), len(project.modalities.all())) == (1, 1)
        assert len(" ".join(section.text for section in project.sections).split()) == 450
        project.full_clean()
    assert {project.status for project in projects} == set(Status.values)
    assert 0 < Project.objects.accepting().count() < Project.objects.open().count()


def test_words_are_as_frequent_as_those_of_a_language(made_up):
    """By Zipf's law, a word's frequency falls with its rank: some stand everywhere, and most are rare."""
    texts = [section.text for project in Project.objects.all() for section in project.sections]
    counts = Counter(word for text in texts for word in text.split())
    ranked = [count for _, count in counts.most_common()]
    assert ranked[0] > 5 * ranked[30] > 50 * ranked[1_000]
    assert sum(1 for count in ranked if count == 1) > len(ranked) / 4
    words = Language.of_the_made_up().words
    common, rare = words[0], measuring.rare(words)
    public = Project.objects.public()
    assert len(search.hits(common, public).ids) == public.count()
    assert 0 < len(search.hits(rare, Project.objects.all()).ids) < COUNT / 20


def test_fewer_projects_are_the_first_of_more(made_up):
    titles = list(Project.objects.order_by("pk").values_list("title", flat=True))
    Project.objects.all().delete()
    make_up(COUNT // 2)
    assert list(Project.objects.order_by("pk").values_list("title", flat=True)) == titles[: COUNT // 2]


def test_every_page_that_is_measured_shows_what_its_name_says(made_up, client):
    pages = measuring.pages(Language.of_the_made_up().words)
    texts = {name: client.get(address).text for name, address in pages.items()}
    found = {name: text.count('class="app-result"') for name, text in texts.items()}
    assert found["finder, no filter"] == found["finder, commonest word"] == 50
    assert 0 < found["finder, last page"] < 50
    assert 0 < found["finder, three filters"] < 50
    assert 0 < found["finder, rare word"] < 50
    assert "This project is paused" in texts["brief, paused"]
    assert "Applications are open until" in texts["brief, open"]


def test_queries_are_counted_and_so_are_those_that_come_twice(db):
    with measuring.counted() as asked:
        for _ in range(2):
            Project.objects.count()
        Project.objects.filter(pk=1).exists()
        Project.objects.filter(pk=2).exists()
    cost = measuring.Cost(times=[float(number) for number in range(101)], asked=asked)
    assert (cost.queries, cost.repeated) == (4, 1)
    assert (cost.median, cost.worst) == (50, 99)


@pytest.mark.django_db(transaction=True)  # a request that is a server's own closes a connection amid a transaction
def test_an_answer_that_is_no_page_is_not_measured():
    with pytest.raises(RuntimeError, match="/projects/nothing-here/ answered 404"):
        measuring.measure({"nothing": "/projects/nothing-here/"}, 2)


def test_a_database_with_projects_is_left_alone(db):
    ProjectFactory()
    with pytest.raises(CommandError, match="holds projects"):
        call_command("benchmark_finder", "--in-scratch-database", "--projects=100")
    assert Project.objects.count() == 1


@pytest.mark.parametrize("arguments", [["--projects=99"], ["--projects=0"], ["--repeat=1"]])
def test_too_little_to_measure_is_refused(arguments):
    with pytest.raises(CommandError, match="at least"):
        call_command("benchmark_finder", *arguments)


def test_the_command_prints_every_page_and_touches_no_other_database(tmp_path):
    """As it is run by hand, in a process of its own; the portal's database here is one that it could not open."""
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "PORTAL_VAR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/no-such-folder/portal.sqlite3",
    }
    command = [sys.executable, "manage.py", "benchmark_finder", "--projects=101", "--repeat=2", "--database=sqlite"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "SQLite" in done.stdout
    assert "101 projects" in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith(("finder, ", "brief, "))]
    assert len(rows) == 8
    for row in rows:
        queries, repeated = (int(number) for number in row[38:].split()[:2])
        assert 1 < queries <= 10
        assert repeated == 0
    assert not list((tmp_path / "var").glob("*.sqlite3"))
