"""Looking at a link: each kind of answer, hosts that are slow or hostile, and no way into a private network."""

import datetime as dt
import socket

import pytest

from portal.link_answers import Finding, look
from portal.links import normal
from portal.outbound import NotAskedError, Outside, UnreachedError
from tests.dated import at
from tests.web_server import HERE, Slow, serving

FINE, CLOSED, FAILING, GONE = Finding.FINE, Finding.CLOSED, Finding.FAILING, Finding.GONE


@pytest.fixture
def web():
    with serving() as found:
        yield found


# Answers


@pytest.mark.parametrize(
    ("answers", "finding", "asked"),
    [
        ({"/": (200, {})}, FINE, ["HEAD"]),
        ({"/": (204, {})}, FINE, ["HEAD"]),
        ({"HEAD /": (405, {}), "GET /": (200, {})}, FINE, ["HEAD", "GET"]),
        ({"HEAD /": (501, {}), "GET /": (200, {})}, FINE, ["HEAD", "GET"]),
        ({"HEAD /": (403, {}), "GET /": (200, {})}, FINE, ["HEAD", "GET"]),
        ({"HEAD /": (404, {}), "GET /": (200, {})}, FINE, ["HEAD", "GET"]),
        ({"HEAD /": (500, {}), "GET /": (200, {})}, FINE, ["HEAD", "GET"]),
        ({"/": (404, {})}, GONE, ["HEAD", "GET"]),
        ({"/": (410, {})}, GONE, ["HEAD", "GET"]),
        ({"/": (401, {})}, CLOSED, ["HEAD", "GET"]),
        ({"/": (403, {})}, CLOSED, ["HEAD", "GET"]),
        ({"/": (999, {})}, CLOSED, ["HEAD", "GET"]),
        ({"/": (429, {})}, CLOSED, ["HEAD"]),
        ({"/": (500, {})}, FAILING, ["HEAD", "GET"]),
        ({"/": (503, {"Retry-After": "60"})}, FAILING, ["HEAD"]),
        ({"/": (400, {})}, FAILING, ["HEAD", "GET"]),
    ],
)
def test_what_an_answer_says(web, answers, finding, asked):
    web.answers = answers
    assert look(web.address("/"), web.outside()).finding is finding
    assert [method for method, _, _ in web.asked] == asked


def test_who_asks_says_so_and_sends_nothing_else_of_itself(web, settings):
    settings.PORTAL_NAME, settings.PORTAL_URL = "Data “science”\r\nX: portal", "https://portal.example"
    web.answers = {"/a%20b?c=d": (200, {})}
    address = web.address("/a b?c=d#part").replace("http://", "http://name:password@")
    assert look(normal(address), web.outside()).finding is FINE
    (sent,) = web.headers
    assert sent.pop("User-Agent") == "Data scienceX: portal link check (+https://portal.example)"
    assert sent == {"Host": f"one.example:{web.port}", "Accept": "*/*", "Accept-Encoding": "identity"}


def test_the_environment_sends_nobody_round_by_a_proxy(web, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
    web.answers = {"/": (200, {})}
    assert look(web.address("/"), web.outside()).finding is FINE


# Leading on


def test_a_link_is_followed_to_its_end(web):
    web.answers = {"/1": (301, {"Location": "/2"}), "/2": (302, {"Location": web.address("/3", "two.example")})}
    web.answers["/3"] = (200, {})
    seen = look(web.address("/1"), web.outside())
    assert (seen.finding, seen.reached) == (FINE, True)
    assert [host for _, host, _ in web.asked] == ["one.example", "one.example", "two.example"]


def test_what_goes_round_in_circles_ends(web):
    web.answers = {"/": (302, {"Location": "/"})}
    seen = look(web.address("/"), web.outside())
    assert (seen.finding, seen.words) == (FAILING, "It leads on more than 5 times")
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "gopher://one.example/", "javascript:alert(1)", "mailto:a@b.example"]
)
def test_it_leads_on_to_web_pages_only(web, to):
    web.answers = {"/": (302, {"Location": to})}
    assert look(web.address("/"), web.outside()).words == "It leads on to something that is no web page"
    assert len(web.asked) == 1


def test_an_address_in_utf_8_is_followed(web):
    def answer(handler):
        handler.wfile.write("HTTP/1.0 302 Found\r\nLocation: /café\r\n\r\n".encode())

    web.answers = {"/": answer, "/caf%C3%A9": (200, {})}
    assert look(web.address("/"), web.outside()).finding is FINE


# Private networks


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001:db8::1",
    ],
)
def test_no_spelling_leads_into_a_private_network(host):
    """Looked up by the system as it stands; none of these needs a network for it."""
    with pytest.raises(NotAskedError):
        Outside().ask("HEAD", f"http://{f'[{host}]' if ':' in host else host}/")


