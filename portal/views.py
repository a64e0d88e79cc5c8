"""Pages about everything: home, search, statements, and what machines ask for."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal import clock, sharing, statements, uploads
from portal import home as home_page
from portal.media_storage import AwayError
from portal.middleware import allow_script
from portal.models import Statement
from portal.queries import known_as, numbered, reads
from portal.rows import rows
from portal.search import MAX_QUERY, everything, search
from portal.unavailable import RETRY_AFTER

logger = logging.getLogger(__name__)

RESULTS_PER_PAGE = 20


@reads()
def home(request: HttpRequest) -> HttpResponse:
    """What is open now and until when, the fellowship's cohorts and the newest guidance."""
    return render(request, "portal/home.html", {"sections": home_page.sections(clock.now())})


@reads("q", "kind", "page")
def search_page(request: HttpRequest) -> HttpResponse:
    """Everything public that holds the reader's words, of every kind or of one."""
    if clock.copied_on():  # as a file, it answers no query: it lists everything, and a script of ours looks in that
        return allow_script(render(request, "portal/search_copy.html", {"everything": everything()}))
    query = request.GET.get("q", "").replace("\0", " ").strip()[:MAX_QUERY]
    results = search(query)
    chosen = next((count for count in results.counts if count.slug == request.GET.get("kind")), None)
    found = [pair for pair in results.found if chosen is None or pair[0] is chosen.kind]
    page = Paginator(found, RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    known = urlencode({"q": query, **({"kind": chosen.slug} if chosen else {})})
    known_as(request, numbered(known, page))
    context = {
        "query": query,
        "results": results,
        "chosen": chosen,
        "page": page,
        "rows": rows(list(page.object_list), names_kind=True),
        "page_query": f"{known}&",
    }
    return render(request, "portal/search.html", context)


@reads()
def statement(request: HttpRequest, subject: str) -> HttpResponse:
    """The accessibility, cookies or privacy page."""
    text = statements.current(Statement.Subject(subject))
    return render(request, "portal/statement.html", {"statement": text})


@reads()
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave alone (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /contact/",
        "Disallow: /search/",
        f"Sitemap: {settings.PORTAL_URL}/sitemap.xml",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An uploaded file, for those who are shown something that has it."""
    try:
        found = uploads.is_file(path)
        is_public = found and uploads.is_public(path)
        if not is_public and not (found and uploads.is_visible(path, request)):
            raise Http404("Nothing that this reader is shown has this file.")
        return uploads.answer(path, request, is_public=is_public)
    except AwayError:
        logger.exception("The store of uploaded files cannot be asked.")
        response = HttpResponse(
            "This file cannot be fetched at the moment. Try again in a minute.\n",
            status=503,
            content_type="text/plain; charset=utf-8",
            headers={"Retry-After": str(RETRY_AFTER)},
        )
    except (Http404, OSError, SuspiciousFileOperation) as error:  # such as a name too long for any file
        response = not_found(request, error)
    add_never_cache_headers(response)
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    asked_by_link = sharing.PARAMETER in request.GET or isinstance(exception, sharing.NotShown)
    return render(request, "404.html", {"asked_by_link": asked_by_link}, status=404)
