"""Two believable cohorts with their fellows, to measure with: texts, and no photos."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from fellowship.models import Cohort, Fellow, KeyDate, Profession, Programme, Question, QuestionSection
from portal import search
from portal.benchmark.content import Content, register
from portal.models import Organisation, Region
from portal.publishing import PageStatus
from projects.made_up import SEED, Language

FELLOWS = 29  # of a cohort, as many as the largest so far has
QUESTIONS = 12
DAY = dt.timedelta(days=1)
RUNNING, COMING = 7, 8


def _paragraphs(language: Language, number: int) -> str:
    return "\n\n".join(language.text(60).capitalize() + "." for _ in range(number))


def _cohort(number: int, starts_on: dt.date, opens_at: dt.datetime, language: Language) -> Cohort:
    cohort: Cohort = Cohort.objects.create(
        number=number,
        status=PageStatus.PUBLISHED,
        published_at=timezone.now(),
        summary=language.text(25).capitalize()[:400],
        starts_on=starts_on,
        ends_on=starts_on + 364 * DAY,
        opens_at=opens_at,
        closes_at=opens_at + 40 * DAY,
        apply_url="https://example.org/apply",
        how_to_apply="\n".join(f"1. **{language.title()}.** {language.text(20)}." for _ in range(4)),
    )
    for step in range(6):
        KeyDate.objects.create(cohort=cohort, label=language.title()[:100], date=starts_on + 40 * step * DAY)
    return cohort


def make_up(projects: int) -> None:
    """A programme, a cohort that is running with its fellows, and one that people can apply for."""
    language = Language.of_the_made_up(SEED + 1)
    now, today = timezone.now().replace(minute=0, second=0, microsecond=0), timezone.localdate()
    published = {"status": PageStatus.PUBLISHED, "published_at": now}
    Programme.objects.create(
        title="Fellowship", summary=language.text(25)[:400], body=_paragraphs(language, 5), **published
    )
    running = _cohort(RUNNING, today - 100 * DAY, now - 400 * DAY, language)
    _cohort(COMING, today + 200 * DAY, now - 5 * DAY, language)
    hosts = [Organisation.objects.create(name=f"Trust {number}", abbreviation=f"T{number}") for number in range(8)]
    for number in range(FELLOWS):
        Fellow.objects.create(
            name=f"{language.title().split()[0].capitalize()} {language.title().split()[0].capitalize()}",
            slug=f"made-up-{number}",
            cohort=running,
            host=hosts[number % len(hosts)],
            role=language.title()[:100],
            profession=list(Profession)[number % len(Profession)],
            region=list(Region)[number % len(Region)],
            summary=language.text(20).capitalize()[:400],
            about=_paragraphs(language, 2),
            project_text=_paragraphs(language, 2),
            consent_on=today - 90 * DAY,
            **published,
        )
    section = QuestionSection.objects.create(title="Applying")
    for number in range(QUESTIONS):
        Question.objects.create(
            section=section, question=f"{language.title()}?", slug=f"made-up-{number}", answer=_paragraphs(language, 1)
        )
    search.rebuild()


def _pages() -> dict[str, str]:
    return {"cohort": Cohort.objects.get(number=RUNNING).get_absolute_url()}


register(Content(fill=make_up, pages=_pages))
