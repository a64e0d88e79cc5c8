"""Calendar files: whole by RFC 5545, right on both sides of a clock change, and of one mind with every page."""

import datetime as dt
from unicodedata import category
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some

from portal.calendar import LONDON, Event, calendar
from projects.models import ApplicationRound, Project
from tests.dated import at, london
from tests.factories import ApplicationRoundFactory, DateChangeFactory, ProjectFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Europe/London")
# The clocks go back on 25 October 2026, between the two.
OPENS, CLOSES = london("2026-10-12 09:00"), london("2026-10-29 23:59")
SECOND = dt.timedelta(seconds=1)
ALL = "/projects/calendar.ics"


def read(content):
    """A file as a calendar takes it apart."""
    return icalendar.Calendar.from_ical(content)


def events(content):
    return {str(event["UID"]): event for event in read(content).events}


def starts(content):
    return {uid: event.start for uid, event in events(content).items()}


def lines(content):
    return content.decode().replace("\r\n ", "").split("\r\n")


def autumn(**values):
    return ApplicationRoundFactory(**{"name": "Autumn 2026", "opens_at": OPENS, "closes_at": CLOSES, **values})


def uid(window, date):
    return f"round-{window.pk}-{date}@127.0.0.1"


def deadline(window):
    return reverse("projects:deadline", args=[window.pk])


# The file


def event(moment, **values):
    return Event("a", moment, **{"summary": "A", "description": "B", "url": "https://c.example/", **values})


def test_a_calendar_has_all_that_the_standards_ask_for():
    content = calendar("Dates", [event(OPENS, moves=2, changed_at=CLOSES)])
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in content.split(b"\r\n")), "folded at 75 octets"
    assert {
        "VERSION:2.0",
        f"PRODID:-//{settings.PORTAL_ORGANISATION}//{settings.PORTAL_NAME}//EN",
        "NAME:Dates",
        "X-WR-CALNAME:Dates",
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "X-PUBLISHED-TTL:PT12H",
        "UID:a@127.0.0.1",
        "SEQUENCE:2",
        "DTSTAMP:20261029T235900Z",
        "LAST-MODIFIED:20261029T235900Z",
        "DTSTART;TZID=Europe/London:20261012T090000",
        "SUMMARY:A",
        "DESCRIPTION:B",
        "URL:https://c.example/",
        "TRANSP:TRANSPARENT",
    } <= set(lines(content))
    assert "BEGIN:VALARM" not in lines(content)


def test_a_calendar_without_events_still_has_the_component_that_the_standard_asks_for():
    assert [component.name for component in read(calendar("Dates", [])).subcomponents] == ["VTIMEZONE"]


def test_a_reminder_rings_before():
    (found,) = read(calendar("Dates", [event(OPENS, reminder=dt.timedelta(days=1))])).events
    (alarm,) = found.walk("VALARM")
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", "A")
    assert alarm["TRIGGER"].to_ical() == b"-P1D"


@pytest.mark.parametrize(
    ("moment", "line"),
    [
        ("2026-10-24 23:59+01:00", "DTSTART;TZID=Europe/London:20261024T235900"),
        ("2026-10-25 23:59+00:00", "DTSTART;TZID=Europe/London:20261025T235900"),
        ("2027-03-28 00:59+00:00", "DTSTART;TZID=Europe/London:20270328T005900"),
        ("2027-03-28 01:00+00:00", "DTSTART;TZID=Europe/London:20270328T020000"),
        ("2026-10-25 00:30+00:00", "DTSTART;TZID=Europe/London:20261025T013000"),
        # The second half past one of that night: London's time for it would be taken for the first.
        ("2026-10-25 01:30+00:00", "DTSTART:20261025T013000Z"),
    ],
)
def test_both_sides_of_a_clock_change_are_right(moment, line):
    moment = dt.datetime.fromisoformat(moment)
    content = calendar("Dates", [event(moment)])
    assert line in lines(content)
    (found,) = starts(content).values()
    assert found.astimezone(dt.UTC) == moment.astimezone(dt.UTC)


def test_the_zone_in_the_file_is_londons():
    """For clients that take the zone from the file: it says what the system's says, hour by hour at every change."""
    zone = LONDON.to_tz(lookup_tzid=False)
    for year in (2024, 2026, 2027, 2037, 2040):
        for month, day in [(1, 15), (7, 15), *((month, day) for month in (3, 10) for day in range(24, 32))]:
            for hour in range(24):
                local = dt.datetime(year, month, day, hour, 30, tzinfo=ZONE)
                if local.astimezone(dt.UTC).astimezone(ZONE).hour == hour:  # not in the hour that spring leaves out
                    assert local.replace(tzinfo=zone).utcoffset() == local.utcoffset(), local


