"""Believable articles to measure with: texts, and no images."""

from __future__ import annotations

from django.utils import timezone

from articles.models import Article
from portal import search
from portal.benchmark.content import Content, register
from portal.publishing import PageStatus
from projects.made_up import SEED, Language
from projects.models import Area

ARTICLES = 10
SECTIONS = 6


def _body(language: Language) -> str:
    """Sections with paragraphs, a list and a link each."""
    sections = []
    for _ in range(SECTIONS):
        paragraphs = [language.text(70).capitalize() + "." for _ in range(2)]
        points = "\n".join(f"- {language.text(12)}" for _ in range(4))
        link = f"[{language.title()}](https://example.org/{language.title().split()[0]})"
        sections.append("\n\n".join([f"## {language.title()}", *paragraphs, points, link]))
    return "\n\n".join(sections)


def make_up(projects: int) -> None:
    """Ten articles, by audience in turn."""
    language = Language.of_the_made_up(SEED + 2)
    areas = list(Area.objects.order_by("pk"))
    now = timezone.now()
    for number in range(ARTICLES):
        article = Article.objects.create(
            title=language.title()[:250],
            slug=f"made-up-{number}",
            summary=language.text(25).capitalize()[:400],
            body=_body(language),
            authors="A. N. Author",
            audience=Article.Audience.values[number % len(Article.Audience)],
            reviewed_on=timezone.localdate(),
            status=PageStatus.PUBLISHED,
            published_at=now,
        )
        article.areas.set(areas[number % len(areas) :][:2])
    search.rebuild()


def _pages() -> dict[str, str]:
    return {"article": Article.objects.order_by("pk")[0].get_absolute_url()}


register(Content(fill=make_up, pages=_pages))
