"""The ground that the other apps stand on, and the portal's own admin site."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from portal import auditing, checks, generation, sharing, sign_in, submissions  # noqa: F401  (register checks, and what follows from signals)

        connection_created.connect(generation.watch)
        if settings.SENTRY_DSN:
            from portal import error_reports

            error_reports.begin(settings.SENTRY_DSN)
        autodiscover_modules("home", "attention")
        from portal import concerns  # noqa: F401  (of every kind, so when all kinds are known)


class PortalAdminConfig(AdminConfig):
    default_site = "portal.staff.PortalAdminSite"
