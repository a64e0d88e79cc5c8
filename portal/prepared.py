"""Queries that Django puts into words once in the life of a process, since to do so takes longer than to answer them.

    @prepared(slug=models.SlugField())
    def _at(*, slug: Any) -> QuerySet[Project]:
        return Project.objects.public().for_page().filter(slug=slug)

    [project] = _at(slug="letters")

The function is called once, and gives the queryset with a gap in it for each of the fields that are named. Whoever
asks gives the values, and gets the rows as a list: all that Django does with them, such as ``select_related`` and
``prefetch_related``, stays. Positional arguments are no gaps: the function is called once for each of them, so there
may only be a few, such as kinds of pages. ``prepared_by_keys`` is for the rows of some keys.

The words of a queryset must not depend on content, time, settings or who asks, but for what is given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from functools import partial, update_wrapper
from typing import Any, NamedTuple, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import BigIntegerField, Field, QuerySet, Value
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler


class Gap(Value):
    """What stands in a query for a value that is given later; ``value`` is its name."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class _Words(NamedTuple):
    """A query in the words of a database, by the compiler that found them and knows how to read its rows."""

    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]


class _Worded(Query):
    """A query whose words are known. Nobody changes it any more, so its copies share what it is made of."""

    words: _Words
    given: dict[str, Any]

    def chain(self, klass: Any = None) -> _Worded:
        return copy(self)

    def get_compiler(self, using: Any = None, connection: Any = None, elide_empty: bool = True) -> SQLCompiler:
        own = connections[using]  # each thread has its own
        parameters = tuple(
            one.output_field.get_db_prep_value(self.given[one.value], own) if isinstance(one, Gap) else one
            for one in self.words.parameters
        )
        compiler: Any = copy(self.words.compiler)
        compiler.connection = own
        compiler.as_sql = lambda *args, **kwargs: (self.words.sql, parameters)
        compiler.get_converters = partial(self._converters, own)
        return cast(SQLCompiler, compiler)

    def _converters(self, own: Any, columns: Any) -> dict[int, Any]:
        """What makes Python's values of a row's columns: the same for as long as a connection lives, and kept by it."""
        known: dict[SQLCompiler, dict[int, Any]] = own.__dict__.setdefault("converters_of_prepared", {})
        if self.words.compiler not in known:
            compiler: Any = copy(self.words.compiler)
            compiler.connection = own
            known[self.words.compiler] = compiler.get_converters(columns)
        return known[self.words.compiler]


class Prepared:
    """A function that gives a queryset, as one that gives its rows."""

    def __init__(self, function: Callable[..., QuerySet[Any, Any]], fields: dict[str, Field[Any, Any]]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.fields = fields
        self.known: dict[Hashable, QuerySet[Any, Any] | None] = {}

    def __call__(self, *args: Hashable, **given: Any) -> list[Any]:
        if given.keys() != self.fields.keys():
            raise TypeError(f"{self.function.__name__}() is given {[*given]}, and needs {[*self.fields]}.")
        key = (connection.vendor, *args)
        if key not in self.known:
            self.known[key] = self._worded(*args)
        known = self.known[key]
        if known is None:
            return []
        asked = known.all()
        cast(_Worded, asked.query).given = given
        return list(asked)

    def first(self, *args: Hashable, **given: Any) -> Any:
        """The first row; None without any."""
        return next(iter(self(*args, **given)), None)

    def _worded(self, *args: Hashable) -> QuerySet[Any, Any] | None:
        """The queryset with its words; None for one that Django knows to be empty."""
        queryset = self.function(*args, **{name: Gap(name, field) for name, field in self.fields.items()}).all()
        query: Any = queryset.query
        compiler: Any = query.get_compiler(queryset.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        compiler.connection = None  # of the thread that asked first, which may be gone
        query.__class__ = _Worded
        query.words = _Words(compiler, sql, tuple(parameters))
        return queryset


def prepared(**fields: Field[Any, Any]) -> Callable[[Callable[..., QuerySet[Any, Any]]], Prepared]:
    """Prepare a queryset whose gaps are of these fields."""
    return lambda function: Prepared(function, fields)


class PreparedByKeys:
    """A function that gives a queryset of the rows of some keys, as one that gives the rows.

    Its words are those for the next power of two of keys, so that there are few.
    """

    def __init__(self, function: Callable[..., QuerySet[Any, Any]]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.by_size: dict[int, Prepared] = {}

    def __call__(self, *args: Hashable, keys: Sequence[int]) -> list[Any]:
        if not keys:
            return []
        size = 1 << (len(keys) - 1).bit_length()
        listed = self.by_size.get(size) or self.by_size.setdefault(size, self._of_so_many(size))
        filled = [*keys, *[keys[0]] * (len(listed.fields) - len(keys))]
        return listed(*args, **dict(zip(listed.fields, filled, strict=True)))

    def _of_so_many(self, size: int) -> Prepared:
        def of_keys(*args: Hashable, **keys: Value) -> QuerySet[Any, Any]:
            return self.function(*args, keys=[*keys.values()])

        return prepared(**{f"key_{place}": BigIntegerField() for place in range(size)})(of_keys)


def prepared_by_keys(function: Callable[..., QuerySet[Any, Any]]) -> PreparedByKeys:
    """Prepare a queryset of the rows whose ``keys`` are given."""
    return PreparedByKeys(function)
