"""Queries that no form sends: each is answered with a page, and none with an error."""

import csv
import gzip
import io
import json
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal.views import RESULTS_PER_PAGE
from projects.finder import Finder
from projects.models import Project
from tests import factories as make
from tests.pages import Page
from tests.world import PAGES, World

pytestmark = pytest.mark.django_db

LISTS = ["/projects/", "/search/", "/articles/"]
FILES = ["/projects/feed/", "/projects.json", "/projects.csv"]
NAMES = ["q", "status", "area", "technique", "modality", "page", "kind"]


def written(pairs):
    """Names and values as the query of an address, halves of surrogate pairs and all."""
    return "&".join(
        f"{quote(name)}={quote(str(value).encode(errors='surrogatepass'))}" for name, value in pairs
    ).encode()


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


# What means something to FTS5, to a tsquery, to SQL, to XML, to a spreadsheet or to a path.
OPERATORS = [
    *"""* " ' ( ) : ^ + - & | ! < > <-> , ; % _ \\ / = @ ` $ [ ] { } ~ #""".split(),
    *"AND OR NOT NEAR NEAR(a,2) title: :* :AB a:*D <2> '' \"\" -- /* ]]> &amp; <!-- %s {0} {{ ../".split(),
    *["\0", "\x0b", "\ufffe", "\udcff", "\u202e", "\r\n", "\t", " "],
]
WORDS = st.lists(st.sampled_from([*OPERATORS, "waiting", "wait", "project"]) | st.text(max_size=8), max_size=12)
FACETS = st.sampled_from(["open", "paused", "draft", "area-0", "none", ""]) | st.text(max_size=8)
PAIRS = st.tuples(
    st.sampled_from([*NAMES, "page", "q[]", "Q", "status[]", "order"]), WORDS.map(" ".join) | FACETS | st.integers()
)
ANY_QUERY = (
    st.binary(max_size=200)
    | st.lists(PAIRS, max_size=8).map(written)
    | st.tuples(st.lists(PAIRS, min_size=1, max_size=3).map(written), st.integers(1, 300)).map(
        lambda drawn: b"&".join([drawn[0]] * drawn[1])
    )
)


@pytest.fixture
def world():
    return World()


def read(path, response):
    """How many projects a list shows or a file holds; no program that reads the file stumbles."""
    assert response.status_code == 200, path
    assert not response.cookies
    content = response.getvalue()
    assert len(content) < 300_000
    if path == "/projects/feed/":
        return len(ElementTree.fromstring(content).findall("{http://www.w3.org/2005/Atom}entry"))  # noqa: S314 - ours
    if path == "/projects.json":
        return len(json.loads(content)["projects"])
    if path == "/projects.csv":
        return len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))) - 1
    assert b"<script>alert" not in content
    page = Page(content.decode())
    assert len(page.text("h1")) == 1
    return sum("app-result" in item.get("class", "").split() for item in page.all("li"))


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
@pytest.mark.parametrize("path", [*LISTS, *FILES])
def test_no_query_is_an_error_however_long(client, world, path, query):
    assert read(path, client.get(path + query)) <= RESULTS_PER_PAGE


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_name_spoils_a_file(client, world, path, name):
    for value in VALUES:
        query = f"{name}={value}"
        assert read(path, client.get(f"{path}?{query}")) == Finder(QueryDict(query)).count, value


@given(ANY_QUERY)
@effort(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_that_can_be_thought_of_is_an_error_or_gives_more_than_it_asks_for(client, world, query):
    found = Finder(QueryDict(query)).count
    assert found <= Project.objects.public().count()
    rows = {path: read(path, client.get(path, QUERY_STRING=query.decode("latin-1"))) for path in ["/projects/", *FILES]}
    assert rows == dict.fromkeys(rows, found)
    assert read("/search/", client.get("/search/", QUERY_STRING=query.decode("latin-1"))) <= RESULTS_PER_PAGE


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
@effort(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
