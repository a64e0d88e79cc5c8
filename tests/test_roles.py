"""The three roles: what a fresh database gives them is what the code says, and the server holds everybody to it."""

import datetime as dt

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from fellowship.models import Cohort
from portal.models import DateChange, User
from portal.publishing import Publishable
from portal.roles import MOVE_DATES, Role, permissions_of
from projects.models import ApplicationRound
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db


def in_role(*roles, **values):
    """A member of staff with roles."""
    user = make.StaffFactory(**values)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def change(item):
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])


def granted(role):
    found = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{one.content_type.app_label}.{one.codename}" for one in found}


@pytest.mark.parametrize("role", Role)
def test_a_fresh_database_gives_each_role_what_the_code_says(role):
    """A new kind of thing fails here until a migration gives it to somebody."""
    assert granted(role) == permissions_of(role)


def test_the_groups_of_a_fresh_database_are_the_roles():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_the_permissions_that_the_migration_makes_are_those_of_django():
    """Made before Django makes them, and neither twice nor in other words."""
    for permission in Permission.objects.filter(group__name__in=Role.values).select_related("content_type").distinct():
        model = permission.content_type.model_class()
        assert model is not None, permission
        act, _, name = permission.codename.rpartition("_")
        if name == model._meta.model_name:
            assert permission.name == f"Can {act} {model._meta.verbose_name_raw}"
    every = Permission.objects.values_list("content_type", "codename")
    assert len(every) == len(set(every))


def test_what_the_roles_are_for():
    editor, publisher, administrator = (permissions_of(role) for role in Role)
    assert editor < publisher
    acts = {name.split(".")[1].partition("_")[0] for name in editor}
    assert acts == {"view", "add", "change"}
    for kind in Publishable.kinds():
        opts = kind._meta
        assert f"{opts.app_label}.publish_{opts.model_name}" in publisher - editor
        assert f"{opts.app_label}.delete_{opts.model_name}" in publisher - editor
    assert MOVE_DATES in publisher - editor
    people = {"portal.add_user", "portal.change_user", "portal.delete_user", "portal.view_auditevent"}
    assert people <= administrator
    assert not people & publisher
    assert not {name for name in administrator if name.split(".")[0] not in {"portal", "auth"}}


# Dates


def window(kind):
    opens_at = timezone.now().replace(microsecond=0) + dt.timedelta(days=1)
    values = {"opens_at": opens_at, "closes_at": opens_at + dt.timedelta(days=30)}
    return make.CohortFactory(**values) if kind is Cohort else make.ApplicationRoundFactory(**values)


@pytest.mark.parametrize("kind", [Cohort, ApplicationRound])
def test_an_editor_writes_the_text_of_a_window_and_not_its_dates(client, kind):
    item = window(kind)
    client.force_login(in_role(Role.EDITOR))
    page = Page(client.get(change(item)).text)
    assert not [name for name in page.fields if name.startswith(("opens_at", "closes_at"))]
    sent = {
        **page.fields,
        "how_to_apply": "By letter.",
        "opens_at_0": "2020-01-01",
        "opens_at_1": "09:00",
        "closes_at_0": "2099-01-01",
        "closes_at_1": "09:00",
    }
    response = client.post(change(item), sent)
    assert response.status_code == 302, response.context["errors"]
    after = kind.objects.get(pk=item.pk)
    assert after.how_to_apply == "By letter."
    assert (after.opens_at, after.closes_at) == (item.opens_at, item.closes_at)
    assert not DateChange.objects.exists()


@pytest.mark.parametrize("kind", [Cohort, ApplicationRound])
def test_a_publisher_moves_the_dates(client, kind):
    item = window(kind)
    client.force_login(in_role(Role.PUBLISHER))
    fields = Page(client.get(change(item)).text).fields
    response = client.post(change(item), {**fields, "closes_at_0": "2099-01-01", "closes_at_1": "09:00"})
    assert response.status_code == 302, response.context["errors"]
    assert kind.objects.get(pk=item.pk).closes_at.year == 2099
    assert DateChange.objects.filter(field="closes_at").count() == 1


def test_a_round_that_an_editor_makes_has_its_dates_to_be_announced(client):
    client.force_login(in_role(Role.EDITOR))
    address = reverse("admin:projects_applicationround_add")
    fields = Page(client.get(address).text).fields
    client.post(address, {**fields, "name": "Spring", "opens_at_0": "2020-01-01", "opens_at_1": "09:00"})
    made = ApplicationRound.objects.get(name="Spring")
    assert (made.opens_at, made.closes_at) == (None, None)


# Deleting


@pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind._meta.model_name)
def test_an_editor_deletes_nothing_and_a_publisher_may(client, kind):
    item = make.FACTORIES[kind](status="draft")
    address = change(item).replace("/change/", "/delete/")
    chosen = {"action": "delete_selected", "_selected_action": [item.pk], "post": "yes"}
    client.force_login(in_role(Role.EDITOR))
    assert client.get(address).status_code == 403
    assert client.post(address, {"post": "yes"}).status_code == 403
    client.post(address.replace(f"{item.pk}/delete/", ""), chosen)
    assert kind.objects.filter(pk=item.pk).exists()
    client.force_login(in_role(Role.PUBLISHER))
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not kind.objects.filter(pk=item.pk).exists()


# People


def sent_of(client, user, **values):
    return {**Page(client.get(change(user)).text).fields, **values}


def test_editors_and_publishers_have_nothing_to_do_with_people(client):
    somebody = make.StaffFactory()
    client.force_login(in_role(Role.EDITOR, Role.PUBLISHER))
    for name in ("portal_user", "auth_group", "portal_auditevent"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
    assert client.post(change(somebody), {"is_superuser": "on"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[somebody.pk])
    assert client.post(password, {"password1": "x" * 20, "password2": "x" * 20}).status_code == 403


def test_an_administrator_makes_an_account_and_gives_a_role(client):
    client.force_login(in_role(Role.ADMINISTRATOR))
    words = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
    response = client.post(reverse("admin:portal_user_add"), {"username": "newcomer", **words})
    user = User.objects.get(username="newcomer")
    assert response["Location"] == change(user)
    role = Group.objects.get(name=Role.EDITOR)
    response = client.post(change(user), sent_of(client, user, is_staff="on", groups=[role.pk]))
    assert response.status_code == 302, response.context["errors"]
    user = User.objects.get(pk=user.pk)
    assert user.is_staff
    assert user.has_perm("projects.change_project")
    assert not user.has_perm("projects.publish_project")


def test_an_administrator_cannot_make_a_superuser_nor_give_more_than_roles(client):
    administrator = in_role(Role.ADMINISTRATOR)
    client.force_login(administrator)
    everything = list(Permission.objects.values_list("pk", flat=True))
    for user in (make.StaffFactory(), administrator):
        sent = sent_of(client, user, is_superuser="on", user_permissions=everything)
        assert client.post(change(user), sent).status_code == 302
        user = User.objects.get(pk=user.pk)
        assert not user.is_superuser
        assert not user.user_permissions.exists()


def test_an_administrator_cannot_touch_a_superuser(client):
    root = make.StaffFactory(is_superuser=True)
    client.force_login(in_role(Role.ADMINISTRATOR))
    assert client.post(change(root), {"username": "mine"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(password, {"password1": "x" * 20, "password2": "x" * 20}).status_code == 403
    assert client.post(change(root).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(reverse("admin:portal_user_changelist"), chosen)
    assert User.objects.get(pk=root.pk).username == root.username


def test_nobody_deletes_their_own_account(client):
    for user in (in_role(Role.ADMINISTRATOR), make.StaffFactory(is_superuser=True)):
        client.force_login(user)
        assert client.post(change(user).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("who", ["an administrator", "a superuser"])
def test_the_roles_themselves_are_changed_by_nobody(client, who):
    user = in_role(Role.ADMINISTRATOR) if who == "an administrator" else make.StaffFactory(is_superuser=True)
    client.force_login(user)
    role = Group.objects.get(name=Role.EDITOR)
    everything = list(Permission.objects.values_list("pk", flat=True))
    assert client.get(change(role)).status_code == 200
    assert client.post(change(role), {"name": "Editor", "permissions": everything}).status_code == 403
    assert client.post(change(role).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert granted(Role.EDITOR) == permissions_of(Role.EDITOR)


def test_a_group_of_any_permissions_is_made_by_a_superuser_only(client):
    address = reverse("admin:auth_group_add")
    client.force_login(in_role(Role.ADMINISTRATOR))
    assert client.post(address, {"name": "Everything"}).status_code == 403
    client.force_login(make.StaffFactory(is_superuser=True))
    assert client.post(address, {"name": "Readers"}).status_code == 302


def test_an_administrator_deletes_an_account_whatever_it_has_done_and_set_up(client):
    somebody = in_role(Role.PUBLISHER)
    make.ProjectFactory().move_to("paused", by=somebody, reason="Why")
    TOTP.activate(somebody, "JBSWY3DPEHPK3PXP")
    client.force_login(somebody)
    address = reverse("admin:portal_notice_add")
    fields = Page(client.get(address).text).fields
    assert client.post(address, {**fields, "title": "News", "body": "News."}).status_code == 302
    client.force_login(in_role(Role.ADMINISTRATOR))
    assert client.post(change(somebody).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=somebody.pk).exists()
