"""The pages of signing in, below the admin's own address: so no public page has to do with sessions or scripts.

Named one by one, since much of what allauth offers, such as sign-up and addresses to manage, is not for a portal whose
accounts are made by an administrator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkey
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from portal.sign_in import has_second_step

View = Callable[..., Any]


def shown(view: View, title: str) -> View:
    """A view of allauth as a page of the admin: its header, its menu for whoever may use it, and a title."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and not response.is_rendered:
            frame = admin.site.each_context(request)
            frame["is_nav_sidebar_enabled"] = frame["is_nav_sidebar_enabled"] and frame["has_permission"]
            about = {
                "title": title,
                "subtitle": None,
                "must_set_up": settings.REQUIRE_MFA and not frame["has_permission"],
                "resets_by_mail": bool(settings.EMAIL_HOST),
                "organisation": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
                "organisation_url": _through_the_organisation(request) if settings.OIDC_SERVER_URL else "",
            }
            response.context_data = {**frame, **about, **(response.context_data or {})}
        return response

    return never_cache(page)


def _through_the_organisation(request: HttpRequest) -> str:
    following = get_next_redirect_url(request)
    query = f"?{urlencode({'next': following})}" if following else ""
    return reverse("openid_connect_login", args=["staff"]) + query


def sign_in(request: HttpRequest) -> Any:
    """The form; whoever has signed in already is sent on to where they were going, or to what is still missing."""
    user = request.user
    if request.method == "GET" and user.is_authenticated and user.is_staff:
        following = get_next_redirect_url(request) or reverse("admin:index")
        if admin.site.has_permission(request):
            return HttpResponseRedirect(following)
        if has_second_step(user):
            return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': following})}")
        return redirect("mfa_index")
    return account.login(request)


def forgotten(request: HttpRequest) -> Any:
    """A new password by email. Where the portal sends none, the page says whom to ask, and nothing can be sent."""
    if not settings.EMAIL_HOST:
        request.method = "GET"
    return account.password_reset(request)


def page(route: str, view: View, title: str, name: str) -> URLPattern:
    return path(route, shown(view, title), name=name)


urlpatterns: list[URLPattern | URLResolver] = [
    page("login/", sign_in, "Log in", "account_login"),
    page("logout/", account.logout, "Log out", "account_logout"),
    page("login/refused/", account.account_inactive, "You cannot use this account", "account_inactive"),
    page("sign-up/", account.signup, "There is no sign-up", "account_signup"),
    page("confirm/password/", account.reauthenticate, "Confirm that it is you", "account_reauthenticate"),
    page("confirm/code/", second_step.reauthenticate, "Confirm that it is you", "mfa_reauthenticate"),
    page("confirm/passkey/", passkey.reauthenticate_webauthn, "Confirm that it is you", "mfa_reauthenticate_webauthn"),
    page("forgotten-password/", forgotten, "Forgotten password", "account_reset_password"),
    page("forgotten-password/sent/", account.password_reset_done, "Look at your email", "account_reset_password_done"),
    re_path(
        r"^forgotten-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        shown(account.password_reset_from_key, "Choose a new password"),
        name="account_reset_password_from_key",
    ),
    page(
        "forgotten-password/done/",
        account.password_reset_from_key_done,
        "Your password is changed",
        "account_reset_password_from_key_done",
    ),
    page("login/second-step/", second_step.authenticate, "Second step", "mfa_authenticate"),
    path("login/passkey/", passkey.login_webauthn, name="mfa_login_webauthn"),
    page("security/", second_step.index, "Security", "mfa_index"),
    page("security/app/", app.activate_totp, "Set up an authenticator app", "mfa_activate_totp"),
    page("security/app/remove/", app.deactivate_totp, "Remove the authenticator app", "mfa_deactivate_totp"),
    page("security/codes/", recovery.view_recovery_codes, "Recovery codes", "mfa_view_recovery_codes"),
    page("security/codes/new/", recovery.generate_recovery_codes, "New recovery codes", "mfa_generate_recovery_codes"),
    path("security/codes/download/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    page("security/passkeys/", passkey.list_webauthn, "Passkeys", "mfa_list_webauthn"),
    page("security/passkeys/add/", passkey.add_webauthn, "Add a passkey", "mfa_add_webauthn"),
    page("security/passkeys/<int:pk>/", passkey.edit_webauthn, "Name of the passkey", "mfa_edit_webauthn"),
    page("security/passkeys/<int:pk>/remove/", passkey.remove_webauthn, "Remove the passkey", "mfa_remove_webauthn"),
]
if apps.is_installed("allauth.socialaccount"):
    from allauth.socialaccount import views as social

    urlpatterns += [
        page("organisation/cancelled/", social.login_cancelled, "You did not log in", "socialaccount_login_cancelled"),
        page("organisation/failed/", social.login_error, "That did not work", "socialaccount_login_error"),
        page("organisation/sign-up/", account.signup, "There is no sign-up", "socialaccount_signup"),
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    ]
