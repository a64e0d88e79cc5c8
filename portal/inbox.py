"""What people who read the portal write to the team: one inbox for proposals, questions and reports of problems.

What was sent is never edited. After ``INBOX_DAYS`` the words and the person are erased (``manage.py purge_inbox``);
what stays is that somebody wrote, about which page, on which day, and what became of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from portal import dates


class Delivery(models.TextChoices):
    """What became of an email."""

    DUE = "due", "Not sent yet"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"
    NO_SERVER = "no-server", "Not sent: no mail server is set"
    NO_ADDRESS = "no-address", "Not sent: no email address was given"
    HELD = "held", "Not sent: this address has been sent enough for one day"


class MessageQuerySet(models.QuerySet["Message"]):
    def new_first(self) -> Self:
        """What waits for staff first, and of each the newest first."""
        return self.order_by(*NEW_FIRST)

    def due_for_erasing(self, before: dt.datetime) -> Self:
        """What was closed before that moment or, where nobody closed it, came before it."""
        closed = Q(state=Message.State.CLOSED)
        return self.filter(closed & Q(state_at__lt=before) | ~closed & Q(at__lt=before), erased_on=None)


class Message(models.Model):
    """Something that a reader wrote to the team by one of the portal's forms."""

    class Kind(models.TextChoices):
        PROPOSAL = "proposal", "Proposal"
        QUESTION = "question", "Question"
        PROBLEM = "problem", "Problem"

    class State(models.TextChoices):
        NEW = "new", "New"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed"

    # The columns, all of them texts, that go when it is erased. What builds on this names its own.
    personal: ClassVar[tuple[str, ...]] = ("name", "email", "title", "text", "note")

    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    # Random, and given to one form on one screen: a second press of its button adds nothing.
    token = models.CharField(max_length=64, unique=True, editable=False)
    page = models.CharField("about the page", max_length=300, blank=True, editable=False)
    name = models.CharField("from", max_length=100, blank=True, editable=False)
    email = models.EmailField("email address", blank=True, editable=False)
    title = models.CharField(max_length=200, blank=True, editable=False)
    text = models.TextField("message", blank=True, editable=False)
    at = models.DateTimeField("came", default=timezone.now, editable=False)
    state = models.CharField(
        max_length=20,
        choices=State,
        default=State.NEW,
        help_text="Close what needs nothing more.",
    )
    state_at = models.DateTimeField("since", null=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    note = models.TextField(
        "private note", max_length=5000, blank=True, help_text="For staff only. It is erased with the message."
    )
    acknowledgement = models.CharField(max_length=20, choices=Delivery, default=Delivery.DUE, editable=False)
    announcement = models.CharField(
        "email to the team", max_length=20, choices=Delivery, default=Delivery.DUE, editable=False
    )
    erased_on = models.DateField(null=True, editable=False)

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["state", "-at"], name="message_of_state")]
        # They come by the forms, never by the admin.
        default_permissions = ["view", "change", "delete"]

    def __str__(self) -> str:
        # Logs keep this for ever, so it tells nothing of who wrote and what.
        return f"{self.get_kind_display()} {self.pk} of {dates.day(dates.local_day(self.at))}"

    @classmethod
    def extensions(cls) -> Iterator[Any]:
        """The relations to what apps know of their own kinds of message, without naming an app."""
        return (one for one in Message._meta.related_objects if getattr(one, "parent_link", False))

    def whole(self) -> Message:
        """This message with what an app knows of its kind; itself where no app does."""
        for relation in self.extensions():
            found: Message | None = relation.related_model._default_manager.filter(pk=self.pk).first()
            if found is not None:
                return found
        return self

    def move_to(self, state: str, *, by: Any, by_name: str) -> None:
        """Say what became of it. The caller saves."""
        self.state, self.state_at, self.by, self.by_name = state, timezone.now(), by, by_name


def erase(chosen: MessageQuerySet, *, on: dt.date) -> int:
    """Take out of messages what was written and by whom, the hour they came among it. Returns how many it were."""
    keys = list(chosen.values_list("pk", flat=True))
    for kind in [Message, *(relation.related_model for relation in Message.extensions())]:
        kind._base_manager.filter(pk__in=keys).update(**dict.fromkeys(kind.personal, ""))
    for message in Message.objects.filter(pk__in=keys).only("at"):
        day = dates.midnight(dates.local_day(message.at))
        Message.objects.filter(pk=message.pk).update(at=day, erased_on=on)
    return len(keys)


NEW_FIRST: list[Any] = [
    Case(*(When(state=state, then=Value(place)) for place, state in enumerate(Message.State.values)), default=Value(9)),
    "-at",
    "-pk",
]


class FormUse(models.Model):
    """How often forms were sent in one hour, in all or by one sender, who is known by a hash that nobody can undo."""

    hour = models.DateTimeField()
    sender = models.CharField(max_length=64, blank=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["hour", "sender"], name="formuse_one_per_sender_and_hour")]

    def __str__(self) -> str:
        return f"{self.hour}: {self.number}"
