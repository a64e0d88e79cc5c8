"""Reads lists of projects, briefs and application rounds, and says how their items are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.documents import Document
from portal.front_matter import FrontMatter
from portal.importing import Facts, Forward, Kind, Report, Rows, Source, reads, register_kind, settles
from portal.models import Organisation
from projects import briefs, completed_work, lists
from projects.models import ApplicationRound, Area, Modality, Output, Placement, Project, Technique
from projects.models.terms import spelling


def _find_term(facts: Facts) -> Any:
    """A term that staff made by hand, under any of its spellings."""
    wanted = {spelling(name) for name in [facts.key, facts.values["name"], *facts.values["aliases"]]}
    terms: Any = facts.model._default_manager.all()
    return next((term for term in terms if any(spelling(name) in wanted for name in term.names)), None)


def _find_organisation(facts: Facts) -> Organisation | None:
    wanted = facts.key.casefold()
    organisations = Organisation.objects.all()
    return next((one for one in organisations if wanted in {name.casefold() for name in one.names}), None)


for model in (Area, Technique, Modality):
    register_kind(Kind(model, _find_term))
register_kind(Kind(Organisation, _find_organisation))
register_kind(Kind(ApplicationRound, lambda facts: ApplicationRound.objects.filter(name=facts.key).first()))
register_kind(
    Kind(
        Project,
        lambda facts: Project.objects.filter(slug=facts.key).first(),
        rows={
            "placements": Rows(
                Placement,
                "project",
                # No document names an intern. What staff wrote there is theirs, and goes for the whole row.
                ("reference", "wave", "starts_on", "ends_on", "supervisors", "intern", "intern_consent_on"),
                rows={"outputs": Rows(Output, "placement", ("kind", "state", "title", "url", "expected_on", "reason"))},
            )
        },
    )
)


@reads("project lists", lists.recognises)
def project_list(document: Document, report: Report) -> Iterable[Facts | Forward]:
    return lists.read(document, report)


@reads("briefs", briefs.recognises)
def brief(document: Document, report: Report) -> Iterable[Facts | Forward]:
    return briefs.read(document, report)


@reads("lists of completed work", completed_work.recognises)
def completed(document: Document, report: Report) -> Iterable[Facts | Forward]:
    return completed_work.read(document, report)


@settles
def projects_of_completed_work(facts: list[Facts | Forward], report: Report) -> list[Facts | Forward]:
    return completed_work.settle(facts, report)


@reads("application rounds", lambda document: document.kind == "round")
def application_round(document: Document, report: Report) -> Iterable[Facts | Forward]:
    """A round with its dates, and how to apply as the body."""
    front = FrontMatter(document, report)
    name = front.required("name", "round")
    values = {
        "name": name,
        "opens_at": front.deadline("opens_at"),
        "closes_at": front.deadline("closes_at"),
        "apply_url": front.url("apply_url"),
        "is_paid": front.flag("is_paid", True),
        "how_to_apply": document.body.strip(),
    }
    yield Facts(ApplicationRound, name, "round", values, Source(document.path, 1), text=document.text, rank=2)
