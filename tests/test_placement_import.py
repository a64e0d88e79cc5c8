"""Placements and outputs in the front matter of a brief."""

import pytest

from projects.models import Area, Placement, Project
from tests.sources import brief, load, outcomes, rejected

pytestmark = pytest.mark.django_db

PLACEMENTS = """placements:
  - reference: P33
    wave: Wave 3
    starts_on: 2022-06-06
    ends_on: 2022-12-02
    supervisors: A, B
    outputs:
      - {kind: code, state: published, title: Code, url: https://example.org/code}
      - {kind: report, state: awaiting, expected_on: 2023-03-01}
      - {kind: publication, state: not_applicable, reason: No time.}
no_outputs_reason: None yet.
"""


def test_placements_and_outputs_come_across(folder):
    report = load(folder, brief(more=PLACEMENTS))
    placement = Placement.objects.get()
    assert (str(placement), placement.months) == ("P33, Wave 3", "June 2022 to December 2022")
    assert [(output.kind, output.state) for output in placement.outputs.all()] == [
        ("code", "published"),
        ("report", "awaiting"),
        ("publication", "not_applicable"),
    ]
    assert placement.outputs.get(kind="report").expected_month == "March 2023"
    assert Project.objects.get().no_outputs_reason == "None yet."
    assert rejected(report) == []
    assert outcomes(folder.load()) == {"unchanged": 4}


def test_a_changed_output_replaces_the_rows(folder):
    load(folder, brief(more=PLACEMENTS))
    load(
        folder,
        brief(more=PLACEMENTS.replace("awaiting, expected_on: 2023-03-01", "published, url: https://example.org/r")),
    )
    placement = Placement.objects.get()
    assert [output.state for output in placement.outputs.all()] == ["published", "published", "not_applicable"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("placements: P33\n", "should be a list of placements"),
        ("placements: [P33]\n", "should be a list of placements"),
        ("placements:\n  - reference: P1\n    outputs: code\n", "should be a list of outputs"),
        ("placements:\n  - reference: P1\n    outputs: [code]\n", "should be a list of outputs"),
        ("placements:\n  - starts_on: soon\n", "“soon” is not a date"),
        ("placements:\n  - reference: P1\n    outputs:\n      - {kind: dance}\n", "dance"),
        (
            "placements:\n  - reference: P1\n    outputs:\n      - {kind: code, colour: red}\n",
            "“colour” is not known here",
        ),
        ("placements:\n  - {starts_on: 2024-02-01, ends_on: 2024-01-01}\n", "A placement must end after it starts."),
        ("placements:\n  - reference: " + "x" * 21 + "\n", "20"),
        ("placements:\n  - reference: P1\n  - reference: P1\n", "Another placement has this reference."),
        ("placements:\n  - {reference: P1, wve: Three}\n", "“wve” is not known here"),
    ],
)
def test_what_is_wrong_with_a_placement_is_said_by_the_brief(folder, more, words):
    report = load(folder, brief(more=more))
    assert not Project.objects.exists()
    assert not Placement.objects.exists()
    assert words in rejected(report)[0]
    assert Area.objects.count() <= 1
