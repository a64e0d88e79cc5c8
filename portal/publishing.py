"""What every page the public can read has in common: a lifecycle, one word for "public", and one door for moving.

A kind of page (project, cohort, article) inherits ``Publishable`` and names its statuses. Each status answers for
itself; nobody else compares status strings. Inheriting is also registering: search, home page, sitemap and the tests
that no draft leaks ask ``Publishable.kinds()``.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from portal import addresses, dates, effects, readiness, revisions
from portal.models import StatusChange, Submission, User, person_in_words
from portal.readiness import Gap


class Lifecycle(models.TextChoices):
    """The statuses of one kind of page.

    A kind adds ``colour``, ``meaning`` and ``verb``; ``asks_reason`` where readers are told why; ``next`` if some moves
    are wrong.
    """

    @classmethod
    def public(cls) -> list[Lifecycle]:
        return [status for status in cls if status.is_public]

    @property
    def is_public(self) -> bool:
        return self.value != "draft"

    @property
    def is_indexable(self) -> bool:
        """Whether search engines are invited to a page of this status."""
        return self.is_public

    @property
    def colour(self) -> str:
        """A colour of the nhsuk tag."""
        raise NotImplementedError(f"{type(self).__name__} gives {self.label} no colour.")

    @property
    def meaning(self) -> str:
        """What a reader should understand by it."""
        raise NotImplementedError(f"{type(self).__name__} gives {self.label} no meaning.")

    @property
    def verb(self) -> str:
        """What staff do to a page to bring it here, such as “Pause”."""
        if self.is_public:
            raise NotImplementedError(f"{type(self).__name__} gives {self.label} no verb.")
        return "Back to draft"

    def act_on(self, what: str) -> str:
        """What the button says that does it: “Pause 3 projects”, “Move 3 projects back to draft”."""
        return f"{self.verb} {what}" if self.is_public else f"Move {what} back to draft"

    @property
    def asks_reason(self) -> bool:
        """Whether its page tells readers why, so that whoever moves it here has to say."""
        return False

    @property
    def next(self) -> list[Lifecycle]:
        """The statuses that may follow this one."""
        return [status for status in type(self) if status != self]


class PageStatus(Lifecycle):
    """The lifecycle of a page that is either being written or published."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"

    @property
    def colour(self) -> str:
        return "blue" if self.is_public else "white"

    @property
    def meaning(self) -> str:
        return "Everybody can read it." if self.is_public else "Not published yet. Only staff can see it."

    @property
    def verb(self) -> str:
        return "Publish" if self.is_public else super().verb


class TransitionError(Exception):
    """A move that the lifecycle does not allow."""

    @classmethod
    def of(cls, item: Publishable, new: Lifecycle, why: str) -> Self:
        return cls(f"“{item}” cannot go from {item.current_status.label} to {new.label}: {why}")


class PublicStep(NamedTuple):
    """A step of an item's life as readers are told of it: nothing of who took it, nor of what staff noted."""

    at: dt.datetime
    label: str
    reason: str


@dataclass(frozen=True)
class SearchDocument:
    """What the search knows of an item, in order of weight."""

    title: str
    terms: str = ""
    summary: str = ""
    body: str = ""


class PublishableQuerySet(models.QuerySet[Any]):
    def public(self) -> Self:
        """What every reader may see: the one place that decides it."""
        return self.filter(status__in=self.model.Status.public())

    def drafts(self) -> Self:
        """What is still being written. A kind may hide more from readers than these."""
        return self.exclude(status__in=self.model.Status.public())

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Everything for staff who may view this kind, else what is public."""
        opts = self.model._meta
        if user.is_active and user.is_staff and user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            return self.all()
        return self.public()

    def withheld(self) -> Self:
        """What somebody took from readers at once, and so neither a link nor the address of an image shows any more."""
        return self.none()

    def indexable(self) -> Self:
        """What search engines are invited to."""
        return self.public().filter(status__in=[s for s in self.model.Status if s.is_indexable])

    def for_listing(self) -> Self:
        """With everything that a list shows, in a fixed number of queries."""
        return self

    def for_moving(self) -> Self:
        """With everything that a move asks of an item, its gaps among it, in a fixed number of queries."""
        return self

    def for_index(self) -> Self:
        """With everything that ``search_document()`` reads, in a fixed number of queries."""
        return self

    def for_sitemap(self) -> Self:
        """With what ``get_absolute_url()`` and ``modified_at()`` read, and without the texts."""
        fields = self.model._meta.concrete_fields
        return self.defer(*(field.name for field in fields if isinstance(field, models.TextField)))

    def modified_at(self, now: dt.datetime) -> dt.datetime | None:
        """When what a list of these tells readers last changed; None without any."""
        newest: dt.datetime | None = self.aggregate(newest=Max("updated_at"))["newest"]
        return newest


def latest(now: dt.datetime, changed: dt.datetime, *moments: dt.datetime | None) -> dt.datetime:
    """The last of ``changed`` and those of ``moments`` that have come by ``now``."""
    return max([changed, *(moment for moment in moments if moment and moment <= now)])


def status_field(statuses: type[Lifecycle]) -> models.CharField:
    """The column of a kind's status. It is not editable: ``move_to`` is the one door."""
    return models.CharField(max_length=20, choices=statuses, default=statuses("draft"), editable=False, db_index=True)


