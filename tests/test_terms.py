"""Terms as staff keep them: names and aliases, what has them, renaming, and deleting only what nothing has."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from portal.alias_field import AliasField
from portal.models import Organisation
from projects.models import Area
from tests.factories import (
    AreaFactory,
    ArticleFactory,
    OrganisationFactory,
    ProjectFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.pages import Page
from tests.vocabularies import EACH, FACTORY, FIELD, address, may, project_with, save

pytestmark = pytest.mark.django_db


def listed(client, kind, **query):
    """The names in the list of a vocabulary."""
    response = client.get(address(kind, "changelist"), query)
    assert response.status_code == 200
    return [term.name for term in response.context["cl"].result_list]


# Aliases


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        (" \n\r\n  \n", []),
        ("GOSH", ["GOSH"]),
        ("GOSH\r\nGreat Ormond Street", ["GOSH", "Great Ormond Street"]),
        ("  GOSH  \n\nGOSH\ngosh\nGreat   Ormond\tStreet", ["GOSH", "Great Ormond Street"]),
        ('["GOSH", "a, b"]', ['["GOSH", "a, b"]']),
        ("Ysbyty Gwynedd – y Felinheli ŵ", ["Ysbyty Gwynedd – y Felinheli ŵ"]),
    ],
)
def test_aliases_are_typed_one_on_each_line(typed, kept):
    field = AliasField(required=False)
    assert field.clean(typed) == kept
    assert field.clean(field.prepare_value(kept)) == kept
    assert not field.has_changed(kept, typed)
    assert field.has_changed([*kept, "More"], typed)


@pytest.mark.parametrize("factory", [OrganisationFactory, *FACTORY.values()], ids=lambda one: one._meta.model.__name__)
def test_the_form_shows_and_takes_lines(admin_client, factory):
    item = factory(aliases=["One name", "Another"])
    page = Page(admin_client.get(address(type(item), "change", item.pk)).text)
    assert page.fields["aliases"] == ["One name\nAnother"]
    save(admin_client, item, aliases="Another\r\n\r\nA third ")
    assert item.aliases == ["Another", "A third"]
    assert "cannot be printed" in save(admin_client, item, aliases="Bell\x07").text
    assert item.aliases == ["Another", "A third"]


@pytest.mark.parametrize("aliases", ["GOSH", 5, {"a": 1}, [1], [None], True, ["a\0b"]])
def test_whoever_writes_aliases_they_are_a_list_of_words(aliases):
    """A word alone would be taken apart into its letters, and a number would break the search."""
    for item in (OrganisationFactory.build(aliases=aliases), TechniqueFactory.build(aliases=aliases)):
        with pytest.raises(ValidationError, match="Write a list of words"):
            item.full_clean()


def test_a_name_stands_for_one_term_of_a_vocabulary(admin_client):
    TechniqueFactory(name="Kriging", aliases=["GP"])
    term = TechniqueFactory(name="Bootstrapping")
    assert "“GP” already stands for “Kriging”." in save(admin_client, term, aliases="g-p").text
    assert "“Kriging” already stands for “Kriging”." in save(admin_client, term, name="kri ging").text
    assert (term.name, term.aliases) == ("Bootstrapping", [])
    area = AreaFactory(name="Geospatial")
    save(admin_client, area, aliases="Kriging")
    assert area.aliases == ["Kriging"]


def test_a_partner_goes_by_its_other_names(admin_client):
    partner = OrganisationFactory()
    save(admin_client, partner, aliases="GOSH\nDRIVE")
    assert Organisation.objects.get().names == [partner.name, partner.abbreviation, "GOSH", "DRIVE"]


# What has them


@EACH
def test_a_list_says_what_has_each_term_and_leads_there(admin_client, kind):
    busy, drafted, _ = (FACTORY[kind](name=name) for name in ("Busy", "Drafted", "Lonely"))
    shown = project_with(busy, title="Shown")
    project_with(busy, title="Hidden", status="draft")
    project_with(drafted, title="Alone", status="draft")
    ProjectFactory(title="Of something else")
    if kind is Area:
        ArticleFactory(areas=[busy], status="published", title="Guide")
    response = admin_client.get(address(kind, "changelist"), {"q": "Busy"})
    words = " ".join(" ".join(Page(response.text).text("tr")).split())
    assert ("2 projects, 1 article" if kind is Area else "2 projects") in words
    assert ("1 project, 1 article" if kind is Area else "1 project") in words
    (link,) = [link for link in Page(response.text).links if link.startswith("/admin/projects/project/?")]
    found = admin_client.get(link).context["cl"].result_list
    assert {project.title for project in found} == {"Shown", "Hidden"}
    assert "Of something else" not in {project.title for project in found}
    assert shown.title in admin_client.get(busy.get_absolute_url()).text
    for link in Page(response.text).links:
        if link.startswith("/admin/articles/article/?"):
            assert [article.title for article in admin_client.get(link).context["cl"].result_list] == ["Guide"]


@EACH
def test_a_list_is_narrowed_to_what_needs_work(admin_client, kind):
    public, draft, _ = (FACTORY[kind](name=name) for name in ("Public", "Draft", "Unused"))
    project_with(public)
    project_with(draft, status="draft")
    assert listed(admin_client, kind, use="public") == ["Public"]
    assert listed(admin_client, kind, use="hidden") == ["Draft"]
    assert listed(admin_client, kind, use="unused") == ["Unused"]
    kind.objects.filter(pk=draft.pk).update(definition="")
    assert listed(admin_client, kind, definition="without") == ["Draft"]
    assert "Draft" not in listed(admin_client, kind, definition="with")
    assert listed(admin_client, kind, use="nonsense", definition="nonsense") == ["Draft", "Public", "Unused"]


def test_an_area_that_only_guidance_has_is_used(admin_client):
    ArticleFactory(areas=[AreaFactory(name="Read about")])
    assert listed(admin_client, Area, use="unused") == []


@EACH
def test_a_list_finds_terms_by_their_aliases_and_sorts_by_use(admin_client, kind):
    first, second = FACTORY[kind](name="First", aliases=["Kriging"]), FACTORY[kind](name="Second")
    for _ in range(2):
        project_with(second)
    project_with(first)
    assert listed(admin_client, kind, q="kriging") == ["First"]
    columns = admin_client.get(address(kind, "changelist")).context["cl"].list_display
    by_use = columns.index("used_by")
    assert listed(admin_client, kind, o=str(by_use)) == ["First", "Second"]
    assert listed(admin_client, kind, o=f"-{by_use}") == ["Second", "First"]


# Renaming


@EACH
def test_a_renamed_term_stays_known_by_its_old_name(admin_client, kind):
    term = FACTORY[kind](name="NLP", slug="nlp", aliases=["Text mining"])
    response = save(admin_client, term, name="Language")
    assert (term.name, term.aliases, term.slug) == ("Language", ["Text mining", "NLP"], "nlp")
    assert "The old name “NLP” stays as an alias." in response.text
    assert term.former_slugs == []
    save(admin_client, term, aliases="Text mining")
    assert term.aliases == ["Text mining"], "an editor who wants it to go takes it away"


def test_a_term_takes_its_own_alias_for_its_name(admin_client):
    term = TechniqueFactory(name="NER", slug="ner", aliases=["Named entity recognition"])
    save(admin_client, term, name="Named entity recognition")
    assert (term.name, term.aliases) == ("Named entity recognition", ["NER"])
    save(admin_client, term, name="named entity recognition")
    assert (term.name, term.aliases) == ("named entity recognition", ["NER"])


def test_a_term_that_stays_as_it_is_says_nothing_of_names(admin_client):
    term = TechniqueFactory()
    response = save(admin_client, term, definition="Another one.")
    assert (term.aliases, term.former_slugs, term.definition) == ([], [], "Another one.")
    assert "stays as an alias" not in response.text


# Deleting


@EACH
@pytest.mark.parametrize("way", ["on its page", "in the list"])
@pytest.mark.parametrize("status", ["open", "draft"])
def test_a_term_that_pages_have_is_not_deleted(admin_client, kind, way, status):
    term, unused = FACTORY[kind](name="Kriging"), FACTORY[kind](name="Unused")
    projects = [project_with(term, status=status) for _ in range(3)]
    if way == "on its page":
        for method in (admin_client.get, admin_client.post):
            response = method(address(kind, "delete", term.pk), {"post": "yes"}, follow=True)
    else:
        chosen = {"action": "delete_selected", "_selected_action": [term.pk, unused.pk], "post": "yes"}
        response = admin_client.post(address(kind, "changelist"), chosen, follow=True)
    assert "“Kriging” is not deleted: 3 projects would lose it." in response.text
    assert f"{address(kind, 'merge')}?term={term.pk}" in Page(response.text).links
    assert "“Unused” is not deleted" not in response.text
    assert {term, unused} <= set(kind.objects.all())
    for project in projects:
        project.refresh_from_db()
        assert term in ([project.area] if kind is Area else getattr(project, FIELD[kind]).all())


@EACH
@pytest.mark.parametrize("way", ["on its page", "in the list"])
def test_a_term_that_nothing_has_is_deleted(admin_client, kind, way):
    term = FACTORY[kind]()
    if way == "on its page":
        assert "Are you sure" in admin_client.get(address(kind, "delete", term.pk)).text
        admin_client.post(address(kind, "delete", term.pk), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [term.pk], "post": "yes"}
        admin_client.post(address(kind, "changelist"), chosen)
    assert not kind.objects.exists()


@EACH
def test_no_code_deletes_a_term_that_pages_have(kind):
    term, unused = FACTORY[kind](), FACTORY[kind]()
    project = project_with(term)
    for deletion in (term.delete, kind.objects.all().delete, kind.objects.filter(name=term.name).delete):
        with pytest.raises(ProtectedError, match="1 project would lose"), transaction.atomic():
            deletion()
    assert kind.objects.filter(pk__in=[term.pk, unused.pk]).count() == 2
    assert unused.delete()[0] == 1
    project.delete()
    assert kind.objects.filter(pk=term.pk).delete()[0] == 1


def test_guidance_keeps_an_area_too(admin_client):
    area = AreaFactory(name="Privacy")
    ArticleFactory(areas=[area])
    project_with(area)
    response = admin_client.post(address(Area, "delete", area.pk), {"post": "yes"}, follow=True)
    assert "1 project and 1 article would lose it" in response.text
    assert Area.objects.filter(pk=area.pk).exists()


# Who may


@EACH
def test_editors_write_terms_and_delete_none(client, kind):
    term = FACTORY[kind](name="Kriging")
    client.force_login(StaffFactory(may=may(kind, "view", "add", "change")))
    save(client, term, definition="Weights by distance.")
    assert term.definition == "Weights by distance."
    fields = {"name": "Bootstrapping", "slug": "bootstrapping", "definition": "", "aliases": ""}
    assert client.post(address(kind, "add"), fields).status_code == 302
    assert kind.objects.filter(name="Bootstrapping").exists()
    assert client.post(address(kind, "delete", term.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [term.pk], "post": "yes"}
    client.post(address(kind, "changelist"), chosen)
    assert kind.objects.filter(pk=term.pk).exists()


# Cost


@EACH
def test_a_list_costs_the_same_at_any_length(admin_client, kind):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(address(kind, "changelist"))
        return len(captured)

    project_with(FACTORY[kind]())
    cost()
    few = cost()
    for _ in range(5):
        project_with(FACTORY[kind]())
    assert cost() == few
