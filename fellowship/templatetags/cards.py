"""Lists of fellows in templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fellowship.cards import Person, card

register = template.Library()


@register.simple_tag(takes_context=True)
def cards(context: dict[str, Any], people: Iterable[Person]) -> SafeString:
    """Their cards, in order."""
    shared = context.get("shared")
    return format_html_join("", "{}", ((card(person, shared),) for person in people))
