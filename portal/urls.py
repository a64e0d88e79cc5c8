"""The portal's addresses. Apps are named as strings only, so that the ground imports none of them."""

from django.contrib import admin
from django.urls import include, path

from portal import answering, as_at, contact, editor, health, sign_in_pages, views
from portal.security_txt import security_txt
from portal.sitemap import sitemap

handler400 = "portal.receiving.refused"
handler404 = "portal.views.not_found"
handler500 = "portal.unavailable.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("projects/", include("projects.urls")),
    path("", include("projects.export_urls")),
    path("fellowship/", include("fellowship.urls")),
    path("articles/", include("articles.urls")),
    path("search/", views.search_page, name="search"),
    path("shared/answer/", answering.answer, name="answer"),
    path("contact/ask/", contact.ask, name="ask"),
    path("contact/report/", contact.report, name="report"),
    path("contact/sent/<slug:kind>/", contact.sent, name="sent"),
    path("accessibility/", views.statement, {"subject": "accessibility"}, name="accessibility"),
    path("cookies/", views.statement, {"subject": "cookies"}, name="cookies"),
    path("privacy/", views.statement, {"subject": "privacy"}, name="privacy"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("healthz", health.live, name="health"),
    path("readyz", health.ready, name="ready"),
    path("admin/markdownx/", include(editor.urlpatterns)),
    path("admin/", include(as_at.urlpatterns)),
    path("admin/", include(sign_in_pages.urlpatterns)),
    path("admin/", admin.site.urls),
    path("media/<path:path>", views.media, name="media"),
]
