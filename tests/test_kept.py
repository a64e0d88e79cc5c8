"""What is made of content is made once, and again as soon as it may be another."""

import datetime as dt

import pytest
import time_machine
from django.db import connection, transaction
from django.test import override_settings

from portal import clock, generation, kept
from tests import factories as make
from tests.dated import london

pytestmark = pytest.mark.django_db

NOW = london("2026-11-21 12:00")


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


class Counted:
    """A function of content that counts how often it was called."""

    def __init__(self, **options):
        self.calls = []
        self.ask = kept.kept(**options)(self._called) if options else kept.kept(self._called)

    def _called(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        return object()


def test_it_is_made_once_for_each_of_its_arguments(now):
    counted = Counted()
    assert counted.ask(1) is counted.ask(1)
    assert counted.ask(1, b=2, a=1) is counted.ask(1, a=1, b=2)
    assert counted.ask(2) is not counted.ask(1)
    assert len(counted.calls) == 3


def test_a_change_of_content_makes_it_anew(now):
    counted = Counted()
    first = counted.ask()
    generation._known.tell(1)
    assert counted.ask() is not first


def test_it_lasts_until_the_next_turn_and_not_back_before_it_was_made(now):
    make.NoticeFactory(starts_at=NOW + dt.timedelta(hours=1))
    connection.run_on_commit.clear()  # as if it were committed
    counted = Counted()
    first = counted.ask()
    now.shift(3_599)
    assert counted.ask() is first
    now.shift(1)
    second = counted.ask()
    assert second is not first
    now.move_to(NOW)
    assert counted.ask() is not second


def test_as_at_a_moment_nothing_is_kept(now):
    counted = Counted()
    first = counted.ask()
    with clock.stopped_at(NOW + dt.timedelta(days=1)):
        assert counted.ask() is not counted.ask()
        with kept.holding():
            assert counted.ask() is not counted.ask()
    with kept.holding(), clock.stopped_at(NOW + dt.timedelta(days=1)):
        assert counted.ask() is not counted.ask()
    with clock.copied_as_on(NOW.date()):
        assert counted.ask() is not counted.ask()
    assert counted.ask() is first


def test_whoever_has_written_gets_it_made_anew_until_they_take_it_back(now):
    counted = Counted()
    first = counted.ask()
    with transaction.atomic():
        make.AreaFactory()
        assert counted.ask() is not first
        assert counted.ask() is not counted.ask()
        transaction.set_rollback(True)
    assert counted.ask() is first


def test_what_fails_is_not_kept(now):
    calls = []

    @kept.kept
    def fails():
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            fails()
    assert len(calls) == 2


def test_no_more_are_held_than_asked_for_and_the_last_stay(now):
    counted = Counted(most=2)
    first = counted.ask(1)
    counted.ask(2)
    assert counted.ask(1) is first
    counted.ask(3)
    assert counted.ask(1) is first
    calls = len(counted.calls)
    counted.ask(2)
    assert len(counted.calls) == calls + 1
    assert len(counted.ask.results) == 2


def test_holding_asks_for_the_generation_once(now, monkeypatch):
    counted = Counted()
    asked = []
    real = generation.current
    monkeypatch.setattr(generation, "current", lambda: asked.append(1) or real())
    with kept.holding() as hold:
        assert counted.ask() is counted.ask()
        assert hold.now == NOW
    assert len(asked) == 1


def test_it_keeps_its_name_and_can_be_told_to_forget(now):
    @kept.kept
    def heading():
        """What it says."""
        return object()

    first = heading()
    assert (heading.__name__, heading.__doc__) == ("heading", "What it says.")
    heading.forget()
    assert heading() is not first


def test_other_settings_make_it_anew(now):
    counted = Counted()
    first = counted.ask()
    with override_settings(PORTAL_NAME="Another"):
        assert counted.ask() is not first
