"""Publish the site as files: for GitHub Pages, or any host of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from portal import dates
from portal.static_folder import FolderError
from portal.static_pages import ExportError
from portal.static_site import StaticSite

EVERY = 50
BROKEN_OFF = 130  # as shells say of what Ctrl-C ended


class Command(BaseCommand):
    help = (
        "Write the public site as files into FOLDER: an empty one, or one that an earlier export wrote. Until the new "
        "copy is whole, the one before stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument(
            "--base",
            default="",
            help="The address below which the copy will be found, such as https://team.github.io/site/. Feeds, the "
            "sitemap and canonical addresses name it. Without it, they name the portal itself (PORTAL_URL), and the "
            "folder can be opened from a disk.",
        )
        parser.add_argument("--cname", default="", help="Add a file CNAME for this host name, as GitHub Pages asks.")

    def handle(self, *args: Any, folder: Path, base: str, cname: str, verbosity: int, **options: Any) -> None:
        asked = 0

        def tell(address: str) -> None:
            nonlocal asked
            asked += 1
            if verbosity > 1 or (verbosity and asked % EVERY == 0):
                self.stdout.write(f"{asked} {address}")
                self.stdout.flush()

        try:
            report = StaticSite(base, cname, tell).export(folder.absolute())
        except (ExportError, FolderError) as error:
            raise CommandError(f"{error} Nothing in {folder} was changed.") from None
        except (Error, OSError) as error:
            why = getattr(error, "strerror", None) or " ".join(str(error).split()).rstrip(".")
            words = f"The copy could not be made: {why}. Mend that, and run it again."
            raise CommandError(words) from error
        except KeyboardInterrupt:
            raise CommandError("Broken off. Run it again to finish the copy.", returncode=BROKEN_OFF) from None
        for address, source in report.missing.items():
            self.stderr.write(f"{source} links to {address}, where nothing is.")
        for address in report.left_out:
            self.stderr.write(f"{address} forwards to nothing that is public, and is left out.")
        done = report.outcome
        self.stdout.write(
            f"Wrote {done.written:,}, removed {done.removed:,} and left {done.unchanged:,} files as they were. "
            f"The copy shows the site as it stood on {dates.day(report.as_on)}."
        )
