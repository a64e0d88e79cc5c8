"""One definition of “accepting applications”: every surface gives the same answer at every second."""

import datetime as dt
import io
import json
from csv import DictReader
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from icalendar import Calendar

from projects.models import Project, Status
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
SECOND = dt.timedelta(seconds=1)
# Between the two, the clocks go back.
OPENS = dt.datetime(2026, 10, 12, 9, 0, tzinfo=LONDON)
CLOSES = dt.datetime(2026, 10, 29, 12, 0, tzinfo=LONDON)

WINDOWS = {
    "both": (OPENS, CLOSES),
    "opens only": (OPENS, None),
    "closes only": (None, CLOSES),
    "no dates": (None, None),
}
MOMENTS = {
    f"{delta:+d} s of {name}": at + delta * SECOND
    for name, at in {"opening": OPENS, "closing": CLOSES}.items()
    for delta in (-1, 0, 1)
}


def is_open(opens, closes, now):
    """The definition, in its shortest form."""
    return (opens or closes) is not None and (opens is None or opens <= now) and (closes is None or now < closes)


class Portal:
    """One project in one round, another that is closed and much like it, and every place that speaks of them."""

    def __init__(self, opens=OPENS, closes=CLOSES, status="open"):
        self.round = make.ApplicationRoundFactory(
            name="Autumn", opens_at=opens, closes_at=closes, apply_url="https://apply.example/form", is_paid=True
        )
        area = make.AreaFactory(name="Letters")
        shared = {"area": area, "techniques": [], "modalities": [], "partner": None}
        before = dt.datetime(2026, 1, 1, tzinfo=LONDON)
        with time_machine.travel(before, tick=False):
            self.project = make.ProjectFactory(title="Badgers", round=self.round, status=status, **shared)
            self.like = make.ProjectFactory(title="Otters", round=None, status="archived", **shared)
            self.unlike = make.ProjectFactory(title="Aardvarks", round=None, status="open", **shared)
            self.article = make.ArticleFactory(areas=[area])
        self.client = Client()
        self.staff = Client()
        self.staff.force_login(get_user_model().objects.create_superuser("chief"))

    def get(self, address):
        response = self.client.get(address)
        assert response.status_code == 200, address
        return b"".join(response).decode() if response.streaming else response.text

    # Whether each surface says that one can apply for the project

    def queryset(self, now):
        return self.project in Project.objects.accepting()

    def model(self, now):
        return self.project.is_accepting()

    def finder_order(self, now):
        """What accepts applications stands before what is open without dates, whatever its title."""
        links = [link for link in Page(self.get("/projects/")).links if link.startswith("/projects/")]
        return links.index(self.project.get_absolute_url()) < links.index(self.unlike.get_absolute_url())

    def finder_line(self, now):
        return self._line("/projects/?q=badgers")

    def search_line(self, now):
        return self._line("/search/?q=badgers")

    def _line(self, address):
        facts = Page(self.get(address)).text("dd")
        return any(fact == "Open" or fact.startswith(("Open until", "Close today")) for fact in facts)

    def home(self, now):
        return "1 project is open for applications" in self.get("/")

    def brief(self, now):
        return "https://apply.example/form" in Page(self.get(self.project.get_absolute_url())).links

    def banner(self, now):
        """The banner is for what cannot be applied for."""
        return 'class="app-closed' not in self.get(self.project.get_absolute_url())

    def similar(self, now):
        return self.project.get_absolute_url() in Page(self.get(self.like.get_absolute_url())).links

    def structured_data(self, now):
        page = self.get(self.project.get_absolute_url())
        data = json.loads(page.split('type="application/ld+json">')[1].split("</script>")[0])
        return any(thing["@type"] == "JobPosting" for thing in data["@graph"])

    def feed(self, now):
        entry = self.get("/projects/feed/?q=badgers").split("<entry>")[1]
        return "Applications are open" in entry or "Applications close today" in entry

    def json(self, now):
        (project,) = json.loads(self.get("/projects.json?q=badgers"))["projects"]
        can_apply = project["applications"]["address"] == "https://apply.example/form"
        assert project["accepting_applications"] == can_apply
        return can_apply

    def csv(self, now):
        (row,) = DictReader(io.StringIO(self.get("/projects.csv?q=badgers").removeprefix("\ufeff")))
        assert bool(row["applications_address"]) is (row["accepting_applications"] == "true")
        return row["accepting_applications"] == "true"

    def calendar(self, now):
        """By a reader's own clock: after what the calendar calls open, and before what it calls the deadline."""
        events = Calendar.from_ical(self.get("/projects/calendar.ics")).walk("VEVENT")
        moments = {event["UID"].split("-")[2].split("@")[0]: event["DTSTART"].dt for event in events}
        return is_open(moments.get("opens"), moments.get("closes"), now)

    def article_beside(self, now):
        return "/projects/?status=open&area=letters" in Page(self.get(self.article.get_absolute_url())).links

    def admin_list(self, now):
        text = self.staff.get("/admin/projects/project/?q=Badgers").text
        return 'alt="True"' in text.split("field-accepts")[1].split("</td>")[0]

    def admin_filter(self, now):
        yes, no = (self.staff.get(f"/admin/projects/project/?accepting={word}").text for word in ("yes", "no"))
        link = f"/admin/projects/project/{self.project.pk}/change/"
        if self.project.status == "open":
            assert (link in yes) is not (link in no)
        return link in yes

    def admin_round(self, now):
        """The list of rounds shows what readers see, of the round alone."""
        text = self.staff.get("/admin/projects/applicationround/").text.split("field-now")[1]
        says_open = (
            text.split("</td>")[0].split(">")[1].startswith(("Applications are open", "Applications close today"))
        )
        return says_open and self.project.status == "open"


