"""What a page tells machines of what it is about: JSON-LD in the words of schema.org."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from portal.web_address import absolute

Thing = dict[str, Any]

# In a script element HTML knows nothing but the characters that could end it; JSON may write each of them otherwise.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def script(*things: Thing) -> SafeString:
    """A data block that holds these things.

    No browser runs it, so the policy that forbids scripts has nothing to say about it. No text can end it or open a
    comment in it: the JSON is ASCII and holds no ``<``, ``>`` or ``&``.
    """
    data = json.dumps({"@context": "https://schema.org", "@graph": things}).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308


def breadcrumbs(*steps: tuple[str, str]) -> Thing:
    """The way to a page: the name and path of each page on it, from the home page to the page itself."""
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
        for place, (name, path) in enumerate([("Home", "/"), *steps], start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def organisation() -> Thing:
    """The operator of the portal."""
    return {"@type": "Organization", "name": settings.PORTAL_ORGANISATION, "url": absolute("/")}


def moment(value: dt.datetime) -> str:
    """2026-10-29T23:59:00+00:00: to the second, with London's offset at that moment."""
    return timezone.localtime(value).isoformat(timespec="seconds")


def stated(thing: Thing) -> Thing:
    """The thing without what is not known of it."""
    return {name: value for name, value in thing.items() if value not in (None, "", [])}
