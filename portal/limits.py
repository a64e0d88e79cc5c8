"""How often the forms may be used: by one sender, and in all.

It is counted in the database, so that every process counts the same. A sender is known by a keyed hash of their
network address that changes every day and is deleted with the day.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal import dates
from portal.inbox import FormUse

# In one hour. A university or a hospital may come by one address, so it is more than one person needs.
PER_SENDER = 20
IN_ALL = 200


class LimitError(Exception):
    """The forms were used too often, as a sentence for the reader."""


def network_of(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, the /64 network of an IPv6 address (one person has many), or "".

    The one place that decides it: behind a proxy that is trusted (``TRUST_PROXY``), by what that proxy saw.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        # The last one is what our own proxy saw; those before it are what the visitor says.
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def sender_of(request: HttpRequest) -> str:
    """Today's name of whoever sends this."""
    known = network_of(request) or "unknown"
    return salted_hmac(f"portal.limits.{timezone.localdate()}", known, algorithm="sha256").hexdigest()


def take(sender: str) -> None:
    """Count one use, inside of the transaction that saves it. Raises ``LimitError`` where there were too many."""
    now = timezone.now()
    forget_senders(now)
    hour = now.replace(minute=0, second=0, microsecond=0)
    FormUse.objects.bulk_create([FormUse(hour=hour, sender=one) for one in ("", sender)], ignore_conflicts=True)
    for one, limit, whose in ((sender, PER_SENDER, " from your network"), ("", IN_ALL, "")):
        # One statement that looks and counts: two processes cannot both be the last.
        if not FormUse.objects.filter(hour=hour, sender=one, number__lt=limit).update(number=F("number") + 1):
            raise LimitError(
                f"We have had many messages{whose} in the last hour. Nothing that you typed is lost: send it again in "
                f"an hour, or email {settings.PORTAL_EMAIL}."
            )


def forget_senders(now: dt.datetime) -> int:
    """Delete what was counted before today. Returns how many rows went."""
    return FormUse.objects.filter(hour__lt=dates.midnight(dates.local_day(now))).delete()[0]
