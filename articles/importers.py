"""Reads articles, and says how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.text import slugify

from articles.models import Article
from portal.documents import Document, DocumentError
from portal.front_matter import FrontMatter
from portal.importing import Facts, Kind, Ref, Report, Source, reads, register_kind
from projects.models import Area
from projects.vocabulary import Vocabulary


def _find(facts: Facts) -> Article | None:
    """The article that staff wrote at that address by hand. One that came from another permalink is another article."""
    return Article.objects.filter(slug=facts.values["slug"], source_key__in=["", facts.key]).first()


register_kind(Kind(Article, _find, needs=("body",)))

# What the old sites' generators put in the text. Here it is text like any other, so somebody should look at it.
_LEFTOVERS = {
    "Liquid": re.compile(r"\{%.*?%\}|\{\{.*?\}\}"),
    "A wikilink": re.compile(r"\[\[[^\[\]]+\]\]"),
}


@reads("articles", lambda document: document.kind == "article")
def article(document: Document, report: Report) -> Iterable[Facts]:
    """One article under its permalink, live whatever its source calls its status, and the areas that it names."""
    front = FrontMatter(document, report)
    key, slug = _address(front)
    areas = _areas(front)
    yield from areas
    _report_leftovers(front)
    values: dict[str, Any] = {
        "title": front.required("title", "article"),
        "slug": slug,
        "summary": front.words("description"),
        "body": document.body.strip("\n").rstrip(),
        "authors": ", ".join(front.list("authors")),
        "audience": front.choice("audience", Article.Audience.values),
        "areas": [Ref(Area, facts.key) for facts in areas],
        "tags": front.list("tags"),
        "reviewed_on": front.day("reviewed_on"),
        "review_due_on": front.day("review_due_on"),
    }
    yield Facts(
        Article,
        key,
        "article",
        values,
        Source(document.path, 1),
        text=document.text,
        at_creation={"status": Article.Status.PUBLISHED.value, "published_at": _published_at(front)},
        addresses=[f"/{key}", *_old_addresses(front)],
    )


def _address(front: FrontMatter) -> tuple[str, str]:
    """The stable key, which is the permalink with its capitals, and the last part of the address made of it."""
    permalink = front.required("permalink", "article")
    key = permalink.strip("/").removesuffix(".html")
    last = key.rsplit("/", 1)[-1]
    slug = slugify(last)
    if not slug or ".." in key or "://" in key:
        raise DocumentError(f"The permalink “{permalink}” is no address.", front.document.line_of("permalink"))
    if slug != key:
        front.note("permalink", f"“{key}” becomes /articles/{slug}/; readers of the old address are sent there.")
    return key, slug


def _old_addresses(front: FrontMatter) -> list[str]:
    if "redirect_form" in front.document.front:
        front.note("redirect_form", "Repaired: “redirect_form” read as “redirect_from”.")
    found = []
    for name in ("redirect_from", "redirect_form"):
        for address in front.list(name):
            path = address.strip("/")
            if not path or "://" in path or "?" in path or "#" in path:
                front.note(name, f"“{address}” is no address of this site, and so it does not forward.")
            else:
                found.append(f"/{path}")
    return found


def _published_at(front: FrontMatter) -> Any:
    if not front.words("public_date"):
        front.note("public_date", "There is no “public_date”: the article counts as published today.")
    return front.moment("public_date")


def _areas(front: FrontMatter) -> list[Facts]:
    """The areas that the document names. One that names none has those that its tags spell."""
    vocabulary = Vocabulary()
    named = front.list("areas")
    found: dict[str, Facts] = {}
    for name in named or front.list("tags"):
        facts = vocabulary.place(Area, name, front.source("areas" if named else "tags"))
        if facts is not None:
            found[facts.key] = facts
        elif named:
            front.note("areas", f"No area is called “{name}”; it is kept only with the source.")
    return list(found.values())


def _report_leftovers(front: FrontMatter) -> None:
    if front.words("image"):
        front.note("image", f"The image “{front.words('image')}” is not imported; its name is kept with the source.")
    for number, line in front.document.lines():
        for what, pattern in _LEFTOVERS.items():
            for match in pattern.finditer(line):
                front.report.note(Source(front.document.path, number), f"{what} is kept as it stands: “{match[0]}”.")
