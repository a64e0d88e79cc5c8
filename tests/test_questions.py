"""Questions: each has an address, is open when it is linked to, and is found by the search while its page is public."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from fellowship.models import Cohort, Question
from portal import search
from portal.roles import Role
from tests import factories as make
from tests.pages import Page
from tests.tables import Table, in_role

pytestmark = pytest.mark.django_db


def found(client: Client, words: str = "quokkas") -> list[str]:
    """The addresses of the questions that a search finds."""
    page = Page(client.get(f"/search/?q={words}&kind=question").text)
    return [link["href"] for link in page.all("a") if "#question-" in link.get("href", "")]


def open_ones(client: Client, path: str) -> list[str]:
    """The questions that are open on a page."""
    page = client.get(path).text
    blocks = page.split('<details class="nhsuk-details"')[1:]
    return [block.split('summary-text">')[1].split("<")[0] for block in blocks if block.startswith(" open>")]


@pytest.fixture
def cohort() -> Cohort:
    made: Cohort = make.CohortFactory(number=4)
    return made


# Where a link leads


@pytest.mark.parametrize("of_cohort", [True, False])
def test_a_question_is_open_at_its_own_address_and_no_other_is(client: Client, cohort: Cohort, of_cohort: bool) -> None:
    make.ProgrammeFactory()
    page = {"cohort": cohort if of_cohort else None}
    asked = make.QuestionFactory(question="Who pays?", slug="who-pays", **page)
    make.QuestionFactory(question="And when?", slug="and-when", **page)
    base = "/fellowship/cohorts/4/" if of_cohort else "/fellowship/"
    assert asked.get_absolute_url() == f"{base}?question=who-pays#question-who-pays"
    html = client.get(asked.get_absolute_url())
    assert open_ones(client, asked.get_absolute_url()) == ["Who pays?"]
    assert 'id="question-who-pays"' in html.text
    assert [address.endswith(base) for address in Page(html.text).canonical] == [True]
    assert open_ones(client, base) == []


@pytest.mark.parametrize("query", ["?question=", "?question=unknown", "?question=%00", "?question=a&question=b"])
def test_an_unknown_question_opens_nothing_and_breaks_nothing(client: Client, cohort: Cohort, query: str) -> None:
    make.QuestionFactory(cohort=cohort)
    assert open_ones(client, f"/fellowship/cohorts/4/{query}") == []


def test_each_question_says_its_own_address(client: Client, cohort: Cohort) -> None:
    question = make.QuestionFactory(cohort=cohort, slug="who-pays")
    page = Page(client.get("/fellowship/cohorts/4/").text)
    assert [link["href"] for link in page.all("a") if "question=" in link["href"]] == [
        question.get_absolute_url().removeprefix("/fellowship/cohorts/4/")
    ]


# The search


def test_the_search_leads_to_the_open_question(client: Client, cohort: Cohort) -> None:
    make.QuestionFactory(cohort=cohort, question="Do quokkas apply?", slug="quokkas", answer="They **may**.")
    assert found(client) == ["/fellowship/cohorts/4/?question=quokkas#question-quokkas"]
    page = client.get("/search/?q=quokkas").text
    assert '<span class="app-result__kind">Question</span>' in page
    assert "They may." in page
    assert found(client, "may") == found(client)


def test_a_question_is_found_exactly_while_its_page_is_public(client: Client, cohort: Cohort) -> None:
    programme = make.ProgrammeFactory()
    make.QuestionFactory(cohort=cohort, question="Quokkas of the cohort", slug="of-cohort")
    make.QuestionFactory(question="Quokkas of all", slug="of-all")
    assert len(found(client)) == 2
    cohort.move_to("draft", by=None)
    assert found(client) == ["/fellowship/?question=of-all#question-of-all"]
    programme.move_to("draft", by=None)
    assert found(client) == []
    assert "Question" not in client.get("/search/?q=quokkas").text
    cohort.move_to("published", by=None)
    assert found(client) == ["/fellowship/cohorts/4/?question=of-cohort#question-of-cohort"]


def test_without_a_programme_the_questions_of_every_cohort_are_nowhere(client: Client) -> None:
    make.QuestionFactory(question="Quokkas of all")
    assert found(client) == []
    assert not Question.objects.public()


def test_the_index_keeps_up_with_the_form(client: Client, cohort: Cohort) -> None:
    editor = in_role(Role.PUBLISHER)
    section = make.QuestionSectionFactory(title="Pay")
    said = {
        "question": "Quokkas?",
        "slug": "q",
        "answer": "Yes.",
        "order": 0,
        "cohort": cohort.pk,
        "section": section.pk,
    }
    assert editor.post(reverse("admin:fellowship_question_add"), said).status_code == 302
    assert len(found(client)) == 1
    question = Question.objects.get()
    address = reverse("admin:fellowship_question_change", args=[question.pk])
    fields = Page(editor.get(address).text).fields
    assert editor.post(address, fields | {"question": "Wombats?"}).status_code == 302
    assert (len(found(client)), len(found(client, "wombats"))) == (0, 1)
    editor.post(reverse("admin:fellowship_question_delete", args=[question.pk]), {"post": "yes"})
    assert found(client, "wombats") == []
    assert not search.hits("wombats", Question.objects.all()).ids


def test_the_index_keeps_up_with_the_section(client: Client, cohort: Cohort) -> None:
    editor = in_role(Role.PUBLISHER)
    section = make.QuestionSectionFactory(title="Pay")
    one = make.QuestionFactory(section=section, cohort=cohort, question="One?", slug="one")
    other = make.QuestionFactory(section=section, cohort=cohort, question="Other?", slug="other")
    rows = {"questions-TOTAL_FORMS": 3, "questions-INITIAL_FORMS": 2}
    for place, (row, words) in enumerate([(one, "Quokkas?"), (other, "Other?")]):
        values = {"id": row.pk, "section": section.pk, "question": words, "slug": row.slug, "answer": "Yes."}
        values |= {"cohort": cohort.pk, "order": 0}
        rows |= {f"questions-{place}-{name}": value for name, value in values.items()}
    rows |= {"questions-1-DELETE": "on", "questions-2-question": "Wombats?", "questions-2-slug": "wombats"}
    rows |= {"questions-2-answer": "Yes.", "questions-2-cohort": cohort.pk, "questions-2-order": 0}
    address = reverse("admin:fellowship_questionsection_change", args=[section.pk])
    response = editor.post(address, {"title": "Zebras", "order": 0, **rows})
    assert response.status_code == 302, response.text
    assert [len(found(client, words)) for words in ("quokkas", "wombats", "zebras", "other")] == [1, 1, 2, 0]


def test_the_index_keeps_up_with_a_table_and_a_copy(client: Client, cohort: Cohort) -> None:
    question = make.QuestionFactory(cohort=cohort, question="One?", slug="one")
    editor = in_role(Role.EDITOR)
    table = Table(editor, Question)
    table.write(question, "Question", "Quokkas?")
    table.confirm(table.upload())
    assert len(found(client)) == 1
    said = {"number": 5, "starts_on": "2099-09-01", "ends_on": "2100-08-31"}
    editor.post(reverse("admin:fellowship_cohort_copy", args=[cohort.pk]), said)
    assert len(found(client)) == 1
    Cohort.objects.get(number=5).move_to("published", by=None)
    assert len(found(client)) == 2


def test_the_index_is_rebuilt_with_the_questions(client: Client, cohort: Cohort) -> None:
    make.QuestionFactory(cohort=cohort, question="Quokkas?")
    search.forget("fellowship.question", Question.objects.values_list("pk", flat=True))
    assert found(client) == []
    call_command("rebuild_search", verbosity=0)
    assert len(found(client)) == 1
