"""No project can stand where a page of the portal itself stands."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import resolve

from projects.models import Project
from projects.models.projects import RESERVED_ADDRESSES
from tests import factories as make
from tests.sources import brief, load, outcomes, rejected
from tests.world import routes

pytestmark = pytest.mark.django_db

BELOW = "projects/"


def own_pages():
    """What the portal's own routes put where the address of a project would stand."""
    firsts = {route.removeprefix(BELOW).split("/")[0] for route in routes() if route.startswith(BELOW)}
    return {first for first in firsts if re.fullmatch(r"[-\w]+", first)}


def test_every_page_of_ours_below_projects_is_reserved():
    assert {"data", "feed", "terms"} <= own_pages()
    assert own_pages() <= set(RESERVED_ADDRESSES)


@pytest.mark.parametrize("slug", ["data", "feed", "terms"])
def test_our_page_comes_before_a_project(slug):
    assert resolve(f"/projects/{slug}/").url_name == slug


@pytest.mark.parametrize("slug", RESERVED_ADDRESSES)
def test_an_editor_is_told(slug):
    project = make.ProjectFactory()
    project.slug = slug
    with pytest.raises(ValidationError, match="Choose another address"):
        project.full_clean()


@pytest.mark.parametrize("slug", ["terms-of-trade", "the-feed", "database", "Feed-2"])
def test_an_address_that_only_holds_the_word_is_free(slug):
    make.ProjectFactory(slug=slug).full_clean()


def test_the_importer_refuses_a_brief_there_by_name_and_keeps_the_others(folder):
    folder.write("other.md", brief(slug="reading-letters"))
    report = load(folder, brief(slug="terms", title="What words are worth"))
    assert outcomes(report)["rejected"] == 1
    (said,) = rejected(report)
    assert said.startswith("terms: Choose another address")
    assert [project.slug for project in Project.objects.all()] == ["reading-letters"]
