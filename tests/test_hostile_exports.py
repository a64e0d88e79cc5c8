"""Words that try to become a formula, an event, an element or a header, in every file and email that holds words."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.inbox_mail import send
from portal.models import Message
from portal.spreadsheet_admin import SpreadsheetAdmin
from tests import factories as make
from tests.pages import Page
from tests.test_hostile_text import filled_world, harmless, public_pages, with_words
from tests.world import FOR_MACHINES, World

pytestmark = pytest.mark.django_db

HOSTILE = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "x\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nATTACH:http://evil.example",
    "x\nBcc: everybody@evil.example\n\nbody",
    "]]></summary><link href='http://evil.example'/><!--",
    '"},{"x":"</script><script>ran(1)</script>',
    "\u2028\u2029;X-PROP=1:x\\n\\,",
]
A_FORMULA = re.compile(r"[=+\-@\t\r]")


def shape(value: Any) -> Any:
    """What a JSON document is made of, without its words."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


def elements(root: ElementTree.Element) -> list[Any]:
    return [root.tag, sorted(root.attrib), *map(elements, root)]


def parts(component: Any) -> list[Any]:
    return [component.name, sorted(component.keys()), *map(parts, component.subcomponents)]


def rows(content: bytes) -> list[int]:
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    for row in found:
        for cell in row:
            assert not A_FORMULA.match(cell), cell
    return [len(row) for row in found]


def read(client: Client, path: str) -> Any:
    """What a file is made of, as a program reads it."""
    response = client.get(path)
    assert response.status_code == 200, path
    content = response.getvalue()
    kind = response["Content-Type"].partition(";")[0]
    if kind == "text/csv":
        return rows(content)
    if kind == "application/json":
        return shape(json.loads(content))
    if kind == "text/calendar":
        assert all(len(line) <= 75 for line in content.split(b"\r\n")), "RFC 5545, 3.1"
        assert b"\n" not in content.replace(b"\r\n", b"")
        return parts(icalendar.Calendar.from_ical(content))
    if kind == "text/html":
        return [shape(json.loads(block)) for block in data_blocks(response.text)]
    if "xml" in kind:
        return elements(ElementTree.fromstring(content))  # noqa: S314 - ours
    assert path in {"/robots.txt", "/.well-known/security.txt"}, (path, kind)
    return len(content.splitlines())


def data_blocks(html: str) -> list[str]:
    page = Page(html)
    pairs = zip(page.tags, page.texts, strict=True)
    return ["".join(words) for (tag, attributes), words in pairs if attributes.get("type") == "application/ld+json"]


def downloads() -> Iterator[str]:
    for model, registered in admin.site._registry.items():
        if isinstance(registered, SpreadsheetAdmin):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_download")


def files_of(world: World) -> list[str]:
    return [path for paths in FOR_MACHINES.values() for path in paths(world)]


def test_no_word_changes_what_a_file_is_made_of():
    world = filled_world()
    client = Client()
    client.force_login(make.StaffFactory(username="reader", is_superuser=True))
    paths = [*files_of(world), *public_pages(world), *downloads()]
    for words in HOSTILE:
        with_words(harmless(words))
        before = {path: read(client, path) for path in paths}
        with_words(words)
        for path, expected in before.items():
            assert read(client, path) == expected, (path, words)


# Emails


def headers(message: Any) -> list[str]:
    return sorted(message_from_bytes(message.message().as_bytes(), policy=default).keys())


@pytest.fixture
def post_office(settings: Any) -> list[Any]:
    settings.EMAIL_HOST = "mail.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


@pytest.mark.parametrize("kind", Message.Kind.values)
def test_no_word_of_a_message_is_in_the_emails_about_it(post_office, kind):
    """Nor can it become a header there, whatever is in the inbox by whatever way."""
    seen = []
    for number, words in enumerate(["Words", *HOSTILE]):
        post_office.clear()
        address = f"reader{number}@example.org"
        message = make.MessageFactory(kind=kind, name=words[:90], title=words, text=words, email=address)
        send(message)
        assert len(post_office) == 2
        seen.append([headers(one) for one in post_office])
        for one in post_office:
            assert one.to in ([address], [one.from_email])
            assert words == "Words" or words not in f"{one.subject}{one.body}"
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\nBcc: b@evil.example",
        "a@example.org\r\nSubject: x",
        "a@example.org,b@evil.example",
        "a@example.org;b@evil.example",
        "a@example.org\x00",
        '"a\nb"@example.org',
        "a@example.org%0ABcc:b@evil.example",
        "a@example.org\u2028Bcc: b@evil.example",
        "<a@example.org> b@evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/contact/ask/", "/projects/propose/", "/contact/report/"])
def test_an_address_that_is_more_than_one_is_refused(client, post_office, path, address):
    words = Page(client.get(path).text).fields
    client.post(path, {**words, "name": "Ada", "text": "Words", "title": "One", "email": address})
    assert not any("evil" in message.email or "\n" in message.email for message in Message.objects.all())
    assert not [one for one in post_office if one.bcc or one.cc or "evil" in str(one.to)]
