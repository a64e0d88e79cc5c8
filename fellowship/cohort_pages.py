"""The old page of one cohort: its dates in prose, its key dates and steps under headings, its fellows and questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.urls import reverse

from fellowship import old_pages, people, question_lists
from fellowship.models import Cohort, KeyDate
from fellowship.old_pages import Section
from portal.documents import Document, DocumentError
from portal.importing import Facts, Forward, Report, Source
from portal.item_values import room
from portal.written_dates import Span, dated, spans
from portal.yaml_rows import below, folded

PART = "page of the cohort"
RANK = -1  # below a document that was written for this portal

_ITEM = re.compile(r"^\s*(?:[*+-]|\d+[.)])\s+(\S.*)$")
_HOW = ("howtoapply", "applicationprocess", "applying", "apply")
_DATES = ("keydates", "importantdates", "dates", "timeline")
_FELLOWS = ("listoffellows", "fellows", "ourfellows", "people")


def recognises(document: Document) -> bool:
    """A page of the fellowship that is about a cohort, by its address and title."""
    names = f"{document.words('permalink')} {document.words('title')}".lower()
    return not document.kind and "fellow" in names and "cohort" in names


def read(document: Document, report: Report) -> Iterator[Facts | Forward]:
    """The cohort, as a draft, with its fellows and questions."""
    number = _number(document)
    lines = old_pages.tidied(document.lines(), document.path, report)
    parts = old_pages.sections(lines, document.body_line)
    values: dict[str, Any] = {"number": number}
    if summary := document.words("description"):
        values["summary"] = summary
    values |= _span(parts[0], document, report)
    for section in parts[1:]:
        source = Source(document.path, section.line)
        name = folded(section.title)
        if name in _DATES or name.startswith("keydates"):
            values["key_dates"] = [*values.get("key_dates", []), *_key_dates(section, document.path, report)]
        elif name in _HOW:
            steps = [values.get("how_to_apply", ""), old_pages.markdown(section.text)]
            values["how_to_apply"] = "\n\n".join(filter(None, steps))
        elif name in _FELLOWS and "|" in section.text:
            yield from people.of_table(section.lines, document.path, number, report)
        elif section.text and "<details" not in section.text.lower() and name not in _FELLOWS:
            report.note(source, f"The section “{section.title}” is kept only with the source.")
    yield from _people(document, number, report)
    yield from question_lists.of_document(document, number, report)
    permalink = document.words("permalink")
    source = Source(document.path, document.line_of("permalink"))
    lasting = bool(people.cohorts(permalink))
    if permalink and not lasting:
        # Such an address stood for another cohort each year, and so it leads to the page that has them all.
        report.note(source, f"“{permalink}” names no cohort; it forwards to the page of the fellowship.")
        yield Forward(f"/{permalink.strip('/')}", reverse("fellowship:index"), source)
    report.note(Source(document.path, 1), f"Cohort {number}, where it is new, is a draft: check it, and publish it.")
    addresses = [f"/{permalink.strip('/')}"] if lasting else []
    yield Facts(Cohort, str(number), PART, values, Source(document.path, 1), document.text, RANK, addresses=addresses)


def _number(document: Document) -> int:
    by_address, by_title = people.cohorts(document.words("permalink")), people.cohorts(document.words("title"))
    numbers = (
        list(dict.fromkeys([*by_address, *by_title]))
        or people.cohorts(PurePath(document.path).stem)
        or people.cohorts(old_pages.sections(document.lines(), document.body_line)[0].text)
    )
    if len(numbers) != 1:
        said = f"names {len(numbers)} cohorts" if numbers else "does not say which cohort it is about"
        raise DocumentError(f"The page {said}.", document.line_of("title"))
    return numbers[0]


def _span(top: Section, document: Document, report: Report) -> dict[str, Any]:
    """First and last day, from the one span of dates above all headings."""
    found: list[Span] = []
    source = Source(document.path, top.line)
    for number, line in top.lines:
        if line.strip():
            report.note(
                Source(document.path, number),
                f"Text above the first heading is read for dates, and kept only with the source: “{line.strip()[:60]}”",
            )
        if spans(line):
            source = Source(document.path, number)
    found = spans(top.text)
    if len(found) != 1:
        said = f"names {len(found)} times" if found else "does not say"
        report.note(source, f"The page {said} from when to when the cohort runs; its dates are left open.")
        return {}
    if not found[0].is_exact:
        report.note(
            source,
            f"The page names months only: {found[0].first.isoformat()} and {found[0].last.isoformat()} stand for them.",
        )
    return {"starts_on": found[0].first, "ends_on": found[0].last}


def _key_dates(section: Section, path: str, report: Report) -> Iterator[dict[str, Any]]:
    """The entries that begin with a date; each other one is reported and left out."""
    longest = room(KeyDate, "label")
    for number, line in section.lines:
        source, item = Source(path, number), _ITEM.match(line)
        if not item:
            if line.strip():
                report.note(source, f"Text among the key dates is kept only with the source: “{line.strip()[:60]}”")
            continue
        entry = dated(old_pages.words(item[1]))
        if entry is None or len(entry.label) > longest:
            why = "it does not begin with a date" if entry is None else f"it has more than {longest} characters"
            report.note(source, f"This key date is kept only with the source: {why}.")
            continue
        precision = entry.precision if entry.precision in KeyDate.Precision.values else KeyDate.Precision.APPROXIMATE
        yield {"label": entry.label, "date": entry.date, "precision": str(precision)}


def _people(document: Document, number: int, report: Report) -> Iterator[Facts]:
    """The people whom the front matter lists, or a list of YAML in the text."""
    numbered = list(enumerate(document.text.split("\n"), start=1))
    for name in people.LISTS:
        if listed := below(numbered, name):
            yield from people.of_rows(listed, document.path, number, report)
            return
