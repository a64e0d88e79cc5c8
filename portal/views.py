"""Pages about everything: home, search, statements, health, and what machines ask for."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.static import serve

from portal import clock, sharing, statements, uploads
from portal import home as home_page
from portal.middleware import allow_script
from portal.models import Statement
from portal.queries import known_as, numbered, reads
from portal.rows import rows
from portal.search import MAX_QUERY, everything, search

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


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 only if the database answers and every migration is in it; else 503 with what is wrong."""
    try:
        loader = MigrationLoader(connection)
        missing = set(loader.graph.nodes) - set(loader.applied_migrations or ())
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=503)
    if missing:
        return JsonResponse({"status": "error", "database": "ok", "migrations": "missing"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "migrations": "ok"})


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An uploaded file, for those who are shown something that has it.

    Browsers keep it, and ask each time whether they may still show it: it is gone as soon as its page is.
    """
    is_public = uploads.is_public(path)
    try:
        if not is_public and not uploads.is_visible(path, request):
            raise Http404("Nothing that this reader is shown has this file.")
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (Http404, OSError, SuspiciousFileOperation) as error:  # such as a name too long for any file
        response = not_found(request, error)
        add_never_cache_headers(response)
        return response
    response["Cache-Control"] = "no-cache" if is_public else "private, no-store"
    if not response.get("Content-Type", "").startswith("image/"):
        # Saved, and never opened as a page of this site, whatever is in it.
        response["Content-Disposition"] = "attachment"
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    asked_by_link = sharing.PARAMETER in request.GET or isinstance(exception, sharing.NotShown)
    return render(request, "404.html", {"asked_by_link": asked_by_link}, status=404)
