"""One clock for all that readers see, so that staff can look at the site as at another moment."""

import ast
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from portal import clock
from tests.dated import at, london

ROOT = Path(settings.BASE_DIR)
THEN = london("2027-01-11 09:00")
# What public pages are made by. What else they use is given the moment by one of these.
READING = (
    "*/views.py",
    "*/home.py",
    "*/overview.py",
    "*/models.py",
    "*/models/*.py",
    "*/finder.py",
    "*/facets.py",
    "*/fields.py",
    "*/feed*.py",
    "*/exports.py",
    "*/calendar.py",
    "*/announcements.py",
    "*/similar.py",
    "*/legend.py",
    "*/structured_data.py",
    "*/sitemap.py",
    "*/search.py",
    "*/windows.py",
    "*/date_changes.py",
    "*/statements.py",
    "*/templatetags/*.py",
)
REAL = {"timezone.now", "timezone.localdate", "date.today", "dt.date.today", "datetime.now", "dt.datetime.now", "Now"}


def test_it_is_now_unless_somebody_looks_as_at_another_moment():
    with at("2026-11-21 12:00"):
        assert clock.now() == timezone.now()
        assert clock.chosen() is None
        with clock.stopped_at(THEN):
            assert clock.now() == clock.chosen() == THEN
            assert clock.today() == THEN.date()
        assert clock.now() == timezone.now()


def test_the_day_is_londons():
    with clock.stopped_at(london("2027-06-30 00:30")):  # half past eleven on the day before, in UTC
        assert clock.today().isoformat() == "2027-06-30"


def test_it_goes_on_whatever_happened_meanwhile():
    with pytest.raises(ZeroDivisionError), clock.stopped_at(THEN):
        raise ZeroDivisionError
    assert clock.chosen() is None


def test_it_stands_still_for_nobody_else():
    seen = []
    with clock.stopped_at(THEN):
        other = threading.Thread(target=lambda: seen.append(clock.chosen()))
        other.start()
        other.join()
    assert seen == [None]


def reading():
    found = {path for app in ("articles", "fellowship", "projects", "portal") for path in (ROOT / app).rglob("*.py")}
    return sorted(path for path in found if any(path.match(pattern) for pattern in READING))


def asks_the_real_clock(path):
    """The lines on which a module asks for the time; a moment that is written as a row is made is not asked."""
    tree = ast.parse(path.read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node.lineno for node in calls if ast.unparse(node.func) in REAL]


def test_pages_ask_one_clock_only():
    modules = reading()
    assert len(modules) > 25, "this test looks in the wrong place"
    assert {str(path.relative_to(ROOT)): lines for path in modules if (lines := asks_the_real_clock(path))} == {}


def test_no_template_asks_the_time():
    assert not [path for path in (ROOT / "templates").rglob("*.*") if "{% now" in path.read_text()]
