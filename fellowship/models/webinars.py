"""The webinar of a cohort: when it is, where to join, and where to watch it afterwards."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import ExpressionWrapper, F, Value
from django.db.models.functions import Cast

from portal import clock, dates
from portal.turns import Turn
from portal.web_address import WebAddressField

LONGEST = 8 * 60
# SQLite multiplies no small integer by a duration, and adds nothing of which it does not know that it is one.
_MINUTES = Cast("webinar_minutes", models.IntegerField())
_LASTS = ExpressionWrapper(_MINUTES * Value(dt.timedelta(minutes=1), models.DurationField()), models.DurationField())


class WithWebinar(models.Model):
    """Something that a webinar tells people about before they apply."""

    webinar_at = models.DateTimeField(
        "webinar",
        null=True,
        blank=True,
        help_text="London time. It joins the key dates and the calendar by itself. Leave it empty if there is none.",
    )
    webinar_minutes = models.PositiveSmallIntegerField(
        "length of the webinar in minutes",
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(LONGEST)],
        help_text="The address to join is shown until then.",
    )
    webinar_url = WebAddressField(
        "webinar: address to join", blank=True, help_text="Everybody can see it, until the webinar is over."
    )
    webinar_recording_url = WebAddressField(
        "webinar: address of the recording", blank=True, help_text="It is shown once the webinar is over."
    )

    turns: ClassVar[list[Turn]] = ["webinar_at", F("webinar_at") + _LASTS]

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.webinar_at is None and (self.webinar_url or self.webinar_recording_url):
            words = "Say when the webinar is: its addresses are shown until it is over, or after."
            raise ValidationError({"webinar_at": words})

    @property
    def webinar_ends_at(self) -> dt.datetime | None:
        return self.webinar_at + dt.timedelta(minutes=self.webinar_minutes) if self.webinar_at else None

    @property
    def webinar_is_over(self) -> bool:
        return bool(self.webinar_ends_at and clock.now() >= self.webinar_ends_at)

    @property
    def shows_webinar(self) -> bool:
        """Whether its page tells of the webinar: until it is over, and afterwards if one can watch it."""
        return self.webinar_at is not None and (not self.webinar_is_over or bool(self.webinar_recording_url))

    @property
    def webinar_link(self) -> tuple[str, str] | None:
        """Where the webinar is now, and what one does there; None where there is nothing to follow yet, or any more."""
        if self.webinar_at is None:
            return None
        if self.webinar_is_over:
            return (self.webinar_recording_url, "Watch the recording") if self.webinar_recording_url else None
        return (self.webinar_url, "Join the webinar") if self.webinar_url else None

    @property
    def webinar_in_words(self) -> str:
        """Where the webinar stands, in one sentence; nothing where there is none."""
        if self.webinar_at is None:
            return ""
        when = dates.moment(self.webinar_at)
        if self.webinar_is_over:
            return f"It was at {when}."
        if clock.now() >= self.webinar_at and not clock.copied_on():
            return f"It is on now, since {dates.clock(self.webinar_at)}."
        link = "" if self.webinar_url else " The link to join will be shown here."
        return f"At {when}, for {duration(self.webinar_minutes)}.{link}"

    def webinar_moments(self) -> list[clock.Moment]:
        """When pages change by themselves because of it."""
        changes = [(self.webinar_at, "the webinar begins"), (self.webinar_ends_at, "the webinar is over")]
        return [clock.Moment(at, f"{self}: {words}") for at, words in changes if at]


def duration(minutes: int) -> str:
    """45 minutes; 1 hour; 1 hour 30 minutes."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    parts += [f"{rest} minute{'' if rest == 1 else 's'}"] if rest else []
    return " ".join(parts)
