"""How staff sign in: django-allauth, without sign-up, and with a second step where the portal asks for one.

The public has no accounts. Whoever signs in is staff, and an administrator made the account.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.signals import password_reset
from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.core.mail import send_mail
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal import attempts, auditing, limits
from portal.audit import AuditEvent
from portal.models import User, person_in_words
from portal.sign_in_forms import begin
from portal.sign_in_sessions import may_have_sessions

# Recovery codes stand in for one of these; alone they are no second step.
SECOND_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

WAYS = {
    "mfa_reauthenticate": "Enter a code of the app, or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}

RESET_MAIL = """Somebody, most likely you, asked for a new password for {name}.

To choose one, open this page:

{password_reset_url}

Your username is {username}. If you did not ask, you need do nothing: your password stays as it is.
"""
UNKNOWN_MAIL = """Somebody asked for a new password for {name} with this email address.

No account has this address. If it was you, try the address that your account has, or ask an administrator.
If it was not you, you need do nothing.
"""
MAILS = {"account/email/password_reset_key": RESET_MAIL, "account/email/unknown_account": UNKNOWN_MAIL}


class StaffBackend(AuthenticationBackend):
    """Staff by name or address and password. Whoever may not enter is nobody, in the middle of a session too.

    One question and one hash whatever is typed, and one row written where it is wrong: neither the answer nor the time
    that it takes says which accounts there are.
    """

    def authenticate(
        self, request: HttpRequest | None, attempt: attempts.Attempt | None = None, **credentials: Any
    ) -> User | None:
        name, password = credentials.get("username") or credentials.get("email"), credentials.get("password")
        if not name or not password:
            return None
        user = account_of(name)
        if user is None:
            User().set_password(password)
        elif user.check_password(password) and self.user_can_authenticate(user):
            return user
        if user is not None:
            # What strangers type is not kept: it may be somebody's password.
            words = "wrong password" if self.user_can_authenticate(user) else "account may not enter"
            auditing.record(AuditEvent.Kind.REFUSED, by=None, about=person_in_words(user), detail=words)
        elif attempt is not None:
            attempt.fail()
        return None

    def user_can_authenticate(self, user: Any) -> bool:
        return may_have_sessions(user)


def account_of(name: str) -> User | None:
    """The account of this name, else the only one with this address, small or capital."""
    found = list(User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)))
    by_name = [user for user in found if user.username.lower() == name.lower()]
    by_address = [user for user in found if user.email.lower() == name.lower()]
    same = [user for user in by_name if user.username == name] or by_name or by_address
    return same[0] if len(same) == 1 else None


class StaffAdapter(DefaultAccountAdapter):
    """The portal's answers to the questions that allauth asks about accounts."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That username or password is not right.",
        "email_password_mismatch": "That email address or password is not right.",
        "incorrect_password": "That is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The member of staff with this password. Whoever may not enter gets the answer of a wrong password.

        Raises ``ValidationError`` where it was tried too often.
        """
        name = credentials.get("username") or credentials.get("email") or ""
        attempt = begin(request, attempts.PASSWORD, name)
        user = authenticate(request, attempt=attempt, **credentials)
        if user is not None:
            attempt.succeed()
        return user

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """A passkey or an organisation's sign-in opens nothing for an account that may not enter."""
        if user.is_active and user.is_staff:
            return None
        clear_login(request)
        return self.respond_user_inactive(request, user)

    def is_safe_url(self, url: str) -> bool:
        """Whether somebody who has signed in may be sent on to it: to this very host and no other of the settings."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.network_of(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Never at the host that a request named: the letter would lead to whoever sent it."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PORTAL_URL + path.replace("UID-KEY", quote(key))

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """To the address of the account, whatever was typed."""
        super().send_password_reset_mail(user, user.email, context)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second step confirms by it: a password alone must not be enough to take it away."""
        methods = super().get_reauthentication_methods(user)
        by_second_step = [
            method | {"description": WAYS[method["id"]]} for method in methods if method["id"] != "reauthenticate"
        ]
        if not Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists():
            by_second_step.reverse()  # the passkey, then the recovery codes
        return by_second_step or methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        words = {"name": settings.PORTAL_NAME, **{name: str(value) for name, value in context.items()}}
        subject = f"New password for {settings.PORTAL_NAME}"
        send_mail(subject, MAILS[template_prefix].format_map(words), settings.DEFAULT_FROM_EMAIL, [email])


class SecondStepAdapter(DefaultMFAAdapter):
    """The portal's answers to the questions that allauth asks about the second step."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right. Codes change every 30 seconds: enter the one that is shown now.",
        "cannot_delete_authenticator": "The portal asks for a second step. Add a passkey before you take away the app.",
        "cannot_generate_recovery_codes": "Recovery codes stand in for an app or a passkey. Set up one of them first.",
    }

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.PORTAL_NAME}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_STEPS)
        return not settings.REQUIRE_MFA or others.exclude(pk=authenticator.pk).exists()


def has_second_step(user: User | AnonymousUser) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_STEPS).exists()


def may_enter(request: HttpRequest) -> bool:
    """Whether whoever asks has signed in as far as the portal requires."""
    if not settings.REQUIRE_MFA:
        return True
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records) and has_second_step(request.user)


@receiver(signals.authenticator_added)
def on_set_up(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever has just set up a second step has shown that they hold it."""
    if authenticator.type in SECOND_STEPS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


@receiver(password_reset)
def on_new_password(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever has the mailbox and chose a new password can use it at once, where they are."""
    attempts.forgive(request, attempts.PASSWORD, user.username, user.email)
