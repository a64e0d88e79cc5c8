"""The feed of guidance: of all of it, or of what is for one kind of reader."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from articles.listing import Listing
from articles.models import Article
from portal import clock, feeds
from portal.open_data import for_programs
from portal.queries import known_as, reads
from portal.web_address import absolute
from projects.legend import scheme
from projects.models import Area

LIMIT = 100


@reads("for")
@for_programs
def feed(request: HttpRequest) -> HttpResponse:
    """The articles of a list, newest change first, in Atom."""
    listing = Listing(request.GET)
    known_as(request, listing.query)
    newest = listing.articles.prefetch_related("areas").defer("source_text").order_by("-updated_at", "-pk")
    entries = [entry(article) for article in newest[:LIMIT]]
    changed = None if entries else Article.objects.public().modified_at(clock.now())
    return feeds.respond(
        title=listing.title,
        name="articles",
        feed_path=reverse("articles:feed"),
        page_path=reverse("articles:index"),
        query=listing.query,
        entries=entries,
        # No part of the list of all guidance changed later than the whole.
        unchanged_since=changed or feeds.BEGINNING,
    )


def entry(article: Article) -> feeds.Entry:
    """An article as feed readers show it."""
    audience = article.current_audience
    return feeds.Entry(
        item=article,
        updated_at=article.updated_at,
        summary=article.description,
        categories=(
            *(
                [feeds.Category(absolute(reverse("articles:index")), audience.value, audience.label)]
                if audience
                else []
            ),
            *(feeds.Category(scheme(Area), area.slug, area.name) for area in article.areas.all()),
        ),
    )
