"""Headers that every answer carries, and the last look at an address before it is not found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponsePermanentRedirect
from django.middleware.security import SecurityMiddleware
from django.views.csrf import csrf_failure

from portal import forwarding

PUBLIC_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Of the few public pages that gain from a script of ours.
SCRIPT_POLICY = f"{PUBLIC_POLICY}; script-src 'self'"
STAFF_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STAFF_PREFIX = "/admin/"
METHODS = ["GET", "HEAD", "POST"]  # those that any page of the portal is asked by

# What a page may ask of the device or the browser: nothing. Passkeys are for the admin. Each is a name that browsers
# know: of any other, they complain on every page.
_REFUSED = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen gamepad "
    "geolocation gyroscope hid idle-detection local-fonts magnetometer microphone midi payment picture-in-picture "
    "publickey-credentials-create publickey-credentials-get screen-wake-lock serial storage-access sync-xhr usb "
    "window-management xr-spatial-tracking"
).split()
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
PUBLIC_PERMISSIONS = ", ".join(f"{name}=()" for name in _REFUSED)
STAFF_PERMISSIONS = ", ".join(f"{name}={'(self)' if name in PASSKEYS else '()'}" for name in _REFUSED)

GetResponse = Callable[[HttpRequest], HttpResponse]


class PolicyHeaders:
    """What a browser may load and do on a page: nothing but our own, and scripts for staff only; and what it may keep.

    Before all middlewares that answer, so that it sees every answer: also theirs, before any page is asked, such as the
    way to HTTPS and the refusal of a host. What a view has said itself stays.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.djangos_own = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # HSTS, nosniff, the referrer and the opener, which its answers to what it refuses do without.
        self.djangos_own.process_response(request, response)
        for name, value in policies(request.path).items():
            response.headers.setdefault(name, value)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = _kept_by(request)
        if settings.DEBUG and response.status_code in {404, 500}:
            del response["Content-Security-Policy"]  # Django's own pages for developers carry their style in the page
        return response


def policies(path: str) -> dict[str, str]:
    """The headers of an answer at this path, but for those that depend on the connection."""
    is_staff_page = path.startswith(STAFF_PREFIX)
    return {
        "Content-Security-Policy": STAFF_POLICY if is_staff_page else PUBLIC_POLICY,
        "Permissions-Policy": STAFF_PERMISSIONS if is_staff_page else PUBLIC_PERMISSIONS,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "X-Permitted-Cross-Domain-Policies": "none",
    }


def _kept_by(request: HttpRequest) -> str:
    """Who may keep an answer that says nothing of it: whoever does has to ask each time whether it is still right.

    Without a word, browsers keep a redirect for good, and go round in circles when a page takes its old address back.
    """
    is_of_staff = request.path.startswith(STAFF_PREFIX) or settings.SESSION_COOKIE_NAME in request.COOKIES
    return "private, no-cache" if is_of_staff else "public, no-cache"


def allow_script(response: HttpResponse) -> HttpResponse:
    """The answer of a page that gains from a script of ours, and works without it."""
    response["Content-Security-Policy"] = SCRIPT_POLICY
    return response


class KnownMethods:
    """Refuses what no page of the portal is asked by, before anything is read or looked up for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that a page of another site, or of another host of the same domain, sent somebody."""
    return request.headers.get("Sec-Fetch-Site", "") in {"cross-site", "same-site"}


class OwnForms:
    """Refuses what a browser says was sent by a page of another site, or of another host of the same domain.

    Besides the token that Django asks for, and with its words. The forms for readers are left alone, as they are by
    Django: they carry no authority that another site could use.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False) or not is_from_elsewhere(request):
            return None
        return csrf_failure(request, reason="sent by a page of another site")


class ForwardOldAddresses:
    """Only where no page was found: send the reader on from an old address."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and request.method in {"GET", "HEAD"}:
            target = forwarding.target_of(request.path_info)
            if target:
                query = request.META.get("QUERY_STRING", "")
                return HttpResponsePermanentRedirect(f"{target}?{query}" if query else target)
        return response
