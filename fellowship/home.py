"""What the home page says of the fellowship: the cohort to apply for, and the one that is running."""

from __future__ import annotations

import datetime as dt

from fellowship.models import Programme
from fellowship.overview import Overview
from portal.home import Section, contributes


@contributes(order=20)
def sections(now: dt.datetime) -> list[Section]:
    programme = Programme.objects.public().defer("body", "source_text").first()
    overview = Overview()
    entries = [entry for entry in (overview.upcoming, overview.current) if entry is not None]
    if programme is None and not entries:
        return []
    context = {
        "title": programme.title if programme else "Fellowship",
        "programme": programme,
        "entries": entries,
    }
    return [Section("fellowship/home.html", context)]
