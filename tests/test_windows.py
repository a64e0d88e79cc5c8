"""Application windows: open from the moment they open until just before they close, and in words all the while."""

import datetime as dt
from itertools import product
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from fellowship.models import Cohort, Phase
from portal.windows import LAST_DAYS, WindowState, accepts_at
from projects.finder import Finder
from projects.models import ApplicationRound, Project
from tests.factories import ApplicationRoundFactory, CohortFactory, ProjectFactory
from tests.pages import Page

LONDON = ZoneInfo("Europe/London")
SECOND = dt.timedelta(seconds=1)


def london(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


# The clocks go back on 25 October 2026, between the two.
OPENS, CLOSES = london("2026-10-12 09:00"), london("2026-10-29 23:59")
AUTUMN = ApplicationRound(name="Autumn 2026", opens_at=OPENS, closes_at=CLOSES)
UNTIL = "11:59pm on 29\u00a0October 2026"


@pytest.mark.parametrize(
    ("now", "state", "sentence"),
    [
        (OPENS - SECOND, "upcoming", "Applications open at 9am on 12\u00a0October 2026"),
        (OPENS, "open", f"Applications are open until {UNTIL}"),
        (london("2026-10-14 23:59:59"), "open", f"Applications are open until {UNTIL}"),
        (london("2026-10-15 00:00"), "open", f"Applications are open until {UNTIL} (14 days left)"),
        (london("2026-10-24 23:59:59"), "open", f"Applications are open until {UNTIL} (5 days left)"),
        (london("2026-10-25 00:30"), "open", f"Applications are open until {UNTIL} (4 days left)"),
        (london("2026-10-26 00:00"), "open", f"Applications are open until {UNTIL} (3 days left)"),
        (london("2026-10-28 23:59:59"), "open", f"Applications are open until {UNTIL} (1 day left)"),
        (london("2026-10-29 00:00"), "open", "Applications close today at 11:59pm"),
        (CLOSES - SECOND, "open", "Applications close today at 11:59pm"),
        (CLOSES, "closed", f"Applications closed at {UNTIL}"),
        (CLOSES + SECOND, "closed", f"Applications closed at {UNTIL}"),
    ],
    ids=lambda value: value.strftime("%d-%H%M%S") if isinstance(value, dt.datetime) else "",
)
def test_a_round_to_the_second(now, state, sentence):
    with time_machine.travel(now, tick=False):
        assert AUTUMN.state() is WindowState(state)
        assert AUTUMN.is_open() is (state == "open")
        assert AUTUMN.sentence() == sentence
    assert AUTUMN.sentence(now) == sentence


def test_the_hour_that_the_clocks_give_back_belongs_to_the_same_day():
    """01:30 comes twice on 25 October 2026; the window closes at the second."""
    once, again = (dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1))
    window = ApplicationRound(opens_at=OPENS, closes_at=again)
    assert once.astimezone(LONDON).time() == again.astimezone(LONDON).time() == dt.time(1, 30)
    assert window.is_open(once)
    assert window.days_left(once) == 0
    assert window.sentence(again - SECOND) == "Applications close today at 1:30am"
    assert not window.is_open(again)


def test_the_day_is_londons_and_not_greenwichs():
    """In summer, London's day begins an hour before that of UTC."""
    window = ApplicationRound(closes_at=london("2026-07-02 12:00"))
    before = dt.datetime(2026, 7, 1, 22, 59, 59, tzinfo=dt.UTC)
    assert window.days_left(before) == 1
    assert window.days_left(before + SECOND) == 0
    assert window.sentence(before + SECOND) == "Applications close today at midday"


@pytest.mark.parametrize(
    ("clock", "words"),
    [("12:00", "midday"), ("17:00", "5pm"), ("09:30", "9:30am"), ("23:59", "11:59pm"), ("00:00", "midnight")],
)
def test_on_the_last_day_the_hour_is_what_counts(clock, words):
    closes = london(f"2026-12-17 {clock}")
    window = ApplicationRound(closes_at=closes)
    if clock == "00:00":
        assert window.sentence(closes - SECOND).endswith("(1 day left)")
    else:
        assert window.sentence(london("2026-12-17 00:00")) == f"Applications close today at {words}"


