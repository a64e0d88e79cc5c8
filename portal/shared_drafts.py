"""Links that show one draft to somebody without an account, and what they answer.

Both outlive the person, who is kept in words too, and both go with the draft. What is done with them stands in
``portal.sharing``.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal import dates


class SharedDraftQuerySet(models.QuerySet["SharedDraft"]):
    def of(self, item: models.Model) -> Self:
        """Those of one item."""
        return self.filter(kind=item._meta.label_lower, object_id=item.pk)

    def in_force(self) -> Self:
        """Those that still open their draft."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


class SharedDraft(models.Model):
    """A link that shows one draft to whoever has it, until it expires or is revoked."""

    kind = models.CharField(max_length=100, editable=False)
    object_id = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=300, editable=False)
    reader = models.CharField(max_length=100, editable=False)
    question = models.TextField(blank=True, editable=False)
    key = models.CharField(max_length=43, default=secrets.token_urlsafe, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by_name = models.CharField("revoked by", max_length=200, blank=True, editable=False)

    objects = SharedDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "object_id", "-at"], name="shareddraft_of_item")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.title}: for {self.reader}"

    @property
    def is_in_force(self) -> bool:
        """The same answer as ``in_force()`` gives, for one link at hand."""
        return self.revoked_at is None and timezone.now() < self.expires_at

    @property
    def last_day(self) -> dt.date:
        """The last day, in London, on which it works."""
        return dates.local_day(self.expires_at - dt.timedelta(microseconds=1))


class DraftAnswerQuerySet(models.QuerySet["DraftAnswer"]):
    def to_deal_with(self) -> Self:
        """Those of which nobody has said that they are dealt with."""
        return self.filter(dealt_with_at__isnull=True)


class DraftAnswer(models.Model):
    """What somebody to whom a draft was shown thinks of it."""

    class Verdict(models.TextChoices):
        RIGHT = "right", "It looks right"
        CHANGE = "change", "Change this"

        @property
        def colour(self) -> str:
            """A colour of the nhsuk tag."""
            return "green" if self == DraftAnswer.Verdict.RIGHT else "yellow"

    shared_draft = models.ForeignKey(SharedDraft, on_delete=models.CASCADE, related_name="answers", editable=False)
    verdict = models.CharField("answer", max_length=10, choices=Verdict, editable=False)
    words = models.TextField(blank=True, editable=False)
    name = models.CharField(max_length=100, blank=True, editable=False)
    at = models.DateTimeField("time", default=timezone.now, editable=False)
    dealt_with_at = models.DateTimeField("dealt with", null=True, editable=False)
    dealt_with_by_name = models.CharField("dealt with by", max_length=200, blank=True, editable=False)

    objects = DraftAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = "answer to a shared draft"
        verbose_name_plural = "answers to shared drafts"
        ordering = ["-at", "-pk"]
        default_permissions = ["view"]
        constraints = [
            models.CheckConstraint(condition=Q(verdict="right") | ~Q(words=""), name="draftanswer_change_says_what")
        ]

    def __str__(self) -> str:
        return f"{self.shared_draft.title}: {self.get_verdict_display()}"

    @property
    def who(self) -> str:
        """Who answered: the name that they gave, else for whom the link was made."""
        return self.name or self.shared_draft.reader
