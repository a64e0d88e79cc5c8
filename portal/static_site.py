"""A copy of the public site as files, for any host of files: what is in it, as on which day, and how it links.

It is made by ``manage.py export_site``. The same content gives the same files, byte for byte.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.handlers.wsgi import WSGIRequest
from django.db import models
from django.db.models import Max
from django.http import Http404
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from reversion.models import Version

from portal import clock, dates, own_pages
from portal.feeds import BEGINNING
from portal.middleware import PUBLIC_POLICY
from portal.publishing import Publishable
from portal.static_addresses import HTML, AddressError, address_of, between, file_of
from portal.static_folder import Folder, Outcome
from portal.static_pages import ExportError, Page, Pages
from portal.views import not_found

NOT_FOUND = "404.html"
# What a policy can say in a page is less than in a header (CSP 3, 3.3).
_NOT_IN_PAGE = re.compile(r";\s*(frame-ancestors|report-uri|sandbox)\b[^;]*")
_CHARSET = '<meta charset="utf-8">'
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)


@dataclass
class Report:
    """What an export did. ``missing`` are links of pages that lead nowhere, here as on the site itself."""

    outcome: Outcome
    as_on: dt.date
    missing: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)  # former addresses that lead nowhere


def last_change(now: dt.datetime) -> dt.datetime:
    """When what readers see last changed by ``now``, by an editor or by time alone."""
    found = [BEGINNING]
    found += filter(None, (kind._default_manager.public().modified_at(now) for kind in Publishable.kinds()))
    for model in apps.get_models():
        if hasattr(model, "moments"):
            rows: Any = model._default_manager
            texts = [one.name for one in model._meta.concrete_fields if isinstance(one, models.TextField)]
            shown = rows.public() if issubclass(model, Publishable) else rows.all()
            found += [moment.at for item in shown.defer(*texts) for moment in item.moments() if moment.at <= now]
    # Whatever else pages show, such as a term or a notice, says when it was saved by its history alone.
    pages = ContentType.objects.get_for_models(*Publishable.kinds()).values()
    others = Version.objects.exclude(content_type__in=pages).filter(revision__date_created__lte=now)
    saved: dt.datetime | None = others.aggregate(at=Max("revision__date_created"))["at"]
    return max([*found, *([saved] if saved else [])])


def base_of(text: str) -> str:
    """The address below which a copy will be found, such as ``https://team.github.io/site/``, ending in a slash.

    Raises ``ExportError``.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ExportError(f"--base is “{text}”; it must be an address such as https://team.github.io/site/.")
    return text.rstrip("/") + "/"


def host_of(text: str) -> str:
    """A host name for a file CNAME. Raises ``ExportError``."""
    if not _HOST.fullmatch(text):
        raise ExportError(f"--cname is “{text}”; it must be a host name such as www.example.org.")
    return text


class StaticSite:
    """The public site at a moment, to be written into a folder.

    ``base`` is the address below which it will be found; without one, what must stand in full (canonical addresses,
    feeds, calendars, the sitemap) names the portal itself, and links name each ``index.html``, as a disk needs it.
    """

    def __init__(self, base: str = "", cname: str = "", tell: Callable[[str], None] = lambda address: None) -> None:
        self.base = base_of(base) if base else ""
        self.cname = host_of(cname) if cname else ""
        self.tell = tell

    def export(self, path: Path) -> Report:
        """Write the copy. Until it is whole, the folder is not touched.

        Raises ``ExportError`` where a page fails, and ``FolderError`` where the folder cannot take it.
        """
        folder = Folder(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        now = timezone.now()
        as_on = dates.local_day(last_change(now))
        with (
            tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as draft,
            clock.stopped_at(now),
            clock.copied_as_on(as_on),
        ):
            pages = Pages(Path(draft), self.tell)
            pages.collect()
            self._add_not_found(pages)
            left_out = self._finish(pages)
            return Report(folder.take(Path(draft)), as_on, pages.missing, left_out)

    def _finish(self, pages: Pages) -> list[str]:
        """Lead every link to its file, and add what no page is. Gives the former addresses that lead nowhere."""
        for file, page in pages.files.items():
            path = pages.folder / file
            body = pages.changed(page, path.read_bytes(), self._here(pages, file), self._complete(pages))
            path.write_bytes(_with_policy(body, page) if page.kind == HTML else body)
        left_out = list(self._add_redirects(pages))
        pages.write(".nojekyll", b"")  # GitHub Pages would leave out what begins with an underscore
        if self.cname:
            pages.write("CNAME", f"{self.cname}\n".encode())
        return left_out

    # Links

    def _here(self, pages: Pages, file: str) -> Callable[[str], str]:
        """Changes an address that a browser follows from the page that is this file."""

        def change(address: str) -> str:
            local = pages.local(address)
            place = pages.place_of(local) if local is not None else None
            if place is None:
                return address
            there, fragment = place
            if file == NOT_FOUND and self.base:  # it is shown at any depth
                way = urlsplit(self.base).path + address_of(there)
            else:
                way = between(file, there, names_index=not self.base)
            return f"{way}#{fragment}" if fragment else way

        return change

    def _complete(self, pages: Pages) -> Callable[[str], str]:
        """Changes an address that stands in full."""

        def change(address: str) -> str:
            local = pages.local(address)
            place = pages.place_of(local) if local is not None and self.base else None
            if place is None:
                return address
            there, fragment = place
            return f"{self.base}{address_of(there)}{f'#{fragment}' if fragment else ''}"

        return change

    # Files that are no page of the portal

    def _add_not_found(self, pages: Pages) -> None:
        """The page that hosts show where there is none."""
        address = f"/{NOT_FOUND}"
        request = WSGIRequest(own_pages.environ_of(settings.PORTAL_URL + address))
        answer = not_found(request, Http404())
        pages.add(NOT_FOUND, Page(address, answer["Content-Type"]), answer.content)

    def _add_redirects(self, pages: Pages) -> Iterator[str]:
        """A small page at each former address that leads to the present one. Yields those that lead nowhere."""
        for address in dict.fromkeys([*pages.former, *_feeds(pages)]):
            place = pages.place_of(address)
            try:
                file = file_of(address)
            except AddressError:
                place = None
            if place is None:
                yield address
            elif file not in pages.files:
                pages.write(file, _with_policy(self._moved(pages, file, address).encode(), Page(address, HTML)))

    def _moved(self, pages: Pages, file: str, address: str) -> str:
        here, complete = self._here(pages, file), self._complete(pages)
        full = settings.PORTAL_URL + address
        context = {
            "address": here(full),
            "canonical": complete(settings.PORTAL_URL + pages.leads.get(address, address)),
            "stylesheet": here(settings.PORTAL_URL + static("portal.css")),
            "icon": here(settings.PORTAL_URL + static("portal/icon.svg")),
            "portal_name": settings.PORTAL_NAME,
        }
        return render_to_string("portal/moved.html", context)


def _feeds(pages: Pages) -> list[str]:
    """What stands at an address like that of a page, and is a file of another kind."""
    return [page.address for page in pages.files.values() if page.kind != HTML and page.address.endswith("/")]


def _with_policy(body: bytes, page: Page) -> bytes:
    """A page that says itself what its header would."""
    policy = _NOT_IN_PAGE.sub("", page.headers.get("content-security-policy", PUBLIC_POLICY))
    referrer = page.headers.get("referrer-policy", "same-origin")
    said = f'{_CHARSET}\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    said += f'<meta name="referrer" content="{referrer}">'
    return body.replace(_CHARSET.encode(), said.encode(), 1)
