"""What every template may say of the operator, and of the moment as at which it is shown, if that is not now."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal import clock


def operator(request: HttpRequest) -> dict[str, Any]:
    return {**words(), "canonical_url": settings.PORTAL_URL + request.path}


def words() -> dict[str, Any]:
    """What does not depend on the page: all that those of its parts know of it that are kept."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_organisation": settings.PORTAL_ORGANISATION,
        "portal_email": settings.PORTAL_EMAIL,
        "portal_logo": settings.PORTAL_LOGO,
        "portal_stylesheet": settings.PORTAL_STYLESHEET,
        "portal_url": settings.PORTAL_URL,
        "answer_days": settings.ANSWER_DAYS,
        "sends_mail": bool(settings.EMAIL_HOST),
        "as_at": None if clock.copied_on() else clock.chosen(),
        "copied_on": clock.copied_on(),
    }
