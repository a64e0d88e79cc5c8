"""What the home page says of the fellowship: the cohort to apply for, and the one that is running."""

from __future__ import annotations

import datetime as dt

from fellowship.overview import overview
from portal.home import Section, contributes


@contributes(order=20)
def sections(now: dt.datetime) -> list[Section]:
    found = overview()
    entries = [entry for entry in (found.upcoming, found.current) if entry is not None]
    if found.programme is None and not entries:
        return []
    context = {
        "title": found.programme.title if found.programme else "Fellowship",
        "programme": found.programme,
        "entries": entries,
    }
    return [Section("fellowship/home.html", context)]
