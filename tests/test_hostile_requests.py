"""Queries that no form sends: each is answered with a page, and none with an error."""

import gzip

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from projects.finder import Finder
from tests import factories as make
from tests.pages import Page
from tests.world import PAGES, World

pytestmark = pytest.mark.django_db

LISTS = ["/projects/", "/search/", "/articles/"]
NAMES = ["q", "status", "area", "technique", "modality", "page", "kind"]
VALUES = [
    "",
    "%00",
    "a%00b",
    "%ff%fe",
    "%C0%AF",
    "%ED%A0%80",  # half of a surrogate pair
    "%F0%9F%A6%93",
    "%E2%80%AEesrever",
    "'%20OR%201%3D1--",
    '"',
    "%22%20OR%20%22",
    "%5C",
    "%25",
    "*",
    "NEAR(a%20b)",
    "a%20AND",
    "NOT",
    "(((((",
    "-19",
    "title%3Ax",
    "%3A*",
    "%26%20%7C%20!",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "1%0d%0aSet-Cookie%3A%20a%3Db",
    "-1",
    "0",
    "999999999999999999999999",
    "1e3",
    "NaN",
    "٣",
    "none",
    "draft",
]


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_name_is_an_error(client, world, path, name):
    for value in VALUES:
        response = client.get(f"{path}?{name}={value}")
        assert response.status_code == 200, value
        assert "<script>alert" not in response.text
        assert not response.cookies
        assert len(Page(response.text).text("h1")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?&&&&",
        "?=",
        "?%",
        "?q",
        "?q=a&q=b",
        "?page=1&page=2",
        "?status[]=open",
        "?" + "&".join(f"area={n}" for n in range(5_000)),
        "?" + "&".join(f"nothing{n}={n}" for n in range(5_000)),
        "?status=open" * 500,
        "?q=" + "a" * 100_000,
        "?q=" + "%00" * 30_000,
        "?q=" + "a+" * 50_000,
        "?q=" + "%F0%9F%A6%93" * 8_000,
        "?page=" + "9" * 100_000,
        "?kind=" + "x" * 100_000,
        "?utm_source=newsletter&fbclid=1",
    ],
    ids=lambda query: query[:24] + (f"...{len(query)}" if len(query) > 24 else ""),
)
@pytest.mark.parametrize("path", LISTS)
def test_no_query_is_an_error_however_long(client, world, path, query):
    response = client.get(path + query)
    assert response.status_code == 200
    assert len(response.content) < 300_000


@pytest.mark.parametrize("route", PAGES)
def test_every_page_stands_an_unknown_query(client, world, route):
    for path in PAGES[route](world):
        glue = "&" if "?" in path else "?"
        for query in ("%ff=%fe", "page=9999", "q=%00", "preview=1&draft=1", "next=//elsewhere.example/"):
            response = client.get(f"{path}{glue}{query}")
            assert response.status_code == 200
            assert "elsewhere.example" not in response.text


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "3", "99999999", "1.5"])
def test_a_page_out_of_range_is_the_last_or_the_first(client, number):
    make.ArticleFactory.create_batch(51, areas=[])
    response = client.get(f"/articles/?page={number}")
    assert response.status_code == 200
    last = number in {"3", "99999999", "0", "-1"}
    assert response.text.count('class="app-row app-row--tall"') == (1 if last else 50)


def test_a_value_that_is_unknown_is_ignored_and_not_repeated(client, world):
    response = client.get("/projects/?status=open&status=zebrafinch&area=quokka&technique=&modality=%00")
    assert response.status_code == 200
    assert "zebrafinch" not in response.text
    assert "quokka" not in response.text
    assert response.text.count(" checked") == 1


def test_what_a_reader_typed_comes_back_as_text(client, world):
    typed = "<b onclick='x'>\"quoted\" & more</b>"
    for path in ("/projects/", "/search/"):
        response = client.get(path, {"q": typed})
        assert typed not in response.text
        assert "&lt;b onclick" in response.text
        (box,) = Page(response.text).all("input", name="q")
        assert box["value"] == typed


@given(st.text(max_size=300), st.sampled_from(NAMES[1:5]), st.lists(st.text(max_size=20), max_size=5))
@effort(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_finder_takes_any_text(db, keyword, name, values):
    request = RequestFactory().get("/projects/", {"q": keyword, name: values})
    finder = Finder(request.GET)
    assert finder.page.number == 1
    assert finder.projects == []
    assert len(finder.facets) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ACCEPT_LANGUAGE": "x" * 10_000},
        {"HTTP_COOKIE": "sessionid=\xff\xfe; csrftoken=" + "a" * 5_000},
        {"HTTP_COOKIE": "sessionid=nosuchsession"},
        {"HTTP_RANGE": "bytes=0-0,9999999999-"},
        {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
        {"HTTP_ACCEPT_ENCODING": "gzip;q=nonsense, br"},
        {"HTTP_X_FORWARDED_HOST": "elsewhere.example"},
        {"HTTP_REFERER": "javascript:alert(1)"},
    ],
    ids=lambda headers: f"{next(iter(headers))}-{len(next(iter(headers.values())))}",
)
def test_no_header_is_an_error(client, world, headers):
    for path in ("/", "/projects/", world.project.get_absolute_url(), "/search/?q=waiting"):
        response = client.get(path, **headers)
        assert response.status_code == 200
        zipped = response.get("Content-Encoding") == "gzip"
        assert b"elsewhere.example" not in (gzip.decompress(response.content) if zipped else response.content)


def test_another_host_is_refused(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400
    assert client.get("/", headers={"host": "portal.example"}).status_code == 200
