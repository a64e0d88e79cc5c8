"""The second step: asked for before anything of the admin opens, and set up at the first log-in."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal.audit import AuditEvent
from tests.factories import PASSWORD, ArticleFactory, ProgrammeFactory, StaffFactory
from tests.pages import Page
from tests.test_admin import staff_addresses
from tests.test_architecture import WRITTEN

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
SECURITY = "/admin/security/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def strict(settings):
    settings.REQUIRE_MFA = True
    cache.clear()


@pytest.fixture(autouse=True)
def clock():
    """Half-way through a step of the app, so that no test meets the end of one."""
    with time_machine.travel("2026-11-20 12:00:15+00:00", tick=False) as found:
        yield found


def shown(secret=SECRET):
    """The digits on the screen of an app."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_app(**values):
    """Somebody who has set up an app before, and their recovery codes."""
    user = StaffFactory(is_superuser=True, **values)
    TOTP.activate(user, SECRET)
    return user, RecoveryCodes.activate(user).get_unused_codes()


def log_in(client, user):
    return client.post(LOGIN, {"login": user.username, "password": PASSWORD})


def enter(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def opens(client):
    return client.get("/admin/").status_code == 200


def kinds():
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "detail"))


# The first log-in


def test_nothing_opens_until_a_second_step_is_set_up(client):
    """Superusers are no exception, and to guess an address helps nobody."""
    log_in(client, StaffFactory(is_superuser=True))
    for path in staff_addresses():
        response = client.get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith(f"{LOGIN}?next=/admin/"), path
        assert client.get(response["Location"])["Location"] == SECURITY
    for path in ("/admin/markdownx/markdownify/", "/admin/markdownx/upload/"):
        assert client.post(path, {"content": "x"}).status_code == 403
    assert "One step is left." in client.get(SECURITY).text


def test_drafts_on_public_pages_are_for_those_who_are_all_the_way_in(client):
    draft, programme = ArticleFactory(status="draft"), ProgrammeFactory(status="draft", body="Only for staff so far.")
    user, codes = with_app()
    newcomer = StaffFactory(is_superuser=True)
    log_in(client, newcomer)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert programme.body not in client.get("/fellowship/").text
    client.logout()
    log_in(client, user)
    enter(client, codes[0])
    assert client.get(draft.get_absolute_url()).status_code == 200
    assert programme.body in client.get("/fellowship/").text


def test_no_view_asks_for_drafts_past_it():
    asking = [path.name for path in WRITTEN if "visible_to(request.user" in path.read_text()]
    assert asking == []


