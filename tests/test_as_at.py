"""The site as it will be at a moment: for one person of staff, on every public page, and for nobody else."""

import datetime as dt
import re
import threading

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Article
from portal import clock
from portal.as_at import KEPT_AS, SiteAsAt, turns
from portal.roles import Role
from projects import views
from tests import factories as make
from tests.dated import at, dated_cohort, london
from tests.pages import Page, whole
from tests.world import PAGES, World, public_paths

pytestmark = pytest.mark.django_db

NOW = london("2026-11-21 12:00")
DAY = dt.timedelta(days=1)
PATH = "/admin/as-at/"
BANNER = re.compile(r'<section class="app-preview app-as-at".*?</section>\n', re.DOTALL)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def staff(**values):
    return make.StaffFactory(is_superuser=True, **values)


def looking(moment, user=None):
    """Somebody who looks at the site as at a moment."""
    client = Client()
    client.force_login(user or staff())
    local = moment.astimezone(NOW.tzinfo)
    answer = client.get(PATH, {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"})
    assert answer.status_code == 302
    return client


def words(response):
    return BANNER.sub("", whole(response))


# What is shown


@pytest.mark.parametrize("days", [1, 25, 50, 320, 1_000])
def test_every_public_address_is_as_the_clock_will_have_it(client, now, days):
    world = World()
    then = NOW + days * DAY
    seen = looking(then)
    paths = [path for path in public_paths(world) if path != "/healthz"]
    ahead = {path: seen.get(path) for path in paths}
    told = {path: (words(response), response.get("Content-Disposition")) for path, response in ahead.items()}
    now.move_to(then)
    when_it_comes = {path: client.get(path) for path in paths}
    assert told == {
        path: (whole(response), response.get("Content-Disposition")) for path, response in when_it_comes.items()
    }
    assert {path: response.status_code for path, response in ahead.items()} == {
        path: response.status_code for path, response in when_it_comes.items()
    }


def test_the_banner_stands_on_every_page_and_says_when(client):
    world = World()
    then = london("2026-12-17 12:00")
    seen = looking(then)
    for path in [path for paths in PAGES.values() for path in paths(world)] + ["/there-is-no-such-page/"]:
        page = Page(seen.get(path).text)
        banner = next(text for text in page.text("section") if text.startswith("You see the site"))
        assert "as it will be at midday on 17\u00a0December 2026, if nothing".replace("\u00a0", " ") in banner
        assert "Drafts stay hidden from lists." in banner
        assert page.all("form", method="post", action=PATH)
        assert "app-as-at" not in client.get(path).text


def test_nothing_of_it_is_kept_or_listed():
    world = World()
    seen = looking(NOW + DAY)
    make.ForwardingAddressFactory(path="/old.html", target="/projects/")
    for path in [*public_paths(world), "/old.html", "/there-is-no-such-page/"]:
        if path in {"/healthz", "/readyz", "/.well-known/security.txt"}:
            continue
        response = seen.get(path)
        assert "no-store" in response["Cache-Control"], path
        assert response["X-Robots-Tag"] == "noindex", path
        assert not response.get("ETag"), path


def test_a_draft_is_seen_at_its_own_address_as_at_the_moment_and_in_no_list():
    cohort = dated_cohort(status="draft")
    seen = looking(london("2027-01-20 12:00"))
    text = seen.get(cohort.get_absolute_url()).text
    assert "app-preview" in BANNER.sub("", text)
    assert "Applications are open until midday" in text
    assert "cohort 4" not in seen.get("/fellowship/").text.lower()


def test_the_admin_is_of_now():
    cohort = dated_cohort()
    seen = looking(london("2027-01-20 12:00"))
    page = seen.get(reverse("admin:fellowship_cohort_changelist")).text
    assert "app-as-at" not in page
    assert cohort.phase.label == "Announced"
    assert "Announced" in page


def test_what_is_written_meanwhile_is_dated_now():
    article = make.ArticleFactory(status="draft")
    seen = looking(NOW + 100 * DAY)
    seen.get(article.get_absolute_url())
    article.move_to("published", by=None)
    assert Article.objects.get().published_at == NOW


# For whom


def test_a_reader_costs_no_session(client):
    make.ArticleFactory()
    for path in ("/", "/articles/", "/projects.csv"):
        with CaptureQueriesContext(connection) as captured:
            client.get(path).getvalue()
        assert not [query for query in captured if "django_session" in query["sql"]]


@pytest.mark.parametrize("who", ["no longer staff", "closed account", "without the second step", "logged out"])
def test_who_may_not_enter_the_admin_sees_the_site_as_it_is(settings, who):
    user = staff()
    seen = looking(NOW + DAY, user)
    assert "app-as-at" in seen.get("/").text
    if who == "without the second step":
        settings.REQUIRE_MFA = True
    elif who == "logged out":
        seen.logout()
    else:
        user.is_staff, user.is_active = who == "closed account", who != "closed account"
        user.save()
    response = seen.get("/")
    assert "app-as-at" not in response.text
    assert "no-store" not in response.get("Cache-Control", "")


def test_a_session_without_an_account_opens_nothing(client):
    session = client.session
    session[KEPT_AS] = (NOW + DAY).isoformat()
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert "app-as-at" not in client.get("/").text


def test_a_second_window_of_the_same_person_sees_it_and_a_colleague_does_not():
    user = staff()
    looking(NOW + DAY, user)
    other = Client()
    other.force_login(user)  # another browser is another session
    assert "app-as-at" not in other.get("/").text


def test_it_ends_with_the_request_also_when_a_view_fails(monkeypatch):
    seen = looking(NOW + DAY)
    seen.raise_request_exception = False

    def fail(*args):
        assert clock.chosen() == NOW + DAY
        raise ZeroDivisionError

    monkeypatch.setattr(views, "Finder", fail)
    assert seen.get("/projects/").status_code == 500
    assert clock.chosen() is None


def test_requests_at_once_have_each_its_own_moment(monkeypatch, rf):
    """Both are under way together: neither sees the other's moment."""
    from portal import as_at

    together, seen = threading.Barrier(2, timeout=10), {}

    def answer(request):
        together.wait()
        seen[request.path] = clock.chosen()
        together.wait()
        raise ZeroDivisionError

    monkeypatch.setattr(as_at, "chosen_by", lambda request: request.moment)

    def send(path, moment):
        request = rf.get(path)
        request.moment = moment
        with pytest.raises(ZeroDivisionError):
            as_at.SiteAsAt(answer)(request)
        seen[f"{path} after"] = clock.chosen()

    threads = [threading.Thread(target=send, args=pair) for pair in (("/one/", NOW + DAY), ("/two/", None))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"/one/": NOW + DAY, "/two/": None, "/one/ after": None, "/two/ after": None}


def test_what_is_sent_piece_by_piece_is_made_as_at_the_moment(monkeypatch, rf):
    monkeypatch.setattr("portal.as_at.chosen_by", lambda request: NOW + DAY)
    pieces = (clock.now().isoformat().encode() for _ in range(2))
    response = SiteAsAt(lambda request: StreamingHttpResponse(pieces))(rf.get("/projects.csv"))
    assert clock.chosen() is None, "the view has ended"
    assert list(response) == [(NOW + DAY).isoformat().encode()] * 2
    assert clock.chosen() is None


# Choosing and ending


@pytest.mark.parametrize(
    ("date", "time", "refusal"),
    [
        ("2026-11-21", "12:00", "Midday on 21\u00a0November 2026 has passed."),
        ("2020-01-01", "09:00", "what has changed since then cannot be undone for a look"),
        ("2036-12-31", "09:00", ""),
        ("2037-01-01", "09:00", "Choose a moment within the next 10 years."),
        ("9999-12-31", "23:59", "Choose a moment within the next 10 years."),
        ("", "09:00", "This field is required."),
        ("2027-01-01", "", "This field is required."),
        ("tomorrow", "noon", "Enter a valid"),
        ("2027-03-28", "01:30", "interpreted in time zone Europe/London"),
    ],
)
def test_a_moment_is_one_to_come(client, date, time, refusal):
    client.force_login(staff())
    response = client.get(PATH, {"date": date, "time": time})
    if not refusal:
        assert response.status_code == 302
        return
    assert response.status_code == 200
    assert refusal in response.text
    assert Page(response.text).title.startswith("Error: ")
    assert KEPT_AS not in client.session


def test_back_to_now_returns_to_the_page(client):
    make.ArticleFactory(slug="one")
    seen = looking(NOW + DAY)
    form = Page(seen.get("/articles/one/?page=2").text)
    assert form.fields["next"] == ["/articles/one/?page=2"]
    response = seen.post(PATH, form.fields)
    assert response["Location"] == "/articles/one/?page=2"
    assert "app-as-at" not in seen.get("/articles/one/").text


def test_it_is_ended_by_a_form_of_this_site_only():
    seen = Client(enforce_csrf_checks=True)
    seen.force_login(staff())
    seen.get(PATH, {"date": "2027-01-01", "time": "09:00"})
    assert seen.post(PATH, {}).status_code == 403
    assert "app-as-at" in seen.get("/").text
    form = Page(seen.get("/").text)
    assert seen.post(PATH, form.fields).status_code == 302
    assert "app-as-at" not in seen.get("/").text


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "x"]
)
def test_nobody_is_sent_elsewhere(elsewhere):
    seen = Client()
    seen.force_login(staff())
    moment = {"date": "2027-01-01", "time": "09:00"}
    assert seen.get(PATH, {**moment, "next": elsewhere})["Location"] == "/"
    assert seen.post(PATH, {"next": elsewhere})["Location"] == "/"


