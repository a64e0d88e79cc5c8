"""What every part of the portal stands on: people, organisations, the logs, notices, statements, old addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from reversion.models import Revision

from portal import clock, dates, sections
from portal.attempts import AttemptCount as AttemptCount
from portal.audit import AuditEvent as AuditEvent
from portal.checked_links import CheckedLink as CheckedLink
from portal.inbox import FormUse as FormUse
from portal.inbox import Message as Message
from portal.markdown import MarkdownField
from portal.shared_drafts import DraftAnswer as DraftAnswer
from portal.shared_drafts import SharedDraft as SharedDraft
from portal.turns import Turn
from portal.windows import LAST_DAYS


class User(AbstractUser):
    """A member of staff. The public has no accounts."""

    gets_digest = models.BooleanField(
        "gets the weekly email",
        default=True,
        help_text="Once a week, what needs their attention, where there is anything. It goes to the address above.",
    )
    digest_week = models.CharField(max_length=8, blank=True, default="", editable=False)  # of the last one: 2026-W47


class Region(models.TextChoices):
    """The NHS regions of England and the other nations of the United Kingdom."""

    EAST_OF_ENGLAND = "east-of-england", "East of England"
    LONDON = "london", "London"
    MIDLANDS = "midlands", "Midlands"
    NORTH_EAST_AND_YORKSHIRE = "north-east-and-yorkshire", "North East and Yorkshire"
    NORTH_WEST = "north-west", "North West"
    NORTHERN_IRELAND = "northern-ireland", "Northern Ireland"
    SCOTLAND = "scotland", "Scotland"
    SOUTH_EAST = "south-east", "South East"
    SOUTH_WEST = "south-west", "South West"
    WALES = "wales", "Wales"


def refuse_wrong_aliases(aliases: Any) -> None:
    """Raise ``ValidationError`` unless they are a list of words; a word alone would be taken apart into its letters."""
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias.isprintable() for alias in aliases):
        raise ValidationError({"aliases": 'Write a list of words, such as ["GOSH", "Great Ormond Street"].'})


class Organisation(models.Model):
    """A body that projects are done with, or that employs a fellow."""

    name = models.CharField(max_length=200, unique=True)
    abbreviation = models.CharField(
        max_length=30, blank=True, help_text="Such as GOSH. Readers who search for it find its projects."
    )
    aliases = models.JSONField(
        default=list,
        blank=True,
        help_text="Other names, as a list. The importer and the search know the organisation by each of them.",
    )
    region = models.CharField(max_length=40, choices=Region, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_wrong_aliases(self.aliases)

    @property
    def names(self) -> list[str]:
        """Every name it goes by."""
        return [name for name in [self.name, self.abbreviation, *self.aliases] if name]


class StatusChange(models.Model):
    """One step in an item's life. It outlives the item and the person: both are kept in words too."""

    kind = models.CharField(max_length=100, editable=False)
    object_id = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=300, editable=False)
    old = models.CharField("from", max_length=20, blank=True, editable=False)
    new = models.CharField("to", max_length=20, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    public_reason = models.TextField(blank=True, editable=False)
    private_note = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "object_id", "-at"], name="statuschange_of_item")]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.title}: {self.old or 'new'} to {self.new}"


class DateChange(models.Model):
    """One move of a date by which people apply. Like a step of status, it outlives what it tells of and who did it."""

    class Field(models.TextChoices):
        OPENS_AT = "opens_at", "opening date"
        CLOSES_AT = "closes_at", "deadline"

    kind = models.CharField(max_length=100, editable=False)
    object_id = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=300, editable=False)
    field = models.CharField("date", max_length=20, choices=Field, editable=False)
    old = models.DateTimeField("from", null=True, editable=False)
    new = models.DateTimeField("to", null=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)

    turns: ClassVar[list[Turn]] = [F("at") + dt.timedelta(days=LAST_DAYS)]  # until then, readers are told of it

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "object_id", "-at"], name="datechange_of_window")]
        default_permissions = ["view"]
        permissions = [("move_dates", "Can move the dates by which people apply")]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_field_display()}"


class Submission(models.Model):
    """A draft that waits for a publisher, since whoever wrote it may not publish. It goes with the next move."""

    kind = models.CharField(max_length=100, editable=False)
    object_id = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=300, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="submission_one_per_item")]

    def __str__(self) -> str:
        return f"{self.title}: submitted by {self.by_name}"

    @classmethod
    def of(cls, item: models.Model) -> models.QuerySet[Submission]:
        """The one of this item, if any."""
        return cls.objects.filter(kind=item._meta.label_lower, object_id=item.pk)


