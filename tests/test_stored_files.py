"""Uploaded files: shown to whoever is shown something that has them, and gone when nothing has."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client
from PIL import Image

from fellowship import hiding
from fellowship.models import Fellow
from portal import revisions, uploads
from portal.publishing import Publishable
from portal.stored_files import StoredFileField
from tests import factories as make
from tests.shared import address, share

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def photo(colour: str = "teal", name: str = "me.jpg") -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(raw, "JPEG")
    return SimpleUploadedFile(name, raw.getvalue(), "image/jpeg")


def pictured(**values: Any) -> Any:
    return make.FellowFactory(photo=photo(), photo_alt="A portrait", **values)


def addresses(fellow: Any) -> list[str]:
    return [url for url, _ in fellow.photo.by_width]


def fetch(client: Client, url: str, **headers: str) -> Any:
    """The answer, with the file read to its end, which closes it."""
    response = client.get(url, headers=headers)
    if response.streaming:
        b"".join(response.streaming_content)
    return response


def answers(client: Client, fellow: Any, query: str = "") -> set[int]:
    return {fetch(client, f"{url}{query}").status_code for url in addresses(fellow)}


def stored(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


# Who is shown them


def test_a_photo_is_public_while_its_fellow_is(client):
    fellow = pictured()
    assert [width for _, width in fellow.photo.by_width] == [160, 320]
    assert answers(client, fellow) == {200}
    by = make.StaffFactory()
    for change, back in [
        (lambda: hiding.switch(fellow, hidden=True, by=by), lambda: hiding.switch(fellow, hidden=False, by=by)),
        (lambda: fellow.move_to("draft", by=by), lambda: fellow.move_to("published", by=by)),
        (lambda: fellow.cohort.move_to("draft", by=by), lambda: fellow.cohort.move_to("published", by=by)),
    ]:
        change()
        assert answers(client, fellow) == {404}
        back()
        assert answers(client, fellow) == {200}
        fellow.refresh_from_db()
    Fellow.objects.update(consent_on=None)
    assert answers(client, fellow) == {404}


def test_a_browser_asks_again_each_time_and_is_told_when_nothing_has_changed(client):
    fellow = pictured()
    [url, _] = addresses(fellow)
    first = fetch(client, url)
    assert first["Cache-Control"] == "no-cache"
    assert "Cookie" not in first.get("Vary", "")
    again = {"If-Modified-Since": first["Last-Modified"]}
    assert fetch(client, url, **again).status_code == 304
    assert fetch(client, url, **again)["Cache-Control"] == "no-cache"
    hiding.switch(fellow, hidden=True, by=make.StaffFactory())
    gone = fetch(client, url, **again)
    assert gone.status_code == 404
    assert "no-store" in gone["Cache-Control"]


def test_staff_who_see_the_draft_see_its_photo_and_keep_no_copy():
    fellow = pictured(is_hidden=True, status="draft")
    for may, status in [(["fellowship.view_fellow"], 200), (["projects.view_project"], 404)]:
        client = Client()
        client.force_login(make.StaffFactory(may=may))
        response = fetch(client, addresses(fellow)[0])
        assert response.status_code == status
        assert "no-store" in response["Cache-Control"]


def test_the_link_to_a_draft_shows_its_photo_too(client):
    fellow = pictured(status="draft")
    path = address(share(fellow))
    page = client.get(path).text
    token = path.partition("?")[2]
    assert page.count(f"?{token} ") + page.count(f'?{token}"') >= 3, "src and each of srcset"
    assert answers(client, fellow, f"?{token}") == {200}
    assert answers(client, fellow) == {404}
    assert answers(client, fellow, f"?{token}x") == {404}
    other = pictured(status="draft")
    assert answers(client, other, f"?{token}") == {404}
    hiding.switch(fellow, hidden=True, by=make.StaffFactory())
    assert answers(client, fellow, f"?{token}") == {404}


def test_the_link_to_a_draft_cohort_shows_the_photos_on_it(client):
    cohort = make.CohortFactory(status="draft")
    shown, hidden = pictured(cohort=cohort), pictured(cohort=cohort, consent_on=None)
    token = address(share(cohort)).partition("?")[2]
    assert answers(client, shown, f"?{token}") == {200}
    assert answers(client, hidden, f"?{token}") == {404}
    assert answers(client, pictured(), f"?{token}") == {200}, "what is public is, whatever the token"


def test_a_public_page_says_nothing_of_tokens(client):
    fellow = pictured()
    assert "shared=" not in client.get(fellow.get_absolute_url()).text


@pytest.mark.parametrize("way", ["./{}", "{}/", "x/../{}", "/{}", "//{}", "{}%00", "{}%0a", "fellows/../{}"])
def test_no_second_name_leads_around_the_rule(client, way):
    fellow = pictured(is_hidden=True)
    name = fellow.photo.name
    assert fetch(client, f"/media/{way.format(name)}").status_code == 404
    assert fetch(client, f"/media/{name.replace('fellows', 'Fellows')}").status_code == 404


def test_a_file_that_no_row_has_is_not_shown(client, media):
    (media / "fellows").mkdir()
    (media / "fellows" / "orphan.webp").write_bytes(b"RIFF")
    assert fetch(client, "/media/fellows/orphan.webp").status_code == 404


def test_an_image_in_a_text_goes_with_a_hidden_fellow(client, media):
    (media / "markdown").mkdir()
    (media / "markdown" / "a-10x10.webp").write_bytes(b"RIFF")
    fellow = make.FellowFactory(about="![Me at work](/media/markdown/a-10x10.webp)")
    article = make.ArticleFactory(body="Words")
    assert fetch(client, "/media/markdown/a-10x10.webp").status_code == 200
    hiding.switch(fellow, hidden=True, by=make.StaffFactory())
    assert fetch(client, "/media/markdown/a-10x10.webp").status_code == 404
    client.force_login(make.StaffFactory(may=["articles.change_article"]))
    assert fetch(client, "/media/markdown/a-10x10.webp").status_code == 200
    assert article.is_public


def test_a_public_file_costs_the_same_however_many_there_are(client, django_assert_num_queries):
    fellow = pictured()
    make.FellowFactory.create_batch(20)
    fetch(client, addresses(fellow)[0])
    with django_assert_num_queries(1):
        fetch(client, addresses(fellow)[1])


def test_every_column_of_files_knows_who_is_shown_them():
    fields = [field for model in apps.get_models() for field in model._meta.local_concrete_fields]
    columns = [field for field in fields if isinstance(field, models.FileField)]
    assert columns
    folders = [column.upload_to for column in columns]
    assert len(set(folders)) == len(folders), "each has a folder of its own"
    for column in columns:
        assert isinstance(column, StoredFileField), column
        rows = column.model._default_manager.all()
        assert issubclass(column.model, Publishable) or hasattr(rows, "showing_files"), column
        assert not uploads.is_public(f"{column.upload_to}/none.webp")


# When they go


def test_a_replaced_photo_goes_when_that_is_committed(media, django_capture_on_commit_callbacks):
    fellow = pictured()
    before = fellow.photo.name
    assert stored(media) == 2
    with django_capture_on_commit_callbacks(execute=True):
        fellow.photo = photo("navy")
        fellow.save()
        assert stored(media) == 4, "until then, who reads the old page finds its image"
    assert stored(media) == 2
    assert not (media / before).exists()


def test_a_cleared_photo_goes_and_one_that_nobody_touched_stays(media, django_capture_on_commit_callbacks):
    fellow = pictured()
    with django_capture_on_commit_callbacks(execute=True):
        fellow.role = "Ward manager"
        fellow.save()
        fellow.save(update_fields=["role"])
    assert stored(media) == 2
    with django_capture_on_commit_callbacks(execute=True):
        fellow.photo = ""
        fellow.save()
    assert stored(media) == 0


@pytest.mark.django_db(transaction=True)
def test_a_replaced_photo_goes_where_each_save_is_a_transaction_too(media):
    fellow = pictured()
    fellow.photo = photo("navy")
    fellow.save()
    assert stored(media) == 2
    fellow.delete()
    assert stored(media) == 0


@pytest.mark.django_db(transaction=True)
def test_a_save_that_is_rolled_back_keeps_the_photo(media):
    fellow = pictured()
    before = fellow.photo.name

    def fail() -> None:
        with transaction.atomic():
            fellow.photo = photo("navy")
            fellow.save()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Fellow.objects.get().photo.name == before
    assert (media / before).exists()


def test_a_photo_goes_with_its_fellow(media, django_capture_on_commit_callbacks):
    for delete in [lambda fellow: fellow.delete(), lambda fellow: Fellow.objects.filter(pk=fellow.pk).delete()]:
        fellow = pictured()
        with django_capture_on_commit_callbacks(execute=True):
            delete(fellow)
        assert stored(media) == 0


def test_a_photo_that_another_row_has_stays(media, django_capture_on_commit_callbacks):
    fellow = pictured()
    make.FellowFactory(photo=fellow.photo.name)
    with django_capture_on_commit_callbacks(execute=True):
        fellow.delete()
    assert stored(media) == 2


def test_a_disk_that_does_not_let_go_spoils_no_save(media, monkeypatch, django_capture_on_commit_callbacks, caplog):
    fellow = pictured()

    def stuck(self: Any, name: str) -> None:
        raise OSError("The disk is read-only.")

    monkeypatch.setattr(FileSystemStorage, "delete", stuck)
    with django_capture_on_commit_callbacks(execute=True):
        fellow.photo = ""
        fellow.save()
    assert "The disk is read-only." in caplog.text
    assert not Fellow.objects.get().photo


def test_an_old_text_comes_back_without_a_photo_that_is_gone(django_capture_on_commit_callbacks):
    """A kept revision names the file, and nothing ever asks for it."""
    fellow = pictured(role="Nurse")
    revisions.record(fellow, by=None)
    [save] = revisions.saves(revisions.versions_of(Fellow, fellow.pk))
    with django_capture_on_commit_callbacks(execute=True):
        fellow.photo, fellow.photo_alt, fellow.role = "", "", "Ward manager"
        fellow.save()
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    page = client.get(f"/admin/fellowship/fellow/{fellow.pk}/change/?revision={save.id}")
    assert 'value="Nurse"' in page.text
    assert save.snapshot.values["photo"] not in page.text.partition("<fieldset")[2]
