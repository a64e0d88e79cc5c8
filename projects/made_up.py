"""Believable projects in any number, to measure with: made-up words that occur as often as the words of a language do.

The same number and seed give the same projects, and fewer of them give the first of more.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from itertools import accumulate, combinations
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify

from portal import search
from portal.benchmark.content import Content, register
from projects.models import ApplicationRound, Area, Modality, Project, Status, Technique, Term
from projects.plain_list import plain_list
from projects.vocabulary import shipped

SEED = 2026
WORDS = 30_000
WORDS_IN_A_TEXT = 450
BATCH = 1_000

# How many of a hundred projects have each status. Three more are not public.
PUBLIC = {Status.OPEN: 45, Status.ACTIVE: 8, Status.PAUSED: 24, Status.COMPLETED: 12, Status.ARCHIVED: 8}
SHARES = {status: PUBLIC.get(status, 3) for status in Status}
ONSETS = "b bl br c ch cl cr d dr f fl g gr h j k l m n p pl pr qu r s sh sl sp st t th tr v w".split()
NUCLEI = "a e i o u ai ea ee oa ou".split()
CODAS = ["", "", "", "n", "r", "s", "t", "l", "m", "nd", "st", "ck"]


class Language:
    """Words in order of their frequency, which falls with the rank as Zipf's law has it."""

    def __init__(self, chance: random.Random, size: int = WORDS) -> None:
        words: dict[str, None] = {}
        while len(words) < size:
            # Common words are short.
            syllables = 1 + (len(words) > 60) + (len(words) > 3_000 and chance.random() < 0.6)
            syllable = ((chance.choice(ONSETS), chance.choice(NUCLEI), chance.choice(CODAS)) for _ in range(syllables))
            words["".join("".join(parts) for parts in syllable)] = None
        self.words = list(words)
        self.weights = list(accumulate(1 / (rank + 2.7) for rank in range(1, size + 1)))
        self.chance = chance

    @classmethod
    def of_the_made_up(cls, seed: int = SEED) -> Language:
        """The language that the projects of ``make_up`` are written in."""
        return cls(random.Random(seed))  # noqa: S311 - a seed, no secret

    def text(self, length: int) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=length))

    def title(self) -> str:
        """A few words that tell something: none of the commonest."""
        return " ".join(self.chance.choices(self.words[200:8_000], k=self.chance.randint(4, 9))).capitalize()


def _terms() -> dict[type[Term], list[Term]]:
    """The vocabulary that the portal comes with."""
    made: dict[type[Term], list[Term]] = {}
    for model, entries in shipped().items():
        manager = model._default_manager
        for entry in entries.values():
            slug = slugify(entry["name"])
            manager.get_or_create(name=entry["name"], defaults={"slug": slug, "aliases": entry["aliases"]})
        made[model] = list(manager.order_by("pk"))
    return made


def _rounds() -> list[ApplicationRound]:
    """Twelve rounds: most are over, one is open now, one opens soon, and one has no dates."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    windows = [(now - dt.timedelta(days=120 * n), now - dt.timedelta(days=120 * n - 30)) for n in range(1, 10)]
    windows += [(now - dt.timedelta(days=9), now + dt.timedelta(days=21))]
    windows += [(now + dt.timedelta(days=40), now + dt.timedelta(days=70))]
    rounds = [
        ApplicationRound.objects.get_or_create(name=f"Round {n}", defaults={"opens_at": opens, "closes_at": closes})[0]
        for n, (opens, closes) in enumerate(windows, 1)
    ]
    return [*rounds, ApplicationRound.objects.get_or_create(name="Round without dates")[0]]


def _projects(count: int, seed: int) -> Iterator[tuple[Project, Technique, Modality]]:
    """Projects that are not saved, each with its technique and type of data."""
    language = Language.of_the_made_up(seed)
    chance = language.chance
    terms, rounds = _terms(), _rounds()
    falling = {model: [1 / rank for rank in range(1, len(known) + 1)] for model, known in terms.items()}
    now = timezone.now()

    def term(model: type[Term]) -> Any:
        return chance.choices(terms[model], falling[model])[0]

    for number in range(count):
        status = chance.choices(list(SHARES), list(SHARES.values()))[0]
        # Seven of ten open projects are in the round that is open now.
        here = rounds[9] if status is Status.OPEN and chance.random() < 0.7 else chance.choice(rounds)
        published = now - dt.timedelta(days=1 + (count - number) % 3_000)
        project = Project(
            title=language.title()[:250],
            slug=f"made-up-{number}",
            summary=language.text(25).capitalize()[:400],
            status=status,
            published_at=published if status.is_public else None,
            area=term(Area),
            round=here,
            need=language.text(200),
            current_knowledge=language.text(130),
            learning_outcomes=language.text(70),
            datasets=language.text(50),
        )
        yield project, term(Technique), term(Modality)


def make_up(count: int, seed: int = SEED) -> None:
    """Fill an empty database with ``count`` projects of three terms each and about 450 words, and index them."""
    batch: list[tuple[Project, Technique, Modality]] = []
    for row in _projects(count, seed):
        batch.append(row)
        if len(batch) == BATCH:
            _write(batch)
            batch = []
    _write(batch)
    search.rebuild()


@transaction.atomic
def _write(batch: list[tuple[Project, Technique, Modality]]) -> None:
    Project.objects.bulk_create([project for project, _, _ in batch])
    Project.techniques.through.objects.bulk_create(
        Project.techniques.through(project=project, technique=technique) for project, technique, _ in batch
    )
    Project.modalities.through.objects.bulk_create(
        Project.modalities.through(project=project, modality=modality) for project, _, modality in batch
    )


# Of the benchmark of the whole site.


def _pages() -> dict[str, str]:
    index = reverse("projects:index")
    filtered = {"status": Status.OPEN, "area": Area.objects.earliest("pk").slug}
    word = Language.of_the_made_up().words[40]
    return {
        "finder": index,
        "filtered finder": f"{index}?{urlencode(filtered)}",
        "brief": Project.objects.accepting().earliest("pk").get_absolute_url(),
        "search": f"{reverse('search')}?{urlencode({'q': word})}",
    }


def _unasked() -> Iterator[str]:
    """Filters that find something, in an order of no meaning."""
    index = reverse("projects:index")
    found = Project.objects.public().order_by("pk")
    statuses = [*combinations(PUBLIC, 1), *combinations(PUBLIC, 2)]
    choices = dict.fromkeys(
        f"{index}?{urlencode({'status': chosen, **dict(kept)}, doseq=True)}"
        for status, *terms in found.values_list("status", "area__slug", "techniques__slug", "modalities__slug")
        for size in (1, 2)
        for kept in combinations(zip(("area", "technique", "modality"), terms, strict=True), size)
        for chosen in statuses
        if status in chosen
    )
    shuffled = list(choices)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311 - a seed, no secret
    return iter(shuffled)


register(Content(fill=make_up, pages=_pages, unasked=_unasked, plainly=plain_list))
