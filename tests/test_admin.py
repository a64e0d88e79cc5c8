"""Every admin page of every model: it opens, its list costs the same at any length, its form takes what it shows."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from fellowship.models import EligibilityCell, Programme
from portal.audit import AuditEvent
from portal.auditing import record
from portal.models import (
    AttemptCount,
    CheckedLink,
    ContentChange,
    DateChange,
    DraftAnswer,
    FormUse,
    ImportedItem,
    Message,
    RevisionAuthor,
    SearchEntry,
    SharedDraft,
    StatusChange,
    Submission,
)
from portal.publishing import Publishable
from portal.staff import MAX_SEARCH
from tests.factories import (
    FACTORIES,
    OTHER_FACTORIES,
    DateChangeFactory,
    ProgrammeFactory,
    ProjectFactory,
    StaffFactory,
    UserFactory,
)
from tests.pages import Page
from tests.shared import answer

pytestmark = pytest.mark.django_db

MODELS = list(admin.site._registry)
NOT_FOR_STAFF = {
    AttemptCount,
    ContentChange,
    EligibilityCell,
    FormUse,
    ImportedItem,
    RevisionAuthor,
    SearchEntry,
    SharedDraft,
    Submission,
}
LOGS = [StatusChange, DateChange, AuditEvent, DraftAnswer]
NEVER_ADDED = [*LOGS, CheckedLink]
OURS = ["portal", "projects", "fellowship", "articles"]


def label(value):
    return value._meta.label if isinstance(value, type) else str(value)


def make(model):
    """One row of a model."""
    if model is StatusChange:
        ProjectFactory().move_to("paused", by=UserFactory(), reason="Why")
        return StatusChange.objects.latest("pk")
    if model is DateChange:
        return DateChangeFactory()
    if model is AuditEvent:
        return record(AuditEvent.Kind.SECURITY, by=UserFactory(), about="Somebody")
    if model is DraftAnswer:
        return answer()
    if model is Group:
        return Group.objects.create(name=f"Editors {Group.objects.count()}")
    return {**FACTORIES, **OTHER_FACTORIES}[model]()


def make_many(model, number):
    """Rows of a model, each related to things of its own."""
    if model is Programme:
        assert Programme.objects.exists() or ProgrammeFactory()
        return
    for _ in range(number):
        if "programme" in {field.name for field in model._meta.get_fields()}:
            OTHER_FACTORIES[model](programme=Programme.objects.first() or ProgrammeFactory())
        elif model._meta.model_name == "statement":
            OTHER_FACTORIES[model](subject=list(model.Subject)[model.objects.count() % 3])
        else:
            make(model)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def check(response):
    """An admin page that the staff's policy lets run, with nothing broken in it."""
    assert response.status_code == 200
    page = Page(response.text)
    assert len(page.text("h1")) >= 1
    for script in page.all("script"):
        assert script.get("src") or script.get("type") == "application/json", "the policy refuses scripts in the page"
    for loaded in page.loaded:
        assert loaded.startswith("/"), loaded
        assert not loaded.startswith("//"), loaded
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    return page


def test_every_model_that_staff_should_see_is_registered():
    ours = {model for app in OURS for model in apps.get_app_config(app).get_models()}
    assert set(MODELS) == ours - NOT_FOR_STAFF | {Group}


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_admin_page_opens(admin_client, model):
    item = make(model)
    check(admin_client.get(address(model, "changelist")))
    for page in ("change", "history"):
        check(admin_client.get(address(model, page, item.pk)))
    add = admin_client.get(address(model, "add"))
    deletion = admin_client.get(address(model, "delete", item.pk))
    if model in NEVER_ADDED:
        assert (add.status_code, deletion.status_code) == (403, 403)
    elif model is Programme or issubclass(model, Message):
        assert add.status_code == 403, "there is one already, or they come by forms"
        check(deletion)
    else:
        check(add)
        check(deletion)


