"""Markdown: what editors write, and what readers get."""

import re
from unittest.mock import Mock

import pytest
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from portal import markdown
from portal.markdown import MAX_LENGTH, MarkdownField, outline, plain, render
from portal.widgets import MarkdownFormField, MarkdownWidget
from tests.html_page import Page, assert_fit
from tests.source_folder import SAMPLES, SEEDS


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain & simple", "<p>Plain &amp; simple</p>"),
        ("**Datasets:**\n- one\n- two", "<p><strong>Datasets:</strong></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. three\n4. four", '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>'),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("~~not struck~~", "<p>~~not struck~~</p>"),
        ("see https://example.org", "<p>see https://example.org</p>"),
        ("see <https://example.org>", '<p>see <a href="https://example.org">https://example.org</a></p>'),
        ("```python\nx < 1\n```", '<pre tabindex="0"><code>x &lt; 1\n</code></pre>'),
        ("", ""),
        ("<!-- a note among editors -->", ""),
        ("p < 0.05 and x <y", "<p>p &lt; 0.05 and x &lt;y</p>"),
        ("CO<sub>2</sub>", "<p>CO<sub>2</sub></p>"),
        ("Dear <your name>,", "<p>Dear &lt;your name&gt;,</p>"),
        ("<center>in the middle</center>", "in the middle"),
    ],
)
def test_markdown_becomes_html(text, html):
    assert render(text) == html
    assert_fit(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Dear Dr ___,", '<p>Dear Dr <span class="app-blank">___</span>,</p>'),
        ("I am a _____(job title)", '<p>I am a <span class="app-blank">_____</span>(job title)</p>'),
        ("_____ (name)", '<p><span class="app-blank">_____</span> (name)</p>'),
        ("“____”", '<p>“<span class="app-blank">____</span>”</p>'),
        ("Yours,\n_______", '<p>Yours,\n<span class="app-blank">_______</span></p>'),
        ("___", '<p><span class="app-blank">___</span></p>'),
        ("**____** and [____](/x)", None),
        ("___loud___", "<p><em><strong>loud</strong></em></p>"),
        ("snake____case", "<p>snake____case</p>"),
        ("5____", "<p>5____</p>"),
        ("é____", "<p>é____</p>"),
        (r"\____", "<p>____</p>"),
        ("__", "<p>__</p>"),
        ("`____`", "<p><code>____</code></p>"),
        ("* * *", "<hr>"),
        ("---", "<hr>"),
    ],
)
def test_underscores_with_no_letter_beside_them_are_a_blank(text, html):
    if html is None:
        assert render(text).count('<span class="app-blank">____</span>') == 2
    else:
        assert render(text) == html


def test_blanks_are_kept_to_the_letter():
    lengths = [3, 4, 5, 8, 40]
    text = " and ".join("_" * length for length in lengths)
    assert [len(blank) for blank in re.findall("_+", render(text))] == lengths
    assert plain(text) == text


def test_a_quotation_with_a_blank_is_a_template():
    assert render("> Dear ____,\n>\n> _____").count("<p>") == 2
    assert '<blockquote class="app-template">' in render("> Dear ____")
    assert render("> Dear you") == "<blockquote>\n<p>Dear you</p>\n</blockquote>"
    # Only the quotation that the blank is in.
    assert render("> a\n>\n> > ____").count("app-template") == 1


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n### c", [2, 3, 4]),
        ("### a\n### b", [2, 2]),
        ("### a\n# b\n### c", [2, 2, 3]),
        ("# a\n#### b\n## c\n###### d", [2, 3, 3, 4]),
        ("<h3 style>a</h3>\n\n<h1>b</h1>", [2, 2]),
        ("a\n===\nb\n---", [2, 3]),
        ("#\n## b", [2]),
        ("# ![](/media/x.png)", []),
        ("<h2>a<blockquote><h4>b</h4></blockquote></h2>", [2]),
    ],
)
def test_headings_begin_below_that_of_the_page_and_skip_no_level(text, levels):
    assert assert_fit(text).levels == levels


def test_a_text_below_a_heading_of_its_page_begins_one_level_lower():
    assert [heading.level for heading in outline("# a\n## b\n### c\n#### d\n##### e", level=4)] == [4, 5, 6, 6, 6]
    with pytest.raises(ValueError, match="from 2 to 6"):
        render("# a", level=1)


def test_ids_come_from_the_words_and_are_unique():
    text = "## Who can apply?\n## Who can apply?\n## 申请\n## Who can apply 2\n## **1.** A [link](/x)[^1]\n\n[^1]: n"
    assert [heading.id for heading in outline(text)] == [
        "section-who-can-apply",
        "section-who-can-apply-2",
        "section-3",
        "section-who-can-apply-2-2",
        "section-1-a-link",
    ]
    assert outline(text)[-1].title == "1. A link"
    assert_fit(text)
    assert outline("## " + "long " * 40)[0].id == "section-" + "long-" * 11 + "long"


def test_texts_of_one_page_are_told_apart_by_name():
    text = "## Aims\n\nA[^1]\n\n[^1]: B"
    first, second = Page(render(text, name="need")), Page(render(text, name="data sets"))
    assert first.ids == ["section-need-aims", "note-need-1-ref", "note-need-1"]
    assert not set(first.ids) & set(second.ids)


