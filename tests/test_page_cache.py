"""Pages are kept whole: what is sent is what Django would send, nobody gets another's, and none is ever stale."""

import datetime as dt
import os
import subprocess
import sys

import pytest
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.http import HttpResponse

from articles.models import Article
from portal import generation
from portal.page_cache import PageCache, in_front_of
from portal.page_entries import encoding_for
from tests import factories as make
from tests.dated import london
from tests.world import FOR_MACHINES, PAGES, World
from tests.wsgi_requests import ALL, NOT_KEPT, ask, edited


@pytest.fixture
def without_a_database(monkeypatch, asked_django):
    monkeypatch.setattr("portal.turns.next_turn", lambda now: now + dt.timedelta(hours=1))


# What is sent


def test_every_public_address_is_sent_as_django_would_in_every_encoding(page_cache, asked_django):
    world = World()
    for route, paths in {**PAGES, **FOR_MACHINES}.items():
        for path in paths(world):
            truth = ask(asked_django, path)
            kept = route not in NOT_KEPT
            for accepted, encoding in [("", ""), ("br", "br"), (ALL, "br"), ("gzip", "gzip"), ("", "")]:
                if not kept:
                    continue
                asked = len(asked_django.paths)
                answer = ask(page_cache, path, **({"accept_encoding": accepted} if accepted else {}))
                small = len(truth.body) < 200
                assert answer.status == 200
                assert answer.plain == truth.body, path
                assert answer.headers.get("Content-Encoding", "") == ("" if small else encoding), path
                assert answer.headers["Content-Length"] == str(len(answer.body))
                assert answer.headers["Cache-Control"] == "public, no-cache"
                assert "Accept-Encoding" in answer.headers["Vary"]
                ours = {"ETag", "Content-Encoding", "Content-Length", "Cache-Control", "Vary", "X-Request-ID"}
                said = {name: value for name, value in truth.headers.items() if name not in ours}
                assert said.items() <= answer.headers.items(), path
                assert "Set-Cookie" not in answer.headers
                assert len(asked_django.paths) - asked <= 1
                head = ask(page_cache, path, "HEAD", **({"accept_encoding": accepted} if accepted else {}))
                assert (head.status, head.headers, head.body) == (200, answer.headers, b"")
            asked = len(asked_django.paths)
            assert ask(page_cache, path).status == 200
            assert (len(asked_django.paths) == asked) is kept, path


def test_who_has_it_already_is_told_so_without_django(page_cache, asked_django):
    World()
    page = ask(page_cache, "/projects/", accept_encoding="br")
    asked = len(asked_django.paths)
    tag = page.headers["ETag"]
    for condition in [tag, f"W/{tag}", f'"other", {tag}', "*", f'W/"other" ,  W/{tag}']:
        answer = ask(page_cache, "/projects/", accept_encoding="br", if_none_match=condition)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag), condition
        assert not {"Content-Type", "Content-Length", "Content-Encoding"} & answer.headers.keys()
    for condition in ['"other"', "", "nonsense", tag[:-2]]:
        assert ask(page_cache, "/projects/", accept_encoding="br", if_none_match=condition).status == 200, condition
    assert ask(page_cache, "/projects/", if_none_match=tag).status == 200, "another encoding is another thing"
    assert ask(page_cache, "/projects/", "HEAD", accept_encoding="br", if_none_match=tag).status == 304
    assert len(asked_django.paths) == asked


def test_what_has_a_date_is_asked_for_by_it_too(without_a_database):
    changed = "Sat, 21 Nov 2026 12:00:00 GMT"

    def dated(environ, start_response):
        response = HttpResponse("x", headers={"Last-Modified": changed})
        start_response("200 OK", [*response.items()])
        return response

    cache = PageCache(dated, follows=False)
    assert ask(cache, "/robots.txt").headers["Last-Modified"] == changed
    assert ask(cache, "/robots.txt", if_modified_since=changed).status == 304
    assert ask(cache, "/robots.txt", if_modified_since="Sat, 21 Nov 2026 11:59:59 GMT").status == 200
    assert ask(cache, "/robots.txt", if_modified_since="nonsense").status == 200
    assert ask(cache, "/robots.txt", if_modified_since=changed, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0,gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity", ""),
        ("GZIP", "gzip"),
        ("br;q=nonsense", ""),
        ("gzip; q=0.5", "gzip"),
    ],
)
def test_readers_get_what_they_take(accepted, encoding):
    assert encoding_for(accepted) == encoding


