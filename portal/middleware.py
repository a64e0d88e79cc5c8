"""Headers that every page carries, and the last look at an address before it is not found."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

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

GetResponse = Callable[[HttpRequest], HttpResponse]


class PolicyHeaders:
    """What a browser may load and do on a page: nothing but our own, and scripts for staff only."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in {404, 500}:
            return response  # Django's own pages for developers carry their style in the page
        policy = STAFF_POLICY if request.path.startswith(STAFF_PREFIX) else PUBLIC_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def allow_script(response: HttpResponse) -> HttpResponse:
    """The answer of a page that gains from a script of ours, and works without it."""
    response["Content-Security-Policy"] = SCRIPT_POLICY
    return response


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