def test_a_name_with_one_private_address_is_not_asked(web):
    seen = look(web.address("/"), web.outside(look_up=lambda host, port: [HERE, "10.0.0.1"]))
    assert (seen.finding, seen.reached) == (CLOSED, None)
    assert web.asked == []


def test_a_redirect_is_judged_anew(web):
    web.answers = {"/": (302, {"Location": web.address("/secret", "inside.example")})}
    names = {"one.example": [HERE], "inside.example": ["192.168.0.1"]}
    seen = look(web.address("/"), web.outside(look_up=lambda host, port: names[host]))
    assert seen.finding is CLOSED
    assert [path for _, _, path in web.asked] == ["/"]


def test_the_connection_goes_to_the_address_that_was_judged(web, monkeypatch):
    """A name that says something else the second time is not asked a second time."""
    answers = iter([[HERE], ["10.0.0.1"]])
    connected = []
    really = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda to, **more: connected.append(to[0]) or really(to, **more))
    web.answers = {"/": (200, {})}
    outside = web.outside(look_up=lambda host, port: next(answers))
    assert outside.ask("HEAD", web.address("/")).status == 200
    with pytest.raises(NotAskedError):
        outside.ask("HEAD", web.address("/"))
    assert connected == [HERE]


def test_a_host_that_closes_is_not_connected_to_anew(web):
    """A second connection, which the library would open by name, would be to nobody that was judged."""
    web.answers = {"/": lambda handler: handler.connection.close()}
    assert look(web.address("/"), web.outside()).finding is FAILING


# Names, and hosts that do not answer


@pytest.mark.parametrize(
    ("error", "finding"), [(socket.EAI_NONAME, GONE), (socket.EAI_AGAIN, FAILING), (socket.EAI_FAIL, FAILING)]
)
def test_a_name_that_is_not_found(error, finding):
    def look_up(host, port):
        raise socket.gaierror(error, "no")

    seen = look("http://nowhere.example/", Outside(look_up=look_up))
    assert (seen.finding, seen.reached) == (finding, False)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "a..example"])
def test_a_name_that_cannot_be(host):
    with pytest.raises(UnreachedError) as caught:
        Outside().ask("HEAD", f"http://{host}/")
    assert caught.value.no_such_name


def test_a_port_where_nobody_listens(web):
    with socket.socket() as free:
        free.bind((HERE, 0))
        address = f"http://one.example:{free.getsockname()[1]}/"
        seen = look(address, web.outside())
    assert (seen.finding, seen.reached) == (FAILING, False)


def drip(handler):
    """A line of headers that goes on and on, a little at a time."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()


def test_a_host_that_takes_its_time_is_left(web):
    """However little at a time it keeps sending, all of it has to be there by one moment."""
    web.answers = {"/": drip}
    seen = look(web.address("/"), web.outside(timeout=10, now=Slow(step=1.0).now))
    assert (seen.finding, seen.words) == (FAILING, "No answer within 10 seconds")
    assert len(web.asked) == 1, "it is not asked a second time"


@pytest.mark.parametrize("sent", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"])
def test_what_is_no_web_page(web, sent):
    web.answers = {"/": lambda handler: handler.wfile.write(sent)}
    assert look(web.address("/"), web.outside()).words.startswith("It broke off")


def test_of_an_endless_page_only_the_beginning_is_read(web):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65_536)

    web.answers = {"HEAD /": (405, {}), "GET /": endless}
    assert look(web.address("/"), web.outside()).finding is FINE


def test_what_speaks_no_tls_is_failing(web):
    seen = look(web.address("/").replace("http://", "https://"), web.outside())
    assert (seen.finding, seen.reached) == (FAILING, True)


@pytest.mark.parametrize("address", ["http://[::1/", "http://one.example:99999/", "http://"])
def test_what_is_no_address(address):
    assert look(address, Outside()).finding is GONE


# Waiting


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [
        (429, None, dt.timedelta(hours=1)),
        (429, "90", dt.timedelta(seconds=90)),
        (503, "90", dt.timedelta(seconds=90)),
        (503, None, None),
        (429, "Sat, 21 Nov 2026 14:00:00 GMT", dt.timedelta(hours=2)),
        (429, "Sat, 21 Nov 2020 14:00:00 GMT", dt.timedelta(0)),
        (429, "soon", dt.timedelta(hours=1)),
        (429, "9" * 400, dt.timedelta(days=7)),
    ],
)
def test_how_long_a_host_asks_to_be_left_alone(web, status, said, wait):
    web.answers = {"/": (status, {"Retry-After": said} if said else {})}
    with at("2026-11-21 12:00"):
        assert look(web.address("/"), web.outside()).wait == wait


def test_the_pause_is_kept_before_every_request(web):
    web.answers = {"/": (302, {"Location": web.address("/b", "two.example")}), "/b": (404, {})}
    hosts = []
    look(web.address("/"), web.outside(), hosts.append)
    assert [host.partition(":")[0] for host in hosts] == ["one.example", "two.example", "two.example"]
