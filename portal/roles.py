"""Who may do what: three roles, given to people as groups.

What each role may do follows from what a thing in the admin is to them (``Care``), which its admin says. The groups are
made by a migration; a test holds them to this module, so a new kind of thing is given to somebody on purpose.
"""

from __future__ import annotations

from enum import Enum

from django.contrib import admin
from django.db import models


class Role(models.TextChoices):
    """A group of people, by its name in the admin."""

    EDITOR = "Editor", "Writes and corrects everything that readers see. Does not publish, delete or move deadlines."
    PUBLISHER = "Publisher", "Does what an editor does, and also publishes, moves deadlines, deletes and recovers."
    ADMINISTRATOR = "Administrator", "Looks after people and their roles, and reads the audit list."


WRITE = ["view", "add", "change"]


class Care(Enum):
    """What a thing is to each role: the acts that it may do on it."""

    CONTENT = {Role.EDITOR: WRITE, Role.PUBLISHER: [*WRITE, "delete", "publish"]}
    LOG = {Role.EDITOR: ["view"], Role.PUBLISHER: ["view"], Role.ADMINISTRATOR: ["view"]}
    PEOPLE = {Role.ADMINISTRATOR: [*WRITE, "delete"]}
    ANSWERS = {Role.EDITOR: ["view"], Role.PUBLISHER: ["view"]}
    AUDIT = {Role.ADMINISTRATOR: ["view"]}


# Moving the dates by which people apply is no part of writing, whatever it is that has them.
MOVE_DATES = "portal.move_dates"
BESIDES = {Role.PUBLISHER: {MOVE_DATES}}


def permissions_of(role: Role) -> set[str]:
    """The permissions of a role, by names such as ``portal.view_notice``."""
    found = set(BESIDES.get(role, ()))
    for model, registered in admin.site._registry.items():
        care: Care = getattr(registered, "care", Care.CONTENT)
        opts = model._meta
        acts = set(care.value.get(role, ())) & set(opts.default_permissions)
        found |= {f"{opts.app_label}.{act}_{opts.model_name}" for act in acts}
    return found
