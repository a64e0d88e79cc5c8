"""The contract of every importer, shown on briefs: what is written, what is kept, and what is never touched."""

import pytest

from portal.importing import Outcome
from portal.models import StatusChange
from projects.models import Area, Placement, Project
from tests.factories import AreaFactory, ProjectFactory, TechniqueFactory
from tests.indexed import indexed
from tests.sources import brief, everything, notice, outcomes, said

pytestmark = pytest.mark.django_db


# The same again


def test_the_second_run_changes_nothing(folder):
    folder.write(
        "a.md", brief(more="placements:\n  - reference: P1\n    wave: One\n    outputs:\n      - kind: code\n")
    )
    folder.write("b.md", notice())
    first = folder.load()
    assert outcomes(first) == {"created": 5}  # the project, its three terms, the notice
    before = everything()
    second = folder.load()
    assert outcomes(second) == {"unchanged": 5}
    assert everything() == before
    updated = Project.objects.get().updated_at
    folder.load()
    assert Project.objects.get().updated_at == updated


def test_a_source_that_changed_updates_only_what_changed(folder):
    folder.write("a.md", brief())
    folder.write("b.md", brief(slug="other", title="Other"))
    folder.load()
    other = Project.objects.values().get(slug="other")
    folder.write("a.md", brief(need="More."))
    report = folder.load()
    assert report.count(Outcome.UPDATED, Project) == 1
    assert report.count(Outcome.UNCHANGED, Project) == 1
    project = Project.objects.get(slug="reading-letters")
    assert (project.need, project.title, project.future_work) == ("More.", "Reading letters", "More work.")
    assert "More." in project.source_text
    assert Project.objects.values().get(slug="other") == other


def test_what_was_updated_is_found_by_its_new_words(folder):
    folder.write("a.md", brief(need="About badgers."))
    folder.load()
    folder.write("a.md", brief(need="About otters."))
    folder.load()
    assert indexed("badgers") == set()
    assert len(indexed("otters")) == 1


# What an editor changed


def test_what_an_editor_changed_is_kept_and_said(folder):
    path = folder.write("a.md", brief())
    folder.load()
    Project.objects.update(need="The editor knows better.")
    folder.write("a.md", brief(need="The source says this.", summary="A new summary."))
    report = folder.load()
    project = Project.objects.get()
    assert (project.need, project.summary) == ("The editor knows better.", "A new summary.")
    assert outcomes(report)["kept"] == 1
    assert any(str(path) in line and "“need” was changed in the portal" in line for line in said(report))
    assert "The source says this." in project.source_text, "nothing of the source is lost"
    again = folder.load()
    assert outcomes(again)["kept"] == 1
    assert Project.objects.get().need == "The editor knows better."


def test_an_editors_change_stays_although_the_source_does_not_move(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.update(title="Better title")
    assert outcomes(folder.load())["kept"] == 1
    assert Project.objects.get().title == "Better title"


def test_what_an_editor_emptied_stays_empty(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.update(desired_skills="")
    folder.write("a.md", brief(need="More."))
    folder.load()
    assert Project.objects.get().desired_skills == ""


def test_an_editor_and_a_source_that_agree_need_no_word(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.update(need="More.")
    folder.write("a.md", brief(need="More."))
    report = folder.load()
    assert report.count(Outcome.KEPT) == 0
    assert said(report) == []


def test_an_editors_terms_stay(folder):
    folder.write("a.md", brief())
    folder.load()
    project = Project.objects.get()
    mine = TechniqueFactory(name="Kriging")
    project.techniques.set([mine])
    folder.write("a.md", brief().replace("NER", "VAE"))
    report = folder.load()
    assert list(project.techniques.all()) == [mine]
    assert any("“techniques” was changed in the portal" in line for line in said(report))


def test_an_editors_slug_stays_and_old_addresses_lead_there(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.update(slug="letters")
    folder.write("a.md", brief(need="More."))
    assert folder.load().count(Outcome.CREATED) == 0
    assert Project.objects.get().slug == "letters"


def test_a_name_that_only_the_portal_has_survives_a_change_of_its_placement(folder):
    """The source does not name interns: what staff added, with consent, must not go with the row."""
    placements = "placements:\n  - reference: P1\n    wave: {wave}\n"
    folder.write("a.md", brief(more=placements.format(wave="One")))
    folder.load()
    Placement.objects.update(intern="Ada Example", intern_consent_on="2026-01-01")
    folder.write("a.md", brief(more=placements.format(wave="Two")))
    report = folder.load()
    assert Placement.objects.get().intern == "Ada Example"
    assert any("“placements” was changed in the portal" in line for line in said(report))


def test_what_was_deleted_stays_deleted(folder):
    folder.write("a.md", brief())
    folder.load()
    Project.objects.all().delete()
    folder.write("a.md", brief(need="More."))
    report = folder.load()
    assert not Project.objects.exists()
    assert report.count(Outcome.KEPT, Project) == 1
    assert any("was deleted in the portal and stays deleted" in line for line in said(report))


def test_what_the_portal_had_before_is_adopted_and_not_overwritten(folder):
    mine = ProjectFactory(slug="reading-letters", title="My own title", need="", status="paused")
    folder.write("a.md", brief())
    report = folder.load()
    project = Project.objects.get()
    assert project == mine
    assert (project.title, project.need, project.status) == ("My own title", "Much.", "paused")
    assert report.count(Outcome.KEPT, Project) == 1


def test_a_term_that_staff_made_is_used_under_any_of_its_spellings(folder):
    mine = AreaFactory(name="Language", slug="language", aliases=["N.L.P."])
    folder.write("a.md", brief())
    folder.load()
    assert Area.objects.get() == mine == Project.objects.get().area


# Status


@pytest.mark.parametrize(("lies_in", "status"), [("", "draft"), ("active/", "active"), ("closed/paused/", "paused")])
def test_a_status_is_set_on_creation(folder, lies_in, status):
    folder.write(f"{lies_in}a.md", brief())
    folder.load()
    project = Project.objects.get()
    assert project.status == status
    assert bool(project.published_at) is (status != "draft")


def test_a_status_is_never_set_again(folder):
    folder.write("paused/a.md", brief())
    folder.load()
    project = Project.objects.get()
    project.move_to("open", by=None)
    folder.write("paused/a.md", brief(need="More."))
    report = folder.load()
    assert Project.objects.get().status == "open"
    assert Project.objects.get().need == "More."
    assert any("the source says Paused, the portal says Open" in line for line in said(report))


def test_when_and_why_go_into_the_log_once(folder):
    text = brief(more="status_reason: No data.\nstatus_since: 2026-03-01\n")
    folder.write("paused/a.md", text)
    folder.load()
    folder.load()
    folder.write("paused/a.md", text.replace("No data.", "Another reason."))
    folder.load()
    (change,) = StatusChange.objects.all()
    assert (change.new, change.public_reason, str(change.at.date())) == ("paused", "No data.", "2026-03-01")
    assert Project.objects.get().reason == "No data."
