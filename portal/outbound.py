"""Requests to other hosts, for links that anybody may have written: none reaches into a private network.

A name is looked up once for each request, every address that it has must be public, and the connection goes to one of
the very addresses that were judged, so that a name cannot say one thing to the judge and another to the connection.
Proxies that the environment names are not used: they would look names up anew.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings

PORTS = {"http": 80, "https": 443}
NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
READ = 16 * 1024  # bytes of a body: enough to see that one comes

# Ports below are of other services than the web, but for its own two.
FIRST_FREE_PORT = 1024

# IPv4 by another name, as hosts reach it that have nothing but IPv6 (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# All that is given out of IPv6 so far, and what in either leads to no host that anybody links to, although Python calls
# it global in one version or another: protocol assignments, relays, blackholes of DNS, documentation (IANA, special
# purpose registries), and the address at which a cloud tells its machines about themselves.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_CLOSED = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "2001::/23",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
# The end of an IPv6 address that carries an IPv4 address of a private network (ISATAP, RFC 5214).
_CARRYING = {0x0000_5EFE, 0x0200_5EFE}


class NotAskedError(Exception):
    """An address that must not be asked: it leads into a private network, or to no web page."""


class UnreachedError(Exception):
    """No host of that name could be spoken to. ``no_such_name``: the name itself does not exist."""

    def __init__(self, words: str, *, no_such_name: bool = False) -> None:
        super().__init__(words)
        self.no_such_name = no_such_name


class BrokenError(Exception):
    """A host was reached and gave no answer that can be understood."""


class SlowError(BrokenError):
    """A host was reached and gave no answer in time."""


@dataclass(frozen=True)
class Answer:
    """What a host answered."""

    status: int
    reason: str
    headers: Mapping[str, str]


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses that a name has, as the system looks it up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(text: str) -> bool:
    """Whether an address of a host lies in the public Internet, under whichever of its spellings."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address not in _GIVEN_OUT or address.sixtofour or int(address) >> 32 & 0xFFFF_FFFF in _CARRYING:
            return False
    if any(address in network for network in _CLOSED):
        return False
    closed = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    return address.is_global and not (closed or address.is_reserved or address.is_unspecified)


def _port_of(parts: SplitResult) -> int:
    try:
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        raise UnreachedError("Its port is no number of a port", no_such_name=True) from None
    if port < FIRST_FREE_PORT and port not in PORTS.values():
        raise NotAskedError("It leads to a port of another service than the web, where the portal does not look")
    return port


def user_agent() -> str:
    """Who asks, and where its owners can be found."""
    name = settings.PORTAL_NAME.encode("ascii", "ignore").decode()
    printable = "".join(letter for letter in name if letter.isprintable())
    return f"{printable} link check (+{settings.PORTAL_URL})"


@dataclass(frozen=True)
class Outside:
    """The hosts beyond this one. Tests give it names and a judge of their own."""

    timeout: float = 10
    look_up: Callable[[str, int], list[str]] = addresses_of
    is_public: Callable[[str], bool] = is_public
    now: Callable[[], float] = time.monotonic
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def ask(self, method: str, address: str) -> Answer:
        """One request, without following where it leads. It ends after ``timeout`` seconds, however slow the host is.

        Raises ``NotAskedError``, ``UnreachedError``, ``SlowError`` or ``BrokenError``.
        """
        parts = urlsplit(address)
        if parts.scheme not in PORTS:
            raise NotAskedError("It is no web page")
        host, port = parts.hostname or "", _port_of(parts)
        judged = self._judged(host, port)
        deadline = Deadline(self.now, self.timeout)
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        try:
            with closing(_Connection(host, port, parts.netloc.rpartition("@")[2], deadline)) as connection:
                connection.reach(judged, self.tls if parts.scheme == "https" else None)
                connection.request(method, target, headers={"User-Agent": user_agent(), "Accept": "*/*"})
                with connection.getresponse() as response:
                    if method != "HEAD":
                        response.read(READ)
                    headers = {name.lower(): value for name, value in response.getheaders()}
                    return Answer(response.status, response.reason, headers)
        except TimeoutError:
            raise SlowError(f"No answer within {self.timeout:g} seconds") from None
        except ssl.SSLCertVerificationError:
            raise BrokenError("Its certificate is not valid") from None
        except (http.client.HTTPException, OSError, ValueError):
            raise BrokenError("It broke off, or answered with something that is no web page") from None

    def _judged(self, host: str, port: int) -> list[str]:
        """The addresses of a host, every one of which is public."""
        try:
            found = self.look_up(host, port)
        except socket.gaierror as error:
            if error.errno in NO_SUCH_NAME:
                raise UnreachedError("There is no host of this name", no_such_name=True) from None
            raise UnreachedError("Its name could not be looked up") from None
        except (UnicodeError, OSError, OverflowError):
            raise UnreachedError("There is no host of this name", no_such_name=True) from None
        if not found or not all(map(self.is_public, found)):
            raise NotAskedError("It leads into a private network, where the portal does not look")
        return found


class Deadline:
    """The moment by which something has to be done."""

    def __init__(self, now: Callable[[], float], seconds: float) -> None:
        self._now = now
        self._end = now() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises ``TimeoutError`` if none are."""
        left = self._end - self._now()
        if left <= 0:
            raise TimeoutError
        return left


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was judged, by the name that the host is known by."""

    def __init__(self, host: str, port: int, netloc: str, deadline: Deadline) -> None:
        super().__init__(host, port)
        self.netloc = netloc
        self.deadline = deadline

    def reach(self, addresses: list[str], tls: ssl.SSLContext | None) -> None:
        """Connect to the first of the addresses that answers."""
        plain = self._first(addresses)
        try:
            plain.settimeout(self.deadline.left())
            made = tls.wrap_socket(plain, server_hostname=self.host) if tls else plain
        except BaseException:
            plain.close()
            raise
        self.sock: Any = _Hurried(made, self.deadline)

    def _first(self, addresses: list[str]) -> socket.socket:
        for address in addresses:
            try:
                return socket.create_connection((address, self.port), timeout=self.deadline.left())
            except OSError:
                continue
        raise UnreachedError("It could not be connected to")

    def connect(self) -> None:
        raise http.client.NotConnected  # a second connection would not be to an address that was judged

    def putheader(self, header: Any, *values: Any) -> None:
        """The host is named as the link has it, without a port that goes without saying."""
        super().putheader(header, *([self.netloc] if header == "Host" else values))


class _Hurried:
    """A socket on which all that is sent and read has to be done by one moment, byte by byte or at once."""

    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        self._made = made
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._made.settimeout(self._deadline.left())
        self._made.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._made, self._deadline))

    def close(self) -> None:
        self._made.close()


class _Reading(io.RawIOBase):
    """What comes in on a socket, until the deadline."""

    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        self._made = made
        self._raw = made.makefile("rb", buffering=0)  # the library closes the socket and reads on from its file
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._made.settimeout(self._deadline.left())
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()
