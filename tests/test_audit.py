"""The audit list: everything that somebody may be asked about is in it once, and stays when they leave."""

import csv
import io

import pytest
from allauth.core import context
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse

from portal.audit import AuditEvent
from portal.auditing import record
from portal.models import DateChange, ForwardingAddress, StatusChange, User
from portal.publishing import Publishable
from portal.roles import Role
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db

LIST = "/admin/portal/auditevent/"


@pytest.fixture
def ada(client):
    """A superuser at work."""
    user = make.StaffFactory(username="ada", first_name="Ada", last_name="Lovelace", is_superuser=True)
    client.force_login(user)
    AuditEvent.objects.all().delete()
    return user


def events(**lookup):
    found = AuditEvent.objects.filter(**lookup).order_by("pk")
    return list(found.values_list("kind", "by_name", "about", "detail"))


def delete(client, item):
    address = reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_delete", args=[item.pk])
    return client.post(address, {"post": "yes"})


# What is written


@pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind._meta.model_name)
def test_a_move_of_status_is_said_in_words(kind, ada):
    item = make.FACTORIES[kind](status="draft")
    AuditEvent.objects.all().delete()
    new = next(status for status in kind.Status if status.is_public)
    item.move_to(new, by=ada)
    assert events() == [("status", "Ada Lovelace", str(item), f"Draft → {new.label}")]


def test_a_deletion_is_one_event_whatever_falls_with_it(client, ada):
    project = make.ProjectFactory(title="Waiting lists")
    make.OutputFactory.create_batch(2, placement=make.PlacementFactory(project=project))
    assert delete(client, project).status_code == 302
    assert events(kind="deletion") == [("deletion", "Ada Lovelace", "project: Waiting lists", "")]


def test_each_of_many_that_are_deleted_at_once_is_named(client, ada):
    items = make.ForwardingAddressFactory.create_batch(3)
    chosen = {"action": "delete_selected", "_selected_action": [item.pk for item in items], "post": "yes"}
    client.post("/admin/portal/forwardingaddress/", chosen)
    assert not ForwardingAddress.objects.exists()
    said = {about for _, by, about, _ in events(kind="deletion") if by == "Ada Lovelace"}
    assert said == {f"forwarding address: {item}" for item in items}


def test_what_goes_on_the_command_line_is_noted_without_a_person():
    make.OrganisationFactory(name="Trust A").delete()
    assert events(kind="deletion") == [("deletion", "", "organisation: Trust A", "")]


def test_an_account_and_what_it_may_do(client, ada):
    call_command("createsuperuser", "--no-input", "--username", "root", "--email", "root@portal.example")
    assert events() == [("permission", "", "root", "account made, now active, now staff, now superuser")]
    AuditEvent.objects.all().delete()
    user = make.StaffFactory(username="grace")
    address = reverse("admin:portal_user_change", args=[user.pk])
    AuditEvent.objects.all().delete()
    roles = list(Group.objects.filter(name__in=[Role.EDITOR, Role.PUBLISHER]).values_list("pk", flat=True))
    sent = {**Page(client.get(address).text).fields, "groups": roles, "is_superuser": "on"}
    assert client.post(address, sent).status_code == 302
    assert events() == [
        ("permission", "Ada Lovelace", "grace", "now superuser"),
        ("permission", "Ada Lovelace", "grace", "given: Editor, Publisher"),
    ]
    AuditEvent.objects.all().delete()
    sent.pop("is_active")
    client.post(address, {**sent, "groups": roles[:1]})
    assert ("permission", "Ada Lovelace", "grace", "no longer active") in events()
    assert len(events()) == 2


def test_permissions_of_people_and_of_groups(ada):
    group, permission = Group.objects.create(name="Readers"), Permission.objects.first()
    group.permissions.add(permission)
    assert events()[-1][2:] == ("Readers", f"given: {permission}")
    group.permissions.clear()
    assert events()[-1][2:] == ("Readers", f"all taken away: {permission}")
    ada.user_permissions.add(permission)
    assert events()[-1][2:] == ("Ada Lovelace", f"given: {permission}")
    group.user_set.add(ada)
    assert events()[-1][2:] == ("Readers", "given: ada")
    count = AuditEvent.objects.count()
    group.user_set.add(ada)  # nothing new
    assert AuditEvent.objects.count() == count


def test_a_new_password_is_noted_and_never_what_it_is(client, ada):
    user = make.StaffFactory(username="grace")
    new = "a password of length"
    sent = {"password1": new, "password2": new, "usable_password": "true"}
    response = client.post(reverse("admin:auth_user_password_change", args=[user.pk]), sent)
    assert response.status_code == 302
    assert ("security", "Ada Lovelace", "grace", "password changed") in events()
    sent = {"old_password": make.PASSWORD, "new_password1": new, "new_password2": new}
    client.post("/admin/password_change/", sent)
    assert events()[-1] == ("security", "Ada Lovelace", "Ada Lovelace", "password changed")
    assert not [event for event in events() if new in "".join(event)]


def test_a_better_hash_of_the_same_password_is_no_news(client, settings):
    user = make.StaffFactory()
    AuditEvent.objects.all().delete()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    client.post("/admin/login/", {"login": user.username, "password": make.PASSWORD})
    assert User.objects.get(pk=user.pk).password.startswith("scrypt")
    assert [kind for kind, *_ in events()] == ["sign-in"]


