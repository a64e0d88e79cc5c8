"""The entrance: requests as granian gives them to the portal, and answers as the portal gives them to granian."""

import asyncio
import threading
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from granian.rsgi import ProtocolClosed

from portal.entrance import PIECE, Entrance, FileOnDisk, environ_of
from tests import wsgi_requests


class Headers(list):
    def items(self):
        return self


@dataclass
class Scope:
    """What granian says of a request."""

    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    headers: Headers = field(default_factory=Headers)
    scheme: str = "http"
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "192.0.2.1:50000"


class Protocol:
    """What granian takes an answer by. ``sent`` is what comes with the request; the reader leaves after ``reads``."""

    def __init__(self, *sent, reads=1_000):
        self.sent, self.reads = [*sent], reads
        self.answer = None
        self.pieces = []

    def __aiter__(self):
        return self

    async def __anext__(self):
        return self.sent.pop(0) if self.sent else b""

    def response_bytes(self, status, headers, body):
        self.answer = self.answer or ("bytes", status, dict(headers), body)

    def response_file(self, status, headers, path):
        self.answer = self.answer or ("file", status, dict(headers), path)

    def response_stream(self, status, headers):
        self.answer = self.answer or ("stream", status, dict(headers), self.pieces)
        return self

    async def send_bytes(self, piece):
        if len(self.pieces) >= self.reads:
            raise ProtocolClosed
        self.pieces.append(piece)


def headers(**values):
    return Headers((name.replace("_", "-"), value) for name, value in values.items())


def ask(application, scope=None, protocol=None, threads=1):
    protocol = protocol or Protocol()
    entrance = Entrance(application, threads)

    async def asked():
        await entrance.__rsgi__(scope or Scope(), protocol)

    asyncio.run(asked())
    entrance.threads.shutdown()
    return protocol


def telling(pieces, status="200 OK"):
    def application(environ, start):
        start(status, [("X-Word", "told")])
        return pieces

    return application


class Closing:
    """An answer that says when it was closed."""

    def __init__(self, pieces):
        self.pieces = iter(pieces)
        self.closed = 0

    def __iter__(self):
        return self.pieces

    def close(self):
        self.closed += 1


# Requests


def test_a_request_is_told_as_the_standard_has_it():
    found = []

    def application(environ, start):
        found.append(environ)
        return telling([b""])(environ, start)

    scope = Scope("POST", "/caf\u00e9/", "a=%20b", headers(host="example.org", content_type="text/plain"), "https")
    scope.headers += [("content-length", "3"), ("x-many", "a"), ("x-many", "b"), ("cookie", "a=1"), ("cookie", "b=2")]
    ask(application, scope, Protocol(b"a", b"bc"))
    (environ,) = found
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/caf\xc3\xa9/",
        "QUERY_STRING": "a=%20b",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_HOST": "example.org",
        "HTTP_X_MANY": "a,b",
        "HTTP_COOKIE": "a=1; b=2",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "https",
    }
    assert {name: environ[name] for name in expected} == expected
    assert {"HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"}.isdisjoint(environ)


def test_no_header_poses_as_another():
    scope = Scope(headers=Headers([("x_forwarded_proto", "https"), ("x-forwarded-for", "192.0.2.7")]))
    environ = environ_of(scope)
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.7"


def test_names_of_headers_that_anybody_makes_up_are_not_all_remembered():
    from portal import entrance

    for number in range(2 * entrance._MOST_NAMES):
        assert environ_of(Scope(headers=Headers([(f"x-made-up-{number}", "a")])))[f"HTTP_X_MADE_UP_{number}"] == "a"
    assert len(entrance._NAMES) <= entrance._MOST_NAMES


def test_a_port_of_the_sixth_version_is_told_apart():
    found = []
    ask(lambda environ, start: found.append(environ) or telling([])(environ, start), Scope(client="[2001:db8::1]:5"))
    assert found[0]["REMOTE_ADDR"] == "2001:db8::1"


def test_what_is_sent_can_be_read_and_is_closed():
    bodies = []

    def echo(environ, start):
        bodies.append(environ["wsgi.input"])
        return telling([environ["wsgi.input"].read()])(environ, start)

    protocol = ask(echo, Scope("POST", headers=headers(content_length="4")), Protocol(b"ab", b"cd"))
    assert protocol.answer[3] == b"abcd"
    assert bodies[0].closed


def test_what_is_cut_off_goes_no_further():
    protocol = ask(None, Scope("POST", headers=headers(content_length="4")), Protocol(b"ab"))
    _, status, said, body = protocol.answer
    assert (status, said["X-Content-Type-Options"]) == (400, "nosniff")
    assert b"not arrived in full" in body


def test_nothing_that_is_noted_of_a_request_is_seen_by_the_next():
    noted = ContextVar("noted", default="nothing")
    found = []

    def application(environ, start):
        found.append((noted.get(), threading.current_thread().name))
        noted.set(environ["PATH_INFO"])
        return telling([b""])(environ, start)

    entrance = Entrance(application, 1)

    async def both():
        for path in ("/a/", "/b/"):
            await entrance.__rsgi__(Scope(path=path), Protocol())

    asyncio.run(both())
    assert [before for before, _ in found] == ["nothing", "nothing"]
    assert len({thread for _, thread in found}) == 1, "in one thread"


def test_only_so_many_are_answered_at_once():
    busy, most, lock = [], [], threading.Lock()
    gate = threading.Event()

    def application(environ, start):
        with lock:
            busy.append(1)
            most.append(len(busy))
        gate.wait(0.05)
        with lock:
            busy.pop()
        return telling([b"a"])(environ, start)

    entrance = Entrance(application, 2)
    protocols = [Protocol() for _ in range(8)]

    async def all_of_them():
        await asyncio.gather(*(entrance.__rsgi__(Scope(), one) for one in protocols))

    asyncio.run(all_of_them())
    assert max(most) == 2
    assert all(one.answer[3] == b"a" for one in protocols)