@given(some.text(), some.text())
def test_no_text_breaks_the_file(summary, description):
    content = calendar(summary, [event(OPENS, summary=summary, description=description)])
    (found,) = read(content).events
    assert found["UID"] == "a@127.0.0.1"
    assert [line for line in lines(content) if line in {"BEGIN:VEVENT", "END:VEVENT"}] == ["BEGIN:VEVENT", "END:VEVENT"]
    assert not any(category(letter) in {"Cc", "Cs", "Zl", "Zp"} for line in lines(content) for letter in line)


# The rounds in it


def test_a_round_is_two_events(client):
    window = autumn()
    ProjectFactory.create_batch(2, round=window)
    ProjectFactory(status="draft", round=window)
    with at("2026-10-05 10:00"):
        response = client.get(ALL)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Content-Disposition" not in response
    assert starts(response.content) == {uid(window, "opens"): OPENS, uid(window, "closes"): CLOSES}
    found = events(response.content)[uid(window, "closes")]
    assert found["SUMMARY"] == "Deadline: internship projects, Autumn 2026"
    address = f"{settings.PORTAL_URL}/projects/?status=open"
    assert found["URL"] == address
    assert found["DESCRIPTION"].split("\n") == [
        f"2 projects are open in this round: {address}",
        "Each project's page says how to apply.",
    ]
    assert events(response.content)[uid(window, "opens")]["SUMMARY"] == (
        "Applications open: internship projects, Autumn 2026"
    )
    assert b"VALARM" not in response.content


def test_the_address_to_apply_at_is_given_only_while_one_can(client):
    ProjectFactory(round=autumn(apply_url="https://example.org/apply"))
    for now, can_apply in [(OPENS - SECOND, False), (OPENS, True), (CLOSES - SECOND, True), (CLOSES, False)]:
        with time_machine.travel(now, tick=False):
            assert ("Apply at https://example.org/apply" in "".join(lines(client.get(ALL).content))) is can_apply


@pytest.mark.parametrize("closes_at", [CLOSES, None], ids=["dated", "endless"])
@pytest.mark.parametrize("opens_at", [OPENS, None], ids=["dated", "begun"])
def test_the_calendar_and_the_pages_agree_at_every_moment(client, opens_at, closes_at):
    """A round that accepts applications has begun to open and has not begun to close."""
    window = autumn(opens_at=opens_at, closes_at=closes_at)
    project = ProjectFactory(round=window)
    for boundary in (OPENS, CLOSES):
        for now in (boundary - SECOND, boundary, boundary + SECOND):
            with time_machine.travel(now, tick=False):
                found = starts(client.get(ALL).content)
            opened = found[uid(window, "opens")] <= now if opens_at else bool(found)
            closed = found[uid(window, "closes")] <= now if closes_at else False
            assert (opened and not closed) is project.is_accepting(now), now


def test_the_rounds_are_those_that_readers_know_of(client):
    with at("2026-10-20 10:00"):
        past, ahead = london("2026-03-01 12:00"), london("2027-03-01 12:00")
        known = [
            autumn(name="Open project, over", opens_at=None, closes_at=past),
            autumn(name="Open project, now"),
            autumn(name="Open project, ahead", opens_at=ahead, closes_at=None),
        ]
        for window in known:
            ProjectFactory(round=window)
        known.append(autumn(name="Announced", opens_at=ahead, closes_at=None))
        for status in Project.Status:
            if status.value != "open":
                ProjectFactory(status=status, round=autumn(name=f"Only {status}"))
        autumn(name="Of nobody")
        ProjectFactory(round=autumn(name="Undated", opens_at=None, closes_at=None))
        expected = {
            uid(window, name)
            for window in known
            for name in ("opens", "closes")
            if getattr(window, f"{name}_at") is not None
        }
        assert set(starts(client.get(ALL).content)) == expected
        for window in ApplicationRound.objects.all():
            status = 200 if uid(window, "closes") in expected else 404
            assert client.get(deadline(window)).status_code == status, window


@pytest.mark.parametrize("number", ["999999", "9" * 30, "0"])
def test_a_round_that_is_not_there_has_no_deadline(client, number):
    assert client.get(f"/projects/rounds/{number}/deadline.ics").status_code == 404


