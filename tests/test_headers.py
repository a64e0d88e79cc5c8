"""Every answer carries the whole set of headers, whatever it is: a page, a file, a refusal, an error."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from portal.middleware import PUBLIC_POLICY, SCRIPT_POLICY, STAFF_POLICY
from portal.revision_admin import SAVED_COOKIE
from tests import factories as make
from tests.observatory import directives, grade, score
from tests.test_production import GOOD, read
from tests.world import ENTRANCE, FOR_MACHINES, FOR_STAFF, PAGES, SENT_TO, SIGNED_IN_ONLY, UPLOADS, World, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

EXACTLY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
# Features of which every page is asked whether it may have them (W3C, Permissions Policy).
SHUT = "camera display-capture geolocation hid microphone midi payment serial usb".split()
# What other sites may read from a script of theirs, as the page about open data says.
OPEN_DATA = {"/projects/feed/", "/articles/feed/", "/projects.json", "/projects.csv"}
TELLING = re.compile(r"django|python|granian|gunicorn|whitenoise|wsgi|werkzeug|csrftoken|sessionid", re.IGNORECASE)


@pytest.fixture(scope="module")
def production(tmp_path_factory: Any) -> dict[str, Any]:
    """The settings that production has, as far as headers and cookies follow from them."""
    found = read(tmp_path_factory.mktemp("production"), **GOOD)
    named = re.compile(r"SECURE_|SESSION_COOKIE_|CSRF_COOKIE_|X_FRAME|WHITENOISE_|MESSAGE_STORAGE")
    return {name: value for name, value in found.items() if named.match(name)}


@pytest.fixture(autouse=True)
def as_in_production(production: dict[str, Any], settings: Any) -> None:
    for name, value in production.items():
        setattr(settings, name, value)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def staff() -> Client:
    return signed_in(make.StaffFactory(is_superuser=True))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def check(response: Any, *, secure: bool = True) -> None:
    """The whole set on one answer."""
    if response.request["PATH_INFO"] in OPEN_DATA:
        assert response.headers.get("Access-Control-Allow-Origin", "*") == "*"
        del response["Access-Control-Allow-Origin"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
    where = f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO']} {response.status_code}"
    for name, value in EXACTLY.items():
        if secure or name != "Strict-Transport-Security":
            assert response.headers.get(name) == value, (where, name)
    policy = response["Content-Security-Policy"]
    shut = directives(policy)
    assert shut["default-src"] == ["'none'"], where
    assert shut["frame-ancestors"] == ["'none'"], where
    assert shut["base-uri"] == ["'none'"] or "sandbox" in shut, where
    assert "unsafe" not in policy, where
    permissions = dict(part.split("=") for part in response["Permissions-Policy"].split(", "))
    assert all(permissions[name] == "()" for name in SHUT), where
    assert not {"Access-Control-Allow-Origin", "Server", "X-Powered-By"} & set(response.headers), where
    for name, value in response.headers.items():
        assert not TELLING.search(f"{name}: {value}"), (where, name)
    check_keeping(response, where)
    check_cookies(response)
    if secure:
        assert grade(score(response.headers, response.cookies)) == "A+", where


def check_keeping(response: Any, where: str) -> None:
    """Nobody keeps an answer without asking again, and nobody else keeps one of somebody who has signed in."""
    said = response["Cache-Control"]
    is_of_staff = response.wsgi_request.path.startswith("/admin/") or "__Host-session" in response.wsgi_request.COOKIES
    if not response.wsgi_request.path.startswith("/static/"):
        assert re.search(r"no-cache|no-store|max-age=0", said), where
        assert "private" in said or not is_of_staff or where.startswith("GET /media/"), where


def check_cookies(response: Any) -> None:
    for name, cookie in response.cookies.items():
        assert name in {"__Host-session", "__Host-csrf"}, name
        assert response.request["PATH_INFO"].startswith("/admin/"), response.request["PATH_INFO"]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def get(client: Client, path: str, **more: Any) -> Any:
    return client.get(path, secure=True, **more)


# Every address


@pytest.mark.parametrize("route", [*PAGES, *FOR_MACHINES])
def test_of_every_public_address(client, world, route):
    for path in {**PAGES, **FOR_MACHINES}[route](world):
        response = get(client, path)
        assert response.status_code == 200
        assert response["Content-Security-Policy"] in {PUBLIC_POLICY, SCRIPT_POLICY}
        check(response)
        check(client.head(path, secure=True))


@pytest.mark.parametrize("route", ENTRANCE)
def test_of_every_way_in(client, route):
    for path, status in ENTRANCE[route]:
        response = get(client, path)
        assert (response.status_code, response["Content-Security-Policy"]) == (status, STAFF_POLICY)
        check(response)
        check(client.post(path, {}, secure=True))


def filled(route: str) -> str:
    """An address of this route; there need be nothing at it."""
    return "/" + re.sub(r"<[^>]+>", "1", route).replace("(?P1.*)$", "x").replace("^", "")


STAFF_ROUTES = sorted({*filter(lambda route: route.startswith(FOR_STAFF), routes())} - {*ENTRANCE})


@pytest.mark.parametrize("route", STAFF_ROUTES)
def test_of_every_address_of_staff(client, staff, route):
    for anybody in (client, staff):
        for answer in (anybody.get, anybody.post):
            response = answer(filled(route), secure=True)
            assert response["Content-Security-Policy"] == STAFF_POLICY
            check(response)


def test_no_address_is_left_out():
    seen = {*PAGES, *FOR_MACHINES, *ENTRANCE, *SIGNED_IN_ONLY, *STAFF_ROUTES}
    assert set(routes()) - seen == UPLOADS | SENT_TO


# Files


def test_of_files(staff, settings, tmp_path):
    settings.MEDIA_ROOT, settings.STATIC_ROOT = tmp_path / "media", tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "portal.css").write_text("body { margin: 0 }")
    client = Client()  # which reads the folder as it begins
    name = default_storage.save("markdown/0123-8x8.webp", ContentFile(b"RIFF"))
    for path in (f"/media/{name}", "/media/no-such-file.webp", "/static/portal.css", "/static/no-such-file.css"):
        response = get(client, path)
        assert response.status_code == (404 if "no-such" in path else 200)
        check(response)
        response.getvalue()  # which ends it
        check(client.post(path, secure=True))
    response = get(staff, f"/media/{name}")
    check(response)
    response.getvalue()  # which ends it


# What is refused, and what goes wrong


def test_of_what_is_not_found_or_has_moved(client, staff):
    make.ForwardingAddressFactory(path="/old.html")
    for path, status in {"/no-such-page/": 404, "/old.html": 301, "/projects": 301, "/admin": 301}.items():
        response = get(client, path)
        assert response.status_code == status, path
        check(response)
    check(get(staff, "/admin/no-such-page/"))


def test_of_a_host_that_is_not_ours(client):
    for path in ("/", "/admin/login/", "/healthz"):
        for secure in (True, False):
            response = client.get(path, secure=secure, headers={"host": "evil.example"})
            assert response.status_code == 400 or path == "/healthz"
            check(response, secure=secure)


def test_of_the_way_to_https(client):
    response = client.get("/projects/?status=open")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/projects/?status=open")
    check(response, secure=False)


def test_of_a_method_that_is_not_for_it(staff):
    response = get(staff, "/admin/digest/")
    assert response.status_code == 405
    check(response)


def test_of_what_somebody_may_not_do():
    user = make.StaffFactory()
    user.user_permissions.set(Permission.objects.filter(codename="view_article"))
    response = get(signed_in(user), "/admin/articles/article/add/")
    assert response.status_code == 403
    assert "You may not do this" in response.text
    check(response)


def test_of_a_form_from_elsewhere():
    client = Client(enforce_csrf_checks=True)
    for headers in ({}, {"origin": "https://evil.example"}):
        response = client.post("/admin/login/", {"login": "a", "password": "b"}, secure=True, headers=headers)
        assert response.status_code == 403
        assert "This form is out of date" in response.text
        assert "CSRF" not in response.text
        check(response)


def test_of_too_much_at_once(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = client.post("/admin/login/", {"login": "x" * 5000, "password": "b"}, secure=True)
    assert response.status_code in {400, 413}
    check(response)


def test_of_too_many_letters(client, monkeypatch, world):
    monkeypatch.setattr("portal.limits.PER_SENDER", 0)
    monkeypatch.setattr("portal.form_tokens.SOONEST", 0)
    from tests.pages import Page

    fields = Page(get(client, "/contact/ask/").text).fields
    words = {"name": "Ada", "email": "ada@university.example", "text": "When does it open?", "consent": "on"}
    response = client.post("/contact/ask/", {**fields, **words}, secure=True)
    assert response.status_code == 429
    check(response)


@pytest.mark.parametrize("path", ["/", "/admin/login/"])
def test_of_a_fault_of_ours(client, monkeypatch, path):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("portal.views.home_page.sections", fail)
    monkeypatch.setattr("allauth.account.views.LoginView.get_context_data", fail)
    client.raise_request_exception = False
    response = get(client, path)
    assert response.status_code == 500
    assert "no such luck" not in response.text
    check(response)


# Cookies


def test_of_somebody_who_signs_in_and_out(client):
    user = make.StaffFactory()
    page = get(client, "/admin/login/")
    words = {"login": user.username, "password": make.PASSWORD}
    entered = client.post("/admin/login/", words, secure=True)
    left = client.post("/admin/logout/", secure=True)
    assert set(page.cookies) == {"__Host-csrf"}
    assert set(entered.cookies) == {"__Host-csrf", "__Host-session"}
    for response in (page, entered, left):
        check_cookies(response)


def test_the_page_about_cookies_names_them(client):
    text = get(client, "/cookies/").text
    for name in ("__Host-session", "__Host-csrf", SAVED_COOKIE):
        assert f"<code>{name}</code>" in text


# The table itself


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 130),
        ({"Content-Security-Policy": None}, 75),
        ({"Content-Security-Policy": "default-src 'self'"}, 120),
        ({"Content-Security-Policy": PUBLIC_POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")}, 120),
        ({"Content-Security-Policy": PUBLIC_POLICY + "; script-src 'unsafe-inline'"}, 80),
        ({"Content-Security-Policy": PUBLIC_POLICY + "; script-src https:"}, 80),
        ({"Strict-Transport-Security": None}, 80),
        ({"Strict-Transport-Security": "max-age=3600"}, 120),
        ({"Referrer-Policy": "unsafe-url"}, 120),
        ({"X-Content-Type-Options": None}, 125),
        ({"Cross-Origin-Resource-Policy": None}, 120),
    ],
)
def test_the_table_takes_off_what_the_observatory_does(changes, points):
    good = {**EXACTLY, "Content-Security-Policy": PUBLIC_POLICY}
    headers = {name: value for name, value in {**good, **changes}.items() if value is not None}
    assert score(headers, SimpleCookie()) == points


@pytest.mark.parametrize(
    ("cookie", "points"),
    [
        ("sessionid=1; Secure; HttpOnly; SameSite=Lax", 135),
        ("sessionid=1; Secure; SameSite=Lax", 70),
        ("sessionid=1; HttpOnly; SameSite=Lax", 120),
        ("csrftoken=1; Secure", 80),
        ("note=1; Secure", 130),
    ],
)
def test_the_table_counts_cookies(cookie, points):
    headers = {**EXACTLY, "Content-Security-Policy": PUBLIC_POLICY}
    assert score(headers, SimpleCookie(cookie)) == points
