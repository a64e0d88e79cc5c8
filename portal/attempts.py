"""How often somebody tries to show who they are, in vain: by account and network together, with waits that grow.

Counted in the database, in one statement that looks and counts, so that every process counts the same and none counts
less. What is kept are keyed hashes: nobody reads from them which accounts were tried, or where somebody was.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from dataclasses import dataclass, field

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal import limits

# After as many as are free, each one in vain is followed by the next of these waits, and then by the last of them.
WAITS = [dt.timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60)]
FORGOTTEN_AFTER = dt.timedelta(days=1)  # since the last one
KNOWN_FOR = dt.timedelta(days=30)


@dataclass(frozen=True)
class Limit:
    """How many attempts in vain are free: at one account from one network, and at one account from all of them.

    The second keeps many computers from sharing out the guesses. It never shuts out a network from which somebody has
    come in to the account of late: the owner, where they usually are, is held to the first alone.
    """

    what: str
    from_one_network: int
    from_all: int


PASSWORD = Limit("password", 5, 100)
SECOND_STEP = Limit("second step", 5, 100)
# Of these none is in vain and each sends a letter. Whoever may get no more of them has those that were sent.
RESET = Limit("reset", 3, 20)


class TooManyAttempts(Exception):
    """It was tried too often, and may be tried again after ``wait``."""

    def __init__(self, wait: dt.timedelta) -> None:
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        words = f"{minutes} minute{'' if minutes == 1 else 's'}"
        super().__init__(f"That was tried too often. Wait {words}, then try again.")


class AttemptCount(models.Model):
    """How often something was tried in vain, and from when it may be tried again."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    free_at = models.DateTimeField()
    known_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.failures} until {self.free_at}"


@dataclass
class Attempt:
    """One attempt, counted as in vain from its beginning, so that many at once are as many as one after another."""

    keys: list[str] = field(default_factory=list)

    def succeed(self) -> None:
        """It was not in vain: it does not count, and this network is known to the account for a while.

        What was in vain before stays counted, for who comes in now and then must not open more guesses to others.
        """
        now = timezone.now()
        with transaction.atomic():
            for key in self.keys:
                AttemptCount.objects.filter(key=key, failures__gt=0).update(failures=F("failures") - 1, free_at=now)
            AttemptCount.objects.filter(key=self.keys[0]).update(known_until=now + KNOWN_FOR)

    def fail(self) -> None:
        """It was in vain, as it is counted already. Writes as much as a note of it in the audit list would."""
        AttemptCount.objects.filter(key=self.keys[0]).update(last_at=timezone.now())


def begin(request: HttpRequest, limit: Limit, account: str) -> Attempt:
    """Count one attempt at ``account``, which is what was typed, whether there is one or not.

    Raises ``TooManyAttempts``, having counted nothing, where there were too many. It asks and writes the same whatever
    accounts there are.
    """
    now = timezone.now()
    pair = _key(limit, account, limits.network_of(request))
    everywhere = _key(limit, account, None)
    forget(now)
    with transaction.atomic():
        _count(pair, limit.from_one_network, now)
        if AttemptCount.objects.filter(key=pair, known_until__gt=now).exists():
            return Attempt([pair])
        _count(everywhere, limit.from_all, now)
    return Attempt([pair, everywhere])


def forgive(request: HttpRequest, limit: Limit, *accounts: str) -> None:
    """Begin to count anew for somebody who has shown otherwise who they are, and only where they are."""
    keys = [_key(limit, account, limits.network_of(request)) for account in accounts]
    AttemptCount.objects.filter(key__in=keys).update(failures=0, free_at=timezone.now())


def forget(now: dt.datetime) -> int:
    """Delete what no longer counts. Returns how many rows went."""
    old = AttemptCount.objects.filter(last_at__lt=now - FORGOTTEN_AFTER)
    return old.exclude(known_until__gt=now).delete()[0]


def _key(limit: Limit, account: str, network: str | None) -> str:
    """However a name is typed, it is one: small or capital, composed or not, as the databases compare it and beyond."""
    name = unicodedata.normalize("NFKC", account.strip()).upper().casefold()
    where = "everywhere" if network is None else f"from {network}"
    return salted_hmac("portal.attempts", f"{limit.what}\n{where}\n{name}", algorithm="sha256").hexdigest()


def _count(key: str, free: int, now: dt.datetime) -> None:
    """Count one more, in one statement that looks and counts: of two processes, not both can be the last."""
    AttemptCount.objects.bulk_create([AttemptCount(key=key, last_at=now, free_at=now)], ignore_conflicts=True)
    is_old = When(last_at__lt=now - FORGOTTEN_AFTER, then=Value(1))
    waits = [When(failures=free - 1 + number, then=Value(now + wait)) for number, wait in enumerate(WAITS)]
    still_free = When(Q(failures__lt=free - 1) | Q(last_at__lt=now - FORGOTTEN_AFTER), then=Value(now))
    counted = AttemptCount.objects.filter(key=key, free_at__lte=now).update(
        failures=Case(is_old, default=F("failures") + 1),
        free_at=Case(still_free, *waits, default=Value(now + WAITS[-1])),
        last_at=now,
    )
    if not counted:
        free_at = AttemptCount.objects.values_list("free_at", flat=True).get(key=key)
        raise TooManyAttempts(free_at - now)
