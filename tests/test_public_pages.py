"""What every public page has: its frame, one heading, a title of its own, headers, and nothing from elsewhere."""

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal import uploads
from portal.middleware import PUBLIC_POLICY, STAFF_POLICY
from projects.models import Project
from tests import factories as make
from tests.pages import Page
from tests.world import FOR_MACHINES, PAGES, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture(params=PAGES)
def pages(request, world, client):
    """The responses at each address of one route."""
    return [client.get(path) for path in PAGES[request.param](world)]


def test_a_page_has_its_frame(pages):
    for response in pages:
        path = response.wsgi_request.get_full_path()
        assert response.status_code == 200, path
        assert response["Content-Type"] == "text/html; charset=utf-8"
        page = Page(response.text)
        assert response.text.startswith("<!DOCTYPE html>")
        assert page.all("html", lang="en-GB"), path
        assert page.all("meta", charset="utf-8"), path
        assert page.all("meta", name="viewport"), path
        assert len(page.all("main", id="maincontent")) == 1, path
        assert page.links[0] == "#maincontent", path
        assert len(page.text("h1")) == 1, path
        assert page.text("h1")[0], path
        assert page.title.endswith(f" – {settings.PORTAL_NAME}") or page.title.startswith(settings.PORTAL_NAME), path
        (description,) = page.all("meta", name="description")
        assert len(description["content"].strip()) > 10, path
        assert page.canonical, path
        assert page.canonical[0].startswith(settings.PORTAL_URL + urlsplit(path).path), path


def test_ids_are_given_once_and_links_within_a_page_lead_somewhere(pages):
    for response in pages:
        page = Page(response.text)
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert sorted(ids) == sorted(set(ids))
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(ids)
        for _, attributes in page.tags:
            for name in ("aria-labelledby", "aria-describedby", "for"):
                assert set(attributes.get(name, "").split()) <= set(ids), attributes


def test_headings_leave_no_level_out(pages):
    for response in pages:
        levels = [int(tag[1]) for tag, _ in Page(response.text).tags if re.fullmatch(r"h[1-6]", tag)]
        steps = [after - before for before, after in pairwise(levels) if before != 1 or after != 2]
        assert levels.count(1) == 1
        assert max(steps, default=0) <= 1, (response.wsgi_request.path, levels)


def test_every_control_of_a_form_has_a_label(pages):
    for response in pages:
        page = Page(response.text)
        labelled = {label.get("for") for label in page.all("label")}
        for tag in ("input", "select", "textarea"):
            for control in page.all(tag):
                assert control.get("type") in {"hidden", "submit"} or control["id"] in labelled, control
        for form in page.all("form"):
            kept = response.wsgi_request.path.startswith(("/contact/", "/projects/propose/"))
            assert form.get("method", "get") == ("post" if kept else "get"), "of what else is sent, nothing is kept"


def test_images_have_alternatives_and_sizes(pages):
    for response in pages:
        for image in Page(response.text).all("img"):
            assert "alt" in image
            assert image.get("height")


def test_a_page_sets_no_cookie_and_holds_no_script_and_no_style_of_its_own(pages):
    for response in pages:
        assert not response.cookies
        assert "Set-Cookie" not in response.headers
        page = Page(response.text)
        assert {script.get("type") for script in page.all("script")} <= {"application/ld+json"}, "data runs nothing"
        assert not page.all("style")
        assert not [attributes for _, attributes in page.tags if any(a == "style" or a[:2] == "on" for a in attributes)]
        assert "csrfmiddlewaretoken" not in response.text


def test_a_page_loads_nothing_from_elsewhere_and_all_that_it_loads_is_there(pages):
    for response in pages:
        loaded = Page(response.text).loaded
        assert "/static/portal.css" in loaded
        for address in loaded:
            assert not urlsplit(address).netloc, address
            assert not urlsplit(address).scheme, address
            assert finders.find(address.removeprefix("/static/")), address


