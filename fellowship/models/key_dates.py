"""The dates of a cohort that an editor gives, each with what is known of it."""

from __future__ import annotations

import calendar
import datetime as dt

from django.db import models
from django.db.models import Q

from fellowship.models.cohorts import Cohort
from portal import clock, dates

# The first and last days of the parts of a month; the last part ends with the month.
PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}


class KeyDate(models.Model):
    """A date of a cohort, with the precision that is known."""

    class Precision(models.TextChoices):
        DAY = "day", "That day"
        WEEK = "week", "The week of that day"
        EARLY = "early", "Early in that month"
        MID = "mid", "In the middle of that month"
        LATE = "late", "Late in that month"
        MONTH = "month", "That month"
        APPROXIMATE = "approximate", "Around that month"

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="key_dates")
    label = models.CharField(
        max_length=150,
        help_text="What happens then. When applications open and close, the webinar, the start and the end add "
        "themselves.",
    )
    date = models.DateField(help_text="Any day of the week or month, where that is all that is known.")
    precision = models.CharField(
        max_length=20, choices=Precision, default=Precision.DAY, help_text="The page never says more than this."
    )

    class Meta:
        ordering = ["date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(precision__in=["day", "week", "early", "mid", "late", "month", "approximate"]),
                name="keydate_precision_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.in_words}: {self.label}"

    @property
    def in_words(self) -> str:
        """11 January 2027; Week of 18 January 2027; Early April 2027; April 2027; Around June 2027."""
        match self.precision:
            case "day":
                return dates.day(self.date)
            case "week":
                return f"Week of {dates.day(self.first_day)}"
            case "early" | "mid" | "late":
                return f"{self.precision.capitalize()} {dates.month(self.date)}"
            case "approximate":
                return f"Around {dates.month(self.date)}"
            case _:
                return dates.month(self.date)

    @property
    def machine_readable(self) -> str:
        """The value of a ``time`` element as HTML has it; empty for what is only about right."""
        match self.precision:
            case "day":
                return self.date.isoformat()
            case "week":
                year, week, _ = self.date.isocalendar()
                return f"{year}-W{week:02}"
            case "month":
                return f"{self.date:%Y-%m}"
            case _:
                return ""

    @property
    def first_day(self) -> dt.date:
        """The first day on which it may happen."""
        match self.precision:
            case "day":
                return self.date
            case "week":
                return self.date - dt.timedelta(days=self.date.weekday())
            case "early" | "mid" | "late":
                return self.date.replace(day=PARTS[self.precision][0])
            case _:
                return self.date.replace(day=1)

    @property
    def last_day(self) -> dt.date:
        """The last day on which it may still happen."""
        match self.precision:
            case "day":
                return self.date
            case "week":
                return self.first_day + dt.timedelta(days=6)
            case _:
                _, end = calendar.monthrange(self.date.year, self.date.month)
                return self.date.replace(day=min(PARTS.get(self.precision, (1, 31))[1], end))

    @property
    def is_exact(self) -> bool:
        """Whether it promises days that somebody can keep free."""
        return self.precision in {"day", "week"}

    @property
    def is_past(self) -> bool:
        return self.last_day < clock.today()
