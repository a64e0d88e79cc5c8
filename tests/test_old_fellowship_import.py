"""The fellowship's old pages: cohorts and their people, pages of fellows, and what is said of each slip in them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client

from fellowship.models import Cohort, Fellow, Question
from portal.importing import Outcome, import_paths
from tests import factories as make
from tests.fellowship_documents import COHORT, notes
from tests.old_documents import COHORT_PAGE, FELLOW_PAGE, PEOPLE
from tests.sources import everything, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(tmp_path: Path):
    """Put documents into the folder under their names, and import it."""

    def load(documents: dict[str, str], **options: bool):
        for name, text in documents.items():
            path = tmp_path / "old" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return import_paths([str(tmp_path / "old")], **options)

    return load


def cohort_page(body: str = "Runs from 1 August 2024 to 31 July 2025.", **front: str) -> str:
    given = {"permalink": "/fellowship_cohort3.html", "title": "Fellowship in testing Cohort 3", **front}
    return "\n".join(["---", *(f"{name}: {value}" for name, value in given.items()), "---", body])


# Cohorts


def test_a_page_becomes_a_draft_of_its_cohort(place, client: Client) -> None:
    report = place({"cohort3.md": COHORT_PAGE})
    cohort = Cohort.objects.get()
    assert (cohort.number, cohort.status) == (3, "draft")
    assert (cohort.starts_on, cohort.ends_on) == (dt.date(2024, 8, 1), dt.date(2025, 8, 31))
    assert cohort.how_to_apply == (
        "1. Read the [role description](/assets/docs/Role%20Description.pdf)\n2. Send the form.\\\nIt is short."
    )
    assert list(cohort.key_dates.values_list("label", "date", "precision")) == [
        ("Applications open: Application form", dt.date(2023, 11, 8), "day"),
        ("Webinar and questions", dt.date(2023, 11, 22), "day"),
        ("Remote interviews", dt.date(2024, 1, 22), "week"),
        ("Interview outcomes", dt.date(2024, 2, 1), "month"),
        ("Offers", dt.date(2024, 3, 1), "early"),
    ]
    assert cohort.source_text == COHORT_PAGE
    assert client.get("/fellowship_cohort3.html")["Location"] == "/fellowship/cohorts/3/"
    assert client.get("/fellowship/cohorts/3/").status_code == 404
    found = notes(report)
    for note in (
        "7: The page names months only: 2024-08-01 and 2025-08-31 stand for them.",
        "9: Dropped: {% include fellowship_cohort3.html %}",
        "12: Text among the key dates is kept only with the source: “This list will change.”",
        "18: This key date is kept only with the source: it does not begin with a date.",
        "19: This key date is kept only with the source: it does not begin with a date.",
        "23: Repaired: the address “/assets/docs/Role Description.pdf” read as “/assets/docs/Role%20Description.pdf”.",
        "26: The section “Recruitment regions” is kept only with the source.",
    ):
        assert note in found
    assert report.count(Outcome.REJECTED) == 0


def test_old_pages_twice_change_nothing_and_a_dry_run_says_the_same(place) -> None:
    documents = {"cohort3.md": COHORT_PAGE, "fellow/ada.md": FELLOW_PAGE, "more/cohort3.yml": PEOPLE}
    dry = place(documents, dry_run=True)
    assert not Cohort.objects.exists()
    first = place({})
    assert (said(dry), dry.outcomes) == (said(first), first.outcomes)
    before = everything()
    again = place({})
    assert {outcome for outcome, _, _ in again.outcomes} == {Outcome.UNCHANGED, Outcome.REJECTED}
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "dates"),
    [
        ("It runs from 2 September 2024 to 31 August 2025.", (dt.date(2024, 9, 2), dt.date(2025, 8, 31))),
        ("Fellows from August 2024 - August 2025.", (dt.date(2024, 8, 1), dt.date(2025, 8, 31))),
        ("Fellows from Aug. 2024 until July 2025.", (dt.date(2024, 8, 1), dt.date(2025, 7, 31))),
        ("It ran from August to July 2025.", (None, None)),
        ("It runs from August 2024 to August 2025, or from May 2025 to May 2026.", (None, None)),
        ("It runs for a year.", (None, None)),
        ("## Before\n\nThe last ran from August 2023 to August 2024.", (None, None)),
    ],
)
def test_dates_are_read_where_the_prose_gives_them_once(place, body: str, dates: tuple) -> None:
    report = place({"page.md": cohort_page(body)})
    cohort = Cohort.objects.get()
    assert (cohort.starts_on, cohort.ends_on) == dates
    if dates == (None, None):
        assert any("its dates are left open" in note for note in notes(report))


def test_a_document_written_for_the_portal_wins_over_the_old_page(place) -> None:
    text = COHORT.replace("number: 4", "number: 3")
    report = place({"page.md": COHORT_PAGE, "cohort.md": text})
    cohort = Cohort.objects.get()
    assert (cohort.status, cohort.starts_on) == ("published", dt.date(2027, 9, 1))
    assert any("“starts_on” is" in note and "the cohort wins" in note for note in notes(report))


def test_what_an_editor_changed_stays(place) -> None:
    place({"page.md": cohort_page()})
    Cohort.objects.update(ends_on=dt.date(2025, 9, 30))
    report = place({"page.md": cohort_page("Runs from 1 August 2024 to 30 August 2025.")})
    assert Cohort.objects.get().ends_on == dt.date(2025, 9, 30)
    assert report.count(Outcome.KEPT, Cohort) == 1


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ({"permalink": "/fellowship_cohort2.html"}, "The page names 2 cohorts."),
        (
            {"permalink": "/fellowship_current_cohort.html", "title": "Fellowship"},
            "The page does not say which cohort it is about.",
        ),
    ],
)
def test_a_page_that_does_not_say_which_cohort_is_rejected(place, front: dict, words: str) -> None:
    report = place({"page.md": cohort_page(**front), "cohort.md": COHORT})
    assert [cohort.number for cohort in Cohort.objects.all()] == [4]
    assert any(words in note for note in notes(report))


def test_an_address_that_named_another_cohort_each_year_leads_to_the_fellowship(place, client: Client) -> None:
    place({"page.md": cohort_page(permalink="fellowship_cohort_applications.html")})
    assert Cohort.objects.get().number == 3
    assert client.get("/fellowship_cohort_applications.html")["Location"] == "/fellowship/"


def test_a_page_without_a_last_line_end_with_tabs_and_curly_quotes_is_read(place) -> None:
    page = cohort_page("Runs from 1 August 2024 – 31 July 2025.\n\n###\tKey Dates:\n*\t1 May 2024:\t“Open” day")
    place({"page.md": page.replace("\n", "\r\n")})
    assert list(Cohort.objects.get().key_dates.values_list("label", "precision")) == [("“Open” day", "day")]


# People


def test_people_of_a_list_become_drafts_with_their_links(place, client: Client) -> None:
    report = place({"cohort.md": COHORT.replace("number: 4", "number: 3"), "fellowship_cohort3.yml": PEOPLE})
    ada = Fellow.objects.get(slug="ada-example")
    assert (ada.name, ada.role, ada.region, ada.profession) == (
        "Ada Example",
        "Specialty Trainee Doctor in Cardiology",
        "south-west",
        "pharmacy",
    )
    assert (ada.status, ada.consent_on, ada.cohort.number) == ("draft", None, 3)
    assert [link.url for link in ada.links.all()] == ["https://example.org/ada", "https://example.org/ada%20talk"]
    assert "image: assets/img/fellow/ada.jpg" in ada.source_text
    assert client.get("/team_member/adaexample.html")["Location"] == "/fellowship/fellows/ada-example/"
    assert client.get("/fellowship/fellows/ada-example/").status_code == 404
    assert "Ada Example" not in client.get("/fellowship/cohorts/3/").text
    found = notes(report)
    for note in (
        "30: The profession is kept only with the source: “Wizard” is none that the portal knows.",
        "13: The photo “assets/img/fellow/ada.jpg” is not imported; its name is kept with the source.",
        "14: Repaired: the address “https://example.org/ada talk” read as “https://example.org/ada%20talk”.",
        "22: Rejected: This row is not YAML: mapping values are not allowed here.",
        "28: Repaired: a tab, which YAML does not allow, read as spaces.",
        "29: The region is kept only with the source: “South East- Wessex” is none that the portal knows.",
        "32: “hobby” is no field of a fellow; it is kept only with the source.",
        "33: “Mary Example” stands in this list twice; they are read once.",
    ):
        assert note in found
    assert any("“Ada Example” stands at" in note and note.startswith("25: Rejected") for note in found)
    assert sorted(Fellow.objects.values_list("slug", flat=True)) == ["ada-example", "mary-example"]


def test_people_may_stand_in_the_front_matter_of_a_page(place) -> None:
    people = "\n  - name: Ada Example\n    role: Nurse\n    social: []\n  - {name: Grace Example, cohort: 3}"
    place({"page.md": cohort_page(people=people)})
    assert list(Fellow.objects.values_list("name", "role")) == [("Ada Example", "Nurse"), ("Grace Example", "")]


def test_people_may_stand_in_a_table_of_a_page(place) -> None:
    place({"cohort3.md": COHORT_PAGE})
    ada, grace = Fellow.objects.order_by("name")
    assert (ada.role, grace.role) == ("Cardiology", "Anaesthetics")
    assert [link.url for link in ada.links.all()] == [
        "https://example.org/ada",
        "https://example.org/paper",
        "https://example.org/talk",
    ]


def test_an_empty_list_names_nobody(place) -> None:
    report = place({"page.md": cohort_page(people="[]"), "fellows.yml": "people:\n\n- name:\n  role:\n"})
    assert not Fellow.objects.exists()
    assert any("is no name that makes an address" in note for note in notes(report))


def test_nobody_is_given_to_a_cohort_by_a_guess(place) -> None:
    report = place({"cohort.md": COHORT, "fellows.yml": "- name: Ada Example\n  cohort: '4'\n- name: Grace Example\n"})
    assert [fellow.name for fellow in Fellow.objects.all()] == ["Ada Example"]
    assert any("3: Rejected: Nothing says which cohort “Grace Example” is of." in note for note in notes(report))


# Pages of fellows


def test_a_page_of_a_fellow_joins_what_a_list_says(place, client: Client) -> None:
    documents = {"fellowship_cohort3.yml": PEOPLE, "cohort3.md": cohort_page(), "_fellow/adaexample.md": FELLOW_PAGE}
    report = place(documents)
    ada = Fellow.objects.get(slug="ada-example")
    assert (ada.role, ada.region) == ("Specialty Trainee Doctor in Cardiology", "south-west")
    assert (ada.about, ada.quote) == ("Ada counts.\n\n## Prizes\n\nOne.", "It counts.")
    assert ada.project_title == "Counting beats"
    assert ada.project_text == (
        "Example hospital\n\nShe counts [beats](https://example.org/all%20the%20beats).\\\nAnd more."
    )
    assert [link.url for link in ada.links.all()] == [
        "https://example.org/ada",
        "https://example.org/a%20paper",
        "https://example.org/talk",
    ]
    assert client.get("/fellow/adaexample")["Location"] == "/fellowship/fellows/ada-example/"
    assert client.get("/fellow/adaexample.html")["Location"] == "/fellowship/fellows/ada-example/"
    found = notes(report)
    for note in (
        "4: The photo “/assets/img/fellow/ada.jpg” is not imported; its name is kept with the source.",
        "5: “Fellow in testing, Cohort 3” says only which cohort; it is no role.",
        "6: A link is kept only with the source: “not a link” is not an address on the web.",
        "16: Repaired: the address “/assets/docs/posters/C3 Poster Ada.pdf” read as "
        "“/assets/docs/posters/C3%20Poster%20Ada.pdf”.",
        "16: The poster “/assets/docs/posters/C3%20Poster%20Ada.pdf” is not imported; its address is kept with the "
        "source.",
        "17: “Example hospital” stands below the title; it stays in the text.",
        "24: No field is called “Prizes”; the section is added to “About”.",
        "28: The words “A paper” of a link are kept only with the source; its site names it.",
    ):
        assert note in found


def test_a_poster_on_the_web_is_linked_and_its_address_mended(place) -> None:
    page = FELLOW_PAGE.replace("/assets/docs/posters/C3 Poster", "https://example.org/C3 Poster")
    place({"cohort3.md": cohort_page(), "ada.md": page})
    assert Fellow.objects.get().poster_url == "https://example.org/C3%20Poster%20Ada.pdf"


def test_a_testimonial_that_is_too_long_is_kept_in_the_text(place) -> None:
    page = FELLOW_PAGE.replace("“It *counts*.”", "It counts. " * 100)
    report = place({"cohort3.md": cohort_page(), "ada.md": page})
    fellow = Fellow.objects.get()
    assert fellow.quote == ""
    assert "## In their words\n\n> It counts. It counts." in fellow.about
    assert any(note.startswith("21: “Fellowship Testimonial” has ") for note in notes(report))


@pytest.mark.parametrize(
    "headings",
    [
        {"### Fellowship Bio": "### fellowship bio:", "### Fellowship Project": "###  FELLOWSHIP PROJECT ###"},
        {"### Fellowship Bio": "<h3 style>Fellowship Bio</h3>", "### Fellowship Project": "## Fellowship Project"},
        {"### Fellowship Project": "<!-- FELLOWSHIP_PROJECT -->"},
    ],
)
def test_headings_are_known_in_their_spellings(place, headings: dict) -> None:
    page = FELLOW_PAGE
    for old, new in headings.items():
        page = page.replace(old, new)
    place({"cohort3.md": cohort_page(), "ada.md": page})
    fellow = Fellow.objects.get()
    assert fellow.about.startswith("Ada counts.")
    assert (fellow.project_title, fellow.quote) == ("Counting beats", "It counts.")


def test_a_page_without_a_name_or_of_two_cohorts_is_rejected(place) -> None:
    nameless = FELLOW_PAGE.replace("team-member-name: Ada Example\n", "")
    twice = FELLOW_PAGE.replace("job-role:", "cohort: 2 or cohort 3\njob-role:").replace("2 or", "cohort 2 or")
    report = place({"a.md": nameless, "b.md": twice, "c.md": FELLOW_PAGE, "cohort3.md": cohort_page()})
    assert Fellow.objects.count() == 1
    assert report.count(Outcome.REJECTED) == 2


def test_somebody_whom_staff_wrote_by_hand_is_not_written_twice(place) -> None:
    cohort = make.CohortFactory(number=3)
    make.FellowFactory(name="Ada Example", slug="ada", cohort=cohort, about="Ours.")
    place({"_fellow/ada-example.md": FELLOW_PAGE})
    fellow = Fellow.objects.get()
    assert (fellow.slug, fellow.about) == ("ada", "Ours.")


def test_people_join_a_cohort_that_staff_wrote_by_hand(place) -> None:
    cohort = make.CohortFactory(number=3)
    report = place({"fellowship_cohort3.yml": "- name: Ada Example\n  role: Nurse\n"})
    assert Fellow.objects.get().cohort == cohort
    assert report.count(Outcome.REJECTED) == 0


def test_questions_of_a_cohorts_page_stand_on_it(place) -> None:
    place({"cohort3.md": COHORT_PAGE})
    assert {question.cohort.number for question in Question.objects.all()} == {3}
