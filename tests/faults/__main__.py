"""Every script of this folder in turn, or those that are named, and a summary that names each.

``python -m tests.faults [NAME...]``. Ends with 1 if anything was lost, and with 130 after Ctrl-C, having said what held
until then. What the machine cannot run is NOT RUN, which is no failure unless REQUIRE_ALL=1 is set.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.scratch import STATIC
from tests.faults.trial import LOST, MISSING, ROOT

HERE = Path(__file__).resolve().parent
LIMIT = 1_800  # seconds, for a script that does not bound itself
TO_CLEAN_UP = 180  # seconds
BROKEN_OFF = 128 + signal.SIGINT


def scripts() -> list[str]:
    """The names of all that can be run, A to Z: every module that is a program."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.read_text().startswith("#!"))


def run(name: str, environment: dict[str, str]) -> int:
    """Run one to its end, or to that of its time; its exit status."""
    print(f"\n==> {name}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", f"tests.faults.{name}"], cwd=ROOT, env=environment)
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        return LOST
    finally:
        # It ends all that it started, and has time for that.
        if process.poll() is None:
            process.terminate()
            process.wait(TO_CLEAN_UP)


def verdict(status: int) -> str:
    return {0: "nothing lost", MISSING: "NOT RUN"}.get(status, "LOST")


def main(names: Sequence[str]) -> int:
    known = scripts()
    if unknown := sorted(set(names) - set(known)):
        print(f"There is no {', '.join(unknown)}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = list(names or known)
    found: dict[str, str] = {}
    begun = time.monotonic()
    is_broken_off = False
    try:
        with tempfile.TemporaryDirectory(prefix="portal-faults-static-") as folder:
            for name in chosen:
                since = time.monotonic()
                status = run(name, {**os.environ, STATIC: folder})
                found[name] = f"{verdict(status):<13} {name}, {time.monotonic() - since:.0f} s"
    except KeyboardInterrupt:
        is_broken_off = True
    return summed_up(chosen, found, time.monotonic() - begun, is_broken_off=is_broken_off)


def summed_up(chosen: Sequence[str], found: dict[str, str], seconds: float, *, is_broken_off: bool) -> int:
    """Say of each which held and which did not, and in one line whether all did. Gives the status to end with."""
    print("\nSummary")
    for name in chosen:
        print(f"  {found.get(name, f'broken off    {name}')}")
    wrong = ("LOST", "NOT RUN") if os.environ.get("REQUIRE_ALL") == "1" else ("LOST",)
    failed = [name for name, line in found.items() if line.startswith(wrong)]
    missing = [name for name, line in found.items() if line.startswith("NOT RUN")]
    words = f"{len(failed)} of {len(chosen)} did not hold: {', '.join(failed)}" if failed else "Lost: nothing"
    apart = f", {', '.join(missing)} not run" if missing else ""
    until = f"Broken off after {len(found)} of {len(chosen)}. " if is_broken_off else ""
    print(f"{until}{words}{apart}. {seconds / 60:.0f} minutes.", flush=True)
    return BROKEN_OFF if is_broken_off else int(bool(failed))


def _break_off(*args: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _break_off)
    sys.exit(main(sys.argv[1:]))
