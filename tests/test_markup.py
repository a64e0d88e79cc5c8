"""What never gets through: hostile markup, and texts made to keep the portal busy."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.markdown import plain, render
from portal.markup import clean, safe_address, tidy
from portal.prose import Prose
from tests.html_page import Page, assert_fit

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<script\n>alert(1)</script\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>/*\n\n*/alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<script/src=data:,alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=\nalert(1)>",
    "<img/src=/media/x/onerror=alert(1)>",
    '<img """><script>alert(1)</script>">',
    "<img src='/media/x' / onerror=alert(1)>",
    '<img src="/media/x" alt="`><script>alert(1)</script>">',
    "<IMG SRC=javascript:alert(1)>",
    "<img src=/media/x srcset='https://x.example/x 2x'>",
    "<img src=//x.example/x.png>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml></math>",
    "<math href='javascript:alert(1)'>x</math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='javascript:alert(1)'>",
    "<applet code=x></applet>",
    "<form action='javascript:alert(1)'><input type=submit></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<isindex action=javascript:alert(1) type=image>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<body background='javascript:alert(1)'>",
    "<table background='javascript:alert(1)'><td>x</table>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<p onmouseover=alert(1) onclick='x'>x</p>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<style>@import 'https://x.example/x.css';</style>",
    "<style><a title='</style><img src onerror=alert(1)>'>",
    "<link rel=stylesheet href=//x.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='javascript:alert(1);//'>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href='jav&#x0A;ascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)'>x</a>",
    "<a href='&#0000106&#0000097&#0000118&#0000097script:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='feed:javascript:alert(1)'>x</a>",
    "<a href='//x.example'>x</a>",
    "<a href='/\\x.example'>x</a>",
    "<a href='\\\\x.example'>x</a>",
    "<a href='/&#9;/x.example'>x</a>",
    "<a href='&sol;&sol;x.example'>x</a>",
    "<a href='view-source:x' ping='//x.example'>x</a>",
    "<a id=section-x class=nhsuk-button href=/x>x</a>",
    "<p id=id_csrf class=nhsuk-error-summary>x</p>",
    "<a href=/x onclick=alert(1)//>x</a>",
    "<a onclick=alert(1) href=/x\n>x</a>",
    "<a href='/x' \"onclick=alert(1)>x</a>",
    "<q cite='javascript:alert(1)'>x</q>",
    "<blockquote cite='javascript:alert(1)'>x</blockquote>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><script>alert(1)</script> -->",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY y '<script>'>]>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<title><p title='</title><img src=x onerror=alert(1)>'>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<plaintext><script>alert(1)</script>",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<x onclick=alert(1)>x",
    "<b\x00 onclick=alert(1)>x</b>",
    "<b\x0conclick=alert(1)>x</b>",
    "</p onclick=alert(1)>",
    "<p/onclick=alert(1)>x",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))",
    "[x](file:///etc/passwd)",
    "[x](//x.example)",
    "[x](/\\x.example)",
    "[x](<javascript:alert(1)>)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "![x](javascript:alert(1))",
    "![x](https://x.example/x.png)",
    '![x](/media/x"onerror="alert(1))',
    '!["onerror=alert(1) x="](/media/x)',
    '[x](/y "a" onclick="alert(1))',
    "[x](/y '\"onclick=\"alert(1)')",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "`<script>alert(1)</script>`",
    "```<script>\nalert(1)\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "    <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "# <img src=x onerror=alert(1)>",
    '# "onclick="alert(1)',
    'x[^"><script>]\n\n[^"><script>]: y',
    "|<script>|x|\n|--|--|\n|<img src=x onerror=alert(1)>|y|",
    "> <script>\n> alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "____<script>____</script>____",
]


def test_the_corpus_has_no_twins():
    assert len(HOSTILE) == len(set(HOSTILE)) > 100


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "text {} text",
        "- {}\n- b",
        "> {}",
        "<p>{}</p>",
        "<details>\n\n{}\n\n</details>",
        "[{}](/x)",
        "| {} |\n|--|",
    ],
)
def test_hostile_markup_does_not_get_through(payload, around):
    assert_fit(around.replace("{}", payload))


