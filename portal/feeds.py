"""Feeds: what changed last in a list, in Atom (RFC 4287), and names by which machines know a thing for good."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

from portal.publishing import Publishable
from portal.web_address import absolute

# A tag: name holds a day on which its maker had the host; it is never changed, or every reader sees everything anew.
MINTED = "2026"
# Before anything is published, a list has not changed since then.
BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tag_uri(name: str) -> str:
    """A name for good (RFC 4151), whatever address the thing itself has."""
    return f"tag:{urlsplit(settings.PORTAL_URL).hostname},{MINTED}:{name}"


def lasting_id(item: Publishable) -> str:
    """The name for good of one item. It stays when the item's address is changed."""
    return tag_uri(f"{item._meta.label_lower}/{item.pk}")


def xml_text(text: str) -> str:
    """A text without the characters that XML 1.0 forbids, even escaped."""
    return _NOT_IN_XML.sub("", text)


@dataclass(frozen=True)
class Category:
    """What an entry is about: a term of the vocabulary that ``scheme`` is the address of."""

    scheme: str
    term: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One item of a feed. ``updated_at`` is when what a reader sees of it last changed."""

    item: Publishable
    updated_at: dt.datetime
    summary: str
    categories: tuple[Category, ...] = ()


class AtomFeed(Atom1Feed):
    """Django's Atom feed, with plain text for summaries, and categories that say of which vocabulary they are."""

    def latest_post_date(self) -> dt.datetime:
        """When the newest entry changed; of a feed without entries, what it was told."""
        return max((item["updateddate"] for item in self.items), default=self.feed["unchanged_since"])

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": None})  # which Django writes as HTML
        handler.addQuickElement("summary", item["description"], {"type": "text"})
        for category in item["entry_categories"]:
            attributes = {"term": category.term, "scheme": category.scheme, "label": xml_text(category.label)}
            handler.addQuickElement("category", "", attributes)


def respond(
    *,
    title: str,
    name: str,
    feed_path: str,
    page_path: str,
    query: str,
    entries: list[Entry],
    unchanged_since: dt.datetime = BEGINNING,
) -> HttpResponse:
    """The feed of a list.

    ``name`` is the list's own among all feeds. The feed is at ``feed_path`` and the list at ``page_path``, both with
    the same canonical ``query``. ``unchanged_since`` dates a feed without entries.
    """
    feed = AtomFeed(
        title=xml_text(title),
        link=absolute(page_path, query),
        description=None,
        language="en-GB",
        author_name=xml_text(settings.PORTAL_ORGANISATION),
        author_link=absolute("/"),
        feed_url=absolute(feed_path, query),
        feed_guid=tag_uri(f"{name}?{query}" if query else name),
        unchanged_since=unchanged_since,
    )
    for entry in entries:
        feed.add_item(
            title=xml_text(entry.item.title),
            link=absolute(entry.item.get_absolute_url()),
            description=xml_text(entry.summary),
            unique_id=lasting_id(entry.item),
            pubdate=entry.item.published_at,
            updateddate=entry.updated_at,
            entry_categories=entry.categories,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
