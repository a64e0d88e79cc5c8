"""What long commands have in common."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDED = 128 + signal.SIGTERM  # as shells say it


@contextmanager
def ends_cleanly() -> Iterator[None]:
    """Whoever ends the command, such as a timer that has waited for too long, lets it clean up after itself."""

    def end(*args: Any) -> None:
        sys.exit(ENDED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