@pytest.mark.parametrize("payload", HOSTILE)
def test_the_cleaner_alone_keeps_readers_safe(payload):
    """Even if the tidying before it let everything pass."""

    class Cleaned(Page):
        def handle_starttag(self, tag, attrs):
            # Ids, headings and the addresses of images are put in order after the cleaner, not by it.
            attrs = [("href", value) if name == "src" else (name, value) for name, value in attrs]
            super().handle_starttag("h2" if tag == "h1" else tag, attrs)

    Cleaned(clean(payload))
    Cleaned(clean(f"<table><tr><td>{payload}"))


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://x.org/a?b=c:d", True),
        ("HTTP://x.org", True),
        ("mailto:a@b.org", True),
        ("tel:+441134960000", True),
        ("a/b:c", True),
        ("#a", True),
        ("?a=b", True),
        ("/a//b", True),
        ("", False),
        (" ", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://x.org", False),
        ("x-y.z+1:a", False),
        ("//x.org", False),
        (" //x.org", False),
        ("/\\x.org", False),
        ("\\/x.org", False),
        ("\\x", False),
        ("/\t/x.org", False),
        ("/\r\n/x.org", False),
    ],
)
def test_a_link_leads_to_the_web_a_mailbox_a_phone_or_this_host(address, safe):
    assert safe_address(address) == (address if safe else None)


def test_values_that_break_a_page_are_dropped():
    cells = "<table><tr><td colspan=2 rowspan=99>a</td><td colspan=100000 rowspan=0>b</td></tr></table>"
    assert '<td colspan="2" rowspan="99">a</td><td>b</td>' in render(cells)
    assert render("<ol start=7><li>a</ol>") == '<ol start="7"><li>a</li></ol>'
    assert render("<ol start=-7><li>a</ol>") == "<ol><li>a</li></ol>"
    assert clean('<p id="section-a" class="b">c</p><h2 id="id_d" class="app-table">e</h2>') == "<p>c</p><h2>e</h2>"
    assert clean('<a href="/b" id="id_user" class="x app-note">c</a>') == '<a href="/b" class="app-note">c</a>'


def test_quotation_marks_in_a_title_stay():
    title = '<abbr title="A &quot;quoted&quot; word">A</abbr>'
    assert render("<abbr title='A \"quoted\" word'>A</abbr>") == f"<p>{title}</p>"


def test_the_cleaner_has_the_last_word(monkeypatch):
    """A mistake in what the portal adds lets nothing through."""
    monkeypatch.setattr(Prose, "html", "<p onclick=alert(1)>a<script>alert(1)</script></p>")
    assert render("The cleaner has the last word") == "<p>a</p>"


@pytest.mark.parametrize("payload", HOSTILE)
def test_tidied_html_has_no_tag_that_was_not_written_anew(payload):
    for tag in re.findall(r"<[^<]*", tidy(payload)):
        assert re.match(r"</?[a-z][a-z0-9]*( [a-z]+=\"[^\"<>]*\")*>", tag), tag


MARKS = [
    *["# ", "## ", "### ", "###### ", "* ", "- ", "1. ", "> ", "    ", "\t", "\n", "\n\n", "\n---\n", "\n===\n"],
    *["`", "```\n", "~~~\n", "*", "**", "_", "___", "____", "[", "]", "(", ")", "![", "](", "]()", "[^a]", "[^a]: "],
    *["[a]: /x\n", ": ", "\\", "&", "&amp;", "&#x3c;", "<", ">", "</", "/>", '"', "'", "=", "<!--", "-->", "<?", "]]>"],
    *["\x00", "\x0b", "\u2028", "\u200b", "é", "申", "🙂", "| a | b |\n|:-:|--:|\n| 1 | 2 |\n", "||", "|-|"],
    *[
        "a",
        "word ",
        "Two words",
        "https://x.org/a_(b)",
        "mailto:a@b.c",
        "<a href='/x'>",
        "</a>",
        "<b>",
        "</b>",
        "<i x='",
    ],
    *["<p>", "</p>", "<table>", "<tr>", "<td>", "<th>", "</table>", "<h1>", "</h1>", "<h4>", "</h3>", "<ul>", "<li>"],
    *[
        "</ul>",
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<blockquote>",
        "</blockquote>",
        "<pre>",
        "</pre>",
    ],
    *["<img src=/media/x.png>", "<br>", "<dl><dt>", "<dd>"],
]
FRAGMENTS = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(MARKS), st.text(max_size=12))


