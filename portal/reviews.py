"""When a page has to be read again by somebody who knows, so that readers can rely on it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from portal import dates

# For what has no day of its next review.
REVIEW_AFTER = dt.timedelta(days=365)


def reviewed_too_long_ago(today: dt.date) -> Q:
    """What was last reviewed more than a year before ``today``."""
    return Q(reviewed_on__lt=today - REVIEW_AFTER)


def read_too_long_ago(today: dt.date) -> Q:
    """The same of pages that may never have been reviewed since they were published."""
    published = dates.midnight(today - REVIEW_AFTER)
    return reviewed_too_long_ago(today) | Q(reviewed_on__isnull=True, published_at__lt=published)