def test_coming_in_going_out_and_being_refused(client):
    user = make.StaffFactory(username="grace")
    closed = make.StaffFactory(username="closed", is_active=False)
    AuditEvent.objects.all().delete()
    for name, password in [
        ("grace", "wrong"),
        (closed.username, make.PASSWORD),
        ("hunter2-typed-as-a-name", "x"),
        ("grace", make.PASSWORD),
    ]:
        client.post("/admin/login/", {"login": name, "password": password})
    client.post("/admin/logout/")
    assert events() == [
        ("refused", "", "grace", "wrong password"),
        ("refused", "", "closed", "account may not enter"),
        ("sign-in", "grace", "grace", ""),
        ("sign-out", "grace", "grace", ""),
    ]
    assert user.pk == AuditEvent.objects.get(kind="sign-in").by_id


# Who leaves


def test_deleting_an_account_keeps_every_record_of_what_it_did(client, ada):
    grace = make.StaffFactory(username="grace", first_name="Grace", last_name="Hopper", is_superuser=True)
    client.force_login(grace)
    project = make.ProjectFactory(title="Waiting lists")
    project.move_to("paused", by=grace, reason="A pause")
    window = make.ApplicationRoundFactory()
    make.DateChangeFactory(window=window, by=grace, by_name="Grace Hopper")
    notice = make.NoticeFactory(title="News")
    address = reverse("admin:portal_notice_change", args=[notice.pk])
    client.post(address, {**Page(client.get(address).text).fields, "title": "Old news"})
    assert LogEntry.objects.filter(user=grace).exists()
    client.force_login(ada)
    assert delete(client, grace).status_code == 302
    assert not User.objects.filter(username="grace").exists()
    assert StatusChange.objects.get(new="paused").by_name == "Grace Hopper"
    assert DateChange.objects.filter(by=None, by_name="Grace Hopper").exists()
    mine = events(by_name="Grace Hopper")
    assert ("status", "Grace Hopper", "Waiting lists", "Open → Paused") in mine
    assert ("sign-in", "Grace Hopper", "Grace Hopper", "") in mine
    kept = next(event for event in mine if event[0] == "edit")
    assert kept[2] == "notice: Old news"
    assert kept[3].startswith("Change. Changed Title")
    assert ("deletion", "Ada Lovelace", "user: Grace Hopper", "") in events()
    assert set(AuditEvent.objects.filter(by_name="Grace Hopper").values_list("by", flat=True)) == {None}


def test_who_deletes_their_own_account_stays_in_words(ada):
    """Not in the admin, which refuses it, but whatever else may do so has to leave the list whole."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=ada.pk)
    with context.request_context(request):
        request.user.delete()
    assert events(kind="deletion") == [("deletion", "Ada Lovelace", "user: Ada Lovelace", "")]


# Who reads it


def rows(response):
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline=""), strict=True))


def test_an_administrator_reads_and_exports_it_and_nobody_else(client):
    record(AuditEvent.Kind.SECURITY, by=None, about="grace")
    for role in Role:
        user = make.StaffFactory()
        user.groups.set(Group.objects.filter(name=role))
        client.force_login(user)
        status = 200 if role == Role.ADMINISTRATOR else 403
        assert client.get(LIST).status_code == status
        assert client.post(f"{LIST}export/").status_code == status
        assert client.get(f"{LIST}export/").status_code == 405, "that it was made is noted, so a link does not make it"
    client.logout()
    assert client.post(f"{LIST}export/").status_code == 302
    assert AuditEvent.objects.filter(kind="export").count() == 1


def test_the_file_holds_what_the_list_shows(client, ada):
    record(AuditEvent.Kind.SECURITY, by=ada, about="Zoë", detail="a, b\n“c”")
    record(AuditEvent.Kind.DELETION, by=ada, about="project: Zoë")
    record(AuditEvent.Kind.DELETION, by=None, about="project: Adam")
    page = Page(client.get(f"{LIST}?kind__exact=deletion&q=Zo%C3%AB").text)
    (form,) = [form for form in page.all("form") if "export" in form.get("action", "")]
    response = client.post(form["action"])
    head, *found = rows(response)
    assert head == ["Time", "Kind", "By", "About", "Detail"]
    assert [row[1:] for row in found] == [["Deletion", "Ada Lovelace", "project: Zoë", ""]]
    assert "attachment" in response["Content-Disposition"]
    assert events(kind="export") == [("export", "Ada Lovelace", "audit events", "1 event")]
    assert [row[3:] for row in rows(client.post(f"{LIST}export/"))][-1] == ["Zoë", "a, b\n“c”"]


def test_no_cell_of_the_file_is_a_formula(client, ada):
    for sign in "=+-@\t\r＝":
        record(AuditEvent.Kind.SECURITY, by=None, about=f"{sign}cmd()", detail=f" {sign}1+1")
    for row in rows(client.post(f"{LIST}export/"))[1:]:
        for cell in row:
            assert not cell.strip().startswith(tuple("=+-@＝")), row


def test_a_filter_that_means_nothing_is_no_error(client, ada):
    response = client.post(f"{LIST}export/?nonsense__x=1")
    assert response.status_code == 302


def test_words_of_any_length_fit():
    event = record(AuditEvent.Kind.SECURITY, by=None, about="x" * 1000, detail="y" * 10_000)
    event.refresh_from_db()
    assert len(event.about) == 300
