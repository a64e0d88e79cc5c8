"""Who can apply for a cohort, as a document says it: rows that each answer for some regions and professions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fellowship.models import Profession
from portal.documents import Document
from portal.importing import Report, Source
from portal.models import Region
from portal.yaml_rows import Row, below, rows

NAME = "eligibility"
EVERY = "all"
_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}
_KNOWN = {"regions": Region.values, "professions": Profession.values}


def read(document: Document, report: Report) -> list[dict[str, Any]]:
    """A cell for each region and profession that a row answers for. A later row takes the place of an earlier one."""
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    lines = list(enumerate(document.text.split("\n")[: document.body_line - 1], start=1))
    for row in rows(below(lines, NAME), document.path, report):
        answer = _ANSWERS.get(row.words("canapply").lower())
        if answer is None:
            report.note(row.source, "This answer is kept only with the source: “can_apply” is neither yes nor no.")
            continue
        regions, professions = (list(_named(row, name, report)) for name in _KNOWN)
        for region in regions:
            for profession in professions:
                cells[region, profession] = {"can_apply": answer, "reason": row.words("reason")}
    return [
        {"region": region, "profession": profession, **cells[region, profession]}
        for region, profession in sorted(cells)
    ]


def _named(row: Row, name: str, report: Report) -> Iterator[str]:
    """The regions or professions of a row: one, a list, or all."""
    given = row.value(name, name.removesuffix("s"))
    words = [str(word).strip() for word in (given if isinstance(given, list) else [given]) if word is not None]
    source = row.at(name, name.removesuffix("s")) if words else Source(row.source.path, row.line)
    if not words:
        report.note(source, f"This answer is kept only with the source: it names no {name}.")
    for word in words:
        if word == EVERY:
            yield from _KNOWN[name]
        elif word in _KNOWN[name]:
            yield word
        else:
            report.note(source, f"“{word}” is kept only with the source: it is none of {', '.join(_KNOWN[name])}.")
