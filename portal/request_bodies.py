"""What is sent with a request, received whole before a view begins, so that who sends slowly holds up nobody.

It arrives on the event loop of a process, where one more sender costs a few kilobytes and no thread. One who takes
longer than anybody should is told so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO

log = logging.getLogger(__name__)

# In bytes: of a whole request, of which each file is held to less (portal.receiving); and of what memory holds of it.
MAX_BYTES = 100 * 1024 * 1024
IN_MEMORY = 256 * 1024
# How long somebody may take: seconds for any form, and one more for each so many bytes, as over a poor connection.
PATIENCE = 60.0
BYTES_PER_SECOND = 16 * 1024

TOO_MUCH = "That is more than the portal takes in one go. Send fewer or smaller files."
TOO_SLOW = "That took longer than the portal waits. Go back and send it again."
CUT_OFF = "What was sent has not arrived in full. Go back and send it again."
NO_ROOM = "There is no room for this at the moment. Nothing was saved. Go back and send it again in a few minutes."


class RefusedError(Exception):
    """What was sent goes no further: with which status, and in which words whoever sent it is told."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


async def received(pieces: AsyncIterator[bytes], length: int) -> IO[bytes]:
    """All of ``length`` bytes that were announced, from their beginning. Whoever takes it closes it.

    Raises ``RefusedError``.
    """
    if length > MAX_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_MUCH)
    body = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    try:
        async with asyncio.timeout(PATIENCE + length / BYTES_PER_SECOND):
            # granian gives an empty piece at the end, and where the connection broke.
            while length > 0 and (piece := await anext(pieces, b"")):
                body.write(piece)
                length -= len(piece)
        if length > 0:
            raise RefusedError(HTTPStatus.BAD_REQUEST, CUT_OFF)
        body.seek(0)
    except BaseException as error:
        body.close()
        if isinstance(error, TimeoutError):
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW) from error
        if isinstance(error, OSError):
            log.error("There is no room for what is sent: %s", error.strerror)
            raise RefusedError(HTTPStatus.INSUFFICIENT_STORAGE, NO_ROOM) from error
        raise
    return body
