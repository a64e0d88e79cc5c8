"""What the home page says of guidance: the newest."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from articles.models import Article
from portal.home import Section, contributes
from portal.prepared import prepared

NEWEST = 3


@prepared()
def _newest() -> QuerySet[Article]:
    newest: QuerySet[Article] = Article.objects.public().newest_first().for_listing()
    return newest[:NEWEST]


@contributes(order=30)
def sections(now: dt.datetime) -> list[Section]:
    newest = _newest()
    return [Section("articles/home.html", {"articles": newest})] if newest else []
