"""Tables for spreadsheets (RFC 4180), in which no cell is a formula, and how they come back from one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

# Tells spreadsheets that the file is UTF-8.
MARK = "\ufeff".encode()
# Rows that are in memory at once.
CHUNK = 500
# What one upload may hold.
MOST_BYTES = 2_000_000
MOST_ROWS = 5_000
# One request saves so many in well under a minute.
MOST_CHANGED = 500

# A spreadsheet takes a cell for a formula by its first visible sign; some take the wide forms of the signs too.
_FORMULA = "=+-@＝＋－＠"
_LINE_STARTS = "\t\r\n"
_HOW_TO_SAVE = "Save it in the spreadsheet as “CSV UTF-8 (comma delimited)”, and choose that file."

csv.field_size_limit(MOST_BYTES)  # a cell may hold a whole article


class UnreadableError(Exception):
    """A file that is no table, in words for whoever chose it."""


def _is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take it for one, or would without the apostrophes before it."""
    bare = cell.lstrip("'")
    first = next((sign for sign in bare if sign.isprintable() and not sign.isspace()), "")
    return bool(bare) and (first in _FORMULA or bare[0] in _LINE_STARTS)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. ``exact`` reads it back."""
    return f"'{cell}" if _is_formula(cell) else cell


def exact(cell: str) -> str:
    """What a cell was before it was made harmless; one that somebody typed as a formula is that text."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


# Writing


def lines(rows: Iterable[list[str]]) -> bytes:
    """Rows of harmless cells as lines of the file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def table(head: list[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    """The whole file, a chunk at a time."""
    yield MARK + lines([head])
    remaining = iter(rows)
    while chunk := [[harmless(cell) for cell in row] for row in islice(remaining, CHUNK)]:
        yield lines(chunk)


# Reading


def read(file: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a file that hold anything, each with its number in the spreadsheet, the headings first.

    Commas, semicolons and tabs part cells, whichever the spreadsheet was told to write. Raises ``UnreadableError``.
    """
    if len(file) > MOST_BYTES:
        raise UnreadableError(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. "
            "Leave out the columns and rows that you do not change: they stay as they are."
        )
    if file.startswith(b"PK\x03\x04"):
        raise UnreadableError(f"This is a workbook and not a CSV file. {_HOW_TO_SAVE}")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"The file is not written in UTF-8. {_HOW_TO_SAVE}") from error
    said = re.match(r"sep=(.)\r?\n", text)  # a line for spreadsheets only
    text = text[said.end() :] if said else text
    try:
        cells = list(
            csv.reader(io.StringIO(text, newline=""), delimiter=said[1] if said else _parted_by(text), strict=True)
        )
    except csv.Error as error:
        raise UnreadableError(
            "The file cannot be read: a quotation mark in it is not closed, or stands inside a cell by itself. "
            + _HOW_TO_SAVE
        ) from error
    rows = [(number, row) for number, row in enumerate(cells, start=1) if any(cell.strip() for cell in row)]
    if len(rows) > MOST_ROWS + 1:
        raise UnreadableError(f"The file has more than {MOST_ROWS:,} rows. Upload it in parts.")
    return rows


def _parted_by(text: str) -> str:
    """What parts the cells of the headings."""
    head = next((line for line in text.splitlines() if line.strip(",;\t \"'")), "")
    return max(",;\t", key=lambda sign: len(next(csv.reader([head], delimiter=sign))))
