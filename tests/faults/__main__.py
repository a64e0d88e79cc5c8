"""Every script of this folder in turn, or those that are named, and a summary that names each.

``python -m tests.faults [NAME...]``. Ends with 1 if anything was lost. What the machine cannot run is NOT RUN, which is
no failure unless REQUIRE_ALL=1 is set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.scratch import STATIC
from tests.faults.trial import LOST, MISSING, ROOT

HERE = Path(__file__).resolve().parent
LIMIT = 1_800  # seconds, for a script that does not bound itself
# On a database of its own, which the script is given.
WITH_POSTGRES = {"backup_while_editing"}


def scripts() -> list[str]:
    """The names of all that can be run, A to Z: every module that is a program."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.read_text().startswith("#!"))


def command(name: str) -> list[str]:
    """What runs a script."""
    before = [str(ROOT / "bin" / "with-postgres")] if name in WITH_POSTGRES else []
    return [*before, sys.executable, "-m", f"tests.faults.{name}"]


def run(name: str, environment: dict[str, str]) -> int:
    """Run one to its end, or to that of its time; its exit status."""
    print(f"\n==> {name}", flush=True)
    process = subprocess.Popen(command(name), cwd=ROOT, env=environment)
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        return LOST
    finally:
        # It ends all that it started, and has time for that.
        if process.poll() is None:
            process.terminate()
            process.wait(120)


def verdict(status: int) -> str:
    return {0: "nothing lost", MISSING: "NOT RUN"}.get(status, "LOST")


def main(names: list[str]) -> int:
    known = scripts()
    if unknown := sorted(set(names) - set(known)):
        print(f"There is no {', '.join(unknown)}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="portal-faults-static-") as folder:
        for name in names or known:
            begun = time.monotonic()
            status = run(name, {**os.environ, STATIC: folder})
            found[name] = f"{verdict(status):<13} {name}, {time.monotonic() - begun:.0f} s"
    print("\nSummary")
    for line in found.values():
        print(f"  {line}")
    wrong = ("LOST", "NOT RUN") if os.environ.get("REQUIRE_ALL") == "1" else ("LOST",)
    return int(any(line.startswith(wrong) for line in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
