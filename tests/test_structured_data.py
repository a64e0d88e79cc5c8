"""What briefs tell machines: an offer when and only when one can apply, and no text that gets out of its script."""

import datetime as dt
import json
from html.parser import HTMLParser

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal import structured_data
from projects.models import Project
from tests.factories import ApplicationRoundFactory, AreaFactory, ProjectFactory, StaffFactory
from tests.pages import Page
from tests.world import PAGES, World

OPENS, CLOSES = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC), dt.datetime(2026, 10, 29, 23, 59, 30, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
OFFERS = {"JobPosting", "EducationalOccupationalProgram"}


def blocks(html):
    """The data blocks of a page, read."""
    page = Page(html)
    places = [number for number, (name, _) in enumerate(page.tags) if name == "script"]
    return [json.loads("".join(page.texts[place])) for place in places]


def things(client, project):
    """What a brief tells of, by type."""
    (block,) = blocks(client.get(project.get_absolute_url()).text)
    assert block["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in block["@graph"]}


def a_project(*, is_paid=True, opens_at=OPENS, closes_at=CLOSES, **values):
    values.setdefault("published_at", dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
    here = ApplicationRoundFactory(is_paid=is_paid, opens_at=opens_at, closes_at=closes_at)
    return ProjectFactory(round=here, **values)


@pytest.fixture
def october():
    with time_machine.travel("2026-10-20 12:00+01:00", tick=False):
        yield


@pytest.mark.django_db
def test_a_paid_internship_is_a_job(client, october, settings):
    settings.PORTAL_URL = "https://portal.example"
    settings.PORTAL_ORGANISATION = "Wessex NHS"
    project = a_project(title="Beds & <winter>", slug="beds", summary="Five < six.", need="Because **beds**.")
    found = things(client, project)
    assert set(found) == {"JobPosting", "BreadcrumbList"}
    job = found["JobPosting"]
    description = job.pop("description")
    assert description.startswith("<p>Five &lt; six.</p><h2>Why it is needed</h2>")
    assert "<strong>beds</strong>" in description
    assert job == {
        "@type": "JobPosting",
        "title": "Beds & <winter>",
        "url": "https://portal.example/projects/beds/",
        "identifier": {
            "@type": "PropertyValue",
            "name": "Wessex NHS",
            "value": f"tag:portal.example,2026:projects.project/{project.pk}",
        },
        "datePosted": "2026-09-01",
        "validThrough": "2026-10-29T23:59:30+00:00",
        "employmentType": "INTERN",
        "directApply": False,
        "hiringOrganization": {"@type": "Organization", "name": "Wessex NHS", "url": "https://portal.example/"},
        "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressCountry": "GB"}},
    }


@pytest.mark.django_db
def test_an_unpaid_internship_is_a_programme(client, october, settings):
    settings.PORTAL_URL = "https://portal.example"
    settings.PORTAL_ORGANISATION = "Wessex NHS"
    closes = dt.datetime(2026, 10, 24, 10, tzinfo=dt.UTC)
    project = a_project(is_paid=False, closes_at=closes, title="Beds", slug="beds", summary="Five < six.")
    found = things(client, project)
    assert set(found) == {"EducationalOccupationalProgram", "BreadcrumbList"}
    assert found["EducationalOccupationalProgram"] == {
        "@type": "EducationalOccupationalProgram",
        "name": "Beds",
        "description": "Five < six.",
        "url": "https://portal.example/projects/beds/",
        "identifier": f"tag:portal.example,2026:projects.project/{project.pk}",
        "provider": {"@type": "Organization", "name": "Wessex NHS", "url": "https://portal.example/"},
        "applicationStartDate": "2026-09-01",
        "applicationDeadline": "2026-10-24T11:00:00+01:00",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("is_paid", [True, False])
def test_what_is_not_known_is_left_out(client, october, is_paid):
    kind = "JobPosting" if is_paid else "EducationalOccupationalProgram"
    endless = things(client, a_project(is_paid=is_paid, closes_at=None))[kind]
    assert not {"validThrough", "applicationDeadline"} & set(endless)
    assert "applicationStartDate" not in things(client, a_project(is_paid=is_paid, opens_at=None))[kind]


@pytest.mark.django_db
def test_an_offer_is_as_new_as_the_brief_or_its_round(client, october):
    older = a_project(published_at=dt.datetime(2023, 12, 4, tzinfo=dt.UTC))
    newer = a_project(published_at=dt.datetime(2026, 9, 30, 23, 30, tzinfo=dt.UTC))
    no_opening = a_project(published_at=dt.datetime(2023, 12, 4, tzinfo=dt.UTC), opens_at=None)
    posted = [things(client, project)["JobPosting"]["datePosted"] for project in (older, newer, no_opening)]
    assert posted == ["2026-09-01", "2026-10-01", "2023-12-04"]


@pytest.mark.django_db
@pytest.mark.parametrize("is_paid", [True, False])
@pytest.mark.parametrize(
    ("at", "offered"),
    [(OPENS - SECOND, False), (OPENS, True), (OPENS + SECOND, True), (CLOSES - SECOND, True), (CLOSES, False)],
)
def test_an_offer_stands_from_opening_until_just_before_the_deadline(client, is_paid, at, offered):
    with time_machine.travel(at, tick=False):
        found = things(client, a_project(is_paid=is_paid))
        assert bool(OFFERS & set(found)) is offered
        assert ("ResearchProject" in found) is not offered


@pytest.mark.django_db
@pytest.mark.parametrize("status", [status for status in Project.Status if status.is_public], ids=str)
def test_what_cannot_be_applied_for_is_a_research_project(client, october, settings, status):
    settings.PORTAL_URL = "https://portal.example"
    project = a_project(status=status, title="Beds", slug="beds", area=AreaFactory(name="Simulation"), modalities=[])
    found = things(client, project)
    if status == "open":
        assert "ResearchProject" not in found
        return
    assert set(found) == {"ResearchProject", "BreadcrumbList"}
    research = found["ResearchProject"]
    assert research["name"] == "Beds"
    assert research["url"] == "https://portal.example/projects/beds/"
    assert research["description"] == project.summary
    assert research["keywords"] == ["Simulation", project.techniques.get().name]


@pytest.mark.django_db
def test_the_way_to_a_brief_is_told(client, october, settings):
    settings.PORTAL_URL = "https://portal.example"
    way = things(client, a_project(title="Beds", slug="beds"))["BreadcrumbList"]["itemListElement"]
    assert [(step["position"], step["name"], step["item"]) for step in way] == [
        (1, "Home", "https://portal.example/"),
        (2, "Projects", "https://portal.example/projects/"),
        (3, "Beds", "https://portal.example/projects/beds/"),
    ]


@pytest.mark.django_db
def test_the_preview_of_a_draft_tells_machines_nothing(client):
    project = ProjectFactory(status="draft")
    client.force_login(StaffFactory(is_superuser=True))
    response = client.get(project.get_absolute_url())
    assert response.status_code == 200
    assert blocks(response.text) == []


@pytest.mark.django_db
def test_every_data_block_of_every_page_can_be_read(client):
    world = World()
    found = [block for paths in PAGES.values() for path in paths(world) for block in blocks(client.get(path).text)]
    assert len(found) >= len(world.by_status)


# No text gets out

BREAKING = [
    "</script>",
    "</ScRiPt ",
    "<!--",
    "<script>",
    "-->",
    "]]>",
    "&lt;/script&gt;",
    "\u2028",
    "\u2029",
    '"',
    "\\",
]


class Scripts(HTMLParser):
    """What stands in script elements, and outside of them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=False)
        self.inside, self.outside, self.tags = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")

    def handle_data(self, data):
        (self.inside if self.tags and self.tags[-1] == "script" else self.outside).append(data)

    def handle_comment(self, data):
        self.outside.append(data)


texts = st.lists(st.sampled_from(BREAKING) | st.text(st.characters(codec=None), max_size=5), max_size=8).map("".join)


@given(st.dictionaries(texts, texts | st.lists(texts, max_size=3), max_size=4))
def test_no_text_breaks_out_of_its_script(thing):
    html = structured_data.script(thing)
    html.encode()
    read = Scripts(html)
    assert read.tags == ["script", "/script"]
    assert read.outside == []
    assert json.loads("".join(read.inside)) == {"@context": "https://schema.org", "@graph": [thing]}
    body = html.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(body)


@pytest.mark.django_db
def test_an_editor_cannot_break_out_either(client, october):
    evil = "</script><script>alert(1)</script><!--<script>"
    project = a_project(title=evil, summary=evil, need=evil, area=AreaFactory(name=evil))
    for status in ("open", "paused"):
        Project.objects.filter(pk=project.pk).update(status=status)
        page = Page(client.get(project.get_absolute_url()).text)
        assert page.all("script") == [{"type": "application/ld+json"}]
        assert evil in json.dumps(things(client, project))
