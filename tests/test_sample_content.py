"""What a newcomer sees after `make run`: a filled portal, on any day of the year."""

import datetime as dt
import re
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.models import Article
from fellowship.models import Cohort, Fellow, Phase
from portal.models import Notice, User
from portal.publishing import Publishable
from projects.models import ApplicationRound, Project
from tests.pages import Page
from tests.sources import everything

pytestmark = pytest.mark.django_db

DAYS = [
    "2026-11-20 12:00",
    "2028-02-29 09:30",
    "2026-12-31 23:59",
    "2027-01-01 00:00",
    "2027-03-28 00:30",
    "2027-08-31 12:00",
]


def start():
    out = StringIO()
    call_command("start_development", stdout=out)
    return out.getvalue()


@pytest.fixture(params=DAYS)
def day(request):
    """The moment of the import, in London."""
    moment = timezone.make_aware(dt.datetime.fromisoformat(request.param))
    with time_machine.travel(moment, tick=False):
        yield moment


def test_nothing_is_rejected_and_there_is_something_to_see_on_any_day(day, client):
    said = start()
    assert re.search(r"Imported \d{3} items of sample content\.", said)
    by_status = {status.value: Project.objects.filter(status=status).count() for status in Project.Status}
    assert by_status == {"draft": 0, "open": 19, "active": 0, "paused": 11, "completed": 5, "archived": 3}
    found = ApplicationRound.objects.get()
    assert found.is_open()
    assert found.days_left() > 14
    assert Project.objects.accepting().count() == 19
    phases = [cohort.phase for cohort in Cohort.objects.public()]
    assert phases.count(Phase.RUNNING) == 1
    assert Phase.ANNOUNCED in phases or Phase.APPLICATIONS_OPEN in phases
    assert Phase.FINISHED in phases
    assert Article.objects.public().count() >= 4
    assert Notice.objects.in_force().exists()
    home = client.get("/").text
    assert "19 projects are open for applications" in home
    assert "Running" in home


def test_every_page_of_it_opens_and_every_link_in_it_leads_somewhere(client):
    start()
    paths = {"/", "/projects/", "/fellowship/", "/articles/", "/search/?q=text", "/sitemap.xml", "/accessibility/"}
    for kind in Publishable.kinds():
        paths |= {item.get_absolute_url() for item in kind._default_manager.public()}
    seen, broken = {}, {}
    for path in sorted(paths):
        response = client.get(path)
        assert response.status_code == 200, path
        if path.endswith("/") and path != "/sitemap.xml":
            page = Page(response.text)
            assert len(page.text("h1")) == 1, path
            assert seen.setdefault(page.title, path) == path, page.title
            broken |= {
                link: path
                for link in page.links
                if link.startswith("/") and "?" not in link and link.split("#")[0] not in paths | broken.keys()
                if client.get(link.split("#")[0]).status_code != 200
            }
    assert broken == {}


def test_a_completed_project_has_outputs_or_says_why_not():
    start()
    for project in Project.objects.filter(status="completed"):
        outputs = [output for placement in project.placements.all() for output in placement.outputs.all()]
        assert outputs or project.no_outputs_reason, project


def test_a_project_that_is_closed_says_why_and_since_when(client):
    start()
    for project in Project.objects.filter(status__in=["paused", "archived"]):
        change = project.last_change()
        assert change, project
        assert change.at <= timezone.now()
        assert project.reason in client.get(project.get_absolute_url()).text.replace("&#x27;", "'")


def test_fellows_are_plainly_samples():
    start()
    assert Fellow.objects.count() > 10
    for fellow in Fellow.objects.all():
        assert fellow.name.startswith("Sample fellow")
        assert fellow.is_public
        for link in fellow.links.all():
            assert re.match(r"https://([a-z]+\.)?example\.(org|com)/", link.url)


def test_the_second_run_changes_nothing():
    start()
    before = everything()
    said = start()
    assert everything() == before
    assert "Imported" not in said
    assert "password" not in said


def test_what_was_edited_is_kept_by_the_next_run():
    start()
    Project.objects.filter(slug="digital-twin").update(title="Edited")
    Article.objects.all().delete()
    start()
    assert Project.objects.get(slug="digital-twin").title == "Edited"
    assert not Article.objects.exists()


def test_the_staff_account_is_made_once_with_a_password_of_its_own(client):
    passwords = []
    for _ in range(2):
        User.objects.all().delete()
        said = start()
        name, password = (re.search(rf"{word}\s+(\S+)", said)[1] for word in ("name", "password"))
        assert len(password) >= 12
        assert client.login(username=name, password=password)
        assert client.get("/admin/").status_code == 200
        passwords.append(password)
    assert passwords[0] != passwords[1]
    assert User.objects.count() == 1


def test_a_portal_with_pages_of_its_own_is_not_filled():
    from tests.factories import ArticleFactory

    ArticleFactory(status="draft")
    start()
    assert not Project.objects.exists()


def test_it_refuses_in_production(settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="for development"):
        start()
    assert not User.objects.exists()


def test_no_sentence_of_the_sample_is_marked_as_unfinished():
    for path in (Path(settings.BASE_DIR) / "sample").rglob("*.md"):
        text = path.read_text()
        assert not re.search(r"\b(TODO|TBC|TBD|lorem)\b", text, re.IGNORECASE), path
        assert "@nhs" not in text, "no real mailbox"
