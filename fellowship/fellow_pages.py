"""The old page of one fellow: front matter, and sections on who they are, their project, what they say, and links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from fellowship import old_pages, people
from fellowship.models import Fellow
from fellowship.old_pages import Section
from portal.documents import Document, DocumentError
from portal.front_matter import unquoted
from portal.importing import Facts, Report, Source
from portal.item_values import room
from portal.web_address import mended
from portal.yaml_rows import Row, folded

PART = "page of the fellow"
RANK = -1

_SECTIONS = {
    "fellowshipbio": "about",
    "fellowshipbiography": "about",
    "bio": "about",
    "fellowshipproject": "project_text",
    "fellowshiptestimonial": "quote",
    "fellowshiptestimonials": "quote",
    "links": "links",
    "fellowshiplinks": "links",
}
# As deep as the headings of the sections are. Deeper ones belong to the text.
_DEEPEST = 4


def recognises(document: Document) -> bool:
    if document.kind or not document.front:
        return False
    titles = {folded(found[1]) for _, line in document.lines() if (found := old_pages.heading(line))}
    return document.words("layout") == "fellow" or bool(titles & {"fellowshipbio", "fellowshipproject"})


def read(document: Document, report: Report) -> Iterator[Facts]:
    """The fellow, as a draft."""
    front = Row(
        Source(document.path, 1),
        document.text,
        {folded(name): value for name, value in document.front.items()},
        {folded(name): document.line_of(name) for name in document.front},
    )
    name = front.words("teammembername", "name", "title")
    if not name:
        raise DocumentError("The page of a fellow has no name in its front matter.", 1)
    values = dict(_texts(document, report))
    role, cohort = _role(front, document, report)
    urls = [link["url"] for link in people.addresses(front.value(*people.LINKS), front.at(*people.LINKS), report)]
    urls += [link["url"] for link in values.pop("links", [])]
    values |= {"role": role, "links": [{"url": url} for url in dict.fromkeys(urls)]}
    people.report_image(front.words(*people.IMAGE), front.at(*people.IMAGE), report)
    pages = _addresses(document)
    for fact in people.facts(name, cohort, values, front.source, document.text, report, pages, PART, RANK):
        people.waits_for_consent(fact, report)
        yield fact


def _role(front: Row, document: Document, report: Report) -> tuple[str, int | None]:
    """Their role and the number of their cohort. Where the role names the cohort, it says nothing else of them."""
    role, given = front.words("role", "jobrole"), front.words("cohort")
    numbers = people.cohorts(f"cohort {given}" if given.isdigit() else given) or people.cohorts(role)
    if len(numbers) > 1:
        raise DocumentError("The page names more than one cohort.", front.at("cohort", "jobrole", "role").line)
    if people.cohorts(role):
        report.note(front.at("role", "jobrole"), f"“{role}” says only which cohort; it is no role.")
        role = ""
    if not numbers:
        numbers = people.cohorts(" ".join(document.folders[-1:]))
    return role, numbers[0] if numbers else None


def _addresses(document: Document) -> list[str]:
    """Where the page was: its permalink, or what the old site made of a file in its folder of fellows."""
    if permalink := document.words("permalink"):
        return [f"/{permalink.strip('/')}"]
    folder = document.folders[-1].strip("_") if document.folders else ""
    stem = PurePath(document.path).stem
    return [f"/{folder}/{stem}.html"] if folder in {"fellow", "fellows", "team_member"} else []


def _texts(document: Document, report: Report) -> Iterator[tuple[str, Any]]:
    """The texts of the page's sections. One with another heading goes with the first, its heading kept."""
    found: dict[str, list[str]] = {"about": [], "project_text": []}
    lines = old_pages.tidied(document.lines(), document.path, report)
    for section in old_pages.sections(lines, document.body_line, _DEEPEST):
        source = Source(document.path, section.line)
        name = _SECTIONS.get(folded(section.title), "") if section.level else "about"
        if name == "links":
            yield "links", _links(section, source, report)
        elif name == "quote":
            if quote := _quote(section, source, report):
                yield "quote", quote
            elif section.text:
                found["about"].append(f"## In their words\n\n{old_pages.markdown(section.text)}")
        elif name == "project_text":
            yield from _project(section, found, document.path, report)
        elif name:
            found[name].append(old_pages.markdown(section.text))
        else:
            report.note(source, f"No field is called “{section.title}”; the section is added to “About”.")
            found["about"].append(f"## {section.title}\n\n{old_pages.markdown(section.text)}")
    for name, texts in found.items():
        yield name, "\n\n".join(filter(None, texts))


def _links(section: Section, source: Source, report: Report) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for number, line in section.lines:
        here = Source(source.path, number)
        for words, url in old_pages.links(old_pages.markdown(line)):
            if words and words != url:
                report.note(here, f"The words “{words}” of a link are kept only with the source; its site names it.")
            found += people.addresses(url, here, report)
    return found


def _quote(section: Section, source: Source, report: Report) -> str:
    """What they say, as one text without marks; empty, and reported, where it is longer than the field for it."""
    paragraphs = old_pages.markdown(section.text).split("\n\n")
    text = "\n\n".join(old_pages.words(paragraph.lstrip("> ")) for paragraph in paragraphs)
    longest = room(Fellow, "quote")
    if len(text) <= longest:
        return unquoted(text)
    report.note(
        source,
        f"“{section.title}” has {len(text)} characters, and “In their words” holds {longest}; it is added to “About”.",
    )
    return ""


def _project(section: Section, found: dict[str, list[str]], path: str, report: Report) -> Iterator[tuple[str, Any]]:
    """The project's title, which stands first as a small heading and may link to the poster, and the text below."""
    lines = [(number, line) for number, line in section.lines if line.strip()]
    first = old_pages.heading(lines[0][1]) if lines else None
    if not first:
        found["project_text"].append(old_pages.markdown(section.text))
        return
    number, line = lines[0]
    source = Source(path, number)
    yield "project_title", first[1]
    for _, address in old_pages.links(line):
        if address.startswith(("http://", "https://")):
            yield "poster_url", people.address_of(address, source, report)
        else:
            report.note(source, f"The poster “{mended(address)}” is not imported; its address is kept with the source.")
    rest = "\n".join(text for at, text in section.lines if at > number).strip()
    if len(lines) > 1 and (second := old_pages.heading(lines[1][1])):
        report.note(Source(path, lines[1][0]), f"“{second[1]}” stands below the title; it stays in the text.")
        rest = f"{second[1]}\n\n" + "\n".join(text for at, text in section.lines if at > lines[1][0]).strip()
    found["project_text"].append(old_pages.markdown(rest))
