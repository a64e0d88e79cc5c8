"""What the tests of the finder look for, and how."""

from __future__ import annotations

import random

from django.http import QueryDict

from projects.finder import Finder
from projects.models import Status
from tests.factories import ApplicationRoundFactory, AreaFactory, ModalityFactory, ProjectFactory, TechniqueFactory


def find(query=""):
    return Finder(QueryDict(query))


def titles(query=""):
    return [project.title for project in find(query).projects]


def counts(finder, name):
    (facet,) = [facet for facet in finder.facets if facet.name == name]
    return {option.value: option.count for option in facet.options}


def fill_shelf():
    """Four projects: two areas, two techniques, two types of data."""
    nlp, synthetic = AreaFactory(name="NLP"), AreaFactory(name="Synthetic")
    ner, vae = TechniqueFactory(name="NER"), TechniqueFactory(name="VAE")
    text, table = ModalityFactory(name="Text"), ModalityFactory(name="Tabular")
    shared = {"round": ApplicationRoundFactory()}
    ProjectFactory(title="A letters", area=nlp, techniques=[ner], modalities=[text], **shared)
    ProjectFactory(title="B both", area=nlp, techniques=[ner, vae], modalities=[text, table], **shared)
    ProjectFactory(title="C tables", area=synthetic, techniques=[vae], modalities=[table], status="paused")
    ProjectFactory(title="D draft", area=nlp, techniques=[ner], modalities=[text], status="draft")
    AreaFactory(name="Unused")


def made_up(seed):
    """Twenty-five projects of a seeded shape."""
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    terms = {
        "area": AreaFactory.create_batch(4),
        "technique": TechniqueFactory.create_batch(5),
        "modality": ModalityFactory.create_batch(3),
    }
    now, later = ApplicationRoundFactory(), ApplicationRoundFactory(opens_at=None, closes_at=None)
    projects = []
    for number in range(25):
        status = chance.choice(list(Status))
        area = chance.choice(terms["area"])
        techniques = chance.sample(terms["technique"], chance.randint(0, 3))
        modalities = chance.sample(terms["modality"], chance.randint(0, 2))
        project = ProjectFactory(
            title=f"{chance.choice('abcdef')} {number}",
            status=status,
            area=area,
            techniques=techniques,
            modalities=modalities,
            round=chance.choice([now, later, None]),
        )
        has = {
            "status": [status.value],
            "area": [area.slug],
            "technique": [term.slug for term in techniques],
            "modality": [term.slug for term in modalities],
        }
        if status.is_public:
            projects.append({"project": project, "has": has})
    return projects
