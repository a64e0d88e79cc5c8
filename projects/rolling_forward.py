"""The year's turn of projects: many go to the next application round at once, after staff have read what that changes.

Nothing here waits for a date. An open project in a round to come says when applications open, and accepts them from
then on by itself; a paused one stays paused until somebody opens it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from portal import revisions, search
from portal.effects import agree, of_visibility
from portal.models import User
from portal.moving import Refused
from portal.publishing import TransitionError
from portal.windows import accepts_at
from projects.models import ApplicationRound, Project, Status
from projects.models.effects import of_move

# Rounds


def rounds_ahead(now: dt.datetime) -> models.QuerySet[ApplicationRound]:
    """Those that have not closed: the next to open first, then those without a date, then those that are open."""
    ahead = ApplicationRound.objects.filter(Q(closes_at=None) | Q(closes_at__gt=now))
    return ahead.annotate(under_way=accepts_at(now)).order_by("under_way", F("opens_at").asc(nulls_last=True), "-pk")


def next_round(now: dt.datetime) -> ApplicationRound | None:
    """The next round to come; None where all that are left are open already."""
    first = rounds_ahead(now).first()
    return first if first and not first.is_open(now) else None


class RoundField(forms.ModelChoiceField):
    """A round that has not closed, with where its applications stand."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ApplicationRound.objects.none(), **kwargs)

    def __deepcopy__(self, memo: Any) -> RoundField:
        """Each form asks anew which have closed by now."""
        field: RoundField = super().__deepcopy__(memo)
        field.queryset = rounds_ahead(timezone.now())
        return field

    def label_from_instance(self, item: Any) -> str:
        sentence = item.sentence()
        return f"{item.name}: {sentence[0].lower()}{sentence[1:]}"


# What changes


class Becomes(models.TextChoices):
    """What rolling forward makes of statuses."""

    LEAVE = "leave", "Leave each as it is"
    PAUSE = "pause", "Pause the open ones until somebody opens them again. Drafts stay drafts."
    OPEN = "open", "Open the paused ones. Drafts stay drafts."
    PUBLISH = "publish", "Open the paused ones and the drafts"

    def status_after(self, status: Status) -> Status:
        """What a project of this status has then."""
        match self, status:
            case Becomes.PAUSE, Status.OPEN:
                return Status.PAUSED
            case ((Becomes.OPEN | Becomes.PUBLISH), Status.PAUSED):
                return Status.OPEN
            case Becomes.PUBLISH, _ if not status.is_public:
                return Status.OPEN
        return status


@dataclass(frozen=True)
class Plan:
    """Projects on their way to a round: each as it is and as it will be, and those that stay as they are."""

    round: ApplicationRound
    becomes: Becomes
    pairs: list[tuple[Project, Project]]
    refused: list[Refused]

    @classmethod
    def of(cls, projects: Sequence[Project], to: ApplicationRound, becomes: Becomes) -> Plan:
        refused = [Refused(one, why) for one in projects if (why := why_not(one, to, becomes))]
        stay = {one.pk for one, _ in refused}
        return cls(to, becomes, [(one, _rolled(one, to, becomes)) for one in projects if one.pk not in stay], refused)

    @property
    def moves(self) -> list[tuple[Project, Project]]:
        """Those that change their status too."""
        return [(old, new) for old, new in self.pairs if old.status != new.status]

    @property
    def asks_reason(self) -> bool:
        return any(Status(new.status).asks_reason for _, new in self.moves)

    def effects(self, now: dt.datetime) -> list[str]:
        """What readers will notice, in sentences with numbers."""
        # Of those that are open after it or move, all come to one status.
        told = [(old, new) for old, new in self.pairs if new.status == Status.OPEN or old.status != new.status]
        before, after = [old for old, _ in told], [new for _, new in told]
        seen = [new for _, new in self.pairs if new.is_public]
        updated = f"{Project.counted(len(seen))} {agree(len(seen), 'counts', 'count')} as updated today in the feed."
        return [
            *of_visibility([old for old, _ in self.pairs], [new for _, new in self.pairs]),
            *of_move(before, after, now),
            *_unchanged([new for old, new in self.pairs if (old, new) not in told]),
            *([updated] if seen else []),
        ]


def _rolled(project: Project, to: ApplicationRound, becomes: Becomes) -> Project:
    """A project as it will be. It is never saved."""
    rolled = project.as_if(becomes.status_after(Status(project.status)))
    rolled.round = to
    return rolled


