"""A portal with something of everything, each related to the others, and every address that it answers at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme
from portal.models import Message
from projects.models import ApplicationRound, Output, Project, Status
from tests import factories as make
from tests.eligible import NO, PAIRS, YES, decide


class World:
    """``rows`` of everything that a page can list, all of it public."""

    def __init__(self, rows: int = 1, *, programme: bool = True) -> None:
        self.rows = rows
        self.round: ApplicationRound = make.ApplicationRoundFactory()
        self.rounds_to_come()
        self.areas = make.AreaFactory.create_batch(rows)
        self.techniques = make.TechniqueFactory.create_batch(rows)
        self.modalities = make.ModalityFactory.create_batch(rows)
        self.terms = {"area": self.areas[0], "techniques": self.techniques, "modalities": self.modalities}
        self.cohorts()
        self.projects()
        self.programme: Programme | None = self.fellowship_page() if programme else None
        self.article: Article = make.ArticleFactory(areas=self.areas)
        make.ArticleFactory.create_batch(rows, areas=self.areas[:1])
        make.NoticeFactory.create_batch(rows)

    def rounds_to_come(self) -> None:
        """Announced, and each with a deadline that has moved."""
        now = timezone.now()
        opens_at, closes_at = now + dt.timedelta(days=60), now + dt.timedelta(days=90)
        to_come = make.ApplicationRoundFactory.create_batch(self.rows, opens_at=opens_at, closes_at=closes_at)
        for one in [self.round, *to_come]:
            make.DateChangeFactory(window=one)

    def cohorts(self) -> None:
        today = timezone.localdate()
        self.cohort: Cohort = make.CohortFactory(number=100)
        self.upcoming: Cohort = make.CohortFactory(
            number=200,
            starts_on=today + dt.timedelta(days=300),
            opens_at=timezone.now() + dt.timedelta(days=20),
            closes_at=timezone.now() + dt.timedelta(days=60),
        )
        for number in range(1, self.rows + 1):
            past = make.CohortFactory(number=number, starts_on=today - dt.timedelta(days=800 + number))
            make.FellowFactory(cohort=past)
        make.KeyDateFactory.create_batch(self.rows, cohort=self.cohort)
        make.QuestionFactory.create_batch(self.rows, cohort=self.cohort)
        decide(self.cohort, others=NO)
        decide(self.upcoming, dict.fromkeys(PAIRS[: self.rows], YES), others=NO)
        make.DocumentFactory.create_batch(self.rows, cohort=self.cohort)
        self.fellow: Fellow = make.FellowFactory(cohort=self.cohort)
        make.FellowLinkFactory.create_batch(self.rows, fellow=self.fellow)
        make.FellowFactory.create_batch(self.rows, cohort=self.cohort)

    def projects(self) -> None:
        """One in each public status, and ``rows`` that are open."""
        self.by_status: dict[str, Project] = {
            status.value: make.ProjectFactory(status=status, round=self.round, **self.terms)
            for status in Status
            if status.is_public
        }
        self.project = self.by_status["open"]
        self.closed = self.by_status["completed"]
        make.ProjectFactory.create_batch(self.rows, round=self.round, **self.terms)
        for placement in make.PlacementFactory.create_batch(self.rows, project=self.closed):
            make.OutputFactory(placement=placement)
            make.OutputFactory(placement=placement, state=Output.State.AWAITING, url="")
        make.OutputFactory.create_batch(self.rows, placement=placement)

    def fellowship_page(self) -> Programme:
        programme: Programme = make.ProgrammeFactory()
        make.TestimonialFactory.create_batch(self.rows, programme=programme)
        make.QuestionFactory.create_batch(self.rows)
        make.DocumentFactory.create_batch(self.rows, programme=programme)
        return programme


# Every address of the resolver is in one of these. A page gives its addresses in a world.

PAGES: dict[str, Callable[[World], list[str]]] = {
    "": lambda world: ["/"],
    "projects/": lambda world: [
        "/projects/",
        "/projects/?status=open&status=paused",
        "/projects/?q=waiting",
        "/projects/?q=nothing-holds-this",
    ],
    "projects/data/": lambda world: ["/projects/data/"],
    "projects/propose/": lambda world: ["/projects/propose/"],
    "projects/terms/": lambda world: ["/projects/terms/"],
    "projects/<slug:slug>/": lambda world: [item.get_absolute_url() for item in world.by_status.values()],
    "fellowship/": lambda world: ["/fellowship/"],
    "fellowship/cohorts/<int:number>/": lambda world: [
        world.cohort.get_absolute_url(),
        world.upcoming.get_absolute_url(),
        f"{world.upcoming.get_absolute_url()}?region=wales",
        f"{world.upcoming.get_absolute_url()}?region=wales&profession=nurse",
        "/fellowship/cohorts/1/",
    ],
    "fellowship/fellows/<slug:slug>/": lambda world: [world.fellow.get_absolute_url()],
    "articles/": lambda world: ["/articles/", "/articles/?for=student"],
    "articles/<slug:slug>/": lambda world: [world.article.get_absolute_url()],
    "search/": lambda world: ["/search/", "/search/?q=quokka", "/search/?q=fellow"],
    "contact/ask/": lambda world: [f"/contact/ask/?about={world.project.get_absolute_url()}"],
    "contact/report/": lambda world: ["/contact/report/?about=/search/"],
    "contact/sent/<slug:kind>/": lambda world: [f"/contact/sent/{kind}/" for kind in Message.Kind.values],
    "accessibility/": lambda world: ["/accessibility/"],
    "cookies/": lambda world: ["/cookies/"],
    "privacy/": lambda world: ["/privacy/"],
}
FOR_MACHINES: dict[str, Callable[[World], list[str]]] = {
    "projects/feed/": lambda world: [
        "/projects/feed/",
        "/projects/feed/?status=open",
        "/projects/feed/?q=nothing-has-it",
    ],
    "articles/feed/": lambda world: ["/articles/feed/", "/articles/feed/?for=student", "/articles/feed/?for=host"],
    "projects.json": lambda world: ["/projects.json", "/projects.json?status=open", "/projects.json?q=waiting"],
    "projects.csv": lambda world: ["/projects.csv", "/projects.csv?status=open", "/projects.csv?q=waiting"],
    "projects/calendar.ics": lambda world: ["/projects/calendar.ics"],
    "projects/rounds/<int:pk>/deadline.ics": lambda world: [f"/projects/rounds/{world.round.pk}/deadline.ics"],
    "fellowship/calendar.ics": lambda world: ["/fellowship/calendar.ics"],
    "fellowship/cohorts/<int:number>/dates.ics": lambda world: [f"{world.cohort.get_absolute_url()}dates.ics"],
    "sitemap.xml": lambda world: ["/sitemap.xml"],
    "robots.txt": lambda world: ["/robots.txt"],
    "healthz": lambda world: ["/healthz"],
    "readyz": lambda world: ["/readyz"],
    ".well-known/security.txt": lambda world: ["/.well-known/security.txt"],
}
UPLOADS = {"media/<path:path>"}
SENT_TO = {"shared/answer/"}  # by readers of a draft that was shared with them
FOR_STAFF = "admin/"

# Of the pages of signing in: those that a stranger can open, with what they answer to one who has not begun, and the
# rest.
ENTRANCE: dict[str, list[tuple[str, int]]] = {
    "admin/login/": [("/admin/login/", 200), ("/admin/login/?next=/admin/projects/", 200)],
    "admin/login/passkey/": [("/admin/login/passkey/", 302)],
    "admin/login/second-step/": [("/admin/login/second-step/", 302)],
    "admin/login/refused/": [("/admin/login/refused/", 200)],
    "admin/logout/": [("/admin/logout/", 302)],
    "admin/sign-up/": [("/admin/sign-up/", 200)],
    "admin/forgotten-password/": [("/admin/forgotten-password/", 200)],
    "admin/forgotten-password/sent/": [("/admin/forgotten-password/sent/", 200)],
    "admin/forgotten-password/done/": [("/admin/forgotten-password/done/", 200)],
    r"admin/^forgotten-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$": [
        ("/admin/forgotten-password/1-none/", 200)
    ],
}
SIGNED_IN_ONLY: dict[str, list[str]] = {
    route: [f"/{route}".replace("<int:pk>", "1")]
    for route in [
        "admin/confirm/password/",
        "admin/confirm/code/",
        "admin/confirm/passkey/",
        "admin/security/",
        "admin/security/app/",
        "admin/security/app/remove/",
        "admin/security/codes/",
        "admin/security/codes/new/",
        "admin/security/codes/download/",
        "admin/security/passkeys/",
        "admin/security/passkeys/add/",
        "admin/security/passkeys/<int:pk>/",
        "admin/security/passkeys/<int:pk>/remove/",
    ]
}


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every route that the portal answers at, as ``urls.py`` writes it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def public_paths(world: World) -> list[str]:
    """Every public address of a world, those of pages and those for machines."""
    return [path for paths in [*PAGES.values(), *FOR_MACHINES.values()] for path in paths(world)]
