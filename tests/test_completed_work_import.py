"""The list of completed work: which project each row is given to, and what is said of each slip in it."""

import datetime as dt

import pytest

from portal.importing import Outcome
from projects.models import ApplicationRound, Output, Placement, Project
from tests import factories as make
from tests.old_documents import COMPLETED
from tests.sources import brief, everything, load, outcomes, project_list, rejected, row, said

pytestmark = pytest.mark.django_db


def work(title="P33 - Reading letters", **fields):
    """One row of the list."""
    given = {"codelink": "https://example.org/code", "stage": "Wave 3 - June to December 2022", "badge1": "NLP"}
    return "\n".join([f"- title: {title}", *(f"  {name}: {value}" for name, value in {**given, **fields}.items())])


def notes(report):
    return [line.split(".yml:", 1)[1] for line in said(report) if ".yml:" in line]


def load_work(folder, *rows):
    return load(folder, "\n\n".join(rows), name="completed.yml")


def test_a_row_becomes_a_completed_project_with_its_placement_and_outputs(folder, client):
    load(folder, COMPLETED, name="completed.yml")
    project = Project.objects.get(slug="reading-incident-reports")
    assert (project.title, project.status, project.area.name) == (
        "Reading incident reports",
        "completed",
        "Natural language processing",
    )
    assert [term.name for term in project.modalities.all()] == ["Text"]
    placement = project.placements.get()
    assert (str(placement), placement.months) == ("P33, Wave 3", "June 2022 to December 2022")
    assert (placement.starts_on, placement.ends_on) == (dt.date(2022, 6, 1), dt.date(2022, 12, 31))
    assert placement.supervisors == "Sample One, Sample Two"
    assert list(placement.outputs.values_list("kind", "state", "url")) == [
        ("code", "published", "https://example.org/code"),
        ("report", "published", "https://example.org/the%20report.pdf"),
        ("case_study", "awaiting", ""),
    ]
    assert "Awaiting" in client.get(project.get_absolute_url()).text


def test_an_intern_is_not_named_before_they_agree(folder, client):
    report = load(folder, COMPLETED, name="completed.yml")
    project = Project.objects.get(slug="reading-incident-reports")
    assert "author: Sample Intern" in project.source_text
    assert not Placement.objects.exclude(intern="").exists()
    assert "Sample Intern" not in client.get(project.get_absolute_url()).text
    assert "Sample Intern" not in " ".join(said(report))
    assert sum("an intern is named only with consent" in note for note in notes(report)) == 2


def test_holding_pages_and_tbu_mean_to_follow_in_either_case(folder):
    load(folder, COMPLETED, name="completed.yml")
    placement = Placement.objects.get(reference="P21")
    assert {output.state for output in placement.outputs.all()} == {Output.State.AWAITING}
    assert (placement.supervisors, placement.wave) == ("Sample One", "Wave 2")
    assert placement.project.title == "Making records"


def test_each_slip_is_said_by_its_line_and_loses_nothing_else(folder):
    report = load(folder, COMPLETED, name="completed.yml")
    assert Project.objects.count() == 3
    expected = [
        '4: Repaired: the address “https://example.org/the report.pdf"” read as “https://example.org/the%20report.pdf”.',
        "9: The badge “Python - Transformers” is kept only with the source: no vocabulary has it.",
        "14: Rejected: This row is not YAML: mapping values are not allowed here.",
        "18: Repaired: a tab, which YAML does not allow, read as spaces.",
        "20: “Wave 2 - October to March 2022” does not say from which month of which year to which.",
        "27: The code is kept only with the source: “Available on request” is not an address on the web.",
        "30: “colour” is no field of completed work; it is kept only with the source.",
        "26: asking is imported as a draft: Choose an area: readers find a public project by it.",
    ]
    found = notes(report)
    assert [note for note in expected[:-1] if note not in found] == []
    assert any(note.startswith("26: asking is imported as a draft") for note in found)
    assert report.count(Outcome.REJECTED) == 4
    assert any("“P33” stands at" in note for note in rejected(report))
    assert Project.objects.get(slug="asking").status == "draft"


def test_a_second_run_changes_nothing_and_a_dry_run_says_the_same(folder):
    folder.write("completed.yml", COMPLETED)
    dry = folder.load(dry_run=True)
    assert not Project.objects.exists()
    first = folder.load()
    assert (said(dry), outcomes(dry)) == (said(first), outcomes(first))
    before = everything()
    again = folder.load()
    assert set(outcomes(again)) == {"unchanged", "rejected"}
    assert everything() == before


def test_a_changed_row_changes_only_what_it_says(folder):
    load_work(folder, work(reportlink="tbu", description="Letters."))
    report = load_work(folder, work(reportlink="https://example.org/report", description="Letters."))
    assert report.count(Outcome.UPDATED, Project) == 1
    assert Output.objects.get(kind="report").state == "published"


def test_a_title_that_is_mended_in_the_source_is_the_same_project(folder):
    load_work(folder, work("P33 - Reeding letters"))
    load_work(folder, work("P33 - Reading letters"))
    project = Project.objects.get()
    assert (project.title, project.slug) == ("Reading letters", "reeding-letters")


