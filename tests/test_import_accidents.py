"""Made-up accidents: whatever happens to a document, the import ends with a report and loses nothing else."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal.importing import Outcome
from projects.models import Project
from tests import old_documents as old
from tests.sources import brief, load, project_list, rejected, row

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
