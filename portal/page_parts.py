"""Parts of pages that readers find by themselves, such as a question: each leads to its place on its page."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models


class PagePartQuerySet(models.QuerySet[Any]):
    def public(self) -> Self:
        """Those whose page every reader may see: none, until a kind says which."""
        return self.none()

    def for_listing(self) -> Self:
        """With everything that a list shows, in a fixed number of queries."""
        return self

    def for_index(self) -> Self:
        """With everything that ``search_document()`` reads, in a fixed number of queries."""
        return self


class PagePart(models.Model):
    """A part of a page that the search knows. It has no lifecycle: it is public exactly when its page is.

    Inheriting is registering. A kind gives ``get_absolute_url()``, which leads to the part on its page, and
    ``search_document()``, which says what the search knows of it.
    """

    kind_label: ClassVar[str]
    kind_plural: ClassVar[str]

    objects: ClassVar[Any] = PagePartQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def kinds(cls) -> list[type[PagePart]]:
        """Every installed model of such parts."""
        return [model for model in apps.get_models() if issubclass(model, cls)]

    get_absolute_url: Any
    search_document: Any

    # What lists show of it, as of a page.

    title: Any
    summary: Any

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        return []

    @property
    def search_tag(self) -> tuple[str, str] | None:
        return None
