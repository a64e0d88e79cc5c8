"""What the home page says of guidance: the newest."""

from __future__ import annotations

import datetime as dt

from articles.models import Article
from portal.home import Section, contributes

NEWEST = 3


@contributes(order=30)
def sections(now: dt.datetime) -> list[Section]:
    newest = list(Article.objects.public().newest_first().for_listing()[:NEWEST])
    return [Section("articles/home.html", {"articles": newest})] if newest else []
