"""Application rounds."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from portal.markdown import MarkdownField
from portal.windows import ApplicationWindow


class ApplicationRound(ApplicationWindow):
    """A window in which students apply for projects, with a name such as “Autumn 2023”."""

    name = models.CharField(max_length=100, unique=True)
    how_to_apply = MarkdownField(
        level=3, blank=True, help_text="Shown on every open project of this round while it is open or about to open."
    )

    class Meta(ApplicationWindow.Meta):
        ordering = ["-opens_at", "name"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def next_to_open(cls, now: dt.datetime | None = None) -> ApplicationRound | None:
        """The round that opens next, if one is announced."""
        return cls.objects.filter(opens_at__gt=now or timezone.now()).order_by("opens_at").first()
