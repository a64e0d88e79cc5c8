"""Drafts that wait for a publisher: who writes and may not publish submits, and takes it back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from portal import auditing
from portal.audit import AuditEvent
from portal.models import Submission, User, person_in_words
from portal.publishing import Publishable


class SubmissionError(Exception):
    """A page that cannot be submitted."""


def why_not(item: Publishable) -> str:
    """Why it cannot be submitted, as a sentence for staff; empty where it can."""
    status = item.current_status
    return f"it is {status.label}. Only drafts are submitted for publishing." if status.is_public else ""


def before_publishing(item: Publishable) -> str:
    """What a publisher would be told who tried to publish it now; empty where nothing is missing."""
    first = next(status for status in item.current_status.next if status.is_public)
    return item.why_not(first) or item.as_if(first).hidden_because


def is_submitted(kind: type[Publishable]) -> Exists:
    """Whether an item of this kind waits for a publisher, to ask of many at once."""
    return Exists(Submission.objects.filter(kind=kind._meta.label_lower, object_id=OuterRef("pk")))


@transaction.atomic
def submit(item: Publishable, *, by: User, note: str = "") -> None:
    """Say that a draft is ready. A second time replaces the first; the audit list keeps both."""
    locked = type(item)._default_manager.select_for_update().filter(pk=item.pk).first()
    refusal = "it was deleted in the meantime." if locked is None else why_not(locked)
    if refusal:
        raise SubmissionError(f"“{item}” cannot be submitted: {refusal}")
    said = {"title": str(item)[:300], "by": by, "by_name": person_in_words(by), "at": timezone.now(), "note": note}
    Submission.objects.update_or_create(kind=item._meta.label_lower, object_id=item.pk, defaults=said)
    words = f"Submitted for publishing: {note}" if note else "Submitted for publishing"
    auditing.record(AuditEvent.Kind.SUBMISSION, by=by, about=str(item), detail=words)


@transaction.atomic
def withdraw(item: Publishable, *, by: User) -> bool:
    """Take it back. Whether there was anything to take back."""
    deleted, _ = Submission.of(item).delete()
    if deleted:
        auditing.record(AuditEvent.Kind.SUBMISSION, by=by, about=str(item), detail="Withdrawn")
    return bool(deleted)


@receiver(post_delete)
def on_deletion(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    """What is deleted waits for nobody, however it goes. Its row has no foreign key, as it may be of any kind."""
    if isinstance(instance, Publishable):
        Submission.of(instance).delete()
