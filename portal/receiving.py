"""How much a request may bring: what is too large is refused before it lies in memory or on the disk.

Three bounds stand behind each other. A whole request has one, by who sends it: most people only fill in forms, and a
stranger could otherwise fill the disk with a hundred files at once. A file is cut off while it arrives, and the form
then says that it is too large, with all that was typed. What is no file is bounded by Django in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render

from portal import unavailable
from portal.media_storage import NotStoredError

# Of one file.
MAX_BYTES = 10 * 1024 * 1024
# Of a whole request of staff, whose longest form has several files.
MOST_OF_STAFF = 64 * 1024 * 1024
# What is read and thrown away of a request that is refused: a browser shows an answer only when all was sent.
MOST_THROWN_AWAY = MOST_OF_STAFF
_AT_ONCE = 64 * 1024

GetResponse = Callable[[HttpRequest], HttpResponse]


class NoRoomError(SuspiciousOperation):
    """There was no room for an upload while it arrived.

    It is reported as a request that cannot be taken, because Django asks for uploads before any view could answer.
    """


class BoundedRequests:
    """Refuses a request that says it is larger than its sender may send, or that does not say how large it is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.META.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" in request.META:
            return _answer(request, 411)
        length = _length(request)
        # Who asks is looked up only where it matters: for all that readers send, it does not.
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and length > _most(request):
            _throw_away(request)
            return _answer(request, 413)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What could not be stored was not saved either: its transaction has been rolled back by now."""
        return _answer(request, 507) if isinstance(exception, NotStoredError) else None


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that cannot be read. What Django would call bad may be only too large."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return _answer(request, 413)
    passing = unavailable.told(request, exception)
    return passing or _answer(request, 507 if isinstance(exception, NoRoomError) else 400)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # as Django reads it: nothing is


def _most(request: HttpRequest) -> int:
    """How many bytes whoever asks may send in all."""
    return MOST_OF_STAFF if getattr(request.user, "is_staff", False) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


def _throw_away(request: HttpRequest) -> None:
    left = MOST_THROWN_AWAY
    with suppress(UnreadablePostError):  # whoever sent it has gone, and waits for no answer
        while left > 0 and (piece := request.read(_AT_ONCE)):
            left -= len(piece)


_SENTENCES = {
    400: ("This request could not be read", "It came damaged, or was not made by a page of this portal."),
    411: ("This request does not say how long it is", "Send it with a Content-Length."),
    413: (
        "This is too much to send at once",
        "Go back and send less: smaller files, or fewer of them, or a shorter text. Nothing of it was kept.",
    ),
    507: (
        "This cannot be stored at the moment",
        "Nothing was saved. Go back, where what you typed still is, and try again in a few minutes. If it goes on, "
        "tell whoever runs the portal.",
    ),
}


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    """A page that stands alone, or its words for what is no browser's page, such as the editor."""
    title, sentence = _SENTENCES[status]
    # Nothing of a reader reaches a page that might be kept, so who asks for one is taken for a browser.
    if "text/html" in request.headers.get("Accept", "text/html"):
        return render(request, "refused.html", {"title": title, "sentence": sentence}, status=status)
    return HttpResponse(f"{title}. {sentence}\n", status=status, content_type="text/plain; charset=utf-8")


class CutOffUpload(FileUploadHandler):
    """Lets no more of a file through than shows that it is larger than ``MAX_BYTES``.

    The handlers behind it, and whoever checks the file, see one that is just too large: the form then says so like
    anything else that is wrong, with all that was typed, and neither memory nor disk held more than that.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        return None


class TemporaryUpload(TemporaryFileUploadHandler):
    """Keeps a larger file on the disk while it arrives; a full disk is an answer in words, and leaves nothing there."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._or_no_room(super().new_file, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return self._or_no_room(super().receive_data_chunk, raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        return self._or_no_room(super().file_complete, file_size)

    def _or_no_room(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return step(*args, **kwargs)
        except OSError as error:
            if hasattr(self, "file"):
                with suppress(OSError):  # what is still in memory finds no room either; the file goes all the same
                    self.file.close()
            raise NoRoomError("There is no room for an upload.") from error
