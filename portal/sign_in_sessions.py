"""How long somebody stays signed in, and what ends it: twelve hours, whatever is done in them, or the account."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from portal.models import User


def end_in_time(request: HttpRequest) -> None:
    """Let the session end at a moment that nothing moves; Django would begin to count anew with each change of it."""
    request.session.set_expiry(timezone.now() + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))


@receiver(user_logged_in)
def on_sign_in(request: HttpRequest | None, **kwargs: Any) -> None:
    """By whatever way somebody came in: password, second step, passkey or organisation."""
    if request is not None and hasattr(request, "session"):
        end_in_time(request)


@receiver(authentication_step_completed)
def on_step(request: HttpRequest, method: str, **kwargs: Any) -> None:
    """A session that opens more from now on gets another key: whoever knows the old one has no part in it."""
    if method == "mfa" and request.user.is_authenticated:
        request.session.cycle_key()
        rotate_token(request)


@receiver(post_save, sender=User)
def on_saving(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Whoever may no longer enter is out everywhere, and stays out if they may again some day."""
    if not created and not raw and not may_have_sessions(instance):
        end_sessions(instance)


def may_have_sessions(user: User) -> bool:
    return bool(user.is_active and user.is_staff)


def end_sessions(user: User) -> int:
    """Sign a person out everywhere; how often they were signed in. A session names its person inside its data only."""
    theirs = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)
