"""What saving and deleting in the admin brings with it: the search keeps up, and a changed address forwards."""

import pytest
from django.urls import reverse

from portal.models import ForwardingAddress, SearchEntry
from portal.publishing import Publishable
from projects.models import Area, Project
from tests.factories import (
    FACTORIES,
    AreaFactory,
    ArticleFactory,
    FellowFactory,
    ModalityFactory,
    OrganisationFactory,
    ProjectFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.indexed import indexed
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def save(client, item, **changes):
    """Open the page of an item, change some fields, and save."""
    page = address(type(item), "change", item.pk)
    fields = {**Page(client.get(page).text).fields, **changes}
    response = client.post(page, fields, follow=True)
    assert response.redirect_chain, response.context["errors"]
    item.refresh_from_db()
    return response


def name_of(item):
    return item._meta.label_lower, item.pk


# Writing


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_what_is_saved_is_found_and_what_was_there_is_not(admin_client, kind):
    item = FACTORIES[kind](summary="Formerly about badgers.")
    assert name_of(item) in indexed("badgers")
    save(admin_client, item, summary="Now about otters.")
    assert name_of(item) in indexed("otters")
    assert name_of(item) not in indexed("badgers")


def test_a_new_page_is_a_draft_and_found_by_nobody_before_it_is_published(admin_client, client):
    fields = Page(admin_client.get(address(Project, "add")).text).fields
    terms = {"area": AreaFactory().pk, "techniques": [TechniqueFactory(name="Kriging").pk]}
    new = {"title": "Weather and wards", "slug": "weather", **terms}
    response = admin_client.post(address(Project, "add"), {**fields, **new})
    assert response.status_code == 302
    project = Project.objects.get()
    assert (project.status, project.published_at) == ("draft", None)
    assert name_of(project) in indexed("kriging")
    client.logout()
    assert "Weather and wards" not in client.get("/search/?q=kriging").text
    project.move_to("open", by=None)
    assert "Weather and wards" in client.get("/search/?q=kriging").text


def test_the_terms_that_a_page_has_after_saving_are_searched(admin_client):
    old, new = TechniqueFactory(name="Kriging"), TechniqueFactory(name="Bootstrapping")
    project = ProjectFactory(techniques=[old])
    save(admin_client, project, techniques=[new.pk])
    assert name_of(project) in indexed("bootstrapping")
    assert name_of(project) not in indexed("kriging")


@pytest.mark.parametrize("factory", [AreaFactory, TechniqueFactory, ModalityFactory], ids=lambda one: one.__name__)
def test_a_term_that_is_renamed_is_found_on_its_projects(admin_client, factory):
    term = factory(name="Kriging")
    name = {"area": "area", "technique": "techniques", "modality": "modalities"}[term.facet]
    project = ProjectFactory(**{name: term if name == "area" else [term]})
    article = ArticleFactory(areas=[term]) if name == "area" else None
    save(admin_client, term, name="Gaussian processes", aliases="GPs")
    assert name_of(project) in indexed("gaussian processes")
    assert name_of(project) in indexed("gps")
    assert name_of(project) in indexed("kriging")
    if article:
        assert name_of(article) in indexed("gaussian")


def test_a_partner_that_is_renamed_is_found_on_projects_and_fellows(admin_client):
    partner = OrganisationFactory(name="Old Trust")
    project, fellow = ProjectFactory(partner=partner), FellowFactory(host=partner)
    save(admin_client, partner, name="Wessex Trust", abbreviation="WXT", aliases="Winchester")
    for words in ("wessex", "wxt", "winchester"):
        assert {name_of(project), name_of(fellow)} <= indexed(words), words


# Deleting


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize("way", ["on its page", "in the list"])
def test_what_is_deleted_is_found_no_more(admin_client, kind, way):
    item = FACTORIES[kind](summary="About badgers.")
    name = name_of(item)
    if way == "on its page":
        admin_client.post(address(kind, "delete", item.pk), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [item.pk], "post": "yes"}
        admin_client.post(address(kind, "changelist"), data)
    assert not kind._default_manager.exists()
    assert name not in indexed("badgers")
    assert not SearchEntry.objects.filter(kind=name[0], object_id=name[1]).exists()


def test_what_pages_stand_on_cannot_be_deleted_below_them(admin_client):
    project = ProjectFactory()
    for item in (project.area, project.partner, project.round):
        response = admin_client.post(address(type(item), "delete", item.pk), {"post": "yes"})
        assert response.status_code in {200, 302, 403}
        assert type(item).objects.filter(pk=item.pk).exists()
    assert Area.objects.exists()


# Addresses


@pytest.mark.parametrize("kind", [kind for kind in KINDS if getattr(kind, "slug", None)], ids=label)
def test_a_changed_address_forwards(admin_client, client, kind):
    item = FACTORIES[kind](slug="old-name")
    before = item.get_absolute_url()
    response = save(admin_client, item, slug="new-name")
    after = item.get_absolute_url()
    assert before != after
    assert f"Readers of {before} are now sent to {after}." in response.text
    client.logout()
    response = client.get(before + "?q=1")
    assert (response.status_code, response["Location"]) == (301, f"{after}?q=1")
    assert client.get(after).status_code == 200
    save_again = StaffFactory(is_superuser=True)
    client.force_login(save_again)
    save(client, item, slug="old-name")
    assert client.get(before).status_code == 200
    assert client.get(after)["Location"] == before


def test_the_number_of_a_cohort_is_its_address_and_forwards_too(admin_client, client):
    cohort = FACTORIES[next(kind for kind in KINDS if kind.__name__ == "Cohort")](number=7)
    save(admin_client, cohort, number="8")
    assert client.get("/fellowship/cohorts/7/")["Location"] == "/fellowship/cohorts/8/"


def test_an_address_that_stays_forwards_nothing(admin_client):
    save(admin_client, ProjectFactory(), title="Another title")
    assert not ForwardingAddress.objects.exists()


def test_an_address_that_is_taken_is_refused(admin_client):
    ProjectFactory(slug="taken")
    project = ProjectFactory(slug="mine")
    page = address(Project, "change", project.pk)
    response = admin_client.post(page, {**Page(admin_client.get(page).text).fields, "slug": "taken"})
    assert response.status_code == 200
    assert "already exists" in response.text
    assert not ForwardingAddress.objects.exists()


# Rules in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"area": ""}, "Choose an area"),
        ({"summary": "x" * 401}, "at most 400 characters"),
        ({"slug": "no such slug"}, "valid “slug”"),
        ({"title": ""}, "required"),
    ],
    ids=str,
)
def test_an_editor_is_told_what_is_wrong(admin_client, changes, words):
    project = ProjectFactory(status="open")
    page = address(Project, "change", project.pk)
    response = admin_client.post(page, {**Page(admin_client.get(page).text).fields, **changes})
    assert response.status_code == 200
    assert words in response.text
    before = Project.objects.values("title", "summary", "slug", "area").get()
    assert before == {"title": project.title, "summary": project.summary, "slug": project.slug, "area": project.area_id}
