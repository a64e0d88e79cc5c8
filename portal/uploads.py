"""Who is shown an uploaded file: everybody, if something public shows it; else whoever may see something that does.

Every column of files is asked, so the ground names no app. What belongs to another page, as a document to a cohort, or
is shown on one has ``showing_files()`` in its manager: those whose files a reader is shown, given what narrows pages of
any kind to those that the reader may see.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import cache, reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import FileField, Q, QuerySet
from django.http import HttpRequest

from portal import editor, preview
from portal.markdown import MarkdownField
from portal.publishing import Publishable, PublishableQuerySet
from portal.stored_files import StoredFileField

# Narrows pages of any kind to those that a reader may see.
Visible = Callable[[PublishableQuerySet], PublishableQuerySet]


def is_public(name: str) -> bool:
    """Whether every reader is shown the file of this name below ``/media/``."""
    return _is_shown(name, lambda items: items.public())


def is_visible(name: str, request: HttpRequest) -> bool:
    """Whether this reader is: by their account, or by the link to a draft with which they ask."""
    return _is_shown(name, lambda items: preview.visible(items, request)) or (
        _folder(name) == editor.FOLDER and editor.may_write(request)
    )


def _is_shown(name: str, visible: Visible) -> bool:
    if name != posixpath.normpath(name).lstrip("/") or not name.isprintable():
        return False  # one file has one name: no second one leads around its column
    columns = [column for column in _columns() if column.upload_to.casefold() == _folder(name)]
    if columns:
        return any(_showing(rows, visible).exists() for rows in _rows(columns, name))
    # What stands in texts is found by its random name only, also in drafts that are shared, whose prose has no tokens.
    # The rest is the operator's own.
    return not any(rows.exists() for rows in _withheld_texts(name))


def _showing(rows: Any, visible: Visible) -> Any:
    return rows.showing_files(visible) if hasattr(rows, "showing_files") else visible(rows)


def _folder(name: str) -> str:
    return posixpath.dirname(name).casefold()


@cache
def _columns() -> tuple[Any, ...]:
    """Every column of files that the portal has."""
    fields = (field for model in apps.get_models() for field in model._meta.local_concrete_fields)
    return tuple(field for field in fields if isinstance(field, FileField))


def _rows(columns: list[Any], name: str) -> Iterator[Any]:
    for column in columns:
        original = column.original(name) if isinstance(column, StoredFileField) else name
        yield column.model._default_manager.filter(**{column.name: original})


def _withheld_texts(name: str) -> Iterator[QuerySet[Any]]:
    """What was taken from readers at once and has this file in a text."""
    for kind in Publishable.kinds():
        texts = [field.name for field in kind._meta.concrete_fields if isinstance(field, MarkdownField)]
        holds = reduce(or_, (Q(**{f"{text}__contains": name}) for text in texts), Q(pk__in=[]))
        yield kind._default_manager.withheld().filter(holds)
