"""Drafts that are shared with somebody, and what they answered."""

from __future__ import annotations

from typing import Any

from portal import sharing
from portal.models import DraftAnswer, SharedDraft
from portal.publishing import Publishable
from tests.factories import ArticleFactory, StaffFactory
from tests.pages import Page


def share(item: Publishable | None = None, **values: Any) -> SharedDraft:
    """A link to a draft, made by Ada for Dr Patel."""
    ada = values.pop("by", None) or StaffFactory(first_name="Ada", last_name="Lovelace")
    item = item or ArticleFactory(status="draft")
    return sharing.share(item, by=ada, **{"reader": "Dr Patel", "days": 14, **values})


def answer(link: SharedDraft | None = None, **values: Any) -> DraftAnswer:
    """What Dr Patel says to a draft."""
    said = {"verdict": "change", "words": "The second paragraph is wrong.", **values}
    return sharing.answer(link or share(), **said)


def address(link: SharedDraft, **more: str) -> str:
    """What is sent to Dr Patel, without the host."""
    item = sharing.draft_of(link)
    assert item is not None
    return sharing.address(item, link, **more)


def shown(response: Any) -> Page:
    """The page of a draft that a link shows."""
    assert response.status_code == 200
    page = Page(response.text)
    assert page.all("section", **{"aria-label": "Shared draft"})
    return page
