"""One draft shown to somebody without an account: the links that do it, and what readers answer.

A link is the address of the page itself with a token, which is signed over the number and the random key of its row.
The token is all that is needed and good for one page only; the row says until when.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.signing import Signer
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode

from portal import auditing, dates
from portal.audit import AuditEvent
from portal.models import DraftAnswer, SharedDraft, User, person_in_words
from portal.publishing import Publishable

PARAMETER = "shared"  # of the address that holds a token
ANSWERED = "answered"  # of the address to which who has answered returns
ANSWERS_AT_MOST = 20
# A button that is pressed twice asks twice for one thing.
DOUBLE_CLICK = dt.timedelta(minutes=1)


class SharingError(Exception):
    """A link that cannot be made, or an answer that cannot be taken. Its words are for whoever tried."""


class NotShown(Http404):
    """A link that shows nothing, or no longer does."""


# Reading


def token_of(link: SharedDraft) -> str:
    """What the address holds besides that of the page."""
    return Signer(sep=".", salt="portal.sharing").sign(f"{link.pk}.{link.key}")


def find(token: str) -> SharedDraft | None:
    """The link with this token, while it works. Every token goes the same way, forged and malformed ones too."""
    number = token.partition(".")[0]
    is_number = number.isascii() and number.isdigit() and len(number) <= 18
    link = SharedDraft.objects.filter(pk=int(number) if is_number else 0).first() or SharedDraft(
        expires_at=timezone.now()
    )
    is_right, is_in_force = constant_time_compare(token_of(link), token), link.is_in_force
    return link if is_right and is_in_force else None


def draft_of(link: SharedDraft) -> Publishable | None:
    """The item that a link shows."""
    kind = next((kind for kind in Publishable.kinds() if kind._meta.label_lower == link.kind), None)
    return kind._default_manager.filter(pk=link.object_id).first() if kind else None


def address(item: Publishable, link: SharedDraft, **more: str) -> str:
    """Where the link leads, without the host."""
    return f"{item.get_absolute_url()}?{urlencode({PARAMETER: token_of(link), **more})}"


def is_shared(kind: type[Publishable]) -> Exists:
    """Whether an item of this kind is shown by a link, to ask of many at once."""
    return Exists(SharedDraft.objects.in_force().filter(kind=kind._meta.label_lower, object_id=OuterRef("pk")))


def has_answers(kind: type[Publishable]) -> Exists:
    """Whether an item of this kind has answers that nobody has dealt with, to ask of many at once."""
    links = {"shared_draft__kind": kind._meta.label_lower, "shared_draft__object_id": OuterRef("pk")}
    return Exists(DraftAnswer.objects.to_deal_with().filter(**links))


# Writing


@transaction.atomic
def share(item: Publishable, *, by: User, reader: str, question: str = "", days: int) -> SharedDraft:
    """Make a link for ``reader``. It works for so many days after today, until the last of them ends in London."""
    locked = type(item)._default_manager.select_for_update().filter(pk=item.pk).order_by("pk").first()
    if locked is None:
        raise SharingError(f"“{item}” was deleted in the meantime.")
    if locked.is_public:
        raise SharingError(f"“{item}” is public: everybody can read it at its own address.")
    now = timezone.now()
    asked = {"reader": reader, "question": question, "by": by, "by_name": person_in_words(by)}
    asked |= {"expires_at": dates.midnight(dates.local_day(now) + dt.timedelta(days=days + 1))}
    of_item = SharedDraft.objects.of(item)
    if twice := of_item.in_force().filter(**asked, at__gt=now - DOUBLE_CLICK).first():
        return twice
    kind, title = item._meta.label_lower, str(item)[:300]
    link = SharedDraft.objects.create(kind=kind, object_id=item.pk, title=title, **asked)
    words = f"Shared with {reader} until {dates.day(link.last_day)}"
    auditing.record(AuditEvent.Kind.SHARING, by=by, about=str(item), detail=words)
    return link


@transaction.atomic
def revoke(link: SharedDraft, *, by: User) -> bool:
    """End a link at once. Whether there was anything to end."""
    ended = {"revoked_at": timezone.now(), "revoked_by_name": person_in_words(by)}
    revoked = SharedDraft.objects.in_force().filter(pk=link.pk).update(**ended)
    if revoked:
        words = f"The link for {link.reader} was revoked"
        auditing.record(AuditEvent.Kind.SHARING, by=by, about=link.title, detail=words)
    return bool(revoked)


@transaction.atomic
def answer(link: SharedDraft, *, verdict: str, words: str = "", name: str = "") -> DraftAnswer:
    """Keep what somebody thinks of a draft, for whoever may change it."""
    locked = SharedDraft.objects.select_for_update().filter(pk=link.pk).first()
    if locked is None or not locked.is_in_force:
        raise NotShown("This link was revoked in the meantime.")
    said = {"verdict": verdict, "words": words, "name": name}
    if twice := locked.answers.filter(**said, at__gt=timezone.now() - DOUBLE_CLICK).first():
        return twice
    if is_full(locked):
        raise SharingError(
            f"This link has had {ANSWERS_AT_MOST} answers, which is as many as it takes. "
            f"Tell {locked.by_name} in another way."
        )
    return DraftAnswer.objects.create(shared_draft=locked, **said)


def is_full(link: SharedDraft) -> bool:
    """Whether it takes no more answers: what everybody may send to has an end."""
    return link.answers.count() >= ANSWERS_AT_MOST


def deal_with(*answers: DraftAnswer, by: User) -> int:
    """Say that answers are dealt with; how many of them were not before."""
    open_ones = DraftAnswer.objects.to_deal_with().filter(pk__in=[one.pk for one in answers])
    return open_ones.update(dealt_with_at=timezone.now(), dealt_with_by_name=person_in_words(by))


@receiver(post_delete)
def on_deletion(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    """What is deleted is shown to nobody, however it goes: a later item may get its number."""
    if isinstance(instance, Publishable):
        SharedDraft.objects.of(instance).delete()
