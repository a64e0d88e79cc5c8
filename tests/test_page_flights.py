"""Many readers who want one page at once: one of them makes it for all."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.http import HttpResponse

from portal.page_cache import PageCache
from tests.wsgi_requests import ask, edited


class Slow:
    """An application that takes until it is told to go on."""

    def __init__(self, inner=None):
        self.inner = inner
        self.calls = 0
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, environ, start_response):
        self.calls += 1
        self.has_begun.set()
        assert self.may_end.wait(20)
        if self.inner is None:
            raise ZeroDivisionError
        return self.inner(environ, start_response)


def crowd(cache, slow, number=8):
    """So many readers who all want one page while it is being made. What each got, or the error."""
    found = []

    def one():
        try:
            found.append(ask(cache, "/robots.txt"))
        except ZeroDivisionError as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(number)]
    threads[0].start()
    assert slow.has_begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    while slow.calls == 1 and sum(thread.is_alive() for thread in threads) == number and not slow.may_end.is_set():
        slow.may_end.wait(0.3)
        slow.may_end.set()
    for thread in threads:
        thread.join(20)
    return found


def plain_page(environ, start_response):
    response = HttpResponse("x" * 500, content_type="text/plain")
    start_response("200 OK", [*response.items()])
    return response


@pytest.fixture
def without_a_database(monkeypatch, asked_django):
    monkeypatch.setattr("portal.turns.next_turn", lambda now: now + dt.timedelta(hours=1))


def test_of_many_who_want_a_page_one_makes_it(without_a_database):
    slow = Slow(plain_page)
    cache = PageCache(slow, follows=False)
    found = crowd(cache, slow)
    assert slow.calls == 1
    assert [answer.body for answer in found] == [b"x" * 500] * 8


def test_where_the_one_fails_each_asks_for_themselves(without_a_database):
    slow = Slow()
    cache = PageCache(slow, follows=False)
    found = crowd(cache, slow)
    assert len(found) == 8
    assert all(isinstance(error, ZeroDivisionError) for error in found)
    assert slow.calls == 8
    assert not cache.flights


def test_who_asks_after_an_edit_does_not_get_what_was_begun_before_it(without_a_database):
    slow = Slow(plain_page)
    cache = PageCache(slow, follows=False)
    first = threading.Thread(target=lambda: ask(cache, "/robots.txt"))
    first.start()
    assert slow.has_begun.wait(20)
    edited()
    slow.may_end.set()
    ask(cache, "/robots.txt")
    first.join(20)
    assert slow.calls == 2
