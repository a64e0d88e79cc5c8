"""Cleaned HTML made fit for the portal's pages: headings in order, tables that scroll, images of our own."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

from django.utils.text import slugify

from portal import letters

# Deeper than this, tags are left out and their words stay: browsers and readers lose their way long before.
MAX_DEPTH = 60
MAX_SLUG = 60

# What an image that tells a reader nothing says in place of its alternative text: ``![decorative](/media/…)``. An image
# without any words has not been described yet.
DECORATIVE = "decorative"

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# Where one of these begins or ends, a new line begins in the plain text.
_LINES = _HEADINGS | set(
    "blockquote br caption dd details div dl dt figcaption figure hr li ol p pre summary table tr ul".split()
)
# Marks of notes, such as [1], which are no part of the words.
_NOTES = {"app-note", "app-note-back"}
_SIZE_IN_NAME = re.compile(r"-(\d{1,4})x(\d{1,4})\.webp$")


class Heading(NamedTuple):
    """A heading in a text: its level on the page, its words, and the id that a link leads to."""

    level: int
    title: str
    id: str


@dataclass
class _Element:
    """A tag that is open."""

    tag: str
    start: int  # where its start tag is among the pieces of HTML
    words: int  # how many pieces of text came before it
    end: str  # its end tag; nothing if the tag is left out
    address: str = ""  # of a link that must not be empty
    is_note: bool = False
    is_letter: bool = False  # a quotation with blanks to fill in


class Prose(HTMLParser):
    """Reads the balanced HTML of one text and writes it again for the page.

    ``level`` is the level of the first heading on the page and ``name`` tells the texts of one page apart in ids.
    ``is_own_image`` says which addresses are images of the portal: others become links, as the policy headers let a
    page load nothing from elsewhere.
    """

    def __init__(self, *, level: int, name: str, is_own_image: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self.level = level
        self.prefix = f"section-{name}-" if name else "section-"
        self.is_own_image = is_own_image
        self.pieces: list[str] = []
        self.words: list[str] = []
        self.headings: list[Heading] = []
        self.has_letter = False
        self._open: list[_Element] = []
        self._inside: Counter[str] = Counter()
        self._levels: list[int] = []
        self._ids: set[str] = set()
        self._repeats: Counter[str] = Counter()
        self._anchors: list[tuple[int, str]] = []

    def read(self, source: str) -> None:
        self.feed(source)
        self.close()
        for start, anchor in self._anchors:
            # An author links to "#how-to-apply" and need not know the ids of the portal.
            if self.prefix + anchor in self._ids:
                self.pieces[start] = self.pieces[start].replace('href="#', f'href="#{self.prefix}', 1)

    @property
    def html(self) -> str:
        return "".join(self.pieces).strip()

    @property
    def plain(self) -> str:
        """The words, one line for each paragraph, item and row."""
        lines = "".join(self.words).split("\n")
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

    def handle_data(self, data: str) -> None:
        self.pieces.append(escape(data, quote=False))
        if not self._inside["note"]:
            self.words.append(data if self._inside["pre"] else data.replace("\n", " "))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        if tag in _LINES:
            self.words.append("\n")
        if tag == "img":
            self._image(attributes)
        elif tag in {"br", "hr"}:
            self.pieces.append(f"<{tag}>")
        else:
            element = _Element(tag, len(self.pieces), len(self.words), end=f"</{tag}>")
            self.pieces.append(self._start(element, attributes) if len(self._open) < MAX_DEPTH else "")
            if not self.pieces[-1]:
                element.end = ""
            self._count(element, 1)
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        element = self._open.pop()
        self._count(element, -1)
        if element.end:
            self._end(element)
        self.pieces.append(element.end)
        if tag in _LINES:
            self.words.append("\n")
        elif tag in {"td", "th"}:
            self.words.append(" ")

    def _count(self, element: _Element, change: int) -> None:
        if element.end:
            self._inside["heading" if element.tag in _HEADINGS else element.tag] += change
            self._inside["note"] += change * element.is_note

    def _start(self, element: _Element, attributes: dict[str, str]) -> str:
        """The start tag to write, or nothing if the element is left out. Its words stay in either case."""
        tag = element.tag
        if tag in _HEADINGS:
            return "" if self._inside["heading"] else "<h2>"  # its level is known when its words are
        match tag:
            case "a":
                return self._start_link(element, attributes)
            case "summary":
                return self._start_summary(element)
            case "table" if not self._inside["table"]:
                element.end = "</table></div>"
                # A group and not a region: a page with two tables would have two landmarks of one name.
                return '<div class="app-table" tabindex="0" role="group" aria-label="Table"><table class="nhsuk-table">'
            case "th" if self._inside["thead"]:
                attributes = {"scope": "col", **attributes}
            case "pre":
                attributes["tabindex"] = "0"  # wide code scrolls, and must do so from the keyboard
            case "details":
                attributes["class"] = "nhsuk-details"
            case "span" if attributes.get("class") == "app-blank":
                self._find_letter()
        return _tag(tag, attributes)

    def _start_link(self, element: _Element, attributes: dict[str, str]) -> str:
        address = attributes.get("href", "")
        if not address or self._inside["a"]:
            return ""
        if attributes.get("class") in _NOTES:
            element.is_note = True
        else:
            element.address = address
            if address.startswith("#"):
                self._anchors.append((element.start, address[1:]))
        return _tag("a", attributes)

    def _start_summary(self, element: _Element) -> str:
        parent = self._open[-1] if self._open else None
        if parent is None or parent.end != "</details>":  # outside, or the second one
            return ""
        parent.end = "</div></details>"
        element.end = '</span></summary><div class="nhsuk-details__text">'
        return '<summary class="nhsuk-details__summary"><span class="nhsuk-details__summary-text">'

    def _image(self, attributes: dict[str, str]) -> None:
        address, alt = attributes.get("src", ""), alternative_text(attributes.get("alt", ""))
        if self.is_own_image(address):
            image = {"src": address, "alt": alt}
            if size := _SIZE_IN_NAME.search(address):
                # The page keeps the place free, so that nothing jumps when the image arrives.
                image |= {"width": size[1], "height": size[2]}
            self.pieces.append(_tag("img", image | {"loading": "lazy"}))
            self.words.append(f" {alt} ")
        elif not address or self._inside["a"]:
            self._say(alt)
        else:
            self.pieces.append(_tag("a", {"href": address}))
            self._say(alt or address)
            self.pieces.append("</a>")

    def _find_letter(self) -> None:
        """A quotation with a blank to fill in is a letter, with the quotations in it."""
        for element in self._open:
            if element.tag == "blockquote" and element.end:
                self.has_letter = element.is_letter = True
                return

    def _end_letter(self, element: _Element) -> None:
        start = element.start + 1
        letters.name_blanks(self.pieces, start)
        letters.write_marks_of_lists(self.pieces, start)
        self.pieces[element.start] = letters.BEGIN
        element.end = letters.end("".join(self.pieces[start:]), is_linked=not self._inside["a"])

    def _end(self, element: _Element) -> None:
        if element.tag in _HEADINGS:
            self._end_heading(element)
        elif element.is_letter:
            self._end_letter(element)
        elif element.tag == "p" and len(self.pieces) == element.start + 1:
            self.pieces[element.start] = element.end = ""
        elif self._is_empty(element):
            match element.tag:
                case "a":
                    self._say(element.address.removeprefix("mailto:").removeprefix("tel:"))
                case "summary":
                    self._say("Details")
                case "th":  # a header that says nothing is none
                    self.pieces[element.start] = re.sub('^<th(?: scope="col")?', "<td", self.pieces[element.start])
                    element.end = "</td>"

    def _end_heading(self, element: _Element) -> None:
        title = " ".join("".join(self.words[element.words :]).split())
        if not title:
            self.pieces[element.start] = element.end = ""
            return
        source_level = int(element.tag[1])
        while self._levels and self._levels[-1] >= source_level:
            self._levels.pop()
        self._levels.append(source_level)
        heading = Heading(min(self.level + len(self._levels) - 1, 6), title, self._new_id(title))
        self.headings.append(heading)
        self.pieces[element.start] = _tag(f"h{heading.level}", {"id": heading.id})
        element.end = f"</h{heading.level}>"

    def _new_id(self, title: str) -> str:
        slug = slugify(title).replace("_", "-")
        if len(slug) > MAX_SLUG:
            slug = slug[: MAX_SLUG + 1].rpartition("-")[0] or slug[:MAX_SLUG]
        found = wanted = self.prefix + (slug or str(len(self.headings) + 1))
        while found in self._ids:
            self._repeats[wanted] += 1
            found = f"{wanted}-{self._repeats[wanted] + 1}"
        self._ids.add(found)
        return found

    def _is_empty(self, element: _Element) -> bool:
        return (
            element.tag in {"a", "summary", "th"}
            and not element.is_note
            and not any(word and not word.isspace() for word in self.words[element.words :])
        )

    def _say(self, words: str) -> None:
        self.pieces.append(escape(words, quote=False))
        self.words.append(words)


def alternative_text(words: str) -> str:
    """What those who cannot see an image are told of it, from its author's words: of decoration, nothing."""
    words = " ".join(words.split())
    return "" if words.casefold() == DECORATIVE else words


def _tag(name: str, attributes: dict[str, str]) -> str:
    return f"<{name}" + "".join(f' {key}="{escape(value)}"' for key, value in attributes.items()) + ">"