def test_an_author_links_to_a_heading_by_its_words():
    assert '<a href="#section-how-to-apply">' in render("[how](#how-to-apply)\n\n## How to apply")
    assert '<a href="#elsewhere">' in render("[how](#elsewhere)\n\n## How to apply")
    assert '<a href="#section-need-aims">' in render("[how](#aims)\n\n## Aims", name="need")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[a](https://x.org/b?c=1&d=2)", '<a href="https://x.org/b?c=1&amp;d=2">a</a>'),
        ("[a](mailto:b@c.org)", '<a href="mailto:b@c.org">a</a>'),
        ("[a](tel:+441134960000)", '<a href="tel:+441134960000">a</a>'),
        ("[a](../b/)", '<a href="../b/">a</a>'),
        ("[a](/b/)", '<a href="/b/">a</a>'),
        ('[a](/b/ "Title")', '<a href="/b/" title="Title">a</a>'),
        ("[a](<https://x.org/b c>)", '<a href="https://x.org/b%20c">a</a>'),
        ("[a](https://x.org/b_(c))", '<a href="https://x.org/b_(c)">a</a>'),
        (r'[a](/b/ "\"c\" <d>")', '<a href="/b/" title="&quot;c&quot; &lt;d&gt;">a</a>'),
        ("[NHS Language Corpus]()", "NHS Language Corpus"),
        ("[a](https://x.org/b c)", "[a](https://x.org/b c)"),
        ("[](https://x.org)", '<a href="https://x.org">https://x.org</a>'),
        ("[](mailto:b@c.org)", '<a href="mailto:b@c.org">b@c.org</a>'),
        ("[a](//evil.example)", "a"),
        (r"[a](\\evil.example)", '<a href="%5Cevil.example">a</a>'),
        ("[a](ftp://x.org)", "a"),
        ("[a](javascript:alert(1))", "a"),
        ('<a href="/b" target="_blank" rel="x">a</a>', '<a href="/b">a</a>'),
        ("<a name=x>a</a>", "a"),
    ],
)
def test_links(text, html):
    assert render(text) == f"<p>{html}</p>"
    assert_fit(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![A chart](/media/markdown/a.webp)", '<img src="/media/markdown/a.webp" alt="A chart" loading="lazy">'),
        (
            "![A](/media/markdown/a-800x600.webp)",
            '<img src="/media/markdown/a-800x600.webp" alt="A" width="800" height="600" loading="lazy">',
        ),
        ("![](/media/a.png)", '<img src="/media/a.png" alt="" loading="lazy">'),
        ("![decorative](/media/a.png)", '<img src="/media/a.png" alt="" loading="lazy">'),
        ("![Decorative ](/media/a.png)", '<img src="/media/a.png" alt="" loading="lazy">'),
        ("![Decorative tiles](/media/a.png)", '<img src="/media/a.png" alt="Decorative tiles" loading="lazy">'),
        ("![decorative](https://x.org/a.png)", '<a href="https://x.org/a.png">https://x.org/a.png</a>'),
        ("<img src=/media/a.png onload=x>", '<img src="/media/a.png" alt="" loading="lazy">'),
        ("![A chart](https://x.org/a.png)", '<a href="https://x.org/a.png">A chart</a>'),
        ("![](https://x.org/a.png)", '<a href="https://x.org/a.png">https://x.org/a.png</a>'),
        ("[![badge](https://x.org/a.svg)](https://y.org)", '<a href="https://y.org">badge</a>'),
        ("![A](assets/a.png)", '<a href="assets/a.png">A</a>'),
        ("![A](/media/../admin/)", '<a href="/media/../admin/">A</a>'),
        ("![A](/media/%2e%2e/admin/)", '<a href="/media/%2e%2e/admin/">A</a>'),
        ("![A](data:image/png;base64,AAAA)", "A"),
        ("![A](//x.org/a.png)", "A"),
    ],
)
def test_only_images_of_the_portal_are_shown(text, html):
    assert render(text) in {html, f"<p>{html}</p>"}


def test_a_table_can_be_scrolled_from_the_keyboard_and_aligns_without_style():
    html = render("| a | b | | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |")
    assert html.startswith('<div class="app-table" tabindex="0" role="group" aria-label="Table"><table class="nhsuk-t')
    assert html.endswith("</table></div>")
    for cell in [
        '<th scope="col" class="app-align-left">a</th>',
        '<th scope="col" class="app-align-centre">b</th>',
        '<td class="app-align-right"></td>',  # a header that says nothing is none
        '<th scope="col">d</th>',
        '<td class="app-align-right">3</td>',
    ]:
        assert cell in html
    assert "style" not in html


def test_details_look_like_those_of_the_service_manual():
    html = render("<details><summary>More</summary>\n\n- a\n\n</details>\n\nAfter")
    assert '<details class="nhsuk-details"><summary class="nhsuk-details__summary"><span' in html
    assert '<div class="nhsuk-details__text">\n<ul>\n<li>a</li>\n</ul>\n</div></details>\n<p>After</p>' in html
    assert "Details</span>" in render("<details><summary></summary>a</details>")
    assert render("<summary>a</summary>") == "a"


