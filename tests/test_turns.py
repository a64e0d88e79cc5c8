"""Until when a page is right: nothing that readers see changes by time alone before the next turn."""

import datetime as dt

import pytest
import time_machine
from django.apps import apps

from fellowship.models import Cohort
from portal import turns
from tests import factories as make
from tests.dated import london
from tests.pages import whole
from tests.world import World, public_paths

pytestmark = pytest.mark.django_db

NOW = london("2026-11-21 12:00")
DAY = dt.timedelta(days=1)
LEAST = dt.timedelta(microseconds=1)


def test_with_nothing_ahead_it_is_midnight_in_london():
    assert turns.next_turn(NOW) == london("2026-11-22 00:00")
    assert turns.next_turn(london("2026-11-22 00:00")) == london("2026-11-23 00:00")
    summer = london("2026-07-01 23:59")
    assert turns.next_turn(summer) == summer + dt.timedelta(minutes=1)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_on_which_the_clocks_change_has_its_own_length(day):
    morning = london(f"{day} 00:00").astimezone(dt.UTC)
    hours = (turns.next_turn(morning) - morning) / dt.timedelta(hours=1)
    assert hours == {"2026-03-29": 23, "2026-10-25": 25}[day]


HOUR = dt.timedelta(hours=1)
MADE = {
    "a notice appears": lambda at: make.NoticeFactory(starts_at=at),
    "a notice goes": lambda at: make.NoticeFactory(starts_at=at - DAY, ends_at=at),
    "a round opens": lambda at: make.ApplicationRoundFactory(opens_at=at, closes_at=at + DAY),
    "a round closes": lambda at: make.ApplicationRoundFactory(opens_at=at - DAY, closes_at=at),
    "a cohort's window opens": lambda at: make.CohortFactory(opens_at=at, closes_at=at + DAY),
    "a webinar begins": lambda at: make.CohortFactory(webinar_at=at),
    "a webinar is over": lambda at: make.CohortFactory(webinar_at=at - 5 * HOUR, webinar_minutes=300),
    "a moved date is no news": lambda at: make.DateChangeFactory(
        window=make.ApplicationRoundFactory(opens_at=None, closes_at=at + 40 * DAY), at=at - 14 * DAY
    ),
}


@pytest.mark.parametrize("what", MADE)
def test_within_a_day_it_is_what_comes_first(what, django_assert_num_queries):
    at = NOW + 2 * HOUR
    MADE[what](at)
    make.NoticeFactory(starts_at=NOW + 3 * HOUR)
    with django_assert_num_queries(1):
        assert turns.next_turn(NOW) == at
    assert turns.next_turn(at) != at


def test_every_moment_that_a_model_names_is_a_turn():
    """What staff are told will change, readers are shown in time."""
    World()
    Cohort.objects.filter(number=200).update(webinar_at=NOW + 40 * DAY + 3 * HOUR, webinar_minutes=45)
    named = 0
    for model in apps.get_models():
        for item in model._default_manager.all() if hasattr(model, "moments") else ():
            for moment in item.moments():
                named += 1
                assert turns.next_turn(moment.at - LEAST) == moment.at, moment
    assert named > 10


@pytest.mark.parametrize("begin", [0, 60])
def test_every_public_page_stays_what_it_is_until_the_next_turn(client, begin):
    """Each page at a moment, and just before the turn that follows: the same bytes; and that turn after turn."""
    with time_machine.travel(NOW, tick=False) as traveller:
        world = World()
        noon = NOW + begin * DAY
        make.NoticeFactory(starts_at=noon + HOUR, ends_at=noon + 2 * HOUR)
        make.DateChangeFactory(window=world.round, at=noon + 3 * HOUR - 14 * DAY)
        Cohort.objects.filter(number=200).update(webinar_at=noon + HOUR + 30 * LEAST, webinar_minutes=75)
        paths = [path for path in public_paths(world) if path != "/healthz" and "/contact/" not in path]
        paths.remove("/projects/propose/")  # as on the two of /contact/, each reader has a token of their own
        moment, seen = noon, set()
        for _ in range(5):
            turn = turns.next_turn(moment)
            traveller.move_to(moment)
            at_first = {path: whole(client.get(path)) for path in paths}
            traveller.move_to(turn - LEAST)
            at_last = {path: whole(client.get(path)) for path in paths}
            assert at_first == at_last, [path for path in paths if at_first[path] != at_last[path]]
            seen.add(tuple(at_first.values()))
            moment = turn
        assert len(seen) > 2, "the clock moved nothing"
