"""What is worth mending in a text: each rule, what comes close to breaking it, and where it says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.advice import VAGUE, Kind, advice, images_undescribed
from portal.markdown import MAX_LENGTH

EXAMPLES = sorted(path for folder in ["articles", "briefs"] for path in Path("sample", folder).glob("*.md"))
FAULTLESS = """\
## Aims

Read [how to apply](/apply/) or write to team@nhs.example or <team@nhs.example>.

### Data

![A chart of admissions by month](/media/markdown/a.webp)
![decorative](/media/markdown/b.webp)

> Dear ____,

| a | b |
|---|---|
| c | [the register](https://example.org/a_(b)) |

<details><summary>More about this</summary>

- `https://localhost:8000/` and `[here](/x)`

</details>

```
# here: https://example.org
![](/media/a.png)
```

One[^1].

[^1]: [The paper](https://example.org).
"""


def found(text, level=2):
    return [(one.line, str(one.kind)) for one in advice(text, level)]


@pytest.mark.parametrize("level", range(2, 6))
def test_a_text_without_faults_gets_none(level):
    assert advice(FAULTLESS, level) == []
    assert advice("", level) == []
    assert advice(" \n\t\n", level) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_sample_content_is_an_example_to_follow(path):
    assert advice(path.read_text().split("---\n", 2)[2]) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# a\n\nb\n\n### c\n\nd", [5]),
        ("## a\nb\n#### c\nd\n##### e\nf", [3]),  # the fifth follows the fourth
        ("# a\nb\n## c\nd\n# e\nf\n### g\nh", [7]),
        ("a\n===\nb\n\n### c\nd", [5]),
        ("# a\nb\n<h3>c</h3>\n\nd", [3]),
        ("# a\nb\n## c\nd\n### e\nf\n# g\nh", []),
        ("### a\nb\n### c\nd", []),  # the page gives the first heading its level, whatever its signs
        ("### a\nb\n## c\nd", []),
        ("# a\nb\n```\n### c\n```\nd", []),
    ],
)
def test_a_heading_that_skips_a_level_is_found(text, lines):
    assert found(text) == [(line, "heading-skipped") for line in lines]


def test_a_skipped_level_says_how_to_begin_the_line():
    (one,) = advice("# Aims\n\nText\n\n### Data\n\nText")
    assert one.problem == "The heading “Data” skips a level: it is a 3, and the one above it a 1."
    assert one.remedy == "Begin its line with ##."


def test_a_heading_below_the_deepest_of_the_page_is_found():
    text = "# a\nb\n## c\nd\n### e\nf"
    assert found(text, level=4) == []
    assert found(text, level=5) == [(5, "heading-too-deep")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#\n\na", [(1, "heading-empty")]),
        ("a\n\n## ![decorative](/media/a.webp)\n\nb", [(3, "heading-empty")]),
        ("<h3> </h3>\n\na", [(1, "heading-empty")]),
        ("a\n\n## End", [(3, "heading-last")]),
        ("a\n\n## End\n\n<!-- to write -->", [(3, "heading-last")]),
        ("a\n\n## Almost\n\n### End", [(5, "heading-last")]),
        ("a\n\n<h3>End</h3>", [(3, "heading-last")]),
        ("## A\n\n![A chart](/media/a.webp)", []),
        ("## A\n\n- b", []),
        ("## A\n\n```\nb\n```", []),
        ("## A\n\n<p>b</p>", []),
        ('## A\n\n<img src="/media/a.webp" alt="">', []),
        ("<h3>A</h3> b", []),
    ],
)
def test_a_heading_that_is_empty_or_ends_the_text_is_found(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[](https://example.org)", "link-empty"),
        ("[ ](https://example.org)", "link-empty"),
        ("[![decorative](/media/a.webp)](https://example.org)", "link-empty"),
        ('<a href="/b/"></a> a', "link-empty"),
        ("[words]()", "link-nowhere"),
        ("[words](<>)", "link-nowhere"),
        ("[words](javascript:alert)", "link-nowhere"),
        ("[words](//example.org)", "link-nowhere"),
        ("[](  )", "link-nowhere"),
        ("[![A chart](/media/a.webp)](https://example.org)", None),
        ("[words](#aims)", None),
        ("[words](mailto:a@b.example)", None),
        ("[`code`](/b/)", None),
        ("[not a link]", None),
        (r"\[\](/b/)", None),
    ],
)
def test_a_link_without_words_or_address_is_found(text, kind):
    assert found(text) == ([(1, kind)] if kind else [])


@pytest.mark.parametrize("words", ["here", "Click here", "**CLICK  HERE**!", "Read\nmore", "This link →", "here."])
def test_words_that_do_not_say_where_a_link_leads_are_found(words):
    assert found(f"To apply, [{words}](/apply/).") == [(1, "link-vague")]


@pytest.mark.parametrize("words", ["here to help", "Hereford", "Read more about consent", "there", "how to apply"])
def test_words_that_only_hold_such_words_are_not(words):
    assert found(f"See [{words}](/apply/).") == []


def test_the_vague_words_are_written_as_they_are_compared():
    assert all(found(f"[{words}](/a/)") == [(1, "link-vague")] for words in VAGUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.org/a_b-c.", ["https://example.org/a_b-c"]),
        ("(www.nhs.uk)", ["www.nhs.uk"]),
        ("<https://example.org>", ["https://example.org"]),
        ("[https://example.org](https://example.org)", ["https://example.org"]),
        ("HTTPS://A.example and http://b.example!", ["HTTPS://A.example", "http://b.example"]),
        ("<https://example.org/a_(b)>", ["https://example.org/a_(b)"]),
        ("[nhs.uk](https://nhs.uk)", []),
        ("a@example.org, <a@example.org>, [a@b.example](mailto:a@b.example)", []),
        ("`https://example.org`", []),
        ("https:// and www", []),
        ("[see https://example.org for more](https://example.org)", []),
    ],
)
def test_a_bare_address_is_found_and_one_of_a_person_is_not(text, expected):
    assert [one.problem for one in advice(text)] == [
        f"The address “{one}” stands bare in the text." for one in expected
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("![](/media/a.webp)", "image-undescribed"),
        ("![ ](/media/a.webp)", "image-undescribed"),
        ("![Describe this image](/media/a.webp)", "image-undescribed"),
        ("<img src=/media/a.webp>", "image-undescribed"),
        ("a <img src=/media/a.webp> b", "image-undescribed"),
        ("![chart.png](/media/a.webp)", "image-file-name"),
        ("![My Chart (2).JPG](/media/a.webp)", "image-file-name"),
        ("![IMG_2041](/media/a.webp)", "image-file-name"),
        ("![decorative](/media/a.webp)", None),
        ("![Decorative](/media/a.webp)", None),
        ('<img src=/media/a.webp alt="">', None),
        ('<img src=/media/a.webp alt="A chart">', None),
        ("![How to read data.csv files](/media/a.webp)", None),
        ("![A Jpeg](/media/a.webp)", None),
    ],
)
def test_an_image_that_does_not_say_what_it_shows_is_found(text, kind):
    assert found(text) == ([(1, kind)] if kind else [])
    assert images_undescribed(text) == (kind == "image-undescribed")


def test_each_fault_is_named_by_its_own_line():
    text = (
        "One\n[here](/a/) two\nthree ![](/a)\n\n- four\n- five\n  [more](/b/)\n\n"
        "> six\n> [](/c/)\n\n| a |\n|---|\n| [this](/d/) |\n\n<details><summary>b</summary>\n<img src=/e>\n\n"
        'www.a.example\n\n</details>\n\n[a](/f "b\nc") [here](/g)\n\n[^1]: www.b.example\n\n[^1]'
    )
    assert [line for line, _ in found(text)] == [2, 3, 7, 10, 14, 17, 19, 24, 26]
    assert found(text.replace("\n", "\r\n")) == found(text)


def test_two_faults_of_one_line_are_two():
    assert images_undescribed("![](/a) ![](/a)") == 2


def test_long_words_are_shortened():
    (one,) = advice("[](/b/)\n".replace("[]", "[" + "w" * 300 + "]").replace("/b/", ""))
    assert len(one.problem) < 100


def test_a_text_that_is_too_long_gets_none():
    assert advice("[here](/a/)" + " " * MAX_LENGTH) == []


PIECES = [
    "# ", "## ", "#### ", "\n", "\n\n", "[", "](", ")", "![", "here", "https://a.example", "<a href='/'>", "</a>",
    "<img>", "<h3>", "</h3>", "<details>", "> ", "- ", "1. ", "|", "---", "\n| a |\n|---|\n", "[^1]", "\n[^1]: ",
    "`", "```\n", "*", "\\", "____", "\r", "\x00", "\t", "é", "&amp;", "<!--", "decorative",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join), st.integers(2, 6))
def test_no_text_is_too_strange_and_each_line_is_one_of_the_text(text, level):
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    lines = [one.line for one in advice(text, level)]
    assert lines == sorted(lines)
    assert all(1 <= line <= last for line in lines)
    for one in advice(text, level):
        assert one.kind in Kind
        assert one.problem.endswith(".")
        assert one.remedy.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "<h3>" * 20_000,
        "[" * 90_000,
        "http://" * 14_000,
        "<a href=x>" * 9_000,
        "- " * 200 + "[here](/a/)",
        "![](/a) " * 400,
    ],
)
def test_hostile_texts_get_an_answer(text):
    advice(text)
