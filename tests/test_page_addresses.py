"""Which requests a kept page is for: those of readers whom nothing is known of, at an address of a public page."""

from itertools import permutations

import pytest
from django.conf import settings as portal_settings
from django.http import HttpResponse
from django.urls import get_resolver, resolve

from portal import generation, views
from portal.page_cache import LONGEST_WRITING, WRITINGS, PageCache
from portal.queries import LONGEST
from projects.facets import vocabularies
from projects.finder import FACETS
from tests import factories as make
from tests.world import FOR_MACHINES, PAGES, World, routes
from tests.wsgi_requests import NOT_KEPT, AskedDjango, ask

# For whom


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": f"{portal_settings.SESSION_COOKIE_NAME}=abc"},
        {"cookie": f"a=b; {portal_settings.SESSION_COOKIE_NAME}=abc"},
        {"cookie": f"a=b;{portal_settings.SESSION_COOKIE_NAME} =abc"},
        {"cookie": f'a="x,{portal_settings.SESSION_COOKIE_NAME}=abc'},
        {"authorization": "Basic eA=="},
    ],
)
def test_whoever_is_known_neither_reads_nor_writes_it(page_cache, asked_django, headers):
    World()
    ask(page_cache, "/", **headers)
    assert len(page_cache.store) == 0
    ask(page_cache, "/")
    ask(page_cache, "/", **headers)
    assert len(asked_django.paths) == 3


def test_a_cookie_of_somebody_else_changes_nothing(page_cache, asked_django):
    World()
    plain = ask(page_cache, "/")
    answer = ask(page_cache, "/", cookie=f"x{portal_settings.SESSION_COOKIE_NAME}=1; _ga=2; csrftoken=3")
    assert answer == plain
    assert len(asked_django.paths) == 1


def test_nothing_of_the_first_reader_reaches_the_page(page_cache):
    seen = {}

    class Looking(AskedDjango):
        def __call__(self, environ, start_response):
            seen.update(environ)
            return super().__call__(environ, start_response)

    page_cache.application = Looking()
    ask(
        page_cache,
        "/projects/?utm_source=me",
        cookie="a=b",
        user_agent="me",
        referer="me",
        accept_language="cy",
        range="0",
    )
    assert {name for name in seen if name.startswith("HTTP_")} == {"HTTP_HOST"}
    assert "REMOTE_ADDR" not in seen
    assert seen["QUERY_STRING"] == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"])
def test_only_what_is_read_is_kept(page_cache, asked_django, method):
    World()
    ask(page_cache, "/")
    ask(page_cache, "/", method)
    assert len(asked_django.paths) == 2


def test_what_is_for_staff_is_never_kept(page_cache):
    for path in ["/admin/", "/admin/login/", "/healthz", "/media/none.png", "/static/none.css", "/shared/answer/"]:
        ask(page_cache, path)
    assert len(page_cache.store) == 0


@pytest.mark.parametrize("query", ["shared=x", "sh%61red=x", "a=1&shared=", "shared=1&shared=2", "question=a&shared=x"])
def test_a_link_to_a_draft_is_never_kept(page_cache, asked_django, query):
    world = World()
    path = world.article.get_absolute_url()
    for page in [path, "/fellowship/", "/projects/", "/"]:
        ask(page_cache, page)
        kept, asked = len(page_cache.store), len(asked_django.paths)
        ask(page_cache, f"{page}?{query}")
        ask(page_cache, f"{page}?{query}")
        assert (len(page_cache.store), len(asked_django.paths)) == (kept, asked + 2)


