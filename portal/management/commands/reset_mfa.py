"""For somebody who has lost their phone, their passkey and their recovery codes."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal import auditing
from portal.audit import AuditEvent
from portal.models import User, person_in_words
from portal.sign_in_sessions import end_sessions


class Command(BaseCommand):
    help = (
        "Take away the second step of somebody who has lost it, and log them out everywhere. "
        "Make sure that it is them who asks. At their next log-in they set up a new one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USER", help="The username of the account.")

    @transaction.atomic
    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            user = User.objects.get(username=username)
        except User.DoesNotExist:
            raise CommandError(f"There is no account “{username}”.") from None
        Authenticator.objects.filter(user=user).delete()
        ended = end_sessions(user)
        words = f"second step reset on the command line, {ended} session{'' if ended == 1 else 's'} ended"
        auditing.record(AuditEvent.Kind.SECURITY, by=None, about=person_in_words(user), detail=words)
        self.stdout.write(f"{username} logs in with the password alone, once, and then sets up a new second step.")
