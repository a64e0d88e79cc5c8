"""The forms of signing in, in the words of the portal, each counted by account and network together."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.core import context
from allauth.mfa.base import forms as second_step
from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from portal import attempts, sign_in_sessions
from portal.models import User


def begin(request: HttpRequest, limit: attempts.Limit, account: str) -> attempts.Attempt:
    """Count one attempt. Raises ``ValidationError`` with how long to wait, where there were too many."""
    try:
        return attempts.begin(request, limit, account)
    except attempts.TooManyAttempts as error:
        raise ValidationError(str(error), code="too_many_attempts") from error


class SignInForm(LoginForm):
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True})
        self.fields["login"] = forms.CharField(label="Username or email address", max_length=254, widget=widget)
        self.order_fields(["login", "password"])
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> Any:
        response = super().login(request, redirect_url)
        sign_in_sessions.end_in_time(request)  # where a second step is to come, the session is there already
        return response


class ForgottenForm(ResetPasswordForm):
    """The address of an account, to which a link is sent.

    An account is found by the address that it has, never by one that it had, and one that may not enter is not found.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Email address"
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        begin(context.request, attempts.RESET, email)
        found = User.objects.filter(is_active=True, is_staff=True, email__iexact=email)
        # Databases take some letters for the same that a mail server does not.
        self.users = [user for user in found if user.email.lower() == email.lower()]
        return email


class NewPasswordForm(AdminPasswordChangeForm):
    """Another password for whoever has signed in. To guess at the old one here is to guess at it on signing in."""

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        """Raises ``ValidationError`` where it is wrong, or was tried too often."""
        old_password: str = self.cleaned_data["old_password"]
        if not get_adapter().reauthenticate(self.user, old_password):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old_password


class _Counted(forms.Form):
    """A code of the second step, counted for the account at which it is tried."""

    user: User

    def clean_code(self) -> str:
        attempt = begin(context.request, attempts.SECOND_STEP, str(self.user.pk))
        code: str = super().clean_code()  # type: ignore[misc]
        attempt.succeed()
        return code


class CodeForm(_Counted, second_step.AuthenticateForm):
    """A code after the password."""


class ConfirmCodeForm(_Counted, second_step.ReauthenticateForm):
    """A code once more, before something that protects the account."""
