"""Words and small pieces of markup for templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from django import template
from django.core.signals import setting_changed
from django.db.models import DateTimeField, Model, QuerySet, Value
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from portal import clock, dates, sections, sharing
from portal import markdown as renderer
from portal.context import words as words_of_operator
from portal.image_fields import SafeImageFieldFile
from portal.kept import kept
from portal.models import Notice
from portal.paths import path_to
from portal.prepared import prepared

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """The HTML of an editor's Markdown, cleaned."""
    return renderer.render(text)


@register.simple_tag
def prose(item: Model, field: str, name: str = "") -> SafeString:
    """The HTML of an item's Markdown field, its headings of the level that the field is shown at.

    Where a page shows several texts, ``name`` keeps their ids apart.
    """
    level = getattr(item._meta.get_field(field), "level", 2)
    return renderer.render(getattr(item, field), level=level, name=name)


@register.filter
def plain(text: str) -> str:
    """An editor's Markdown as text without markup."""
    return renderer.plain(text)


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """29 October 2026, in London."""
    if value is None:
        return ""
    return dates.day(dates.local_day(value) if isinstance(value, dt.datetime) else value)


@register.filter
def moment(value: dt.datetime | None) -> str:
    """11:59pm on 29 October 2026, in London."""
    return dates.moment(value) if value else ""


@register.filter
def iso(value: dt.datetime | dt.date | None) -> str:
    """The value of a ``time`` element's ``datetime``."""
    if value is None:
        return ""
    return (
        timezone.localtime(value).isoformat(timespec="minutes") if isinstance(value, dt.datetime) else value.isoformat()
    )


@register.filter
def counted(number: int, noun: str) -> str:
    """1 project, 2 projects; "fellow,fellows" for a plural that does not end in s."""
    one, _, many = noun.partition(",")
    return f"{number} {one if number == 1 else many or one + 's'}"


@register.simple_tag
def tag(label: str, colour: str) -> SafeString:
    """A status tag of nhsuk: for status only, never a link, never colour alone."""
    return format_html('<strong class="nhsuk-tag nhsuk-tag--{}">{}</strong>', colour, label)


@register.simple_block_tag
def words(content: str) -> str:
    """What stands in the tag, for a page that says it more than once: ``{% words as title %}…{% endwords %}``."""
    return content


@register.simple_tag
def kept_part(template: str, **values: Hashable) -> SafeString:
    """A part of pages that is the same wherever these values are, rendered once in a process.

    They are words: text, numbers, and tuples of them, never models, of which Django takes two of one key for the same.
    Its template knows them and the operator's words: nothing of the request, of content, or else of the page.
    """
    return _part(template, clock.chosen(), clock.copied_on(), **values)


# Typed, since safe HTML equals the text that it is written in.
@lru_cache(maxsize=1_024, typed=True)
def _part(template: str, as_at: dt.datetime | None, copied_on: dt.date | None, **values: Hashable) -> SafeString:
    """By the moment and the day too, which are among the operator's words; the settings do not change in a process."""
    return render_to_string(template, {**words_of_operator(), **values})


def _forget_parts(**kwargs: Any) -> None:
    _part.cache_clear()


setting_changed.connect(_forget_parts)  # by tests


class PathNode(URLNode):
    """Django's ``url``, where it has no arguments by name and writes what it found."""

    def render(self, context: template.Context) -> str:
        request = getattr(context, "request", None)
        match = getattr(request, "resolver_match", None)
        current_app = getattr(request, "current_app", match.namespace if match else None)
        args = [argument.resolve(context) for argument in self.args]
        path = path_to(self.view_name.resolve(context), *args, current_app=current_app)
        return conditional_escape(path) if context.autoescape else path


@register.tag
def url(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """The path of a page, as Django's own tag gives it, looked up once in a process."""
    node = django_url(parser, token)
    return node if node.kwargs or node.asvar else PathNode(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag(takes_context=True)
def section(context: dict[str, Any]) -> str:
    """The first part of the page's address, under which its section of the site lies: /projects/."""
    first, slash, _ = (context["request"].path if "request" in context else "/")[1:].partition("/")
    return f"/{first}{slash}"


@register.simple_tag(takes_context=True)
def notices(context: dict[str, Any]) -> SafeString | str:
    """What readers of this page are told above everything else, while it is in force."""
    return _notices(tuple(sections.around(context["request"].path))) if "request" in context else ""


@prepared(now=DateTimeField())
def _asked(*, now: Value) -> QuerySet[Notice]:
    return Notice.objects.in_force(now)


@kept
def _in_force() -> list[Notice]:
    """Those of all sections, in one query: there are few."""
    return _asked(now=clock.now())


@kept
def _notices(here: tuple[str, ...]) -> SafeString:
    shown = [notice for notice in _in_force() if notice.is_shown_in(here)]
    return render_to_string("components/notices.html", {"notices": shown, **words_of_operator()})


@register.simple_tag(takes_context=True)
def file_url(context: dict[str, Any], address: str) -> str:
    """The address of an uploaded file. On a draft that a link shows, the link shows its files too."""
    shared = context.get("shared")
    return f"{address}?{urlencode({sharing.PARAMETER: sharing.token_of(shared)})}" if shared else address


@register.simple_tag(takes_context=True)
def srcset(context: dict[str, Any], image: SafeImageFieldFile) -> str:
    """The copies of an image and their widths, as the ``srcset`` of an ``img`` has them."""
    return ", ".join(f"{file_url(context, address)} {width}w" for address, width in image.by_width)


@register.simple_tag
def copied_on() -> dt.date | None:
    """For parts of pages that are included by themselves: the day as on which a copy of the site stands."""
    return clock.copied_on()
