"""The accessibility, cookies and privacy pages: the text that staff wrote, else the one that the portal comes with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from portal import documents
from portal.models import Statement

PLACEHOLDER = "[fill in"
TEXTS = Path(__file__).parent / "statement_texts"


@dataclass(frozen=True)
class StatementText:
    """What a statement page shows."""

    subject: Statement.Subject
    summary: str
    body: str
    reviewed_on: dt.date | None = None


@cache
def shipped(subject: Statement.Subject) -> StatementText:
    """The text that the portal comes with, before the operator's own words are in it."""
    path = TEXTS / f"{subject.value}.md"
    document = documents.parse(path.read_bytes(), path.name)
    return StatementText(subject, document.words("summary"), document.body.strip())


def current(subject: Statement.Subject) -> StatementText:
    """The text in force, with the operator's name, organisation, mailbox and periods filled in."""
    ships = shipped(subject)
    written = Statement.objects.filter(subject=subject).first()
    body = written.body if written else ships.body
    for name, value in {
        "{name}": settings.PORTAL_NAME,
        "{organisation}": settings.PORTAL_ORGANISATION,
        "{email}": settings.PORTAL_EMAIL,
        "{answer_days}": str(settings.ANSWER_DAYS),
        "{inbox_days}": str(settings.INBOX_DAYS),
        "{session_cookie}": settings.SESSION_COOKIE_NAME,
        "{csrf_cookie}": settings.CSRF_COOKIE_NAME,
    }.items():
        body = body.replace(name, value)
    return StatementText(subject, ships.summary, body, written.reviewed_on if written else None)


def unfilled() -> Iterator[tuple[Statement.Subject, int]]:
    """Each statement in force that still holds placeholders, and how many."""
    for subject in Statement.Subject:
        count = current(subject).body.count(PLACEHOLDER)
        if count:
            yield subject, count