@settings(max_examples=300)
@given(st.lists(FRAGMENTS, max_size=60).map("".join))
def test_made_up_markdown_and_html_come_out_safe_and_in_order(text):
    assert_fit(text)
    assert "<" not in re.sub(r"<[^<]*>", "", render(text))
    plain(text)


def filled(unit, size=10_000):
    return (unit * (size // len(unit) + 1))[:size]


SLOW = {
    "brackets": filled("["),
    "image brackets": filled("!["),
    "closing brackets": filled("[a](") + filled("]", 100),
    "few brackets, many stars": "[*" * 400 + filled("a*", 9_200),
    "stars": filled("*"),
    "stars and letters": filled("*a **b "),
    "underscores": filled("_ a_"),
    "nested quotations": filled("> "),
    "nested lists": filled("- "),
    "lists in quotations": filled("> - 1. "),
    "indented lists": "".join("  " * depth + "- a\n" for depth in range(90)),
    "open tags": filled("<"),
    "unfinished tags": filled("<a href='"),
    "unfinished comments": filled("<!--"),
    "unfinished instructions": filled("<?"),
    "runs of backticks": " ".join("`" * length for length in range(1, 140)),
    "backticks": filled("`a"),
    "entities": filled("&#x"),
    "named entities": filled("&lt;"),
    "link references": "".join(f"[{number}]: /x\n" for number in range(900)),
    "one link reference": filled("[a]: /x\n", 5_000) + "\n" + filled("[a]", 5_000),
    "footnote references": "[^a]: x\n\n" + filled("[^"),
    "one footnote": "[^a]: x\n\n" + filled("x[^a] "),
    "footnotes of footnotes": "".join(f"[^{number}]: [^{number + 1}]\n\n" for number in range(600)) + "[^0]",
    "nested footnotes": filled("[^a]: "),
    "wide table": "|a" * 100 + "\n" + "|-" * 100 + "\n" + filled("|\n", 9_500),
    "table of one column": "|a|\n|-|\n" + filled("|b|\n"),
    "escapes": filled("\\"),
    "tabs": filled("\t>"),
    "headings of one name": filled("# a\n"),
    "raw headings of one name": filled("<h1>*a"),
    "raw tags": filled("<b><i><p>"),
    "raw tags with attributes": "<p>" + "".join(f"<b a{number}>" for number in range(700)) + filled("<p>x", 4_000),
    "raw tables": filled("<table><a>"),
    "raw links": filled("<a href=x>"),
    "raw lists": filled("<ul><li>"),
    "addresses": filled("<http:"),
    "parentheses": "[a](" + filled("("),
    "titles": filled("[a](b '"),
    "blanks": filled("___ "),
    "line ends": filled(" \n"),
}


@pytest.mark.parametrize("shape", SLOW)
def test_a_hostile_text_of_10_kb_takes_less_than_a_second(shape):
    text = SLOW[shape][:10_000]
    start = time.process_time()  # of this process, so that a busy machine does not fail it
    html = render(text)
    assert time.process_time() - start < 1
    assert len(html) < 400_000
    assert_fit(text)


@pytest.mark.parametrize(
    "text",
    [filled("[", 100_000), filled("![a", 100_000), "[^a]: x\n\n" + "[^" * 490 + filled("a", 99_000)],
    ids=["brackets", "images", "footnote references"],
)
def test_not_even_the_longest_text_takes_many_seconds(text):
    start = time.process_time()
    render(text)
    assert time.process_time() - start < 2
