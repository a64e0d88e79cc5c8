"""What is worth mending in a text, for whoever writes it, publishes it or looks after the portal.

The editor shows it beside the preview, and the page of a draft before it is published. It is advice: a text that has
some can be saved and published all the same. What it says follows from WCAG 2.2 (1.1.1, 1.3.1, 2.4.4, 2.4.6) and from
the content guide of the NHS digital service manual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from markdown_it.token import Token

from portal.markdown import MAX_LENGTH, parts
from portal.markup import safe_address
from portal.prose import alternative_text
from portal.widgets import ALT_TO_WRITE

DEEPEST = 6  # HTML has no heading below h6


class Kind(StrEnum):
    """What sort of thing is worth mending. A test, a list or a count may ask for one."""

    HEADING_SKIPPED = "heading-skipped"
    HEADING_TOO_DEEP = "heading-too-deep"
    HEADING_EMPTY = "heading-empty"
    HEADING_LAST = "heading-last"
    LINK_EMPTY = "link-empty"
    LINK_NOWHERE = "link-nowhere"
    LINK_VAGUE = "link-vague"
    ADDRESS_BARE = "address-bare"
    IMAGE_UNDESCRIBED = "image-undescribed"
    IMAGE_FILE_NAME = "image-file-name"


class Advice(NamedTuple):
    """One thing that is worth mending: its line (the first is 1), its kind, what is wrong, and how to mend it."""

    line: int
    kind: Kind
    problem: str
    remedy: str


# Words of a link that say nothing of where it leads. Who has the links of a page read out hears only these.
VAGUE = frozenset(
    "click|click here|click this|click this link|click on this link|click the link|find out more|find out more here"
    "|follow this link|go here|here|learn more|learn more here|link|more|more here|more information|press here"
    "|read more|read more here|read this|see here|see more|this|this link|this page|this site|this website"
    "|visit this link|visit this page".split("|")
)

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"(?<![\w@/.-])(?:https?://|www\.)[^\s<>“”\"]*[^\s<>“”\".,;:!?'’)\]]", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"[^/\\]{1,200}\.(?:png|jpe?g|jfif|gif|webp|svg|avif|hei[cf]|bmp|tiff?)|(?:img|dsc[nf]?|pxl|p)[_-]?\d{3,}[\w-]*",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)(a|img|h[1-6])\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'\b(href|src|alt)="([^"]*)"')


def advice(text: str, level: int = 2) -> list[Advice]:
    """What is worth mending in a Markdown text, in the order of its lines; nothing for a text without faults.

    ``level`` is that of the first heading on the page, as ``render`` takes it. A text that is too long for ``render``
    gets no advice: its form refuses it.
    """
    return [] if len(text) > MAX_LENGTH else list(_advice(text, level))


@lru_cache(maxsize=512)
def _advice(text: str, level: int) -> tuple[Advice, ...]:
    last_line = len(re.split(r"\r\n?|\n", text))
    found = (one._replace(line=min(one.line, last_line)) for one in _Reader(level).read(parts(text)))
    return tuple(sorted(found, key=lambda one: one.line))


def images_undescribed(text: str) -> int:
    """How many images of a text say neither what they show nor that they only decorate."""
    return sum(one.kind is Kind.IMAGE_UNDESCRIBED for one in advice(text))


class _Link:
    """A link that is being read: where it began, where it leads, and its words so far."""

    def __init__(self, line: int, address: str) -> None:
        self.line = line
        self.address = address
        self.words = ""


class _Reader:
    """Reads the tokens of one text and says what it finds on the way."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.line = 1  # where the block begins that is being read
        self.levels: list[int] = []  # of the headings above, as their author wrote them
        self.heading: tuple[int, str] | None = None  # the last one, and its words, while nothing stands below it
        self.link: _Link | None = None

    def read(self, tokens: Sequence[Token]) -> Iterator[Advice]:
        for index, token in enumerate(tokens):
            if token.map:
                self.line = token.map[0] + 1
            match token.type:
                case "heading_open":
                    yield from self._heading(self.line, int(token.tag[1]), _plain(tokens[index + 1].children))
                case "inline":
                    if not (index and tokens[index - 1].type == "heading_open"):
                        self._is_content(bool(token.content.strip()))
                    yield from self._inside(token)
                case "html_block":
                    yield from self._html_block(token)
                case "fence" | "code_block" | "hr":
                    self._is_content(True)
        if self.heading:
            line, words = self.heading
            yield Advice(
                line,
                Kind.HEADING_LAST,
                f"Nothing stands below the heading “{_short(words)}”.",
                "Write what belongs below it, or take the heading out.",
            )

    def _is_content(self, is_it: bool) -> None:
        if is_it:
            self.heading = None

    def _heading(self, line: int, level: int, words: str) -> Iterator[Advice]:
        if not words.strip():
            yield Advice(
                line, Kind.HEADING_EMPTY, "A heading has no words. Readers do not see it.", "Write it, or take it out."
            )
            return
        self.heading = (line, words)
        # The rule by which portal.prose gives headings their levels: it leaves none out, so readers see another order
        # than the one that was written.
        while self.levels and self.levels[-1] >= level:
            self.levels.pop()
        above = self.levels[-1] if self.levels else None
        self.levels.append(level)
        if above is not None and level - above > 1:
            yield Advice(
                line,
                Kind.HEADING_SKIPPED,
                f"The heading “{_short(words)}” skips a level: it is a {level}, and the one above it a {above}.",
                f"Begin its line with {'#' * (above + 1)}.",
            )
        if self.level + len(self.levels) - 1 > DEEPEST:
            yield Advice(
                line,
                Kind.HEADING_TOO_DEEP,
                f"The heading “{_short(words)}” is too deep: a page has no smaller one than those above it.",
                "Raise it by a level, or make it a paragraph.",
            )

    def _inside(self, block: Token) -> Iterator[Advice]:
        for token in block.children or []:
            at = token.meta.get("at", 0)
            line = self.line + block.content.count("\n", 0, at)
            match token.type:
                case "link_open":
                    self.link = _Link(line, str(token.attrs.get("href", "")))
                case "link_close":
                    yield from self._end_link()
                case "image":
                    yield from self._image(line, str(token.attrs.get("src", "")), _plain(token.children))
                case "html_inline":
                    yield from self._html_inline(line, token.content)
                case "text" if self.link is None:
                    for found in _ADDRESS.finditer(token.content):
                        yield _bare(line + token.content.count("\n", 0, found.start()), found[0])
            if self.link is not None:
                self.link.words += _plain([token])
        self.link = None  # no link goes on in the next block

    def _html_inline(self, line: int, source: str) -> Iterator[Advice]:
        for close, name, attributes in _TAG.findall(source):
            match name.lower():
                case "a" if not close and self.link is None:
                    values = _values(attributes)
                    if "href" in values:
                        self.link = _Link(line, values["href"])
                case "a" if close and self.link is not None:
                    yield from self._end_link()
                case "img":
                    yield from self._html_image(line, attributes)

    def _html_block(self, token: Token) -> Iterator[Advice]:
        source, end = token.content, 0
        open_heading: tuple[int, int] | None = None  # its line and level
        words = ""
        for found in _TAG.finditer(source):
            line = self.line + source.count("\n", 0, found.start())
            close, name, attributes = found[1], found[2].lower(), found[3]
            words += _without_tags(source[end : found.start()])
            end = found.end()
            if name == "img":
                words += _values(attributes).get("alt", "")
                self._is_content(not open_heading)
                yield from self._html_image(line, attributes)
            elif name.startswith("h"):
                if open_heading:
                    yield from self._heading(*open_heading, words)
                else:
                    self._is_content(bool(words.strip()))
                words, open_heading = "", None if close else (line, int(name[1]))
        words += _without_tags(source[end:])
        if open_heading:
            yield from self._heading(*open_heading, words)
        else:
            self._is_content(bool(words.strip()))

    def _html_image(self, line: int, attributes: str) -> Iterator[Advice]:
        values = _values(attributes)
        # In HTML, alt="" is the way to say that an image only decorates.
        if values.get("alt") != "":
            yield from self._image(line, values.get("src", ""), values.get("alt", ""))

    def _image(self, line: int, address: str, words: str) -> Iterator[Advice]:
        words = " ".join(words.split())
        if not words or words == ALT_TO_WRITE:
            yield Advice(
                line,
                Kind.IMAGE_UNDESCRIBED,
                "An image does not say what it shows, for those who cannot see it.",
                "Say it in its square brackets, or write “decorative” there if it only decorates.",
            )
        elif _FILE_NAME.fullmatch(words):
            yield Advice(
                line,
                Kind.IMAGE_FILE_NAME,
                f"An image is described by the name of a file, “{_short(words)}”.",
                "Say what it shows, or write “decorative” if it only decorates.",
            )

    def _end_link(self) -> Iterator[Advice]:
        link, self.link = self.link, None
        if link is None:
            return
        words = " ".join(link.words.split())
        if safe_address(link.address) is None:
            yield Advice(
                link.line,
                Kind.LINK_NOWHERE,
                f"The link “{_short(words)}” leads nowhere." if words else "A link has no address.",
                "Give it an address that begins with https://, mailto: or /.",
            )
        elif not words:
            yield Advice(
                link.line,
                Kind.LINK_EMPTY,
                "A link has no words.",
                "Write words in its square brackets that say where it leads.",
            )
        elif " ".join(_WORD.findall(words.casefold())) in VAGUE:
            yield Advice(
                link.line,
                Kind.LINK_VAGUE,
                f"The link “{_short(words)}” does not say where it leads.",
                "Use the name of what readers find there, such as “how to apply”.",
            )
        elif _ADDRESS.match(words) and " " not in words:
            yield _bare(link.line, words)


def _bare(line: int, address: str) -> Advice:
    return Advice(
        line,
        Kind.ADDRESS_BARE,
        f"The address “{_short(address)}” stands bare in the text.",
        "Make it a link with words that say where it leads: [words](address).",
    )


def _plain(tokens: Sequence[Token] | None) -> str:
    """The words of tokens inside of a block, without markup; those of an image are its alternative text."""
    pieces = []
    for token in tokens or []:
        match token.type:
            case "image":
                pieces.append(alternative_text(_plain(token.children)))
            case "softbreak" | "hardbreak":
                pieces.append(" ")
            case "text" | "text_special" | "code_inline":
                pieces.append(token.content)
    return "".join(pieces)


def _without_tags(source: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", "", source))


def _values(attributes: str) -> dict[str, str]:
    return {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59].rstrip() + "…"
