"""What every template may say of the operator: its name, organisation, mailbox and look."""

from django.conf import settings
from django.http import HttpRequest


def operator(request: HttpRequest) -> dict[str, str]:
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_organisation": settings.PORTAL_ORGANISATION,
        "portal_email": settings.PORTAL_EMAIL,
        "portal_logo": settings.PORTAL_LOGO,
        "portal_stylesheet": settings.PORTAL_STYLESHEET,
        "portal_url": settings.PORTAL_URL,
        "canonical_url": settings.PORTAL_URL + request.path,
    }
