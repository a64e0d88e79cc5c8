"""Reads the programme, cohorts, fellows and questions, and says how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.text import slugify

from fellowship import cohort_pages, eligibility_rows, fellow_pages, people, programme_page, question_lists
from fellowship.models import (
    Cohort,
    EligibilityCell,
    Fellow,
    FellowLink,
    KeyDate,
    Profession,
    Programme,
    Question,
    QuestionSection,
    Testimonial,
)
from portal.documents import Document, DocumentError, day
from portal.front_matter import FrontMatter
from portal.importing import Facts, Forward, Kind, Ref, Report, Rows, Source, reads, register_kind
from portal.models import Organisation, Region
from projects.models import Project

register_kind(
    Kind(
        Programme,
        lambda facts: Programme.objects.first(),
        rows={"testimonials": Rows(Testimonial, "programme", ("quote", "name", "year", "role", "order"))},
    )
)
register_kind(
    Kind(
        Cohort,
        lambda facts: Cohort.objects.filter(number=facts.key).first(),
        rows={
            "key_dates": Rows(KeyDate, "cohort", ("label", "date", "precision")),
            "eligibility": Rows(EligibilityCell, "cohort", ("region", "profession", "can_apply", "reason")),
        },
    )
)


def _find_fellow(facts: Facts) -> Fellow | None:
    """The one at that address, or the one of that name in that cohort, whom staff wrote by hand."""
    if at_address := Fellow.objects.filter(slug=facts.key).first():
        return at_address
    cohort = facts.values["cohort"].key
    namesakes = Fellow.objects.filter(name__iexact=facts.values["name"], cohort__number=cohort)[:2]
    return namesakes[0] if len(namesakes) == 1 else None


register_kind(
    Kind(
        Fellow,
        _find_fellow,
        rows={"links": Rows(FellowLink, "fellow", ("url",))},
        needs=("cohort",),
    )
)
register_kind(Kind(QuestionSection, lambda facts: QuestionSection.objects.filter(title=facts.key).first()))
register_kind(Kind(Question, lambda facts: Question.objects.filter(slug=facts.key).first()))


@reads("the page of the fellowship", programme_page.recognises)
def programme(document: Document, report: Report) -> Iterable[Facts]:
    return programme_page.read(document, report)


@reads("old pages of fellows", fellow_pages.recognises)
def fellow_page(document: Document, report: Report) -> Iterable[Facts]:
    return fellow_pages.read(document, report)


@reads("old pages of cohorts", cohort_pages.recognises)
def cohort_page(document: Document, report: Report) -> Iterable[Facts | Forward]:
    return cohort_pages.read(document, report)


@reads("lists of fellows", people.recognises)
def people_list(document: Document, report: Report) -> Iterable[Facts]:
    return people.read(document, report)


@reads("lists of questions", question_lists.recognises)
def question_list(document: Document, report: Report) -> Iterable[Facts]:
    return question_lists.read(document, report)


@reads("cohorts", lambda document: document.kind == "cohort")
def cohort(document: Document, report: Report) -> Iterator[Facts]:
    """A cohort with its key dates, and how to apply as the body."""
    front = FrontMatter(document, report)
    number = _number_of_cohort(front, "number")
    values: dict[str, Any] = {
        "number": number,
        "summary": front.words("summary"),
        "starts_on": front.required_day("starts_on", "cohort"),
        "ends_on": front.required_day("ends_on", "cohort"),
        "opens_at": front.deadline("opens_at"),
        "closes_at": front.deadline("closes_at"),
        "apply_url": front.url("apply_url"),
        "is_paid": front.flag("is_paid", True),
        "time_commitment": front.words("time_commitment"),
        "how_to_apply": document.body.strip(),
        "key_dates": list(_key_dates(front)),
        "webinar_at": front.moment("webinar_at"),
        "webinar_url": front.url("webinar_url"),
        "webinar_recording_url": front.url("webinar_recording_url"),
    }
    if minutes := front.number("webinar_minutes"):
        values["webinar_minutes"] = minutes
    if eligibility_rows.NAME in document.front:
        values["eligibility"] = eligibility_rows.read(document, report)
    yield Facts(
        Cohort,
        str(number),
        "cohort",
        values,
        Source(document.path, 1),
        text=document.text,
        at_creation={"status": Cohort.Status.PUBLISHED.value},
    )


def _number_of_cohort(front: FrontMatter, name: str) -> int:
    front.required(name, "document")
    number = front.number(name)
    if number is None:
        raise DocumentError(f"“{front.words(name)}” is not the number of a cohort.", front.document.line_of(name))
    return number


def _key_dates(front: FrontMatter) -> Iterator[dict[str, Any]]:
    """The dates that are whole; each other one is reported and left out."""
    rows = front.document.front.get("key_dates") or []
    if not isinstance(rows, list):
        front.note("key_dates", "“key_dates” is kept only with the source: it is not a list.")
        return
    for place, row in enumerate(rows):
        source = Source(front.document.path, _line_of_item(front.document, "key_dates", place))
        row = row if isinstance(row, dict) else {}
        precision = str(row.get("precision") or KeyDate.Precision.DAY)
        try:
            date = day(row.get("date"))
        except DocumentError as error:
            front.report.note(source, f"This key date is kept only with the source: {error}")
            continue
        if not row.get("label") or date is None:
            front.report.note(source, "This key date is kept only with the source: it needs a label and a date.")
        elif precision not in KeyDate.Precision.values:
            known = ", ".join(KeyDate.Precision.values)
            front.report.note(source, f"This key date is kept only with the source: “{precision}” is none of {known}.")
        else:
            yield {"label": " ".join(str(row["label"]).split()), "date": date, "precision": precision}


def _line_of_item(document: Document, name: str, place: int) -> int:
    """The line of an item in a list of the front matter."""
    first = document.line_of(name)
    lines = document.text.split("\n")
    items = [number for number, line in enumerate(lines, start=1) if number > first and re.match(r"\s*- ", line)]
    return items[place] if place < len(items) else first


_SECTIONS = {"about": "about", "fellowship project": "project_text", "project": "project_text"}


@reads("fellows", lambda document: document.kind == "fellow")
def fellow(document: Document, report: Report) -> Iterator[Facts]:
    """A fellow and the organisation that they work at. Without the day of their consent they are not shown."""
    front = FrontMatter(document, report)
    key = _name_in_address(front)
    values: dict[str, Any] = {
        "name": front.required("name", "fellow"),
        "slug": key,
        "cohort": Ref(Cohort, str(_number_of_cohort(front, "cohort"))),
        "summary": front.words("summary"),
        "role": front.words("role"),
        "profession": front.choice("profession", Profession.values),
        "region": front.choice("region", Region.values),
        "supervisor": front.words("supervisor"),
        "project_title": front.words("project_title"),
        "poster_url": front.url("poster_url"),
        "quote": front.unquoted("quote"),
        "consent_on": front.day("consent_on"),
        "links": [{"url": url} for url in front.urls("links")],
        **_texts(document, report),
    }
    if host := front.words("host"):
        yield Facts(Organisation, host, "name", {"name": host}, front.source("host"), text=host)
        values["host"] = Ref(Organisation, host)
    if project := front.words("project"):
        values["project"] = Ref(Project, project)
    at_creation = {"status": Fellow.Status.PUBLISHED.value}
    if values["consent_on"] is None:
        at_creation = {}
        front.note("consent_on", f"{values['name']} is imported as a draft: the day of their consent is missing.")
    source = Source(document.path, 1)
    yield Facts(Fellow, key, "fellow", values, source, text=document.text, at_creation=at_creation)


def _name_in_address(front: FrontMatter) -> str:
    """The permalink's last part, or else the name of the file."""
    given = front.words("permalink").strip("/").removesuffix(".html").rsplit("/", 1)[-1]
    name = given or PurePath(front.document.path).stem
    try:
        validate_slug(name)
    except ValidationError:
        raise DocumentError(f"“{name}” cannot stand in an address.", front.document.line_of("permalink")) from None
    return name


