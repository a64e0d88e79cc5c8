"""What needs attention in pages of every kind, and in what stands on the ground itself."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from portal import dates, statements, submissions
from portal.attention import Concern, Gap, Urgency, register
from portal.models import DraftAnswer, Message, Statement
from portal.publishing import Publishable
from portal.reviews import reviewed_too_long_ago
from portal.undescribed import has_images, undescribed

DRAFT_AFTER = dt.timedelta(days=60)


def submitted(kind: type[Publishable], now: dt.datetime) -> QuerySet[Any]:
    """What waits for a publisher."""
    rows: QuerySet[Any] = kind._default_manager.filter(submissions.is_submitted(kind))
    return rows


def forgotten(kind: type[Publishable], now: dt.datetime) -> QuerySet[Any]:
    """Drafts that nobody has saved for so long."""
    rows: QuerySet[Any] = kind.objects.drafts().filter(updated_at__lt=now - DRAFT_AFTER)
    return rows


def without_words(model: type[Model], now: dt.datetime) -> QuerySet[Any]:
    """What shows an image that says nothing to those who cannot see it."""
    return undescribed(model)


def answered(now: dt.datetime) -> QuerySet[DraftAnswer]:
    """What readers of shared drafts said, of which nobody has said that it is dealt with."""
    return DraftAnswer.objects.to_deal_with()


def new_messages(now: dt.datetime) -> QuerySet[Any]:
    """What readers wrote by the forms, and nobody has answered or closed."""
    rows: QuerySet[Any] = Message.objects.filter(state=Message.State.NEW)
    return rows


def unfilled(now: dt.datetime) -> QuerySet[Statement]:
    """Statements that staff wrote and left gaps in."""
    return Statement.objects.filter(subject__in=[subject for subject, _ in statements.unfilled()])


def unwritten() -> int:
    """How many statements are still the text that the portal comes with, where that has gaps."""
    gaps = {subject.value for subject, _ in statements.unfilled()}
    return len(gaps - set(Statement.objects.values_list("subject", flat=True)))


def not_reviewed(now: dt.datetime) -> QuerySet[Statement]:
    return Statement.objects.filter(reviewed_too_long_ago(dates.local_day(now)))


def _each(model: type[Model], words: str) -> dict[str, Any]:
    """The model, and the words that follow a number of its rows."""
    one, many = model._meta.verbose_name, model._meta.verbose_name_plural
    return {"model": model, "one": words.format(one), "many": words.format(many)}


for kind in Publishable.kinds():
    register(
        Concern(
            **_each(kind, "{} submitted for publishing"),
            slug="submitted",
            why="Somebody has finished writing, and waits for a publisher.",
            urgency=Urgency.NOW,
            act="publish",
            rows=partial(submitted, kind),
        )
    )
    register(
        Concern(
            **_each(kind, f"draft {{}} that nobody has touched for {DRAFT_AFTER.days} days"),
            slug="forgotten",
            why="Finish or delete, before somebody else begins the same again.",
            urgency=Urgency.LATER,
            rows=partial(forgotten, kind),
        )
    )

for model in apps.get_models():
    if has_images(model):
        register(
            Concern(
                **_each(model, "{} with an image that has no alternative text"),
                slug="images",
                why="Say what each image shows, for those who cannot see it, or that it only decorates.",
                urgency=Urgency.SOON,
                rows=partial(without_words, model),
            )
        )

register(
    Concern(
        **_each(DraftAnswer, "{}"),
        slug="answers",
        why="Somebody has read a draft for you. Change what they say, or thank them, and mark it as dealt with.",
        urgency=Urgency.NOW,
        rows=answered,
        own_filter="dealt_with=no",
    )
)
register(
    Concern(
        **_each(Message, "new {}"),
        slug="messages",
        why="A reader has proposed, asked or reported something, and was promised an answer.",
        urgency=Urgency.NOW,
        rows=new_messages,
        own_filter="state__exact=new",
    )
)
register(
    Concern(
        **_each(Statement, "{} with gaps to fill in"),
        slug="gaps",
        why="Readers see “[fill in: …]” where a fact should stand.",
        urgency=Urgency.NOW,
        rows=unfilled,
    )
)
register(
    Gap(
        **_each(Statement, "{} still to be written"),
        slug="unwritten",
        why="Readers see the text that the portal comes with, and “[fill in: …]” where a fact should stand.",
        urgency=Urgency.NOW,
        missing=unwritten,
    )
)
register(
    Concern(
        **_each(Statement, "{} not reviewed for a year"),
        slug="review",
        why="Read, mend what is no longer true, and set the day of the review.",
        urgency=Urgency.SOON,
        rows=not_reviewed,
    )
)