@pytest.mark.django_db(transaction=True)  # allauth says that it is done when the transaction is
def test_setting_up_an_app_leads_in(client):
    log_in(client, StaffFactory(is_superuser=True))
    confirm = client.get(reverse("mfa_activate_totp"), follow=True)
    assert confirm.redirect_chain[-1][0].startswith("/admin/confirm/password/")
    page = client.post(confirm.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "That code is not right." in wrong.text
    assert not opens(client)
    done = client.post(reverse("mfa_activate_totp"), {"code": shown(secret)}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    assert len(done.context["unused_codes"]) == 10
    assert opens(client)
    assert client.get(reverse("mfa_download_recovery_codes")).text.split() == done.context["unused_codes"]


def test_without_the_password_nothing_is_set_up(client):
    user = StaffFactory(is_superuser=True)
    log_in(client, user)
    for name in ("mfa_activate_totp", "mfa_add_webauthn"):
        response = client.post(reverse(name), {"code": shown(), "credential": "{}"})
        assert response["Location"].startswith("/admin/confirm/password/")
    client.post("/admin/confirm/password/", {"password": "wrong"})
    assert client.get(reverse("mfa_activate_totp")).status_code == 302
    assert not Authenticator.objects.exists()


def test_a_portal_that_does_not_ask_lets_the_password_in(client, settings):
    settings.REQUIRE_MFA = False
    log_in(client, StaffFactory(is_superuser=True))
    assert opens(client)
    assert "One step is left." not in client.get(SECURITY).text


# Every later one


def test_the_code_of_the_app_leads_in_and_works_once(client, clock):
    user, _ = with_app()
    assert log_in(client, user)["Location"] == reverse("mfa_authenticate")
    assert not opens(client)
    assert enter(client, shown())["Location"] == "/admin/"
    assert opens(client)
    client.logout()
    log_in(client, user)
    assert "That code is not right." in enter(client, shown()).text, "read over somebody's shoulder"
    clock.shift(30)
    assert enter(client, shown()).status_code == 302


def test_a_recovery_code_works_once_and_is_noted(client):
    user, codes = with_app()
    log_in(client, user)
    assert enter(client, codes[3]).status_code == 302
    assert ("security", "a recovery code was used") in kinds()
    client.logout()
    log_in(client, user)
    assert "That code is not right." in enter(client, codes[3]).text


def test_codes_cannot_be_tried_out(client):
    user, codes = with_app()
    log_in(client, user)
    for _ in range(5):
        assert "That code is not right." in enter(client, "000000").text
    assert "That was tried too often." in enter(client, "000000").text
    assert "That was tried too often." in enter(client, codes[0]).text
    assert not opens(client)
    assert kinds().count(("refused", "wrong code at the second step")) == 5


def test_a_code_alone_is_nothing(client):
    with_app()
    assert enter(client, shown())["Location"] == LOGIN
    assert not opens(client)


def test_a_session_of_before_has_to_show_the_second_step_too(client):
    """Somebody with a stolen password-only session must not get past the app, nor take it away."""
    user = StaffFactory(is_superuser=True)
    log_in(client, user)
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    assert not opens(client)
    sent = client.get(f"{LOGIN}?next=/admin/projects/")
    assert sent["Location"] == "/admin/confirm/code/?next=%2Fadmin%2Fprojects%2F"
    for name in ("mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        assert client.post(reverse(name), {})["Location"].startswith("/admin/confirm/code/"), name
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes"):
        assert client.get(reverse(name))["Location"].startswith("/admin/confirm/code/"), name
    assert client.post("/admin/confirm/password/", {"password": PASSWORD})["Location"] == "/admin/confirm/code/"
    assert not opens(client)
    assert Authenticator.objects.filter(user=user).count() == 2
    client.post(sent["Location"], {"code": shown()})
    assert opens(client)


def test_the_second_step_of_another_is_not_ones_own(client):
    """The record of it in the session is bound to the person."""
    user, codes = with_app()
    log_in(client, user)
    enter(client, codes[0])
    other = StaffFactory(is_superuser=True)
    session = client.session
    session["_auth_user_id"] = str(other.pk)
    session["_auth_user_hash"] = other.get_session_auth_hash()
    session.save()
    assert not opens(client)


# Taking it away


def test_the_last_one_stays_where_it_is_asked_for(client, settings):
    user, codes = with_app()
    log_in(client, user)
    enter(client, codes[0])
    client.post("/admin/confirm/code/", {"code": codes[1]})
    page = client.get(reverse("mfa_deactivate_totp"))
    assert "Add a passkey before you take away the app." in page.text
    assert not [form for form in Page(page.text).all("form") if "remove" in form.get("action", "")]
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    settings.REQUIRE_MFA = False
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=user).exists(), "the codes go with it"
    assert ("security", "removed: authenticator app") in kinds()


def test_a_passkey_of_another_cannot_be_removed_or_renamed(client):
    user, codes = with_app()
    other = StaffFactory()
    theirs = Authenticator.objects.create(user=other, type="webauthn", data={"name": "Theirs", "credential": {}})
    log_in(client, user)
    enter(client, codes[0])
    client.post("/admin/confirm/code/", {"code": codes[1]})
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[theirs.pk])).status_code == 404
        assert client.post(reverse(name, args=[theirs.pk]), {"name": "Mine"}).status_code == 404


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": 1}', '{"response": {"userHandle": "eA"}}', "x"])
def test_a_made_up_passkey_is_refused(client, credential):
    user, _ = with_app()
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert response["Location"] == LOGIN
    log_in(client, user)
    assert client.post(reverse("mfa_authenticate"), {"credential": credential}).status_code == 200
    assert not opens(client)


def test_secrets_are_nowhere_in_the_admin(admin_client, settings):
    settings.REQUIRE_MFA = False
    user, _ = with_app()
    for path in (f"/admin/portal/user/{user.pk}/change/", f"/admin/portal/user/{user.pk}/delete/"):
        assert SECRET not in admin_client.get(path).text
    for path in ("/admin/mfa/authenticator/", "/admin/account/emailaddress/"):
        assert admin_client.get(path).status_code == 404


# A lost device


def test_an_operator_resets_who_has_lost_everything(client, capsys):
    user, codes = with_app(username="ada")
    log_in(client, user)
    enter(client, codes[0])
    assert opens(client)
    call_command("reset_mfa", "ada")
    assert "ada logs in with the password alone, once" in capsys.readouterr().out
    assert client.get(SECURITY)["Location"].startswith(LOGIN), "whoever has the device is logged out"
    assert not Authenticator.objects.exists()
    assert ("security", "second step reset on the command line, 1 session ended") in kinds()
    assert log_in(client, user)["Location"] == "/admin/"
    assert not opens(client)
    assert client.get(LOGIN)["Location"] == SECURITY


def test_nobody_is_reset_by_a_typing_error():
    with_app(username="ada")
    with pytest.raises(CommandError, match="no account “adda”"):
        call_command("reset_mfa", "adda")
    assert Authenticator.objects.count() == 2
