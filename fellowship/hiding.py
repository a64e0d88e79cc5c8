"""A switch beside the status of a fellow: hidden, they are gone for readers at once, and the page is kept."""

from __future__ import annotations

import copy

from django.db import transaction

from fellowship.models import Fellow
from portal import auditing, revisions
from portal.audit import AuditEvent
from portal.models import User

HIDDEN, SHOWN = "Hidden from readers", "Shown to readers again"


def as_if(fellow: Fellow, *, hidden: bool) -> Fellow:
    """This fellow as they would be after the switch, to ask what readers would then see. It is never saved."""
    switched = copy.copy(fellow)
    switched.is_hidden = hidden
    return switched


@transaction.atomic
def switch(fellow: Fellow, *, hidden: bool, by: User, note: str = "") -> bool:
    """Hide a fellow, or show them again as far as status and consent allow. Whether there was anything to do.

    ``note`` is for staff: why, in a few words.
    """
    locked = Fellow.objects.select_for_update().filter(pk=fellow.pk, is_hidden=not hidden).order_by("pk").first()
    if locked is None:
        return False
    revisions.record_before(locked)
    locked.is_hidden = hidden
    locked.save(update_fields=["is_hidden", "updated_at"])
    words = ": ".join(part for part in [HIDDEN if hidden else SHOWN, note] if part)
    revisions.record(locked, by=by, comment=words)
    auditing.record(AuditEvent.Kind.STATUS, by=by, about=str(locked), detail=words)
    return True
