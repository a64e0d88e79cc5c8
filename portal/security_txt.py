"""Whom to tell of a weakness in the portal: ``/.well-known/security.txt`` (RFC 9116)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import clock
from portal.web_address import absolute

PATH = "/.well-known/security.txt"
# The standard recommends less than a year (2.5.5). Whoever reads it asks for it again by then.
GOOD_FOR = dt.timedelta(days=180)


@never_cache  # nor in a copy as files, where nothing would move the day until which it is good
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Who to write to, until when that is certain, and where this page is the operator's own."""
    expires = dt.datetime.combine(clock.today() + GOOD_FOR, dt.time(), dt.UTC)
    lines = {
        "Contact": contact(),
        "Expires": expires.isoformat().replace("+00:00", "Z"),
        "Preferred-Languages": "en",
        "Canonical": absolute(PATH),
        "Policy": settings.SECURITY_POLICY,
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items() if value)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def contact() -> str:
    """The operator's contact as an address that a program can open."""
    given: str = settings.SECURITY_CONTACT or settings.PORTAL_EMAIL
    return given if ":" in given else f"mailto:{given}"
