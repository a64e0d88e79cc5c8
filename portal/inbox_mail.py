"""The two emails that follow a message: an acknowledgement to whoever wrote, and word to the team that it is there.

Neither repeats anything that was typed. Anybody can enter anybody's address in a form; if its text came back in our
name, the portal would send out other people's advertisements. And what stands in no mailbox need not be erased there.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone

from portal import dates
from portal.inbox import Delivery, Message
from portal.web_address import absolute

logger = logging.getLogger(__name__)

# To one address within a day: somebody may enter the address of another.
PER_ADDRESS = 3

ACKNOWLEDGEMENT = """Hello,

Somebody, most likely you, sent a {kind} to {name} at {at} with this email address. We have it, and we read it.

{promise}

This email does not repeat what was written, in case the address was entered by mistake. If it was not you who wrote,
you need do nothing.

{organisation}
{email}
{url}
"""
PROMISE = (
    "You get an answer within {days} working days, from a person. If we need to know more, we write to this address."
)
ANNOUNCEMENT = """A {kind} has come in.

Read it, and answer it within {days} working days:

{address}
"""


def send(message: Message) -> None:
    """Send both, after the message is saved. Whatever happens to them, it is in the inbox, and so is what happened."""
    if not settings.EMAIL_HOST:
        message.acknowledgement = message.announcement = Delivery.NO_SERVER
    else:
        held = _reason_to_hold(message)
        server = get_connection()
        try:
            server.open()
        except Exception as error:  # whatever is wrong with it, what the reader wrote is saved
            _note(message, error)
            message.announcement, message.acknowledgement = Delivery.FAILED, held or Delivery.FAILED
        else:
            message.announcement = _deliver(message, _announcement(message), server)
            message.acknowledgement = held or _deliver(message, _acknowledgement(message), server)
            server.close()
    message.save(update_fields=["acknowledgement", "announcement"])


def _reason_to_hold(message: Message) -> Delivery | None:
    """Why its writer gets no acknowledgement, if they do not."""
    if not message.email:
        return Delivery.NO_ADDRESS
    lately = Message.objects.filter(
        email__iexact=message.email, acknowledgement=Delivery.SENT, at__gt=timezone.now() - dt.timedelta(days=1)
    )
    return Delivery.HELD if lately.count() >= PER_ADDRESS else None


def _deliver(message: Message, email: EmailMessage, server: BaseEmailBackend) -> Delivery:
    try:
        server.send_messages([email])
    except Exception as error:  # one address may be refused, and the other not
        _note(message, error)
        return Delivery.FAILED
    return Delivery.SENT


def _note(message: Message, error: Exception) -> None:
    # The error's own text may name the address, so it is not repeated.
    logger.warning("An email about message %s could not be sent: %s", message.pk, type(error).__name__)


def _acknowledgement(message: Message) -> EmailMessage:
    kind = message.get_kind_display().lower()
    words = {
        "kind": kind if message.kind != Message.Kind.PROBLEM else "report of a problem",
        "name": settings.PORTAL_NAME,
        "organisation": settings.PORTAL_ORGANISATION,
        "email": settings.PORTAL_EMAIL,
        "url": settings.PORTAL_URL,
        "at": dates.moment(message.at).replace(dates.NBSP, " "),
        "promise": PROMISE.format(days=settings.ANSWER_DAYS),
    }
    subject = f"We have your {words['kind']} – {settings.PORTAL_NAME}"
    return _email(subject, ACKNOWLEDGEMENT.format(**words), message.email, "auto-replied")


def _announcement(message: Message) -> EmailMessage:
    words = {
        "kind": message.get_kind_display().lower(),
        "days": settings.ANSWER_DAYS,
        "address": absolute(reverse("admin:portal_message_change", args=[message.pk])),
    }
    subject = f"New {words['kind']} in the inbox – {settings.PORTAL_NAME}"
    return _email(subject, ANNOUNCEMENT.format(**words), settings.PORTAL_EMAIL, "auto-generated")


def _email(subject: str, body: str, to: str, automatic: str) -> EmailMessage:
    # RFC 3834: so that no absence note answers it.
    headers = {"Auto-Submitted": automatic, "X-Auto-Response-Suppress": "All"}
    return EmailMessage(subject, body, to=[to], headers=headers)
