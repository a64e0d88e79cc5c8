"""The admin site: the portal's name and colours on Django's own admin."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest


class PortalAdminSite(AdminSite):
    """Django's admin for staff who have signed in as far as the portal requires."""

    site_header = f"{settings.PORTAL_NAME}: staff"
    site_title = settings.PORTAL_NAME
    index_title = "What would you like to change?"

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked before every view of the admin, for its editor's two addresses, and for drafts on public pages."""
        # Imported late: the site is made while the models that sign-in needs are still to come.
        from portal.sign_in import may_enter

        return super().has_permission(request) and may_enter(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order in which they are installed: what is edited most stands first."""
        order = [config.label for config in apps.get_app_configs()]
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: (app["app_label"] == "portal", order.index(app["app_label"])))

    empty_value_display = "–"
