"""Letters and emails with blanks: their frame on the page, what names each blank, and their text for a mail program.

``portal.prose`` finds them: a quotation with a blank in it. Without a script it is text to select, with the lines that
its author wrote, and a link that opens it in the reader's mail program. ``portal/static/portal/letter.js`` makes
fields of the blanks.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import quote

BLANK = '<span class="app-blank">'
BEGIN = '<div class="app-letter" role="group" aria-label="Text to fill in"><blockquote class="app-template">'

# Windows hands no longer address than this to a mail program: a press on the link would do nothing.
MAX_ADDRESS = 2_000

_SUBJECT = re.compile(r"Subject:[ \t]*(\S[^\n]*)(?:\n+|\Z)", re.IGNORECASE)
_NAME_AFTER = re.compile(r" ?\([^()<>]{1,80}\)")
_NAME_BEFORE = re.compile(r"\([^()<>]{1,80}\) ?\Z")
_ITEM = re.compile(r"<li\b[^>]*>")
_NUMBERED = re.compile(r'<ol(?: start="(\d{1,9})")?>')
_LINES = set(
    "blockquote br caption dd details div dl dt figure h2 h3 h4 h5 h6 hr li ol pre summary table tr ul".split()
)


def end(inside: str, *, is_linked: bool) -> str:
    """What follows the HTML of a letter: the link to the mail program, where there may be one and it would work."""
    address = mail_address(text_of(inside)) if is_linked else ""
    link = f'<a href="{escape(address)}">Open this text in your email program</a>' if address else ""
    return f'</blockquote><div class="app-letter__foot">{link}</div></div>'


def mail_address(text: str) -> str:
    """The address that opens a mail program with the text, or nothing if it is too long for one.

    A first line “Subject: …” becomes the subject (RFC 6068).
    """
    subject = _SUBJECT.match(text)
    body = text[subject.end() :] if subject else text
    address = f"mailto:?subject={quote(subject[1], safe='')}&body=" if subject else "mailto:?body="
    address += quote(body.replace("\n", "\r\n"), safe="")
    return address if len(address) <= MAX_ADDRESS else ""


def name_blanks(pieces: list[str], start: int) -> None:
    """Marks the words in brackets beside a blank, such as “____ (your role)”: they say what goes in.

    Words that follow the blank are its name; else those before it, unless they name the blank before.
    """
    for at in range(start, len(pieces) - 2):
        if pieces[at] != BLANK:
            continue
        after = pieces[at + 3] if len(pieces) > at + 3 else ""
        if name := _NAME_AFTER.match(after):
            pieces[at + 3] = _name(name[0]) + after[name.end() :]
        elif name := _NAME_BEFORE.search(pieces[at - 1]):
            pieces[at - 1] = pieces[at - 1][: name.start()] + _name(name[0])


def _name(words: str) -> str:
    return f'<span class="app-blank-name">{words}</span>'


def write_marks_of_lists(pieces: list[str], start: int) -> None:
    """Writes the dash or the number of each item into the text: what a browser draws is not copied."""
    numbers: list[int | None] = []
    for at in range(start, len(pieces)):
        piece = pieces[at]
        if piece == "<ul>":
            numbers.append(None)
        elif ordered := _NUMBERED.fullmatch(piece):
            numbers.append(int(ordered[1] or 1))
        elif piece in {"</ul>", "</ol>"} and numbers:
            numbers.pop()
        elif _ITEM.fullmatch(piece):
            number = numbers[-1] if numbers else None
            # The items of a loose list are paragraphs.
            words = next((n for n in (at + 1, at + 2) if n < len(pieces) and pieces[n] == "<p>"), at)
            pieces[words] += "- " if number is None else f"{number}. "
            if number is not None:
                numbers[-1] = number + 1


def text_of(html: str) -> str:
    """The text of a letter as a browser copies it: an empty line between paragraphs, and lines as they were written."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._lines = 0  # to begin before the next words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self.parts.append("\t")
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag != "br":
            self._lines = max(self._lines, 2 if tag == "p" else int(tag in _LINES))

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[^\S\n\xa0]*\n[^\S\n\xa0]*", "\n", re.sub(r"[^\S\n\xa0]+", " ", data))
        if self._lines:
            words = words.lstrip(" \n")
        if not words:
            return
        if self._lines:
            self.parts[-1:] = [part.rstrip(" \n\t") for part in self.parts[-1:]]
            self.parts.append("\n" * self._lines if any(self.parts) else "")
            self._lines = 0
        self.parts.append(words)
