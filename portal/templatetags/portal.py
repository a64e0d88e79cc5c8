"""Words and small pieces of markup for templates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from portal import dates, sharing
from portal import markdown as renderer
from portal.image_fields import SafeImageFieldFile
from portal.models import Notice

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


@register.inclusion_tag("components/notices.html", takes_context=True)
def notices(context: dict[str, Any]) -> dict[str, Any]:
    """What readers of this page are told above everything else, while it is in force."""
    return {"notices": list(Notice.objects.shown_at(context["request"].path)) if "request" in context else []}


@register.simple_tag(takes_context=True)
def file_url(context: dict[str, Any], address: str) -> str:
    """The address of an uploaded file. On a draft that a link shows, the link shows its files too."""
    shared = context.get("shared")
    return f"{address}?{urlencode({sharing.PARAMETER: sharing.token_of(shared)})}" if shared else address


@register.simple_tag(takes_context=True)
def srcset(context: dict[str, Any], image: SafeImageFieldFile) -> str:
    """The copies of an image and their widths, as the ``srcset`` of an ``img`` has them."""
    return ", ".join(f"{file_url(context, address)} {width}w" for address, width in image.by_width)


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], prefix: str) -> bool:
    """Whether the page being read lies below ``prefix``."""
    return "request" in context and context["request"].path.startswith(prefix)
