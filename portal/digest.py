"""The weekly email to staff: what needs their attention, as the front page of the admin shows it to each of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import QuerySet
from django.template import Context, Engine
from django.urls import reverse

from portal import attention, dates
from portal.attention import Finding
from portal.models import User, person_in_words
from portal.web_address import absolute

CONSOLE = "django.core.mail.backends.console.EmailBackend"


@dataclass(frozen=True)
class Digest:
    """What one person is written at a moment."""

    reader: User
    found: list[Finding]
    now: dt.datetime

    @property
    def subject(self) -> str:
        number = len(self.found)
        words = "1 thing needs" if number == 1 else f"{number} things need"
        return f"{settings.PORTAL_NAME}: {words} your attention, {_today(self.now)}"

    @property
    def text(self) -> str:
        context = {
            "name": person_in_words(self.reader),
            "portal": settings.PORTAL_NAME,
            "day": _today(self.now),
            "findings": [
                (urgency, [(finding, absolute(finding.matter.address)) for finding in some])
                for urgency, some in attention.by_urgency(self.found)
            ],
            "front_page": absolute(reverse("admin:index")),
        }
        # Words in a mail are no HTML: escaped, an apostrophe would become a code.
        return Engine.get_default().get_template("portal/digest.txt").render(Context(context, autoescape=False))

    def send(self) -> None:
        """Raises ``OSError`` where the mail server cannot be reached or refuses, ``ValueError`` for a wrong address."""
        # To say by what a mail was made keeps those who are away from answering it (RFC 3834).
        headers = {"Auto-Submitted": "auto-generated"}
        EmailMessage(
            self.subject,
            self.text,
            to=[self.reader.email],
            headers=headers,
            connection=get_connection(None if settings.EMAIL_HOST else CONSOLE),
        ).send()


def _today(now: dt.datetime) -> str:
    return dates.day(dates.local_day(now)).replace(dates.NBSP, " ")


def can_be_sent() -> bool:
    """Whether there is a mail server; in development, the console stands in for one."""
    return bool(settings.EMAIL_HOST) or settings.DEVELOPMENT


def readers() -> QuerySet[User]:
    """Active members of staff who have an address and want it."""
    everybody = User.objects.filter(is_active=True, is_staff=True, gets_digest=True)
    return everybody.exclude(email="").order_by("username")


def of(reader: User, now: dt.datetime) -> Digest | None:
    """What this person is to be written; nothing where nothing needs their attention."""
    found = attention.findings(reader, now)
    return Digest(reader, found, now) if found else None


def week_of(now: dt.datetime) -> str:
    """The week in London, Monday to Sunday, as ISO 8601 counts it: 2026-W47."""
    year, week, _ = dates.local_day(now).isocalendar()
    return f"{year}-W{week:02}"


def claim(reader: User, week: str) -> bool:
    """Take it on to write this person in this week. Of several processes that try at once, one may."""
    return bool(User.objects.filter(pk=reader.pk).exclude(digest_week=week).update(digest_week=week))


def give_back(reader: User, week: str) -> None:
    """It could not be sent, so that the next run may try again. ``reader`` is as it was before the claim."""
    User.objects.filter(pk=reader.pk, digest_week=week).update(digest_week=reader.digest_week)
