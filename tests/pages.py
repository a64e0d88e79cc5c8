"""A page as a browser or a screen reader takes it apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

# In the forms to write to the team; another for each that is shown.
FORM_TOKEN = re.compile(r'(?<=<input type="hidden" name="token" value=")[^"]+')
# Elements without an end tag.
EMPTY = set("area base br col embed hr img input link meta source track wbr".split())


def whole(response: Any) -> str:
    """All that was answered, to compare with another answer: without the token of its form, which is never the same."""
    return FORM_TOKEN.sub("", response.getvalue().decode())


class Page(HTMLParser):
    """The tags of an HTML page with their attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[list[str]] = []
        self._open: list[int] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append([])
        if tag not in EMPTY:
            self._open.append(len(self.tags) - 1)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self.tags[self._open.pop()][0] == tag:
                break

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.texts[number].append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of every ``tag`` that has these."""
        return [found for name, found in self.tags if name == tag and attributes.items() <= found.items()]

    def text(self, tag: str) -> list[str]:
        """The words inside of every ``tag``."""
        return [
            " ".join("".join(words).split())
            for (name, _), words in zip(self.tags, self.texts, strict=True)
            if name == tag
        ]

    @property
    def title(self) -> str:
        return self.text("title")[0]

    @property
    def robots(self) -> str:
        return ",".join(meta["content"] for meta in self.all("meta", name="robots"))

    @property
    def canonical(self) -> list[str]:
        return [link["href"] for link in self.all("link", rel="canonical")]

    @property
    def links(self) -> list[str]:
        return [link.get("href", "") for link in self.all("a")]

    @property
    def fields(self) -> dict[str, list[str]]:
        """What a browser would send of the page's forms, had the reader changed nothing."""
        sent: dict[str, list[str]] = {}
        select = ""
        for (tag, attributes), words in zip(self.tags, self.texts, strict=True):
            name, kind = attributes.get("name", ""), attributes.get("type", "")
            if tag == "select":
                select = name
            elif tag == "option" and "selected" in attributes:
                sent.setdefault(select, []).append(attributes.get("value", "".join(words)))
            elif tag == "textarea":
                sent.setdefault(name, []).append("".join(words).removeprefix("\r\n").removeprefix("\n"))
            elif tag == "input" and name and kind not in {"file", "submit", "button", "image", "reset"}:
                if kind not in {"checkbox", "radio"}:
                    sent.setdefault(name, []).append(attributes.get("value", ""))
                elif "checked" in attributes:
                    sent.setdefault(name, []).append(attributes.get("value", "on"))
        return {name: values for name, values in sent.items() if name and "__prefix__" not in name}

    @property
    def loaded(self) -> list[str]:
        """The address of everything that the browser fetches for the page without being asked."""
        found = []
        for tag, attributes in self.tags:
            if tag == "link" and attributes.get("rel") in {"canonical", "alternate"}:
                continue
            if tag in {"link", "image", "use"}:
                found.append(attributes.get("href", ""))
            for name in ("src", "poster", "data", "background"):
                if name in attributes:
                    found.append(attributes[name])
            for name in ("srcset", "imagesrcset"):
                found += [part.split()[0] for part in attributes.get(name, "").split(",") if part.strip()]
        return [address for address in found if address and not address.startswith("#")]
