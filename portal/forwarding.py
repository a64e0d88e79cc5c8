"""Old addresses: a page that moved leaves one behind, and a reader who comes there is sent on."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from portal.models import ForwardingAddress, normal_path

ENDING = ".html"
LONGEST = ForwardingAddress._meta.get_field("path").max_length or 0


@transaction.atomic
def forward(path: str, *, to: str) -> bool:
    """Send readers of ``path`` to ``to``, also those of addresses that forwarded to ``path``.

    Returns whether that is new. An address that already forwards elsewhere is left as it is, since staff may have
    decided so; the caller reports it.
    """
    path = normal_path(path)
    if path == normal_path(to):
        return False
    ForwardingAddress.objects.filter(target=f"{path}/").exclude(path=normal_path(to)).update(target=to)
    _, created = ForwardingAddress.objects.get_or_create(path=path, defaults={"target": to})
    return created


@transaction.atomic
def renamed(*, old: str, new: str) -> None:
    """A page moved from ``old`` to ``new``: forward the old address, and never the new one."""
    ForwardingAddress.objects.filter(path=normal_path(new)).delete()
    ForwardingAddress.objects.filter(target=old).update(target=new)
    ForwardingAddress.objects.update_or_create(path=normal_path(old), defaults={"target": new})


def target_of(path: str) -> str | None:
    """Where a reader of ``path`` should go, if the portal knows."""
    path = normal_path(path)
    # PostgreSQL refuses even to look for the first, and SQLite for what is far longer than any address.
    if "\0" in path or len(path) > LONGEST:
        return None
    exact = ForwardingAddress.objects.filter(path=path).values_list("target", flat=True).first()
    return exact or _target_of_like(path)


def _target_of_like(path: str) -> str | None:
    """Old hosts answered with and without the ending of a page's file, and people type capitals as they like."""
    stem = path[: -len(ENDING)] if path.lower().endswith(ENDING) else path
    alike = ForwardingAddress.objects.filter(Q(path__iexact=stem) | Q(path__iexact=stem + ENDING))
    return alike.order_by("path").values_list("target", flat=True).first()
