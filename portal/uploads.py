"""Who is shown an uploaded file: everybody, if something public shows it; else whoever may see something that does.

Every column of files is asked, so the ground names no app. What belongs to another page, as a document to a cohort, or
is shown on one has ``showing_files()`` in its manager: those whose files a reader is shown, given what narrows pages of
any kind to those that the reader may see.
"""

from __future__ import annotations

import mimetypes
import posixpath
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import http_date
from django.views.static import was_modified_since

from portal import editor, preview, stored_files
from portal.markdown import MarkdownField
from portal.publishing import Publishable, PublishableQuerySet

# Narrows pages of any kind to those that a reader may see.
Visible = Callable[[PublishableQuerySet], PublishableQuerySet]


# What a browser may open in its window. Whatever else lies there is only ever saved.
IMAGES = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
# A file is no page: opened by itself, it loads nothing, runs nothing, and is of no site.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


def is_file(name: str) -> bool:
    """Whether there may be a file of this name below ``/media/`` that anybody is shown.

    One file has one name: no second one leads around its column, and in a folder no link to another place. What begins
    with a dot is not for readers.
    """
    if not name or name != posixpath.normpath(name).lstrip("/") or not name.isprintable() or "\\" in name:
        return False
    if any(part.startswith(".") for part in name.split("/")):
        return False
    if not isinstance(default_storage, FileSystemStorage):
        return True  # a store elsewhere has no links; whether there is a file, it says when it is asked for one
    path = Path(default_storage.base_location).resolve() / name
    return path.is_file() and path.resolve() == path


def answer(name: str, request: HttpRequest, *, is_public: bool) -> HttpResponseBase:
    """The file, always whole, since none is long; or that the reader's copy of it is still right.

    Raises ``OSError``: ``FileNotFoundError`` where there is none, ``AwayError`` where the store cannot be asked.
    """
    changed_at = default_storage.get_modified_time(name).timestamp()
    response: HttpResponseBase
    if was_modified_since(request.headers.get("If-Modified-Since"), changed_at):
        content_type, encoding = mimetypes.guess_type(name)
        kind = content_type if content_type and not encoding else "application/octet-stream"
        response = FileResponse(default_storage.open(name), content_type=kind)
        response["Last-Modified"] = http_date(changed_at)
    else:
        response = HttpResponseNotModified()
    for header, value in headers(name, is_public=is_public).items():
        response[header] = value
    return response


def headers(name: str, *, is_public: bool) -> dict[str, str]:
    """What every answer about this file says of it, also that nothing has changed (RFC 9110, 15.4.5).

    Browsers keep it, and ask each time whether they may still show it: it is gone as soon as its page is.
    """
    content_type = IMAGES.get(posixpath.splitext(name)[1].lower())
    return {
        "Cache-Control": "no-cache" if is_public else "private, no-store",
        # Without a name: the stored one is random, and a link that knows a better one gives it (``download``).
        "Content-Disposition": "inline" if content_type else "attachment",
        "Content-Security-Policy": POLICY,
        **({"Content-Type": content_type} if content_type else {}),
    }


def is_public(name: str) -> bool:
    """Whether every reader is shown this file."""
    return _is_shown(name, lambda items: items.public())


def is_visible(name: str, request: HttpRequest) -> bool:
    """Whether this reader is: by their account, or by the link to a draft with which they ask."""
    return _is_shown(name, lambda items: preview.visible(items, request)) or (
        _folder(name) == editor.FOLDER and editor.may_write(request)
    )


def _is_shown(name: str, visible: Visible) -> bool:
    columns = [column for column in stored_files.columns() if str(column.upload_to).casefold() == _folder(name)]
    if columns:
        return any(_showing(rows, visible).exists() for rows in _rows(columns, name))
    # What stands in texts is found by its random name only, also in drafts that are shared, whose prose has no tokens.
    # The rest is the operator's own.
    return not any(rows.exists() for rows in _withheld_texts(name))


def _showing(rows: Any, visible: Visible) -> Any:
    return rows.showing_files(visible) if hasattr(rows, "showing_files") else visible(rows)


def _folder(name: str) -> str:
    return posixpath.dirname(name).casefold()


def _rows(columns: list[Any], name: str) -> Iterator[Any]:
    for column in columns:
        yield column.model._default_manager.filter(**{column.name: column.original(name)})


def _withheld_texts(name: str) -> Iterator[QuerySet[Any]]:
    """What was taken from readers at once and has this file in a text."""
    for kind in Publishable.kinds():
        texts = [field.name for field in kind._meta.concrete_fields if isinstance(field, MarkdownField)]
        holds = reduce(or_, (Q(**{f"{text}__contains": name}) for text in texts), Q(pk__in=[]))
        yield kind._default_manager.withheld().filter(holds)
