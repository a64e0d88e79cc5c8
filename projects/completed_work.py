"""The list of completed work: rows of YAML, each a placement of an intern with what came of it.

A row names its project by title only. It is given to the project of the portal that has this title or this placement,
where there is one without doubt; else it makes a completed project of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify

from portal.documents import Document
from portal.front_matter import unquoted
from portal.importing import Facts, Forward, Ref, Report
from portal.item_values import room
from portal.models import ImportedItem
from portal.web_address import mended
from portal.written_dates import spans
from portal.yaml_rows import Row, folded, rows
from projects.models import Area, Modality, Output, Placement, Project, Status, Technique
from projects.models.projects import RESERVED_ADDRESSES
from projects.models.terms import spelling
from projects.vocabulary import Vocabulary

PART = "completed work"

_NAMES = re.compile(r"^[ \t]*(?:-[ \t]+)?(title|code ?link|report ?link|stage)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TITLE = re.compile(r"(?P<reference>P\s?\d{1,4}[a-z]?)\s*(?:[-–—:]\s*(?P<title>\S.*))?", re.IGNORECASE)
_STAGE = re.compile(r"(?P<wave>wave\s+\w+)\s*(?:[-–—:,]\s*(?P<months>\S.*))?", re.IGNORECASE)
_TO_FOLLOW = {"tbu", "tbc", "tba", "tofollow", "holding", "holdinghtml"}
_OUTPUTS = {
    "code": Output.Kind.CODE,
    "report": Output.Kind.REPORT,
    "casestudy": Output.Kind.CASE_STUDY,
    "publication": Output.Kind.PUBLICATION,
    "slides": Output.Kind.SLIDES,
}
_READ = {"title", "stage", "description", "author", "supervisor", "supervisors"}


def recognises(document: Document) -> bool:
    return not document.front and len({folded(name) for name in _NAMES.findall(document.body)}) > 1


def read(document: Document, report: Report) -> Iterator[Facts]:
    """The facts of each row, and of the terms that its badges name. ``settle`` gives them to their projects."""
    vocabulary = Vocabulary()
    for row in rows(document.lines(), document.path, report):
        match = _TITLE.fullmatch(unquoted(row.words("title")))
        title = unquoted(match["title"] or "") if match else unquoted(row.words("title"))
        if not title:
            report.reject(row.source, "This row has no title.", Project, f"row at line {row.line}")
            continue
        reference = match["reference"].replace(" ", "").upper() if match else ""
        if not reference:
            report.note(row.at("title"), f"“{title}” has no reference such as P33.")
        values: dict[str, Any] = {"title": title, "placements": [_placement(row, reference, report)]}
        if summary := _summary(row, report):
            values["summary"] = summary
        yield from _terms(row, values, vocabulary, report)
        _report_the_rest(row, report)
        yield Facts(
            Project,
            reference or title,
            PART,
            values,
            row.source,
            text=row.text,
            at_creation={"status": Status.COMPLETED.value},
        )


def _summary(row: Row, report: Report) -> str:
    description = row.words("description")
    longest = room(Project, "summary")
    if len(description) <= longest:
        return description
    report.note(
        row.at("description"),
        f"The description is kept only with the source: it has {len(description)} characters; a summary has {longest}.",
    )
    return ""


def _placement(row: Row, reference: str, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {"reference": reference, "outputs": list(_outputs(row, report))}
    if supervisors := row.words("supervisor", "supervisors"):
        found["supervisors"] = re.sub(r"\s*\|\s*", ", ", supervisors)
    stage = row.words("stage")
    match = _STAGE.fullmatch(stage)
    found["wave"] = match["wave"] if match else stage
    months = spans(match["months"] or "") if match else []
    if len(months) == 1:
        found |= {"starts_on": months[0].first, "ends_on": months[0].last}
    elif stage:
        report.note(row.at("stage"), f"“{stage}” does not say from which month of which year to which.")
    return found


def _outputs(row: Row, report: Report) -> Iterator[dict[str, str]]:
    """What each link leads to, or that it is to follow. A link that says neither is reported."""
    for name, kind in _OUTPUTS.items():
        names = (f"{name}link", f"{name}url", name)
        given = row.words(*names)
        source = row.at(*names)
        address = mended(given)
        if folded(address.rsplit("/", 1)[-1]) in _TO_FOLLOW or folded(given) in _TO_FOLLOW:
            yield {"kind": kind.value, "state": Output.State.AWAITING.value}
        elif _is_on_the_web(address):
            if address != given:
                report.note(source, f"Repaired: the address “{given}” read as “{address}”.")
            yield {"kind": kind.value, "state": Output.State.PUBLISHED.value, "url": address}
        elif given:
            report.note(
                source,
                f"The {kind.label.lower()} is kept only with the source: “{given}” is not an address on the web.",
            )


def _is_on_the_web(address: str) -> bool:
    try:
        URLValidator(["http", "https"])(address)
    except ValidationError:
        return False
    return True


def _terms(row: Row, values: dict[str, Any], vocabulary: Vocabulary, report: Report) -> Iterator[Facts]:
    """Place each badge where only one vocabulary knows it."""
    found: dict[Any, dict[str, Facts]] = defaultdict(dict)
    for name in sorted(name for name in row.values if name.startswith("badge")):
        badge = row.words(name)
        places = vocabulary.place_anywhere(badge, row.at(name)) if badge else []
        if len(places) == 1:
            found[places[0].model][places[0].key] = places[0]
            yield places[0]
        elif badge:
            why = "more than one vocabulary has it" if places else "no vocabulary has it"
            report.note(row.at(name), f"The badge “{badge}” is kept only with the source: {why}.")
    areas = list(found[Area])
    if len(areas) == 1:
        values["area"] = Ref(Area, areas[0])
    elif areas:
        report.note(row.source, f"The badges name {len(areas)} areas; a project has one.")
    for field, model in {"techniques": Technique, "modalities": Modality}.items():
        if found[model]:
            values[field] = [Ref(model, key) for key in found[model]]


def _report_the_rest(row: Row, report: Report) -> None:
    if row.words("author"):
        report.note(row.at("author"), "The author is kept only with the source: an intern is named only with consent.")
    links = {f"{name}{end}" for name in _OUTPUTS for end in ("link", "url", "")}
    for name in row.values:
        if name not in _READ | links and not name.startswith("badge") and row.words(name):
            report.note(row.at(name), f"“{name}” is no field of completed work; it is kept only with the source.")


# Which project it is


def settle(facts: list[Facts | Forward], report: Report) -> list[Facts | Forward]:
    """Give each row the key of its project, once all documents are read. Rows of one project become one."""
    mine = [fact for fact in facts if isinstance(fact, Facts) and fact.part == PART]
    others = [fact for fact in facts if not isinstance(fact, Facts) or fact.part != PART]
    projects = _Projects([fact for fact in others if isinstance(fact, Facts) and fact.model is Project])
    settled: dict[str, Facts] = {}
    seen: dict[str, Facts] = {}
    for row in mine:
        if twin := seen.get(row.key):
            if twin.text == row.text:
                report.note(row.source, f"“{row.key}” stands at {twin.source} too, in the same words; it is read once.")
            else:
                report.reject(row.source, f"“{row.key}” stands at {twin.source} too.", Project, row.key)
            continue
        seen[row.key] = row
        projects.place(row, report)
        if not row.key:
            continue
        if whole := settled.get(row.key):
            whole.values["placements"] += row.values["placements"]
            whole.text += f"\n\n{row.text}"
        else:
            settled[row.key] = row
    return [*others, *settled.values()]


class _Projects:
    """The projects of the portal and of this import, by their titles and by the references of their placements."""

    def __init__(self, facts: list[Facts]) -> None:
        self.titles: dict[str, set[str]] = defaultdict(set)
        self.references: dict[str, set[str]] = defaultdict(set)
        self.own: dict[str, tuple[str, bool]] = {}  # what a row became the last time, and whether on its own
        records = list(ImportedItem.objects.filter(model=Project._meta.label_lower).order_by("pk"))
        self.taken = {*RESERVED_ADDRESSES, *(record.key for record in records), *(fact.key for fact in facts)}
        keys = {record.object_id: record.key for record in records}
        for project in Project.objects.only("slug", "title"):
            key = keys.setdefault(project.pk, project.slug)
            self.titles[spelling(project.title)].add(key)
            self.taken.add(project.slug)
        for reference, project_id in Placement.objects.exclude(reference="").values_list("reference", "project_id"):
            self.references[reference].add(keys[project_id])
        for record in records:
            values = record.parts.get(PART, {}).get("values", {})
            for name in [*_references(values), spelling(values.get("title", ""))]:
                self.own.setdefault(name, (record.key, "slug" in values))
        for fact in facts:
            self.titles[spelling(fact.values.get("title", ""))].add(fact.key)
            for reference in _references(fact.values):
                self.references[reference].add(fact.key)

    def place(self, row: Facts, report: Report) -> None:
        """Let the row's key be that of its project; empty if it was rejected. One of its own gets an address too."""
        reference, title = row.values["placements"][0]["reference"], spelling(row.values["title"])
        key, is_own = self.own.get(reference) or self.own.get(title) or ("", False)
        found = self.references[reference] or self.titles[title] if reference else self.titles[title]
        if not key and len(found) == 1:
            key = next(iter(found))
            report.note(row.source, f"“{row.values['title']}” is the project “{key}” of the portal.")
        elif not key:
            if found:
                names = ", ".join(sorted(found))
                report.note(
                    row.source, f"“{row.values['title']}” may be any of {names}; it becomes a project of its own."
                )
            key, is_own = self._new_key(row.values["title"], reference), True
        if not key:
            report.reject(row.source, f"“{row.values['title']}” makes no address that is free.", Project, row.key)
        elif is_own:
            row.values["slug"] = key
            self.own[title] = self.own[reference or title] = key, True
        row.key = key

    def _new_key(self, title: str, reference: str) -> str:
        slug = slugify(title)[:110].strip("-")
        keys = [slug, f"{slug}-{reference.lower()}"] if reference else [slug]
        return next((key for key in keys if slug and key not in self.taken), "")


def _references(values: dict[str, Any]) -> list[str]:
    return [row["reference"] for row in values.get("placements") or [] if row.get("reference")]
