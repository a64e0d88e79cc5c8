"""Passwords that are refused because somebody who knows this place, or the person, would guess them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

# How many letters must be left of a password without the words that anybody here would try, and how many characters
# of it must differ.
LEFT, DIFFERENT = 8, 5
# Letters as people disguise them.
PLAIN = str.maketrans("0134578@$!", "oleastbasi")
ALWAYS = (
    "admin administrator clinical data editor fellow fellowship guidance intern internship letmein login nhs password "
    "portal project projects publisher qwerty science staff welcome spring summer autumn winter january february march "
    "april may june july august september october november december"
)


class NotOfThisPlace:
    """Refuses what is little more than the names of the portal, of its organisation or of the person.

    The NCSC asks for a list of what is refused in place of rules of composition; this is the part of that list that no
    list of common passwords has.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ``ValidationError`` with a sentence for whoever chose it."""
        if len(set(password)) < DIFFERENT:
            raise ValidationError("Use more different letters or signs.", code="password_of_few_letters")
        plain = _plain(password)
        left = _without(plain, _words(user))
        if left != plain and len(left) < LEFT:
            raise ValidationError(
                "Your password is too easy to guess for somebody who knows you or this portal. Put three words "
                "together that have nothing to do with either.",
                code="password_of_this_place",
            )

    def get_help_text(self) -> str:
        return "Three words that have nothing to do with you or with this portal make a good one."


def _plain(text: str) -> str:
    """Small letters without accents or disguise, and nothing else: a year at the end is the first thing to be tried."""
    bare = unicodedata.normalize("NFKD", text).casefold().translate(PLAIN)
    return re.sub(r"[^a-z]", "", bare) if bare.isascii() else re.sub(r"[\W\d_]", "", bare)


def _words(user: Any) -> list[str]:
    """What anybody here would try, the longest first."""
    texts = [settings.PORTAL_NAME, settings.PORTAL_ORGANISATION, settings.PORTAL_EMAIL, settings.PORTAL_URL]
    texts += [str(getattr(user, name, "") or "") for name in ("username", "first_name", "last_name", "email")]
    words = {_plain(word) for text in [*texts, ALWAYS] for word in re.split(r"[\W_]+", text)}
    return sorted((word for word in words if len(word) > 2), key=len, reverse=True)


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text