def test_a_moment_that_has_come_is_now(now):
    seen = looking(NOW + DAY)
    now.move_to(NOW + DAY)
    assert "app-as-at" not in seen.get("/").text


def test_a_head_request_sees_it_too_and_no_other_method_does():
    seen = looking(NOW + DAY)
    assert seen.head("/")["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in seen.post("/")


# Moments worth a look


def test_what_will_change_by_itself_is_listed_with_a_link_that_shows_it(client):
    cohort = dated_cohort(status="draft")
    make.NoticeFactory(title="Closed over Christmas", starts_at=london("2026-12-24 09:00"), ends_at=None)
    make.ArticleFactory(title="Consent", reviewed_on=None, review_due_on=dt.date(2026, 12, 1))
    make.ApplicationRoundFactory(
        name="Autumn", opens_at=london("2026-11-01 09:00"), closes_at=london("2026-12-03 23:59")
    )
    client.force_login(staff())
    page = Page(client.get(PATH, {"next": cohort.get_absolute_url()}).text)
    lines = [line.replace("\u00a0", " ") for line in page.text("li")]
    assert [line for line in lines if " on " in line and ":" in line] == [
        "Midnight on 2 December 2026: “Consent”: review overdue",
        "11:59pm on 3 December 2026: Autumn: applications close",
        "9am on 24 December 2026: The notice “Closed over Christmas” appears",
        "9am on 11 January 2027: Cohort 4: applications open (not public)",
        "Midday on 26 February 2027: Cohort 4: applications close (not public)",
        "Midnight on 1 September 2027: Cohort 4 begins (not public)",
        "Midnight on 1 September 2028: Cohort 4 is over (not public)",
    ]
    link = next(address for address in page.links if "2027-01-11" in address)
    response = client.get(link)
    assert response["Location"] == cohort.get_absolute_url()
    assert "Applications are open until" in client.get(cohort.get_absolute_url()).text


def test_a_moment_in_the_middle_of_a_minute_is_shown_once_it_has_come():
    make.ApplicationRoundFactory(opens_at=None, closes_at=NOW + DAY + dt.timedelta(seconds=59))
    assert [turn.address.partition("?")[2] for turn in turns(staff(), NOW, "")] == ["date=2026-11-22&time=12%3A01"]


def test_nobody_is_told_of_what_they_may_not_see(client):
    dated_cohort(status="draft")
    client.force_login(make.StaffFactory())
    response = client.get(PATH)
    assert "Cohort" not in response.text
    assert "No date lies ahead" in response.text


def test_thirty_rows_cost_what_one_does():
    user = make.StaffFactory()
    user.groups.set([Group.objects.get(name=Role.EDITOR)])
    found = []
    for rows in (1, 30):
        for number in range(rows):
            dated_cohort(number=100 * rows + number)
            make.ArticleFactory(review_due_on=dt.date(2027, 1, 1))
            make.ApplicationRoundFactory()
            make.NoticeFactory(ends_at=NOW + DAY)
        with CaptureQueriesContext(connection) as captured:
            turns(type(user).objects.get(pk=user.pk), NOW, "")
        found.append(len(captured))
    assert found[0] == found[1]


def test_the_choice_is_one_click_away_in_the_admin(client):
    client.force_login(make.StaffFactory())
    with at("2026-11-21 12:00"):
        assert PATH in Page(client.get("/admin/").text).links


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_does_not_choose_the_moment(site):
    """A link that somebody was sent only fills in the form."""
    client = Client()
    client.force_login(staff())
    query = {"date": "2030-01-01", "time": "09:00"}
    response = client.get(PATH, query, headers={"Sec-Fetch-Site": site})
    assert (response.status_code, KEPT_AS in client.session) == (200, False)
    assert Page(response.text).fields["date"] == ["2030-01-01"]
    assert client.get(PATH, query, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302
