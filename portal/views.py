"""Pages about everything: home, search, statements, health, and what machines ask for."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.static import serve

from portal import clock, sharing, statements
from portal import home as home_page
from portal.models import Notice, Statement
from portal.search import MAX_QUERY, search

RESULTS_PER_PAGE = 20


def home(request: HttpRequest) -> HttpResponse:
    """What is open now and until when, the fellowship's cohorts, the newest guidance, and a notice in force."""
    context = {
        "notices": Notice.objects.in_force(),
        "sections": home_page.sections(clock.now()),
    }
    return render(request, "portal/home.html", context)


def search_page(request: HttpRequest) -> HttpResponse:
    """Everything public that holds the reader's words, of every kind or of one."""
    query = request.GET.get("q", "").replace("\0", " ").strip()[:MAX_QUERY]
    results = search(query)
    chosen = next((count for count in results.counts if count.slug == request.GET.get("kind")), None)
    found = [pair for pair in results.found if chosen is None or pair[0] is chosen.kind]
    page = Paginator(found, RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "query": query,
        "results": results,
        "chosen": chosen,
        "page": page,
        "items": results.load(list(page.object_list)),
        "page_query": urlencode({"q": query, **({"kind": chosen.slug} if chosen else {})}) + "&",
    }
    return render(request, "portal/search.html", context)


def statement(request: HttpRequest, subject: str) -> HttpResponse:
    """The accessibility, cookies or privacy page."""
    text = statements.current(Statement.Subject(subject))
    return render(request, "portal/statement.html", {"statement": text})


def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave alone (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
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
    """An uploaded image. Names are random and never used again, so a browser may keep it."""
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, SuspiciousFileOperation):  # a name too long for any file, or one that leads outside
        raise Http404 from None
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    asked_by_link = sharing.PARAMETER in request.GET or isinstance(exception, sharing.NotShown)
    return render(request, "404.html", {"asked_by_link": asked_by_link}, status=404)
