"""How much a request may bring: at every address, by everybody, in every way that a body can be too large."""

from __future__ import annotations

import errno
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal import stored_files
from portal.receiving import MAX_BYTES, MOST_OF_STAFF, MOST_THROWN_AWAY, TemporaryUpload
from tests import factories as make
from tests.pages import Page
from tests.world import routes

pytestmark = pytest.mark.django_db

MB = 1 << 20
TOO_MUCH = "This is too much to send at once"
# What a stranger can make up, so that the form of signing in is read before its token is judged.
MADE_UP = "a" * 32


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads lie while they arrive, and where they are stored."""
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "arriving").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "arriving")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "arriving"))
    return tmp_path


class Body:
    """A body of any length, made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.left, self.read_so_far = pieces, b"", 0

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (piece := next(self.pieces, b"")):
            self.left += piece
        taken, self.left = self.left[:size], self.left[size:]
        self.read_so_far += len(taken)
        return taken

    readline = read


def files(number: int, size: int) -> Iterator[bytes]:
    """A form of so many files, each of so many bytes."""
    for each in range(number):
        yield f'--B\r\nContent-Disposition: form-data; name="{each}"; filename="{each}.bin"\r\n\r\n'.encode()
        for _ in range(size // MB):
            yield b"x" * MB
        yield b"x" * (size % MB) + b"\r\n"
    yield b"--B--\r\n"


def fields(number: int, size: int = 1) -> Iterator[bytes]:
    for each in range(number):
        yield f'--B\r\nContent-Disposition: form-data; name="{each}"\r\n\r\n{"x" * size}\r\n'.encode()
    yield b"--B--\r\n"


def post(client: Client, path: str, body: Body, length: Any, **environ: Any) -> Any:
    said = {} if length is None else {"CONTENT_LENGTH": str(length)}
    return client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=path,
        CONTENT_TYPE="multipart/form-data; boundary=B",
        **{"wsgi.input": body, "HTTP_ACCEPT": "text/html,*/*", **said, **environ},
    )


def every_path() -> list[str]:
    """An address of every route, whether or not there is anything at it: a body is judged before."""
    filled = (re.sub(r"<[^>]+>", "1", re.sub(r"\(\?P<\w+>[^)]*\)", "1", route)) for route in routes())
    return [f"/{path.replace('^', '').replace('$', '')}" for path in filled]


