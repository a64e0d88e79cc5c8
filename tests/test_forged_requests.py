"""Requests that no page of the portal makes: by another method, without its token, or from another site."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver

from tests.factories import StaffFactory
from tests.test_headers import filled
from tests.test_permission_matrix import FORMS
from tests.world import FOR_STAFF, SENT_TO, routes

pytestmark = pytest.mark.django_db

EVERY_ROUTE = sorted(set(routes()))
OF_STAFF = [route for route in EVERY_ROUTE if route.startswith(FOR_STAFF)]
UNKNOWN = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "POST\r\nX: y"]
EVIL = "https://evil.example"


@pytest.fixture
def staff():
    """Somebody who may do everything, whose browser has the token of a form."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(StaffFactory(is_superuser=True))
    client.get("/admin/password_change/")
    return client


def token(client):
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}


def test_no_address_is_asked_by_another_method(client, django_assert_num_queries):
    client.force_login(StaffFactory(is_superuser=True))
    with django_assert_num_queries(0):
        for route in EVERY_ROUTE:
            for method in UNKNOWN:
                response = client.generic(method, filled(route))
                assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST"), (method, route)


def callbacks(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from callbacks(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def test_only_the_forms_for_readers_do_without_djangos_token():
    without = {route for route, view in callbacks(get_resolver().url_patterns) if getattr(view, "csrf_exempt", False)}
    assert without == FORMS | SENT_TO


def post(client, route, data, *, secure=False, **headers):
    return client.post(filled(route), data, secure=secure, headers=headers).status_code


def test_nothing_is_taken_of_staff_without_the_token_of_their_form(staff):
    for route in OF_STAFF:
        assert post(staff, route, {}) == 403, route
        assert post(staff, route, {"csrfmiddlewaretoken": "a" * 32}) == 403, route


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_nothing_is_taken_of_staff_from_another_site(staff, site):
    """Not even with the right token: who has that by some other way still sends it from elsewhere."""
    for route in OF_STAFF:
        assert post(staff, route, token(staff), **{"Sec-Fetch-Site": site}) == 403, route


@pytest.mark.parametrize("origin", [EVIL, "null", "http://testserver.evil.example", "https://testserver:8443"])
def test_nothing_is_taken_of_staff_from_another_origin(staff, origin):
    for route in OF_STAFF:
        assert post(staff, route, token(staff), origin=origin) == 403, route


@pytest.mark.parametrize(
    "referer", ["", f"{EVIL}/admin/", "http://testserver/admin/", "https://testserver@evil.example/"]
)
def test_nor_over_https_from_a_page_that_is_not_ours(staff, referer):
    headers = {"referer": referer} if referer else {}
    for route in OF_STAFF[::10]:
        assert post(staff, route, token(staff), secure=True, **headers) == 403, route


def test_the_same_is_taken_from_a_page_of_ours(staff):
    """So that the tests above do not pass because nothing is ever taken."""
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"origin": "http://testserver"}):
        assert post(staff, "admin/digest/", {**token(staff), "wanted": "no"}, **headers) == 302


@pytest.mark.parametrize("route", sorted(FORMS))
def test_the_forms_for_readers_are_not_taken_from_another_site_either(client, route):
    """Though they have no authority that could be forged; and no session is made."""
    response = client.post(filled(route), {"token": "forged"}, headers={"Sec-Fetch-Site": "cross-site", "origin": EVIL})
    assert response.status_code == 403
    assert not response.cookies
