"""Uploaded files in a store that speaks S3, for portals of several machines.

Imported only where ``MEDIA_S3_BUCKET`` is set, since its packages are optional.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from portal.media_storage import AwayError, NotStoredError

# Seconds. Somebody waits for the file or the save, so an attempt that hangs is given up and made once more.
CONNECT, ANSWER = 3, 10
ATTEMPTS = 2


class PrivateBucket(S3Storage):
    """A bucket that nobody but the portal reads: who is shown a file is decided anew each time it is asked for.

    So no file has an address in the store; each has that below ``MEDIA_URL``, like one in a folder. A store has a file
    whole or not at all. Raises ``FileNotFoundError``, ``NotStoredError``, and ``AwayError`` where the store does not
    answer or refuses.
    """

    def __init__(self, **options: Any) -> None:
        endpoint = options.get("endpoint_url")
        super().__init__(
            **options,
            default_acl=None,  # the bucket's own, which is to be private
            file_overwrite=False,
            client_config=Config(
                connect_timeout=CONNECT,
                read_timeout=ANSWER,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                signature_version="s3v4",
                # Others than the first store of this kind know neither hosts named after buckets nor its new checksums.
                s3={"addressing_style": "path" if endpoint else "auto"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _in_our_words():
            file = super()._open(name, mode)
            if "r" in mode:
                _ = file.file  # fetched now, so that whoever reads meets no other errors than of the disk
            return file

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        try:
            with _in_our_words():
                return str(super().save(name, content, max_length))
        except OSError as error:
            raise NotStoredError(error.errno, f"The file could not be stored: {error}") from error

    def delete(self, name: str) -> None:
        with _in_our_words():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _in_our_words():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _in_our_words():
            folders, files = super().listdir(path)
            return folders, files

    def size(self, name: str) -> int:
        with _in_our_words():
            return int(super().size(name))

    def get_modified_time(self, name: str) -> dt.datetime:
        with _in_our_words():
            found: dt.datetime = super().get_modified_time(name)
            return found


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What goes wrong at the store, as whoever uses a storage expects it: as an ``OSError``."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {}).get("Code", "")
        if said in {"404", "NoSuchKey", "NotFound"}:
            raise FileNotFoundError("There is no such file in the store.") from error
        raise AwayError(f"The store of files refused: {said}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise AwayError(f"The store of files could not be asked: {type(error).__name__}.") from error