def test_a_page_carries_the_policy_headers(pages):
    for response in pages:
        assert response["Content-Security-Policy"] == PUBLIC_POLICY
        assert "unsafe" not in PUBLIC_POLICY
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "geolocation=()" in response["Permissions-Policy"]


@pytest.mark.parametrize(
    "path", ["/robots.txt", "/sitemap.xml", "/healthz", "/no-such-page/", "/old.html", "/projects"]
)
def test_what_is_no_page_carries_them_too(client, path):
    make.ForwardingAddressFactory(path="/old.html")
    response = client.get(path)
    assert response["Content-Security-Policy"] == PUBLIC_POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_titles_differ(client, world):
    titles = {}
    for paths in PAGES.values():
        for path in paths(world):
            titles.setdefault(Page(client.get(path).text).title, []).append(path)
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}


def test_every_link_of_every_page_leads_to_a_page(client, world):
    """Links within the portal, from every public page, one step on."""
    broken, seen = {}, set()
    for paths in PAGES.values():
        for path in paths(world):
            for link in Page(client.get(path).text).links:
                to = urlsplit(link)
                if to.scheme or to.netloc or link.startswith("#") or link in seen:
                    continue
                seen.add(link)
                target = (to.path or urlsplit(path).path) + (f"?{to.query}" if to.query else "")
                answer = client.get(target)
                answer.getvalue()  # a document that is read to its end is closed
                if answer.status_code != 200:
                    broken[link] = path
    assert broken == {}
    assert len(seen) > 20


def test_no_link_leads_nowhere(pages):
    for response in pages:
        assert all(link.strip() for link in Page(response.text).links)