def test_an_announced_round_without_projects_says_so(client):
    autumn()
    with at("2026-10-05 10:00"):
        text = "".join(lines(client.get(ALL).content))
    assert "No project is open in this round yet." in text


# One deadline


def test_a_deadline_is_a_file_with_a_reminder(client):
    window = autumn()
    ProjectFactory(round=window)
    response = client.get(deadline(window))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="autumn-2026-deadline.ics"'
    assert starts(response.content) == {uid(window, "closes"): CLOSES}
    assert b"TRIGGER:-P1D" in response.content
    (alone,), together = events(response.content).values(), events(client.get(ALL).content)[uid(window, "closes")]
    alone.subcomponents.clear()
    assert alone.to_ical() == together.to_ical(), "the same event but for the reminder"


def test_a_file_has_a_name_whatever_the_round_is_called(client):
    window = autumn(name='"; \r\n秋')
    ProjectFactory(round=window)
    given_name = client.get(deadline(window))["Content-Disposition"]
    assert given_name == f'attachment; filename="round-{window.pk}-deadline.ics"'


def test_the_home_page_leads_to_the_first_deadline_and_to_the_calendar(client):
    later = autumn(name="Later", closes_at=CLOSES + dt.timedelta(days=1))
    for window in (later, autumn(), autumn(name="Endless", closes_at=None)):
        ProjectFactory(round=window)
    first = ApplicationRound.objects.get(name="Autumn 2026")
    links = {}
    for now in (OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES, CLOSES + dt.timedelta(days=1)):
        with time_machine.travel(now, tick=False):
            found = Page(client.get("/").text).links
        assert ALL in found
        links[now] = [link for link in found if link.endswith("deadline.ics")]
    assert list(links.values()) == [[], [deadline(first)], [deadline(first)], [deadline(later)], []]


# What moves, and what stays


def test_a_date_that_moves_keeps_its_uid_and_raises_its_sequence(client):
    window = autumn()
    ProjectFactory(round=window)

    def found():
        return {
            name: (event["SEQUENCE"], event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt)
            for name, event in events(client.get(ALL).content).items()
        }

    before = found()
    assert {sequence for sequence, *_ in before.values()} == {0}
    moved_at = [london("2026-10-01 10:00"), london("2026-10-02 10:00")]
    for moment in moved_at:
        DateChangeFactory(window=window, at=moment)
    assert found() == {
        uid(window, "opens"): before[uid(window, "opens")],
        uid(window, "closes"): (2, moved_at[1], moved_at[1]),
    }


def test_moving_a_deadline_in_the_admin_moves_it_in_the_calendar(client, admin_client):
    window = autumn()
    ProjectFactory(round=window)
    page = reverse("admin:projects_applicationround_change", args=[window.pk])
    fields = Page(admin_client.get(page).text).fields
    admin_client.post(page, {**fields, "closes_at_0": "2026-11-05", "closes_at_1": "12:00:00"})
    for path in (ALL, deadline(window)):
        found = events(client.get(path).content)[uid(window, "closes")]
        assert (found["SEQUENCE"], found.start) == (1, london("2026-11-05 12:00")), path


def test_a_file_stays_the_same_while_nothing_changes_and_is_not_sent_twice(client):
    window = autumn()
    ProjectFactory(round=window)
    for path in (ALL, deadline(window)):
        with at("2026-10-13 10:00"):
            first = client.get(path)
        with at("2026-10-20 10:00"):
            second = client.get(path)
            assert second.content == first.content
            again = client.get(path, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            DateChangeFactory(window=window)
            assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_calendars_answer_head_and_refuse_to_be_written(client):
    window = autumn()
    ProjectFactory(round=window)
    for path in (ALL, deadline(window)):
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head["Content-Type"] == "text/calendar; charset=utf-8"
        assert head["X-Robots-Tag"] == "noindex"
        assert not head.cookies
        assert client.post(path).status_code == 405


def test_a_calendar_takes_two_queries_whatever_it_holds(client, django_assert_num_queries):
    for rounds in (1, 10):
        for number in range(rounds):
            window = autumn(name=f"{rounds}.{number}")
            ProjectFactory.create_batch(2, round=window)
            DateChangeFactory(window=window)
        for path in (ALL, deadline(window)):
            with django_assert_num_queries(2):
                client.get(path)
