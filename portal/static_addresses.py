"""Where each address of the portal stands in a copy as files, and how one of the files leads to another."""

from __future__ import annotations

import posixpath
from urllib.parse import parse_qsl, quote, unquote, urlsplit

INDEX = "index.html"
HTML = "text/html"
LONGEST_NAME = 200  # bytes; file systems hold 255

# How files are called whose address has no ending, so that hosts know what they are.
_ENDINGS = {"application/atom+xml": ".xml", "application/json": ".json", "text/csv": ".csv", "text/calendar": ".ics"}


class AddressError(ValueError):
    """An address that no file can stand for."""


def file_of(address: str, content_type: str = HTML) -> str:
    """The file of what is answered at ``address``, a path with a query or without one.

    ``/projects/?area=text&page=2`` is ``projects/area/text/page/2/index.html``, ``/projects/feed/?status=open`` is
    ``projects/feed-status-open.xml``. Nothing of the portal stands below the page of one thing, so what is added there
    never meets another page. Raises ``AddressError``.
    """
    parts = urlsplit(address)
    names = [unquote(name) for name in parts.path.strip("/").split("/") if name]
    choices = [word for pair in parse_qsl(parts.query, keep_blank_values=True) for word in pair]
    kind = content_type.partition(";")[0].strip()
    if kind == HTML and not (names and names[-1].endswith((".html", ".htm")) and not choices):
        names = [*names, *choices, INDEX]
    elif kind != HTML:
        stem, ending = posixpath.splitext(names[-1] if names else "index")
        names = [*names[:-1], "-".join([stem, *choices]) + (ending or _ENDINGS.get(kind, ""))]
    for name in names:
        if not _is_name(name):
            raise AddressError(f"“{name}” cannot be the name of a file.")
    return "/".join(names)


def _is_name(name: str) -> bool:
    is_short = 0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME
    return is_short and name.isprintable() and not name.startswith(".") and not set(name) & set('/\\:*?"<>|')


def address_of(file: str, *, names_index: bool = False) -> str:
    """The address of a file below the copy's own, such as ``projects/area/text/``."""
    return quote(file if names_index or posixpath.basename(file) != INDEX else file.removesuffix(INDEX))


def between(here: str, there: str, *, names_index: bool) -> str:
    """The relative address of the file ``there`` on a page that is the file ``here``."""
    way = posixpath.relpath(there, posixpath.dirname(here) or ".")
    address = address_of(way, names_index=names_index)
    return address or "./"
