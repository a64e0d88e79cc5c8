"""The page of the programme: text with Liquid, HTML headings, and quotations that are testimonials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fellowship import old_pages
from fellowship.models import Programme
from portal.documents import Document
from portal.front_matter import FrontMatter, unquoted
from portal.importing import Facts, Report, Source

KEY = "fellowship"

_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_SAID = re.compile(r"(?P<quote>.+?)\s*<br\s*/?>\s*(?P<who>.+)", re.IGNORECASE | re.DOTALL)
_WHO = re.compile(r"(?P<name>[^,()]+?)\s*(?:\((?P<year>\d{4})\))?(?:\s*,\s*(?P<role>.+))?", re.DOTALL)


def recognises(document: Document) -> bool:
    permalink = document.words("permalink").strip("/").removesuffix(".html")
    return document.kind in {"", "programme"} and (document.words("layout") == "people") and permalink == KEY


def read(document: Document, report: Report) -> Iterator[Facts]:
    """The one programme with its testimonials."""
    front = FrontMatter(document, report)
    if not front.words("description"):
        front.note("description", "“description” is empty, so the fellowship has no summary.")
    text = Text(front)
    for number, line in document.lines():
        text.add(number, line)
    text.end_quotation()
    values: dict[str, Any] = {
        "title": front.required("title", "programme"),
        "summary": front.words("description"),
        "body": text.body,
        "length": front.words("length"),
        "time_commitment": front.words("time_commitment"),
        "audience": front.words("audience"),
        "places": front.words("places"),
        "email": front.email("email"),
        "reviewed_on": front.day("reviewed_on"),
        "testimonials": text.testimonials,
    }
    yield Facts(
        Programme,
        KEY,
        "page",
        values,
        Source(document.path, 1),
        text=document.text,
        at_creation={"status": Programme.Status.PUBLISHED.value},
        addresses=[front.words("permalink")],
    )


@dataclass
class Text:
    """The body as it is read line by line: what stays Markdown, and the testimonials taken out of it."""

    front: FrontMatter
    lines: list[str] = field(default_factory=list)
    quotation: list[tuple[int, str]] = field(default_factory=list)
    testimonials: list[dict[str, Any]] = field(default_factory=list)
    in_code: bool = False

    def add(self, number: int, line: str) -> None:
        if _FENCE.match(line):
            self.in_code = not self.in_code
        if not self.in_code and line.lstrip().startswith(">"):
            self.quotation.append((number, line))
            return
        self.end_quotation()
        self.lines.append(line if self.in_code else self._mended(number, line))

    def _mended(self, number: int, line: str) -> str:
        source = Source(self.front.document.path, number)
        line = old_pages.without_liquid(line, source, self.front.report)
        if heading := old_pages.HTML_HEADING.match(line):
            self.front.report.note(source, f"Repaired: the HTML heading “{heading[2].strip()}” became a Markdown one.")
            return f"{'#' * int(heading[1])} {heading[2].strip()}"
        return line

    def end_quotation(self) -> None:
        """A quotation followed by a name is a testimonial; any other stays in the text."""
        if not self.quotation:
            return
        number = self.quotation[0][0]
        said = _SAID.fullmatch(" ".join(line.lstrip().removeprefix(">").strip() for _, line in self.quotation).strip())
        who = _WHO.fullmatch(said["who"].strip()) if said else None
        if said and who:
            self.testimonials.append(
                {
                    "quote": unquoted(said["quote"]),
                    "name": who["name"].strip(),
                    "year": int(who["year"]) if who["year"] else None,
                    "role": (who["role"] or "").strip(),
                    "order": len(self.testimonials) + 1,
                }
            )
        else:
            source = Source(self.front.document.path, number)
            self.front.report.note(source, "This quotation names nobody behind a line break; it stays in the text.")
            self.lines += [line for _, line in self.quotation]
        self.quotation = []

    @property
    def body(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip()
