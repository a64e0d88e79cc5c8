"""One fault on purpose: what the script did, what held, and what was lost, in lines that people read.

A script ends with 0 where nothing was lost, with 1 where something was, and with 77 where the machine lacks what it
needs. It is bounded in time, and whatever it started ends with it: an interruption is an exception like any other.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LOST, MISSING = 1, 77
SHOWN = 20


class MissingError(Exception):
    """The machine lacks something without which this cannot be tried."""


@dataclass
class Trial:
    """What became of one script. ``dice`` fall the same way for the same ``seed``."""

    options: argparse.Namespace
    dice: random.Random
    losses: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def did(self, words: str) -> None:
        print(f"  did   {words}", flush=True)

    def held(self, words: str) -> None:
        print(f"  held  {words}", flush=True)

    def lost(self, words: str | Iterable[str]) -> None:
        """One thing that was lost, or several; an empty list is none."""
        for one in [words] if isinstance(words, str) else words:
            print(f"  LOST  {one}", flush=True)
            self.losses.append(one)

    def holds(self, is_so: Any, words: str) -> None:
        """``words`` is what holds, and what was lost where it does not."""
        if is_so:
            self.held(words)
        else:
            self.lost(f"not so: {words}")

    def apart(self, what: Callable[..., None], *arguments: Any) -> None:
        """Do it in a process of its own, for what a process can do once; it ends with this one."""
        process = get_context("fork").Process(target=_apart, args=(self, what, arguments))
        process.start()
        try:
            process.join()
        finally:
            if process.is_alive():
                process.terminate()
                process.join(120)
        if process.exitcode == MISSING:
            raise MissingError("said above")
        if process.exitcode:
            self.losses.append(f"said above, of {' '.join(map(str, arguments)) or 'a part'}")

    def status(self) -> int:
        took = f"{time.monotonic() - self.begun:.0f} s"
        if not self.losses:
            print(f"Lost: nothing. {took}", flush=True)
            return 0
        print(f"Lost: {len(self.losses)}, such as", flush=True)
        for words in self.losses[:SHOWN]:
            print(f"  {words}")
        print(took, flush=True)
        return LOST


def run(trial: Callable[[Trial], None], about: str | None, *, seconds: int, **numbers: int) -> int:
    """Try it within so many ``seconds``, with options for these ``numbers``. Gives the status to end with."""
    parser = argparse.ArgumentParser(description=(about or "").split("\n", 1)[0])
    for name, usual in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=f"({usual})")
    parser.add_argument("--seed", type=int, default=1, help="The same seed makes the same choices. (1)")
    parser.add_argument("--seconds", type=int, default=seconds, help=f"It is broken off after so many. ({seconds})")
    options = parser.parse_args()
    chosen = ", ".join(f"{name} {value}" for name, value in vars(options).items())
    print(f"{parser.description} ({chosen})", flush=True)
    # Not for chance that nobody may guess: for chance that comes again.
    found = Trial(options, random.Random(options.seed))  # noqa: S311
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, _end)
    signal.alarm(options.seconds)
    try:
        trial(found)
    except MissingError as error:
        print(f"NOT RUN: {error}", flush=True)
        return MISSING
    except Exception as error:
        traceback.print_exc()
        print(f"Lost: not known. The script itself failed: {type(error).__name__}", flush=True)
        return LOST
    return found.status()


def _apart(trial: Trial, what: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    trial.losses.clear()  # those of before are known
    try:
        what(trial, *arguments)
    except MissingError as error:
        print(f"NOT RUN: {error}", flush=True)
        sys.exit(MISSING)
    except Exception as error:
        traceback.print_exc()
        trial.lost(f"the script itself failed: {type(error).__name__}")
    sys.exit(LOST if trial.losses else 0)


def _end(number: int, frame: Any) -> None:
    """Unwind everything, and let no second word disturb that."""
    for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(one, signal.SIG_IGN)
    print("Broken off: it took too long" if number == signal.SIGALRM else "Broken off", file=sys.stderr, flush=True)
    sys.exit(LOST if number == signal.SIGALRM else 128 + number)


def until(is_so: Callable[[], Any], seconds: float, *, pause: float = 0.02) -> float:
    """How many seconds it took until something was so; infinity where it was not within ``seconds``."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > seconds:
            return float("inf")
        time.sleep(pause)
    return time.monotonic() - begun
