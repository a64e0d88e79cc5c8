"""A copy of the site as files, read as whoever hosts it serves it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.core.management import call_command

from tests.pages import Page

BASE = "https://team.example/site/"
HERE = "https://nowhere.example/"  # where a copy without a base is thought to stand


class Copy:
    """The files below a folder, by their names, and the addresses in them."""

    def __init__(self, folder: Path, base: str = "") -> None:
        self.folder, self.base = folder, base or HERE
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def text(self, name: str) -> str:
        return self.files[name].decode()

    def page(self, name: str) -> Page:
        return Page(self.text(name))

    @property
    def pages(self) -> dict[str, Page]:
        return {name: self.page(name) for name in self.files if name.endswith(".html")}

    def words(self, name: str) -> str:
        """What a reader of a page reads, its description among it."""
        page = self.page(name)
        described = [meta["content"] for meta in page.all("meta", name="description")]
        return " ".join([page.title, *page.text("body"), *described]).replace("\u00a0", " ")

    def file_at(self, address: str) -> str | None:
        """The file that a host of files answers with."""
        path = unquote(urlsplit(address).path).removeprefix(urlsplit(self.base).path)
        return next((name for name in (path, f"{path.rstrip('/')}/index.html".lstrip("/")) if name in self.files), None)

    def broken(self) -> list[tuple[str, str]]:
        """Every address in the copy that lies in it and leads to no file, or to no id of its page."""
        found = []
        ids = {name: {tags.get("id") for _, tags in page.tags} for name, page in self.pages.items()}
        for name in self.files:
            for address in self._addresses(name):
                whole = urljoin(self.base + name, address)
                if not whole.startswith(self.base):
                    continue
                file, fragment = self.file_at(whole), urlsplit(whole).fragment
                if file is None or (fragment and file in ids and fragment not in ids[file]):
                    found.append((name, address))
        return found

    def _addresses(self, name: str) -> list[str]:
        if name.endswith(".css"):
            return re.findall(r'url\("([^"]+)"\)', self.text(name))
        if not name.endswith((".html", ".xml", ".json", ".csv", ".ics", ".txt")):
            return []
        text = self.text(name).replace("\r\n ", "")
        whole = re.findall(rf"{re.escape(self.base)}[^\s\"'<>\\;,]*", text)
        if not name.endswith(".html"):
            return whole
        tags = self.page(name).tags
        named = [tag[key] for _, tag in tags for key in ("href", "src", "data-href") if key in tag]
        named += [one.split()[0] for _, tag in tags for one in tag.get("srcset", "").split(", ") if one]
        named += [tag["content"].partition("url=")[2] for _, tag in tags if tag.get("http-equiv") == "refresh"]
        return named + [address.rstrip(".)") for address in whole]


def export(folder: Path, *, base: str = "", **options: Any) -> tuple[Copy, str]:
    """Make a copy. It, and what the command said."""
    out = StringIO()
    call_command("export_site", str(folder), base=base, stdout=out, stderr=out, **options)
    return Copy(folder, base), out.getvalue()
