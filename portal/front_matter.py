"""The values of a document's front matter. What cannot be placed is reported by its line, and never guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from portal import documents
from portal.documents import Document, DocumentError
from portal.importing import Report, Source

Value = TypeVar("Value")


class FrontMatter:
    """Reads one document's front matter by name; each reader gives an empty value for what it had to report."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report

    def source(self, name: str) -> Source:
        return Source(self.document.path, self.document.line_of(name))

    def note(self, name: str, message: str) -> None:
        self.report.note(self.source(name), message)

    def words(self, name: str) -> str:
        return self.document.words(name)

    def required(self, name: str, noun: str) -> str:
        """A value without which there is no item. Raises ``DocumentError``."""
        if not (value := self.words(name)):
            raise DocumentError(f"The {noun} has no “{name}”.", self.document.line_of(name))
        return value

    def unquoted(self, name: str) -> str:
        return unquoted(self.words(name))

    def day(self, name: str) -> dt.date | None:
        return self._read(name, documents.day)

    def moment(self, name: str) -> dt.datetime | None:
        return self._read(name, documents.moment)

    def deadline(self, name: str) -> dt.datetime | None:
        """A moment that readers act on. Raises ``DocumentError`` if it is wrong: half a window is worse than none."""
        try:
            return documents.moment(self.document.front.get(name))
        except DocumentError as error:
            raise DocumentError(f"“{name}”: {error}", self.document.line_of(name)) from None

    def _read(self, name: str, reader: Callable[[object], Value | None]) -> Value | None:
        try:
            return reader(self.document.front.get(name))
        except DocumentError as error:
            self.note(name, f"“{name}” is kept only with the source: {error}")
            return None

    def required_day(self, name: str, noun: str) -> dt.date:
        """A day without which there is no item. Raises ``DocumentError``."""
        self.required(name, noun)
        if (value := self.day(name)) is None:
            raise DocumentError(f"The {noun} needs a date as “{name}”.", self.document.line_of(name))
        return value

    def number(self, name: str) -> int | None:
        value = self.words(name)
        if value and not (value.isascii() and value.isdigit() and len(value) < 10):
            self.note(name, f"“{name}” is kept only with the source: “{value}” is not a number.")
            return None
        return int(value) if value else None

    def choice(self, name: str, choices: Iterable[str]) -> str:
        known = list(choices)
        value = self.words(name)
        if value and value not in known:
            self.note(name, f"“{name}” is kept only with the source: “{value}” is none of {', '.join(known)}.")
            return ""
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.document.front.get(name)
        if value is not None and not isinstance(value, bool):
            self.note(name, f"“{name}” is kept only with the source: “{value}” is neither true nor false.")
        return value if isinstance(value, bool) else default

    def url(self, name: str) -> str:
        return self._valid(name, self.words(name), URLValidator(["http", "https"]), "an address on the web")

    def email(self, name: str) -> str:
        return self._valid(name, self.words(name), validate_email, "an email address")

    def urls(self, name: str) -> list[str]:
        found = [
            self._valid(name, url, URLValidator(["http", "https"]), "an address on the web") for url in self.list(name)
        ]
        return list(dict.fromkeys(filter(None, found)))

    def _valid(self, name: str, value: str, validate: Callable[[str], None], what: str) -> str:
        try:
            if value:
                validate(value)
        except ValidationError:
            self.note(name, f"“{name}” is kept only with the source: “{value}” is not {what}.")
            return ""
        return value

    def list(self, name: str) -> list[str]:
        """The words of a list, or of one value that stands for a list. What is empty in it is left out."""
        value = self.document.front.get(name)
        items = value if isinstance(value, list) else [value]
        return [words for item in items if item is not None and (words := " ".join(str(item).split()))]


def unquoted(text: str) -> str:
    """A quotation without the marks around it."""
    text = text.strip()
    pairs = {'"': '"', "“": "”", "'": "'", "‘": "’"}
    return text[1:-1].strip() if len(text) > 1 and pairs.get(text[0]) == text[-1] else text
