"""Uploaded files in a store that is no folder of this machine: all that readers and editors do is the same."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from PIL import Image

from fellowship import hiding
from fellowship.models import Fellow
from portal import stored_files, uploads
from portal.archive import ArchiveError
from portal.media_storage import AwayError, NotStoredError
from portal.restoration import restore
from tests import factories as make
from tests.document_factories import PDF, upload
from tests.stores import BUCKET, S3, Elsewhere, s3
from tests.test_media import answer, photo, shown

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3() as found:
        yield found


@pytest.fixture(params=["without paths", "S3"])
def kept(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> dict[str, bytes]:
    """What such a store holds, by name; and a folder of media in which nothing is ever written."""
    settings.MEDIA_ROOT = tmp_path / "nothing"
    if request.param == "S3":
        server = request.getfixturevalue("server")
        server.says = 200
        server.asked.clear()
        found, storage = server.kept, server.storage
    else:
        found, storage = Elsewhere.kept, {"BACKEND": "tests.stores.Elsewhere"}
    found.clear()
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    yield found
    assert not (tmp_path / "nothing").exists()


@pytest.fixture
def store(settings: Any, server: S3, tmp_path: Path) -> S3:
    server.says = 200
    server.kept.clear()
    server.asked.clear()
    settings.MEDIA_ROOT = tmp_path / "nothing"
    settings.STORAGES = {**settings.STORAGES, "default": server.storage}
    return server


def editor() -> Client:
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    return client


# What is the same


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_kind_of_file_is_stored_and_shown(client, kept, method):
    addresses = shown()
    assert {f"/media/{name}" for name in kept} == set(addresses)
    for url, content_type in addresses.items():
        response, content = answer(client, url, method)
        stored = kept[url.removeprefix("/media/")]
        assert response.status_code == 200, url
        assert content == (stored if method == "GET" else b"")
        assert response["Content-Type"] == content_type
        assert int(response["Content-Length"]) == len(stored)
        assert response["Content-Security-Policy"] == uploads.POLICY
        again, nothing = answer(client, url, method, **{"If-Modified-Since": response["Last-Modified"]})
        assert (again.status_code, nothing) == (304, b"")


def test_who_is_shown_a_file_is_decided_as_in_a_folder(client, kept):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada", poster=upload())
    urls = [*(url for url, _ in fellow.photo.by_width), fellow.poster.url]
    assert {answer(client, url)[0].status_code for url in urls} == {200}
    hiding.switch(fellow, hidden=True, by=make.StaffFactory())
    assert {answer(client, url)[0].status_code for url in urls} == {404}
    assert {answer(editor(), url)[0]["Cache-Control"] for url in urls} == {"private, no-store"}


@pytest.mark.parametrize(
    "path", ["markdown/none.webp", "markdown", "markdown/", "", "../a", "markdown/.part", "/a", "a//b", "markdown/%00"]
)
def test_what_is_not_there_is_not_found(client, kept, path):
    kept["markdown/.part"] = b"part"
    for who in (client, editor()):
        assert answer(who, f"/media/{path}")[0].status_code == 404


def test_an_editor_places_an_image(client, kept):
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(raw, "PNG")
    raw.seek(0)
    raw.name = "ward.png"
    response = editor().post("/admin/markdownx/upload/", {"image": raw, "words": "A ward"})
    [name] = kept
    assert response.json()["image_code"] == f"![A ward](/media/{name})"
    assert answer(client, f"/media/{name}")[1] == kept[name]


def test_a_file_goes_with_its_row_and_not_with_a_save_that_failed(kept):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada")
    before = dict(kept)

    def fail() -> None:
        with transaction.atomic():
            fellow.photo = photo()
            fellow.save()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    stored_files.discard_rolled_back()
    assert kept == before
    Fellow.objects.get().delete()
    assert kept == {}


def test_what_nothing_has_is_swept(kept):
    shown()
    before = dict(kept)
    kept.update({"fellows/orphan.webp": b"RIFF", "markdown/in-a-text.webp": b"RIFF", "operator/logo.svg": b"<svg/>"})
    later = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert stored_files.sweep(later, dry_run=True) == ["fellows/orphan.webp"]
    assert stored_files.sweep(later) == ["fellows/orphan.webp"]
    assert set(kept) == {*before, "markdown/in-a-text.webp", "operator/logo.svg"}


def test_a_backup_says_that_it_does_not_hold_them(kept, tmp_path):
    shown()
    file = tmp_path / "portal.backup"
    with pytest.raises(CommandError, match="--no-media"):
        call_command("backup", file, stdout=StringIO())
    assert not file.exists()
    before = dict(kept)
    call_command("backup", file, "--no-media", stdout=StringIO())
    Fellow.objects.update(role="Another")
    assert restore(file, confirm=lambda plan: True)
    assert Fellow.objects.get().role != "Another"
    assert kept == before
    assert answer(Client(), Fellow.objects.get().photo.url)[0].status_code == 200


def test_a_backup_with_files_is_not_restored_into_nowhere(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    make.FellowFactory(photo=photo(), photo_alt="Ada", role="Nurse")
    call_command("backup", tmp_path / "portal.backup", stdout=StringIO())
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.stores.Elsewhere"}}
    Fellow.objects.update(role="Another")
    with pytest.raises(ArchiveError, match="--no-media"):
        restore(tmp_path / "portal.backup", confirm=lambda plan: True)
    assert Fellow.objects.get().role == "Another"


# The bucket


def test_the_bucket_is_asked_for_nothing_public_and_leads_nobody_to_it(store):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada", poster=upload())
    assert fellow.poster.url == f"/media/{fellow.poster.name}"
    assert fellow.photo.small_url.startswith("/media/fellows/")
    page = Client().get(fellow.get_absolute_url()).text
    assert str(store.port) not in page
    assert BUCKET not in page
    written = [headers for method, _, headers in store.asked if method == "PUT"]
    assert len(written) == 3
    for headers in written:
        assert not any(name.lower() == "x-amz-acl" for name in headers)
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
        assert "secret" not in str(headers)


def test_no_file_takes_the_name_of_another(store):
    first, second = (default_storage.save("operator/a.pdf", upload()) for _ in range(2))
    assert first != second
    assert store.kept[first] == store.kept[second] == PDF


@pytest.mark.parametrize("says", [403, 500, 503])
def test_while_the_store_refuses_the_site_goes_on(client, store, says, caplog):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada")
    store.says = says
    response, content = answer(client, fellow.photo.url)
    assert response.status_code == 503, "whether there is such a file is not known"
    assert "no-cache" in response["Cache-Control"]
    assert b"Try again in a minute" in content
    assert int(response["Retry-After"]) > 0
    assert client.get(fellow.get_absolute_url()).status_code == 200
    assert answer(client, "/media/fellows/none.webp")[0].status_code == 404, "no row has it"
    for ask in (default_storage.exists, default_storage.delete, default_storage.size, default_storage.listdir):
        with pytest.raises(AwayError):
            ask("fellows/none.webp")
    with pytest.raises(NotStoredError):
        default_storage.save("fellows/a.webp", upload())
    assert "the secret of the store" not in caplog.text


def test_a_save_whose_file_cannot_be_stored_is_none(store):
    article = make.ArticleFactory()
    store.says = 500
    response = editor().post("/admin/markdownx/upload/", {"image": photo(), "words": "A ward"})
    assert response.status_code == 507
    article.cover = photo()
    with pytest.raises(NotStoredError):
        article.save()
    article.refresh_from_db()
    assert not article.cover
    store.says = 200
    assert store.kept == {}


def test_a_store_that_is_not_there_is_said_and_not_waited_for(settings, store):
    gone = {**store.storage, "OPTIONS": {**store.storage["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}}
    settings.STORAGES = {**settings.STORAGES, "default": gone}
    with pytest.raises(AwayError):
        default_storage.open("a.webp")