def test_the_logs_speak_in_the_words_of_staff(admin_client):
    move, date = make(StatusChange), make(DateChange)
    page = check(admin_client.get(address(StatusChange, "changelist")))
    assert f"| {move.title} | Project | Open | Paused |" in " | ".join(page.text("td"))
    assert {"Project", "Paused"} <= set(page.text("li")), "its filters too"
    page = check(admin_client.get(address(StatusChange, "change", move.pk)))
    assert {"Project", "Open", "Paused"} <= set(page.text("div"))
    assert "Application round" in check(admin_client.get(address(DateChange, "change", date.pk))).text("div")


def test_the_first_programme_can_be_added(admin_client):
    check(admin_client.get(address(Programme, "add")))


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_list_can_be_searched_filtered_and_sorted(admin_client, model):
    make_many(model, 2)
    start = address(model, "changelist")
    page = check(admin_client.get(start))
    ways = {link for link in page.links if link.startswith("?")}
    for query in [*sorted(ways), "?q=x", "?q=%00", "?q=" + "+x" * (MAX_SEARCH // 2), "?all=", "?p=99"]:
        response = admin_client.get(start + query)
        assert response.status_code == 200 or (query == "?p=99" and response.status_code == 302), query
    assert admin_client.get(start, {"nonsense__x": "1"}).status_code == 302
    too_long = admin_client.get(start, {"q": "x " * MAX_SEARCH, "p": "1"}, follow=True)
    assert too_long.redirect_chain == [(f"{start}?p=1", 302)]
    assert "Search for fewer words: 1,000 characters at most." in check(too_long).text("li")


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_thirty_rows_cost_what_one_does(admin_client, model):
    def queries():
        admin_client.get(address(model, "changelist"))
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(address(model, "changelist"))
        return len(captured)

    make_many(model, 1)
    few = queries()
    make_many(model, 29)
    assert queries() == few


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_a_form_that_is_sent_back_unchanged_changes_nothing(admin_client, model):
    if model in LOGS:
        return
    item = make(model)
    before = model._default_manager.filter(pk=item.pk).values().get()
    page = check(admin_client.get(address(model, "change", item.pk)))
    response = admin_client.post(address(model, "change", item.pk), page.fields)
    assert response.status_code == 302, errors(response)
    after = model._default_manager.filter(pk=item.pk).values().get()
    assert {name: value for name, value in after.items() if before[name] != value and name != "updated_at"} == {}


def errors(response):
    context = response.context
    return context["errors"] if context and "errors" in context else response


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_an_empty_form_is_refused_in_words(admin_client, model):
    if model in NEVER_ADDED or issubclass(model, Message):
        return
    response = admin_client.post(address(model, "add"), {})
    if response.status_code == 302:  # nothing is required
        assert model._default_manager.exists()
        return
    assert response.status_code == 200
    assert "errorlist" in response.text or "errornote" in response.text


@pytest.mark.parametrize("kind", Publishable.kinds(), ids=label)
def test_view_on_site_leads_to_the_page_drafts_too(admin_client, kind):
    for status in ("draft", next(status for status in kind.Status if status.is_public)):
        kind._default_manager.all().delete()
        item = FACTORIES[kind](status=status)
        page = check(admin_client.get(address(kind, "change", item.pk)))
        link = reverse("admin:view_on_site", args=[ContentType.objects.get_for_model(kind).pk, item.pk])
        assert link in page.links
        response = admin_client.get(link)
        assert response.status_code == 302
        assert response["Location"].removeprefix("//testserver").removeprefix("http://testserver") == (
            item.get_absolute_url()
        )
        assert admin_client.get(item.get_absolute_url()).status_code == 200


def staff_addresses():
    names = ["index", "password_change", "jsi18n", "autocomplete"]
    yield from (reverse(f"admin:{name}") for name in names)
    for model in MODELS:
        yield address(model, "changelist")
        yield address(model, "add")
        yield address(model, "change", 1)
        yield address(model, "delete", 1)
        yield address(model, "history", 1)


@pytest.mark.parametrize("who", ["nobody", "a reader with an account"])
def test_nobody_but_staff_comes_in(client, who):
    if who != "nobody":
        client.force_login(UserFactory(is_superuser=True))
    for path in staff_addresses():
        response = client.get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith("/admin/login/?next=/admin/"), path


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_staff_see_only_what_they_may(client, model):
    item = make(model)
    client.force_login(StaffFactory())
    for path in (address(model, "changelist"), address(model, "add"), address(model, "change", item.pk)):
        assert client.get(path).status_code == 403, path
    may_view = [f"{model._meta.app_label}.view_{model._meta.model_name}"]
    may_view += ["articles.view_article"] if model is DraftAnswer else []  # it is about one
    client.force_login(StaffFactory(may=may_view))
    check(client.get(address(model, "changelist")))
    check(client.get(address(model, "change", item.pk)))
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "change", item.pk), {}).status_code == 403
    assert client.post(address(model, "delete", item.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=item.pk).exists()


def test_the_site_is_the_portals_own(admin_client):
    response = admin_client.get("/admin/")
    page = check(response)
    assert f"{settings.PORTAL_NAME}: staff" in response.text
    assert page.title.endswith(settings.PORTAL_NAME)
    assert "/static/portal/admin.css" in page.loaded
    assert "/static/portal/icon.svg" in page.loaded
    assert "/" in page.links
    for link in page.links:
        if link.startswith("/admin/") and "logout" not in link:
            assert admin_client.get(link).status_code == 200, link


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_words_from_outside_are_shown_as_text(admin_client, model):
    """A title from a document is no more trusted in the admin than elsewhere."""
    script = "<script>alert(1)</script>"
    item = make(model)
    names = [
        field.name
        for field in model._meta.get_fields()
        if field.concrete and field.get_internal_type() in {"CharField", "TextField"} and not field.choices
    ]
    limits = {name: model._meta.get_field(name).max_length or 1_000 for name in names}
    kept = {"intern", "target"}  # the database has a rule about these
    fitting = {name: script for name, limit in limits.items() if limit >= len(script) and name not in kept}
    model._default_manager.filter(pk=item.pk).update(**fitting)
    for path in (address(model, "changelist"), address(model, "change", item.pk), address(model, "delete", item.pk)):
        assert script not in admin_client.get(path).text, path


def test_terms_and_partners_are_found_while_typing(admin_client):
    project = ProjectFactory()
    source = {"app_label": "projects", "model_name": "project"}
    for name, item in {
        "area": project.area,
        "techniques": project.techniques.get(),
        "modalities": project.modalities.get(),
        "partner": project.partner,
        "round": project.round,
        "supersedes": project,
    }.items():
        response = admin_client.get("/admin/autocomplete/", {**source, "field_name": name, "term": str(item)[:4]})
        assert str(item.pk) in {found["id"] for found in response.json()["results"]}, name
        for words, status in [("x " * (MAX_SEARCH // 2), 200), ("x " * MAX_SEARCH, 400)]:
            response = admin_client.get("/admin/autocomplete/", {**source, "field_name": name, "term": words})
            assert response.status_code == status


def test_every_autocomplete_can_search():
    """A field that completes needs a list that searches; Django's checks say so too."""
    for registered in admin.site._registry.values():
        for name in registered.autocomplete_fields:
            related = registered.model._meta.get_field(name).related_model
            assert admin.site._registry[related].search_fields, name


@pytest.mark.parametrize("log", LOGS, ids=label)
def test_a_log_is_read_and_never_written(admin_client, log):
    change = make(log)
    before = log.objects.values().get(pk=change.pk)
    for page, data in {
        "add": {"title": "Made up", "new": "open"},
        "change": {"title": "Made up", "public_reason": "Nobody said so"},
        "delete": {"post": "yes"},
    }.items():
        args = [] if page == "add" else [change.pk]
        assert admin_client.post(address(log, page, *args), data).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [change.pk], "post": "yes"}
    admin_client.post(address(log, "changelist"), chosen)
    assert log.objects.values().get(pk=change.pk) == before
    page = check(admin_client.get(address(log, "change", change.pk)))
    assert not {field.name for field in log._meta.get_fields()} & set(page.fields)
    with pytest.raises(NoReverseMatch):
        reverse("admin:portal_importeditem_changelist")