@pytest.mark.parametrize("path", ["/there-is-none/", "/articles/there-is-none/", "/articles", "/old.html"])
def test_what_is_no_page_is_never_kept(page_cache, asked_django, path):
    make.ForwardingAddressFactory(path="/old.html", target="/projects/")
    truth = ask(asked_django, f"{path}?x=1")
    for _ in range(2):
        answer = ask(page_cache, f"{path}?x=1")
        assert (answer.status, answer.headers.get("Location")) == (truth.status, truth.headers.get("Location"))
    assert len(page_cache.store) == 0
    assert ask(page_cache, path, "HEAD").status == truth.status


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "private"},
        {"Cache-Control": "max-age=1, no-store"},
        {"Vary": "Accept-Language"},
        {"Vary": "*"},
        {"Set-Cookie": "a=b"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_an_answer_that_says_it_is_for_one_is_not_kept(page_cache, monkeypatch, headers):
    def home(request):
        response = HttpResponse("x")
        for name, value in headers.items():
            if name == "Set-Cookie":
                response.set_cookie("a", "b")
            else:
                response[name] = value
        return response

    home.reads = views.home.reads
    pattern = next(one for one in get_resolver().url_patterns if one.name == "home")
    monkeypatch.setattr(pattern, "callback", home)
    get_resolver()._populate()
    assert ask(page_cache, "/").body == b"x"
    assert len(page_cache.store) == 0


def test_a_transaction_that_writes_reads_past_it(asked_django, db):
    cache = PageCache(asked_django, follows=False)
    make.ArticleFactory(title="Not committed")
    assert b"Not committed" in ask(cache, "/articles/").body
    assert len(cache.store) == 0


def test_who_comes_unencrypted_is_sent_on_and_a_proxy_is_believed_where_it_is_trusted(
    db, asked_django, settings, monkeypatch
):
    monkeypatch.setattr(generation, "_is_writing", lambda connection: False)
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    cache = PageCache(AskedDjango(), follows=False)
    for _ in range(2):
        assert ask(cache, "/").status == 301
        assert ask(cache, "/", x_forwarded_proto="https").status == 200
        assert ask(cache, "/", x_forwarded_proto="http").status == 301
    assert len(cache.store) == 1


def test_a_host_that_is_not_ours_is_refused_and_a_port_is_none_of_its_business(page_cache, asked_django, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert ask(page_cache, "/").status == 200
    refused = ask(page_cache, "/", host="evil.example", accept="text/html")
    assert (refused.status, refused.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    for port in range(50):
        assert ask(page_cache, "/", host=f"TESTSERVER:{port}").status == 200
    assert len(page_cache.store) == 1


# Queries


def test_every_address_says_what_it_reads_and_reads_no_more(page_cache, asked_django):
    """Unknown, repeated and reordered parameters come to one entry, and it is what Django answers."""
    world = World()
    for route, paths in {**PAGES, **FOR_MACHINES}.items():
        if route in NOT_KEPT:
            continue
        for path in paths(world):
            plain = ask(page_cache, path)
            kept = len(page_cache.store)
            query = path.partition("?")[2]
            glue = "&" if query else "?"
            for more in ["utm_source=x", "a=1&a=2&b", "%00=%ff", "=", "page%5B%5D=3", "&&&", "q;=1", "\xff=\xfe"]:
                answer = ask(page_cache, f"{path}{glue}{more}")
                assert answer == plain, (path, more)
            assert ask(page_cache, f"{path}{glue}{query}") == plain
            assert len(page_cache.store) == kept, path


def test_one_choice_is_one_page_however_it_is_written(page_cache, asked_django):
    world = World(rows=3)
    area, technique = world.areas[0].slug, world.techniques[0].slug
    pairs = ["status=open", f"area={area}", f"technique={technique}", "q=waiting"]
    for address in ["/projects/", "/projects/feed/", "/projects.json"]:
        before = len(page_cache.store)
        answers = {ask(page_cache, f"{address}?{'&'.join(order)}").body for order in permutations(pairs)}
        more = ["status=open", "area=unknown", "status=nonsense", "page=1", "page=99", "page=x"]
        for one in more:
            answers.add(ask(page_cache, f"{address}?{'&'.join([*pairs, one])}").body)
        assert len(answers) == 1
        assert len(page_cache.store) == before + 1
        assert answers == {ask(asked_django, f"{address}?{'&'.join(pairs)}").body}


@pytest.mark.django_db
def test_the_finder_names_all_its_facets():
    assert set(FACETS) == set(vocabularies().names)


@pytest.mark.parametrize(
    "path",
    [
        "/projects/?area=x{}",
        "/projects/?page={}",
        "/fellowship/?region=x{}",
        "/fellowship/?question=x{}",
        "/articles/?for=x{}",
        "/articles/?page={}",
        "/articles/feed/?for=x{}",
        "/search/?kind=x{}",
        "/?q={}",
    ],
)
def test_values_that_mean_nothing_fill_nothing(page_cache, path):
    World()
    sizes = {len(ask(page_cache, path.format(number)).plain) and len(page_cache.store) for number in range(30)}
    assert sizes == {1}


def test_words_of_readers_are_bounded_by_bytes_and_push_out_nothing_that_is_asked_for(page_cache, asked_django):
    make.ProjectFactory()
    page_cache.store.limit = 200_000
    for number in range(80):
        ask(page_cache, "/projects/")
        ask(page_cache, f"/projects/?q=word{number}", accept_encoding="br")
        assert page_cache.store.size <= page_cache.store.limit
    assert 5 < len(page_cache.store) < 80
    assert asked_django.paths.count("/projects/") == 1


def test_addresses_that_nobody_writes_twice_are_forgotten(page_cache, monkeypatch):
    make.ProjectFactory()
    for number in range(WRITINGS + 50):
        ask(page_cache, f"/cookies/?utm={number}")
    assert len(page_cache.ways) == WRITINGS
    assert len(page_cache.store) == 1
    ask(page_cache, f"/cookies/?utm={'x' * LONGEST_WRITING}")
    assert max(len(way[-1]) for way in page_cache.ways) < LONGEST_WRITING
    kept = len(page_cache.store)
    assert ask(page_cache, f"/projects/?q={'x' * LONGEST}").status == 200
    assert len(page_cache.store) == kept


def test_every_public_view_says_what_it_reads():
    """A new page is not forgotten: it is kept, or stands in the list of what is not."""
    for route in routes():
        if route in PAGES or route in FOR_MACHINES:
            path = "/" + route.replace("<slug:slug>", "x").replace("<int:number>", "1").replace("<int:pk>", "1")
            view = resolve(path.replace("<slug:kind>", "x")).func
            assert hasattr(view, "reads") is (route not in NOT_KEPT), route
