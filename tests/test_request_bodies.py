"""What is sent with a request: whole, bounded, and for as long as anybody may reasonably take."""

import asyncio
import errno

import pytest

from portal import request_bodies
from portal.request_bodies import RefusedError, received


async def pieces(*sent, forever=False):
    for piece in sent:
        yield piece
    if forever:
        await asyncio.Event().wait()
    yield b""  # as granian ends it


def receive(length, *sent, **how):
    return asyncio.run(received(pieces(*sent, **how), length))


def refusal(length, *sent, **how):
    with pytest.raises(RefusedError) as refused:
        receive(length, *sent, **how)
    return refused.value.status


@pytest.mark.parametrize("size", [1, 1_000, request_bodies.IN_MEMORY + 1])
def test_what_is_sent_arrives_whole(size):
    text = bytes(number % 251 for number in range(size))
    with receive(size, *filter(None, (text[: size // 2], text[size // 2 :]))) as body:
        assert body.read() == text


def test_what_is_cut_off_is_refused():
    assert refusal(10, b"abc") == 400


def test_too_much_is_refused_before_it_is_received():
    assert refusal(request_bodies.MAX_BYTES + 1, forever=True) == 413


def test_one_who_never_ends_is_told(monkeypatch):
    monkeypatch.setattr(request_bodies, "PATIENCE", 0.0)
    assert refusal(10, b"abc", forever=True) == 408


def test_who_sends_much_has_longer(monkeypatch):
    monkeypatch.setattr(request_bodies, "PATIENCE", 0.0)
    monkeypatch.setattr(request_bodies, "BYTES_PER_SECOND", 1)

    async def slowly():
        for piece in (b"abc", b"def"):
            await asyncio.sleep(0.05)
            yield piece

    with asyncio.run(received(slowly(), 6)) as body:
        assert body.read() == b"abcdef"


def test_a_full_disk_is_said(monkeypatch, caplog):
    class Full:
        def __init__(self, *args):
            self.is_closed = False
            files.append(self)

        def write(self, piece):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            self.is_closed = True

    files = []
    monkeypatch.setattr(request_bodies, "SpooledTemporaryFile", Full)
    assert refusal(3, b"abc") == 507
    assert files[0].is_closed
    assert "No space left" in caplog.text
