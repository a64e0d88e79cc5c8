"""Fellows as the old pages list them: rows of YAML, or of a table, with a name, a role, an image and links.

Nobody is published by being listed: each becomes a draft, which waits for the day of their consent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify

from fellowship import old_pages
from fellowship.models import Cohort, Fellow, Profession
from portal.documents import Document
from portal.importing import Facts, Ref, Report, Source
from portal.models import Region
from portal.web_address import mended
from portal.yaml_rows import Row, below, folded, rows

PART = "list of fellows"
RANK = -2  # below a page of their own, which is below a document that was written for this portal

LISTS = ("people", "fellows", "members", "team")
LINKS = ("social", "sociallinks", "links")
IMAGE = ("image", "photo", "img", "picture", "teammemberphoto")
NUMBER = re.compile(r"cohort[\s_-]*(\d{1,3})(?!\d)", re.IGNORECASE)
_READ = {"name", "role", "cohort", "region", "profession", "teammemberpage", "page", *LINKS, *IMAGE}
_NAMES = re.compile(r"^[ \t]*(?:-[ \t]+)?(name|role|image|social|cohort)[ \t]*:", re.IGNORECASE | re.MULTILINE)


def recognises(document: Document) -> bool:
    found = {name.lower() for name in _NAMES.findall(document.body)}
    return not document.front and "name" in found and len(found) > 1


def read(document: Document, report: Report) -> Iterator[Facts]:
    """The people of a file that holds nothing else. Its name may say their cohort."""
    lines = list(document.lines())
    listed = next((found for name in LISTS if (found := below(lines, name))), lines)
    numbers = cohorts(PurePath(document.path).stem)
    yield from of_rows(listed, document.path, numbers[0] if len(numbers) == 1 else None, report)


def cohorts(text: str) -> list[int]:
    """The numbers of the cohorts that a text names."""
    return list(dict.fromkeys(int(match[1]) for match in NUMBER.finditer(text)))


def of_rows(lines: list[tuple[int, str]], path: str, cohort: int | None, report: Report) -> Iterator[Facts]:
    """The people of a list in YAML, all of ``cohort`` unless a row names another."""
    seen: dict[str, Facts] = {}
    for row in rows(lines, path, report):
        for fact in _of_row(row, cohort, report):
            yield from _once(fact, seen, report)


def _once(fact: Facts, seen: dict[str, Facts], report: Report) -> Iterator[Facts]:
    twin = seen.setdefault(fact.key, fact)
    if twin is fact:
        waits_for_consent(fact, report)
        yield fact
    elif twin.origin == fact.origin:
        report.note(fact.source, f"“{fact.values['name']}” stands in this list twice; they are read once.")
    else:
        report.reject(fact.source, f"“{fact.values['name']}” stands at {twin.source} too.", Fellow, fact.key)


def _of_row(row: Row, cohort: int | None, report: Report) -> Iterator[Facts]:
    given = row.words("cohort")
    number = (
        int(given) if given.isascii() and given.isdigit() and len(given) < 4 else next(iter(cohorts(given)), cohort)
    )
    values: dict[str, Any] = {"role": row.words("role")}
    for name, choices in {"region": Region.choices, "profession": Profession.choices}.items():
        values[name] = _choice(row, name, choices, report)
    values["links"] = addresses(row.value(*LINKS), row.at(*LINKS), report)
    report_image(row.words(*IMAGE), row.at(*IMAGE), report)
    for name in row.values:
        if name not in _READ and row.words(name):
            report.note(row.at(name), f"“{name}” is no field of a fellow; it is kept only with the source.")
    page = row.words("teammemberpage", "page")
    yield from facts(row.words("name"), number, values, row.source, row.text, report, [page] if page else [])


def _choice(row: Row, name: str, choices: Iterable[tuple[Any, Any]], report: Report) -> str:
    given = row.words(name)
    found = [value for value, label in choices if folded(given) in {folded(str(value)), folded(str(label))}]
    if given and not found:
        report.note(row.at(name), f"The {name} is kept only with the source: “{given}” is none that the portal knows.")
    return str(found[0]) if found else ""


def facts(
    name: str,
    cohort: int | None,
    values: dict[str, Any],
    source: Source,
    text: str,
    report: Report,
    pages: Iterable[str] = (),
    part: str = PART,
    rank: int = RANK,
) -> Iterator[Facts]:
    """What a list or a page says of one person, whose name makes the key. What it leaves empty it does not say."""
    name = " ".join(name.split())
    key = slugify(name)[:120].strip("-")
    if not key:
        report.reject(
            source, f"“{name}” is no name that makes an address.", Fellow, name or f"row at line {source.line}"
        )
        return
    if cohort is None:
        report.reject(source, f"Nothing says which cohort “{name}” is of.", Fellow, key)
        return
    said = {field: value for field, value in values.items() if value not in ("", [], None)}
    said |= {"name": name, "slug": key, "cohort": Ref(Cohort, str(cohort))}
    addresses = [page for page in pages if page.startswith("/") and "//" not in page]
    yield Facts(Fellow, key, part, said, source, text, rank, str(cohort), addresses=addresses)


def waits_for_consent(fact: Facts, report: Report) -> None:
    report.note(fact.source, f"{fact.values['name']} is imported as a draft: the day of their consent is missing.")


def report_image(name: str, source: Source, report: Report) -> None:
    if name:
        report.note(source, f"The photo “{name}” is not imported; its name is kept with the source.")


def addresses(given: Any, source: Source, report: Report) -> list[dict[str, str]]:
    """The addresses of a list of links: each alone, or under the name ``url`` beside what only drew it."""
    found = []
    for entry in given if isinstance(given, list) else [given]:
        if isinstance(entry, dict):
            named = {folded(str(key)): value for key, value in entry.items()}
            entry = next((named[key] for key in ("url", "link", "href", "address") if named.get(key)), None)
        if entry is not None and (address := address_of(str(entry), source, report)):
            found.append(address)
    return [{"url": url} for url in dict.fromkeys(found)]


def address_of(given: str, source: Source, report: Report) -> str:
    """An address on the web, mended where it must be; empty, and reported, where it is none."""
    address = mended(given)
    try:
        URLValidator(["http", "https"])(address)
    except ValidationError:
        if given.strip():
            report.note(source, f"A link is kept only with the source: “{given}” is not an address on the web.")
        return ""
    if address != given.strip():
        report.note(source, f"Repaired: the address “{given}” read as “{address}”.")
    return address


def of_table(lines: Iterable[tuple[int, str]], path: str, cohort: int, report: Report) -> Iterator[Facts]:
    """The people of a table in Markdown: a name that may be a link, what they do, and further links."""
    seen: dict[str, Facts] = {}
    for number, line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        is_head = folded(cells[0]) in {"fellow", "fellows", "name", ""} if cells else True
        if is_head or re.fullmatch(r":?-+:?", cells[0]):
            continue
        source = Source(path, number)
        urls = [url for cell in cells for _, url in old_pages.links(cell)]
        values = {"role": old_pages.words(cells[1]) if len(cells) > 1 else "", "links": addresses(urls, source, report)}
        for fact in facts(old_pages.words(cells[0]), cohort, values, source, line.strip(), report):
            yield from _once(fact, seen, report)