def _unchanged(projects: list[Project]) -> list[str]:
    """What is said of those of which readers see no difference yet."""
    hidden = sum(not one.is_public for one in projects)
    paused = len(projects) - hidden
    found = []
    if paused:
        opens = f"Readers see the round when somebody opens {agree(paused, 'it', 'them')}."
        found.append(f"{Project.counted(paused)} {agree(paused, 'stays', 'stay')} paused. {opens}")
    if hidden:
        stays = agree(hidden, "stays hidden, since it is not published", "stay hidden, since they are not published")
        found.append(f"{Project.counted(hidden)} {stays}.")
    return found


def why_not(project: Project, to: ApplicationRound, becomes: Becomes) -> str:
    """Why a project is not rolled forward, as a sentence for staff; empty where it is."""
    status = Status(project.status)
    if status.is_public and status not in {Status.OPEN, Status.PAUSED}:
        return f"it is {status.label}. Only drafts, open and paused projects go to another round."
    after = becomes.status_after(status)
    if after != status:
        return project.why_not(after)
    return f"it is in {to} already, and stays {status.label}." if project.round_id == to.pk else ""


# What is said, and done


class RollForm(forms.Form):
    """What staff say when they roll projects forward, and what they saw before they did."""

    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Public reason", max_length=300, widget=AdminTextareaWidget(attrs={"rows": 3}))
    note = forms.CharField(
        label="Private note (optional)",
        max_length=2000,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="For staff only. It is kept in the log for ever, with your name and the time.",
    )

    def __init__(self, data: Any = None, *, plan: Plan, user: User) -> None:
        super().__init__(data)
        self.plan, self.user = plan, user
        self.fields["seen"].initial = ",".join(_as_seen(old) for old, _ in plan.pairs)
        if plan.asks_reason:
            number = len(plan.moves)
            self.fields["reason"].initial = f"You can apply for this project again in {plan.round}."
            self.fields["reason"].help_text = (
                f"Readers see it on {agree(number, 'the page', f'all {number} pages')} that "
                f"{agree(number, 'is', 'are')} paused, after “Why:”. One plain sentence."
            )
        else:
            del self.fields["reason"]
        if not plan.moves:
            del self.fields["note"]

    def carry_out(self) -> tuple[list[Project], list[str]]:
        """Roll each forward in a transaction of its own. Those that are, and in words what was refused."""
        done, refusals = [], [f"“{one}” stays as it is: {why}" for one, why in self.plan.refused]
        seen = set(self.cleaned_data["seen"].split(","))
        for project, _ in self.plan.pairs:
            try:
                done.append(self._roll(project, seen))
            except TransitionError as error:
                refusals.append(str(error))
        LogEntry.objects.log_actions(self.user.pk, cast(Any, done), CHANGE, self._words)
        return done, refusals

    @property
    def _words(self) -> str:
        return f"Rolled forward to {self.plan.round}"

    @transaction.atomic
    def _roll(self, chosen: Project, seen: set[str]) -> Project:
        to, becomes = self.plan.round, self.plan.becomes
        project: Project | None = Project.objects.select_for_update().filter(pk=chosen.pk).first()
        if project is None:
            raise TransitionError(f"“{chosen}” was deleted in the meantime.")
        refusal = why_not(project, to, becomes)
        if _as_seen(project) not in seen:
            where = f"in {project.round}" if project.round else "without a round"
            status = project.current_status.label
            refusal = f"it is {status} and {where} now, which is not what you confirmed. Look at it again."
        if refusal:
            raise TransitionError(f"“{project}” stays as it is: {refusal}")
        revisions.record_before(project)
        after = becomes.status_after(Status(project.status))
        self._change_round(project, to)
        if after != project.status:
            said = self.cleaned_data
            project.move_to(after, by=self.user, reason=said.get("reason", ""), note=said["note"], seen=project.status)
        return project

    def _change_round(self, project: Project, to: ApplicationRound) -> None:
        """Give a project its round, as the form of the project would."""
        if project.round_id == to.pk:
            return
        project.round = to
        try:
            project.clean_fields(exclude={one.name for one in project._meta.fields} - {"round"})
            project.clean()
        except ValidationError as error:
            raise TransitionError(f"“{project}” stays as it is: {' '.join(error.messages)}") from error
        project.save(update_fields=["round", "updated_at"])
        search.index(project)
        revisions.record(project, by=self.user, comment=self._words)


def _as_seen(project: Project) -> str:
    """A project, its status and its round, as the page holds what was shown."""
    return f"{project.pk}:{project.status}:{project.round_id or ''}"
