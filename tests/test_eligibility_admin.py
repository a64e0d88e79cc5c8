"""The page on which staff say who can apply: whole rows, notes, two editors at once, and what a save leaves behind."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from fellowship.eligibility import PLURALS
from fellowship.grids import PAIRS, Grid, Pair, Said, Verdict
from fellowship.models import Cohort, EligibilityCell, Profession
from portal import revisions
from portal.models import Region
from portal.roles import Role
from tests import factories as make
from tests.eligible import DOCTOR_IN_WALES, NO, NURSE_IN_LONDON, NURSE_IN_WALES, YES, decide
from tests.pages import Page

pytestmark = pytest.mark.django_db

WALES = {Pair(Region.WALES, profession) for profession in Profession}
NURSES = {Pair(region, Profession.NURSE) for region in Region}


def editor(name="ada"):
    user = make.StaffFactory(username=name)
    user.groups.set([Group.objects.get(name=Role.EDITOR)])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada():
    return editor()


@pytest.fixture
def cohort():
    return make.UpcomingCohortFactory(number=4)


def address(cohort, query=""):
    return reverse("admin:fellowship_cohort_eligibility", args=[cohort.pk]) + query


def opened(client, cohort, query=""):
    """What a browser would send of the page as it is."""
    return Page(client.get(address(cohort, query)).text).fields


def said(cohort):
    return Grid.of(cohort).said


def problems(response):
    page = Page(response.text)
    assert page.title.startswith("Error: ")
    places = {attributes.get("id") for _, attributes in page.tags}
    assert {
        link.removeprefix("#") for link in page.links if link.startswith("#") and link != "#content-start"
    } <= places
    return [words for words in page.text("li") if words in set(page.text("a"))]


def paragraphs(response):
    return " ".join(Page(response.text).text("p"))


# Filling in


def test_an_editor_fills_in_one_answer_with_a_note(ada, cohort):
    sent = opened(ada, cohort) | {"wales.nurse": "n1", "london.nurse": "y", "note-1": " No places.\r\nSorry. "}
    response = ada.post(address(cohort), sent)
    assert response["Location"] == reverse("admin:fellowship_cohort_change", args=[cohort.pk])
    assert said(cohort) == {NURSE_IN_WALES: Said(Verdict.NO, "No places.\nSorry."), NURSE_IN_LONDON: YES}


def test_what_was_sent_is_what_is_shown(ada, cohort):
    decide(cohort, {NURSE_IN_WALES: NO, NURSE_IN_LONDON: YES, DOCTOR_IN_WALES: Said(Verdict.YES, "Ask us.")})
    fields = opened(ada, cohort)
    assert (fields["wales.nurse"], fields["london.nurse"], fields["wales.doctor"]) == (["n2"], ["y"], ["y1"])
    assert (fields["note-1"], fields["note-2"], fields["note-3"]) == (["Ask us."], ["There are no places."], [""])
    before = said(cohort)
    ada.post(address(cohort), fields)
    assert said(cohort) == before


def test_a_whole_row_and_a_whole_column_leave_what_is_changed_by_hand(ada, cohort):
    decide(cohort, {NURSE_IN_LONDON: YES})
    sent = opened(ada, cohort) | {"row.wales": "n1", "column.nurse": "y", "note-1": "No places.", "wales.doctor": "y"}
    ada.post(address(cohort), sent)
    found = said(cohort)
    assert {pair for pair, answer in found.items() if answer.verdict is Verdict.NO} == WALES - {DOCTOR_IN_WALES}
    assert {pair for pair, answer in found.items() if answer == YES} == NURSES - {NURSE_IN_WALES} | {DOCTOR_IN_WALES}


def test_a_row_can_be_taken_back_to_undecided(ada, cohort):
    decide(cohort, others=YES)
    ada.post(address(cohort), opened(ada, cohort) | {"row.wales": "-"})
    assert set(said(cohort)) == set(PAIRS) - WALES


def test_rows_and_columns_are_filled_in_without_saving(ada, cohort):
    response = ada.post(
        address(cohort), opened(ada, cohort) | {"row.wales": "y", "note-2": "A draft", "fill": "Fill in"}
    )
    page = Page(response.text)
    assert {page.fields[f"wales.{profession.value}"][0] for profession in Profession} == {"y"}
    assert page.fields["note-2"] == ["A draft"]
    assert page.fields["row.wales"] == [""] if "row.wales" in page.fields else True
    assert "Nothing is saved yet." in paragraphs(response)
    assert not said(cohort)
    ada.post(address(cohort), page.fields | {"row.wales": "n", "note-2": ""})
    assert {said(cohort)[pair].verdict for pair in WALES} == {Verdict.NO}, "what was filled in is not by hand"


def test_a_note_that_is_changed_changes_every_answer_that_has_it(ada, cohort):
    decide(cohort, dict.fromkeys(WALES, NO))
    ada.post(address(cohort), opened(ada, cohort) | {"note-1": "No money."})
    assert {answer.reason for answer in said(cohort).values()} == {"No money."}


def test_a_no_without_a_note_is_kept_and_told(ada, cohort):
    response = ada.post(address(cohort), opened(ada, cohort) | {"row.wales": "n"}, follow=True)
    assert "7 answers “no” have no note: readers are not told why." in response.text
    assert len(said(cohort)) == len(WALES)


# What is wrong


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"wales.nurse": "n2"}, "Note 2 is empty, and Wales, nurses has it."),
        ({"row.wales": "n2"}, "Note 2 is empty, and Wales, allied health professionals has it."),
        ({"note-3": "For whom?"}, "No answer has note 3. Choose it for one, or empty it."),
        ({"wales.nurse": "perhaps"}, "Wales, nurses: choose one of the answers."),
        ({"wales.nurse": "n99"}, "Wales, nurses: choose one of the answers."),
        (
            {"wales.nurse": "n1", "note-1": "x" * 501},
            "Note 1: Ensure this value has at most 500 characters (it has 501).",
        ),
        ({"wales.nurse": "n1", "note-1": "a\0b"}, "Note 1: Null characters are not allowed."),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_is_wrong_is_said_and_nothing_is_lost(ada, cohort, words, problem):
    decide(cohort, {DOCTOR_IN_WALES: YES})
    typed = {"london.nurse": "y1" if "note-1" in words else "y"}
    response = ada.post(address(cohort), opened(ada, cohort) | typed | words)
    assert problem in problems(response)
    fields = Page(response.text).fields
    assert fields["london.nurse"] == [typed["london.nurse"]]
    assert fields.get("note-3", [""]) == [words.get("note-3", "")]
    assert said(cohort) == {DOCTOR_IN_WALES: YES}
    assert not LogEntry.objects.exists()


# Two editors


def test_the_second_of_two_editors_is_told_and_neither_loses_anything(ada, cohort):
    ben = editor("ben")
    decide(cohort, {NURSE_IN_WALES: NO})
    hers, his = opened(ada, cohort), opened(ben, cohort)
    ada.post(address(cohort), hers | {"wales.nurse": "y", "london.nurse": "y"})
    response = ben.post(address(cohort), his | {"wales.nurse": "n2", "note-2": "Money.", "wales.doctor": "y"})
    assert "ada saved this while you were writing" in response.text
    page = Page(response.text)
    assert "London, nurses" in page.text("li"), "what only she changed is taken over"
    assert page.fields["london.nurse"] == ["y"]
    assert "Wales, nurses" in page.text("h4"), "what both changed stands there twice"
    assert page.fields[f"note-{page.fields['wales.nurse'][0][1:]}"] == ["Money."]
    assert said(cohort) == {NURSE_IN_WALES: YES, NURSE_IN_LONDON: YES}, "nothing is saved yet"
    ben.post(address(cohort), page.fields)
    assert said(cohort) == {NURSE_IN_WALES: Said(Verdict.NO, "Money."), NURSE_IN_LONDON: YES, DOCTOR_IN_WALES: YES}


def test_a_double_click_saves_once(ada, cohort):
    sent = opened(ada, cohort) | {"wales.nurse": "y"}
    ada.post(address(cohort), sent)
    response = ada.post(address(cohort), sent, follow=True)
    assert "nothing had changed" in response.text
    assert LogEntry.objects.count() == 1


def test_what_somebody_saves_of_the_rest_of_the_cohort_is_no_conflict(ada, cohort):
    sent = opened(ada, cohort)
    revisions.record(cohort, by=None, comment="Another summary")
    ada.post(address(cohort), sent | {"wales.nurse": "y"})
    assert said(cohort) == {NURSE_IN_WALES: YES}


def test_the_form_of_the_cohort_is_not_disturbed_by_new_answers(ada, cohort):
    change = reverse("admin:fellowship_cohort_change", args=[cohort.pk])
    form = Page(ada.get(change).text).fields
    ada.post(address(cohort), opened(ada, cohort) | {"wales.nurse": "y"})
    ada.post(change, form | {"summary": "New words."})
    cohort.refresh_from_db()
    assert cohort.summary == "New words."
    assert said(cohort) == {NURSE_IN_WALES: YES}


# What it leaves behind


def test_a_save_is_a_revision_of_the_cohort_and_stands_in_the_log(ada, cohort):
    Cohort.objects.update(updated_at=make.in_days(-9))
    ada.post(address(cohort), opened(ada, cohort) | {"row.wales": "y"})
    first, *older = revisions.saves(revisions.versions_of(Cohort, cohort.pk))
    assert (first.author, first.comment) == ("ada", "Who can apply: 7 answers changed")
    assert [save.comment for save in older] == [revisions.BEFORE]
    assert LogEntry.objects.get().change_message == "Who can apply: 7 answers changed"
    cohort.refresh_from_db()
    assert cohort.updated_at > make.in_days(-1)
    history = ada.get(reverse("admin:fellowship_cohort_history", args=[cohort.pk]))
    assert "Answers to who can apply" in history.text


def test_old_answers_come_back_through_the_page(ada, cohort):
    decide(cohort, {NURSE_IN_WALES: NO})
    ada.post(address(cohort), opened(ada, cohort) | {"wales.nurse": "y"})
    first = revisions.saves(revisions.versions_of(Cohort, cohort.pk))[-1].id
    change = ada.get(reverse("admin:fellowship_cohort_change", args=[cohort.pk]), {"revision": first})
    assert address(cohort, f"?revision={first}") in Page(change.text).links
    fields = opened(ada, cohort, f"?revision={first}")
    assert said(cohort) == {NURSE_IN_WALES: YES}, "to look writes nothing"
    ada.post(address(cohort), fields)
    assert said(cohort) == {NURSE_IN_WALES: NO}


@pytest.mark.parametrize("query", ["?revision=999", "?revision=x", "?from=99", "?from=x", "?from=²"])
def test_what_is_not_there_is_not_found(ada, cohort, query):
    assert ada.get(address(cohort, query)).status_code == 404


# Next year


def test_the_answers_of_last_year_are_offered_and_never_public_by_themselves(ada, cohort):
    decide(make.CohortFactory(number=2), {NURSE_IN_LONDON: YES})
    decide(make.CohortFactory(number=3), {NURSE_IN_WALES: NO})
    make.CohortFactory(number=5)
    page = Page(ada.get(address(cohort)).text)
    assert f"{address(cohort)}?from=3" in page.links
    response = ada.get(address(cohort, "?from=3"))
    assert "These are the answers for Cohort 3. Nothing is saved yet" in paragraphs(response)
    assert not said(cohort)
    ada.post(address(cohort), Page(response.text).fields | {"row.wales": "n1", "note-1": "Still no places."})
    assert said(cohort) == dict.fromkeys(WALES, Said(Verdict.NO, "Still no places."))
    assert f"{address(cohort)}?from=3" not in Page(ada.get(address(cohort)).text).links


def test_a_copy_of_a_cohort_has_no_answer_and_begins_with_those_of_its_original(ada):
    original = decide(make.CohortFactory(number=2), {NURSE_IN_WALES: NO})
    decide(make.CohortFactory(number=3), others=YES)
    page = reverse("admin:fellowship_cohort_copy", args=[original.pk])
    fields = Page(ada.get(page).text)
    assert "Who can apply: the funder says it anew." in " ".join(fields.text("li"))
    ada.post(page, fields.fields | {"number": "7"})
    copy = Cohort.objects.get(number=7)
    assert not said(copy)
    assert f"{address(copy)}?from=2" in Page(ada.get(address(copy)).text).links


# The form of the cohort


def test_the_form_of_the_cohort_leads_there_and_counts_what_is_undecided(ada, cohort):
    change = reverse("admin:fellowship_cohort_change", args=[cohort.pk])
    decide(cohort, {NURSE_IN_WALES: NO}, others=YES)
    EligibilityCell.objects.get(region="london", profession="nurse").delete()
    page = Page(ada.get(change).text)
    assert address(cohort) in page.links
    assert "1 answer to “Can I apply?” is not decided:" in page.text("span")
    decide(cohort, others=YES)
    assert "Readers can ask “Can I apply?”:" in Page(ada.get(change).text).text("span")


def test_the_page_names_every_choice(ada, cohort):
    page = Page(ada.get(address(cohort)).text)
    labels = [attributes["aria-label"] for attributes in page.all("select")]
    assert len(labels) == len(set(labels)) == len(PAIRS) + len(Region) + len(Profession)
    assert {f"{pair.region.label}, {PLURALS[pair.profession]}" for pair in PAIRS} <= set(labels)


def test_the_page_costs_the_same_however_much_is_decided(ada, cohort, django_assert_max_num_queries):
    make.CohortFactory(number=3)
    ada.get(address(cohort))
    numbers = []
    for others in (YES, NO):
        decide(cohort, others=others)
        with django_assert_max_num_queries(20) as captured:
            ada.get(address(cohort))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
