"""What readers notice when projects change their status: who can apply, which lists they leave or join, their pages."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from portal.effects import agree
from projects.models.statuses import Status

if TYPE_CHECKING:
    from projects.models.projects import Project


def of_move(before: Sequence[Project], after: Sequence[Project], now: dt.datetime) -> list[str]:
    """What changes at ``now`` in sentences, for projects that all come to one status."""
    if not before:
        return []
    return [*_applications(before, after, now), *_lists(before, after, now), *_pages(after)]


def _applications(before: Sequence[Project], after: Sequence[Project], now: dt.datetime) -> list[str]:
    """How many start or stop accepting applications today, and what the other open ones say."""
    did, will = sum(one.is_accepting(now) for one in before), sum(one.is_accepting(now) for one in after)
    sentences = []
    if did != will:
        number, change = abs(will - did), agree(abs(will - did), "starts", "start")
        if will < did:
            change = agree(number, "stops", "stop")
        all_before = type(before[0]).objects.accepting(now).count()
        sentences.append(
            f"{_projects(number)} {change} accepting applications today. "
            f"Projects that accept applications go from {all_before} to {all_before + will - did}."
        )
    waiting = Counter(one.applications_sentence(now) for one in after if not one.is_accepting(now))
    return sentences + [
        f"{_projects(number)} cannot be applied for now. {agree(number, 'Its page says', 'Their pages say')} “{words}”."
        for words, number in waiting.items()
        if words
    ]


def _lists(before: Sequence[Project], after: Sequence[Project], now: dt.datetime) -> list[str]:
    """Which leave or join what readers follow."""
    opened = [new for old, new in zip(before, after, strict=True) if _is_open(new) and not _is_open(old)]
    closed = [old for old, new in zip(before, after, strict=True) if _is_open(old) and not _is_open(new)]
    gone = [old for old, new in zip(before, after, strict=True) if _is_open(old) and not _is_open_with(new, old)]
    lists = "the list of open projects, its feeds and the calendar."
    sentences = []
    if opened:
        sentences.append(f"{_projects(len(opened))} {agree(len(opened), 'joins', 'join')} {lists}")
    if closed:
        sentences.append(f"{_projects(len(closed))} {agree(len(closed), 'leaves', 'leave')} {lists}")
    return sentences + [
        f"No project is then open in “{name}”: its dates leave the calendar." for name in _left(gone, now)
    ]


def _left(gone: list[Project], now: dt.datetime) -> list[str]:
    """The rounds without an open project after ``gone`` left. One that opens later is announced all the same."""
    rounds = {one.round for one in gone if one.round and not (one.round.opens_at and one.round.opens_at > now)}
    if not rounds:
        return []
    others = type(gone[0]).objects.open().exclude(pk__in=[one.pk for one in gone])
    kept = set(others.filter(round__in=rounds).values_list("round", flat=True))
    return sorted(one.name for one in rounds if one.pk not in kept)


def _pages(after: Sequence[Project]) -> list[str]:
    """What the pages say from now on, where readers can open them and cannot apply."""
    status = Status(after[0].status)
    if not status.is_public or _is_open(after[0]):
        return []
    why = "with your reason and today’s date" if status.asks_reason else "with today’s date"
    return [
        f"{agree(len(after), 'The page keeps its address. It', 'All pages keep their addresses. They')} "
        f"{agree(len(after), 'says', 'say')} at the top “This project is {status.label.lower()}”, {why}, and "
        f"{agree(len(after), 'points', 'point')} to similar projects that are open."
    ]


def _is_open(project: Project) -> bool:
    return project.status == Status.OPEN


def _is_open_with(project: Project, other: Project) -> bool:
    """Whether a project is open in the round that another has."""
    return _is_open(project) and project.round_id == other.round_id


def _projects(number: int) -> str:
    return f"{number} {agree(number, 'project', 'projects')}"