def status_is_known(statuses: type[Lifecycle]) -> models.CheckConstraint:
    """The database's own rule that a status is one of the kind's."""
    return models.CheckConstraint(condition=Q(status__in=statuses.values), name="%(app_label)s_%(class)s_status_known")


def public_only_with(condition: Q, *, name: str, says: str) -> models.CheckConstraint:
    """The database's own rule that a page is a draft until it has something; ``says`` is for the editor."""
    return models.CheckConstraint(condition=Q(status="draft") | condition, name=name, violation_error_message=says)


class Publishable(models.Model):
    """A page with a lifecycle. Inherit its ``Meta`` too: the rules and the publish permission come with it."""

    Status: ClassVar[type[Lifecycle]]
    kind_label: ClassVar[str]
    kind_plural: ClassVar[str]
    # What the address of one that is not public does.
    when_hidden: ClassVar[str] = "answers “page not found”"
    # The addresses at which pages of the portal itself stand, where those of this kind would.
    reserved_addresses: ClassVar[tuple[str, ...]] = ()
    # The names of the addresses at which readers find a list of them, besides the home page.
    listed_at: ClassVar[tuple[str, ...]] = ()

    title: Any = models.CharField(max_length=250)
    slug: Any = models.SlugField(
        "address",
        max_length=120,
        unique=True,
        blank=True,
        help_text="The last part of the page's address. Empty, it is made for you. A changed address forwards.",
    )
    summary = models.TextField(
        max_length=400, blank=True, help_text="Two sentences. Shown in lists, in search results and in shared links."
    )
    status: Any = models.CharField(max_length=20, default="draft", editable=False)
    published_at = models.DateTimeField("first published", null=True, blank=True, editable=False)
    updated_at = models.DateTimeField("last updated", auto_now=True)
    source_key = models.CharField(max_length=300, blank=True, default="", editable=False)
    source_text = models.TextField(blank=True, default="", editable=False)

    objects: ClassVar[Any] = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ["add", "change", "delete", "view", "publish"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
                name="%(app_label)s_%(class)s_public_has_date",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @classmethod
    def kinds(cls) -> list[type[Publishable]]:
        """Every installed model that the public can read."""
        return [model for model in apps.get_models() if issubclass(model, cls)]

    def clean(self) -> None:
        super().clean()
        if self.slug == "":
            self.slug = addresses.suggested(self)
        if self.current_status.is_public and (lost := readiness.lost(self.required_gaps(self.current_status))):
            raise ValidationError(lost)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """No form holds the status, which would spare it the rules about it; the database would refuse instead."""
        super().validate_constraints(exclude=set(exclude or ()) - {"status", "published_at"})

    def get_absolute_url(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} has no address.")

    @classmethod
    def counted(cls, number: int) -> str:
        """So many of this kind in words: “1 project”, “3 projects”."""
        return f"{number} {cls._meta.verbose_name if number == 1 else cls._meta.verbose_name_plural}"

    @property
    def current_status(self) -> Lifecycle:
        return self.Status(self.status)

    @property
    def is_public(self) -> bool:
        """The same answer as ``public()`` gives, for one item at hand."""
        return self.current_status.is_public

    @property
    def is_indexable(self) -> bool:
        return self.is_public and self.current_status.is_indexable

    def modified_at(self, now: dt.datetime) -> dt.datetime:
        """When what its page tells readers last changed. A date that passes can change it too."""
        return self.updated_at

    # What lists and search show of an item. A kind overrides what it has more to say on.

    def search_document(self) -> SearchDocument:
        return SearchDocument(title=self.title, summary=self.summary)

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        """Label and value pairs under a search result."""
        return []

    @property
    def search_tag(self) -> tuple[str, str] | None:
        """Label and colour of the status tag beside a search result, where a reader needs one."""
        return None

    # The log, and the one door.

    def status_changes(self) -> models.QuerySet[StatusChange]:
        return StatusChange.objects.filter(kind=self._meta.label_lower, object_id=self.pk)

    def last_change(self) -> StatusChange | None:
        """The move that led to the present status, where the portal made it."""
        return self.status_changes().filter(new=self.status).first()

    def record_change(self, *, old: str, by: User | None, at: dt.datetime, reason: str = "", note: str = "") -> None:
        """Write the log's row of the move to the present status."""
        StatusChange.objects.create(
            kind=self._meta.label_lower,
            object_id=self.pk,
            title=str(self)[:300],
            old=old,
            new=self.status,
            at=at,
            by=by,
            by_name=person_in_words(by),
            public_reason=reason,
            private_note=note,
        )

    def readable_history(self, changes: Iterable[StatusChange]) -> list[PublicStep]:
        """What readers are told of ``changes``, this page's log, newest first: nothing of when it was a draft."""
        told: list[PublicStep] = []
        public = {status.value for status in self.Status.public()}
        for change in changes:
            if change.new not in public:
                continue
            # What lies between two rows of one status was no public one. Only the later row tells since when.
            step = PublicStep(change.at, self.Status(change.new).label, change.public_reason)
            if not told or told[-1][1:] != step[1:]:
                told.append(step)
        return told

    @property
    def hidden_because(self) -> str:
        """Why readers do not see an item whose status is public; empty where they do."""
        return ""

    def as_if(self, new: Lifecycle) -> Self:
        """This item as it would be after a move, to ask what readers would then see. It is never saved."""
        moved = copy.copy(self)
        moved.status = new.value
        return moved

    @classmethod
    def effects_of_move(cls, items: Sequence[Self], new: Lifecycle, now: dt.datetime) -> list[str]:
        """What readers notice when ``items`` move to ``new`` at ``now``, in sentences. A kind adds its own."""
        return effects.of_visibility(items, [item.as_if(new) for item in items])

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        """What is missing without which this item cannot be ``new``, a public status. A kind says what it needs."""
        return []

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        """What its readers would miss at ``new``, and it can do without. A kind adds what only it knows."""
        return readiness.lacking((readiness.SUMMARY, not self.summary))

    def refuse_move(self, new: Lifecycle) -> str:
        """Why this item must not move to ``new`` although the lifecycle allows it; empty when it may."""
        return readiness.refusal(self.required_gaps(new)) if new.is_public else ""

    def why_not(self, new: Lifecycle) -> str:
        """Why this item cannot move to ``new``, as a sentence for staff; empty when it can."""
        current = self.current_status
        if new == current:
            return f"it is {new.label} already{self._last_moved()}."
        if new not in current.next:
            return "its lifecycle has no such step."
        return self.refuse_move(new)

    def _last_moved(self) -> str:
        """When it came to its status and by whom, in brackets, where the log knows."""
        change = self.last_change()
        if change is None:
            return ""
        by = f", by {change.by_name}" if change.by_name else ""
        return f" (since {dates.day(dates.local_day(change.at))}{by})"

    @transaction.atomic
    def move_to(
        self, status: str, *, by: User | None, reason: str = "", note: str = "", seen: str | None = None
    ) -> None:
        """Move this page along its lifecycle and record who did it and why.

        ``reason`` is for readers, ``note`` for staff. ``seen`` is the status that the person believed it to have.
        Raises ``TransitionError`` where the move is not allowed, or where somebody else moved it first.
        """
        locked = type(self)._default_manager.select_for_update().get(pk=self.pk)
        old, new = locked.current_status, self.Status(status)
        refusal = locked.why_not(new)
        if not refusal and seen is not None and old != seen:
            refusal = f"it is {old.label} now{locked._last_moved()}, which is not what you confirmed. Look at it again."
        if refusal:
            raise TransitionError.of(locked, new, refusal)
        now = timezone.now()
        self.status = new.value
        self.published_at = locked.published_at
        if new.is_public and not self.published_at:
            self.published_at = now
        self.save(update_fields=["status", "published_at", "updated_at"])
        self.record_change(old=old.value, by=by, at=now, reason=reason, note=note)
        Submission.of(self).delete()
        revisions.record(self, by=by, comment=f"Moved from {old.label} to {new.label}")
