"""What is left when a file cannot be stored, or its row is not saved after all: nothing of either."""

from __future__ import annotations

import datetime as dt
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.management import CommandError, call_command
from django.core.signals import request_finished
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.utils import timezone

from fellowship.models import Document, Fellow
from portal import stored_files
from portal.image_fields import SafeImageField
from portal.images import safe_images
from portal.media_storage import NotStoredError
from portal.pdf_field import PdfField
from portal.stored_files import StoredFile
from tests import factories as make
from tests.disks import NarrowDisk
from tests.document_factories import PDF, upload
from tests.hostile_images import halves, written
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("me.jpg", written(halves((400, 400)), "JPEG"), "image/jpeg")


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def staff() -> Client:
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    return client


def test_every_column_of_files_makes_anew_or_checks_what_it_stores():
    """A new one fails here until it does."""
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]
    columns = [field for field in fields if isinstance(field, models.FileField)]
    assert columns
    for column in columns:
        assert isinstance(column, SafeImageField | PdfField), column
        assert issubclass(column.attr_class, StoredFile), column
        assert column.storage is default_storage, column
    assert {*columns} == {*stored_files.columns()}


# A disk that fills up


def test_wherever_the_disk_ends_a_file_is_there_whole_or_not_at_all(monkeypatch, media):
    content = bytes(range(256)) * 4
    for room in range(0, len(content) + 1, 31):
        with monkeypatch.context() as patch:
            NarrowDisk(patch, room)
            with pytest.raises(NotStoredError, match="No space left on device"):
                default_storage.save("markdown/a.webp", ContentFile(content))
        assert not stored(media), room
    assert default_storage.save("markdown/a.webp", ContentFile(content)) == "markdown/a.webp"
    assert [path.read_bytes() for path in stored(media)] == [content]
    other = default_storage.save("markdown/a.webp", ContentFile(b"other"))
    assert other != "markdown/a.webp"
    assert (media / "markdown/a.webp").read_bytes() == content
    assert (media / other).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["fsync", "chmod", "makedirs"])
def test_whichever_step_fails_leaves_nothing(step, monkeypatch, media):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(5, "Input/output error")

    (media / "posters").mkdir()
    monkeypatch.setattr(os, step, fail)
    large = TemporaryUploadedFile("a.pdf", "application/pdf", len(PDF), None)
    for content in (ContentFile(PDF), large):
        with pytest.raises(NotStoredError):
            default_storage.save("posters/a.pdf", content)
        assert not stored(media)
    large.close()


def test_a_process_that_is_stopped_while_it_writes_leaves_nothing(monkeypatch, media):
    class Stopped(BaseException):
        pass

    def stop(*args: Any) -> None:
        raise Stopped

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(Stopped):
        default_storage.save("markdown/a.webp", ContentFile(b"x"))
    assert not stored(media)


@pytest.mark.parametrize("model", ["fellow", "article"])
def test_a_form_that_meets_a_full_disk_says_so_and_saves_nothing(model, monkeypatch, media):
    client = staff()
    app, field = {"fellow": ("fellowship", "photo"), "article": ("articles", "cover")}[model]
    path = f"/admin/{app}/{model}/add/"
    kind = apps.get_model(app, model)
    column: Any = kind._meta.get_field(field)
    words = {**Page(client.get(path).text).fields, "title": "One", "name": "One", f"{field}_alt": "A picture"}
    whole = sum(copy.size for copy in safe_images(photo(), edges=column.edges, square=column.square))
    for room in [0, 1, whole // 3, whole // 2, whole - 1]:
        with monkeypatch.context() as patch:
            NarrowDisk(patch, room)
            response = client.post(path, {**words, field: photo()}, headers={"accept": "text/html"})
        assert response.status_code == 507, room
        assert Page(response.text).text("h1") == ["This cannot be stored at the moment"]
        assert not kind.objects.exists()
        assert not stored(media), room
    assert client.post(path, {**words, field: photo()}).status_code == 302
    assert kind.objects.count() == 1
    assert stored(media)


# A row that is not saved after all


def at_the_end_of_a_request() -> None:
    request_finished.send(sender=None)


def roll_back(save: Any) -> None:
    with transaction.atomic():
        save()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "save",
    [
        lambda: make.FellowFactory(photo=photo(), photo_alt="Ada"),
        lambda: make.FellowFactory(poster=upload()),
        lambda: make.ArticleFactory(cover=photo(), cover_alt="A ward"),
        lambda: make.DocumentFactory(),
    ],
)
def test_a_file_goes_with_the_row_that_was_rolled_back(save, media):
    roll_back(save)
    assert stored(media), "it was written before"
    at_the_end_of_a_request()
    assert not stored(media)
    save()
    at_the_end_of_a_request()
    assert stored(media)


