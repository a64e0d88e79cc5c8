"""Old addresses: a page that moved leaves one behind, and a reader who comes there is sent on."""

from __future__ import annotations

from django.db import transaction

from portal.models import ForwardingAddress, normal_path


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
    if "\0" in path:  # PostgreSQL refuses even to look for it
        return None
    return ForwardingAddress.objects.filter(path=normal_path(path)).values_list("target", flat=True).first()
