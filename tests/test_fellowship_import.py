"""Documents of the fellowship: what becomes of each line, and what is reported."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from fellowship import models
from fellowship.models import Cohort, Fellow, FellowLink, KeyDate, Phase, Programme, Question, QuestionSection
from portal.importing import Outcome, import_paths
from portal.models import Notice, Organisation
from projects.models import Project
from tests import factories as make
from tests.fellowship_documents import COHORT, FELLOW, PROGRAMME, QUESTIONS, notes, run
from tests.source_folder import SEEDS

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).resolve().parents[1] / "sample"

# The programme


def test_the_page_becomes_the_programme_with_its_testimonials(tmp_path: Path, client: Client) -> None:
    report = run(tmp_path, fellowship=PROGRAMME)
    programme = Programme.objects.get()
    assert (programme.title, programme.length, programme.status) == ("Felowship in testing", "1 year", "published")
    assert programme.source_text == PROGRAMME
    assert programme.body == (
        "Fellows test things.\n\nSome  text.\n\n### How it <em>works</em>\n\nThey meet.\n\n"
        "> A quotation of nobody\n\n```\n> {% kept %} in code\n```"
    )
    said = list(programme.testimonials.values_list("quote", "name", "year", "role"))
    assert said == [
        (
            "It’s the best, “really”.",
            "Professor Ada Example",
            2022,
            "Director of [Testing](https://example.org/), Example",
        ),
        ("“It works.” And more.", "Grace Example", None, ""),
    ]
    assert notes(report) == [
        "5: “description” is empty, so the fellowship has no summary.",
        "9: Dropped: {% include buttons.html %}",
        "11: Dropped: {{ site.name }}",
        "13: Repaired: the HTML heading “How it <em>works</em>” became a Markdown one.",
        "22: This quotation names nobody behind a line break; it stays in the text.",
    ]
    assert client.get("/fellowship.html")["Location"] == "/fellowship/"


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    documents = {"fellowship": PROGRAMME, "cohort_4": COHORT, "ada": FELLOW, "questions": QUESTIONS}
    first = run(tmp_path, **documents)
    assert first.count(Outcome.REJECTED) == 0
    second = import_paths([str(tmp_path)])
    assert {outcome for outcome, _, _ in second.outcomes} == {Outcome.UNCHANGED}


def test_an_editors_words_stay_and_the_rest_follows_the_source(tmp_path: Path) -> None:
    run(tmp_path, fellowship=PROGRAMME)
    programme = Programme.objects.get()
    programme.title = "Fellowship in testing"
    programme.save()
    programme.testimonials.filter(name="Grace Example").delete()
    changed = PROGRAMME.replace("1 year", "2 years").replace("Felowship", "Fellowshop").replace("(2022)", "(2023)")
    report = run(tmp_path, fellowship=changed)
    programme.refresh_from_db()
    assert (programme.title, programme.length) == ("Fellowship in testing", "2 years")
    assert list(programme.testimonials.values_list("year", flat=True)) == [2022]
    assert any("“title” was changed in the portal" in note for note in notes(report))
    assert any("“testimonials” was changed in the portal" in note for note in notes(report))


def test_a_page_of_people_that_is_not_the_fellowships_is_rejected(tmp_path: Path) -> None:
    report = run(tmp_path, people=PROGRAMME.replace("/fellowship.html", "/team.html"))
    assert report.count(Outcome.REJECTED) == 1
    assert not Programme.objects.exists()


# Cohorts


def test_a_cohort_comes_with_its_dates_and_steps(tmp_path: Path) -> None:
    run(tmp_path, cohort=COHORT)
    cohort = Cohort.objects.get()
    assert (cohort.number, cohort.status, cohort.is_paid, cohort.summary) == (4, "published", False, "The fourth.")
    assert cohort.how_to_apply == "1. **Ask.** Somebody.\n2. **Write.** Something."
    assert cohort.opens_at == dt.datetime(2027, 1, 11, 9, tzinfo=dt.UTC)
    assert (cohort.starts_on, cohort.ends_on) == (dt.date(2027, 9, 1), dt.date(2028, 8, 31))
    assert list(cohort.key_dates.values_list("label", "date", "precision")) == [
        ("Open", dt.date(2027, 1, 11), "day"),
        ("Interviews", dt.date(2027, 4, 1), "month"),
    ]


def test_relative_dates_count_from_the_day_of_the_import_and_then_stand_still(tmp_path: Path) -> None:
    text = (
        COHORT.replace("2027-09-01", "month+10m")
        .replace("2028-08-31", "month+22m-1d")
        .replace("2027-01-11,", "today+3w,")
    )
    with time_machine.travel("2026-11-21 12:00"):
        run(tmp_path, cohort=text)
    with time_machine.travel("2026-12-24 12:00"):
        assert import_paths([str(tmp_path)]).count(Outcome.UNCHANGED) == 1
    cohort = Cohort.objects.get()
    assert (cohort.starts_on, cohort.ends_on) == (dt.date(2027, 9, 1), dt.date(2028, 8, 31))
    assert KeyDate.objects.get(label="Open").date == dt.date(2026, 12, 12)


def test_a_key_date_that_cannot_be_placed_is_reported_by_its_line_and_the_rest_kept(tmp_path: Path) -> None:
    rows = [
        "  - {label: Fine, date: 2027-01-11, precision: week}",
        "  - {label: Quarterly, date: 2027-01-11, precision: quarter}",
        "  - {label: Undated, precision: day}",
        "  - {label: Odd, date: soon}",
        "  - just words",
        "  - {label: Plain, date: 2027-02-11}",
    ]
    text = COHORT[: COHORT.index("  - {label: Open")] + "\n".join(rows) + COHORT[COHORT.index("\n---\n\n1.") :]
    report = run(tmp_path, cohort=text)
    assert list(KeyDate.objects.values_list("label", "precision")) == [("Fine", "week"), ("Plain", "day")]
    assert [note.split(":")[0] for note in notes(report)] == ["14", "15", "16", "17"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("number: 4", "number: four", 3, "“four” is not the number of a cohort."),
        ("number: 4\n", "", 1, "The document has no “number”."),
        ("starts_on: 2027-09-01\n", "", 1, "The cohort has no “starts_on”."),
        ("starts_on: 2027-09-01", "starts_on: autumn", 4, "The cohort needs a date as “starts_on”."),
        ("opens_at: 2027-01-11 09:00", "opens_at: in winter", 6, "“opens_at”: “in winter” is not a date"),
        ("ends_on: 2028-08-31", "ends_on: 2026-08-31", 1, "A cohort must end after it starts."),
    ],
)
def test_a_cohort_without_what_it_needs_is_rejected_by_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    report = run(tmp_path, cohort=COHORT.replace(old, new), questions=QUESTIONS)
    assert report.count(Outcome.REJECTED) == 1
    assert any(note.startswith(f"{line}: Rejected: ") and words in note for note in notes(report))
    assert not Cohort.objects.exists()
    assert Question.objects.count() == 2


def test_what_a_cohort_can_do_without_is_reported_and_left_empty(tmp_path: Path) -> None:
    text = COHORT.replace("https://example.org/apply", "ask us").replace("false", "maybe")
    report = run(tmp_path, cohort=text)
    cohort = Cohort.objects.get()
    assert (cohort.apply_url, cohort.is_paid) == ("", True)
    assert {note.split(":")[0] for note in notes(report)} == {"8", "9"}
    assert "ask us" in cohort.source_text


# Fellows


def test_a_fellow_comes_with_host_links_and_sections(tmp_path: Path) -> None:
    run(tmp_path, cohort=COHORT, ada=FELLOW)
    fellow = Fellow.objects.public().get()
    assert (fellow.slug, fellow.name, fellow.cohort.number) == ("ada", "Ada Example", 4)
    assert (fellow.profession, fellow.region, fellow.quote) == ("nurse", "london", "It counts.")
    assert fellow.host == Organisation.objects.get(name="Example trust")
    assert (fellow.about, fellow.project_text) == ("She counts.", "It has parts:\n\n- one")
    assert list(FellowLink.objects.values_list("url", flat=True)) == ["https://example.org/ada", "https://orcid.org/1"]


@pytest.mark.parametrize("given", ["", "consent_on:", "consent_on: yes, by phone"])
def test_a_fellow_without_a_day_of_consent_is_imported_and_hidden(tmp_path: Path, client: Client, given: str) -> None:
    report = run(tmp_path, cohort=COHORT, ada=FELLOW.replace("consent_on: 2026-01-02\n", f"{given}\n" if given else ""))
    fellow = Fellow.objects.get()
    assert (fellow.status, fellow.consent_on) == ("draft", None)
    assert client.get("/fellowship/fellows/ada/").status_code == 404
    assert any("is imported as a draft" in note for note in notes(report))


def test_consent_that_comes_later_is_written_and_publishing_is_left_to_an_editor(tmp_path: Path) -> None:
    run(tmp_path, cohort=COHORT, ada=FELLOW.replace("consent_on: 2026-01-02\n", ""))
    report = run(tmp_path, ada=FELLOW)
    fellow = Fellow.objects.get()
    assert (fellow.status, fellow.consent_on) == ("draft", dt.date(2026, 1, 2))
    assert any("set on creation only" in note for note in notes(report))


def test_what_cannot_be_placed_of_a_fellow_is_reported_by_its_line(tmp_path: Path) -> None:
    text = (
        FELLOW.replace("profession: nurse", "profession: wizard")
        .replace("region: london", "region: moon")
        .replace("  - https://orcid.org/1", "  - not a link")
        .replace("project_title:", "project: nowhere\nproject_title:")
        .replace("## Fellowship project", "## Hobbies\n\nCounts.\n\n## Fellowship project")
    )
    report = run(tmp_path, cohort=COHORT, ada=text)
    fellow = Fellow.objects.get()
    assert (fellow.profession, fellow.region, fellow.project) == ("", "", None)
    assert fellow.about == "She counts.\n\n## Hobbies\n\nCounts."
    assert fellow.links.count() == 1
    found = " ".join(notes(report))
    for words in (
        "6: “profession”",
        "7: “region”",
        "14: “links”",
        "“nowhere”, which is not in the portal",
        "“Hobbies”",
    ):
        assert words in found
    assert report.count(Outcome.REJECTED) == 0


def test_a_fellow_is_joined_to_a_project_of_the_portal(tmp_path: Path) -> None:
    brief = (
        "---\ntitle: Counting\npermalink: /counting/\n---\n\n# Counting\n\n**Keywords:** NLP\n\n**Need:**\n\nCount.\n"
    )
    run(tmp_path, cohort=COHORT, ada=FELLOW.replace("project_title:", "project: counting\nproject_title:"), brief=brief)
    assert Fellow.objects.get().project == Project.objects.get(slug="counting")


def test_a_fellow_of_a_cohort_that_is_not_there_is_rejected_alone(tmp_path: Path) -> None:
    report = run(
        tmp_path, cohort=COHORT, ada=FELLOW.replace("cohort: 4", "cohort: 7"), grace=FELLOW.replace("Ada", "Grace")
    )
    assert report.count(Outcome.REJECTED) == 1
    assert [fellow.name for fellow in Fellow.objects.all()] == ["Grace Example"]
    assert any("“7”, which is not in the portal" in note for note in notes(report))


def test_a_fellow_whom_staff_wrote_by_hand_is_found_and_kept(tmp_path: Path) -> None:
    make.FellowFactory(slug="ada", name="Ada Lovelace", cohort=make.CohortFactory(number=4))
    report = run(tmp_path, ada=FELLOW)
    assert Fellow.objects.get().name == "Ada Lovelace"
    assert report.count(Outcome.KEPT, Fellow) == 1


# Questions


def test_questions_come_in_order_under_one_section(tmp_path: Path) -> None:
    of_cohort = QUESTIONS.replace("order: 1", "order: 1\ncohort: 4").replace("Must I?", "Must we?")
    run(tmp_path, cohort=COHORT, questions=QUESTIONS, questions_4=of_cohort)
    assert list(QuestionSection.objects.values_list("title", "order")) == [("Applying", 1)]
    written = Question.objects.order_by("slug").values_list("slug", "cohort__number", "order", "answer")
    assert list(written) == [
        ("cohort-4-may-i", 4, 1, "Yes.\n\n- always"),
        ("cohort-4-must-we", 4, 2, "No."),
        ("may-i", None, 1, "Yes.\n\n- always"),
        ("must-i", None, 2, "No."),
    ]


def test_a_question_without_an_answer_is_rejected_alone(tmp_path: Path) -> None:
    report = run(
        tmp_path, questions=QUESTIONS.replace("Yes.\n\n- always\n", "").replace("## May", "Stray words\n\n## May")
    )
    assert list(Question.objects.values_list("question", flat=True)) == ["Must I?"]
    assert "9: Rejected: “May I?” has no answer." in notes(report)
    assert any(note.startswith("7: ") and "Stray words" in note for note in notes(report))


def test_two_documents_that_disagree_about_the_place_of_a_section_are_reported(tmp_path: Path) -> None:
    report = run(tmp_path, a=QUESTIONS, b=QUESTIONS.replace("order: 1", "order: 2").replace("I?", "you?"))
    assert QuestionSection.objects.get().order == 1
    assert report.count(Outcome.REJECTED, QuestionSection) == 1
    assert Question.objects.count() == 4


# Notices


def test_a_notice_is_read(tmp_path: Path) -> None:
    text = "---\ntype: notice\ntitle: Slow\nstarts_at: 2026-01-01\nends_at: 2026-02-01 12:00\n---\n\nWe are *slow*.\n"
    run(tmp_path, notice=text)
    notice = Notice.objects.get()
    assert (notice.title, notice.body) == ("Slow", "We are *slow*.")
    assert notice.ends_at == dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
    with time_machine.travel("2026-01-15"):
        assert Notice.objects.in_force().count() == 1


# The documents that this is for


@pytest.mark.samples
def test_the_real_page_comes_with_both_testimonials() -> None:
    report = import_paths([str(SEEDS)])
    assert report.count(Outcome.REJECTED) == 0
    programme = Programme.objects.get()
    assert [(said.name, said.year) for said in models.Testimonial.objects.all()] == [
        ("Professor Eric Topol", 2022),
        ("Dr Hatim Abdulhussein", 2022),
    ]
    assert "{%" not in programme.body
    assert "<h3" not in programme.body
    again = import_paths([str(SEEDS)])
    assert {outcome for outcome, _, _ in again.outcomes} == {Outcome.UNCHANGED}


def test_the_sample_content_is_taken_whole_and_twice() -> None:
    report = import_paths([str(SAMPLE)])
    assert report.count(Outcome.REJECTED) == 0
    assert any(cohort.phase is Phase.RUNNING for cohort in Cohort.objects.public())
    assert Fellow.objects.public().count() == len(list((SAMPLE / "fellowship" / "fellows").iterdir()))
    again = import_paths([str(SAMPLE)])
    assert {outcome for outcome, _, _ in again.outcomes} == {Outcome.UNCHANGED}
