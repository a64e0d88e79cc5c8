"""Documents to download: what may be uploaded, who is given it, and how."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fellowship.models import Document
from portal import receiving
from portal.dates import NBSP
from portal.receiving import MAX_BYTES
from portal.roles import Role
from tests import factories as make
from tests import shared
from tests.document_factories import PDF, upload
from tests.pages import Page
from tests.tables import in_role

pytestmark = pytest.mark.django_db


def ask(client: Client, address: str) -> Any:
    response = client.get(address)
    response.getvalue()  # a file that is read to its end is closed
    return response


def status(client: Client, document: Document) -> int:
    return int(ask(client, document.file.url).status_code)


# What may be uploaded

NOT_PDFS = [
    (b"", "empty"),
    (b"<html><script>alert(1)</script>" + PDF, "not a PDF"),
    (b"PK\x03\x04" + PDF, "not a PDF"),
    (b"MZ" + PDF, "not a PDF"),
    (b"#!/bin/sh\n" + PDF, "not a PDF"),
    (b"\n" + PDF, "not a PDF"),
    (b"GIF89a" + PDF, "not a PDF"),
    (b"%PDF-9.9" + PDF[8:], "not a PDF"),
    (PDF[:-8], "not whole"),
    (PDF[:20], "not whole"),
    (b"%PDF-1.4\n%%EOF", "not whole"),
    (PDF + b"PK\x05\x06" + b"\0" * 18, "Something follows"),
    (PDF + b"<script>alert(1)</script>", "Something follows"),
    (PDF + b"x" * 4000, "not whole"),
]


@pytest.mark.parametrize(("content", "words"), NOT_PDFS)
def test_only_a_whole_pdf_and_nothing_else_is_taken(content: bytes, words: str) -> None:
    client, cohort = in_role(Role.EDITOR), make.CohortFactory()
    said = {"title": "Role description", "order": 0, "cohort": cohort.pk, "file": upload(content)}
    response = client.post(reverse("admin:fellowship_document_add"), said)
    assert words in response.text
    assert 'value="Role description"' in response.text
    assert not Document.objects.exists()


@pytest.mark.parametrize("content", [PDF, PDF + b"\r\n", PDF + b"\0" * 100, PDF.replace(b"1.4", b"2.0")])
def test_a_pdf_is_stored_under_a_random_name_with_its_size(content: bytes) -> None:
    document = Document(cohort=make.CohortFactory(), title="Role", file=upload(content, "../../etc/passwd.PDF"))
    document.full_clean()
    document.save()
    folder, _, name = document.file.name.partition("/")
    assert (folder, len(name), name[24:]) == ("documents", 28, ".pdf")
    assert "passwd" not in document.file.name
    assert document.size == len(content)


@pytest.mark.parametrize(
    "name", ["role.html", "role.pdf.exe", "role.svg", "role", ".pdf", "role.pdf.", "role.pdf\u202e"]
)
def test_a_pdf_under_the_ending_of_something_else_is_refused(name: str) -> None:
    document = Document(cohort=make.CohortFactory(), title="Role", file=upload(PDF, name))
    with pytest.raises(ValidationError, match="The file is a PDF, but its name ends in"):
        document.full_clean()


def test_a_document_is_of_one_page() -> None:
    cohort, programme = make.CohortFactory(), make.ProgrammeFactory()
    for pages in ({}, {"cohort": cohort, "programme": programme}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.create(title="Role", file=upload(), **pages)


@pytest.mark.parametrize(("extra", "status_code"), [(0, 302), (1, 200), (5_000_000, 200)])
def test_what_is_too_large_is_cut_off_while_it_arrives_and_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, extra: int, status_code: int
) -> None:
    received: list[int] = []
    take = receiving.CutOffUpload.receive_data_chunk

    def counting(self: Any, raw_data: bytes, start: int) -> bytes | None:
        chunk = take(self, raw_data, start)
        received.append(len(chunk or b""))
        return chunk

    monkeypatch.setattr(receiving.CutOffUpload, "receive_data_chunk", counting)
    client, cohort = in_role(Role.PUBLISHER), make.CohortFactory(status="draft")
    content = PDF[:9] + b"%" * (MAX_BYTES - len(PDF) + extra) + PDF[9:]
    response = client.post(
        reverse("admin:fellowship_document_add"),
        {"title": "Role description", "order": 0, "cohort": cohort.pk, "file": upload(content)},
    )
    assert response.status_code == status_code
    assert sum(received) <= MAX_BYTES + 2 * 65_536
    if extra:
        assert "The document is larger than 10 MB." in response.text
        assert 'value="Role description"' in response.text
        assert not Document.objects.exists()
    else:
        assert Document.objects.get().size == MAX_BYTES


# Who is given it


def test_a_reader_saves_it_and_it_never_runs_here(client: Client) -> None:
    document = make.DocumentFactory(title="Role description: AI & you")
    response = client.get(document.file.url)
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    link = Page(client.get(document.cohort.get_absolute_url()).text).all("a", href=document.file.url)[0]
    assert link["download"] == "role-description-ai-you.pdf"


@pytest.mark.parametrize(
    ("size", "words"),
    [(1, "PDF, 1 KB"), (240_499, "PDF, 240 KB"), (999_999, "PDF, 1000 KB"), (1_240_000, "PDF, 1.2 MB")],
)
def test_its_type_and_size_are_told(client: Client, size: int, words: str) -> None:
    document = make.DocumentFactory()
    Document.objects.update(size=size)
    assert words in client.get(document.cohort.get_absolute_url()).text.replace(NBSP, " ")


@pytest.mark.parametrize("page", ["cohort", "programme"])
def test_it_is_public_exactly_while_its_page_is(client: Client, page: str) -> None:
    item = make.CohortFactory() if page == "cohort" else make.ProgrammeFactory()
    document = make.DocumentFactory(**{page: item})
    path = item.get_absolute_url()
    assert document.file.url in client.get(path).text
    assert status(client, document) == 200
    item.move_to("draft", by=None)
    assert document.file.url not in client.get("/fellowship/").text
    response = ask(client, document.file.url)
    assert (response.status_code, "no-store" in response["Cache-Control"]) == (404, True)
    item.move_to("published", by=None)
    assert status(client, document) == 200
    document.delete()
    assert status(client, document) == 404


def test_who_may_see_the_draft_may_see_its_documents(client: Client) -> None:
    document = make.DocumentFactory(cohort=make.CohortFactory(status="draft"))
    client.force_login(make.StaffFactory(may=["fellowship.view_cohort"]))
    response = ask(client, document.file.url)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
    client.force_login(make.StaffFactory(may=["fellowship.view_fellow"]))
    assert status(client, document) == 404


def test_a_link_to_a_draft_shows_its_documents_too(client: Client) -> None:
    cohort = make.CohortFactory(status="draft", number=9)
    document = make.DocumentFactory(cohort=cohort)
    other = make.DocumentFactory(cohort=make.CohortFactory(status="draft"))
    page = Page(client.get(shared.address(shared.share(cohort))).text)
    link = next(one["href"] for one in page.all("a") if one["href"].startswith(document.file.url))
    assert ask(client, link).status_code == 200
    assert client.get(link.replace(document.file.url, other.file.url)).status_code == 404


def test_documents_stand_in_their_order_where_they_belong(client: Client) -> None:
    programme, cohort = make.ProgrammeFactory(), make.CohortFactory(number=4)
    make.DocumentFactory(cohort=cohort, title="Second", order=2)
    make.DocumentFactory(cohort=cohort, title="First", order=1)
    make.DocumentFactory(programme=programme, title="Everybody's")
    page = client.get("/fellowship/cohorts/4/").text
    assert page.index(">First</a>") < page.index(">Second</a>")
    assert "Everybody" not in page
    programmes = client.get("/fellowship/").text
    assert "Everybody" in programmes
    assert ">First</a>" not in programmes
