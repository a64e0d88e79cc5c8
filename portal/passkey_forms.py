"""Forms that take what a browser says of a passkey. Anybody can send anything there, so nothing is an error of ours."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms

# What reading a made-up answer can end in, besides the errors of a form.
MADE_UP = (AttributeError, KeyError, TypeError, ValueError)


class _Careful:
    """A form that answers what it cannot read as it answers a passkey that it does not know."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MADE_UP as error:
            raise get_adapter().validation_error("incorrect_code") from error


class LogInForm(_Careful, forms.LoginWebAuthnForm):
    """A passkey in place of a name and password."""


class SecondStepForm(_Careful, forms.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ConfirmForm(_Careful, forms.ReauthenticateWebAuthnForm):
    """A passkey once more, before something that protects the account."""


class AddForm(forms.AddWebAuthnForm):
    """A passkey that somebody adds."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except MADE_UP as error:
            raise get_adapter().validation_error("incorrect_code") from error
