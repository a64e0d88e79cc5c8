"""The links that the portal's texts lead out by, and what was found when each was last looked at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

MAX_ADDRESS = 2_000


class CheckedLinkQuerySet(models.QuerySet["CheckedLink"]):
    def ignored(self) -> CheckedLinkQuerySet:
        """Those that somebody has looked at and said are fine."""
        return self.exclude(ignored_because="")

    def dead(self) -> CheckedLinkQuerySet:
        """Those that somebody has to do something about."""
        return self.filter(state=CheckedLink.State.DEAD, ignored_because="")

    def doubtful(self) -> CheckedLinkQuerySet:
        """Those that are dead or may be: what the list shows."""
        return self.filter(state__in=[CheckedLink.State.DEAD, CheckedLink.State.UNSURE], ignored_because="")

    def may_be_asked(self, now: dt.datetime) -> CheckedLinkQuerySet:
        """Those to look at, the one that was looked at longest ago first."""
        ready = self.filter(Q(not_before__isnull=True) | Q(not_before__lte=now), ignored_because="")
        return ready.order_by(models.F("checked_at").asc(nulls_first=True), "pk")


class CheckedLink(models.Model):
    """An address that readers are sent to, once, however many texts link to it. The check writes it, and takes it away
    when no text links to it any longer."""

    class State(models.TextChoices):
        NEW = "new", "Not checked yet"
        FINE = "fine", "Fine"
        UNSURE = "unsure", "Unsure"
        DEAD = "dead", "Dead"

        @property
        def colour(self) -> str:
            return {"new": "white", "fine": "green", "unsure": "yellow", "dead": "grey"}[self.value]

    address = models.CharField(max_length=MAX_ADDRESS, unique=True, editable=False)
    places = models.JSONField(default=list, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.NEW, editable=False, db_index=True)
    answer = models.CharField(max_length=300, blank=True, editable=False)
    checked_at = models.DateTimeField("last checked", null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    # How many looks in a row found nothing at all, and on how many days there was no good answer.
    gone_looks = models.PositiveIntegerField(default=0, editable=False)
    failed_days = models.PositiveIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, editable=False)
    ignored_because = models.CharField(
        "why it is fine", max_length=300, blank=True, help_text="For your colleagues. The link leaves the list."
    )
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    ignored_by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    ignored_at = models.DateTimeField(null=True, editable=False)

    objects: Any = CheckedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "link"
        ordering = ["failing_since", "address"]
        default_permissions = ["view", "change"]

    def __str__(self) -> str:
        return self.address
