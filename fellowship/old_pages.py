"""The Markdown of the fellowship's old pages, half of it HTML: taken apart by its headings, and mended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from portal.importing import Report, Source
from portal.web_address import mended

Lines = Iterable[tuple[int, str]]

LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
HTML_HEADING = re.compile(r"^\s*<h([1-6])\b[^>]*>(.*?)</h\1\s*>\s*$", re.IGNORECASE)
_HEADING = re.compile(r"^\s{0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
# A heading that a page's own layout put in the place of this mark.
_MARK = re.compile(r"^\s*<!--\s*([A-Z]+(?:_[A-Z]+)*)\s*-->\s*$")
_LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_TARGET = re.compile(r"((?<!!)\[[^\]\n]*\]\()([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)(\))")
_HREF = re.compile(r"""(<a\b[^<>]*?\bhref\s*=\s*")([^"<>]*)(")""", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_TITLE_OF_LINK = re.compile(r"""^(.*?)\s+(?:"[^"]*"|'[^']*')$""")


@dataclass
class Section:
    """A heading with the lines below it. What stands above all headings has none, and level 0."""

    line: int
    title: str = ""
    level: int = 0
    lines: list[tuple[int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines).strip()


def heading(line: str) -> tuple[int, str] | None:
    """Level and words of a heading, in Markdown or in HTML; None if the line is none."""
    if match := _HEADING.match(line):
        return len(match[1]), words(match[2])
    if match := HTML_HEADING.match(line):
        return int(match[1]), words(match[2])
    if match := _MARK.match(line):
        return 3, match[1].replace("_", " ").capitalize()
    return None


def sections(lines: Lines, first_line: int, deepest: int = 6) -> list[Section]:
    """What stands above all headings, and each heading down to level ``deepest``."""
    found = [Section(first_line)]
    for number, line in lines:
        begins = heading(line)
        if begins and begins[1] and begins[0] <= deepest:
            found.append(Section(number, begins[1].rstrip(": "), begins[0]))
        else:
            found[-1].lines.append((number, line))
    return found


def words(text: str) -> str:
    """A line without its marks: the words of links, and no emphasis or tags."""
    text = re.sub(r"<[^<>]*>", "", _LINK.sub(r"\1", text))
    while (plainer := _EMPHASIS.sub(r"\2", text)) != text:
        text = plainer
    return " ".join(text.split())


def links(text: str) -> Iterator[tuple[str, str]]:
    """Words and address of each link of a text: in Markdown, in angle brackets, or bare."""
    for match in _LINK.finditer(text):
        yield words(match[1]), _address(match[2])
    for match in re.finditer(r"https?://[^\s<>()\[\]\"']+", _LINK.sub(" ", text)):
        yield "", match[0].rstrip(".,;")


def _address(target: str) -> str:
    titled = _TITLE_OF_LINK.match(target.strip())
    return titled[1] if titled else target.strip()


def without_liquid(line: str, source: Source, report: Report) -> str:
    """The line without what the old site's generator put into it, which is reported."""
    for match in LIQUID.finditer(line):
        report.note(source, f"Dropped: {match[0]}")
    return LIQUID.sub("", line)


def tidied(lines: Lines, path: str, report: Report) -> list[tuple[int, str]]:
    """The lines without Liquid, and with links that can be followed: an address holds no spaces."""
    found = []
    for number, line in lines:
        source = Source(path, number)

        def mend(match: re.Match[str], source: Source = source) -> str:
            given = _address(match[2])
            if not re.search(r"\s", given):
                return match[0]
            report.note(source, f"Repaired: the address “{given}” read as “{mended(given)}”.")
            return f"{match[1]}{mended(given)}{match[3]}"

        line = without_liquid(line, source, report)
        found.append((number, _TARGET.sub(mend, _HREF.sub(mend, line))))
    return found


def markdown(text: str) -> str:
    """A text in which HTML stands for paragraphs, breaks, lists, emphasis and links, as Markdown. The rest stays."""
    reader = _Markdown()
    reader.feed(text)
    reader.close()
    lines = [re.sub(r"(?<=\S) {2,}(?=\S)", " ", line.rstrip()) for line in reader.text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Markdown(HTMLParser):
    """Writes Markdown while it reads."""

    MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.lists: list[int | None] = []  # the next number of each list that is open; None in one without numbers
        self.targets: list[str] = []
        self.is_item_new = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p":
            self.text += "" if self.is_item_new else "\n\n"
        elif tag == "br":
            self.text = f"{self.text.rstrip(' ')}\\\n"
        elif tag in {"ul", "ol"}:
            self.text = self.text.rstrip() + ("" if self.lists else "\n")
            self.lists.append(1 if tag == "ol" else None)
        elif tag == "li" and self.lists:
            number = self.lists[-1]
            indent = "   " * (len(self.lists) - 1)
            self.text = self.text if self.text.endswith("\n") else self.text.rstrip()
            self.text = f"{self.text}\n{indent}{f'{number}.' if number else '-'} "
            self.lists[-1] = number + 1 if number else None
            self.is_item_new = True
            return
        elif tag in self.MARKS:
            self.text += self.MARKS[tag]
        elif tag == "a":
            self.targets.append(mended(dict(attrs).get("href") or ""))
            self.text += "["
        else:
            self.text += self.get_starttag_text() or ""
        self.is_item_new = False

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.text += "\n\n"
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
            self.text = self.text.rstrip() + ("\n" if self.lists else "\n\n")
        elif tag in self.MARKS:
            # Markdown knows no space before the end of an emphasis.
            self.text = f"{self.text.rstrip(' ')}{self.MARKS[tag]}{' ' if self.text.endswith(' ') else ''}"
        elif tag == "a" and self.targets:
            target = self.targets.pop()
            self.text += f"]({target})"
        elif tag not in {"li", "br"}:
            self.text += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        if self.is_item_new:
            data = data.lstrip()
            self.is_item_new = not data
        elif self.lists and not data.strip():
            return
        elif self.text.endswith("\\\n"):
            data = data.lstrip()
        if data[:1] in set(".,;:?!") and self.text.endswith(("* ", "] ")):
            self.text = self.text.rstrip(" ")
        self.text += data.rstrip("\n") if self.lists else data

    def handle_entityref(self, name: str) -> None:
        self.text += " " if name == "nbsp" else f"&{name};"

    def handle_charref(self, name: str) -> None:
        self.text += f"&#{name};"
