"""A folder that a copy of the site is kept in: what it wrote there, and how the next copy takes its place.

A list in the folder names every file of the copy. Nothing else is ever changed or removed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

LIST = ".export_site.json"
# Of git, where the folder is a checkout of the branch that is published.
NOT_OURS = {".git"}


class FolderError(Exception):
    """Why a folder cannot take a copy of the site, in a sentence."""


@dataclass(frozen=True)
class Outcome:
    """What became of the files of a copy."""

    written: int
    unchanged: int
    removed: int


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def files_in(folder: Path) -> list[str]:
    """Every file below a folder, but for those that are none of ours."""
    found = []
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in NOT_OURS]
            names = [name for name in names if name not in NOT_OURS]
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


class Folder:
    """A folder to publish. Raises ``FolderError`` where anything is in it that no copy wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            raise FolderError(f"{path} is not a folder.")
        self.before = self._listed()
        others = [file for file in files_in(path) if file not in self.before and file != LIST]
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            raise FolderError(
                f"{path} has something in it that is not of a copy of the site: {others[0]}{more}. "
                "Choose an empty folder, or one that an earlier copy was made in."
            )

    def _listed(self) -> set[str]:
        """The files that earlier copies wrote here."""
        try:
            text = (self.path / LIST).read_text(encoding="utf-8")
        except FileNotFoundError:
            return set()
        try:
            return set(json.loads(text)["files"])
        except (ValueError, KeyError, TypeError):
            raise FolderError(f"{self.path / LIST} cannot be read as the list of an earlier copy.") from None

    def take(self, new: Path) -> Outcome:
        """Let the files below ``new``, on the same disk, take the place of those of the copy before.

        Each file is whole at every moment. Pages come after what they need, and what is gone goes last, so that whoever
        reads meanwhile, or after it was broken off, finds pages whose links work.
        """
        files = files_in(new)
        self.path.mkdir(parents=True, exist_ok=True)
        gone = sorted(self.before - set(files))
        changed = [file for file in files if not self._is_same(new, file)]
        if not changed and not gone and self.before == set(files):
            return Outcome(0, len(files), 0)
        self._list({*self.before, *files})
        in_the_way = {str(parent) for file in files for parent in Path(file).parents} & set(gone)
        for file in in_the_way:
            (self.path / file).unlink(missing_ok=True)
        for file in sorted(changed, key=lambda file: (file.endswith((".html", ".htm")), file)):
            path = self.path / file
            if path.is_dir() and not path.is_symlink():
                self._remove([old for old in gone if old.startswith(f"{file}/")])
            path.parent.mkdir(parents=True, exist_ok=True)
            (new / file).replace(path)
        removed = self._remove(gone)
        self._list(files)
        return Outcome(len(changed), len(files) - len(changed), removed + len(in_the_way))

    def _is_same(self, new: Path, file: str) -> bool:
        path = self.path / file
        return path.is_file() and not path.is_symlink() and _digest(path) == _digest(new / file)

    def _remove(self, files: Iterable[str]) -> int:
        """Take files away, and the folders that are empty then. How many there were."""
        number = 0
        for file in files:
            path = self.path / file
            if path.is_file() or path.is_symlink():
                path.unlink()
                number += 1
            for parent in path.parents:
                if parent == self.path or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()
        return number

    def _list(self, files: Iterable[str]) -> None:
        """Write the list, whole or not at all."""
        draft = self.path / f"{LIST}.new"
        draft.write_text(json.dumps({"files": sorted(files)}, indent=0) + "\n", encoding="utf-8")
        draft.replace(self.path / LIST)
