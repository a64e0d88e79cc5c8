"""Readers and editors who go on while something breaks: each in a thread, with connections that stay open."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.browser import GONE, Answer, Browser, RefusedError
from tests.faults.ledger import WORD, Edit, Outcome

PATHS = ("/", "/projects/", "/search/?q=data", "/fellowship/", "/articles/")
# Seconds: what is to be seen is what breaks, not how fast a machine is.
PAUSE_OF_READERS, PAUSE_OF_EDITORS = 0.02, 0.05
# Of the page that says that the database failed, where it knows.
NOTHING_SAVED = "Nothing of it was saved"
# Of a new project; the others change one that is there.
NEW = 0.2


class Asked(NamedTuple):
    """One request: when it began and ended, over which port of this machine, and its status; 0 for no answer."""

    begun: float
    ended: float
    port: int
    status: int
    path: str


class Reader(threading.Thread):
    """Opens one page after the other over one connection, or over one for each."""

    def __init__(self, base: str, paths: Sequence[str] = PATHS, *, keeps: bool = True) -> None:
        super().__init__(daemon=True)
        self.base, self.paths, self.keeps = base, paths, keeps
        self.stopping = threading.Event()
        self.asked: list[Asked] = []

    def run(self) -> None:
        browser, number = Browser(self.base), 0
        while not self.stopping.is_set():
            path = self.paths[number % len(self.paths)]
            number += 1
            begun = time.monotonic()
            try:
                status = browser.get(path).status
            except GONE:
                status = 0
            if not self.keeps:
                browser.connection.close()
            self.asked.append(Asked(begun, time.monotonic(), browser.port, status, path))
            self.stopping.wait(PAUSE_OF_READERS)


@dataclass
class Told:
    """What an editor was answered when a save was not acknowledged."""

    at: float
    status: int
    words: str


class Editor(threading.Thread):
    """Signs in, opens forms of projects of their own, changes them and saves."""

    def __init__(self, base: str, name: str, projects: Sequence[int], techniques: Sequence[int], seed: int) -> None:
        super().__init__(daemon=True)
        self.name_of_account, self.projects, self.techniques = name, projects, techniques
        self.browser = Browser(base)
        self.more: dict[str, list[str]] = {}  # that each edit holds as well
        self.series = ""  # of edits, where there are several in one database
        self.dice = random.Random(f"{seed} {name}")  # noqa: S311
        self.stopping = threading.Event()
        self.edits: list[Edit] = []
        self.told: list[Told] = []
        self.ports: list[int] = []
        self.faults: list[str] = []
        self.saved_at: list[float] = []

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.save()
                self.stopping.wait(PAUSE_OF_EDITORS)
        except Exception as error:  # of the script, or a page that nobody expected: it is told at the end
            self.faults.append(f"{self.name_of_account} ended early: {error!r}")

    def save(self) -> None:
        """One save, of whatever outcome."""
        pk = None if self.dice.random() < NEW else self.dice.choice(list(self.projects))
        path = f"/admin/projects/project/{pk}/change/" if pk else "/admin/projects/project/add/"
        chosen = frozenset(self.dice.sample(list(self.techniques), self.dice.randint(1, 4)))
        word = f"{WORD}{self.series}{self.name_of_account.replace('-', '')}n{len(self.edits)}"
        try:
            fields = self.browser.form(path)
        except RefusedError as error:
            return self.heard(error.answer)
        except GONE as error:
            return self.missed(error)
        fields |= {"summary": [word], "techniques": [str(one) for one in sorted(chosen)], **self.more}
        if pk is None:
            fields["title"] = [f"New {word}"]
        edit = Edit(word, pk, chosen)
        self.edits.append(edit)
        try:
            answer = self.browser.post(path, fields)
        except GONE as error:
            return self.missed(error)
        finally:
            self.ports.append(self.browser.port)
        if answer.status == 302 and "login" not in answer.headers["Location"]:
            edit.outcome = Outcome.SAVED
            self.saved_at.append(time.monotonic())
        else:
            self.heard(answer)
            # Who finds the form again sees why, and nothing was saved.
            if answer.status in {200, 507} or NOTHING_SAVED in answer.text:
                edit.outcome = Outcome.REFUSED

    def heard(self, answer: Answer) -> None:
        words = " ".join([*answer.page.text("h1"), *answer.page.text("p")] or [answer.text])[:300]
        self.told.append(Told(time.monotonic(), answer.status, words))

    def missed(self, error: Exception) -> None:
        self.told.append(Told(time.monotonic(), 0, repr(error)))


@dataclass
class Crowd:
    """All of them at once."""

    readers: list[Reader] = field(default_factory=list)
    editors: list[Editor] = field(default_factory=list)

    @property
    def edits(self) -> list[Edit]:
        return [edit for editor in self.editors for edit in editor.edits]

    @property
    def asked(self) -> list[Asked]:
        return [one for reader in self.readers for one in list(reader.asked)]

    @property
    def told(self) -> list[Told]:
        return [one for editor in self.editors for one in list(editor.told)]

    @property
    def faults(self) -> list[str]:
        return [words for editor in self.editors for words in editor.faults]

    @property
    def saves(self) -> int:
        return sum(len(editor.saved_at) for editor in self.editors)

    def statuses(self) -> str:
        """How readers were answered, in words."""
        found = Counter(one.status for one in self.asked)
        return ", ".join(f"{number:,} × {status or 'no answer'}" for status, number in sorted(found.items()))

    def stop(self) -> None:
        everybody = [*self.readers, *self.editors]
        for one in everybody:
            one.stopping.set()
        for one in everybody:
            if one.is_alive():
                one.join(90)


def editors(base: str, names: Sequence[str], projects: Sequence[int], seed: int) -> list[Editor]:
    """Each with as many of the projects as the others, signed in."""
    from projects.models import Technique

    techniques = list(Technique.objects.order_by("pk").values_list("pk", flat=True))
    many = len(projects) // len(names)
    found = [
        Editor(base, name, projects[number * many : (number + 1) * many], techniques, seed)
        for number, name in enumerate(names)
    ]
    for editor in found:
        editor.browser.sign_in(editor.name_of_account)
    return found


@contextmanager
def at_work(readers: Sequence[Reader] = (), editors: Sequence[Editor] = ()) -> Iterator[Crowd]:
    """They begin, and have ended when the block has."""
    crowd = Crowd(list(readers), list(editors))
    try:
        for one in (*readers, *editors):
            one.start()
        yield crowd
    finally:
        crowd.stop()