# Answers


@pytest.mark.parametrize("pieces", [[b"a", b"b"], (b"ab",), iter([b"a", b"", b"b"])])
def test_a_short_answer_is_sent_in_one_go(pieces):
    assert ask(telling(pieces, "404 Not Found")).answer == ("bytes", 404, {"X-Word": "told"}, b"ab")


def test_no_piece_is_no_body():
    assert ask(telling([])).answer[3] == b""


def test_a_long_answer_is_streamed_in_blocks_and_closed():
    answer = Closing([b"a" * 1_000] * 500)
    protocol = ask(telling(answer))
    assert protocol.answer[0] == "stream"
    assert b"".join(protocol.pieces) == b"a" * 500_000
    assert len(protocol.pieces) < 10
    assert answer.closed == 1


def test_an_answer_is_closed_when_its_reader_goes_away(caplog):
    made = []
    answer = Closing(made.append(number) or b"a" * PIECE for number in range(100))
    protocol = ask(telling(answer), protocol=Protocol(reads=2))
    assert len(protocol.pieces) == 2
    assert len(made) < 10
    assert answer.closed == 1
    assert all(record.levelname == "INFO" for record in caplog.records), "which is no fault"


def test_a_file_is_left_to_the_server(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"whole")
    file = path.open("rb")
    protocol = ask(lambda environ, start: telling(environ["wsgi.file_wrapper"](file))(environ, start))
    assert protocol.answer == ("file", 200, {"X-Word": "told"}, str(path))
    assert file.closed


def test_a_part_of_a_file_or_one_that_is_elsewhere_is_sent_in_pieces(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"whole")
    with path.open("rb") as file:
        file.read(1)
        assert FileOnDisk(file).path() is None
        assert b"".join(FileOnDisk(file)) == b"hole"
    with path.open("rb") as file:
        path.unlink()
        path.write_bytes(b"other")
        assert FileOnDisk(file).path() is None


def test_a_fault_is_logged_and_told_without_its_words(caplog):
    def broken(environ, start):
        raise LookupError("secret words")

    _, status, _, body = ask(broken).answer
    assert status == 500
    assert b"secret" not in body
    assert "A request was not answered" in caplog.text


def test_a_fault_in_the_middle_ends_the_answer_and_closes_it(caplog):
    def pieces():
        yield b"a" * PIECE
        yield b"b" * PIECE
        raise LookupError

    answer = Closing(pieces())
    protocol = ask(telling(answer))
    assert (protocol.answer[:2], answer.closed) == (("stream", 200), 1)
    assert "A request was not answered" in caplog.text


# What is kept

HOST = {"host": "testserver"}


def test_what_is_kept_is_sent_at_once_and_asks_nobody(page_cache, asked_django, django_assert_num_queries):
    entrance = Entrance(page_cache, 1)
    reader = headers(**HOST, accept_encoding="gzip")
    assert not entrance.answers_at_once(Scope(headers=reader), Protocol()), "nobody has asked for it yet"
    first = wsgi_requests.ask(page_cache, "/", accept_encoding="gzip")
    page, head, same = Protocol(), Protocol(), Protocol()
    tag = Headers([*reader, ("if-none-match", first.headers["ETag"])])
    with django_assert_num_queries(0):
        assert entrance.answers_at_once(Scope(headers=reader), page)
        assert entrance.answers_at_once(Scope("HEAD", headers=reader), head)
        assert entrance.answers_at_once(Scope(headers=tag), same)
    assert page.answer == ("bytes", 200, first.headers, first.body)
    assert head.answer == ("bytes", 200, first.headers, b"")
    assert (same.answer[1], same.answer[3]) == (304, b"")
    assert len(asked_django.paths) == 1


def test_another_encoding_is_not_made_where_everybody_waits(page_cache):
    entrance = Entrance(page_cache, 1)
    wsgi_requests.ask(page_cache, "/", accept_encoding="gzip")
    scope = Scope(headers=headers(**HOST, accept_encoding="br"))
    assert not entrance.answers_at_once(scope, Protocol())
    wsgi_requests.ask(page_cache, "/", accept_encoding="br")
    assert entrance.answers_at_once(scope, Protocol())


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("POST", {}),
        ("GET", {"content_length": "3"}),
        ("GET", {"cookie": f"{settings.SESSION_COOKIE_NAME}=abc"}),
        ("GET", {"authorization": "Basic abc"}),
        ("GET", {"host": "other.example"}),
    ],
)
def test_whoever_asks_otherwise_is_answered_by_the_portal(page_cache, method, more):
    entrance = Entrance(page_cache, 1)
    wsgi_requests.ask(page_cache, "/")
    wsgi_requests.ask(page_cache, "/", accept_encoding="gzip")
    kept = headers(**HOST, accept_encoding="gzip")
    assert entrance.answers_at_once(Scope(headers=kept), Protocol())
    assert not entrance.answers_at_once(Scope(method, headers=Headers([*kept, *headers(**more)])), Protocol())


def test_what_an_edit_changes_is_not_sent_any_more(page_cache):
    entrance = Entrance(page_cache, 1)
    scope = Scope(headers=headers(**HOST, accept_encoding="gzip"))
    wsgi_requests.ask(page_cache, "/", accept_encoding="gzip")
    assert entrance.answers_at_once(scope, Protocol())
    wsgi_requests.edited()
    assert not entrance.answers_at_once(scope, Protocol())


def test_without_a_cache_all_is_answered_by_the_portal():
    assert not Entrance(telling([b""]), 1).answers_at_once(Scope(), Protocol())
