"""Rows of YAML, read one by one; and dates as people write them."""

import datetime as dt

import pytest

from portal.importing import Report
from portal.written_dates import dated, spans
from portal.yaml_rows import below, rows


def read(text, *names):
    """The rows of a text, and what was said of them."""
    report = Report()
    lines = list(enumerate(text.split("\n"), start=1))
    found = list(rows(below(lines, *names) if names else lines, "a.yml", report))
    return found, [f"{source.line}: {message}" for source, message in report.notes]


def values(text, *names):
    return [row.values for row in read(text, *names)[0]]


def test_names_are_the_same_in_every_case_and_spelling():
    found, _ = read("- Case Study-Link: a\n  SUPERVISOR: [b, c]\n  empty:\n")
    assert found[0].words("casestudylink") == "a"
    assert found[0].words("supervisor", "supervisors") == "b, c"
    assert found[0].words("empty", "absent") == ""
    assert found[0].at("supervisor").line == 2
    assert found[0].at("absent").line == 1


def test_the_first_of_two_values_of_one_name_is_read():
    found, said = read("- supervisor: a\n  Supervisor: b")
    assert found[0].words("supervisor") == "a"
    assert said == ["2: “Supervisor” stands in this row a second time; the first is read."]


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("  b: c: d", 4),
        ("  b: [c", 4),
        ("  b: *c", 4),
        ("  <<: *c", 4),
        ('  b: "\\0"', 4),
        ("  b: {c: {d: [}}}", 4),
        ("  b: !!python/object:os.system {}", 4),
    ],
)
def test_a_broken_row_is_rejected_by_its_line_and_the_others_are_read(broken, line):
    found, said = read(f"- a: 1\n# ----\n- a: 2\n{broken}\n\n- a: 3")
    assert [row.values["a"] for row in found] == [1, 3]
    assert len(said) == 1
    assert abs(int(said[0].split(":")[0]) - line) <= 1
    assert "Rejected: This row is not" in said[0]


def test_words_that_other_yaml_takes_for_values_stay_words():
    assert values("- a: no\n  b: 2024-08-01\n  c: n/a\n  d: 010\n  e: 12:30") == [
        {"a": "no", "b": "2024-08-01", "c": "n/a", "d": "010", "e": "12:30"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "people:\n- name: A\n- name: B\nother:\n- name: C",
        "en: &X\n  team:\n    people:\n      # nobody\n\n      - name: A\n      - name: B\nen-GB:\n  <<: *X",
        "team:\n  text: x\n  People :\n    - name: A\n      social:\n        - url: x\n    - name: B\n  more: 1",
        "people: # these\n\t- name: A\n\t- name: B",
    ],
)
def test_a_list_is_found_however_deep_it_lies(text):
    assert [row["name"] for row in values(text, "people")] == ["A", "B"]


@pytest.mark.parametrize("text", ["", "people:", "people: []", "people:\n  name: A", "others:\n- name: A"])
def test_no_list_is_no_rows(text):
    assert values(text, "people") == []


def test_a_row_may_hold_lists_texts_over_lines_and_nothing():
    found, said = read("- name: A\n  links:\n    - url: x\n    - url: y\n  text: >\n    one\n    two\n- 5\n-")
    assert found[0].values == {"name": "A", "links": [{"url": "x"}, {"url": "y"}], "text": "one two"}
    assert said == [
        "8: Rejected: This row is not a list of names and values.",
        "9: Rejected: This row is not a list of names and values.",
    ]


# Dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("June to December 2022", ("2022-06-01", "2022-12-31", False)),
        ("Jan to June 2025", ("2025-01-01", "2025-06-30", False)),
        ("It ran from June 2022 until February 2024.", ("2022-06-01", "2024-02-29", False)),
        ("Sept. 2021 – March 2022", ("2021-09-01", "2022-03-31", False)),
        ("Monday 2nd September 2024 to 31 August 2025", ("2024-09-02", "2025-08-31", True)),
        ("1 to 5 June 2024", None),
        ("October to March 2023", None),
        ("June to June 2023", None),
        ("31 June 2022 to July 2023", None),
        ("December 2023 to June 2023", None),
        ("Mayor to Juno 2022", None),
    ],
)
def test_a_span_is_read_as_it_is_written(text, expected):
    found = [(span.first.isoformat(), span.last.isoformat(), span.is_exact) for span in spans(text)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08 Nov 2023: Open", ("2023-11-08", "day", "Open")),
        ("Wednesday 22nd November 2023 – Talk", ("2023-11-22", "day", "Talk")),
        ("Week of 18 January 2027: Talks", ("2027-01-18", "week", "Talks")),
        ("w/c 18 January 2027: Talks", ("2027-01-18", "week", "Talks")),
        ("22 Jan 2024: Talks this week.", ("2024-01-22", "week", "Talks")),
        ("Mid-October 2025: Offers", ("2025-10-01", "mid", "Offers")),
        ("About June 2026: Reports", ("2026-06-01", "approximate", "Reports")),
        ("Aug 2025: Start", ("2025-08-01", "month", "Start")),
        ("Open: 8 Nov 2023", None),
        ("8 Nov: Open", None),
        ("8 Nov 2023", None),
        ("8 to 9 Nov 2023: Open", None),
        ("30 Feb 2024: Open", None),
        ("Week of June 2024: Open", None),
    ],
)
def test_an_entry_begins_with_its_date(text, expected):
    found = dated(text)
    assert (found and (found.date.isoformat(), found.precision, found.label)) == expected


def test_a_day_is_a_day():
    assert dated("1 May 2024: x").date == dt.date(2024, 5, 1)
