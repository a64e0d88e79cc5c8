"""What editors were told, held against what is in the database: nothing acknowledged is missing, nothing is half there.

Each edit writes a word of its own into the summary of a project, and chooses its techniques. A save leaves five things
behind, all in one transaction: the project, its terms, a revision of both, its words in the search, and a row of who
did it. Every one is asked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.faults.trial import Trial

WORD = "edit"


class Outcome(Enum):
    """What an editor was told."""

    SAVED = "acknowledged"
    REFUSED = "refused"  # nothing of it was saved
    UNKNOWN = "unknown"  # no answer, or one that does not know either


@dataclass
class Edit:
    """One save that was sent. ``pk`` is the project's; None for a new one."""

    word: str
    pk: int | None
    techniques: frozenset[int]
    outcome: Outcome = Outcome.UNKNOWN


def counted(edits: Sequence[Edit]) -> str:
    """How many of each outcome, in words."""
    found = Counter(edit.outcome.value for edit in edits)
    return ", ".join(f"{number} {words}" for words, number in sorted(found.items())) or "none"


def losses(edits: Sequence[Edit]) -> list[str]:
    """Everything in the database that is not as these edits say, in words; empty where all is well."""
    revisions = _revisions()
    found: list[str] = []
    for edit in edits:
        found += _of_edit(edit, revisions[edit.word])
    sent = {edit.word for edit in edits}
    found += [f"{word} was kept, and nobody sent it" for word in revisions if word not in sent]
    return found + _halves(edits)


def judge(trial: Trial, edits: Sequence[Edit]) -> None:
    """Tell what held and what was lost."""
    found = losses(edits)
    trial.lost(found)
    if not found:
        trial.held("every acknowledged save is there once, with its terms, revision, words and log")
        trial.held(f"{whole(edits)} saves that were not acknowledged are there whole, and of the others nothing is")


def whole(edits: Sequence[Edit]) -> int:
    """How many of those that were not acknowledged are there all the same: whole, if ``losses`` names none."""
    revisions = _revisions()
    return sum(bool(revisions[edit.word]) for edit in edits if edit.outcome is not Outcome.SAVED)


def _revisions() -> defaultdict[str, list[Any]]:
    """What was kept of each edit, by its word."""
    from reversion.models import Version

    from portal.revisions import saves
    from projects.models import Project

    kept: defaultdict[str, list[Any]] = defaultdict(list)
    for save in saves(Version.objects.get_for_model(Project).order_by("pk")):
        word = str(save.snapshot.values["summary"])
        if word.startswith(WORD):
            kept[word].append(save.snapshot)
    return kept


def _of_edit(edit: Edit, kept: list[Any]) -> list[str]:
    if edit.outcome is Outcome.SAVED and not kept:
        return [f"{edit.word} was acknowledged, and has no revision"]
    found = [f"{edit.word} was kept {len(kept)} times"] if len(kept) > 1 else []
    if edit.outcome is Outcome.REFUSED and kept:
        found.append(f"{edit.word} was kept, and the editor was told that nothing of it was")
    for snapshot in kept:
        if frozenset(snapshot.values["techniques"]) != edit.techniques:
            found.append(f"{edit.word} was kept with other terms than were sent")
        if edit.pk is not None and snapshot.pk != edit.pk:
            found.append(f"{edit.word} was kept for another project")
    return found


def _halves(edits: Sequence[Edit]) -> list[str]:
    """Projects that are not as their newest revision, their words in the search or the log of staff say."""
    from projects.models import Project

    ids = {edit.pk for edit in edits if edit.pk is not None}
    touched = Project.objects.filter(pk__in=ids) | Project.objects.filter(summary__startswith=WORD)
    found = [f"project {pk} is gone" for pk in ids - set(touched.values_list("pk", flat=True))]
    titles = Counter(touched.values_list("title", flat=True))
    found += [f"{title} was made {number} times" for title, number in titles.items() if number > 1]
    for project in touched.order_by("pk"):
        found += [f"{project.summary} (project {project.pk}): {words}" for words in _halves_of(project)]
    return found


def _halves_of(project: Any) -> list[str]:
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType
    from reversion.models import Version

    from portal import revisions, search
    from portal.models import SearchEntry

    saves = revisions.saves(revisions.versions_of(type(project), project.pk))
    if not saves:
        return [] if not project.summary.startswith(WORD) else ["it has no revision"]
    found = []
    stands, newest = revisions.now(project).values, saves[0].snapshot.values
    if differing := sorted(name for name in newest if stands[name] != newest[name]):
        found.append(f"its newest revision differs in {', '.join(differing)}")
    entry = SearchEntry.objects.filter(kind=project._meta.label_lower, object_id=project.pk).first()
    document = project.search_document()
    if entry is None:
        found.append("the search has nothing of it")
    elif (entry.summary, entry.terms) != (search.fold(document.summary), search.fold(document.terms)):
        found.append("the search has other words of it")
    edited = sum(str(save.snapshot.values["summary"]).startswith(WORD) for save in saves)
    kind = ContentType.objects.get_for_model(project)
    logged = LogEntry.objects.filter(content_type=kind, object_id=str(project.pk)).count()
    if logged != edited:
        found.append(f"{edited} saves are kept, and {logged} are in the log of staff")
    unsigned = Version.objects.get_for_object(project).filter(revision__user=None, revision__author=None)
    if unsigned.exists():
        found.append("a revision does not say who made it")
    return found
