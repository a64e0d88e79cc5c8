"""The list of guidance, whole or of what is for one kind of reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count
from django.http import QueryDict

from articles.models import Article, ArticleQuerySet


@dataclass(frozen=True)
class Choice:
    """An audience that one may ask for, and how much there is for it."""

    audience: Article.Audience
    count: int


class Listing:
    """What a reader asked for: ``?for=student``. An audience that is none is ignored."""

    def __init__(self, query: QueryDict) -> None:
        asked = query.get("for", "")
        self.audience = Article.Audience(asked) if asked in Article.Audience.values else None

    @property
    def articles(self) -> ArticleQuerySet:
        every: ArticleQuerySet = Article.objects.public()
        return every.filter(audience=self.audience) if self.audience else every

    @property
    def title(self) -> str:
        return f"Guidance for {self.audience.label.lower()}" if self.audience else "Guidance"

    @property
    def query(self) -> str:
        """The query of its one address."""
        return f"for={self.audience.value}" if self.audience else ""

    @cached_property
    def _counts(self) -> dict[str, int]:
        rows = Article.objects.public().order_by().values_list("audience").annotate(Count("pk"))
        return dict(rows)

    @property
    def total(self) -> int:
        return sum(self._counts.values())

    @property
    def choices(self) -> list[Choice]:
        """The audiences that there is something for, and the one that was asked for."""
        return [
            Choice(audience, self._counts.get(audience.value, 0))
            for audience in Article.Audience
            if audience.value in self._counts or audience == self.audience
        ]
