"""Made-up accidents: whatever happens to a document, the import ends with a report and loses nothing else."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DataError
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal import search
from portal.importing import Outcome
from projects.models import Project
from tests import old_documents as old
from tests.sources import brief, load, project_list, rejected, row
from tests.test_databases import PASSING, UNDONE, OfPostgresql, raised

pytestmark = pytest.mark.django_db

SAMPLE = Path(settings.BASE_DIR) / "sample"
DOCUMENTS = [
    "projects.md",
    "notice.md",
    "rounds/sample-round.md",
    "briefs/digital-twin.md",
    "briefs/structural-topic-modelling-contact-tracing-feedback.md",
    "fellowship/programme.md",
    "fellowship/cohort-4.md",
    "fellowship/fellows/sample-fellow-k.md",
    "fellowship/questions-cohort-4.md",
    "articles/find-a-project.md",
]
OLD = {
    "fellowship_cohort3.md": old.COHORT_PAGE,
    "fellowship_cohort3.yml": old.PEOPLE,
    "fellow/ada.md": old.FELLOW_PAGE,
    "completed.yml": old.COMPLETED,
}
STRANGE = [
    "",
    "---",
    "title:",
    "permalink: /",
    'title: "a\\0b"',
    'title: "\\ud800"',
    "number: 99999999999999999999",
    "number: -1",
    "starts_on: 0001-01-01",
    "ends_on: 9999-12-31",
    "opens_at: today+9999y",
    "placements: [{}]",
    "key_dates: [1, null, {}]",
    "links: [null, 5, {a: b}]",
    "tags: {a: b}",
    "type: [a]",
    "description: " + "x" * 500,
    "**Need:**",
    "**Keywords:** " + "a," * 50,
    "|:---:|---|",
    "|![area](x/A%00B-c) ![technique](y/D-e) ![datamodality](z/F-g)|[T](t/)|",
    "| ![area]( |",
    "## ",
    "## Why?",
    "- title: P33 - \tx: y: z",
    "      - name: &a [*a]",
    "  stage: Wave 99999 - Foo to Bar 0000",
    "* 31 Feb 0000: x",
    "<details><summary>",
    "</details></details>",
    "<strong>A?</strong>",
    "<h3 style></h3>",
    "### Fellowship Project",
    "##### [x](/a b",
    "| [ | ] |",
    "> “quote” <br/>Nobody (20221), ",
    "{% include",
    "\u2028\u202e\ufeff",
    "]" * 300 + "(" * 300,
]


@st.composite
def accidents(draw):
    """A document with some of its lines lost, doubled, moved or replaced."""
    name = draw(st.sampled_from([*DOCUMENTS, *OLD]))
    lines = (OLD.get(name) or (SAMPLE / name).read_text()).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines)))
        match draw(st.sampled_from(["lose", "double", "move", "insert", "replace", "cut"])):
            case "lose":
                lines = lines[:place] + lines[place + 1 :]
            case "double":
                lines = lines[:place] + lines[place : place + 1] + lines[place:]
            case "move":
                lines = lines[place:] + lines[:place]
            case "insert":
                lines = [*lines[:place], draw(st.sampled_from(STRANGE)), *lines[place:]]
            case "replace":
                lines = [*lines[:place], draw(st.sampled_from(STRANGE)), *lines[place + 1 :]]
            case "cut":
                lines = lines[:place]
    return name, "\n".join(lines)


@given(accident=accidents())
@effort(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_accident_ends_an_import(db, folder, accident):
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    name, text = accident
    folder.write(name, text)
    folder.write("zz-last.md", brief(slug="zz-last", title="The last"))
    report = folder.load()
    assert Project.objects.filter(slug="zz-last").exists()
    assert all(source.path and "\n" not in message for source, message in report.notes)
    again = folder.load()
    assert again.count(Outcome.CREATED) == again.count(Outcome.UPDATED) == 0


@pytest.mark.parametrize("escape", ["\\0", "\\ud800", "\\x00"])
def test_characters_that_no_database_keeps_are_refused_by_line(folder, escape):
    report = load(folder, brief().replace("title: Reading letters", f'title: "Reading{escape}letters"', 1))
    assert not Project.objects.exists()
    assert "a character that no text holds" in rejected(report)[0]
    assert [source.line for source, message in report.notes if "Rejected" in message] == [2]


def test_a_badge_with_such_a_character_is_refused(folder):
    report = load(folder, project_list(row(area="A%00B"), row(title="Other", address="other/")))
    assert Project.objects.get().title == "Other"
    assert "names nothing" in rejected(report)[0]


# A database that fails is no fault of a document


@pytest.mark.parametrize("error", [*PASSING, *UNDONE], ids=lambda error: repr(error.__cause__)[:40])
def test_a_database_that_fails_ends_the_import_and_keeps_nothing_of_it(folder, monkeypatch, error):
    folder.write("1.md", brief())
    folder.write("2.md", brief(slug="another", title="Another"))
    failing_at_the_second(monkeypatch, error)
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_content", str(folder.path))
    assert not Project.objects.exists()


def test_what_the_database_refuses_of_one_item_loses_nothing_else(folder, monkeypatch):
    folder.write("1.md", brief())
    folder.write("2.md", brief(slug="another", title="Another"))
    failing_at_the_second(monkeypatch, raised(DataError, OfPostgresql("22001")))
    assert folder.load().count(Outcome.REJECTED) == 1
    assert Project.objects.get().title == "Reading letters"


def test_an_item_that_a_refused_one_names_is_there_all_the_same(folder, monkeypatch):
    folder.write("1.md", brief(slug="newer", title="Newer", more="supersedes: older\n"))
    folder.write("2.md", brief(slug="older", title="Older"))
    failing_at_the_second(monkeypatch, raised(DataError, OfPostgresql("22001")))
    report = folder.load()
    assert [message for _, message in report.notes if "Newer" in message or "newer" in message]
    assert report.count(Outcome.CREATED, Project) == 1
    assert Project.objects.get().title == "Older"


def failing_at_the_second(monkeypatch, error):
    usual, left = search.index, [2]

    def index(item):
        left[0] -= isinstance(item, Project)
        if not left[0]:
            raise error
        usual(item)

    monkeypatch.setattr(search, "index", index)
