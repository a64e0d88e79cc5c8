"""The editor's two addresses: who may use them, and what they answer."""

import html
import io
import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from portal import editor
from portal.advice import advice
from portal.markdown import MAX_LENGTH, MarkdownField, render
from tests.disks import NarrowDisk
from tests.factories import StaffFactory, UserFactory
from tests.html_page import Page

pytestmark = pytest.mark.django_db

PREVIEW, UPLOAD = reverse("markdownx_markdownify"), reverse("markdownx_upload")


def png(size=(3000, 1500), name="chart.png"):
    file = io.BytesIO()
    Image.new("RGB", size, "navy").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def writer(client):
    client.force_login(StaffFactory(may=["articles.change_article"]))
    return client


def stored(folder: Path):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_addresses_are_below_those_of_the_staff():
    assert PREVIEW == "/admin/markdownx/markdownify/"
    assert UPLOAD == "/admin/markdownx/upload/"


@pytest.mark.parametrize("address", [PREVIEW, UPLOAD])
@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        (None, False),
        (lambda: UserFactory(may=["articles.change_article"]), False),
        (lambda: StaffFactory(), False),
        (lambda: StaffFactory(may=["articles.view_article", "projects.change_area"]), False),
        (lambda: StaffFactory(may=["articles.change_article"], is_active=False), False),
        (lambda: StaffFactory(may=["articles.change_article"]), True),
        (lambda: StaffFactory(may=["projects.add_project"]), True),
        (lambda: StaffFactory(is_superuser=True), True),
    ],
    ids=["nobody", "no staff", "staff", "other rights", "left", "may change", "may add", "all rights"],
)
def test_only_staff_who_may_write_a_text_are_let_in(client, media, address, user, allowed):
    if user:
        client.force_login(user())
    response = client.post(address, {"content": "a", "image": png((9, 9))})
    assert response.status_code == (200 if allowed else 403)
    if not allowed:
        # Neither a redirect nor a page: either would be put into the preview.
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert not stored(media)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("address", [PREVIEW, UPLOAD])
def test_nothing_but_a_post_with_a_token_is_answered(writer, address):
    assert [getattr(writer, act)(address).status_code for act in ["get", "head", "put", "delete"]] == [405] * 4
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(StaffFactory.create(is_superuser=True))
    assert strict.post(address, {"content": "a"}).status_code == 403


def test_whoever_the_admin_shuts_out_is_shut_out_here(writer, monkeypatch):
    monkeypatch.setattr(admin.site, "has_permission", lambda request: False)
    assert writer.post(PREVIEW, {"content": "a"}).status_code == 403


def test_every_kind_of_thing_with_a_text_counts():
    assert {"Article", "Project", "Notice"} <= {model.__name__ for model in editor.written_models()}
    for model in editor.written_models():
        assert any(isinstance(field, MarkdownField) for field in model._meta.get_fields())


def test_the_preview_is_what_the_page_shows(writer):
    text = "# A\n\n<script>alert(1)</script>\n\n> Dear ____"
    response = writer.post(PREVIEW, {"content": text.replace("\n", "\r\n")})
    assert response.text == f'<div class="app-prose">{render(text)}</div>'
    assert "script" not in response.text
    assert '<h4 id="section-a">' in writer.post(PREVIEW, {"content": "# A", "level": "4"}).text
    assert writer.post(PREVIEW).text == '<div class="app-prose"></div>'


def test_what_is_worth_mending_comes_after_the_preview(writer):
    text = "<b>\n\n# A\n\n### “<i>”\n\n[here](/a/)"
    prose, _, advice = writer.post(PREVIEW, {"content": text}).text.partition('<ol class="app-advice" data-count="2">')
    assert prose == f'<div class="app-prose">{render(text)}</div>'
    assert re.findall('data-line="([0-9]+)"', advice) == ["5", "7"]
    assert re.findall('data-kind="([a-z-]+)"', advice) == ["heading-skipped", "link-vague"]
    assert "The link “here” does not say where it leads." in advice
    # Headings lie deeper in some boxes: what is advised there depends on it.
    deep = "# A\n\nb\n\n## C\n\nd"
    assert "too deep" not in writer.post(PREVIEW, {"content": deep, "level": "5"}).text
    assert "too deep" in writer.post(PREVIEW, {"content": deep, "level": "6"}).text


def test_much_advice_is_counted_and_its_beginning_shown(writer):
    answer = writer.post(PREVIEW, {"content": "[here](/a/)\n" * 30}).text
    assert 'data-count="30"' in answer
    assert answer.count("data-line") == editor.SHOWN
    assert "And 10 more below." in answer


def test_what_is_wrong_is_escaped(writer):
    answer = writer.post(PREVIEW, {"content": "# A\n\n### `<script>`\n\nb"}).text
    assert "The heading “&lt;script&gt;” skips" in answer


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        ({"content": "a" * (MAX_LENGTH + 1)}, 413, "The text is too long: it has 100,001 characters of 100,000."),
        ({"content": "a", "level": "1"}, 400, "Headings begin at a level from 2 to 6."),
        ({"content": "a", "level": "two"}, 400, "Headings begin at a level from 2 to 6."),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(writer, data, status, words):
    response = writer.post(PREVIEW, data)
    assert (response.status_code, response.text) == (status, words)
    assert response["Content-Type"].startswith("text/plain")


def test_an_image_is_stored_small_and_shown_by_its_markdown(writer, media):
    code = writer.post(UPLOAD, {"image": png()}).json()["image_code"]
    (path,) = stored(media)
    assert path.parent.name == "markdown"
    assert code == f"![Describe this image](/media/markdown/{path.name})"
    assert path.name.endswith("-1600x800.webp")
    with Image.open(path) as image:
        assert image.size == (1600, 800)
    assert 'alt="Describe this image" width="1600" height="800" loading="lazy"' in render(code)


