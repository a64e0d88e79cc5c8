"""The fellowship's pages: whom they show, and what stands on them."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image

from fellowship import models
from fellowship.models import Fellow
from portal.publishing import TransitionError
from tests import factories as make
from tests.dated import at, dated_cohort
from tests.pages import Page

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


# Who is shown


def everywhere(client: Client, fellow: Fellow, other: Fellow) -> dict[str, str]:
    paths = [
        "/",
        "/fellowship/",
        fellow.cohort.get_absolute_url(),
        other.get_absolute_url(),
        "/search/?q=quokka",
        "/sitemap.xml",
    ]
    return {path: client.get(path).text for path in paths}


@pytest.fixture
def two_fellows() -> tuple[Fellow, Fellow]:
    make.ProgrammeFactory()
    cohort = make.CohortFactory()
    shown = make.FellowFactory(cohort=cohort, name="Quokka Person", slug="quokka-person")
    return shown, make.FellowFactory(cohort=cohort, name="Other Person", slug="other-person")


def test_a_fellow_with_consent_is_found(client: Client, two_fellows: tuple[Fellow, Fellow]) -> None:
    fellow, other = two_fellows
    pages = everywhere(client, fellow, other)
    for path in (fellow.cohort.get_absolute_url(), other.get_absolute_url()):
        assert "Quokka Person" in pages[path]
    assert fellow.get_absolute_url() in pages["/sitemap.xml"]
    assert "2 fellows" in pages["/fellowship/"]
    assert "2 fellows" in pages["/"]
    assert client.get(fellow.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("missing", ["consent", "publication", "cohort"])
def test_a_fellow_who_is_not_to_be_shown_appears_nowhere(
    client: Client, two_fellows: tuple[Fellow, Fellow], missing: str
) -> None:
    fellow, other = two_fellows
    match missing:
        case "consent":
            Fellow.objects.filter(pk=fellow.pk).update(consent_on=None)
        case "publication":
            fellow.move_to("draft", by=None)
        case "cohort":
            other.cohort = make.CohortFactory()
            other.save()
            fellow.cohort.move_to("draft", by=None)
    for path, page in everywhere(client, fellow, other).items():
        assert "Quokka Person" not in page, path
        assert "quokka-person" not in page, path
        assert "2 fellows" not in page, path
    assert client.get(fellow.get_absolute_url()).status_code == 404
    assert fellow.pk not in Fellow.objects.public().values_list("pk", flat=True)
    assert not Fellow.objects.get(pk=fellow.pk).is_public


def test_the_number_of_fellows_is_that_of_those_who_are_shown(
    client: Client, two_fellows: tuple[Fellow, Fellow]
) -> None:
    fellow, _ = two_fellows
    Fellow.objects.filter(pk=fellow.pk).update(consent_on=None)
    assert "1 fellow." in get(client, "/fellowship/")
    assert "All " not in get(client, "/fellowship/fellows/other-person/")


def test_staff_are_told_why_readers_do_not_see_a_profile(client: Client, two_fellows: tuple[Fellow, Fellow]) -> None:
    fellow, _ = two_fellows
    client.force_login(make.StaffFactory(may=["fellowship.view_fellow"]))
    assert "app-preview" not in get(client, fellow.get_absolute_url())
    Fellow.objects.filter(pk=fellow.pk).update(consent_on=None)
    response = client.get(fellow.get_absolute_url())
    assert "consent is not recorded" in response.text
    assert "Everybody can read it" not in response.text
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    Fellow.objects.filter(pk=fellow.pk).update(consent_on=dt.date(2024, 1, 1))
    fellow.cohort.move_to("draft", by=None)
    assert "its fellows are hidden" in get(client, fellow.get_absolute_url())


def test_without_consent_nobody_publishes_a_profile() -> None:
    fellow = make.FellowFactory(status="draft", consent_on=None)
    with pytest.raises(TransitionError, match="consent"):
        fellow.move_to("published", by=None)


def test_a_draft_cohort_appears_nowhere(client: Client) -> None:
    make.ProgrammeFactory()
    make.CohortFactory(number=3)
    draft = make.UpcomingCohortFactory(number=4, status="draft", summary="Quokka intake")
    for path in ["/", "/fellowship/", "/fellowship/cohorts/3/", "/search/?q=quokka", "/sitemap.xml"]:
        page = client.get(path).text
        assert "ohort 4" not in page, path
        assert "cohorts/4" not in page, path
        assert "Quokka intake" not in page, path
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_staff_preview_a_draft_cohort_with_the_fellows_that_it_will_show(client: Client) -> None:
    cohort = make.CohortFactory(number=4, status="draft")
    make.FellowFactory(cohort=cohort, name="Shown Person")
    make.FellowFactory(cohort=cohort, name="Shy Person", consent_on=None)
    client.force_login(make.StaffFactory(may=["fellowship.view_cohort"]))
    page = get(client, "/fellowship/cohorts/4/")
    assert "app-preview" in page
    assert "Shown Person" in page
    assert "Shy Person" not in page


# The programme


@pytest.mark.parametrize("status", [None, "draft"])
def test_without_a_public_programme_the_page_says_so(client: Client, status: str | None) -> None:
    if status:
        make.ProgrammeFactory(status=status, body="Quokka text")
    make.CohortFactory(number=3)
    page = get(client, "/fellowship/")
    assert "not published" in page
    assert "Quokka" not in page
    assert "/fellowship/cohorts/3/" in page


def test_a_programme_alone_says_that_dates_will_follow_and_whom_to_ask(client: Client) -> None:
    make.ProgrammeFactory(email="fellows@example.org")
    page = get(client, "/fellowship/")
    assert "Application dates to be announced" in page
    assert ">Contact</h2>" in page
    assert "<dl" not in page


def test_there_is_one_programme() -> None:
    make.ProgrammeFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        make.ProgrammeFactory()


def test_the_programme_names_its_cohorts_newest_first(client: Client) -> None:
    make.ProgrammeFactory()
    for number in (2, 10, 1):
        make.CohortFactory(number=number)
    page = get(client, "/fellowship/")
    cohorts = page[page.index('id="cohorts"') :]
    assert [cohorts.index(f"/fellowship/cohorts/{number}/") for number in (10, 2, 1)] == sorted(
        cohorts.index(f"/fellowship/cohorts/{number}/") for number in (10, 2, 1)
    )


def test_a_testimonial_names_who_said_it(client: Client) -> None:
    programme = make.ProgrammeFactory()
    models.Testimonial.objects.create(
        programme=programme, quote="It works.", name="A. Person", year=2022, role="Nurse, [Trust](https://example.org/)"
    )
    page = get(client, "/fellowship/")
    assert "‘It works.’" in page
    assert "A. Person (2022)" in page
    assert '<a href="https://example.org/">Trust</a>' in page


def test_the_mailbox_of_the_programme_is_on_every_page_of_the_fellowship(client: Client) -> None:
    make.ProgrammeFactory(email="fellows@example.org")
    make.CohortFactory(number=3)
    for path in ("/fellowship/", "/fellowship/cohorts/3/"):
        assert "mailto:fellows@example.org" in get(client, path)


def test_the_portals_mailbox_stands_in_for_the_programmes(client: Client, settings: Any) -> None:
    settings.PORTAL_EMAIL = "portal@example.org"
    make.CohortFactory(number=3)
    assert (
        "mailto:portal@example.org"
        in get(client, "/fellowship/cohorts/3/").split('class="app-facts"')[1].split("</aside>")[0]
    )


# Questions


def test_questions_stand_where_they_belong_under_their_section(client: Client) -> None:
    make.ProgrammeFactory()
    cohort = make.CohortFactory(number=3)
    make.CohortFactory(number=2)
    late = make.QuestionSectionFactory(title="Pay", order=2)
    early = make.QuestionSectionFactory(title="Applying", order=1)
    make.QuestionFactory(section=late, question="Who pays?", slug="who-pays")
    make.QuestionFactory(section=early, question="May I apply?", slug="may-i", answer="## Yes\n\nYou may.")
    make.QuestionFactory(section=early, question="When for cohort 3?", slug="when", cohort=cohort)
    programme, third, second = (get(client, f"/fellowship/{rest}") for rest in ("", "cohorts/3/", "cohorts/2/"))
    assert programme.index(">Applying</h3>") < programme.index("May I apply?") < programme.index(">Pay</h3>")
    assert ' id="question-may-i"' in programme
    assert '<h4 id="section-may-i-yes">Yes</h4>' in programme
    assert "When for cohort 3?" not in programme
    assert "When for cohort 3?" in third
    assert "Who pays?" not in third
    assert "Questions" not in second


# A cohort


def test_until_fellows_are_named_those_of_the_running_cohort_are_shown(client: Client) -> None:
    make.FellowFactory(cohort=make.CohortFactory(number=3), name="Running Person")
    make.FellowFactory(cohort=make.CohortFactory(number=2, starts_on=dt.date(2020, 1, 1)), name="Past Person")
    upcoming = make.UpcomingCohortFactory(number=4)
    page = get(client, "/fellowship/cohorts/4/")
    assert "Running Person" in page
    assert "The fellows of cohort 4 have not been named yet" in page
    assert "Past Person" not in page
    make.FellowFactory(cohort=upcoming, name="New Person")
    page = get(client, "/fellowship/cohorts/4/")
    assert "Running Person" not in page
    assert "New Person" in page
    assert "not been named" not in page


def test_a_cohort_leads_to_its_neighbours_and_the_one_that_is_running(client: Client) -> None:
    for number in (1, 2, 5, 7):
        make.CohortFactory(number=number, starts_on=dt.date(2010 + number, 1, 1))
    make.CohortFactory(number=8)
    make.CohortFactory(number=6, status="draft", starts_on=dt.date(2016, 1, 1))
    page = Page(get(client, "/fellowship/cohorts/5/"))
    assert [link["href"] for link in page.all("a", rel="prev")] == ["/fellowship/cohorts/2/"]
    assert [link["href"] for link in page.all("a", rel="next")] == ["/fellowship/cohorts/7/"]
    assert "/fellowship/cohorts/8/" in page.links
    first, last = (Page(get(client, f"/fellowship/cohorts/{number}/")) for number in (1, 8))
    assert not first.all("a", rel="prev")
    assert not last.all("a", rel="next")


def test_how_to_apply_is_a_list_of_steps_and_past_once_it_began(client: Client) -> None:
    dated_cohort(how_to_apply="1. **First.** Do.\n2. **Then.** Wait.")
    with at("2027-01-12"):
        page = get(client, "/fellowship/cohorts/4/")
        assert '<div class="app-steps"><ol>' in page
        assert ">How to apply</h2>" in page
    with at("2027-02-26 12:00"):
        assert ">How people applied</h2>" in get(client, "/fellowship/cohorts/4/")


@pytest.mark.parametrize("path", ["/fellowship/cohorts/04/", "/fellowship/cohorts/0004/"])
def test_a_cohort_has_one_address(client: Client, path: str) -> None:
    make.CohortFactory(number=4)
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, "/fellowship/cohorts/4/")


@pytest.mark.parametrize("number", ["0", "5", "9" * 30])
def test_a_cohort_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    make.CohortFactory(number=4)
    assert client.get(f"/fellowship/cohorts/{number}/").status_code == 404


# A fellow


def test_a_fellows_project_is_linked_only_while_the_public_sees_it(client: Client) -> None:
    project = make.ProjectFactory(title="Quokka counting")
    fellow = make.FellowFactory(project=project, project_title="My quokkas")
    page = get(client, fellow.get_absolute_url())
    assert "My quokkas" in page
    assert f'href="{project.get_absolute_url()}"' in page
    project.move_to("draft", by=None)
    page = get(client, fellow.get_absolute_url())
    assert "My quokkas" in page
    assert "Quokka counting" not in page


def test_links_say_where_they_lead(client: Client) -> None:
    fellow = make.FellowFactory(name="A. Person")
    for url in ("https://orcid.org/0000-0001", "https://www.linkedin.com/in/person", "https://trust.example.org/us"):
        make.FellowLinkFactory(fellow=fellow, url=url)
    page = get(client, fellow.get_absolute_url())
    assert "A. Person’s ORCID record</a>" in page
    assert "A. Person’s LinkedIn profile</a>" in page
    assert "A. Person’s page on trust.example.org</a>" in page
    make.FellowLinkFactory(fellow=fellow, url="https://trust.example.org/talk")
    assert "A. Person’s page on trust.example.org (2)</a>" in get(client, fellow.get_absolute_url())


def test_a_cohort_of_which_little_is_known_says_so(client: Client) -> None:
    dated_cohort(opens_at=None, closes_at=None, how_to_apply="")
    with at("2027-01-01"):
        page = get(client, "/fellowship/cohorts/4/")
        assert "We have not published how to apply for this cohort." in page
        assert ">Fellowship starts</span>" in page
    with at("2028-01-01"):
        assert "how to apply for this cohort" not in get(client, "/fellowship/cohorts/4/")


def test_a_draft_without_any_date_says_so(client: Client) -> None:
    dated_cohort(status="draft", opens_at=None, closes_at=None, starts_on=None, ends_on=None)
    client.force_login(make.StaffFactory(may=["fellowship.view_cohort"]))
    page = get(client, "/fellowship/cohorts/4/")
    assert "We have not published the key dates of this cohort." in page
    assert "dates.ics" not in page


def test_five_others_are_shown_and_the_rest_counted(client: Client) -> None:
    cohort = make.CohortFactory(number=3)
    fellow, *others = make.FellowFactory.create_batch(7, cohort=cohort)
    page = get(client, fellow.get_absolute_url())
    assert sum(f">{other.name}</a>" in page for other in others) == 5
    assert "All 7 fellows of cohort 3" in page
    others[0].delete()
    assert "All 6" not in get(client, fellow.get_absolute_url())


def test_initials_stand_in_for_a_photo(client: Client) -> None:
    fellow = make.FellowFactory(name="Ada Mary Person")
    assert '<div class="app-portrait" aria-hidden="true">AP</div>' in get(client, fellow.cohort.get_absolute_url())
    assert Fellow(name="Ada").initials == "A"


def test_a_photo_comes_small_with_its_size_and_late(client: Client) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(raw, "JPEG")
    fellow = make.FellowFactory(photo_alt="A. Person at a desk")
    fellow.photo = SimpleUploadedFile("me.jpg", raw.getvalue(), "image/jpeg")
    fellow.full_clean()
    fellow.save()
    listed = Page(get(client, fellow.cohort.get_absolute_url())).all("img")
    assert len(listed) == 1
    assert listed[0]["loading"] == "lazy"
    assert (listed[0]["width"], listed[0]["height"], listed[0]["alt"]) == ("320", "320", "A. Person at a desk")
    assert " 160w, " in listed[0]["srcset"]
    assert listed[0]["srcset"].endswith(" 320w")
    for address in [listed[0]["src"], *(part.split()[0] for part in listed[0]["srcset"].split(","))]:
        response = client.get(address)
        assert b"".join(response.streaming_content)[8:12] == b"WEBP"
    own = Page(get(client, fellow.get_absolute_url())).all("img")
    assert [image.get("loading") for image in own] == [None]


# Home


def test_the_home_page_names_the_cohort_to_apply_for_and_the_one_that_runs(client: Client) -> None:
    make.ProgrammeFactory(title="Clinical fellowship")
    make.CohortFactory(number=2, starts_on=dt.date(2020, 1, 1))
    make.FellowFactory(cohort=make.CohortFactory(number=3))
    make.UpcomingCohortFactory(number=4)
    page = get(client, "/")
    section = page[page.index(">Clinical fellowship</h2>") :].split("</section>")[0]
    assert section.index("Cohort 4: ") < section.index("Cohort 3: ")
    assert "1 fellow. Running until" in section
    assert "Cohort 2" not in section


def test_home_is_silent_about_a_fellowship_that_is_not_public(client: Client) -> None:
    make.ProgrammeFactory(status="draft", title="Quokka fellowship")
    make.ArticleFactory()
    page = get(client, "/")
    assert 'id="fellowship"' not in page
    assert "Quokka" not in page


def test_fellowship_and_guidance_stand_side_by_side(client: Client) -> None:
    make.ProgrammeFactory()
    make.ArticleFactory()
    make.ProjectFactory()
    page = get(client, "/")
    assert page.count('<div class="app-columns">') == 1
    columns = page[page.index('<div class="app-columns">') :]
    assert 'id="fellowship"' in columns
    assert 'id="guidance"' in columns
    assert 'id="areas"' not in columns
