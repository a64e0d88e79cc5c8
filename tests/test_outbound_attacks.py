"""The way out under attack: addresses in every writing, hosts that never end, and lines smuggled into requests."""

import gzip
import tracemalloc
from contextlib import suppress

import pytest

from portal.link_answers import Finding, look
from portal.links import normal
from portal.outbound import READ, BrokenError, NotAskedError, Outside, UnreachedError, addresses_of, is_public
from tests.web_server import HERE, Slow, serving

CLOSED = Finding.CLOSED


@pytest.fixture
def web():
    with serving() as found:
        yield found


# Addresses

# Of IANA's registries of special purpose addresses, and of what else is none of a web site, the first and the last.
SPECIAL = """
    0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255 168.63.129.16
    169.254.0.0 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.9 192.0.0.171 192.0.0.255 192.0.2.0
    192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.255 192.168.0.0
    192.168.255.255 192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0
    203.0.113.255 224.0.0.0 233.252.0.255 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
    :: ::1 ::2 ::8.8.8.8 ::ffff:8.8.8.8 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b::808:808:1 64:ff9b:1::808:808 100::1 100:0:0:1::1 200::1 400::1 1000::1 2001::1 2001:0:808:808::1 2001:1::1
    2001:1::3 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff::1 2001:db8::1
    2002:808:808::1 2002:7f00:1::1 2002:ffff::1 2620:4f:8000::1 2a00:1450::5efe:10.0.0.1 2a00:1450::200:5efe:10.0.0.1
    3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 8000::1 e000::1 fc00::1 fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%eth0
    febf::1 fec0::1 feff::1 ff00::1 ff02::fb ff0e::1 ffff:ffff::1
""".split()


@pytest.mark.parametrize("address", SPECIAL)
def test_no_special_address_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "127.0.0.1.",
        "0x7f.1",
        "0x7F.0X0.0x0.0x1",
        "017700000001",
        "127.0.1",
        "１２７.０.０.１",
        "ⓛocalhost",
        "127。0。0。1",
        "public.example@127.0.0.1",
        "public.example:80@127.0.0.1",
        "127.0.0.1:80",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[::1%25lo]",
    ],
)
def test_no_writing_of_an_address_leads_to_this_machine(host):
    """Whatever the system makes of it, what it makes is judged; most are no names at all."""
    for scheme in ("http", "https"):
        with pytest.raises((NotAskedError, UnreachedError)):
            Outside().ask("HEAD", f"{scheme}://{host}/")


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "dict", "ldap", "data", "jar", "unix", ""])
def test_nothing_is_asked_but_by_http(scheme):
    def look_up(host, port):
        raise AssertionError

    with pytest.raises(NotAskedError):
        Outside(look_up=look_up).ask("GET", f"{scheme}://public.example/")


@pytest.mark.parametrize("port", [1, 21, 22, 23, 25, 53, 110, 143, 389, 445, 514, 587, 993, 1023])
def test_no_port_of_another_service_is_asked(port):
    seen = look(f"http://public.example:{port}/", Outside(look_up=lambda host, port: ["8.8.8.8"]))
    assert (seen.finding, seen.reached) == (CLOSED, None)


PUBLIC = "8.8.8.8 1.1.1.1 100.63.255.255 172.32.0.1 2a00:1450::1 2606:4700:4700::1111 64:ff9b::8.8.8.8".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_a_port_that_is_none(port):
    with pytest.raises((UnreachedError, NotAskedError)):
        Outside(look_up=lambda host, port: ["8.8.8.8"]).ask("GET", f"http://public.example:{port}/")


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1/", "//[::1]/", "http://0/", "http://169.254.169.254/latest/meta-data/"]
)
def test_a_redirect_to_an_address_that_is_not_public(web, to):
    web.answers = {"/": (302, {"Location": to})}
    first = iter([True])
    names = {"one.example": [HERE]}
    outside = web.outside(
        look_up=lambda host, port: names.get(host) or addresses_of(host, port),
        is_public=lambda text: next(first, False) or is_public(text),
    )
    seen = look(web.address("/"), outside)
    assert seen.finding is CLOSED
    assert [path for _, _, path in web.asked] == ["/"]


# Answers


def test_a_body_is_neither_unpacked_nor_kept(web):
    """A small one that would be large when it is unpacked stays as small as it came."""

    def packed(handler):
        body = gzip.compress(b"0" * 50_000_000)
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999999999\r\n\r\n")
        handler.wfile.write(body)

    web.answers = {"/": packed}
    tracemalloc.start()
    try:
        assert web.outside().ask("GET", web.address("/")).status == 200
        # In this process the other host packs it, too; what is asserted is that nobody unpacks it.
        assert tracemalloc.get_traced_memory()[0] < 10_000_000
    finally:
        tracemalloc.stop()
    assert READ <= 64 * 1024


def goes_on(handler):
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def endless_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x" * 65_536)


@pytest.mark.parametrize("answer", [goes_on, endless_header])
def test_an_answer_that_never_begins_is_left(web, answer):
    web.answers = {"/": answer}
    with pytest.raises(BrokenError):
        web.outside(timeout=100, now=Slow(step=0.5).now).ask("GET", web.address("/"))


@pytest.mark.parametrize(
    "tail",
    ["/\r\nX-Injected: 1\r\n\r\n", "/ HTTP/1.1\r\nX-Injected: 1", "/\n", "/\x00", "/?a\tb", "/\u2028", "/é"],
)
def test_no_address_adds_a_line_to_the_request(web, tail):
    web.answers = {"/": (200, {})}
    address = f"http://one.example:{web.port}{tail}"
    with suppress(BrokenError):
        web.outside().ask("GET", address)
    look(normal(address), web.outside())
    assert not [headers for headers in web.headers if "X-Injected" in headers]
    assert {method for method, _, _ in web.asked} <= {"HEAD", "GET"}


@pytest.mark.parametrize("host", ["one.example\r\nX-Injected: 1", "one.example X", "one\x00.example", "é.example"])
def test_no_host_adds_a_line_either(web, host):
    web.answers = {"/": (200, {})}
    with suppress(BrokenError, UnreachedError, NotAskedError):
        web.outside().ask("GET", f"http://{host}:{web.port}/")
    assert not [headers for headers in web.headers if "X-Injected" in headers]