@pytest.mark.django_db(transaction=True)
def test_a_file_whose_row_was_replaced_and_rolled_back_keeps_the_old_one(media):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada")
    before = set(stored(media))

    def replace() -> None:
        fellow.photo = photo()
        fellow.save()

    roll_back(replace)
    at_the_end_of_a_request()
    assert set(stored(media)) == before
    assert Fellow.objects.get().photo.name in {path.relative_to(media).as_posix() for path in before}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_concluded_from_a_database_that_does_not_answer(media, monkeypatch, caplog):
    roll_back(lambda: make.DocumentFactory())

    def gone(self: Any, name: str) -> bool:
        raise DatabaseError("The connection is closed.")

    with monkeypatch.context() as patch:
        patch.setattr(stored_files.StoredFileField, "is_named", gone)
        at_the_end_of_a_request()
    assert "It is not known whether" in caplog.text
    assert len(stored(media)) == 1
    assert stored_files.sweep(timezone.now() + dt.timedelta(hours=1))
    assert not stored(media)


@pytest.mark.django_db(transaction=True)
def test_a_form_whose_row_the_database_refuses_leaves_no_file(media, monkeypatch):
    client = staff()
    client.raise_request_exception = False
    path = "/admin/fellowship/fellow/add/"
    words = {**Page(client.get(path).text).fields, "name": "One", "photo_alt": "Ada"}

    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise DatabaseError("The disk of the database is full.")

    with monkeypatch.context() as patch:
        patch.setattr("django.contrib.admin.options.ModelAdmin.log_addition", refuse)
        assert client.post(path, {**words, "photo": photo()}).status_code == 500
    assert not Fellow.objects.exists()
    assert not stored(media)


# What a process left that was stopped


def aged(path: Path, hours: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x")
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))
    return path


def told(**options: Any) -> str:
    out = io.StringIO()
    call_command("sweep_files", stdout=out, **options)
    return out.getvalue()


def test_what_was_left_over_is_swept_and_nothing_else(media):
    make.FellowFactory(photo=photo(), photo_alt="Ada", poster=upload())
    make.ArticleFactory(cover=photo(), cover_alt="A ward")
    make.DocumentFactory()
    for path in stored(media):
        aged(path, hours=100)
    kept = {
        *stored(media),
        aged(media / "markdown" / "in-a-text.webp", 100),
        aged(media / "operator" / "logo.png", 100),
    }
    kept |= {aged(media / "fellows" / "just-now.webp", 1), aged(media / "markdown" / ".now.part", 1)}
    left = {
        aged(media / folder / name, 100)
        for folder, name in [("fellows", "a.webp"), ("fellows", "a-160.webp"), ("posters", "a.pdf")]
    }
    left |= {
        aged(media / "markdown" / ".a.part", 100),
        aged(media / ".b.part", 100),
        aged(media / "new" / ".c.part", 30),
    }
    assert "6 files would be removed; nothing was changed." in told(dry_run=True)
    assert set(stored(media)) == kept | left
    assert "Removed 6 files." in told()
    assert set(stored(media)) == kept
    assert told() == "Removed 0 files.\n"


def test_a_file_whose_row_is_still_being_saved_is_left_alone():
    with pytest.raises(CommandError, match="cannot be less than 1"):
        told(hours=0)


def test_an_empty_folder_has_nothing_to_sweep(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "none"
    assert told() == "Removed 0 files.\n"
    assert not Document.objects.exists()
