"""Lists of questions as the old pages have them: questions that open, in HTML, under headings.

Two shapes are known. Either each ``details`` is a question, its ``summary`` the question itself; or each is a section,
and the questions in it stand in bold at the beginning of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.text import slugify

from fellowship import old_pages
from fellowship.models import Cohort, Question, QuestionSection
from portal.documents import Document
from portal.importing import Facts, Ref, Report, Source

RANK = -1  # below a document that was written for this portal

_TOKEN = re.compile(
    r"""
      <(?P<open>details)\b[^>]{0,200}>
    | </(?P<close>details)\s*>
    | <summary\b[^>]{0,200}>(?P<summary>.{0,2000}?)</summary\s*>
    | ^[ \t]*(?:<p>\s*)?<(?P<tag>strong|b)>(?P<strong>.{1,1000}?)</(?P=tag)\s*>
      [ \t]*(?P<alone>(?:</p>|<br\s*/?>)?[ \t]*$)?
    | ^[ \t]*\*\*(?P<bold>[^*\n]{2,500})\*\*[ \t]*(?P<bold_alone>$)?
    | ^(?P<heading>[ ]{0,3}\#{1,6}[ \t]+[^\n]*|[ \t]*<h[1-6]\b[^>\n]{0,200}>[^\n]*</h[1-6]\s*>[ \t]*)$
    """,
    re.IGNORECASE | re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_STRONG = re.compile(r"\s*<strong>.*</strong\s*>\s*", re.IGNORECASE | re.DOTALL)


@dataclass
class Asked:
    """One question: where it stands, under which heading, and the text up to the next as its answer."""

    line: int
    section: str
    question: str
    begins: int
    is_summary: bool
    depth: int
    ends: int = -1
    answer: str = ""


@dataclass
class _Reader:
    """Walks through the tags of a body, and keeps each question that it comes by."""

    body: str
    first_line: int
    heading: str = ""
    groups: list[str] = field(default_factory=list)
    open: Asked | None = None
    inside_answer: int = 0  # how many ``details`` are open that belong to the answer
    found: list[Asked] = field(default_factory=list)
    passed_over: list[tuple[int, str]] = field(default_factory=list)
    spare: list[tuple[int, str]] = field(default_factory=list)

    def read(self) -> None:
        at = 0
        for match in _TOKEN.finditer(self.body):
            if not self.open:
                self._spare(at, match.start())
            at = match.end()
            self._take(match, self._line(match.start() + len(match[0]) - len(match[0].lstrip())))
        self._spare(at, len(self.body))
        self._end(len(self.body))

    def _line(self, at: int) -> int:
        return self.first_line + self.body.count("\n", 0, at)

    def _spare(self, begins: int, ends: int) -> None:
        text = self.body[begins:ends]
        if not self.open and (words := old_pages.words(text)):
            self.spare.append((self._line(begins + len(text) - len(text.lstrip())), words))

    def _take(self, match: re.Match[str], line: int) -> None:
        if self.inside_answer:
            self.inside_answer += bool(match["open"]) - bool(match["close"])
        elif match["heading"] is not None:
            self._heading(match)
        elif match["open"]:
            self._details(match.start())
        elif match["close"]:
            self._end(match.start())
            self.groups = self.groups[:-1]
        elif match["summary"] is not None:
            self._summary(match, line)
        elif self.groups:
            self._bold(match, line)

    def _details(self, at: int) -> None:
        self._becomes_group(at)
        if self.open and not _asks(self.body[at:]):
            self.inside_answer = 1
            return
        self._end(at)
        self.groups.append("")

    def _heading(self, match: re.Match[str]) -> None:
        if self.groups:
            return
        if begins := old_pages.heading(match["heading"]):
            self.heading = begins[1].rstrip(": ")

    def _summary(self, match: re.Match[str], line: int) -> None:
        text = old_pages.words(match["summary"]).rstrip(":")
        if not self.groups:
            self.groups.append("")
        if text.endswith("?") or _STRONG.fullmatch(match["summary"]):
            self._begin(text, line, match.end(), is_summary=True)
        else:
            self.groups[-1] = text
            self.passed_over.append((line, text))

    def _bold(self, match: re.Match[str], line: int) -> None:
        text = old_pages.words(match["strong"] or match["bold"])
        is_alone = match["alone"] is not None or match["bold_alone"] is not None
        # Inside an answer, words in bold are a question only if they ask.
        is_strong = (match["tag"] or "").lower() != "b"
        if text.endswith("?") or (is_alone and is_strong and not (self.open and self.open.is_summary)):
            self._becomes_group(match.start())
            self._end(match.start())
            self._begin(text, line, match.end(), is_summary=False)

    def _begin(self, question: str, line: int, at: int, *, is_summary: bool) -> None:
        section = next((name for name in reversed(self.groups) if name), self.heading)
        self.open = Asked(line, section, question, at, is_summary, len(self.groups))

    def _becomes_group(self, at: int) -> None:
        """A summary with questions right below it asked nothing: it is their section."""
        asked = self.open
        if asked and asked.is_summary and not self.body[asked.begins : at].strip():
            self.groups[asked.depth - 1] = asked.question
            self.passed_over.append((asked.line, asked.question))
            self.open = None

    def _end(self, at: int) -> None:
        if self.open:
            self.open.answer = old_pages.markdown(self.body[self.open.begins : at])
            self.found.append(self.open)
            self.open = None


def _asks(text: str) -> bool:
    """Whether there is a question in the ``details`` that a text begins with."""
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += bool(match["open"]) - bool(match["close"])
        said = match["summary"] or match["strong"] or match["bold"] or ""
        if said and old_pages.words(said).endswith("?"):
            return True
        if not depth:
            return False
    return False


def asked(document: Document, report: Report) -> _Reader:
    lines = old_pages.tidied(document.lines(), document.path, report)
    reader = _Reader("\n".join(line for _, line in lines), document.body_line)
    reader.read()
    return reader


def recognises(document: Document) -> bool:
    return not document.kind and "<details" in document.body.lower() and bool(asked(document, Report()).found)


def read(document: Document, report: Report) -> Iterator[Facts]:
    """A page of questions about every cohort, or about the one that its front matter names."""
    number = document.words("cohort")
    yield from of_document(document, int(number) if number.isascii() and number.isdigit() else None, report)
    for line, words in asked(document, report).spare:
        report.note(Source(document.path, line), f"Text outside the questions is not imported: “{words[:60]}”")


def of_document(document: Document, cohort: int | None, report: Report) -> Iterator[Facts]:
    """Its sections, and their questions in the order of the page."""
    reader = asked(document, report)
    titles: dict[str, int] = {}
    keys: dict[str, Asked] = {}
    for one in reader.found:
        source = Source(document.path, one.line)
        section = one.section or document.words("title") or "Questions"
        key = slugify(f"cohort {cohort} {one.question}" if cohort else one.question)[:120].strip("-")
        if not key or not one.answer:
            report.reject(source, f"“{one.question}” has no answer.", Question, key or f"question at line {one.line}")
            continue
        if twin := keys.get(key):
            if twin.answer == one.answer:
                report.note(source, f"“{one.question}” stands on this page twice; it is read once.")
            else:
                report.reject(source, f"“{one.question}” stands at line {twin.line} too.", Question, key)
            continue
        keys[key] = one
        if not one.question.endswith("?"):
            report.note(source, f"“{one.question}” asks nothing in so many words; it is read as a question.")
        if section not in titles:
            titles[section] = len(titles) + 1
            values = {"title": section, "order": titles[section]}
            part = f"page {document.words('permalink') or document.path.rsplit('/', 1)[-1]}"
            text = f"{section} {titles[section]}"
            yield Facts(QuestionSection, section, part, values, source, text=text, rank=RANK)
        question = {
            "section": Ref(QuestionSection, section),
            "cohort": Ref(Cohort, str(cohort)) if cohort else None,
            "question": one.question,
            "slug": key,
            "answer": one.answer,
            "order": len(keys),
        }
        text = f"{section}\n{cohort}\n{len(keys)}\n{one.question}\n{one.answer}"
        yield Facts(Question, key, "page", question, source, text=text, rank=RANK)
    for line, title in reader.passed_over:
        if title not in titles:
            report.note(Source(document.path, line), f"“{title}” asks nothing; it is kept only with the source.")
