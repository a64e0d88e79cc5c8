"""The lifecycle of a project, and the parts of a list that follow from it."""

from __future__ import annotations

import enum

from portal.publishing import Lifecycle


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
    def verb(self) -> str:
        return {
            Status.OPEN: "Open",
            Status.ACTIVE: "Start",
            Status.PAUSED: "Pause",
            Status.COMPLETED: "Complete",
            Status.ARCHIVED: "Archive",
        }.get(self) or super().verb

    @property
    def asks_reason(self) -> bool:
        return self in {Status.PAUSED, Status.ARCHIVED}

    @property
    def asks_outputs(self) -> bool:
        """Whether a project comes here only with what came of it, or with the reason why nothing did."""
        return self is Status.COMPLETED

    @property
    def asks_successor(self) -> bool:
        """Whether staff may name the project that takes its place."""
        return self in {Status.PAUSED, Status.ARCHIVED}

    @property
    def since(self) -> str:
        """What stands before the day on which a project came to this status: “Paused since”, “Completed on”."""
        return f"{self.label} {'on' if self in {Status.COMPLETED, Status.ARCHIVED} else 'since'}"

    @property
    def succession(self) -> str:
        """What a newer project does with one of this status, as a verb: completed work it continues."""
        return "continue" if self is Status.COMPLETED else "replace"

    @property
    def panel(self) -> str:
        """The class that colours the banner of a project that cannot be applied for."""
        colours = {Status.ACTIVE: "app-closed--active", Status.PAUSED: "", Status.ARCHIVED: "app-closed--archived"}
        return colours.get(self, "app-closed--done")

    @property
    def is_closed(self) -> bool:
        """Paused, completed or archived: nobody can apply and nobody is working on it."""
        return self in {Status.PAUSED, Status.COMPLETED, Status.ARCHIVED}

    @property
    def is_indexable(self) -> bool:
        return self in {Status.OPEN, Status.ACTIVE}


class ListRank(enum.IntEnum):
    """The parts of the list, in order: what can be applied for, what is open but not now, and the rest."""

    ACCEPTING = 0
    OPEN = 1
    OTHER = 2

    @classmethod
    def of(cls, status: str, *, is_round_open: bool) -> ListRank:
        if status != Status.OPEN:
            return cls.OTHER
        return cls.ACCEPTING if is_round_open else cls.OPEN
