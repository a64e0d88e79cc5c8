"""How an item's own page is found and sent, published or not."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers

from portal.models import User
from portal.publishing import Publishable, PublishableQuerySet

Kind = TypeVar("Kind", bound=Publishable)


def reader_of(request: HttpRequest) -> User | AnonymousUser:
    """Whoever reads a public page. Who has not signed in as far as the admin requires is a reader like any other."""
    return request.user if admin.site.has_permission(request) else AnonymousUser()


def visible_or_404(items: PublishableQuerySet, request: HttpRequest, **lookup: Any) -> Any:
    """The one of ``items`` that ``lookup`` names, if this reader may see it; else ``Http404``."""
    return get_object_or_404(items.visible_to(reader_of(request)), **lookup)


def render_page(
    request: HttpRequest, template: str, item: Publishable, context: dict[str, Any] | None = None
) -> HttpResponse:
    """An item's page. What is not public is never cached; what is not for search engines says so."""
    response = render(request, template, {"item": item, "preview": not item.is_public, **(context or {})})
    if not item.is_public:
        add_never_cache_headers(response)
    if not item.is_indexable:
        response["X-Robots-Tag"] = "noindex"
    return response
