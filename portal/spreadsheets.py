"""Tables for spreadsheets (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

# Tells spreadsheets that the file is UTF-8.
MARK = "\ufeff".encode()
# Rows that are in memory at once.
CHUNK = 500

# A spreadsheet takes a cell for a formula by its first visible sign; some take the wide forms of the signs too.
_FORMULA = "=+-@＝＋－＠"
_LINE_STARTS = "\t\r\n"


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    first = next((sign for sign in cell if sign.isprintable() and not sign.isspace()), "")
    return f"'{cell}" if cell and (first in _FORMULA or cell[0] in _LINE_STARTS) else cell


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
