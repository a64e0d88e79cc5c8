"""Projects like one that cannot be applied for: those that accept applications, share terms with it, and say which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from portal.prepared import prepared
from portal.search import stem, words
from projects.catalogue import load_terms
from projects.models import Project, Term

HOW_MANY = 3
AREA_WEIGHT = 2
# However many accept applications, this many of the newest are looked at, and the texts of this many compared.
NEWEST = 500
BEST = 20
TERMS_NAMED = 3

# Words that say nothing of what a project is about, as stems.
COMMON = frozenset(
    stem(word)
    for word in """
    a about an and any are as at be been both but by can could do does for from had has have how if in into is it its
    itself many may more most much new no not of on one only or our other over same so some such than that the their
    them then there these they this those through to two up use used using via was we were what when where whether
    which while who why will with within without would you your
    analysis approach data health healthcare help improve internship intern model models nhs patient project service
    study team understand work
    """.split()
)


@dataclass(frozen=True)
class Similar:
    """A project to apply for instead, and in one line what it shares with the one that was read."""

    project: Project
    why: str


def similar_projects(project: Project, now: dt.datetime) -> list[Similar]:
    """Up to three projects that accept applications and share at least one term, most shared terms first.

    An area counts twice, each shared technique or type of data once. Ties go to the one whose title and summary share
    more words, then A to Z. A bounded number of rows is read, however many projects there are.
    """
    topics = _topics(project)

    def rank(other: Any) -> tuple[int, int, str, int]:
        return -other.shared, -len(topics & _topics(other)), other.title.casefold(), other.pk

    ranked = sorted(_candidates(project, now), key=rank)
    return [Similar(other, _why(project, other)) for other in ranked[:HOW_MANY]]


def _candidates(project: Project, now: dt.datetime) -> list[Any]:
    """The best by shared terms among the newest that accept applications, each with ``shared``."""
    best = _best(bool(project.successors), NEWEST, BEST, project=project.pk, area=project.area_id, now=now)
    found = [other for other in best if other.shared]
    load_terms([project, *found])
    return found


@prepared(project=BigIntegerField(), area=BigIntegerField(), now=DateTimeField())
def _best(has_successors: bool, newest: int, most: int, *, project: Value, area: Value, now: Any) -> QuerySet[Project]:
    accepting = Project.objects.accepting(now).exclude(pk=project)
    if has_successors:  # what took its place is named before all
        accepting = accepting.exclude(pk__in=Project.objects.filter(supersedes=project).values("pk"))
    # The newest by key: that is the order of an index, so nothing has to be sorted to find them.
    among: QuerySet[Project] = Project.objects.filter(pk__in=accepting.order_by("-pk").values("pk")[:newest])
    candidates = among.annotate(
        shared=Case(When(area=area, then=Value(AREA_WEIGHT)), default=Value(0))
        + _number_shared(Project.techniques.through, "technique", project)
        + _number_shared(Project.modalities.through, "modality", project)
    )
    return candidates.order_by("-shared", "-pk").only("title", "slug", "summary", "area")[:most]


def _number_shared(through: type[Model], name: str, project: Value) -> Coalesce:
    """How many terms of one kind the outer project shares with this one."""
    mine = through._default_manager.filter(project=project).values(name)
    rows = through._default_manager.filter(project=OuterRef("pk"), **{f"{name}__in": mine})
    counted = rows.order_by().values("project").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _topics(project: Project) -> set[str]:
    """The stems of the words that say what a project is about."""
    return {stem(word) for word in words(f"{project.title} {project.summary}")} - COMMON


def _why(project: Project, other: Project) -> str:
    """Same area: Simulation. Same techniques: Privacy, Transformers."""
    areas = [project.area] if project.area and project.area_id == other.area_id else []
    techniques = _shared(project.techniques.all(), other.techniques.all())
    modalities = _shared(project.modalities.all(), other.modalities.all())
    return " ".join(_named(terms) for terms in (areas, techniques, modalities) if terms)


def _shared(mine: QuerySet[Term], theirs: QuerySet[Term]) -> list[Term]:
    keys = {term.pk for term in theirs}
    return [term for term in mine if term.pk in keys]


def _named(terms: Sequence[Term]) -> str:
    """Same types of data: Images, Text. The names stay as the vocabulary has them: some are proper names."""
    meta = terms[0]._meta
    label = meta.verbose_name if len(terms) == 1 else meta.verbose_name_plural
    names = ", ".join(term.name for term in terms[:TERMS_NAMED])
    more = f" and {len(terms) - TERMS_NAMED} more" if len(terms) > TERMS_NAMED else ""
    return f"Same {label}: {names}{more}."