def test_footnotes_lead_there_and_back():
    text = "One[^a] two[^b] one[^a] none[^c]\n\n[^a]: First\n[^b]: Second\n[^d]: Nobody refers to this"
    page = assert_fit(text)
    assert {link.removeprefix("#") for link in page.links} == {found for found in page.ids if found != "note-3"}
    assert plain(text).splitlines() == ["One two one none[^c]", "First", "Second", "Nobody refers to this"]


def test_plain_is_the_words_alone():
    text = (
        "# Title\n\nSome *words* and\na [link](/x).\n\n- a\n- b\n\n| c | d |\n|---|---|\n| e | f |\n\n"
        "![A chart](/media/a.png) &amp; <b>c</b><br>d\n\n```\ncode\n  more\n```\n\n<script>alert(1)</script>"
    )
    assert plain(text).splitlines() == [
        "Title", "Some words and a link.", "a", "b", "c d", "e f", "A chart & c", "d", "code", "more",
    ]  # fmt: skip
    assert plain("a < b & c") == "a < b & c"


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_words_nested_too_deeply_are_kept(mark):
    assert "hello" in plain(mark * 200 + "hello")
    assert "hello" in plain("<ul><li>" * 200 + "hello")
    assert Page(render("<ul><li>" * 200 + "hello")).depth <= 60


def test_a_text_is_rendered_once(monkeypatch):
    spy = Mock(wraps=markdown._PARSER.render)
    monkeypatch.setattr(markdown._PARSER, "render", spy)
    text = "# Rendered once, and never again"
    render(text), outline(text), plain(text), render(text)
    assert spy.call_count == 1


def test_a_text_that_is_too_long_is_refused():
    assert render("a" * MAX_LENGTH)
    with pytest.raises(ValueError, match="A text may have 100,000 characters; this one has 100,001"):
        render("a" * (MAX_LENGTH + 1))


def bodies():
    return sorted([*SAMPLES.glob("briefs/*.md"), *SEEDS.glob("000_*.txt"), *SEEDS.glob("002_*.txt")])


@pytest.fixture(params=bodies() or [None], ids=lambda path: path.stem if path else "none")
def body(request):
    return request.param.read_text(encoding="utf-8").split("---\n", 2)[2]


@pytest.mark.samples
def test_every_list_item_of_the_source_documents_is_one(body):
    written = re.findall(r"^ *(?:[-*+]|\d+\.)[ \t]+\S", body, re.MULTILINE)
    assert assert_fit(body).tags.count("li") == len(written)


@pytest.mark.samples
def test_no_word_of_the_source_documents_is_lost(body):
    written = re.sub(r"\]\([^)\s]*\)|</?(?:br|h3)\b[^>]*>", " ", body)
    word = re.compile(r"[^\W_]+|_{3,}")
    assert word.findall(plain(body)) == word.findall(written)


@pytest.mark.samples
def test_every_blank_of_the_source_documents_is_one(body):
    blanks = re.findall(r"_{3,}", body)
    assert re.findall(r'<span class="app-blank">(_+)</span>', render(body)) == blanks


def test_a_migration_sees_a_text():
    _, path, args, kwargs = MarkdownField("need", blank=True, help_text="Why.", level=3).deconstruct()
    assert (path, args, kwargs) == (
        "django.db.models.TextField", [], {"verbose_name": "need", "blank": True, "help_text": "Why."},
    )  # fmt: skip


def test_the_field_has_the_editor_whatever_box_it_is_offered():
    field = MarkdownField(level=3).formfield(widget=AdminTextareaWidget)
    assert isinstance(field, MarkdownFormField)
    assert type(field.widget) is MarkdownWidget
    assert field.widget.level == 3


def test_the_field_says_how_long_a_text_may_be():
    with pytest.raises(ValidationError, match=r"Keep this to 100,000 characters\. It has 100001\."):
        MarkdownField().clean("a" * (MAX_LENGTH + 1), None)


def test_a_form_keeps_the_ends_of_lines_as_they_were():
    field = MarkdownField().formfield()
    assert field.clean("    code\r\n\r\nb  \r") == "    code\n\nb  \n"
    assert not field.has_changed("a\n\nb", "a\r\n\r\nb")
    assert MarkdownField(blank=True).formfield().clean(" \r\n ") == ""
    with pytest.raises(ValidationError, match="required"):
        field.clean(" \r\n ")


def test_decoration_has_no_words_in_search_and_headings():
    assert plain("a ![decorative](/media/a.webp) b") == "a b"
    assert outline("# ![decorative](/media/a.webp)") == ()


def test_an_image_must_be_described():
    with pytest.raises(ValidationError, match="Say what the image shows"):
        MarkdownField().formfield().clean("a ![Describe this image](/media/markdown/a.webp)")
    assert MarkdownField().formfield().clean("![A chart](/media/markdown/a.webp)")
    assert MarkdownField().formfield().clean("![decorative](/media/markdown/a.webp)")
