"""How long the pages of projects take, and what they ask of the database: measured, in this process, by requests."""

from __future__ import annotations

import time

from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from django.utils.http import urlencode

from portal import generation, search
from portal.benchmark.cost import Cost, counted, get
from projects.models import Area, Modality, Project, Status, Technique

WARM_UP = 3


def measure(addresses: dict[str, str], repeat: int) -> dict[str, Cost]:
    """The cost of each address, asked for as the first one after a change of content, so that nothing is kept.

    They come in turn rather than one after the other, so that a busy moment spoils none.
    """
    application = get_wsgi_application()
    costs = {name: Cost() for name in addresses}
    for name, address in addresses.items():
        for _ in range(WARM_UP):
            get(application, address)
        generation.touch()
        with counted() as asked:
            get(application, address)
        costs[name].asked = asked
    for _ in range(repeat):
        for name, address in addresses.items():
            generation.touch()
            start = time.perf_counter()
            get(application, address)
            costs[name].times.append((time.perf_counter() - start) * 1_000)
    return costs


def pages(words: list[str]) -> dict[str, str]:
    """The pages that are measured, by name. ``words`` are those of the texts, the commonest first."""
    index = reverse("projects:index")
    facets = {}
    for model in (Area, Technique, Modality):
        facets[model.facet] = model._default_manager.earliest("pk").slug
    oldest = Project.objects.order_by("pk").iterator()
    paused = next(project for project in oldest if project.status == Status.PAUSED)
    accepting = Project.objects.accepting().earliest("pk")
    return {
        "finder, no filter": index,
        "finder, three filters": f"{index}?{urlencode(facets)}",
        "finder, commonest word": f"{index}?{urlencode({'q': words[0]})}",
        "finder, rare word": f"{index}?{urlencode({'q': rare(words)})}",
        "finder, common word and three filters": f"{index}?{urlencode({'q': words[0], **facets})}",
        "finder, last page": f"{index}?page=999999999",
        "brief, open": accepting.get_absolute_url(),
        "brief, paused": paused.get_absolute_url(),
    }


def rare(words: list[str]) -> str:
    """The rarest word that the first hundred projects hold."""
    held = {
        word
        for project in Project.objects.order_by("pk")[:100]
        for section in project.sections
        for word in search.words(section.text)
    }
    return next(word for word in reversed(words) if word in held)
