"""The legend of the three vocabularies: what each term means, and how many projects are listed under it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst, slugify

from portal.queries import reads
from portal.web_address import absolute
from projects.models import Area, Modality, Project, Status, Technique, Term
from projects.models.terms import spelling

# Each vocabulary, and the field of a project that holds its terms.
VOCABULARIES: dict[type[Term], str] = {Area: "area", Technique: "techniques", Modality: "modalities"}
# From which likeness on, of 1, two names are one to a reader: “simulation” and “simulaiton” are, two abbreviations not.
SAME_NAME = 0.88


@dataclass(frozen=True)
class Meaning:
    """One term, and how many public projects have it; of those, how many are open."""

    term: Term
    count: int
    open_count: int

    @property
    def id(self) -> str:
        return f"{self.term.facet}-{self.term.slug}"

    @property
    def other_names(self) -> list[str]:
        """Its aliases, as far as they tell readers something: no other spellings, plurals and slips of the pen.

        Of several spellings, the one with most spaces is shown: that is how people write it.
        """
        kept = [spelling(self.term.name)]
        names = []
        for alias in sorted(self.term.aliases, key=lambda alias: -alias.count(" ")):
            if all(SequenceMatcher(None, spelling(alias), other).ratio() < SAME_NAME for other in kept):
                kept.append(spelling(alias))
                names.append(alias)
        return sorted(names, key=self.term.aliases.index)


@dataclass(frozen=True)
class Vocabulary:
    """One vocabulary, A to Z."""

    kind: type[Term]
    meanings: list[Meaning]

    @property
    def id(self) -> str:
        return fragment(self.kind)

    @property
    def label(self) -> str:
        return str(capfirst(self.kind._meta.verbose_name_plural))


def fragment(kind: type[Term]) -> str:
    """The place of a vocabulary on its page: areas, techniques, types-of-data."""
    return slugify(str(kind._meta.verbose_name_plural))


def scheme(kind: type[Term]) -> str:
    """The address by which machines know a vocabulary."""
    return absolute(f"{reverse('projects:terms')}#{fragment(kind)}")


def vocabularies() -> list[Vocabulary]:
    """All three, with every term, in two queries each."""
    return [Vocabulary(kind, _meanings(kind, field)) for kind, field in VOCABULARIES.items()]


def _meanings(kind: type[Term], field: str) -> list[Meaning]:
    everything: Counter[int] = Counter()
    opened: Counter[int] = Counter()
    counts = Project.objects.public().order_by().values_list(field, "status").annotate(Count("pk"))
    for pk, status, count in counts:
        everything[pk] += count
        opened[pk] += count if status == Status.OPEN else 0
    # Sorted here, since databases differ on where capitals belong.
    terms = sorted(kind._default_manager.all(), key=lambda term: (term.name.casefold(), term.pk))
    return [Meaning(term, everything[term.pk], opened[term.pk]) for term in terms]


@reads()
def legend(request: HttpRequest) -> HttpResponse:
    """What each area, technique and type of data means."""
    return render(request, "projects/legend.html", {"vocabularies": vocabularies()})
