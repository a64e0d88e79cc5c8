"""A proposal becomes a draft: everything that its writer gave is carried over, and nothing has to be copied."""

from __future__ import annotations

from itertools import count

from django.db import transaction
from django.utils.text import slugify

from portal import revisions, search
from portal.models import Organisation, User
from projects.models import Project, Proposal
from projects.models.projects import RESERVED_ADDRESSES
from projects.models.terms import spelling

LONGEST_SLUG = 100  # leaves room for a number


class DraftingError(Exception):
    """A proposal of which no draft can be made."""


@transaction.atomic
def draft_of(proposal: Proposal, *, by: User) -> tuple[Project, bool]:
    """The draft of a proposal, and whether it was made just now: there is never a second one.

    Raises ``DraftingError`` if what was proposed has been erased.
    """
    locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.project is not None:
        return locked.project, False
    if locked.erased_on:
        raise DraftingError("What was proposed has been erased, so no draft can be made of it.")
    project = Project.objects.create(
        title=locked.title,
        slug=_free_slug(locked.title),
        need=locked.text,
        current_knowledge=locked.ideas,
        datasets=locked.datasets,
        area=locked.area,
        partner=_known(locked.organisation),
    )
    project.modalities.set(locked.modalities.all())
    search.index(project)
    revisions.record(project, by=by, comment=f"Made from {locked}")
    locked.project = project
    locked.save(update_fields=["project"])
    return project, True


def _known(name: str) -> Organisation | None:
    """The organisation that goes by this name, if the portal knows it."""
    if not spelling(name):
        return None
    found = (one for one in Organisation.objects.all() if spelling(name) in map(spelling, one.names))
    return next(found, None)


def _free_slug(title: str) -> str:
    """An address that no project has, nor any page of the portal."""
    wanted = slugify(title)[:LONGEST_SLUG].strip("-") or "proposal"
    taken = {*RESERVED_ADDRESSES, *Project.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)}
    numbered = (f"{wanted}-{number}" for number in count(2))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)
