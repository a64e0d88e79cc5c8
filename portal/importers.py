"""Reads notices, and says how they are written."""

from __future__ import annotations

from collections.abc import Iterable

from portal.documents import Document
from portal.front_matter import FrontMatter
from portal.importing import Facts, Kind, Report, Source, reads, register_kind
from portal.models import Notice

register_kind(Kind(Notice, lambda facts: Notice.objects.filter(title=facts.key).first()))


@reads("notices", lambda document: document.kind == "notice")
def notice(document: Document, report: Report) -> Iterable[Facts]:
    """A notice: when it is in force, and its sentence as the body."""
    front = FrontMatter(document, report)
    title = front.required("title", "notice")
    values = {"title": title, "body": document.body.strip(), "ends_at": front.moment("ends_at")}
    if starts_at := front.moment("starts_at"):
        values["starts_at"] = starts_at
    yield Facts(Notice, title, "notice", values, Source(document.path, 1), text=document.text)