def lie(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def stranger() -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies.load({settings.CSRF_COOKIE_NAME: MADE_UP})
    return client


def staff() -> Client:
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    return client


def test_no_address_takes_from_a_stranger_more_than_a_form_can_hold(folder):
    paths = every_path()
    assert len(paths) > 200
    client, most = stranger(), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for path in paths:
        assert post(client, path, Body(files(2, MB)), most + 1).status_code == 413, path
        assert not lie(folder), path


def test_nobody_sends_more_than_staff_may_and_what_is_thrown_away_has_an_end(folder):
    body = Body(files(300, MB))
    response = post(staff(), "/admin/fellowship/fellow/add/", body, 300 * MB)
    assert response.status_code == 413
    assert Page(response.text).text("h1") == [TOO_MUCH]
    assert body.read_so_far <= MOST_THROWN_AWAY + MB
    assert not lie(folder)


def test_a_reader_costs_no_query_for_who_they_are(django_assert_num_queries):
    client = Client()
    client.cookies.load({settings.SESSION_COOKIE_NAME: "none"})
    with django_assert_num_queries(0):
        post(client, "/robots.txt", Body(fields(1)), settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


@pytest.mark.parametrize(
    ("make_body", "length"),
    [
        pytest.param(lambda: files(101, 10), 20_000, id="more files than a form has"),
        pytest.param(lambda: fields(25_001), 2_000_000, id="more fields"),
    ],
)
@pytest.mark.parametrize("path", ["/admin/login/", "/contact/ask/", "/projects/propose/", "/shared/answer/"])
def test_too_many_parts_are_refused_with_a_page(make_body, length, path, folder):
    response = post(stranger(), path, Body(make_body()), length)
    assert response.status_code == 413
    assert Page(response.text).text("h1") == [TOO_MUCH]
    assert not lie(folder)


def test_a_text_beyond_all_measure_is_refused_though_staff_may_send_as_much_in_files(folder):
    size = 3 * MB
    response = post(staff(), "/admin/articles/article/add/", Body(fields(1, size)), size + 100)
    assert response.status_code == 413
    assert TOO_MUCH in response.text


@pytest.mark.parametrize("size", [1_000, 100_000, 2_000_000])
def test_a_part_whose_headers_never_end_is_nothing(size, folder):
    head = b'--B\r\nContent-Disposition: form-data; name="text"; x="' + b"y" * size
    for path in ("/admin/login/", "/contact/ask/"):
        for tail in (b"", b'"\r\n\r\nwords\r\n--B--\r\n'):
            assert post(stranger(), path, Body(iter([head + tail])), len(head + tail)).status_code < 500
            assert not lie(folder)


@pytest.mark.parametrize("length", ["", "-1", "ten", "0", "1e9", "99999999999999999999999"])
def test_a_length_that_is_none_is_no_error_and_nothing_is_read_beyond_it(length, folder):
    for path in ("/admin/login/", "/contact/ask/", "/media/x", "/"):
        body = Body(files(4, MB))
        assert post(stranger(), path, body, length).status_code < 500
        assert not lie(folder)


def test_who_does_not_say_how_much_is_asked_to():
    body = Body(files(1, MB))
    response = post(stranger(), "/contact/ask/", body, None, HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411
    assert body.read_so_far == 0


def test_the_editor_is_answered_in_words_and_not_with_a_page():
    response = post(staff(), "/admin/markdownx/upload/", Body(files(1, 1)), MOST_OF_STAFF + 1, HTTP_ACCEPT="*/*")
    assert response.status_code == 413
    assert response["Content-Type"].startswith("text/plain")
    assert response.text.startswith(TOO_MUCH)


# A file that is too large


def add_page(column: Any) -> str:
    return reverse(f"admin:{column.model._meta.app_label}_{column.model._meta.model_name}_add")


@pytest.mark.parametrize("column", stored_files.columns(), ids=str)
def test_a_file_that_is_too_large_is_refused_in_its_form(column, folder):
    client, path = staff(), add_page(column)
    file = SimpleUploadedFile("one.jpg", b"x" * (MAX_BYTES + MB))
    words = Page(client.get(path).text).fields | {"title": "One", "name": "One"}
    response = client.post(path, {**words, column.name: file})
    assert response.status_code == 200
    assert "is larger than 10 MB. Make it smaller and try again." in response.text
    assert not lie(folder)


def test_what_is_too_large_is_refused_by_the_editor_and_by_the_upload_of_a_table(folder):
    client = staff()
    large = b"x" * (MAX_BYTES + MB)
    response = client.post("/admin/markdownx/upload/", {"image": SimpleUploadedFile("a.png", large)})
    assert (response.status_code, "larger than 10 MB" in response.text) == (400, True)
    response = client.post("/admin/projects/project/upload/", {"file": SimpleUploadedFile("a.csv", large)})
    assert "larger than 2 MB" in response.text
    assert not lie(folder)


# No room while it arrives


@pytest.mark.parametrize("step", ["new_file", "receive_data_chunk", "file_complete"])
def test_a_disk_that_is_full_while_a_file_arrives_is_said_and_leaves_nothing(step, folder, monkeypatch):
    def full(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryUpload.__mro__[1], step, full)
    body = list(files(1, 4 * MB))
    response = post(staff(), "/admin/fellowship/fellow/add/", Body(iter(body)), len(b"".join(body)))
    assert response.status_code == 507
    assert "This cannot be stored at the moment" in response.text
    assert not lie(folder)
