"""Application rounds."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models

from portal import clock
from portal.date_changes import MovedDate, moved_lately
from portal.markdown import MarkdownField
from portal.windows import ApplicationWindow, accepts_at


class ApplicationRoundQuerySet(models.QuerySet["ApplicationRound"]):
    def open_at(self, now: dt.datetime) -> Self:
        """Those in which one can apply at ``now``."""
        return self.filter(accepts_at(now))


class ApplicationRound(ApplicationWindow):
    """A window in which students apply for projects, with a name such as “Autumn 2023”."""

    name = models.CharField(max_length=100, unique=True)
    how_to_apply = MarkdownField(
        level=3, blank=True, help_text="Shown on every open project of this round while it is open or about to open."
    )

    objects: ClassVar[Any] = ApplicationRoundQuerySet.as_manager()

    class Meta(ApplicationWindow.Meta):
        ordering = ["-opens_at", "name"]

    def __str__(self) -> str:
        return self.name

    def moved_dates(self, now: dt.datetime | None = None) -> list[MovedDate]:
        """What readers are told for a fortnight after a date of it moved."""
        return moved_lately([self], now or clock.now())
