"""Bad documents, dry runs and the command: one clear line each, and nothing else lost."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.importing import Outcome, import_paths
from projects.models import Placement, Project
from tests.indexed import indexed
from tests.sources import brief, everything, notice, outcomes, said

pytestmark = pytest.mark.django_db


# One bad item


def test_one_bad_item_does_not_lose_the_rest(folder):
    folder.write("a.md", brief())
    bad = folder.write("b.md", brief(slug="long", title="x" * 251))
    folder.write("c.md", brief(slug="other", title="Other"))
    report = folder.load()
    assert set(Project.objects.values_list("slug", flat=True)) == {"reading-letters", "other"}
    assert report.count(Outcome.REJECTED) == 1
    (line,) = [line for line in said(report) if "Rejected" in line]
    assert line.startswith(f"{bad}:1: Rejected: long: ")
    assert "title" in line
    assert "250" in line


def test_one_bad_row_below_an_item_rejects_that_item_only(folder):
    folder.write(
        "a.md", brief(more="placements:\n  - reference: P1\n    outputs:\n      - {kind: code, state: published}\n")
    )
    folder.write("b.md", brief(slug="other", title="Other"))
    report = folder.load()
    assert [project.slug for project in Project.objects.all()] == ["other"]
    assert not Placement.objects.exists()
    assert any("A published output needs its address." in line for line in said(report))


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("bad.md", b"\x89PNG\r\n\x1a\n\x00\x00", "bad.md:3: Rejected: This is not a text file: it holds binary data."),
        ("bad.md", b"fine\n\xff\n", "bad.md:2: Rejected: This is not UTF-8 text."),
        ("bad.md", b"---\ntitle: A\nx: y: z\n---\n", "bad.md:3: Rejected: The front matter is not YAML:"),
        ("bad.md", b"---\ntitle: A\n", "bad.md:1: Rejected: The front matter that begins here has no end"),
        ("bad.md", b"# No front matter\n", "bad.md:1: Rejected: it has no front matter; the portal reads "),
        ("bad.md", b"---\nx: y\n---\n", "bad.md:1: Rejected: nothing in it tells what it is; the portal reads "),
        (
            "bad.md",
            b"---\ntype: riddle\n---\n",
            "bad.md:1: Rejected: nothing in it tells what it is; the portal reads ",
        ),
        ("bad.md", b"a\n" + b"x" * 5_000_000, "bad.md:2: Rejected: The line is 5,000,000 characters long"),
        ("bad.md", b"", "bad.md:1: Rejected: it has no front matter"),
    ],
    ids=["binary", "latin-1", "yaml", "no end", "no front matter", "unknown", "unknown type", "5 MB line", "empty"],
)
def test_what_cannot_be_read_is_one_line_and_nothing_else_is_lost(folder, name, raw, words):
    folder.write("a.md", brief())
    folder.write(name, raw)
    folder.write("z.md", brief(slug="other", title="Other"))
    report = folder.load()
    assert Project.objects.count() == 2
    rejected = [line for line in said(report) if "Rejected" in line]
    assert len(rejected) == report.count(Outcome.REJECTED) == 1
    assert words in rejected[0]


def test_links_that_lead_away_are_one_line_each(folder, tmp_path):
    folder.write("a.md", brief())
    (tmp_path / "secret.md").write_text(brief(slug="secret"))
    (folder.path / "outside.md").symlink_to(tmp_path / "secret.md")
    (folder.path / "loop").symlink_to(folder.path / "loop")
    (folder.path / "up").symlink_to("..")
    report = folder.load()
    assert [project.slug for project in Project.objects.all()] == ["reading-letters"]
    assert report.count(Outcome.REJECTED) == 3


def test_a_path_that_is_missing_is_named(folder):
    folder.write("a.md", brief())
    missing = folder.path / "nothing" / "here.md"
    report = import_paths([str(folder.path), str(missing)])
    assert f"{missing}: Rejected: There is no such file or folder." in said(report)
    assert Project.objects.count() == 1


def test_a_file_named_twice_is_read_as_one(folder):
    path = folder.write("a.md", brief())
    report = import_paths([str(folder.path), str(path), str(path)])
    assert report.count(Outcome.REJECTED) == 0
    assert report.count(Outcome.CREATED, Project) == 1


def test_two_items_under_one_key_are_not_mixed(folder):
    folder.write("a.md", brief(need="First."))
    second = folder.write("b.md", brief(need="Second."))
    report = folder.load()
    assert Project.objects.get().need == "First."
    (line,) = [line for line in said(report) if "Rejected" in line]
    assert line.startswith(str(second))
    assert "a.md:1 too" in line
    again = folder.load()
    assert Project.objects.get().need == "First."
    assert again.count(Outcome.UNCHANGED, Project) == 1


def test_a_reference_to_what_is_not_there_is_said_and_left_out(folder):
    folder.write("a.md", brief(more="supersedes: nothing-like-it\n"))
    report = folder.load()
    assert Project.objects.get().supersedes is None
    assert any("“supersedes” names “nothing-like-it”, which is not in the portal" in line for line in said(report))


def test_items_that_refer_to_each_other_come_in_any_order(folder):
    folder.write("a.md", brief(slug="new", title="New", more="supersedes: old\n"))
    folder.write("b.md", brief(slug="old", title="Old"))
    folder.load()
    assert Project.objects.get(slug="new").supersedes == Project.objects.get(slug="old")


def test_items_that_replace_each_other_in_a_circle_end(folder):
    folder.write("a.md", brief(slug="one", title="One", more="supersedes: two\n"))
    folder.write("b.md", brief(slug="two", title="Two", more="supersedes: one\n"))
    folder.load()
    assert Project.objects.count() == 2
    assert Project.objects.filter(supersedes=None).exists()


# Dry run and the command


def test_a_dry_run_says_the_same_and_keeps_nothing(folder):
    folder.write("a.md", brief(more="supersedes: nothing-like-it\n"))
    folder.write("b.md", b"\x00")
    folder.write("c.md", notice())
    before = everything()
    dry = folder.load(dry_run=True)
    assert everything() == before
    assert indexed("letters") == set()
    real = folder.load()
    assert dry.outcomes == real.outcomes
    assert dry.notes == real.notes
    assert outcomes(real)["created"] == 5


def test_a_dry_run_over_what_is_there_changes_nothing_either(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.update(summary="Mine.")
    folder.write("a.md", brief(need="More.", summary="Theirs."))
    before = everything()
    dry = folder.load(dry_run=True)
    assert everything() == before
    assert dry.notes == folder.load().notes


def command(*arguments):
    out = StringIO()
    try:
        call_command("import_content", *map(str, arguments), stdout=out)
    except CommandError as error:
        return out.getvalue(), error.returncode, str(error)
    return out.getvalue(), 0, ""


def test_the_command_prints_the_report_and_counts(folder):
    path = folder.write("a.md", brief(title="Reading letters – working with GOSH"))
    out, status, _ = command(folder.path)
    assert status == 0
    assert "Projects: 1 created\n" in out
    assert "Organisations: 1 created\n" in out
    assert out.endswith("In all: 5 created, 0 updated, 0 unchanged, 0 kept, 0 rejected.\n")
    out, status, _ = command(path, "--dry-run")
    assert status == 0
    assert out.endswith("5 unchanged, 0 kept, 0 rejected. Nothing was kept: this was a dry run.\n")


def test_the_command_ends_with_one_if_anything_was_rejected(folder):
    folder.write("a.md", brief())
    bad = folder.write("b.md", b"\x00")
    out, status, error = command(folder.path)
    assert status == 1
    assert "1 rejected" in error
    assert f"{bad}:1: Rejected: This is not a text file: it holds binary data.\n" in out
    assert Project.objects.count() == 1
    assert command(folder.path / "a.md")[1] == 0
    assert command(folder.path / "missing.md")[1] == 1


def test_a_report_is_one_line_each(folder):
    folder.write("a.md", brief(title="x" * 300))
    folder.write("b.md", b"---\nx: [\n  y\nz: {\n---\n")
    report = folder.load()
    assert all("\n" not in message for _, message in report.notes)
    assert all(source.path for source, _ in report.notes)


def test_an_empty_folder_is_no_error(folder):
    out, status, _ = command(folder.path)
    assert status == 0
    assert out == "In all: 0 created, 0 updated, 0 unchanged, 0 kept, 0 rejected.\n"