SURFACES = [
    name for name, value in vars(Portal).items() if callable(value) and not name.startswith("_") and name != "get"
]


def answers(portal, now):
    return {name: getattr(portal, name)(now) for name in SURFACES}


def test_every_surface_is_asked():
    assert len(SURFACES) == 18


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_every_surface_agrees_to_the_second(window, moment):
    opens, closes = WINDOWS[window]
    now = MOMENTS[moment]
    portal = Portal(opens, closes)
    with time_machine.travel(now, tick=False):
        expected = is_open(opens, closes, now)
        assert answers(portal, now) == dict.fromkeys(SURFACES, expected)


@pytest.mark.parametrize("status", [status for status in Status if status.is_public and status != Status.OPEN])
def test_a_project_that_is_not_open_accepts_nothing_while_its_round_is_open(status):
    portal = Portal(status=status)
    now = OPENS + SECOND
    with time_machine.travel(now, tick=False):
        assert answers(portal, now) == dict.fromkeys(SURFACES, False)


def test_a_project_without_a_round_accepts_nothing():
    portal = Portal()
    Project.objects.filter(pk=portal.project.pk).update(round=None)
    portal.project.refresh_from_db()
    surfaces = [name for name in SURFACES if name != "admin_round"]
    with time_machine.travel(OPENS + SECOND, tick=False):
        assert {name: getattr(portal, name)(OPENS + SECOND) for name in surfaces} == dict.fromkeys(surfaces, False)


def test_a_draft_accepts_nothing_and_shows_nowhere():
    portal = Portal(status="draft")
    with time_machine.travel(OPENS + SECOND, tick=False):
        assert not portal.queryset(None)
        for address in ("/", "/projects/", "/projects/feed/", "/projects.json", "/projects.csv", "/sitemap.xml"):
            assert "badgers" not in portal.get(address).lower()
        assert b"VEVENT" not in portal.client.get("/projects/calendar.ics").content


@pytest.mark.parametrize("boundary", [OPENS, CLOSES], ids=["opening", "closing"])
def test_the_sitemap_says_that_the_page_changed_at_that_second(boundary):
    portal = Portal()
    address = portal.project.get_absolute_url()

    def modified(now):
        with time_machine.travel(now, tick=False):
            (entry,) = [part for part in portal.get("/sitemap.xml").split("<url>") if address in part]
        return dt.datetime.fromisoformat(entry.split("<lastmod>")[1].split("</lastmod>")[0])

    assert modified(boundary - SECOND) < boundary
    assert modified(boundary) == modified(boundary + SECOND) == boundary


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (OPENS - SECOND, "Applications open at 9am on 12\u00a0October 2026"),
        (OPENS, "Applications are open until midday on 29\u00a0October 2026"),
        (CLOSES - dt.timedelta(days=14), "Applications are open until midday on 29\u00a0October 2026 (14 days left)"),
        (CLOSES - dt.timedelta(hours=11), "Applications close today at midday"),
        (CLOSES - SECOND, "Applications close today at midday"),
        (CLOSES, "Applications closed at midday on 29\u00a0October 2026"),
    ],
)
def test_the_words_are_the_same_in_every_place(now, words):
    portal = Portal()
    with time_machine.travel(now, tick=False):
        brief = Page(portal.get(portal.project.get_absolute_url()))
        assert words.replace("\u00a0", " ") in [text.replace("\u00a0", " ") for text in brief.text("h2")]
        (project,) = json.loads(portal.get("/projects.json?q=badgers"))["projects"]
        assert project["applications"]["sentence"] == words
        assert words in portal.get("/projects.csv?q=badgers")
        assert words in portal.get("/projects/feed/?q=badgers")
        assert words in portal.staff.get("/admin/projects/applicationround/").text
        line = words.removeprefix("Applications ").removeprefix("are ")
        facts = Page(portal.get("/projects/?q=badgers")).text("dd")
        assert line.replace("\u00a0", " ").lower() in [fact.replace("\u00a0", " ").lower() for fact in facts]