def test_an_edit_elsewhere_leaves_the_tag_of_a_page(page_cache):
    World()
    before = ask(page_cache, "/cookies/").headers["ETag"]
    make.ProjectFactory()
    edited()
    assert ask(page_cache, "/cookies/").headers["ETag"] == before


# Never stale


def test_an_edit_is_on_the_next_page(page_cache, asked_django):
    article = make.ArticleFactory(title="Before")
    path = article.get_absolute_url()
    assert b"Before" in ask(page_cache, path).body
    Article.objects.update(title="After")
    edited()
    assert b"After" in ask(page_cache, path).body
    assert len(asked_django.paths) == 2


def test_a_deadline_that_passes_is_on_the_next_page(page_cache):
    with time_machine.travel(london("2026-11-21 12:00"), tick=False) as traveller:
        closes = london("2026-11-21 14:30")
        project = make.ProjectFactory(round=make.ApplicationRoundFactory(opens_at=None, closes_at=closes))
        path = project.get_absolute_url()
        before = ask(page_cache, path).body
        traveller.move_to(closes - dt.timedelta(seconds=1))
        assert ask(page_cache, path).body == before
        traveller.move_to(closes)
        after = ask(page_cache, path).body
        assert b"Applications closed" in after
        assert b"Applications closed" not in before
        traveller.move_to(closes - dt.timedelta(hours=1))
        assert ask(page_cache, path).body == before, "the clock was set back"


SERVING = """
import os, sys
from portal.wsgi import application
from tests.wsgi_requests import ask
for line in sys.stdin:
    answer = ask(application, line.strip())
    print(answer.status, answer.headers.get("ETag"), "Quokka" in answer.body.decode(), flush=True)
"""
WRITING = """
import os, django
django.setup()
from portal.models import Notice
Notice.objects.create(title="News", body="Quokka.")
"""


def test_another_process_of_the_host_sees_a_change_on_its_next_request(tmp_path):
    """Two real processes and a database of their own: one serves, the other writes."""
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "PORTAL_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
        "PAGE_CACHE": "true",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "ALLOWED_HOSTS": "testserver",
    }

    def run(*command):
        subprocess.run([sys.executable, *command], check=True, env=environment, capture_output=True, timeout=120)

    run("manage.py", "migrate", "--no-input", "--skip-checks")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVING], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:

        def look():
            server.stdin.write("/\n")
            server.stdin.flush()
            return server.stdout.readline().split()

        first = look()
        assert first[0] == "200"
        assert first[1] != "None"
        assert first[2] == "False"
        run("-c", WRITING)
        assert look()[2] == "True"
        server.stdin.close()


def test_a_server_follows_other_hosts_from_its_first_page_on(page_cache, asked_django, monkeypatch):
    followed = []
    monkeypatch.setattr(generation, "follow", lambda: followed.append(True))
    ask(page_cache, "/")
    assert not followed
    ask(PageCache(asked_django), "/")
    assert followed


def test_while_the_database_is_away_pages_go_on(page_cache):
    World()
    before = [ask(page_cache, path) for path in ("/", "/projects/", "/fellowship/")]

    def away(*args):
        raise OperationalError("no route")

    with connection.execute_wrapper(away):
        assert [ask(page_cache, path) for path in ("/", "/projects/", "/fellowship/")] == before


def test_development_has_none_and_production_has_one(settings):
    application = WSGIHandler()
    settings.PAGE_CACHE = False
    assert in_front_of(application) is application
    settings.PAGE_CACHE = True
    assert isinstance(in_front_of(application), PageCache)
