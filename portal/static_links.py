"""The links of what the portal answers: which there are, and the same text with other ones in their place.

Only addresses are changed. No HTML is made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from urllib.parse import urljoin

from icalendar.parser import Contentline, Contentlines

# A tag with its attributes; a value may hold “>”.
_TAG = re.compile(r'<[a-zA-Z](?:[^>"]|"[^"]*")*>')
_ATTRIBUTE = re.compile(r'(?<=\s)(href|src|srcset|data-href|content)="([^"]*)"')
_CSS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
# What may stand right behind an address in a text.
_BEHIND = ".,:;!?)"

# Gives the address to write in the place of one.
Change = Callable[[str], str]


class Links:
    """The addresses in what is answered at ``address``, and what to write in their place.

    ``here`` changes an address where a browser follows it, ``complete`` one that stands in full. Both are given the
    address in full. ``origin`` is what every address of the portal begins with.
    """

    def __init__(self, origin: str, address: str, here: Change, complete: Change) -> None:
        self.address = origin + address
        self.here, self.complete = here, complete
        begin = re.escape(origin)
        self._in_xml = re.compile(rf"""{begin}(?![\w.:-])[^\s"'<>\\]*""")
        self._in_html = re.compile(f"{_TAG.pattern}|{self._in_xml.pattern}")
        self._in_text = re.compile(rf"""{begin}(?![\w.:-])[^\s"'<>\\;,]*""")

    def html(self, text: str) -> str:
        """A page: what its tags name, and what stands in its text in full."""

        def change(found: re.Match[str]) -> str:
            return self._tag(found[0]) if found[0][0] == "<" else self._whole(found[0])

        return self._in_html.sub(change, text)

    def xml(self, text: str) -> str:
        """A feed or the sitemap."""
        return self._in_xml.sub(lambda found: self._whole(found[0]), text)

    def text(self, text: str) -> str:
        """JSON, CSV or plain text."""
        return self._in_text.sub(lambda found: self._followed(found[0], self.complete), text)

    def calendar(self, text: str) -> str:
        """A calendar file, whose lines are folded wherever they are long (RFC 5545, 3.1)."""
        lines = [Contentline(self.text(line)) for line in Contentlines.from_ical(text) if line]
        return Contentlines([*lines, Contentline("")]).to_ical().decode()

    def _tag(self, tag: str) -> str:
        is_complete = tag.startswith(("<meta", '<link rel="canonical"'))

        def change(found: re.Match[str]) -> str:
            name, value = found[1], unescape(found[2])
            if name == "srcset":
                copies = [copy.strip().split(" ") for copy in value.split(",")]
                value = ", ".join(" ".join([self._at(copy[0]), *copy[1:]]) for copy in copies)
            elif is_complete:
                value = self._in_text.sub(lambda one: self._followed(one[0], self.complete), value)
            elif name != "content":
                value = self._at(value)
            return f'{name}="{escape(value)}"'

        return _ATTRIBUTE.sub(change, tag)

    def _at(self, value: str) -> str:
        return value if value.startswith("#") else self.here(urljoin(self.address, value))

    def _whole(self, found: str) -> str:
        return escape(self._followed(unescape(found), self.complete))

    @staticmethod
    def _followed(found: str, change: Change) -> str:
        address = found.rstrip(_BEHIND)
        return change(address) + found[len(address) :]


def css(text: str, change: Change) -> str:
    """A stylesheet with other addresses for what it loads."""
    return _CSS.sub(lambda found: found[0] if found[1].startswith("data:") else f'url("{change(found[1])}")', text)


def collected(make: Callable[[Change], object]) -> Iterator[str]:
    """The addresses that ``make`` asks a change for."""
    found: dict[str, None] = {}

    def keep(address: str) -> str:
        found[address] = None
        return address

    make(keep)
    yield from found
