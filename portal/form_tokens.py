"""A signed token in each form that a reader gets: which form, when it was shown, and a number that is used once.

It stands in place of a cookie. The forms carry no authority: who makes a browser send one to us gains nothing that they
could not send themselves. So there is nothing to forge, and what is left to ask is whether a person took the time to
write it.
"""

from __future__ import annotations

import secrets
import time

from django.core import signing

SOONEST = 3  # seconds
LONGEST = 24 * 3600


class TokenError(Exception):
    """Why a form is shown again, as a sentence for the reader. ``is_kept`` says whether its token still serves."""

    def __init__(self, sentence: str, *, is_kept: bool = False) -> None:
        super().__init__(sentence)
        self.is_kept = is_kept


def issue(kind: str) -> str:
    """A token for one form of this kind, on one screen."""
    return signing.dumps([secrets.token_urlsafe(16), time.time()], salt=_salt(kind))


def number_of(token: str, kind: str) -> str:
    """The number that this token is known by. Raises ``TokenError`` if it is not ours, too old, or used too soon."""
    try:
        number, at = signing.loads(token, salt=_salt(kind))
    except signing.BadSignature:
        raise TokenError("This form was not complete. Nothing that you typed is lost: send it again.") from None
    age = time.time() - at
    if age > LONGEST:
        raise TokenError("This form was open for more than a day. Nothing that you typed is lost: send it again.")
    if age < SOONEST:
        raise TokenError("That was very quick. Check what you have typed, then send it again.", is_kept=True)
    return str(number)


def _salt(kind: str) -> str:
    return f"portal.form_tokens.{kind}"
