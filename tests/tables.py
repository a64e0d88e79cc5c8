"""A list that goes out as a table, through the habits of a spreadsheet, and in again."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.roles import Role
from portal.spreadsheet_upload import DryRun
from tests.factories import StaffFactory
from tests.pages import Page

Rows = list[list[str]]


def in_role(role: Role) -> Client:
    """A browser of somebody who has signed in."""
    user = StaffFactory()
    user.groups.set([Group.objects.get(name=role)])
    client = Client()
    client.force_login(user)
    return client


def address(model: Any, page: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


class Table:
    """The table of one kind of thing, as somebody downloads it."""

    def __init__(self, client: Client, model: Any, query: str = "") -> None:
        self.client, self.model = client, model
        response = client.get(address(model, "download") + query)
        assert response.status_code == 200
        self.file = b"".join(response.streaming_content)
        self.rows: Rows = list(csv.reader(io.StringIO(self.file.decode("utf-8-sig"), newline="")))

    @property
    def head(self) -> list[str]:
        return self.rows[0]

    def index(self, item: Any) -> int:
        """Where the row of an item is."""
        return next(number for number, row in enumerate(self.rows) if number and row[0] == str(item.pk))

    def cell(self, item: Any, label: str) -> str:
        return self.rows[self.index(item)][self.head.index(label)]

    def write(self, item: Any, label: str, text: str) -> None:
        self.rows[self.index(item)][self.head.index(label)] = text

    def leave_out(self, *labels: str) -> None:
        keep = [number for number, label in enumerate(self.head) if label not in labels]
        self.rows = [[row[number] for number in keep] for row in self.rows]

    def upload(self, file: bytes | None = None, **more: Any) -> Any:
        """What the portal answers to the file: the page that says what it would do."""
        content = as_file(self.rows) if file is None else file
        upload = SimpleUploadedFile("list.csv", content, "text/csv")
        return self.client.post(address(self.model, "upload"), {"file": upload, **more})

    def confirm(self, page: Any) -> Any:
        """Send what the page of the dry run holds."""
        fields = Page(page.text).fields
        words = {name: fields[name][0] for name in ("table", "seen")}
        return self.client.post(address(self.model, "upload"), words, follow=True)


def why(page: Any) -> list[str]:
    """What is refused, in the words of the page."""
    found: DryRun = page.context["found"]
    words = [f"Row {row.number}, {label}: {words}" for row in found.refused for label, words in row.why]
    text = " ".join(Page(page.text).text("li"))
    assert all(" ".join(line.partition(": ")[2].split()) in text for line in words)
    return words


def as_file(rows: Rows, **dialect: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode()


def british(cell: str) -> str:
    """A cell that a spreadsheet has taken for a date and shows as people write it in Britain."""
    if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)( \d\d:\d\d)?", cell):
        return f"{found[3]}/{found[2]}/{found[1]}{found[4] or ''}"
    return cell


def american(cell: str) -> str:
    if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d:\d\d))?", cell):
        time = dt.datetime.strptime(found[4], "%H:%M").strftime(" %I:%M %p") if found[4] else ""
        return f"{int(found[2])}/{int(found[3])}/{found[1]}{time}"
    return cell


def each(change: Callable[[str], str]) -> Callable[[Rows], bytes]:
    """A habit that rewrites every cell."""
    return lambda rows: as_file([rows[0], *[[change(cell) for cell in row] for row in rows[1:]]])


def backwards(rows: Rows) -> Rows:
    return [row[::-1] for row in [rows[0], *rows[:0:-1]]]


HABITS: dict[str, Callable[[Rows], bytes]] = {
    "nothing": as_file,
    "a byte order mark": lambda rows: b"\xef\xbb\xbf" + as_file(rows),
    "semicolons": lambda rows: as_file(rows, delimiter=";"),
    "tabs": lambda rows: as_file(rows, delimiter="\t"),
    "a line that names the sign between cells": lambda rows: b"sep=;\r\n" + as_file(rows, delimiter=";"),
    "every cell in quotation marks": lambda rows: as_file(rows, quoting=csv.QUOTE_ALL, lineterminator="\n"),
    "line ends of Unix": lambda rows: as_file(rows, lineterminator="\n"),
    "line ends of Windows in cells": each(lambda cell: cell.replace("\n", "\r\n")),
    "line ends of an old Mac in cells": each(lambda cell: cell.replace("\n", "\r")),
    "columns and rows in another order": lambda rows: as_file(backwards(rows)),
    "columns left out": lambda rows: as_file([[row[0], *row[2:-1:2], row[-1]] for row in rows]),
    "empty rows and columns": lambda rows: as_file([*[[*row, "", " "] for row in rows], [""] * 30, []]),
    "empty cells cut off": lambda rows: b"\r\n".join(line.rstrip(b",") for line in as_file(rows).split(b"\r\n")),
    "dates as in Britain": each(british),
    "yes and no in capitals": each(lambda cell: {"Yes": "TRUE", "No": "FALSE"}.get(cell, cell)),
    "headings in another case": lambda rows: as_file([[f" {cell.upper()} " for cell in rows[0]], *rows[1:]]),
}
