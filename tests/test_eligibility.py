"""“Can I apply?”: what a reader is told, for every answer of the funder in every phase, and what the page shows."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest
from django.http import QueryDict

from fellowship.eligibility import PLURALS, CanIApply, place
from fellowship.grids import PAIRS, Grid, Pair, Said, Verdict, write
from fellowship.models import Cohort, EligibilityCell, Phase, Profession
from fellowship.overview import Overview
from portal import search, sharing
from portal.dates import NBSP
from portal.models import Region
from tests import factories as make
from tests.dated import at, dated_cohort
from tests.eligible import DOCTOR_IN_WALES, NO, NURSE_IN_LONDON, NURSE_IN_WALES, UNDECIDED, YES, decide
from tests.pages import Page

pytestmark = pytest.mark.django_db

ASKED = "?region=wales&profession=nurse"
# A moment in each phase of the cohort of tests.dated.
MOMENTS = {
    Phase.ANNOUNCED: "2026-12-01 12:00",
    Phase.APPLICATIONS_OPEN: "2027-01-20 12:00",
    Phase.SELECTING: "2027-03-20 12:00",
    Phase.RUNNING: "2027-10-01 12:00",
    Phase.FINISHED: "2028-10-01 12:00",
}
HEADINGS = {
    (True, Verdict.YES): "Yes. Nurses who work in Wales can apply for cohort 4",
    (True, Verdict.NO): "No. Nurses who work in Wales cannot apply for cohort 4",
    (True, Verdict.UNDECIDED): "Not decided yet. We cannot say yet whether nurses who work in Wales can apply for "
    "cohort 4",
    (False, Verdict.YES): "Not any more. Nurses who work in Wales could apply for cohort 4",
    (False, Verdict.NO): "No. Nurses who work in Wales could not apply for cohort 4",
    (False, Verdict.UNDECIDED): "Not any more. We did not say whether nurses who work in Wales could apply for "
    "cohort 4",
}
CLOSED = f"Applications for cohort 4 closed at midday on 26{NBSP}February 2027."
NEXT_STEPS = {
    (Phase.ANNOUNCED, Verdict.YES): f"Applications for cohort 4 open at 9am on 11{NBSP}January 2027. They close at "
    f"midday on 26{NBSP}February 2027.",
    (Phase.ANNOUNCED, Verdict.UNDECIDED): f"Applications for cohort 4 open at 9am on 11{NBSP}January 2027. We will "
    "say it here as soon as it is decided.",
    (Phase.APPLICATIONS_OPEN, Verdict.YES): f"Applications for cohort 4 are open until midday on 26{NBSP}February "
    "2027.",
    (Phase.APPLICATIONS_OPEN, Verdict.UNDECIDED): f"Applications for cohort 4 are open until midday on 26{NBSP}"
    "February 2027. Ask us before you apply.",
    **{(Phase.SELECTING, verdict): f"{CLOSED} " for verdict in Verdict},
    **{(Phase.RUNNING, verdict): f"Cohort 4 is running until 31{NBSP}August 2028. " for verdict in Verdict},
    **{(Phase.FINISHED, verdict): f"Cohort 4 finished on 31{NBSP}August 2028. " for verdict in Verdict},
}
LATER = "We will say who can apply for the next cohort when we announce it."


def asking(cohort: Cohort, query: str = ASKED) -> CanIApply:
    return CanIApply(cohort, QueryDict(query.removeprefix("?")), Overview())


def page(client, cohort, query=""):
    return Page(client.get(f"{cohort.get_absolute_url()}{query}").text)


def answers(found):
    """The words of each answer on a page."""
    headings = [words for words in found.text("h3") if words.startswith("Answer: ")]
    return [words.removeprefix("Answer: ") for words in headings]


# Words


def test_everybody_has_a_plural_and_every_region_a_place():
    assert set(PLURALS) == set(Profession)
    assert {place(region) for region in Region} == {
        "the East of England",
        "London",
        "the Midlands",
        "the North East and Yorkshire",
        "the North West",
        "Northern Ireland",
        "Scotland",
        "the South East",
        "the South West",
        "Wales",
    }


# The answer, in each phase


@pytest.mark.parametrize(("phase", "verdict"), list(product(Phase, Verdict)), ids=str)
def test_the_answer_says_what_is_true_in_each_phase(phase, verdict):
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: Said(verdict, "Because." if verdict is Verdict.NO else "")})
    with at(MOMENTS[phase]):
        assert cohort.phase is phase
        found = asking(cohort).answer
    is_before = phase in {Phase.ANNOUNCED, Phase.APPLICATIONS_OPEN}
    assert found.heading == HEADINGS[is_before, verdict]
    assert found.reason == ("Because." if verdict is Verdict.NO else "")
    later = LATER if verdict is Verdict.NO or not is_before else ""
    assert found.next_step == NEXT_STEPS.get((phase, verdict), "") + later
    assert ("can apply" in found.heading) is (is_before and verdict is not Verdict.NO)
    assert found.style == ("closed" if verdict is Verdict.YES and not is_before else verdict.style)


@at(MOMENTS[Phase.ANNOUNCED])
def test_every_cell_of_the_grid_answers_for_itself():
    """Three patterns over the whole grid, so that each cell is yes, no and undecided once."""
    cohort = dated_cohort()
    begins = {Verdict.YES: "Yes. ", Verdict.NO: "No. ", Verdict.UNDECIDED: "Not decided yet. "}
    for shift in range(3):
        pattern = {}
        for number, pair in enumerate(PAIRS):
            pattern[pair] = [YES, Said(Verdict.NO, f"No places: {number}."), UNDECIDED][(number + shift) % 3]
        write(cohort, Grid(pattern))
        for pair, said in pattern.items():
            found = asking(cohort, f"region={pair.region.value}&profession={pair.profession.value}").answer
            assert found.heading.startswith(begins[said.verdict])
            assert f"{PLURALS[pair.profession]} who work in {place(pair.region)} " in found.heading.lower().replace(
                place(pair.region).lower(), place(pair.region)
            )
            assert found.reason == said.reason


def test_who_cannot_apply_learns_where_others_can_and_who_can_here():
    said = {NURSE_IN_LONDON: YES, Pair(Region.NORTH_WEST, Profession.NURSE): YES, DOCTOR_IN_WALES: YES}
    cohort = decide(dated_cohort(), said, others=NO)
    with at(MOMENTS[Phase.ANNOUNCED]):
        assert asking(cohort).answer.instead == [
            "Nurses can apply from London and the North West.",
            "In Wales, doctors can apply.",
        ]
    with at(MOMENTS[Phase.FINISHED]):
        assert asking(cohort).answer.instead[0] == "Nurses could apply from London and the North West."


def test_nobody_is_told_that_nobody_can_while_something_is_undecided():
    cohort = decide(dated_cohort(), others=NO)
    with at(MOMENTS[Phase.ANNOUNCED]):
        words = ["Nurses cannot apply from any region.", "In Wales, nobody can apply."]
        assert asking(cohort).answer.instead == words
        decide(cohort, {NURSE_IN_LONDON: UNDECIDED, DOCTOR_IN_WALES: UNDECIDED}, others=NO)
        assert asking(cohort).answer.instead == []


def test_who_can_apply_is_led_on():
    cohort = decide(dated_cohort(), others=YES)
    with at(MOMENTS[Phase.APPLICATIONS_OPEN]):
        links = {link.words: link.address for link in asking(cohort).answer.links}
    assert links == {
        "Apply for cohort 4": cohort.apply_url,
        "How to apply": "#how-to-apply",
        "Put the dates into your calendar": "/fellowship/cohorts/4/dates.ics",
    }
    with at(MOMENTS[Phase.ANNOUNCED]):
        assert "Apply for cohort 4" not in [link.words for link in asking(cohort).answer.links]


def test_who_comes_too_late_is_led_to_the_cohort_to_apply_for_with_the_same_question():
    late = decide(dated_cohort(), others=YES)
    with at(MOMENTS[Phase.RUNNING]):
        make.UpcomingCohortFactory(number=9, status="draft")
        assert asking(late).answer.links == []
        make.UpcomingCohortFactory(number=5)
        found = asking(late).answer
    assert "Applications for cohort 5 are open until" in found.next_step
    assert [link.address for link in found.links] == ["/fellowship/cohorts/5/?region=wales&profession=nurse#answer"]


def test_without_dates_they_are_to_be_announced():
    cohort = decide(dated_cohort(opens_at=None, closes_at=None), others=YES)
    with at(MOMENTS[Phase.ANNOUNCED]):
        found = asking(cohort).answer
    assert found.next_step == "Application dates for cohort 4 to be announced."
    assert [link.words for link in found.links] == ["How to apply"]


# The page


@at(MOMENTS[Phase.ANNOUNCED])
def test_the_page_answers_and_keeps_the_question(client):
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: NO}, others=YES)
    found = page(client, cohort, ASKED)
    assert answers(found) == [HEADINGS[True, Verdict.NO]]
    (heading,) = [attributes for tag, attributes in found.tags if attributes.get("id") == "answer"]
    assert heading["tabindex"] == "-1"
    assert found.fields == {"region": ["wales"], "profession": ["nurse"]}
    assert "There are no places." in " ".join(found.text("p"))
    assert found.all("form", method="get", action="#answer")
    assert found.robots == "noindex"
    assert [address.partition("/fellowship")[2] for address in found.canonical] == ["/cohorts/4/"]
    assert not found.all("table"), "the whole table is for who has not asked"


@at(MOMENTS[Phase.ANNOUNCED])
@pytest.mark.parametrize(
    ("query", "heading", "rows"),
    [
        ("?region=wales", "Who in Wales can apply for cohort 4", len(Profession)),
        ("?region=wales&profession=", "Who in Wales can apply for cohort 4", len(Profession)),
        ("?profession=nurse", "Regions where nurses can apply for cohort 4", len(Region)),
        ("?profession=nurse&region=mars", "Regions where nurses can apply for cohort 4", len(Region)),
    ],
)
def test_one_of_the_two_questions_gives_a_list(client, query, heading, rows):
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: NO}, others=YES)
    found = page(client, cohort, query)
    assert answers(found) == [heading]
    said = [words for words in found.text("dd") if words in {"Yes", "NoThere are no places.", "No"}]
    assert len(said) == rows
    assert Counter(said)["Yes"] == rows - 1


@at(MOMENTS[Phase.ANNOUNCED])
@pytest.mark.parametrize(
    "query", ["", "?region=&profession=", "?region=mars&profession=witch", "?region=Wales%00", "?x=1"]
)
def test_other_words_are_no_question_and_show_the_whole_table(client, query):
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: NO, DOCTOR_IN_WALES: UNDECIDED}, others=YES)
    found = page(client, cohort, query)
    assert answers(found) == []
    assert found.robots == ""
    headers = [attributes["scope"] for attributes in found.all("th")]
    assert headers == ["col"] * (1 + len(Profession)) + ["row"] * len(Region)
    cells = [" ".join(re.findall(r"Yes|No\b(?! d)|Not decided|\(note \d\)", words)) for words in found.text("td")]
    assert Counter(cells) == {"Yes": len(PAIRS) - 2, "No (note 1)": 1, "Not decided": 1}
    assert "There are no places." in found.text("li")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (MOMENTS[Phase.ANNOUNCED], True),
        (MOMENTS[Phase.APPLICATIONS_OPEN], True),
        (MOMENTS[Phase.SELECTING], False),
        (MOMENTS[Phase.FINISHED], False),
    ],
)
def test_a_cohort_without_an_answer_says_so_while_it_matters(client, moment, said):
    cohort = dated_cohort()
    with at(moment):
        found = page(client, cohort)
        assert ("Can I apply?" in found.text("h2")) is said
        words = "It is not decided yet who can apply for cohort 4. We will say it here."
        assert (words in found.text("p")) is said
        assert bool(answers(page(client, cohort, ASKED))) is said


@at(MOMENTS[Phase.FINISHED])
def test_the_heading_of_a_cohort_that_is_over_is_in_the_past(client):
    found = page(client, decide(dated_cohort(), others=YES))
    assert {"Who could apply", "Who could apply for cohort 4"} <= set(found.text("h2"))
    assert "Can I apply?" not in found.text("h2")


@at(MOMENTS[Phase.ANNOUNCED])
def test_the_page_of_the_fellowship_asks_for_the_cohort_to_apply_for(client):
    make.ProgrammeFactory()
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: NO}, others=YES)
    decide(make.UpcomingCohortFactory(number=5, status="draft", opens_at=None, closes_at=None), others=NO)
    found = Page(client.get("/fellowship/").text)
    assert "Can I apply?" in found.text("h2")
    assert not found.all("table")
    assert f"{cohort.get_absolute_url()}#who-can-apply" in found.links
    found = Page(client.get(f"/fellowship/{ASKED}").text)
    assert answers(found) == [HEADINGS[True, Verdict.NO]]
    assert found.robots == "noindex"
    found = Page(client.get("/fellowship/?region=london&profession=nurse").text)
    assert f"{cohort.get_absolute_url()}#how-to-apply" in found.links


@at(MOMENTS[Phase.SELECTING])
def test_the_page_of_the_fellowship_does_not_ask_when_nobody_can_apply(client):
    make.ProgrammeFactory()
    decide(dated_cohort(), others=YES)
    assert "Can I apply?" not in Page(client.get(f"/fellowship/{ASKED}").text).text("h2")


def test_the_reader_of_a_shared_draft_can_ask_too(client):
    cohort = decide(make.UpcomingCohortFactory(number=4, status="draft"), others=YES)
    link = sharing.share(cohort, by=make.StaffFactory(), reader="Dr Patel", days=7)
    address = sharing.address(cohort, link)
    form = client.get(address).text.partition('class="app-ask"')[2].partition("</form>")[0]
    (token,) = Page(form).fields["shared"]
    asked = client.get(f"{cohort.get_absolute_url()}{ASKED}&shared={token}")
    assert answers(Page(asked.text)) == [HEADINGS[True, Verdict.YES]]
    assert client.get(f"{cohort.get_absolute_url()}{ASKED}").status_code == 404


def test_the_funders_words_are_text(client):
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: Said(Verdict.NO, "<b>No</b>\nSorry")}, others=YES)
    for query in ("", ASKED, "?region=wales"):
        assert "&lt;b&gt;No&lt;/b&gt;<br>Sorry" in client.get(f"{cohort.get_absolute_url()}{query}").text


@pytest.mark.parametrize("query", ["", "?region=wales", ASKED])
def test_an_answer_costs_one_query_however_much_is_decided(client, django_assert_num_queries, query):
    cohort = dated_cohort()
    overview = Overview()
    for others in (UNDECIDED, YES, NO):
        decide(cohort, others=others)
        with django_assert_num_queries(1):
            found = CanIApply(cohort, QueryDict(query.removeprefix("?")), overview)
            assert (found.answer is None) is (query != ASKED)
            assert found.parts or found.grid.rows


def test_whoever_asks_gets_no_cookie(client):
    cohort = decide(dated_cohort(), others=YES)
    assert not client.get(f"{cohort.get_absolute_url()}{ASKED}").cookies


def test_search_finds_the_cohort_by_what_readers_ask():
    cohort = make.UpcomingCohortFactory(number=4)
    for words in ("can I apply", "eligible", "eligibility", "who can apply"):
        assert search.hits(words, Cohort.objects.public()).ids == [cohort.pk], words


# Writing


def test_only_what_differs_is_written():
    cohort = decide(dated_cohort(), {NURSE_IN_WALES: NO, DOCTOR_IN_WALES: YES})
    before = set(EligibilityCell.objects.values_list("pk", flat=True))
    assert write(cohort, Grid({NURSE_IN_WALES: NO, DOCTOR_IN_WALES: YES})) == 0
    assert write(cohort, Grid({NURSE_IN_WALES: YES, DOCTOR_IN_WALES: YES})) == 1
    assert set(EligibilityCell.objects.values_list("pk", flat=True)) == before
    assert write(cohort, Grid({DOCTOR_IN_WALES: YES})) == 1
    assert EligibilityCell.objects.get().profession == "doctor"


def test_a_cell_of_what_the_portal_no_longer_knows_is_left_out():
    cohort = dated_cohort()
    EligibilityCell.objects.create(cohort=cohort, region="atlantis", profession="nurse", can_apply=True)
    assert not Grid.of(cohort)
