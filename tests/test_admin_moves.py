"""Status moves in the admin: by actions, for those with the publish permission, and every refusal is said."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from portal.models import StatusChange
from portal.publishing import Publishable
from projects.models import Project
from tests.factories import FACTORIES, FellowFactory, ProgrammeFactory, ProjectFactory, StaffFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
PROJECTS = "/admin/projects/project/"


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def changelist(kind):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_changelist")


def named(kind, act):
    return f"{kind._meta.app_label}.{act}_{kind._meta.model_name}"


def staff(kind, *acts):
    return StaffFactory(may=[named(kind, act) for act in acts])


def move(client, status, *items):
    data = {"action": f"move_to_{status}", "_selected_action": [item.pk for item in items]}
    return client.post(changelist(type(items[0])), data, follow=True)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)] or Page(response.text).text("li")


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind in KINDS for status in kind.Status], ids=label)
def test_an_action_moves_to_each_status(client, kind, status):
    other = next(one for one in kind.Status if one != status)
    item, user = FACTORIES[kind](status=other), staff(kind, "view", "change", "publish")
    client.force_login(user)
    offered = {option["value"] for option in Page(client.get(changelist(kind)).text).all("option") if "value" in option}
    assert {f"move_to_{one.value}" for one in kind.Status} <= offered
    response = move(client, status, item)
    item.refresh_from_db()
    assert item.status == status
    assert f"moved to {status.label}. {status.meaning}" in response.text
    change = StatusChange.objects.get()
    assert (change.old, change.new, change.by) == (other, status, user)


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize("acts", [["view"], ["view", "change"], ["view", "change", "add", "delete"]], ids="-".join)
def test_without_the_publish_permission_nothing_is_offered_and_nothing_moves(client, kind, acts):
    item = FACTORIES[kind](status="draft")
    client.force_login(staff(kind, *acts))
    assert "Move to" not in client.get(changelist(kind)).text.replace("“Move to …”", "")
    for status in kind.Status:
        move(client, status.value, item)
    item.refresh_from_db()
    assert item.status == "draft"
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_the_permission_to_publish_one_kind_publishes_no_other(client, kind):
    item = FACTORIES[kind](status="draft")
    other = next(one for one in KINDS if one is not kind)
    client.force_login(StaffFactory(may=[named(kind, "view"), named(other, "publish")]))
    for status in kind.Status:
        move(client, status.value, item)
    item.refresh_from_db()
    assert item.status == "draft"


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_no_form_sets_a_status(admin_client, kind):
    """Not with a field that somebody adds to what the page sends, either."""
    item = FACTORIES[kind](status="draft")
    address = reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_change", args=[item.pk])
    fields = Page(admin_client.get(address).text).fields
    assert not {"status", "published_at", "source_key", "source_text"} & set(fields)
    sneaked = {"status": "published", "published_at_0": "2020-01-01", "published_at_1": "10:00", "source_key": "x"}
    assert admin_client.post(address, {**fields, **sneaked}).status_code == 302
    item.refresh_from_db()
    assert (item.status, item.published_at, item.source_key) == ("draft", None, "")


def test_a_move_says_what_it_refused(admin_client):
    ready, already = ProjectFactory(status="open", title="Bridges"), ProjectFactory(status="paused", title="Tunnels")
    response = move(admin_client, "paused", ready, already)
    assert "1 project moved to Paused." in response.text
    assert "“Tunnels” cannot go from Paused to Paused." in response.text
    ready.refresh_from_db()
    assert ready.status == "paused"


def test_a_move_that_only_the_item_refuses_is_said_too(admin_client):
    without_area = ProjectFactory(status="draft", area=None, title="Placeless")
    response = move(admin_client, "open", without_area)
    assert "“Placeless” cannot become Open: choose an area first." in response.text
    assert "moved to" not in response.text
    without_consent = FellowFactory(status="draft", consent_on=None, name="A. Fellow")
    assert "record the day of their consent first" in move(admin_client, "published", without_consent).text
    assert not StatusChange.objects.exists()


def test_several_are_counted_and_the_rest_is_left_alone(admin_client):
    chosen = ProjectFactory.create_batch(3)
    other = ProjectFactory()
    response = move(admin_client, "archived", *chosen)
    assert "3 projects moved to Archived." in response.text
    assert list(Project.objects.filter(status="open")) == [other]


def test_all_that_the_list_holds_can_be_moved_at_once(admin_client):
    first, *_ = ProjectFactory.create_batch(55)
    data = {"action": "move_to_active", "_selected_action": [first.pk], "select_across": "1"}
    admin_client.post(PROJECTS, data)
    assert Project.objects.filter(status="active").count() == 55


def test_a_move_to_nowhere_moves_nothing(admin_client):
    project = ProjectFactory()
    for action in ("move_to_nowhere", "move_to_", "move_to_published", "_move", ""):
        admin_client.post(PROJECTS, {"action": action, "_selected_action": [project.pk]})
    project.refresh_from_db()
    assert project.status == "open"


def test_a_title_in_a_message_is_text(admin_client):
    project = ProjectFactory(title="<script>alert(1)</script>", status="paused")
    assert "<script>alert" not in move(admin_client, "paused", project).text


def test_the_page_of_an_item_tells_its_history(client):
    project = ProjectFactory(status="open")
    client.force_login(staff(Project, "view", "change", "publish"))
    address = f"{PROJECTS}{project.pk}/change/"
    assert "None in this portal." in client.get(address).text
    project.move_to("paused", by=StaffFactory(first_name="Ada", last_name="Lovelace"))
    text = client.get(address).text
    assert "Open → Paused, by Ada Lovelace" in text
    client.force_login(staff(Project, "add"))
    assert "New pages are drafts." in client.get(f"{PROJECTS}add/").text


def test_a_published_programme_is_seen_at_once(client, admin_client):
    programme = ProgrammeFactory(status="draft", body="Fellows learn here.")
    assert "Fellows learn here." not in client.get("/fellowship/").text
    move(admin_client, "published", programme)
    client.logout()
    assert "Fellows learn here." in client.get("/fellowship/").text
