"""The list of guidance and the page of one article."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from articles.listing import Listing
from articles.models import Article
from portal import markdown
from portal.middleware import allow_script
from portal.preview import render_page, visible_or_404
from projects.models import Area, Project

PER_PAGE = 50
RELATED = 3
HEADINGS_FOR_CONTENTS = 3


def index(request: HttpRequest) -> HttpResponse:
    """All guidance or what is for one kind of reader, newest first."""
    listing = Listing(request.GET)
    articles = listing.articles.newest_first().for_listing()
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    context = {"listing": listing, "page": page, "page_query": f"{listing.query}&" if listing.query else ""}
    return render(request, "articles/index.html", context)


@dataclass(frozen=True)
class OpenProjects:
    """The projects of an article's area that one can apply for."""

    area: Area
    count: int

    @property
    def address(self) -> str:
        return f"{reverse('projects:index')}?{urlencode({'status': Project.Status.OPEN.value, 'area': self.area.slug})}"


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """An article, who it is for and whether it is still looked after, and what to read next."""
    item: Article = visible_or_404(Article.objects.prefetch_related("areas"), request, slug=slug)
    areas = list(item.areas.all())
    headings = [heading for heading in markdown.outline(item.body) if heading.level == 2]
    has_letter = markdown.has_letter(item.body)
    context = {
        "contents": headings if len(headings) >= HEADINGS_FOR_CONTENTS else [],
        "areas": areas,
        "has_letter": has_letter,
        "open_projects": _open_projects(areas),
        "related": _related(item, areas),
    }
    response = render_page(request, "articles/detail.html", item, context)
    return allow_script(response) if has_letter else response


def _open_projects(areas: list[Area]) -> list[OpenProjects]:
    accepting = list(Project.objects.accepting().filter(area__in=areas).values_list("area", flat=True))
    return [OpenProjects(area, accepting.count(area.pk)) for area in areas if area.pk in accepting]


def _related(item: Article, areas: list[Area]) -> list[Article]:
    """The newest articles that share an area with this one."""
    sharing = Article.areas.through.objects.filter(area__in=areas).values("article")
    others = Article.objects.public().filter(pk__in=sharing).exclude(pk=item.pk)
    return list(others.newest_first().only("title", "slug", "published_at")[:RELATED])