def test_windows_with_one_end_or_none():
    undated = ApplicationRound()
    assert undated.state() is WindowState.UNDATED
    assert undated.sentence() == "Application dates to be announced"
    assert undated.days_left() is None
    assert undated.window_in_words == ""
    endless = ApplicationRound(opens_at=OPENS)
    assert endless.sentence(OPENS - SECOND) == "Applications open at 9am on 12\u00a0October 2026"
    assert endless.sentence(OPENS) == "Applications are open"
    assert endless.is_open(OPENS + dt.timedelta(days=9999))
    assert endless.window_in_words == "From 9am on 12\u00a0October 2026"
    begun = ApplicationRound(closes_at=CLOSES)
    assert begun.is_open(CLOSES - dt.timedelta(days=9999))
    assert begun.sentence(CLOSES) == f"Applications closed at {UNTIL}"
    assert begun.window_in_words == f"Until {UNTIL}"


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (OPENS - SECOND, "Open at 9am on 12\u00a0October 2026"),
        (OPENS, f"Open until {UNTIL}"),
        (london("2026-10-26 00:00"), f"Open until {UNTIL} (3 days left)"),
        (london("2026-10-29 00:00"), "Close today at 11:59pm"),
        (CLOSES - SECOND, "Close today at 11:59pm"),
        (CLOSES, f"Closed at {UNTIL}"),
    ],
    ids=str,
)
def test_a_round_in_short_behind_the_label_applications(now, standing):
    with time_machine.travel(now, tick=False):
        assert AUTUMN.standing() == standing
    assert AUTUMN.standing(now) == standing
    assert ApplicationRound().standing(now) == "Dates to be announced"
    assert ApplicationRound(opens_at=OPENS).standing(OPENS) == "Open"


def test_a_window_in_words():
    assert AUTUMN.window_in_words == f"12\u00a0October to {UNTIL}"
    over_new_year = ApplicationRound(opens_at=OPENS, closes_at=london("2027-01-15 12:00"))
    assert over_new_year.window_in_words == "12\u00a0October 2026 to midday on 15\u00a0January 2027"


def test_the_count_of_days_begins_two_weeks_before():
    for days in range(LAST_DAYS + 3):
        sentence = AUTUMN.sentence(london("2026-10-29 08:00") - dt.timedelta(days=days))
        assert ("left" in sentence) is (1 <= days <= LAST_DAYS)


# The database and the object in hand say the same

MOMENTS = [None, OPENS, OPENS + SECOND, CLOSES, CLOSES + SECOND]


@pytest.mark.django_db
def test_the_database_and_the_object_agree_at_every_boundary():
    rounds = [
        ApplicationRoundFactory(opens_at=opens, closes_at=closes)
        for opens, closes in product(MOMENTS, MOMENTS)
        if opens is None or closes is None or closes > opens
    ]
    for moment in MOMENTS[1:]:
        for now in (moment - SECOND, moment, moment + SECOND):
            open_here = {item.pk for item in rounds if item.is_open(now)}
            open_there = set(ApplicationRound.objects.filter(accepts_at(now)).values_list("pk", flat=True))
            assert open_here == open_there, now


@pytest.mark.django_db
@pytest.mark.parametrize("now", [OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES], ids=str)
def test_accepting_applications_has_one_definition(now):
    rounds = [ApplicationRoundFactory(opens_at=opens, closes_at=CLOSES) for opens in (OPENS, None)]
    for status, one in product(Project.Status, [*rounds, ApplicationRoundFactory(opens_at=None, closes_at=None), None]):
        ProjectFactory(status=status, round=one)
    here = {project.pk for project in Project.objects.select_related("round") if project.is_accepting(now)}
    there = set(Project.objects.accepting(now).values_list("pk", flat=True))
    assert here == there
    dated = now < CLOSES
    assert len(here) == (2 if dated and now >= OPENS else 1 if dated else 0)
    with time_machine.travel(now, tick=False):
        assert {project.pk for project in Project.objects.all() if project.is_accepting()} == here


@pytest.mark.django_db
def test_the_list_shows_first_what_can_be_applied_for_then_what_is_open():
    now = timezone.now()
    later = ApplicationRoundFactory(opens_at=now + dt.timedelta(days=1), closes_at=now + dt.timedelta(days=2))
    for title, status, one in [
        ("B closed", "archived", ApplicationRoundFactory()),
        ("D later", "open", later),
        ("E now", "open", ApplicationRoundFactory()),
        ("A paused", "paused", None),
        ("C undated", "open", None),
    ]:
        ProjectFactory(title=title, status=status, round=one)
    titles = [project.title for project in Finder(QueryDict(), now).projects]
    assert titles == ["E now", "C undated", "D later", "A paused", "B closed"]


@pytest.mark.django_db
def test_only_an_open_project_speaks_of_applications():
    for status in Project.Status:
        project = ProjectFactory(status=status)
        assert bool(project.applications_sentence()) is (status == "open")
    assert ProjectFactory(round=None).applications_sentence() == "Application dates to be announced"


