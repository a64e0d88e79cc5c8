"""How much of an uploaded file is ever received: what is too large is cut off while it arrives, and then refused."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

MAX_BYTES = 10 * 1024 * 1024


class CutOffUpload(FileUploadHandler):
    """Lets no more of a file through than shows that it is larger than ``MAX_BYTES``.

    The handlers behind it, and whoever checks the file, see one that is just too large: the form then says so like
    anything else that is wrong, with all that was typed, and neither memory nor disk held more than that.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        return None
