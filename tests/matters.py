"""For every concern that the portal registers: things that it is about, and things that are nearly so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme, Testimonial
from portal import sharing, submissions
from portal.markdown import MarkdownField
from portal.models import CheckedLink, DraftAnswer, Message, Statement
from portal.publishing import Publishable
from portal.undescribed import has_images
from projects.models import ApplicationRound, Output, Project, Proposal
from tests import factories as make
from tests.dated import london
from tests.eligible import NURSE_IN_WALES, YES, decide

NOW = london("2026-11-21 12:00").astimezone(dt.UTC)
TODAY = NOW.date()
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)

Maker = Callable[[], Any]


class Case(NamedTuple):
    """What makes one thing that needs attention, and what makes one that does not."""

    wanted: list[Maker]
    near: list[Maker]


def stored(item: Any, **values: Any) -> Any:
    """With values that no form would take, or that saving would overwrite."""
    type(item)._default_manager.filter(pk=item.pk).update(**values)
    return item


def made(model: type, **values: Any) -> Any:
    if model is Testimonial:
        values["programme"] = Programme.objects.first() or make.ProgrammeFactory()
    return {**make.FACTORIES, **make.OTHER_FACTORIES}[model](**values)


# Windows


def closing(model: type) -> Case:
    def window(closes_at: dt.datetime | None) -> Maker:
        return lambda: made(model, opens_at=None, closes_at=closes_at)

    last = london("2026-12-06 00:00")
    return Case([window(NOW + SECOND), window(last - SECOND)], [window(NOW), window(last), window(None)])


def to_apply_for(**values: Any) -> Any:
    """A cohort that takes applications."""
    window = {"opens_at": NOW - DAY, "closes_at": NOW + 30 * DAY, "starts_on": TODAY + 99 * DAY}
    return make.CohortFactory(**{**window, **values})


def project(closes_at: dt.datetime | None = None, opens_at: dt.datetime | None = None, **values: Any) -> Any:
    return make.ProjectFactory(
        round=make.ApplicationRoundFactory(opens_at=opens_at, closes_at=closes_at), **{"status": "open", **values}
    )


# What came of projects


def placed(status: str, *ends: dt.date | None) -> Any:
    found = make.ProjectFactory(status=status)
    for ends_on in ends:
        make.PlacementFactory(project=found, starts_on=None, ends_on=ends_on)
    return found


def completed(state: str = "", **values: Any) -> Any:
    found = make.ProjectFactory(**{"status": "completed", **values})
    if state:
        make.OutputFactory(placement__project=found, state=state)
    return found


# Reviews


def article(days: int | None, **values: Any) -> Any:
    """An article reviewed so many days ago; without a number, one that never was."""
    reviewed_on = None if days is None else TODAY - days * DAY
    return make.ArticleFactory(reviewed_on=reviewed_on, **values)


def programme(days: int, **values: Any) -> Any:
    return make.ProgrammeFactory(reviewed_on=TODAY - days * DAY, **values)


# Drafts, answers, images


def submitted(kind: type, **values: Any) -> Any:
    item = made(kind, status="draft", **values)
    submissions.submit(item, by=make.StaffFactory())
    return item


def answered(*, dealt_with: bool) -> Any:
    author = make.StaffFactory()
    link = sharing.share(make.ArticleFactory(status="draft"), by=author, reader="Dr Patel", days=7)
    answer = sharing.answer(link, verdict="change", words="Say more.")
    if dealt_with:
        sharing.deal_with(answer, by=author)
    return answer


def link(state: str, ignored_because: str = "") -> Any:
    address = f"https://example.org/{CheckedLink.objects.count()}"
    return CheckedLink.objects.create(address=address, state=state, ignored_because=ignored_because)


def pictured(model: type, text: str) -> Any:
    field = next(field.name for field in model._meta.concrete_fields if isinstance(field, MarkdownField))
    return stored(made(model), **{field: f"Words.\n\n{text}\n"})


UNDESCRIBED = ["![](/media/a.png)", "![ ](/media/a.png)", "![Describe this image](/media/a.png)", '<img src="/a.png">']
DESCRIBED = ["![A chart](/media/a.png)", "![decorative](/media/a.png)", '<img src="/a.png" alt="">', "`![](/a.png)`"]


def images(model: type) -> Case:
    wanted: list[Maker] = [partial(pictured, model, text) for text in UNDESCRIBED]
    near: list[Maker] = [partial(pictured, model, text) for text in DESCRIBED]
    if name := {Article: "cover", Fellow: "photo"}.get(model):
        size = {"cover_width": 1, "cover_height": 1} if model is Article else {}
        image = {name: "a.webp", **size}
        wanted.append(lambda: stored(made(model), **image))
        near.append(lambda: stored(made(model), **image, **{f"{name}_alt": "A ward"}))
        near.append(lambda: stored(made(model), **image, **{f"{name}_is_decorative": True}))
    return Case(wanted, near)


def drafts(kind: type) -> dict[tuple[type, str], Case]:
    def old(status: str, age: dt.timedelta) -> Maker:
        return lambda: stored(made(kind, status=status), updated_at=NOW - age)

    public = next(status.value for status in kind.Status if status.is_public)
    return {
        (kind, "submitted"): Case([partial(submitted, kind)], [partial(made, kind, status="draft")]),
        (kind, "forgotten"): Case([old("draft", 60 * DAY + SECOND)], [old("draft", 60 * DAY), old(public, 90 * DAY)]),
    }


CASES: dict[tuple[type, str], Case] = {
    (ApplicationRound, "closing"): closing(ApplicationRound),
    (Cohort, "closing"): closing(Cohort),
    (Cohort, "webinar"): Case(
        [lambda: make.CohortFactory(webinar_at=NOW + SECOND), lambda: make.CohortFactory(webinar_at=NOW + 13 * DAY)],
        [
            lambda: make.CohortFactory(webinar_at=NOW),
            lambda: make.CohortFactory(webinar_at=NOW + 14 * DAY),
            lambda: make.CohortFactory(webinar_at=NOW + DAY, webinar_url="https://example.org/join"),
            lambda: make.CohortFactory(webinar_at=NOW + DAY, status="draft"),
        ],
    ),
    (Cohort, "undecided"): Case(
        [lambda: to_apply_for(), lambda: decide(to_apply_for(), {NURSE_IN_WALES: YES})],
        [
            lambda: decide(to_apply_for(), others=YES),
            lambda: to_apply_for(opens_at=NOW + SECOND),
            lambda: to_apply_for(closes_at=NOW),
            lambda: to_apply_for(status="draft"),
            lambda: to_apply_for(starts_on=TODAY),
        ],
    ),
    (Project, "round-closed"): Case(
        [lambda: project(NOW), lambda: project(NOW - SECOND, NOW - DAY)],
        [lambda: project(NOW + SECOND), lambda: project(NOW, status="paused"), lambda: project(None)],
    ),
    (Project, "no-dates"): Case(
        [lambda: project(None), lambda: make.ProjectFactory(round=None)],
        [
            lambda: project(None, NOW + DAY),
            lambda: project(NOW - DAY),
            lambda: make.ProjectFactory(round=None, status="draft"),
        ],
    ),
    (Project, "past-placement"): Case(
        [lambda: placed("active", TODAY - DAY), lambda: placed("active", TODAY - 400 * DAY, TODAY - DAY)],
        [
            lambda: placed("active", TODAY),
            lambda: placed("active", TODAY - DAY, TODAY + DAY),
            lambda: placed("active", TODAY - DAY, None),
            lambda: placed("active"),
            lambda: placed("completed", TODAY - DAY),
        ],
    ),
    (Project, "no-outputs"): Case(
        [completed, lambda: placed("completed", TODAY - DAY)],
        [
            lambda: completed(Output.State.AWAITING),
            lambda: completed(no_outputs_reason="It was a trial."),
            lambda: completed(status="paused"),
        ],
    ),
    (Article, "review"): Case(
        [
            lambda: article(30, review_due_on=TODAY - DAY),
            lambda: article(366),
            lambda: article(None, published_at=london("2025-11-20 23:59")),
        ],
        [
            lambda: article(30, review_due_on=TODAY),
            lambda: article(700, review_due_on=TODAY + DAY),
            lambda: article(365),
            lambda: article(365, published_at=london("2020-01-01 09:00")),
            lambda: article(None, published_at=london("2025-11-21 00:00")),
            lambda: article(700, status="draft"),
        ],
    ),
    (Programme, "review"): Case(
        [lambda: programme(366)], [lambda: programme(365), lambda: programme(700, status="draft")]
    ),
    (Fellow, "consent"): Case(
        [lambda: make.FellowFactory(consent_on=None)],
        [
            make.FellowFactory,
            lambda: make.FellowFactory(consent_on=None, status="draft"),
            lambda: make.FellowFactory(consent_on=None, is_hidden=True),
        ],
    ),
    (Statement, "review"): Case(
        [lambda: make.StatementFactory(reviewed_on=TODAY - 366 * DAY)],
        [lambda: make.StatementFactory(reviewed_on=TODAY - 365 * DAY)],
    ),
    (Statement, "gaps"): Case(
        [lambda: make.StatementFactory(body="Ask [fill in: whom].")], [lambda: make.StatementFactory(body="Ask us.")]
    ),
    (DraftAnswer, "answers"): Case([lambda: answered(dealt_with=False)], [lambda: answered(dealt_with=True)]),
    (Message, "messages"): Case(
        [lambda: made(Message), lambda: made(Proposal).message_ptr],
        [lambda: made(Message, state="answered"), lambda: made(Proposal, state="closed")],
    ),
    (CheckedLink, "dead"): Case(
        [lambda: link("dead")],
        [lambda: link("unsure"), lambda: link("fine"), lambda: link("dead", "It asks for a name.")],
    ),
    **{key: case for kind in Publishable.kinds() for key, case in drafts(kind).items()},
    **{(model, "images"): images(model) for model in [*make.FACTORIES, *make.OTHER_FACTORIES] if has_images(model)},
}
