"""A project, and the one definition of "accepting applications"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from portal import clock, readiness
from portal.markdown import MarkdownField, plain
from portal.models import DateChange, Organisation
from portal.paths import path_to
from portal.publishing import (
    Lifecycle,
    Publishable,
    PublishableQuerySet,
    SearchDocument,
    latest,
    public_only_with,
    status_field,
    status_is_known,
)
from portal.readiness import Gap
from portal.windows import WindowState
from projects.models import effects, gaps
from projects.models.rounds import ApplicationRound
from projects.models.statuses import ListRank, Status
from projects.models.terms import Area, Modality, Technique


class ProjectQuerySet(PublishableQuerySet):
    def hidden(self) -> Self:
        """What ``public()`` leaves out."""
        return self.filter(status__in=[status for status in Status if not status.is_public])

    def open(self) -> Self:
        """Open, whether or not their rounds take applications at the moment."""
        return self.filter(status=Status.OPEN)

    def accepting(self, now: dt.datetime | None = None) -> Self:
        """Open, in a round that is open at ``now``: the one definition of accepting applications."""
        return self.filter(self._accepting(now))

    @staticmethod
    def _accepting(now: dt.datetime | None) -> Q:
        return Q(status=Status.OPEN, round__in=ApplicationRound.objects.open_at(now or clock.now()))

    def of_rank(self, rank: ListRank, now: dt.datetime) -> Self:
        """One part of the list."""
        match rank:
            case ListRank.ACCEPTING:
                return self.accepting(now)
            case ListRank.OPEN:
                return self.open().exclude(self._accepting(now))
            case _:
                return self.exclude(status=Status.OPEN)

    def a_to_z(self) -> Self:
        return self.order_by("sort_title", "pk")

    def with_terms(self) -> Self:
        """With all that stands beside a project: its terms, partner and round."""
        return self.select_related("area", "partner", "round").prefetch_related("techniques", "modalities")

    def for_page(self) -> Self:
        """With what stands beside a brief but for its terms, and with whether there is what else it may ask for."""
        newer = self.model.objects.filter(supersedes=OuterRef("pk"))
        placements = self.model.placements.rel.related_model.objects.filter(project=OuterRef("pk"))
        return self.select_related("area", "partner", "round").annotate(
            has_successors=Exists(newer), has_placements=Exists(placements)
        )

    def with_round_moved_at(self) -> Self:
        moves = DateChange.objects.filter(kind=ApplicationRound._meta.label_lower, object_id=OuterRef("round_id"))
        return self.annotate(round_moved_at=Subquery(moves.order_by("-at").values("at")[:1]))

    def for_moving(self) -> Self:
        return self.select_related("area", "round").prefetch_related("placements__outputs", "techniques", "modalities")

    def for_index(self) -> Self:
        return self.with_terms()

    def for_listing(self) -> Self:
        return self.with_terms().with_round_moved_at().defer(*(name for name, _ in SECTIONS), "source_text")

    def for_sitemap(self) -> Self:
        return super().for_sitemap().select_related("round").defer("round__how_to_apply").with_round_moved_at()

    def indexable(self) -> Self:
        """As the status has it, but none that another took the place of: search engines are to find that one."""
        superseded = self.model.objects.public().filter(supersedes__isnull=False).order_by().values("supersedes")
        return super().indexable().exclude(pk__in=superseded)

    def modified_at(self, now: dt.datetime) -> dt.datetime | None:
        open_here = self.open().order_by()
        rounds = {"kind": ApplicationRound._meta.label_lower, "object_id__in": open_here.values("round")}
        moves = DateChange.objects.filter(**rounds).order_by("-at").values("at")[:1]
        boundaries = {
            name: Max(f"round__{name}", filter=Q(status=Status.OPEN, **{f"round__{name}__lte": now}))
            for name in ("opens_at", "closes_at")
        }
        found = self.aggregate(updated=Max("updated_at"), moved=Max(Subquery(moves)), **boundaries)
        return max((moment for moment in found.values() if moment), default=None)


SECTIONS: tuple[tuple[str, str], ...] = (
    ("need", "Why it is needed"),
    ("current_knowledge", "What is known, and possible approaches"),
    ("related_work", "Related projects"),
    ("future_work", "What it makes possible"),
    ("learning_outcomes", "What you will do and learn"),
    ("datasets", "Data"),
    ("desired_skills", "Skills that help"),
)


# The portal's own pages below /projects/, those that are and those to come.
RESERVED_ADDRESSES = ("calendar", "data", "feed", "propose", "rounds", "terms")


class Section(NamedTuple):
    """One part of a brief: its field, the heading that readers see, and its Markdown."""

    name: str
    heading: str
    text: str


def listed_facts(
    *, applications: str, area: str, techniques: Sequence[str], modalities: Sequence[str], partner: str
) -> list[tuple[str, str]]:
    """What a row of a list says of a project below its summary: label and value, where there is any."""
    facts = [
        ("Applications", applications),
        ("Area", area),
        ("Technique", ", ".join(techniques)),
        ("Data", ", ".join(modalities)),
        ("With", partner),
    ]
    return [fact for fact in facts if fact[1]]


class Project(Publishable):
    """A piece of data science for an intern: from open question to finished output."""

    Status = Status
    NOTHING_RECORDED: ClassVar[str] = readiness.refusal([gaps.OUTPUTS])

    kind_label = "Project"
    kind_plural = "Projects"
    reserved_addresses = RESERVED_ADDRESSES
    listed_at = ("projects:index", "projects:terms")

    status = status_field(Status)
    # Lists are ordered by it, from an index: the databases do not agree on what an index of an expression is good for.
    sort_title = models.GeneratedField(
        expression=Lower("title"), output_field=models.CharField(max_length=250), db_persist=True
    )
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
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="copies"
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
        indexes = [
            # All that the finder counts by, and all that it orders by, so that it reads no briefs to count them.
            models.Index(fields=["status", "round", "area"], name="project_counts"),
            models.Index(fields=["sort_title", "id", "status", "round", "area"], name="project_list"),
        ]
        constraints = [
            *Publishable.Meta.constraints,
            status_is_known(Status),
            public_only_with(Q(area__isnull=False), name="project_public_has_area", says=gaps.AREA.sentence),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("pk")),
                name="project_does_not_supersede_itself",
                violation_error_message="A project cannot replace itself.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_ADDRESSES),
                name="project_address_is_free",
                violation_error_message="Choose another address: a page of the portal itself stands at this one.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return path_to("projects:detail", self.slug)

    def clean(self) -> None:
        super().clean()
        seen, older = {self.pk}, self.supersedes
        while older is not None:
            if older.pk in seen:
                raise ValidationError({"supersedes": "These projects would replace each other in a circle."})
            seen.add(older.pk)
            older = older.supersedes

    @classmethod
    def effects_of_move(cls, items: Sequence[Self], new: Lifecycle, now: dt.datetime) -> list[str]:
        after = [item.as_if(new) for item in items]
        return super().effects_of_move(items, new, now) + effects.of_move(items, after, now)

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        # The importer may make a page that is completed and has nothing to show: real ones exist, and theirs say so.
        is_asked = Status(new).asks_outputs and not self._state.adding
        return readiness.lacking(
            (gaps.AREA, self.area_id is None), (gaps.OUTPUTS, is_asked and not self.says_what_came_of_it)
        )

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        return [
            *super().advised_gaps(new),
            *readiness.lacking(
                (gaps.TECHNIQUE, not self.techniques.all()),
                (gaps.MODALITY, not self.modalities.all()),
                (gaps.ROUND, Status(new) == Status.OPEN and self.round_id is None),
                *((gaps.SECTIONS[name], not getattr(self, name).strip()) for name in gaps.SECTIONS),
            ),
        ]

    @property
    def says_what_came_of_it(self) -> bool:
        """Whether an output is recorded, or the reason why there is none."""
        return bool(self.no_outputs_reason) or any(placement.outputs.all() for placement in self.placements.all())

    def is_accepting(self, now: dt.datetime | None = None) -> bool:
        """Whether a student can apply at ``now``: the definition of ``accepting()`` for one project at hand."""
        return self.status == Status.OPEN and self.round is not None and self.round.is_open(now)

    def applications_sentence(self, now: dt.datetime | None = None) -> str:
        """Where applications for an open project stand; empty for every other status."""
        if self.status != Status.OPEN:
            return ""
        return self.round.sentence(now) if self.round else "Application dates to be announced"

    def applications_state(self, now: dt.datetime | None = None) -> WindowState:
        """The state of its round. Whether one can apply depends on the status too: see ``is_accepting``."""
        return self.round.state(now) if self.round else WindowState.UNDATED

    @property
    def sections(self) -> list[Section]:
        """The sections that are written."""
        return [Section(name, heading, text) for name, heading in SECTIONS if (text := getattr(self, name).strip())]

    @cached_property
    def successors(self) -> list[Project]:
        """The public projects that took its place or continue it, A to Z."""
        if getattr(self, "has_successors", True) is False:
            return []
        # By key: SQLite takes an index that holds nothing but empty values for useless, and reads the table instead.
        newer = Project.objects.public().filter(pk__in=Project.objects.filter(supersedes=self).values("pk"))
        return list(newer.defer(*(name for name, _ in SECTIONS), "source_text"))

    @property
    def predecessor(self) -> Project | None:
        """The public project that this one took the place of or continues."""
        older = self.supersedes
        return older if older and older.is_public else None

    @property
    def is_indexable(self) -> bool:
        return super().is_indexable and not self.successors

    @cached_property
    def round_moved_at(self) -> dt.datetime | None:
        """When a date of its round last moved. Lists bring it along, by ``with_round_moved_at()``."""
        found: dt.datetime | None = (
            Project.objects.filter(pk=self.pk).with_round_moved_at().values_list("round_moved_at", flat=True).first()
        )
        return found

    def modified_at(self, now: dt.datetime) -> dt.datetime:
        """An open project says until when one can apply, so it also changes as its round opens, closes and moves."""
        if self.status != Status.OPEN or self.round is None:
            return self.updated_at
        return latest(now, self.updated_at, self.round.opens_at, self.round.closes_at, self.round_moved_at)

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
        # A project without a round stands where one without dates does.
        return listed_facts(
            applications=(self.round or ApplicationRound()).standing() if self.status == Status.OPEN else "",
            area=self.area.name if self.area else "",
            techniques=[term.name for term in self.techniques.all()],
            modalities=[term.name for term in self.modalities.all()],
            partner=self.partner.name if self.partner else "",
        )

    @property
    def search_tag(self) -> tuple[str, str]:
        status = self.current_status
        return status.label, status.colour
