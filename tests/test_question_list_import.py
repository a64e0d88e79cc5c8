"""Lists of questions of the old pages: both shapes, their sections, and answers as Markdown."""

from __future__ import annotations

import pytest

from fellowship.models import Question, QuestionSection
from portal.importing import Outcome
from tests.fellowship_documents import QUESTIONS, notes
from tests.old_documents import COHORT_PAGE
from tests.sources import load

pytestmark = pytest.mark.django_db

FRONT = "---\nlayout: people\npermalink: /questions.html\ntitle: Questions\n---\n"
SUMMARIES = (
    FRONT
    + """Intro.

## Time and pay

<details>
<summary><strong>Am I paid?</strong></summary>
<p>Yes.<br>Your <b>employer</b> pays.</p>
<p><strong>Note</strong> that it is slow.</p>
</details>
<details><summary><strong>Is it long</strong></summary>One year.</details>

<h3 style>Applying:</h3>
<details open>
<summary>
<b>May I?</b>
</summary>
1. First [ask](https://example.org/a b).
2. Then write.
</details>"""
)
NESTED = (
    FRONT
    + """<h3>Questions</h3>
<details><summary>Eligibility</summary>

<strong>Can I?</strong>

<p>Yes:</p>
<details><summary>More</summary><p>Much more.</p></details>
<p>And so on.</p>

<details><summary>Other nations</summary>
<strong>In Wales?</strong>
<p>Yes.</p>
</details>
</details>
<details><summary><b>How the year goes</b></summary><ol><li>Begin</li></ol></details>
<details><summary><b>England</b></summary>
<details><summary>London</summary><ul><li>A hospital</li></ul></details>
</details>
"""
)


def page(count):
    asked = "".join(f"<details><summary><strong>Is it {n}?</strong></summary>No.</details>\n" for n in range(count))
    return f"{FRONT}## Numbers\n\n{asked}"


def found():
    return [(one.section.title, one.question, one.answer) for one in Question.objects.order_by("order")]


def test_summaries_are_questions_under_the_headings_above_them(folder):
    report = load(folder, SUMMARIES)
    assert found() == [
        ("Time and pay", "Am I paid?", "Yes.\\\nYour **employer** pays.\n\n**Note** that it is slow."),
        ("Time and pay", "Is it long", "One year."),
        ("Applying", "May I?", "1. First [ask](https://example.org/a%20b).\n2. Then write."),
    ]
    assert list(QuestionSection.objects.values_list("title", "order")) == [("Time and pay", 1), ("Applying", 2)]
    assert set(Question.objects.values_list("cohort", flat=True)) == {None}
    assert notes(report) == [
        "22: Repaired: the address “https://example.org/a b” read as “https://example.org/a%20b”.",
        "15: “Is it long” asks nothing in so many words; it is read as a question.",
        "6: Text outside the questions is not imported: “Intro.”",
    ]


def test_words_in_bold_are_questions_under_the_summary_above_them(folder):
    load(folder, COHORT_PAGE)
    assert found() == [
        ("Eligibility", "Can I do it twice?", "No. Ask for the *Other Form*.\nIt is [here](/a%20form.pdf)."),
        ("Eligibility", "Do I need to code?", "No."),
        ("Pay", "Who pays me?", "Your employer:\n\n- first this\n- then that"),
    ]


def test_lists_in_lists_are_answers_sections_or_no_questions_at_all(folder):
    report = load(folder, NESTED)
    assert [(section, question) for section, question, _ in found()] == [
        ("Eligibility", "Can I?"),
        ("Other nations", "In Wales?"),
    ]
    answer = Question.objects.get(slug="can-i").answer
    assert "More" in answer
    assert answer.endswith("And so on.")
    for title in ("London", "How the year goes"):
        assert any(f"“{title}” asks nothing; it is kept only with the source." in note for note in notes(report))
    assert "England" not in [title for title, *_ in found()]


def test_31_questions_of_one_page_come_in_order_and_only_once(folder):
    load(folder, page(31))
    assert [question for _, question, _ in found()] == [f"Is it {number}?" for number in range(31)]
    assert folder.load().count(Outcome.UNCHANGED, Question) == 31


def test_a_question_without_an_answer_or_with_two_is_rejected_alone(folder):
    text = (
        FRONT
        + "<details><summary>S</summary>\n<strong>A?</strong>\n<strong>B?</strong>\nYes.\n<strong>B?</strong>\nNo."
    )
    report = load(folder, text)
    assert [question for _, question, _ in found()] == ["B?"]
    assert "7: Rejected: “A?” has no answer." in notes(report)
    assert "10: Rejected: “B?” stands at line 8 too." in notes(report)


def test_a_question_that_was_written_for_the_portal_wins(folder):
    folder.write("ours.md", QUESTIONS)
    report = load(folder, FRONT + "<details><summary>May I?</summary>Perhaps.</details>", name="theirs.md")
    assert Question.objects.get(slug="may-i").answer == "Yes.\n\n- always"
    assert any("the question wins" in note for note in notes(report))
    assert report.count(Outcome.REJECTED) == 0


def test_a_page_that_asks_nothing_is_no_list_of_questions(folder):
    report = load(folder, FRONT + "<details><summary>Hosts</summary><ul><li>A hospital</li></ul></details>")
    assert report.count(Outcome.REJECTED) == 1
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "<details>" * 200,
        "<details><summary>" * 100,
        "</details>" * 100 + "<summary>A?</summary>",
        "<details><summary>A?</summary><strong>",
        "**A?**\n" * 50 + "<details>",
        "<details>\n" + "**A?** yes\n" * 50,
    ],
)
def test_tags_that_do_not_match_end_in_a_report(folder, text):
    report = load(folder, FRONT + text)
    assert report.outcomes
