"""How staff sign in: django-allauth, without sign-up, and with a second step where the portal asks for one.

The public has no accounts. Whoever signs in is staff, and an administrator made the account.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import send_mail
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from portal import auditing
from portal.audit import AuditEvent
from portal.models import User, person_in_words

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


class StaffAdapter(DefaultAccountAdapter):
    """The portal's answers to the questions that allauth asks about accounts."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That username or password is not right.",
        "email_password_mismatch": "That email address or password is not right.",
        "too_many_login_attempts": "That was tried too often. Wait 5 minutes, then try again.",
        "incorrect_password": "That is not your password.",
        "rate_limited": "That was tried too often. Wait 5 minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The member of staff with this password. An account that may not enter gets the answer of a wrong password."""
        user = super().authenticate(request, **credentials)
        if user is None or (user.is_active and user.is_staff):
            return user
        auditing.record(AuditEvent.Kind.REFUSED, by=None, about=person_in_words(user), detail="account may not enter")
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Kept for accounts that there are. What strangers type is not: it may be somebody's password."""
        name, email = credentials.get("username", ""), credentials.get("email", "")
        user = get_user_by_username(name) or next(iter(filter_users_by_email(email) if email else []), None)
        if user is not None:
            auditing.record(AuditEvent.Kind.REFUSED, by=None, about=person_in_words(user), detail="wrong password")

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """A passkey or an organisation's sign-in opens nothing for an account that may not enter."""
        if user.is_active and user.is_staff:
            return None
        clear_login(request)
        return self.respond_user_inactive(request, user)

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


class SignInForm(LoginForm):
    """Name and password, with labels in the words of the portal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or email address"
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["login"].widget.attrs["autofocus"] = True
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""


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
