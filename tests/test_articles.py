"""Guidance: the list, an article's page, and whether somebody still looks after it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from articles.models import Article
from portal.markdown import outline
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


# The list


def test_the_list_is_newest_first_by_the_day_that_it_shows(client: Client) -> None:
    make.ArticleFactory(title="Reviewed long ago", reviewed_on=dt.date(2020, 1, 1))
    make.ArticleFactory(title="Reviewed lately", reviewed_on=dt.date(2026, 1, 1))
    never = make.ArticleFactory(title="Never reviewed")
    Article.objects.filter(pk=never.pk).update(published_at=dt.datetime(2023, 1, 1, tzinfo=dt.UTC))
    page = get(client, "/articles/")
    places = [page.index(title) for title in ("Reviewed lately", "Never reviewed", "Reviewed long ago")]
    assert places == sorted(places)
    assert "Reviewed 1\u00a0January 2026." in page
    assert "Published 1\u00a0January 2023." in page


@pytest.mark.parametrize(
    ("audience", "words"), [("student", "For students."), ("host", "For host organisations."), ("", None)]
)
def test_the_list_says_for_whom_each_is(client: Client, audience: str, words: str | None) -> None:
    make.ArticleFactory(audience=audience)
    page = get(client, "/articles/")
    assert words in page if words else "For " not in page.split('<ul class="app-rows">')[1].split("</ul>")[0]


def test_fifty_stand_on_a_page(client: Client) -> None:
    make.ArticleFactory.create_batch(50, areas=[])
    assert "?page=" not in get(client, "/articles/")
    make.ArticleFactory(areas=[])
    first, second = (Page(get(client, f"/articles/?page={number}")) for number in (1, 2))
    assert "?page=2" in first.links
    assert "?page=1" in second.links
    assert [len([link for link in page.links if link.startswith("/articles/guide-")]) for page in (first, second)] == [
        50,
        1,
    ]
    assert first.title != second.title
    assert first.canonical != second.canonical


@pytest.mark.parametrize(("asked", "shown"), [("99", "2"), ("-1", "2"), ("x", "1"), ("", "1"), ("1" * 40, "2")])
def test_a_page_out_of_range_shows_the_nearest(client: Client, asked: str, shown: str) -> None:
    make.ArticleFactory.create_batch(51, areas=[])
    response = client.get("/articles/", {"page": asked})
    assert response.status_code == 200
    assert str(response.context["page"].number) == shown


def test_without_guidance_the_list_says_so(client: Client) -> None:
    make.ArticleFactory(status="draft", title="Quokka")
    page = get(client, "/articles/")
    assert "No guidance is published yet" in page
    assert "Quokka" not in page


@pytest.fixture
def shelf() -> None:
    for title, audience in (("Study", "student"), ("Learn", "student"), ("Treat", "clinician"), ("Whoever", "")):
        make.ArticleFactory(title=title, audience=audience, areas=[])
    make.ArticleFactory(title="Hidden", audience="host", status="draft", areas=[])


@pytest.mark.parametrize(
    ("query", "heading", "shown", "canonical"),
    [
        ("", "Guidance", ["Learn", "Study", "Treat", "Whoever"], ""),
        ("?for=student", "Guidance for students", ["Learn", "Study"], "?for=student"),
        ("?for=clinician&page=9&utm_source=x", "Guidance for clinicians", ["Treat"], "?for=clinician"),
        ("?for=nobody", "Guidance", ["Learn", "Study", "Treat", "Whoever"], ""),
        ("?for=", "Guidance", ["Learn", "Study", "Treat", "Whoever"], ""),
        ("?for=student%00", "Guidance", ["Learn", "Study", "Treat", "Whoever"], ""),
        ("?for=student&for=clinician", "Guidance for clinicians", ["Treat"], "?for=clinician"),
    ],
)
def test_the_list_for_one_kind_of_reader(
    client: Client, shelf: None, query: str, heading: str, shown: list[str], canonical: str
) -> None:
    page = Page(get(client, f"/articles/{query}"))
    assert page.text("h1") == [heading]
    assert page.title.startswith(f"{heading} – ")
    assert sorted(page.text("h2")[: len(shown)]) == shown
    assert page.canonical == [f"{settings.PORTAL_URL}/articles/{canonical}"]


def test_the_list_links_to_each_audience_that_it_has_something_for(client: Client, shelf: None) -> None:
    page = get(client, "/articles/?for=student")
    choices = Page(page.split('<ul class="app-kinds">')[1].split("</ul>")[0])
    assert choices.text("a") == ["All guidance (4)", "For Students (2)", "For Clinicians (1)"]
    assert choices.links == ["/articles/", "/articles/?for=student", "/articles/?for=clinician"]
    assert [link["href"] for link in choices.all("a", **{"aria-current": "true"})] == ["/articles/?for=student"]


def test_an_audience_without_guidance_is_told_so_and_led_on(client: Client, shelf: None) -> None:
    page = get(client, "/articles/?for=host")
    assert "No guidance is published for host organisations yet." in page
    assert "For </span>Host organisations (0)" in page
    assert "Hidden" not in page


def test_pages_of_a_list_keep_whom_it_is_for(client: Client) -> None:
    make.ArticleFactory.create_batch(51, audience="host", areas=[])
    first, second = (Page(get(client, f"/articles/?for=host&page={number}")) for number in (1, 2))
    assert "?for=host&page=2" in first.links
    assert "?for=host&page=1" in second.links
    assert second.canonical == [f"{settings.PORTAL_URL}/articles/?for=host&page=2"]


def test_an_article_leads_to_more_for_its_readers(client: Client) -> None:
    assert "/articles/?for=host" in Page(get(client, make.ArticleFactory(audience="host").get_absolute_url())).links
    assert "?for=" not in get(client, make.ArticleFactory(audience="").get_absolute_url())


# An article


def test_contents_lead_to_the_headings_of_the_text(client: Client) -> None:
    article = make.ArticleFactory(
        body="### One\n\nText.\n\n#### Part\n\nText.\n\n### Two\n\nText.\n\n### Three\n\nText."
    )
    page = get(client, article.get_absolute_url())
    contents = Page(page.split('<nav class="app-contents"')[1].split("</nav>")[0])
    assert contents.text("a") == ["One", "Two", "Three"]
    assert contents.links == [f"#{heading.id}" for heading in outline(article.body) if heading.level == 2]
    assert {link[1:] for link in contents.links} <= {
        heading["id"] for heading in Page(page).all("h2") if "id" in heading
    }


def test_a_short_text_has_no_contents(client: Client) -> None:
    article = make.ArticleFactory(body="## One\n\nText.\n\n## Two\n\nText.")
    assert "app-contents" not in get(client, article.get_absolute_url())


def test_facts_say_who_it_is_for_who_wrote_it_and_when_it_was_reviewed(client: Client) -> None:
    area = make.AreaFactory(name="Graphs", slug="graphs")
    article = make.ArticleFactory(
        audience="clinician",
        authors="A. N. Author",
        reviewed_on=dt.date(2026, 9, 1),
        review_due_on=dt.date(2027, 9, 1),
        areas=[area],
    )
    with time_machine.travel("2026-10-01"):
        page = get(client, article.get_absolute_url())
    for words in (
        '<dd><a href="/articles/?for=clinician">Clinicians</a></dd>',
        "<dd>A. N. Author</dd>",
        "<dd>1\u00a0September 2026</dd>",
        "<dd>1\u00a0September 2027</dd>",
        '<a href="/projects/?area=graphs">Graphs</a>',
    ):
        assert words in page
    assert "out of date" not in page


@pytest.mark.parametrize(
    ("now", "overdue"), [("2027-09-01T22:59:59Z", False), ("2027-09-01T23:00:00Z", True), ("2027-08-01", False)]
)
def test_an_overdue_review_is_said_quietly(client: Client, now: str, overdue: bool) -> None:
    article = make.ArticleFactory(review_due_on=dt.date(2027, 9, 1))
    with time_machine.travel(now, tick=False):
        page = get(client, article.get_absolute_url())
    assert ("We should have reviewed this page by 1\u00a0September 2027" in page) is overdue
    assert ("Was due on" in page) is overdue


def test_an_article_without_a_day_of_review_is_never_overdue(client: Client) -> None:
    article = make.ArticleFactory(review_due_on=None)
    assert not article.is_review_overdue
    assert "out of date" not in get(client, article.get_absolute_url())


def test_related_are_three_public_articles_of_its_areas_newest_first(client: Client) -> None:
    area, other = make.AreaFactory.create_batch(2)
    article = make.ArticleFactory(title="This one", areas=[area])
    for number in range(4):
        make.ArticleFactory(title=f"Sharing {number}", areas=[area, other], reviewed_on=dt.date(2020 + number, 1, 1))
    make.ArticleFactory(title="Elsewhere", areas=[other])
    make.ArticleFactory(title="Hidden", areas=[area], status="draft", reviewed_on=dt.date(2026, 1, 1))
    page = get(client, article.get_absolute_url())
    assert Page(page.split(">Related</h2>")[1].split("</ul>")[0]).text("a") == ["Sharing 3", "Sharing 2", "Sharing 1"]
    assert "Hidden" not in page
    assert "Elsewhere" not in page


def test_it_points_to_the_projects_of_its_area_that_one_can_apply_for(client: Client) -> None:
    area = make.AreaFactory(name="Graphs", slug="graphs")
    article = make.ArticleFactory(areas=[area])
    project = make.ProjectFactory(area=area)
    make.ProjectFactory(area=area, status="paused")
    link = '<a href="/projects/?status=open&amp;area=graphs">1 open project in Graphs</a>'
    assert link in get(client, article.get_absolute_url())
    with time_machine.travel(project.round.closes_at):
        assert "open project" not in get(client, article.get_absolute_url())


def test_an_article_alone_relates_to_nothing(client: Client) -> None:
    article = make.ArticleFactory(areas=[])
    assert ">Related</h2>" not in get(client, article.get_absolute_url())


def test_the_description_is_the_summary_or_the_beginning_of_the_text(client: Client) -> None:
    summarised = make.ArticleFactory(summary="In short & sweet.")
    assert (
        Page(get(client, summarised.get_absolute_url())).all("meta", name="description")[0]["content"]
        == "In short & sweet."
    )
    bare = make.ArticleFactory(summary="", body="## Heading\n\n" + "Words and **more** words. " * 30)
    content = Page(get(client, bare.get_absolute_url())).all("meta", name="description")[0]["content"]
    assert content.startswith("Heading Words and more words.")
    assert len(content) <= 155


def test_a_cover_keeps_its_place_and_says_what_it_shows(client: Client) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (600, 300), "teal").save(raw, "PNG")
    article = make.ArticleFactory(cover_alt="A ward at night")
    article.cover = SimpleUploadedFile("ward.png", raw.getvalue(), "image/png")
    article.full_clean()
    article.save()
    cover = Page(get(client, article.get_absolute_url())).all("img")
    assert [(image["alt"], image["width"], image["height"]) for image in cover] == [("A ward at night", "600", "300")]
    response = client.get(cover[0]["src"])
    assert response.getvalue()[8:12] == b"WEBP"
    response.close()


def test_a_cover_that_only_decorates_is_passed_over_by_screen_readers(client: Client) -> None:
    article = make.ArticleFactory(cover="articles/x.webp", cover_width=6, cover_height=3, cover_is_decorative=True)
    assert [image["alt"] for image in Page(get(client, article.get_absolute_url())).all("img")] == [""]


def test_text_for_no_cover_is_refused() -> None:
    article = make.ArticleFactory(cover_alt="Nothing to see")
    with pytest.raises(ValidationError, match="no cover"):
        article.full_clean()


def test_a_review_lies_after_the_last_one() -> None:
    article = make.ArticleFactory()
    article.reviewed_on = article.review_due_on = dt.date(2026, 9, 1)
    with pytest.raises(ValidationError, match="later than the last"):
        article.full_clean()


def test_staff_preview_a_draft(client: Client) -> None:
    article = make.ArticleFactory(status="draft")
    assert client.get(article.get_absolute_url()).status_code == 404
    client.force_login(make.StaffFactory(may=["articles.view_article"]))
    response = client.get(article.get_absolute_url())
    assert "app-preview" in response.text
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]


# Home


def test_the_home_page_names_the_three_newest(client: Client) -> None:
    for year in range(2020, 2025):
        make.ArticleFactory(title=f"Guide of {year}", reviewed_on=dt.date(year, 1, 1), areas=[])
    make.ArticleFactory(title="Hidden", status="draft", areas=[], reviewed_on=dt.date(2026, 1, 1))
    section = get(client, "/").split('aria-labelledby="guidance"')[1].split("</section>")[0]
    assert Page(section).text("h3") == ["Guide of 2024", "Guide of 2023", "Guide of 2022"]


def test_home_is_silent_about_guidance_where_there_is_none(client: Client) -> None:
    make.ArticleFactory(status="draft")
    assert 'id="guidance"' not in get(client, "/")


# Cost


def everything(rows: int) -> None:
    areas = make.AreaFactory.create_batch(rows)
    make.ArticleFactory(slug="this", areas=areas)
    make.ArticleFactory.create_batch(rows, areas=areas)
    for area in areas:
        make.ProjectFactory(area=area)


@pytest.mark.parametrize(
    "path", ["/articles/", "/articles/?for=student", "/articles/this/", "/admin/articles/article/"]
)
def test_a_page_costs_the_same_for_one_and_for_thirty(
    admin_client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any, path: str
) -> None:
    everything(2)
    with django_assert_max_num_queries(25) as few:
        get(admin_client, path)
    Article.objects.all().delete()
    everything(30)
    with django_assert_num_queries(len(few)):
        get(admin_client, path)


# The admin


@pytest.mark.parametrize(("review", "titles"), [("overdue", ["Late"]), ("ahead", ["Fine"]), ("none", ["Open-ended"])])
def test_the_list_finds_what_needs_a_review(admin_client: Client, review: str, titles: list[str]) -> None:
    make.ArticleFactory(title="Late", review_due_on=dt.date(2020, 1, 1))
    make.ArticleFactory(title="Fine", review_due_on=dt.date.today() + dt.timedelta(days=2))
    make.ArticleFactory(title="Open-ended", review_due_on=None)
    response = admin_client.get(reverse("admin:articles_article_changelist"), {"review": review})
    assert [article.title for article in response.context["cl"].result_list] == titles
