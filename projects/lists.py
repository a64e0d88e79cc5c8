"""The list of projects: header-less tables of badges and a link, under headings that give the status.

CommonMark sees no table in it, so the rows are parsed, not rendered.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.urls import reverse

from portal.documents import Document
from portal.importing import Facts, Forward, Ref, Report, Source
from portal.models import Organisation
from projects.models import ApplicationRound, Area, Modality, Project, Status, Technique, Term
from projects.vocabulary import Vocabulary

_BADGE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")
_LINK = re.compile(r"\[(.*)\]\(([^()\s]*)\)")
_ENTITY = re.compile(r"(?:&[a-z]+;|\s)+")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_ROUND = re.compile(r"\b(?:in|for) the ([A-Z][a-z]+) \(?(\d{4})\)?")
_PARTNER = re.compile(r"^(.*\S)\s+–\s+working with\s+(.+)$")
_FACETS: dict[str, type[Term]] = {"area": Area, "technique": Technique, "datamodality": Modality, "modality": Modality}
_REPAIRED = {"areas": "area", "techniques": "technique", "datamodalities": "datamodality"}
_STATUSES = [
    ("paused", Status.PAUSED),
    ("complete", Status.COMPLETED),
    ("archive", Status.ARCHIVED),
    ("progress", Status.ACTIVE),
    ("active", Status.ACTIVE),
    ("open", Status.OPEN),
]


def recognises(document: Document) -> bool:
    return not document.kind and any(_is_row(line) for line in document.body.split("\n"))


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|") and "![" in line


@dataclass(frozen=True)
class Title:
    """A project's title, its partner, and what had to be mended."""

    text: str
    partner: str
    repaired: bool


def split_title(raw: str) -> Title:
    """The title without stray spaces, and the partner that stands behind an en dash."""
    text = " ".join(html.unescape(raw).split())
    match = _PARTNER.match(text)
    title, partner = (match[1], match[2]) if match else (text, "")
    return Title(title, partner, text != html.unescape(raw))


def read(document: Document, report: Report) -> Iterator[Facts | Forward]:
    """One set of facts for each row, with its terms, partner and round."""
    vocabulary = Vocabulary()
    status: Status | None = None
    round_name = document.words("round")
    seen: set[str] = set()
    for number, line in document.lines():
        source = Source(document.path, number)
        if heading := _HEADING.match(line):
            status = next((found for word, found in _STATUSES if word in heading[1].lower()), None)
        elif _is_row(line):
            try:
                yield from _row(line, source, status, round_name, vocabulary, report, seen)
            except ValueError as error:
                report.reject(source, str(error), Project, f"row at line {number}")
        elif text := line.strip().strip("-|: "):
            match = _ROUND.search(text)
            if match and not round_name:
                round_name = f"{match[1]} {match[2]}"
            report.note(
                source, f"Text outside the tables is not imported: “{text[:60]}{'…' if len(text) > 60 else ''}”"
            )
    if permalink := document.words("permalink"):
        yield Forward(permalink, reverse("projects:index"), Source(document.path, document.line_of("permalink")))


def _row(
    line: str,
    source: Source,
    status: Status | None,
    round_name: str,
    vocabulary: Vocabulary,
    report: Report,
    seen: set[str],
) -> Iterator[Facts]:
    if status is None:
        raise ValueError("no heading above this row gives a status.")
    spellings = _badges(line, source, report)
    rest = _BADGE.sub("", line)
    link = _LINK.search(rest)
    if link is None:
        raise ValueError("this row has no link to a brief.")
    if "](" in link[1]:
        raise ValueError("this row has more than one link.")
    title = split_title(link[1])
    if title.repaired:
        report.note(source, f"Repaired: stray spaces in the title “{title.text}”.")
    if _ENTITY.fullmatch(rest[link.end() :].strip("| ")):
        report.note(source, "Dropped: spaces that only set the width of the table.")
    slug = slug_of(link[2])
    if slug in seen:
        raise ValueError(f"“{slug}” stands in this list twice.")
    seen.add(slug)

    values: dict[str, object] = {"title": title.text, "slug": slug}
    for name, model in {"area": Area, "techniques": Technique, "modalities": Modality}.items():
        facts = vocabulary.place(model, spellings[model], source)
        if facts is None:
            facts = vocabulary.coin(model, spellings[model], source)
            report.note(source, f"New {model._meta.verbose_name}: “{spellings[model]}”, in its source spelling.")
        yield facts
        values[name] = Ref(model, facts.key) if name == "area" else [Ref(model, facts.key)]
    values["partner"] = None
    if title.partner:
        partner = {"name": title.partner}
        yield Facts(Organisation, title.partner, "name", partner, source, text=title.partner)
        values["partner"] = Ref(Organisation, title.partner)
    if round_name and status is Status.OPEN:
        yield Facts(ApplicationRound, round_name, "list", {"name": round_name}, source, text=round_name)
        values["round"] = Ref(ApplicationRound, round_name)
    yield Facts(
        Project,
        slug,
        "list",
        values,
        source,
        text=line.strip(),
        context=round_name,
        rank=2,
        at_creation={"status": status.value},
        addresses=[f"/{slug}/"],
    )


def _badges(line: str, source: Source, report: Report) -> dict[type[Term], str]:
    """The spelling that a row's badges give for each vocabulary. A badge's address ends in Label-colour."""
    found: dict[type[Term], str] = {}
    for alt, address in _BADGE.findall(line):
        name = alt.strip().lower()
        if name in _REPAIRED:
            report.note(source, f"Repaired: “{alt}” read as “{_REPAIRED[name]}”.")
            name = _REPAIRED[name]
        if name not in _FACETS:
            raise ValueError(f"the badge “{alt}” is neither area, technique nor datamodality.")
        model = _FACETS[name]
        if model in found:
            raise ValueError(f"this row has two badges for the {name}.")
        label = unquote(address.rstrip("/").rsplit("/", 1)[-1]).rpartition("-")[0]
        if not label.strip() or not label.isprintable():
            raise ValueError(f"the badge “{alt}” names nothing: “{address}”.")
        found[model] = label.replace("--", "-").replace("_", " ").strip()
    missing = [model._meta.verbose_name for model in (Area, Technique, Modality) if model not in found]
    if missing:
        raise ValueError(
            f"this row has {len(found)} of 3 badges; the {' and the '.join(map(str, missing))} is missing."
        )
    return found


def slug_of(address: str) -> str:
    """The last segment of a brief's address, which is its stable key. Raises ``ValueError``."""
    segments = [part for part in urlsplit(address).path.split("/") if part]
    if not segments:
        raise ValueError("the link of this row leads nowhere.")
    slug = segments[-1].removesuffix(".html")
    try:
        validate_slug(slug)
    except ValidationError:
        raise ValueError(f"“{address}” does not end in a name that an address can hold.") from None
    return slug
