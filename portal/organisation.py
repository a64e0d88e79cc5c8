"""Signing in through the organisation (OpenID Connect), where it is set up. It opens accounts; it never makes one."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from portal import auditing
from portal.audit import AuditEvent
from portal.models import User, person_in_words


class OrganisationAdapter(DefaultSocialAccountAdapter):
    """Finds the one account that has the address which the organisation vouches for."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Somebody who comes for the first time is known by their address from then on by the provider's own key."""
        if sociallogin.is_existing:
            return
        addresses = [
            address.email
            for address in sociallogin.email_addresses
            if address.email and (address.verified or settings.OIDC_TRUST_EMAIL)
        ]
        staff = User.objects.filter(is_active=True, is_staff=True)
        found = {user for address in addresses for user in staff.filter(email__iexact=address)}
        if len(found) == 1:
            user = found.pop()
            sociallogin.connect(request, user)
            words = f"linked to {settings.OIDC_NAME}"
            auditing.record(AuditEvent.Kind.SECURITY, by=user, about=person_in_words(user), detail=words)
