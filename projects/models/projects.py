"""A project, its lifecycle, and the one definition of "accepting applications"."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from portal.markdown import MarkdownField, plain
from portal.models import Organisation
from portal.publishing import (
    Lifecycle,
    Publishable,
    PublishableQuerySet,
    SearchDocument,
    status_field,
    status_is_known,
)
from portal.windows import WindowState, accepts_at
from projects.models.rounds import ApplicationRound
from projects.models.terms import Area, Modality, Technique


class Status(Lifecycle):
    """How far a project has got. Any status may follow any other: real projects pause and open again."""

    DRAFT = "draft", "Draft"
    OPEN = "open", "Open"
    ACTIVE = "active", "In progress"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    ARCHIVED = "archived", "Archived"

    @property
    def colour(self) -> str:
        return {
            Status.DRAFT: "white",
            Status.OPEN: "green",
            Status.ACTIVE: "purple",
            Status.PAUSED: "yellow",
            Status.COMPLETED: "blue",
            Status.ARCHIVED: "grey",
        }[self]

    @property
    def meaning(self) -> str:
        return {
            Status.DRAFT: "Not published yet. Only staff can see it.",
            Status.OPEN: "You can apply for it while its application round is open.",
            Status.ACTIVE: "An intern is working on it now.",
            Status.PAUSED: "Work has stopped for now. It may open again.",
            Status.COMPLETED: "An intern has finished the work and reported on it.",
            Status.ARCHIVED: "There are no plans to run it. Its page is kept for the record.",
        }[self]

    @property
    def since(self) -> str:
        """What stands before the day on which a project came to this status: “Paused since”, “Completed on”."""
        return f"{self.label} {'on' if self in {Status.COMPLETED, Status.ARCHIVED} else 'since'}"

    @property
    def is_closed(self) -> bool:
        """Paused, completed or archived: nobody can apply and nobody is working on it."""
        return self in {Status.PAUSED, Status.COMPLETED, Status.ARCHIVED}

    @property
    def is_indexable(self) -> bool:
        return self in {Status.OPEN, Status.ACTIVE}


class ProjectQuerySet(PublishableQuerySet):
    def accepting(self, now: dt.datetime | None = None) -> Self:
        """Open, in a round that is open at ``now``: the one definition of accepting applications."""
        return self.filter(self._accepting(now))

    def in_list_order(self, now: dt.datetime | None = None) -> Self:
        """What can be applied for first, then what is open, then the rest; each from A to Z."""
        order = Case(
            When(self._accepting(now), then=Value(0)), When(status=Status.OPEN, then=Value(1)), default=Value(2)
        )
        return self.order_by(order, Lower("title"), "pk")

    @staticmethod
    def _accepting(now: dt.datetime | None) -> Q:
        return Q(status=Status.OPEN) & accepts_at(now or timezone.now(), "round__")

    def for_listing(self) -> Self:
        return self.select_related("area", "partner", "round").prefetch_related("techniques", "modalities")


SECTIONS: tuple[tuple[str, str], ...] = (
    ("need", "Why it is needed"),
    ("current_knowledge", "What is known, and possible approaches"),
    ("related_work", "Related projects"),
    ("future_work", "What it makes possible"),
    ("learning_outcomes", "What you will do and learn"),
    ("datasets", "Data"),
    ("desired_skills", "Skills that help"),
)


class Section(NamedTuple):
    """One part of a brief: its field, the heading that readers see, and its Markdown."""

    name: str
    heading: str
    text: str


class Project(Publishable):
    """A piece of data science for an intern: from open question to finished output."""

    Status = Status
    kind_label = "Project"
    kind_plural = "Projects"

    status = status_field(Status)
    area = models.ForeignKey(
        Area,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="projects",
        help_text="What it is about. A draft may do without; a public project may not.",
    )
    techniques = models.ManyToManyField(Technique, blank=True, related_name="projects")
    modalities = models.ManyToManyField(Modality, "projects", blank=True, verbose_name="types of data")
    partner = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="projects",
        verbose_name="working with",
        help_text="Shown as “Working with …”. It does not belong in the title.",
    )
    round = models.ForeignKey(
        ApplicationRound,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="projects",
        verbose_name="application round",
        help_text="While it is open, an open project accepts applications. Without one, dates are “to be announced”.",
    )
    supersedes = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="superseded_by",
        help_text="The older project that this one replaces. Its page will send readers here.",
    )
    need = MarkdownField(
        "need", level=3, blank=True, help_text="Why the NHS needs this, and what an intern would do about it."
    )
    current_knowledge = MarkdownField(
        "current knowledge and approaches",
        level=3,
        blank=True,
        help_text="What is known, with examples and possible techniques.",
    )
    related_work = MarkdownField(
        "related projects", level=3, blank=True, help_text="Earlier projects that this builds on."
    )
    future_work = MarkdownField("enables future work", level=3, blank=True)
    learning_outcomes = MarkdownField("outcomes and learning objectives", level=3, blank=True)
    datasets = MarkdownField("data sets", level=3, blank=True)
    desired_skills = MarkdownField("desired skills", level=3, blank=True, help_text="What to mention when applying.")
    no_outputs_reason = models.CharField(
        "why there are no outputs",
        max_length=300,
        blank=True,
        help_text="For a completed project without outputs: readers see this sentence in their place.",
    )

    objects: ClassVar[Any] = ProjectQuerySet.as_manager()

    class Meta(Publishable.Meta):
        ordering = ["title"]
        constraints = [
            *Publishable.Meta.constraints,
            status_is_known(Status),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(area__isnull=False),
                name="project_public_has_area",
                violation_error_message="Choose an area: readers find a public project by it.",
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("pk")),
                name="project_does_not_supersede_itself",
                violation_error_message="A project cannot replace itself.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        seen, older = {self.pk}, self.supersedes
        while older is not None:
            if older.pk in seen:
                raise ValidationError({"supersedes": "These projects would replace each other in a circle."})
            seen.add(older.pk)
            older = older.supersedes

    def refuse_move(self, new: Lifecycle) -> str:
        return "choose an area first." if new.is_public and self.area_id is None else ""

    def is_accepting(self, now: dt.datetime | None = None) -> bool:
        """Whether a student can apply at ``now``: the definition of ``accepting()`` for one project at hand."""
        return self.status == Status.OPEN and self.round is not None and self.round.is_open(now)

    def applications_sentence(self, now: dt.datetime | None = None) -> str:
        """Where applications for an open project stand; empty for every other status."""
        if self.status != Status.OPEN:
            return ""
        return self.round.sentence(now) if self.round else "Application dates to be announced"

    @property
    def applications_state(self) -> WindowState:
        return self.round.state() if self.round else WindowState.UNDATED

    @property
    def sections(self) -> list[Section]:
        """The sections that are written."""
        return [Section(name, heading, text) for name, heading in SECTIONS if (text := getattr(self, name).strip())]

    @property
    def successor(self) -> Project | None:
        """The public project that replaces this one."""
        return self.superseded_by.all().public().first()

    @property
    def reason(self) -> str:
        """Why it is where it is, in the words that staff wrote for readers."""
        change = self.last_change()
        return change.public_reason if change else ""

    def search_document(self) -> SearchDocument:
        partner = self.partner.names if self.partner else []
        terms = [*([self.area] if self.area else []), *self.techniques.all(), *self.modalities.all()]
        return SearchDocument(
            title=self.title,
            terms=" ".join([*partner, *(name for term in terms for name in term.names)]),
            summary=self.summary,
            body=" ".join(plain(section.text) for section in self.sections),
        )

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        facts = [
            ("Area", self.area.name if self.area else ""),
            ("Technique", ", ".join(term.name for term in self.techniques.all())),
            ("Data", ", ".join(term.name for term in self.modalities.all())),
            ("With", self.partner.name if self.partner else ""),
        ]
        return [fact for fact in facts if fact[1]]

    @property
    def search_tag(self) -> tuple[str, str]:
        status = self.current_status
        return status.label, status.colour
