"""When people may apply: one window, its state at a moment, and that state in words.

``accepts_at`` and ``ApplicationWindow.state`` are the only places that decide whether a window is open.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from portal import clock, dates
from portal.turns import Turn
from portal.web_address import WebAddressField

LAST_DAYS = 14


class WindowState(enum.Enum):
    UNDATED = "undated"
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"


def accepts_at(now: dt.datetime, prefix: str = "") -> Q:
    """The rows whose window is open at ``now``: from the moment it opens until just before it closes.

    ``prefix`` is the path to the window, such as ``round__``.
    """
    opens, closes = f"{prefix}opens_at", f"{prefix}closes_at"
    return (
        (Q(**{f"{opens}__isnull": False}) | Q(**{f"{closes}__isnull": False}))
        & (Q(**{f"{opens}__isnull": True}) | Q(**{f"{opens}__lte": now}))
        & (Q(**{f"{closes}__isnull": True}) | Q(**{f"{closes}__gt": now}))
    )


def closes_soon(now: dt.datetime) -> Q:
    """The rows whose window closes after ``now`` and in its last days, as readers are told how many are left."""
    after = dates.midnight(dates.local_day(now) + dt.timedelta(days=LAST_DAYS + 1))
    return Q(closes_at__gt=now, closes_at__lt=after)


class ApplicationWindow(models.Model):
    """A time in which people may apply. Without dates, they are to be announced."""

    opens_at = models.DateTimeField(
        "applications open",
        null=True,
        blank=True,
        help_text="London time. Until then, pages say when they open. Leave both empty for “dates to be announced”.",
    )
    closes_at = models.DateTimeField(
        "applications close",
        null=True,
        blank=True,
        help_text="London time. From this minute on, nobody is told that they can still apply.",
    )
    apply_url = WebAddressField(
        "how to apply: address",
        blank=True,
        help_text="Where the application form is. It is shown only while applications are open.",
    )
    is_paid = models.BooleanField(
        "paid", default=True, help_text="Whether the person is paid for the time. Job sites read it."
    )

    turns: ClassVar[list[Turn]] = ["opens_at", "closes_at"]

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="%(app_label)s_%(class)s_closes_after_it_opens",
                violation_error_message="Applications must close after they open.",
            )
        ]

    def state(self, now: dt.datetime | None = None) -> WindowState:
        now = now or clock.now()
        if self.opens_at is None and self.closes_at is None:
            return WindowState.UNDATED
        if self.opens_at and now < self.opens_at:
            return WindowState.UPCOMING
        if self.closes_at and now >= self.closes_at:
            return WindowState.CLOSED
        return WindowState.OPEN

    def is_open(self, now: dt.datetime | None = None) -> bool:
        return self.state(now) is WindowState.OPEN

    def days_left(self, now: dt.datetime | None = None) -> int | None:
        """Whole days in London until it closes, 0 on the day; None when it does not close."""
        if not self.closes_at:
            return None
        return (dates.local_day(self.closes_at) - dates.local_day(now or clock.now())).days

    def sentence(self, now: dt.datetime | None = None) -> str:
        """Where applications stand, in one sentence without a full stop."""
        return " ".join(self._words(now or clock.now()))

    def standing(self, now: dt.datetime | None = None) -> str:
        """The sentence in short, as it reads behind the label “Applications”."""
        _, words = self._words(now or clock.now())
        return words[0].upper() + words[1:]

    def _words(self, now: dt.datetime) -> tuple[str, str]:
        """How the sentence begins, and where applications stand."""
        match self.state(now):
            case WindowState.UNDATED:
                return "Application", "dates to be announced"
            case WindowState.UPCOMING if self.opens_at:
                # Who reads a copy after both may not be left with the first.
                closes = f" and close at {dates.moment(self.closes_at)}" if clock.copied_on() and self.closes_at else ""
                return "Applications", f"open at {dates.moment(self.opens_at)}{closes}"
            case WindowState.CLOSED if self.closes_at:
                return "Applications", f"closed at {dates.moment(self.closes_at)}"
            case _:
                return self._open_words(now)

    def _open_words(self, now: dt.datetime) -> tuple[str, str]:
        days = self.days_left(now)
        if self.closes_at is None or days is None:
            return "Applications are", "open"
        if clock.copied_on():
            return "Applications", f"close at {dates.moment(self.closes_at)}"
        if days == 0:
            return "Applications", f"close today at {dates.clock(self.closes_at)}"
        left = f" ({days} day{'' if days == 1 else 's'} left)" if days <= LAST_DAYS else ""
        return "Applications are", f"open until {dates.moment(self.closes_at)}{left}"

    def moments(self) -> list[clock.Moment]:
        """When pages change by themselves because of it."""
        changes = [(self.opens_at, "applications open"), (self.closes_at, "applications close")]
        return [clock.Moment(at, f"{self}: {words}") for at, words in changes if at]

    @property
    def window_in_words(self) -> str:
        """11 January 2027 to midday on 26 February 2027; nothing when there are no dates."""
        if self.opens_at and self.closes_at:
            opens, closes = dates.local_day(self.opens_at), dates.local_day(self.closes_at)
            first = dates.day(opens, year=opens.year != closes.year)
            return f"{first} to {dates.moment(self.closes_at)}"
        if self.opens_at:
            return f"From {dates.moment(self.opens_at)}"
        return f"Until {dates.moment(self.closes_at)}" if self.closes_at else ""
