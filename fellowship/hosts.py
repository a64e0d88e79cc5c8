"""Where fellows work, by region: told by the fellows whom readers see, and by nobody else."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from fellowship.models import Fellow
from portal.models import Region
from portal.prepared import prepared

ELSEWHERE = "Other places"


def hosts_by_region() -> list[tuple[str, list[str]]]:
    """Each region in words with its organisations, both in order; one query.

    An organisation is in its own region, or where that is not recorded, in those of its fellows.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name, own, theirs in _hosts():
        found[own or theirs].add(name)
    labels = dict(Region.choices)
    known = sorted((label, sorted(found[value])) for value, label in labels.items() if found.get(value))
    somewhere = {name for names in found.values() for name in names if names is not found.get("")}
    unknown = sorted(found.get("", set()) - somewhere)
    return [*known, *([(ELSEWHERE, unknown)] if unknown else [])]


@prepared()
def _hosts() -> QuerySet[Any, Any]:
    """Name and region of each host, and the region of a fellow there."""
    rows = Fellow.objects.public().exclude(host=None).order_by()
    return rows.values_list("host__name", "host__region", "region").distinct()
