"""Rows as lines of JSON that any database reads: written from one, loaded into another, with their keys and times.

``dumpdata`` and ``loaddata`` would lose microseconds, hold a whole file in memory, and set the times of change anew.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

from django.apps import apps as installed
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction

from portal.archive import ArchiveError, Table

# Everybody signs in again, the index is built anew from what is restored, and what each database has to tell of changes
# is its own: a restore is one more of them.
LEFT_OUT = {"sessions.session", "portal.searchentry", "portal.contentchange"}
# Of Django, the cache and the index of SQLite: no models, and nothing to keep.
OTHER_TABLES = ("django_migrations", "portal_cache", "portal_search_fts")

BATCH = 2_000
_MAX_VARIABLES = 900  # SQLite takes 999 in one statement, if it is an old one

Model = type[models.Model]


def kept(apps: Any = installed) -> list[Model]:
    """Every model whose rows a backup keeps, the tables between two models too; by name."""
    found = {
        model._meta.label_lower: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_OUT
    }
    return [found[label] for label in sorted(found)]


def unknown_tables() -> list[str]:
    """Tables of the database that are no model's, so that a backup does not keep them."""
    known = {model._meta.db_table for model in installed.get_models(include_auto_created=True)}
    names = set(connection.introspection.table_names()) - known
    return sorted(name for name in names if not name.startswith(OTHER_TABLES))


def columns(model: Model) -> list[models.Field]:
    """The columns that are written: not those that the database computes."""
    return [column for column in model._meta.local_concrete_fields if not column.generated]


@contextmanager
def snapshot() -> Iterator[None]:
    """The whole database as it was at one moment, while others go on writing. Nothing can be written inside."""
    if connection.vendor == "sqlite":
        usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                yield
        finally:
            connection.transaction_mode = usual  # type: ignore[attr-defined]
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


# Writing


def write(model: Model, file: IO[bytes]) -> Table:
    """Write every row of a model, in the order of its keys, with few of them in memory at a time."""
    names = [column.attname for column in columns(model)]
    count = 0
    for row in _rows(model, names):
        file.write(json.dumps(row, default=_as_text, separators=(",", ":")).encode() + b"\n")
        count += 1
    return Table(names, count, last_id(model))


def _rows(model: Model, names: list[str]) -> Iterator[tuple[Any, ...]]:
    # By the key of the last one and not by a cursor of the server, which a pooler cannot offer.
    place = names.index(model._meta.pk.attname)
    everything = model._base_manager.order_by("pk").values_list(*names)
    rows = list(everything[:BATCH])
    while rows:
        yield from rows
        rows = list(everything.filter(pk__gt=rows[-1][place])[:BATCH])


def _as_text(value: Any) -> str | int:
    if isinstance(value, dt.datetime):
        return (value.astimezone(dt.UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value // dt.timedelta(microseconds=1)
    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    raise TypeError(f"A backup does not know how to keep a {type(value).__name__}.")


# Loading


def delete_all(model: Model) -> None:
    """Take every row out of a table. Whatever refers to them goes in the same transaction, or is loaded anew."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def load(model: Model, names: list[str], lines: Iterable[bytes]) -> int:
    """Insert rows as they were written, with nothing computed or set anew; how many. Raises ``ArchiveError``."""
    label = model._meta.label_lower
    by_name = {column.attname: column for column in columns(model)}
    if set(names) != set(by_name):
        raise ArchiveError(f"The rows of {label} do not have the columns that its migrations say.")
    chosen = [by_name[name] for name in names]
    size = max(1, _MAX_VARIABLES // len(chosen))
    quote = connection.ops.quote_name
    listed = ", ".join(quote(str(column.column)) for column in chosen)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({listed}) VALUES "  # noqa: S608
    one = f"({', '.join(['%s'] * len(chosen))})"
    rows, count = iter(lines), 0
    try:
        with connection.cursor() as cursor:
            while batch := [_values(chosen, line) for line in islice(rows, size)]:
                cursor.execute(into + ", ".join([one] * len(batch)), [value for row in batch for value in row])
                count += len(batch)
    except (ValueError, TypeError, ArithmeticError, RecursionError, ValidationError, DatabaseError) as error:
        # A text that SQLite took and PostgreSQL does not, such as one that is too long for its column.
        raise ArchiveError(f"The rows of {label} after {count:,} cannot be stored: {str(error).strip()}") from error
    return count


def _values(chosen: list[models.Field], line: bytes) -> list[Any]:
    row = json.loads(line)
    if not isinstance(row, list) or len(row) != len(chosen):
        raise ValueError("a row has not as many values as there are columns")
    return [_value(column, value) for column, value in zip(chosen, row, strict=True)]


def _value(column: models.Field, value: Any) -> Any:
    """What the database is given for a value of JSON."""
    if isinstance(column, models.JSONField):
        is_null = value is None and column.null  # elsewhere, None is the null of JSON
        return None if is_null else column.get_db_prep_value(value, connection)
    if isinstance(column, models.DurationField) and value is not None:
        value = dt.timedelta(microseconds=value)
    return column.get_db_prep_save(column.to_python(value), connection)


# The numbers that rows are given


def last_id(model: Model) -> int | None:
    """The highest number that a row of this model was ever given; None where the database gives none.

    Kept since a number is never given twice: the logs name what was deleted by it.
    """
    key = model._meta.pk
    if not isinstance(key, models.AutoField):
        return None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        else:
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {_sequence(model)}")  # noqa: S608
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def go_on_from(model: Model, number: int | None) -> None:
    """The next row gets a number beyond ``number`` and beyond every one that this database ever gave.

    PostgreSQL does not take the position of a sequence back with a transaction, so it is only ever moved on.
    """
    given = last_id(model)
    if given is None:
        return
    highest = model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
    position = max(number or 0, given, highest)
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            if position:
                cursor.execute("SELECT setval(%s, %s)", [_sequence(model), position])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [position, model._meta.db_table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [model._meta.db_table, position])


def _sequence(model: Model) -> str:
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, model._meta.pk.column])
        return str(cursor.fetchone()[0])
