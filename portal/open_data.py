"""Answers for programs: feeds and files that anybody may fetch, from any site, and no search engine lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import conditional_page, require_safe

View = Callable[[HttpRequest], HttpResponseBase]

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}


def for_programs(view: View) -> View:
    """A view whose answers programs read. One that asks again while nothing has changed is told just that."""
    answer = conditional_page(view)

    @require_safe
    @wraps(view)
    def shared(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return shared