def test_what_an_editor_wrote_is_kept(folder):
    load_work(folder, work())
    Placement.objects.update(intern="Agreed Intern", intern_consent_on=dt.date(2026, 1, 1))
    report = load_work(folder, work(supervisor="Sample One"))
    assert report.count(Outcome.KEPT, Project) == 1
    assert Placement.objects.get().intern == "Agreed Intern"


# Which project


@pytest.mark.parametrize("first", ["a-completed.yml", "z-completed.yml"])
def test_a_row_joins_the_project_of_a_list_by_its_title_however_it_is_spelt(folder, first):
    folder.write("m-projects.md", project_list(row(), heading="## Completed projects"))
    folder.write("n-brief.md", brief())
    folder.write(first, work("P33 - Reading-Letters"))
    report = folder.load()
    project = Project.objects.get()
    assert (project.slug, project.title, project.status) == ("reading-letters", "Reading letters", "completed")
    assert project.placements.get().reference == "P33"
    assert any("is the project “reading-letters” of the portal" in note for note in notes(report))
    assert set(outcomes(folder.load())) == {"unchanged"}


def test_a_row_joins_a_project_that_staff_wrote_and_leaves_its_status(folder):
    project = make.ProjectFactory(title="Reading letters", slug="letters", status="open", summary="Ours.")
    report = load_work(folder, work(description="Theirs."))
    project.refresh_from_db()
    assert Project.objects.count() == 1
    assert (project.status, project.summary, project.placements.count()) == ("open", "Ours.", 1)
    assert any("the editor's version is kept" in note for note in notes(report))


def test_a_row_still_finds_its_project_after_staff_renamed_it(folder):
    load(folder, brief())
    load_work(folder, work())
    Project.objects.update(title="Letters, read", slug="letters-read")
    load_work(folder, work(reportlink="tbu"))
    assert Project.objects.count() == 1
    assert Output.objects.count() == 2


def test_a_row_joins_the_project_that_has_its_placement(folder):
    project = make.ProjectFactory(title="Something else")
    Placement.objects.create(project=project, reference="P33")
    load_work(folder, work())
    assert [one.title for one in Project.objects.all()] == ["Something else"]


def test_two_runs_of_one_project_are_two_placements(folder):
    load_work(
        folder, work("P33 - Reading letters"), work("P41 - Reading letters", stage="Wave 4 - January to May 2023")
    )
    assert [str(one) for one in Project.objects.get().placements.all()] == ["P33, Wave 3", "P41, Wave 4"]


def test_a_title_that_two_projects_have_is_not_guessed(folder):
    for slug in ("one", "two"):
        make.ProjectFactory(title="Reading letters", slug=slug)
    report = load_work(folder, work())
    assert Placement.objects.get().project.slug == "reading-letters"
    assert any("may be any of one, two; it becomes a project of its own" in note for note in notes(report))


def test_an_address_that_another_project_has_is_left_to_it(folder):
    make.ProjectFactory(title="Another", slug="reading-letters")
    load_work(folder, work())
    assert Placement.objects.get().project.slug == "reading-letters-p33"


def test_what_staff_deleted_stays_deleted(folder):
    load_work(folder, work())
    Project.objects.get().delete()
    report = load_work(folder, work(reportlink="tbu"))
    assert not Project.objects.exists()
    assert report.count(Outcome.KEPT, Project) == 1


@pytest.mark.parametrize(
    ("title", "reference", "called"),
    [
        ("P33 - Reading letters", "P33", "Reading letters"),
        ("P33 – Reading letters", "P33", "Reading letters"),
        ("p33: Reading letters", "P33", "Reading letters"),
        ("“P 33 - Reading letters”", "P33", "Reading letters"),
        ("Reading letters - Next steps", "", "Reading letters - Next steps"),
        ("PrivFp - Next steps", "", "PrivFp - Next steps"),
    ],
)
def test_a_reference_stands_before_the_title(folder, title, reference, called):
    load_work(folder, work(f'"{title}"'))
    assert (Placement.objects.get().reference, Project.objects.get().title) == (reference, called)


@pytest.mark.parametrize("begins", ["---\n", "\ufeff", "# A list\n\n", "completed:\n  ".replace("  ", "")])
def test_a_list_is_known_however_it_begins(folder, begins):
    load(folder, begins + work(), name="rows.txt")
    assert Project.objects.get().slug == "reading-letters"


def test_rows_that_are_indented_unlike_each_other_are_still_rows(folder):
    load_work(folder, work(), "\n".join(f" {line}" for line in work("P34 - Other").split("\n")), work("P35 - Last"))
    assert sorted(Placement.objects.values_list("reference", flat=True)) == ["P33", "P34", "P35"]


def test_no_round_and_no_date_of_completion_is_made_up(folder, client):
    load_work(folder, work())
    assert not ApplicationRound.objects.exists()
    assert "Completed on 31 December 2022" not in client.get("/projects/reading-letters/").text.replace("\xa0", " ")