def test_an_image_that_is_described_comes_finished(writer):
    code = writer.post(UPLOAD, {"image": png((9, 9)), "words": " A chart\r\nof admissions "}).json()["image_code"]
    assert re.fullmatch(r"!\[A chart of admissions\]\(/media/markdown/[0-9a-f]+-9x9\.webp\)", code)
    assert 'alt="A chart of admissions"' in render(code)


def test_an_image_that_only_decorates_says_so_and_has_no_words(writer):
    data = {"image": png((9, 9)), "words": "Not meant", "is_decorative": "on"}
    code = writer.post(UPLOAD, data).json()["image_code"]
    assert code.startswith("![decorative](/media/markdown/")
    assert 'alt=""' in render(code)
    assert advice(code) == []


@pytest.mark.parametrize(
    "words",
    [
        "a](https://evil.example) [b",
        "[^1] ![x](y) `code` *a* _b_ ____ **c**",
        r"back\slash and \[ \] and the end \\",
        "R&D, &amp; and &#60;",
        '<script>alert("1")</script> <b>x</b>',
        "<https://example.org> 'quoted'",
    ],
)
def test_the_words_of_an_image_stay_words(writer, words):
    code = writer.post(UPLOAD, {"image": png((9, 9)), "words": words}).json()["image_code"]
    assert Page(render(code)).tags == ["p", "img"]
    assert [html.unescape(alt) for alt in re.findall('alt="([^"]*)"', render(code))] == [words]


def test_words_that_are_too_long_are_refused_before_anything_is_stored(writer, media):
    response = writer.post(UPLOAD, {"image": png((9, 9)), "words": "a" * 501})
    assert response.status_code == 400
    assert response.json() == {"image": ["Describe the image in 500 characters. These are 501."]}
    assert not stored(media)
    assert writer.post(UPLOAD, {"image": png((9, 9)), "words": "a\x00" + "b" * 499}).status_code == 400
    assert "\x00" not in writer.post(UPLOAD, {"image": png((9, 9)), "words": "a\x00b"}).json()["image_code"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose an image."),
        (SimpleUploadedFile("evil.html", b"<script>alert(1)</script>", "image/gif"), "This is not a JPEG, PNG or WebP"),
        (SimpleUploadedFile("x.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"), "This is not a JPEG, PNG or WebP"),
        (SimpleUploadedFile("x.png", png().read()[:200], "image/png"), "The image is damaged"),
    ],
    ids=["none", "HTML", "SVG", "damaged"],
)
def test_a_file_that_is_no_image_is_refused_and_not_stored(writer, media, file, words):
    response = writer.post(UPLOAD, {"image": file} if file else {})
    assert response.status_code == 400
    assert response.json()["image"][0].startswith(words)
    assert not stored(media)


def test_a_full_disk_is_said_and_leaves_nothing_behind(writer, media, monkeypatch):
    NarrowDisk(monkeypatch, room=10)
    response = writer.post(UPLOAD, {"image": png()})
    assert response.status_code == 507
    assert response.json() == {"image": ["The image could not be stored. Tell whoever runs the portal."]}
    assert not stored(media)


def test_a_form_in_the_admin_has_the_portals_editor_and_not_that_of_markdownx(admin_client):
    page = admin_client.get(reverse("admin:portal_notice_add")).text
    assert f'data-preview-url="{PREVIEW}" data-upload-url="{UPLOAD}" data-level="' in page
    (box,) = re.findall("<textarea[^>]*>", page)
    for attribute in ['name="body"', 'id="id_body"', 'class="app-editor__text"', " required"]:
        assert attribute in box
    scripts = re.findall(r'src="[^"]*portal/(editor[a-z-]*\.js)"', page)
    assert scripts == ["editor-writing.js", "editor-dialogs.js", "editor-toolbar.js", "editor.js"]
    assert "portal/editor.css" in page
    assert "markdownx.js" not in page
    assert "markdownx.min.js" not in page


def test_without_a_script_there_is_a_box_with_help_and_no_button(admin_client):
    page = admin_client.get(reverse("admin:portal_notice_add")).text
    assert re.search('<div class="app-editor__toolbar" role="toolbar" aria-label="Formatting" hidden>', page)
    assert re.search('<div class="app-editor__preview"[^>]* hidden></div>', page)
    assert "<summary>How to write</summary>" in page


@pytest.mark.parametrize(
    ("level", "titles"), [(2, ["level 2", "level 3"]), (4, ["level 4", "level 5"]), (6, ["level 6"])]
)
def test_the_buttons_of_headings_are_those_that_the_page_has(level, titles):
    box = MarkdownField(level=level).formfield().widget.render("body", "")
    assert re.findall(r'title="[^"]*(level \d) on the page"', box) == titles


def test_every_button_does_something_that_the_script_knows():
    scripts = "".join(path.read_text() for path in Path("portal/static/portal").glob("editor*.js"))
    names = re.findall(r'data-does="(\w+)"', MarkdownField().formfield().widget.render("body", ""))
    assert len(names) == len(set(names)) == 14
    for name in set(names) - {"link", "image"}:
        assert re.search(rf"^ {{6}}{name}[:,]", scripts, re.M), name


def test_a_text_in_the_editor_is_escaped(admin_client):
    data = {"title": "", "body": "</textarea><script>alert(1)</script>"}
    page = admin_client.post(reverse("admin:portal_notice_add"), data).text
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in page
