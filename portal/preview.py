"""How an item's own page is found and sent, published or not."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers

from portal import sharing
from portal.answering import AnswerForm, as_shared
from portal.models import SharedDraft, User
from portal.publishing import Publishable, PublishableQuerySet

Kind = TypeVar("Kind", bound=Publishable)


def reader_of(request: HttpRequest) -> User | AnonymousUser:
    """Whoever reads a public page. Who has not signed in as far as the admin requires is a reader like any other."""
    return request.user if admin.site.has_permission(request) else AnonymousUser()


def came_by_link(request: HttpRequest) -> bool:
    """Whether the address holds a token, right or wrong."""
    return sharing.PARAMETER in request.GET


def link_of(request: HttpRequest) -> SharedDraft | None:
    """The link by which this reader came, while it works."""
    if not came_by_link(request):
        return None
    if not hasattr(request, "shared_link"):
        cast(Any, request).shared_link = sharing.find(request.GET[sharing.PARAMETER])
    found: SharedDraft | None = cast(Any, request).shared_link
    return found


def visible(items: PublishableQuerySet, request: HttpRequest) -> PublishableQuerySet:
    """Those of ``items`` that this reader may see: what their account shows them, and the one that their link shows."""
    by_account = items.visible_to(reader_of(request))
    if not came_by_link(request):
        return by_account
    # One question, whatever the token: it must not take longer to say no to one than to another.
    link = link_of(request)
    by_link = link.object_id if link and link.kind == items.model._meta.label_lower else 0
    is_linked = Q(pk=by_link) & ~Q(pk__in=items.model._default_manager.withheld().values("pk"))
    return items.filter(Q(pk__in=by_account.order_by().values("pk")) | is_linked)


def visible_or_404(items: PublishableQuerySet, request: HttpRequest, **lookup: Any) -> Any:
    """The one of ``items`` that ``lookup`` names, if this reader may see it; else ``Http404``."""
    return get_object_or_404(visible(items, request), **lookup)


def render_page(
    request: HttpRequest, template: str, item: Publishable, context: dict[str, Any] | None = None
) -> HttpResponse:
    """An item's page. What is not public is never cached; what is not for search engines says so."""
    link = link_of(request)
    link = link if link and (link.kind, link.object_id) == (item._meta.label_lower, item.pk) else None
    shared = None if item.is_public else link
    has_answered = link is not None and sharing.ANSWERED in request.GET
    shown: dict[str, Any] = {
        "item": item,
        "preview": not item.is_public,
        "shared": shared,
        "answer_form": AnswerForm(shared) if shared else None,
        "thanked_by": link.by_name if link and has_answered else "",
    }
    response = render(request, template, shown | (context or {}))
    if not item.is_public or has_answered:
        add_never_cache_headers(response)
    if not item.is_indexable:
        response["X-Robots-Tag"] = "noindex"
    return as_shared(response) if shared else response