class ContentChange(models.Model):
    """That content changed: one row in each transaction that writes any. ``portal.generation`` says what for."""

    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.pk}: {self.at:%Y-%m-%d %H:%M:%S}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_force(self, now: dt.datetime | models.Value | None = None) -> NoticeQuerySet:
        now = now or clock.now()
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class Notice(models.Model):
    """A message to the readers of every page, or of one section, which comes and goes by itself."""

    title = models.CharField(max_length=100, help_text="For staff only.")
    body = MarkdownField(
        "message", help_text="One sentence. Readers see it at the top of the page while it is in force."
    )
    section = sections.SectionField("shown in", help_text="On each of its pages.")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="From this minute on, nobody sees it.")

    turns: ClassVar[list[Turn]] = ["starts_at", "ends_at"]

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="notice_ends_after_it_starts",
                violation_error_message="A notice must end after it starts.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def is_shown_in(self, here: Collection[str]) -> bool:
        """Whether readers see it on the pages of these sections while it is in force."""
        return not self.section or self.section in here

    def moments(self) -> list[clock.Moment]:
        """When it comes and goes."""
        changes = [(self.starts_at, "appears"), (self.ends_at, "goes")]
        return [clock.Moment(at, f"The notice “{self}” {words}") for at, words in changes if at]

    @property
    def state_in_words(self) -> str:
        """Where readers see it, and until when."""
        now = clock.now()
        where = "Everywhere" if not self.section else f"In {self.get_section_display()}"
        if self.ends_at and self.ends_at <= now:
            return f"Nowhere any longer: it ended at {dates.moment(self.ends_at)}"
        begins = f" from {dates.moment(self.starts_at)}" if self.starts_at > now else " now"
        return f"{where}{begins}{f', until {dates.moment(self.ends_at)}' if self.ends_at else ', until you end it'}"


class Statement(models.Model):
    """The portal's word on accessibility, cookies or privacy, in place of the text that it comes with."""

    class Subject(models.TextChoices):
        ACCESSIBILITY = "accessibility", "Accessibility statement"
        COOKIES = "cookies", "Cookies"
        PRIVACY = "privacy", "Privacy"

    subject = models.CharField(max_length=20, choices=Subject, unique=True)
    body = MarkdownField(
        help_text="Replaces the text that the portal comes with, at once. “[fill in: …]” marks what is still missing; "
        "{name}, {organisation}, {email}, {answer_days} and {inbox_days} are filled in from the settings."
    )
    reviewed_on = models.DateField("last reviewed", default=timezone.localdate)

    class Meta:
        ordering = ["subject"]

    def __str__(self) -> str:
        return self.get_subject_display()

    def get_absolute_url(self) -> str:
        return reverse(self.subject)


def normal_path(path: str) -> str:
    """The form under which an old address is kept: one leading slash, none at the end."""
    return "/" + path.strip().strip("/")


class ForwardingAddress(models.Model):
    """An address that a page used to have, and where its readers are sent now."""

    path = models.CharField(
        "old address", max_length=300, unique=True, help_text="Without the host, such as /projects.html."
    )
    target = models.CharField("new address", max_length=300, help_text="Without the host, such as /projects/.")

    class Meta:
        ordering = ["path"]
        verbose_name_plural = "forwarding addresses"
        constraints = [
            models.CheckConstraint(
                condition=~Q(path=F("target")),
                name="forwardingaddress_goes_elsewhere",
                violation_error_message="An address cannot forward to itself.",
            ),
            models.CheckConstraint(
                condition=Q(target__startswith="/") & ~Q(target__startswith="//") & ~Q(target__contains="\\"),
                name="forwardingaddress_stays_here",
                violation_error_message="The new address must begin with one / and lie in this portal.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} → {self.target}"

    def clean(self) -> None:
        self.path = normal_path(self.path)
        if self.path == normal_path(self.target):
            raise ValidationError("An address cannot forward to itself.")


class ImportedItem(models.Model):
    """What the importer last wrote into an item, so that it can tell an editor's change from its own."""

    model = models.CharField(max_length=100)
    key = models.CharField(max_length=300)
    object_id = models.BigIntegerField()
    parts = models.JSONField(default=dict)
    values = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model", "key"], name="importeditem_key_is_stable"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class RevisionAuthor(models.Model):
    """Who made a revision, in words: it outlives the account."""

    revision = models.OneToOneField(Revision, on_delete=models.CASCADE, related_name="author")
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SearchEntry(models.Model):
    """The words of one item, folded and stemmed, as ``portal.search`` wrote them. Rebuilt by ``rebuild_search``."""

    kind = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    title = models.TextField()
    terms = models.TextField()
    summary = models.TextField()
    body = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="searchentry_one_per_item")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


def person_in_words(user: Any) -> str:
    """The name under which the log keeps a person, also after the account is gone."""
    return (user.get_full_name() or user.get_username()) if user is not None else ""