def _texts(document: Document, report: Report) -> dict[str, str]:
    """The body's two sections. A section with another heading goes with the first, its heading kept."""
    texts: dict[str, list[str]] = {"about": [], "project_text": []}
    current = "about"
    for number, line in document.lines():
        heading = re.fullmatch(r"##\s+(.+?)\s*#*", line)
        known = _SECTIONS.get(heading[1].casefold()) if heading else None
        if known:
            current = known
            continue
        if heading:
            current = "about"
            report.note(
                Source(document.path, number), f"No field is called “{heading[1]}”; the section is added to “About”."
            )
        texts[current].append(line)
    return {name: "\n".join(lines).strip() for name, lines in texts.items()}


@reads("questions", lambda document: document.kind == "questions")
def questions(document: Document, report: Report) -> Iterator[Facts]:
    """One section of questions: each is a heading, and its answer the text below it."""
    front = FrontMatter(document, report)
    section = front.required("section", "document")
    cohort = _number_of_cohort(front, "cohort") if front.words("cohort") else None
    order = front.number("order")
    source = Source(document.path, 1)
    if order is None:
        yield Facts(QuestionSection, section, "name", {"title": section}, source, text=section, rank=-1)
    else:
        values = {"title": section, "order": order}
        yield Facts(QuestionSection, section, "section", values, front.source("order"), text=f"{section} {order}")
    for place, (number, question, answer) in enumerate(_answers(document, report), start=1):
        slug = slugify(f"cohort {cohort} {question}" if cohort else question)[:120].strip("-")
        if not slug or not answer:
            report.reject(Source(document.path, number), f"“{question}” has no answer.", Question, slug)
            continue
        values = {
            "section": Ref(QuestionSection, section),
            "cohort": Ref(Cohort, str(cohort)) if cohort else None,
            "question": question,
            "slug": slug,
            "answer": answer,
            "order": place,
        }
        text = f"{section}\n{cohort}\n{place}\n{question}\n{answer}"
        yield Facts(Question, slug, "question", values, Source(document.path, number), text=text)


def _answers(document: Document, report: Report) -> list[tuple[int, str, str]]:
    """Line, question and answer of each."""
    found: list[tuple[int, str, list[str]]] = []
    for number, line in document.lines():
        if heading := re.fullmatch(r"##\s+(.+?)\s*#*", line):
            found.append((number, heading[1], []))
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            report.note(
                Source(document.path, number), f"Text above the first question is not imported: “{line.strip()[:60]}”"
            )
    return [(number, question, "\n".join(lines).strip()) for number, question, lines in found]
