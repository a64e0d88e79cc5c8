#!/usr/bin/env python3
"""The disk full during an edit, an upload, a backup, an export and an import; then with room again.

Everything that the portal and its database write lies on a small disk in memory, which a file fills to the last byte.
Each is refused in words and leaves nothing half-written, readers notice nothing, and all of it works once there is room
again. Needs Linux and root, to mount the disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.faults import crowd, ledger, scratch
from tests.faults.browser import Answer, Browser
from tests.faults.trial import MissingError, Trial, run, until

BALLAST = "ballast"
NEW = "Imported while the disk was full"
STEP = 64 * 1024
DOCUMENTS = 40


def trial(trial: Trial) -> None:
    for on in ("sqlite", "postgresql"):
        trial.apart(_full, on)


def _full(trial: Trial, on: str) -> None:
    # PostgreSQL begins with 40 MB and writes its log in files of 16.
    with disk(trial.options.megabytes + (128 if on == "postgresql" else 0)) as small:
        data = small / "database" / "data" if on == "postgresql" else None
        if data:
            data.parent.mkdir()
        with scratch.site(trial, on=on, var=small / "var", data=data) as site:
            _on(trial, site, small)


@contextmanager
def disk(megabytes: int) -> Iterator[Path]:
    """A disk of that size, mounted until the block ends. Raises ``MissingError`` where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="portal-faults-disk-") as folder:
        Path(folder).chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "portal-faults", folder]
        try:
            done = subprocess.run(mount, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise MissingError("there is no mount, to make a small disk") from None
        if done.returncode:
            raise MissingError(f"a small disk cannot be mounted: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)


def fill(small: Path) -> None:
    """Until not one byte more has room."""
    with suppress(OSError), (small / BALLAST).open("ab", buffering=0) as file:
        while file.write(b"\0" * STEP) == STEP:
            pass


def _on(trial: Trial, site: scratch.Scratch, small: Path) -> None:
    from articles.models import Article

    names, projects = site.staff(1), site.projects(3)
    with site.serving(2) as server:
        (editor,) = crowd.editors(server.base, names, projects, trial.options.seed)
        scratch.close()
        editor.save()
        trial.holds(editor.edits and editor.edits[0].outcome is ledger.Outcome.SAVED, "with room, an edit is saved")
        before, rows = files(site.var / "media"), Article.objects.count()
        scratch.close()
        fill(small)
        trial.did(f"filled the disk of {site.on}")
        _edits(trial, editor)
        _upload(trial, site, server.base, editor.browser, before)
        _commands(trial, site, small)
        statuses = {path: scratch.asked(server.base, path) for path in crowd.PATHS}
        trial.holds(set(statuses.values()) == {200}, f"readers have their pages: {statuses}")
        (small / BALLAST).unlink()
        if site.database and not site.database.answers():
            trial.did("PostgreSQL had ended, as it does where its log has no room; started it, as systemd would")
            site.database.kill()
            site.database.start()
        trial.holds(Article.objects.count() == rows, "no row was made without its file, nor of the import")
        scratch.close()
        saves = len(editor.saved_at)
        seconds = until(lambda: editor.save() or len(editor.saved_at) > saves, 30, pause=0.5)
        trial.holds(seconds < 30, f"with room again, an edit is saved after {seconds:.1f} s, without a restart")
        answer = _send_photo(editor.browser)
        trial.holds(answer.status == 302 and files(site.var / "media") > before, "and an upload")
        scratch.close()
        done = _command("backup", str(site.folder / "again.backup"))
        trial.holds(done.returncode == 0, "and a backup is made")
        done = _command("import_content", str(site.folder / "documents"))
        trial.holds(
            done.returncode == 0 and _imported() == DOCUMENTS,
            f"and all {DOCUMENTS} documents are imported, whole",
        )
    scratch.close()
    ledger.judge(trial, editor.edits)


def _edits(trial: Trial, editor: crowd.Editor) -> None:
    already = len(editor.edits)
    # Long ones: SQLite's log and PostgreSQL's files have some room of their own.
    editor.more = {"need": ["Waiting lists are long. " * 2_000]}
    for _ in range(trial.options.edits):
        editor.save()
        if editor.told:
            break
    editor.more = {}
    tried = editor.edits[already:]
    trial.did(f"sent {len(tried)} edits: {ledger.counted(tried)}; told {sorted({one.status for one in editor.told})}")
    trial.holds(editor.told, "an edit found no room, and was refused")
    rude = [one for one in editor.told if one.status not in {503, 507}]
    trial.holds(not rude, "whoever was refused was told so politely")
    trial.lost(f"an editor was told {one.status}: {one.words}" for one in rude[:3])
    editor.told.clear()


def _upload(trial: Trial, site: scratch.Scratch, base: str, browser: Browser, before: set[str]) -> None:
    answer = _send_photo(browser)
    trial.holds(answer.status in {503, 507}, f"an upload is refused politely ({answer.status}: {_says(answer)})")
    left = files(site.var / "media") - before
    trial.holds(not left, f"nothing of a file was left{': ' if left else ''}{', '.join(sorted(left))}")


def _send_photo(browser: Browser) -> Answer:
    """A new article with a cover."""
    from tests.hostile_images import halves, written

    path = "/admin/articles/article/add/"
    answer = browser.get(path)
    if answer.status != 200:
        return answer
    fields = {**answer.page.fields, "title": ["With a cover"], "cover_alt": ["A sea"]}
    return browser.post(path, fields, {"cover": ("sea.jpg", "image/jpeg", written(halves((400, 400)), "JPEG"))})


def _commands(trial: Trial, site: scratch.Scratch, small: Path) -> None:
    def nothing_of(name: str) -> Callable[[], list[str]]:
        return lambda: [str(path) for path in small.rglob("*") if name in path.name and path.is_file()]

    documents = site.folder / "documents"
    documents.mkdir()
    for number in range(DOCUMENTS):
        head = f"---\ntitle: {NEW} {number}\npermalink: new-{number}\ntype: article\nstatus: complete\n---\n"
        # Long ones, for the same reason as the edits.
        (documents / f"new-{number}.md").write_text(
            head + f"Paragraph {number}. {'Read before you count. ' * 40}\n\n" * 100
        )
    tried: dict[str, tuple[list[str], Callable[[], list[str]] | None]] = {
        "a backup": (["backup", str(small / "full.backup")], nothing_of("full.backup")),
        "an export": (["export_site", str(small / "exported")], nothing_of("index.html")),
        "an import": (
            ["import_content", str(documents)],
            None,
        ),  # what is left of it is asked for when PostgreSQL can be asked again
    }
    for name, (arguments, left) in tried.items():
        done = _command(*arguments)
        words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        is_clear = "Traceback" not in done.stderr and done.returncode != 0
        trial.holds(is_clear, f"{name} ends with {done.returncode} and says: {words[:200]}")
        if left is None:
            continue
        found = left()
        trial.holds(not found, f"{name} leaves nothing half-written{': ' if found else ''}{', '.join(found[:3])}")


def _imported() -> int:
    """How many of the documents are there, each with its revision and its words in the search."""
    from articles.models import Article
    from portal import revisions
    from portal.models import SearchEntry

    found = set(SearchEntry.objects.filter(kind="articles.article").values_list("object_id", flat=True))
    items = Article.objects.filter(title__startswith=NEW)
    return sum(item.pk in found and bool(revisions.latest(item)) for item in items)


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        scratch.python(*arguments), capture_output=True, text=True, check=False, timeout=200, env=dict(os.environ)
    )


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()


def _says(answer: Any) -> str:
    return " ".join([*answer.page.text("h1"), *answer.page.text("ul")[:3]])[:300]


if __name__ == "__main__":
    sys.exit(run(trial, __doc__, seconds=1_200, megabytes=128, edits=60))
