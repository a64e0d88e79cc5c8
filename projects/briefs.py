"""A project brief: front matter, and eight sections behind bold labels that end in a colon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from portal.documents import Document, DocumentError, day
from portal.front_matter import FrontMatter
from portal.importing import Facts, Ref, Report, Source
from portal.models import Organisation
from projects.lists import slug_of, split_title
from projects.models import Area, Modality, Project, Status, Technique
from projects.models.terms import spelling
from projects.vocabulary import TERMS, Vocabulary

KEYWORDS = "keywords"
_LABEL = re.compile(r"^\s{0,3}\*\*\s*([^*\n]{2,120}?)\s*(?::\s*\*\*|\*\*\s*:)[ \t]*(.*)$")
_SECTIONS = (
    ("keyword", KEYWORDS),
    ("need", "need"),
    ("currentknowledge", "current_knowledge"),
    ("related", "related_work"),
    ("enablesfuturework", "future_work"),
    ("outcome", "learning_outcomes"),
    ("dataset", "datasets"),
    ("desiredskill", "desired_skills"),
)
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_RETURN = re.compile(r"^\s*(?:\[)?return to list", re.IGNORECASE)
_EMPTY_LINK = re.compile(r"\[([^\]]*)\]\(\s*\)")
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_FOLDERS = {status.value: status for status in Status} | {"complete": Status.COMPLETED, "archive": Status.ARCHIVED}


def recognises(document: Document) -> bool:
    if document.kind:
        return False
    found = {_section_of(match[1]) for _, line in document.lines() if (match := _LABEL.match(line))}
    return bool(document.front) and ("need" in found or KEYWORDS in found)


def _section_of(label: str) -> str | None:
    name = spelling(label)
    return next((section for start, section in _SECTIONS if name.startswith(start)), None)


def read(document: Document, report: Report) -> Iterator[Facts]:
    """The facts of one project, and of the terms and the partner that it names."""
    source = Source(document.path, 1)
    permalink = document.words("permalink")
    if not permalink:
        raise DocumentError("The brief has no permalink, so it has no address.", 1)
    if ".." in permalink:
        raise DocumentError(f"The permalink “{permalink}” leads outside.", document.line_of("permalink"))
    try:
        key = slug_of(permalink)
    except ValueError as error:
        raise DocumentError(f"The permalink cannot be used: {error}", document.line_of("permalink")) from None
    title = split_title(document.words("title"))
    if not title.text:
        raise DocumentError("The brief has no title.", document.line_of("title"))
    heading, sections = _sections(document, report)
    if heading and " ".join(heading.split()) != document.words("title"):
        report.note(
            source, f"{key}: the front matter's title is “{document.words('title')}”, the heading is “{heading}”."
        )

    values: dict[str, Any] = {"title": title.text, "slug": key}
    values |= {name: text for name, text in sections.items() if name != KEYWORDS}
    if summary := _summary(document):
        values["summary"] = summary
    if title.partner:
        yield Facts(Organisation, title.partner, "name", {"name": title.partner}, source, text=title.partner)
        values["partner"] = Ref(Organisation, title.partner)
    yield from _terms(sections.get(KEYWORDS), values, key, Source(document.path, _line_of_keywords(document)), report)
    if placements := document.front.get("placements"):
        values["placements"] = _placements(placements, document)
    if reason := document.words("no_outputs_reason"):
        values["no_outputs_reason"] = reason
    if older := document.words("supersedes"):
        values["supersedes"] = Ref(Project, older)
    yield Facts(
        Project,
        key,
        "brief",
        values,
        source,
        text=document.text,
        rank=1,
        at_creation=_at_creation(document, report),
        addresses=[permalink],
    )


def _sections(document: Document, report: Report) -> tuple[str, dict[str, str]]:
    """The heading, and the Markdown of each section, without the link back that ends a brief."""
    heading: list[str] = []
    lines: dict[str, list[str]] = {}
    current, fence = "", ""
    for number, line in _content(document):
        source = Source(document.path, number)
        fence = _fence(line, fence)
        match = None if fence else _LABEL.match(line)
        section = _section_of(match[1]) if match else None
        for text in _EMPTY_LINK.findall(line):
            report.note(source, f"The link “{text}” leads nowhere; it is shown as plain text.")
        if match and section:
            if section in lines:
                report.note(source, f"The section “{match[1]}” stands here a second time; it is added to the first.")
            lines.setdefault(section, []).append(match[2])
            current = section
            continue
        if match:
            report.note(source, f"“{match[1]}” is no section of a brief; it is kept in the section above it.")
        if current:
            lines[current].append(line)
        elif line.startswith("#"):
            heading.append(line.lstrip("# ").strip())
        elif line.strip():
            report.note(source, f"Text above the first section is kept only with the source: “{line.strip()[:60]}”")
    missing = [section for _, section in _SECTIONS if section not in lines]
    if missing:
        report.note(Source(document.path, 1), f"The brief has no section for {', '.join(missing)}.")
    return " ".join(heading), {section: "\n".join(found).strip() for section, found in lines.items()}


def _fence(line: str, inside: str) -> str:
    """The mark of the block of code that goes on after ``line``; empty outside of any."""
    mark = _FENCE.match(line)
    if not inside:
        return mark[1] if mark else ""
    return "" if mark and mark[1].startswith(inside) and not line.strip().strip(inside[0]) else inside


def _content(document: Document) -> list[tuple[int, str]]:
    lines = list(document.lines())
    end = next((place for place, (_, line) in enumerate(lines) if _RETURN.match(line)), len(lines))
    while end and (not lines[end - 1][1].strip() or _RULE.match(lines[end - 1][1])):
        end -= 1
    return lines[:end]


def _line_of_keywords(document: Document) -> int:
    for number, line in document.lines():
        match = _LABEL.match(line)
        if match and _section_of(match[1]) == KEYWORDS:
            return number
    return 1


def _summary(document: Document) -> str:
    """The description, unless it only repeats the title."""
    description, title = document.words("description"), document.words("title")
    return "" if description.endswith(title) else description


def _terms(keywords: str | None, values: dict[str, Any], key: str, source: Source, report: Report) -> Iterator[Facts]:
    """Place each keyword: by where it stands if all three are there, else where only one vocabulary knows it."""
    if keywords is None:
        return
    names = [name.strip() for name in keywords.replace("\n", ",").split(",") if name.strip()]
    if not names:
        report.note(source, f"{key}: the line of keywords is empty.")
        return
    vocabulary = Vocabulary()
    models = list(TERMS.values())
    found: dict[Any, list[Facts]] = {}
    for place, name in enumerate(names):
        expected = vocabulary.place(models[place], name, source) if len(names) == len(models) else None
        anywhere = vocabulary.place_anywhere(name, source)
        chosen = expected or (anywhere[0] if len(anywhere) == 1 else None)
        if chosen is None:
            why = "more than one vocabulary has it" if anywhere else "no vocabulary has it"
            report.note(source, f"{key}: the keyword “{name}” is kept only with the source: {why}.")
            continue
        found.setdefault(chosen.model, []).append(chosen)
        yield chosen
    areas = found.get(Area, [])
    if len(areas) == 1:
        values["area"] = Ref(Area, areas[0].key)
    elif areas:
        report.note(source, f"{key}: the keywords name {len(areas)} areas; a project has one.")
    for field, model in {"techniques": Technique, "modalities": Modality}.items():
        if model in found:
            values[field] = [Ref(model, facts.key) for facts in found[model]]


_PLACEMENT = {"reference", "wave", "starts_on", "ends_on", "supervisors", "outputs"}


def _placements(placements: Any, document: Document) -> list[dict[str, Any]]:
    """The rows of placements and their outputs. Raises ``DocumentError`` where one cannot be read."""
    line = document.line_of("placements")
    if not isinstance(placements, list) or not all(isinstance(row, dict) for row in placements):
        raise DocumentError("“placements” should be a list of placements.", line)
    found = []
    for row in placements:
        if unknown := set(row) - _PLACEMENT:
            raise DocumentError(f"“{min(unknown)}” is not known here; {', '.join(sorted(_PLACEMENT))} are.", line)
        outputs = row.get("outputs") or []
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            raise DocumentError("“outputs” should be a list of outputs.", line)
        found.append(
            {
                **{name: str(row[name]) for name in ("reference", "wave", "supervisors") if row.get(name) is not None},
                "starts_on": day(row.get("starts_on")),
                "ends_on": day(row.get("ends_on")),
                "outputs": [
                    {name: str(value) for name, value in output.items() if value is not None and name != "expected_on"}
                    | {"expected_on": day(output.get("expected_on"))}
                    for output in outputs
                ],
            }
        )
    return found


def _at_creation(document: Document, report: Report) -> dict[str, Any]:
    """The status that the brief's folder gives, and what the brief says of when and why."""
    given: dict[str, Any] = {}
    folder = next((name for name in reversed(document.folders) if name.lower() in _FOLDERS), None)
    if folder:
        given["status"] = _FOLDERS[folder.lower()].value
        report.note(Source(document.path, 1), f"Its folder says that it is {given['status']}.")
    if since := FrontMatter(document, report).moment("status_since"):
        given["status_since"] = since
    if reason := document.words("status_reason"):
        given["status_reason"] = reason
    return given
