"""Uploaded files as they are served: under one name each, whole, and never as a page of this site."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from portal import uploads
from tests import factories as make
from tests.document_factories import PDF, upload

pytestmark = pytest.mark.django_db

PAGE = b"<!DOCTYPE html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "secret.webp").write_text("secret")
    (tmp_path / "media" / "markdown").mkdir()
    return tmp_path / "media"


def photo() -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (400, 400), "teal").save(raw, "JPEG")
    return SimpleUploadedFile("me.jpg", raw.getvalue(), "image/jpeg")


def answer(client: Client, path: str, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    response = client.generic(method, path, headers=headers)
    return response, response.getvalue()


def shown() -> dict[str, str]:
    """The address of a file of each column, with what it is."""
    cohort = make.CohortFactory()
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada", poster=upload(), cohort=cohort)
    article = make.ArticleFactory(cover=photo(), cover_alt="A ward")
    document = make.DocumentFactory(cohort=cohort)
    return {
        **{url: "image/webp" for url, _ in fellow.photo.by_width},
        fellow.poster.url: "application/pdf",
        article.cover.url: "image/webp",
        document.file.url: "application/pdf",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_says_what_it_is_and_runs_nothing(client, method, media):
    for url, content_type in shown().items():
        response, content = answer(client, url, method)
        assert response.status_code == 200, url
        stored = (media / url.removeprefix("/media/")).read_bytes()
        assert content == (stored if method == "GET" else b"")
        assert int(response["Content-Length"]) == len(stored)
        assert response["Content-Type"] == content_type
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Content-Security-Policy"] == uploads.POLICY
        assert {"default-src 'none'", "sandbox"} <= set(response["Content-Security-Policy"].split("; "))
        way = "inline" if content_type == "image/webp" else "attachment"
        assert response["Content-Disposition"] == way
        assert not response.cookies


def test_that_nothing_has_changed_is_said_under_the_same_rules(client):
    for url in shown():
        first, _ = answer(client, url)
        again, content = answer(client, url, **{"If-Modified-Since": first["Last-Modified"]})
        assert (again.status_code, content) == (304, b"")
        for name in ("Cache-Control", "Content-Disposition", "Content-Security-Policy"):
            assert again[name] == first[name], "a browser takes these over into the copy that it has"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-3"},
        {"Range": "bytes=-5"},
        {"Range": "bytes=9999999-"},
        {"Range": f"bytes={','.join(['0-'] * 5000)}"},
        {"Range": "lines=1-2"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Thu, 01 Jan 9999999 00:00:00 GMT"},
        {"If-None-Match": "*"},
        {"If-Range": '"x"', "Range": "bytes=0-3"},
    ],
    ids=lambda headers: str(headers)[:50],
)
def test_a_file_is_sent_whole_whatever_part_is_asked_for(client, headers, media):
    [url, *_] = shown()
    response, content = answer(client, url, **headers)
    assert response.status_code == 200
    assert content == (media / url.removeprefix("/media/")).read_bytes()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_file_is_only_read(client, method):
    [url, *_] = shown()
    assert answer(client, url, method)[0].status_code == 405


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", PAGE),
        ("page.htm", PAGE),
        ("page.xhtml", PAGE),
        ("page.xml", b'<x xmlns="http://www.w3.org/1999/xhtml"/>'),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("drawing.SVG", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("drawing.svgz", b"x"),
        ("script.js", b"alert(1)"),
        ("style.css", b"p{}"),
        ("data.pdf", PDF),
        ("nothing", PAGE),
        ("a.webp.html", PAGE),
        ("page.html.webp", PAGE),
        ("a.gif", PAGE),
        ("words.txt", PAGE),
        ("a'quoted\" name;é.pdf", PDF),
    ],
)
def test_what_the_operator_put_there_is_saved_and_never_opened(client, media, name, content):
    (media / "operator").mkdir()
    (media / "operator" / name).write_bytes(content)
    response, _ = answer(client, f"/media/operator/{name}")
    assert response.status_code == 200
    assert "sandbox" in response["Content-Security-Policy"]
    assert "\n" not in response["Content-Disposition"]
    if name.endswith(".webp"):
        assert response["Content-Type"] == "image/webp", "with nosniff, what is no image shows nothing"
    else:
        assert response["Content-Disposition"] == "attachment"


UP = [
    *["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "..%252fsecret.txt"],
    *["markdown/../../secret.txt", "markdown/..%2f..%2fsecret.txt", "markdown/%2e%2e/%2e%2e/secret.txt"],
    *["..\\secret.txt", "..%5csecret.txt", "markdown\\..\\..\\secret.txt", "....//secret.txt", "..;/secret.txt"],
    *["/secret.txt", "//secret.txt", "%2fetc/passwd", "/etc/passwd", "C:/secret.txt", "file:///etc/passwd"],
    *["..%c0%afsecret.txt", "%c0%ae%c0%ae/secret.txt", "%ff/secret.txt", "..%00/secret.txt", "~/secret.txt"],
    *["../secret.webp", "markdown/../../secret.webp", "markdown/%2e%2e/%2e%2e/secret.webp"],
]
ODD = [
    *["", ".", "..", "/", "markdown", "markdown/", "markdown/.", "markdown/..", "%00", "markdown/%00", "a%00.webp"],
    *["markdown/a%0a.webp", "markdown/a%0d%0aSet-Cookie:%20a=b", f"markdown/{'a' * 300}.webp", "a/" * 3000 + "b"],
    *["markdown/a.webp/", "markdown/a.webp/x", "markdown//a.webp", "./markdown/a.webp", "markdown/./a.webp"],
    *["markdown/a.webp%20", "markdown/a.webp%00.png", "markdown/a.webp::$DATA", "markdown/%E2%80%AEa.webp"],
]


@pytest.mark.parametrize("who", ["reader", "editor"])
@pytest.mark.parametrize("path", [*UP, *ODD], ids=lambda path: path[:40] or "nothing")
def test_no_path_leads_elsewhere(path, who, media):
    (media / "markdown" / "a.webp").write_bytes(b"RIFF")
    client = Client()
    if who == "editor":
        client.force_login(make.StaffFactory(is_superuser=True))
    for method in ("GET", "HEAD"):
        response, content = answer(client, f"/media/{path}", method)
        assert response.status_code == 404
        assert b"secret" not in content.replace(b"secret.", b"")
        assert not {"Set-Cookie", "Content-Disposition"} & set(response.headers)


@pytest.mark.parametrize("who", ["reader", "editor"])
def test_what_is_hidden_or_only_a_link_is_not_shown(who, media):
    fellow = make.FellowFactory(photo=photo(), photo_alt="Ada", status="draft")
    (media / "markdown" / "a.webp").write_bytes(b"RIFF")
    (media / "markdown" / ".a.webp.part").write_bytes(b"RIFF")
    (media / ".hidden").mkdir()
    (media / ".hidden" / "a.webp").write_bytes(b"RIFF")
    (media / "markdown" / "out.webp").symlink_to(media.parent / "secret.webp")
    (media / "markdown" / "in.webp").symlink_to(media / fellow.photo.name)
    (media / "out").symlink_to(media.parent, target_is_directory=True)
    (media / "around").symlink_to(media / "fellows", target_is_directory=True)
    (media / "markdown" / "loop.webp").symlink_to("loop.webp")
    client = Client()
    if who == "editor":
        client.force_login(make.StaffFactory(may=["articles.change_article"]))
    assert answer(client, "/media/markdown/a.webp")[0].status_code == 200
    paths = ["markdown/.a.webp.part", ".hidden/a.webp", "markdown/out.webp", "markdown/in.webp", "out/secret.txt"]
    for path in [*paths, f"around/{fellow.photo.name.partition('/')[2]}", "markdown/loop.webp"]:
        response, content = answer(client, f"/media/{path}")
        assert response.status_code == 404, path
        assert b"RIFF" not in content


def test_the_folder_itself_may_be_a_link(client, settings, media):
    (media / "markdown" / "a.webp").write_bytes(b"RIFF")
    (media.parent / "elsewhere").symlink_to(media, target_is_directory=True)
    settings.MEDIA_ROOT = media.parent / "elsewhere"
    assert answer(client, "/media/markdown/a.webp")[0].status_code == 200