@pytest.mark.django_db
def test_a_list_says_where_the_applications_of_an_open_project_stand(client):
    for status in Project.Status:
        assert ("Applications" in dict(ProjectFactory(status=status).search_facts)) is (status == "open")
    assert dict(ProjectFactory(round=None).search_facts)["Applications"] == "Dates to be announced"
    Project.objects.all().delete()
    ProjectFactory(title="Kriging wards", round=ApplicationRoundFactory(opens_at=OPENS, closes_at=CLOSES))
    for now in (OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES):
        with time_machine.travel(now, tick=False):
            for path in ("/projects/", "/projects/?status=open", "/search/?q=kriging"):
                facts = Page(client.get(path).text).text("dd")
                assert AUTUMN.standing(now).replace("\u00a0", " ") in facts, path


@pytest.mark.django_db
def test_the_home_page_announces_the_round_that_opens_next(client):
    ProjectFactory(round=None)
    for days in (5, 2):
        ApplicationRoundFactory(opens_at=OPENS + dt.timedelta(days=days), closes_at=CLOSES)
    for now, day in [(OPENS, 14), (OPENS + dt.timedelta(days=2), 17), (OPENS + dt.timedelta(days=5), None)]:
        with time_machine.travel(now, tick=False):
            announced = Page(client.get("/").text).text("h2")[0]
        words = f"Applications for projects open at 9am on {day} October 2026"
        assert announced == (words if day else "1 project is open. We will announce when you can apply")


# A cohort's phase


def cohort(**values):
    dates = {
        "starts_on": dt.date(2026, 11, 2),
        "ends_on": dt.date(2027, 10, 29),
        "opens_at": OPENS,
        "closes_at": CLOSES,
    }
    return Cohort(number=4, **{**dates, **values})


@pytest.mark.parametrize(
    ("now", "phase", "headline"),
    [
        (OPENS - SECOND, Phase.ANNOUNCED, "Applications open at 9am on 12\u00a0October 2026"),
        (OPENS, Phase.APPLICATIONS_OPEN, f"Applications are open until {UNTIL}"),
        (CLOSES - SECOND, Phase.APPLICATIONS_OPEN, "Applications close today at 11:59pm"),
        (CLOSES, Phase.SELECTING, f"Applications closed at {UNTIL}"),
        (london("2026-11-01 23:59:59"), Phase.SELECTING, f"Applications closed at {UNTIL}"),
        (london("2026-11-02 00:00"), Phase.RUNNING, "Running until 29\u00a0October 2027"),
        (london("2027-10-29 23:59:59"), Phase.RUNNING, "Finishes today, 29\u00a0October 2027"),
        (london("2027-10-30 00:00"), Phase.FINISHED, "Finished on 29\u00a0October 2027"),
    ],
    ids=lambda value: value.strftime("%y%m%d-%H%M%S") if isinstance(value, dt.datetime) else "",
)
def test_a_cohort_to_the_second(now, phase, headline):
    item = cohort(apply_url="https://example.org/apply")
    with time_machine.travel(now, tick=False):
        assert item.phase is phase
        assert item.headline == headline
        assert item.headline_detail.endswith(".")
        assert bool(item.apply_address) is (phase is Phase.APPLICATIONS_OPEN)
        assert item.search_tag == (phase.label, phase.colour)


def test_a_cohort_without_dates_for_applying_is_announced():
    item = cohort(opens_at=None, closes_at=None)
    with time_machine.travel(OPENS, tick=False):
        assert item.phase is Phase.ANNOUNCED
        assert item.headline == "Application dates to be announced"


def test_a_cohort_that_began_takes_no_more_applications():
    item = cohort(closes_at=london("2026-12-01 12:00"), apply_url="https://example.org/apply")
    with time_machine.travel("2026-11-20 12:00+00:00", tick=False):
        assert item.phase is Phase.RUNNING
        assert item.apply_address == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("precision", "words", "machine", "last_day"),
    [
        ("day", "14\u00a0January 2027", "2027-01-14", "2027-01-14"),
        ("week", "Week of 11\u00a0January 2027", "2027-W02", "2027-01-17"),
        ("month", "January 2027", "2027-01", "2027-01-31"),
        ("approximate", "Around January 2027", "", "2027-01-31"),
    ],
)
def test_a_key_date_never_says_more_than_is_known(precision, words, machine, last_day):
    item = CohortFactory().key_dates.create(label="Interviews", date=dt.date(2027, 1, 14), precision=precision)
    assert (item.in_words, item.machine_readable, str(item.last_day)) == (words, machine, last_day)
    with time_machine.travel(f"{last_day} 23:59:59+00:00", tick=False):
        assert not item.is_past
    with time_machine.travel(dt.datetime.fromisoformat(f"{last_day} 23:59:59+00:00") + SECOND, tick=False):
        assert item.is_past
