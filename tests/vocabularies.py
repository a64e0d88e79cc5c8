"""The three vocabularies, how a project has their terms, and where staff keep them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from projects.models import Area, Modality, Project, Technique
from tests.factories import AreaFactory, ModalityFactory, ProjectFactory, TechniqueFactory
from tests.pages import Page

FACTORY = {Area: AreaFactory, Technique: TechniqueFactory, Modality: ModalityFactory}
FIELD = {Area: "area", Technique: "techniques", Modality: "modalities"}
EACH = pytest.mark.parametrize("kind", FACTORY, ids=lambda kind: kind.__name__)


def address(model, page, *args):
    """A page of the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def may(kind, *abilities):
    """The names of permissions for a vocabulary."""
    return [f"projects.{ability}_{kind._meta.model_name}" for ability in abilities]


def save(client, item, **changes):
    """Open the form of something, change some fields, and send it."""
    page = address(type(item), "change", item.pk)
    response = client.post(page, {**Page(client.get(page).text).fields, **changes}, follow=True)
    item.refresh_from_db()
    return response


def project_with(*terms, **values):
    """A project with these terms, all of one vocabulary."""
    kind = type(terms[0])
    return ProjectFactory(**{FIELD[kind]: terms[0] if kind is Area else terms}, **values)


def terms_of(project, kind):
    """The names of a project's terms of one vocabulary, as the database has them."""
    project = Project.objects.get(pk=project.pk)
    return [project.area.name] if kind is Area else sorted(term.name for term in getattr(project, FIELD[kind]).all())
