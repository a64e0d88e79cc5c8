"""The list of guidance and the page of one article."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from articles.listing import Listing
from articles.models import Article
from portal import markdown
from portal.middleware import allow_script
from portal.paths import path_to
from portal.prepared import prepared
from portal.preview import render_page, visible_or_404
from portal.queries import known_as, numbered, reads
from projects.catalogue import accepting_by_area
from projects.models import Area, Project

PER_PAGE = 50
RELATED = 3
HEADINGS_FOR_CONTENTS = 3


@reads("for", "page")
def index(request: HttpRequest) -> HttpResponse:
    """All guidance or what is for one kind of reader, newest first."""
    listing = Listing(request.GET)
    articles = listing.articles.newest_first().for_listing()
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    known_as(request, numbered(listing.query, page))
    context = {"listing": listing, "page": page, "page_query": f"{listing.query}&" if listing.query else ""}
    return render(request, "articles/index.html", context)


@dataclass(frozen=True)
class OpenProjects:
    """The projects of an article's area that one can apply for."""

    area: Area
    count: int

    @property
    def address(self) -> str:
        return f"{path_to('projects:index')}?{urlencode({'status': Project.Status.OPEN.value, 'area': self.area.slug})}"


@prepared(slug=models.SlugField())
def _public(*, slug: models.Value) -> models.QuerySet[Article]:
    public: models.QuerySet[Article] = Article.objects.public().filter(slug=slug)
    return public


@prepared(article=models.BigIntegerField())
def _areas(*, article: models.Value) -> models.QuerySet[Area]:
    return Area.objects.filter(articles=article)


@reads()
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """An article, who it is for and whether it is still looked after, and what to read next."""
    # What is public, everybody may see; so only for the rest it matters who asks.
    item: Article = _public.first(slug=slug) or visible_or_404(Article.objects.all(), request, slug=slug)
    areas: list[Area] = _areas(article=item.pk)
    headings = [heading for heading in markdown.outline(item.body) if heading.level == 2]
    has_letter = markdown.has_letter(item.body)
    context = {
        "contents": headings if len(headings) >= HEADINGS_FOR_CONTENTS else [],
        "areas": areas,
        "has_letter": has_letter,
        "open_projects": _open_projects(areas),
        "related": _related(article=item.pk) if areas else [],
    }
    response = render_page(request, "articles/detail.html", item, context)
    return allow_script(response) if has_letter else response


def _open_projects(areas: list[Area]) -> list[OpenProjects]:
    accepting = accepting_by_area()
    return [OpenProjects(area, accepting[area.pk]) for area in areas if accepting[area.pk]]


@prepared(article=models.BigIntegerField())
def _related(*, article: models.Value) -> models.QuerySet[Article]:
    """The newest articles that share an area with this one."""
    has_area = Article.areas.through.objects
    sharing = has_area.filter(area__in=has_area.filter(article=article).values("area")).values("article")
    others = Article.objects.public().filter(pk__in=sharing).exclude(pk=article)
    newest: models.QuerySet[Article] = others.newest_first().only("title", "slug", "published_at")
    return newest[:RELATED]