@pytest.mark.parametrize("path", ["/", "/projects/", "/fellowship/", "/articles/", "/search/", "/search/?q=nothing"])
def test_a_page_of_an_empty_portal_has_its_frame_too(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert len(Page(response.text).text("h1")) == 1
    assert Page(response.text).title


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_page_stands_still_whatever_is_sent_to_it(client, world, method):
    before = list(Project.objects.values())
    for paths in PAGES.values():
        for path in paths(world):
            assert getattr(client, method)(path, {"title": "x"}).status_code in {200, 403, 404, 405}
    assert list(Project.objects.values()) == before


@pytest.mark.parametrize("route", [*PAGES, *FOR_MACHINES])
def test_a_head_request_is_answered_without_a_body(client, world, route):
    for path in {**PAGES, **FOR_MACHINES}[route](world):
        response = client.head(path)
        assert (response.status_code, response.getvalue()) == (200, b"")


# Pages of errors


def test_the_page_for_what_is_not_there_is_ours(client):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    page = Page(response.text)
    assert page.text("h1") == ["Page not found"]
    assert page.robots == "noindex"
    assert page.all("main", id="maincontent")
    assert response["Content-Security-Policy"] == PUBLIC_POLICY
    assert not response.cookies
    for link in page.links:
        if link.startswith("/"):
            assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/projects/no-such/",
        "/articles/no-such/",
        "/fellowship/fellows/no-such/",
        "/fellowship/cohorts/99999999999999999999/",
        "/media/no-such.webp",
        "/media/%00.webp",
        f"/media/{'a' * 5_000}.webp",
        "/media//etc/passwd",
        "/media/../manage.py",
        "/media/%2e%2e/portal.sqlite3",
        "/projects/../../etc/passwd",
        "/projects/%00/",
        f"/projects/{'a' * 5_000}/",
        f"/{'a' * 5_000}",
        "/%ff%fe/",
        "/static/../manage.py",
    ],
    ids=lambda path: path[:40],
)
def test_what_is_not_there_is_not_found(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Page not found" in response.text


def test_the_page_for_our_own_faults_stands_alone(client, monkeypatch):
    def fail(*args):
        raise RuntimeError("no such luck")

    monkeypatch.setattr("portal.views.home_page.sections", fail)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    page = Page(response.text)
    assert page.text("h1") == ["Sorry, there is a problem"]
    assert page.robots == "noindex"
    assert page.loaded == ["/static/portal/error.css"]
    assert finders.find("portal/error.css")
    assert "no such luck" not in response.text
    assert response["Content-Security-Policy"] == PUBLIC_POLICY
    source = (Path(settings.BASE_DIR) / "templates" / "500.html").read_text()
    assert set(re.findall(r"\{[{%].*?[%}]\}", source)) == {
        "{% if request_id %}",
        "{{ request_id }}",
        "{% endif %}",
    }, "it must not fail for want of anything"


def test_staff_pages_have_a_policy_of_their_own(client):
    response = client.get("/admin/login/")
    assert response["Content-Security-Policy"] == STAFF_POLICY
    assert "script-src 'self'" in STAFF_POLICY
    assert "unsafe" not in STAFF_POLICY
    assert "//" not in STAFF_POLICY


# What machines ask for


def test_the_sitemap_lists_pages_and_nothing_twice(client, world):
    response = client.get("/sitemap.xml")
    assert response["Content-Type"].startswith("application/xml")
    found = re.findall(r"<loc>(.*?)</loc>", response.text)
    assert len(found) == len(set(found))
    for address in found:
        assert address.startswith(settings.PORTAL_URL + "/")
        page = client.get(address.removeprefix(settings.PORTAL_URL))
        assert page.status_code == 200
        assert "X-Robots-Tag" not in page
        assert "noindex" not in Page(page.text).robots
    for item in (world.project, world.cohort, world.fellow, world.article, world.programme):
        assert settings.PORTAL_URL + item.get_absolute_url() in found
    assert settings.PORTAL_URL + world.closed.get_absolute_url() not in found


def test_robots_are_sent_to_the_sitemap_and_kept_from_staff(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /admin/" in response.text
    assert f"Sitemap: {settings.PORTAL_URL}/sitemap.xml" in response.text


def test_an_uploaded_image_is_asked_for_again_and_runs_nothing(client):
    name = default_storage.save("markdown/0123-8x8.webp", ContentFile(b"RIFF"))
    try:
        response = client.get(f"/media/{name}")
        assert response.status_code == 200
        assert b"".join(response.streaming_content) == b"RIFF"
        assert response["Cache-Control"] == "no-cache", "it may be hidden at any time"
        again = client.get(f"/media/{name}", headers={"if-modified-since": response["Last-Modified"]})
        assert again.status_code == 304
        assert response["Content-Security-Policy"] == uploads.POLICY
        assert response["X-Content-Type-Options"] == "nosniff"
    finally:
        default_storage.delete(name)
    assert client.get("/media/markdown/").status_code == 404


def test_the_operators_words_are_on_every_page(client, settings, world):
    settings.PORTAL_NAME = "Wessex data projects"
    settings.PORTAL_ORGANISATION = "Wessex NHS"
    settings.PORTAL_EMAIL = "data@wessex.example"
    settings.PORTAL_LOGO = "/media/logo.svg"
    settings.PORTAL_STYLESHEET = "/media/ours.css"
    for path in ["/", "/projects/", "/cookies/", world.project.get_absolute_url()]:
        text = client.get(path).text
        for words in (
            "Wessex data projects",
            "Wessex NHS",
            "data@wessex.example",
            "/media/logo.svg",
            "/media/ours.css",
        ):
            assert words in text, (path, words)
    assert "Wessex" in client.get("/accessibility/").text


def test_what_staff_write_replaces_a_statement(client):
    statement = make.StatementFactory(subject="privacy", body="We are {organisation}. **We keep nothing.**")
    page = client.get("/privacy/")
    assert f"We are {settings.PORTAL_ORGANISATION}. <strong>We keep nothing.</strong>" in page.text
    assert "last reviewed" in page.text
    assert statement.get_absolute_url() == "/privacy/"
    assert "We keep nothing" not in client.get("/cookies/").text
