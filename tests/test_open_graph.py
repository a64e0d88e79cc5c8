"""What a page that is shared shows of itself (ogp.me): its own title and address, an image of ours, and no draft."""

from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from articles.models import Article
from portal.publishing import Publishable
from tests import factories as make
from tests.pages import Page
from tests.world import PAGES, World

pytestmark = pytest.mark.django_db

EVERY_PAGE = {
    "og:title",
    "og:description",
    "og:type",
    "og:url",
    "og:site_name",
    "og:locale",
    "og:image",
    "og:image:alt",
}
EVERY_PAGE |= {"og:image:width", "og:image:height"}


def shared(html):
    """The properties of a page, each of which must stand there once."""
    found = [(meta["property"], meta["content"]) for meta in Page(html).all("meta") if "property" in meta]
    assert len(found) == len(dict(found))
    return dict(found)


def test_every_public_page_says_what_it_is(client, settings):
    settings.PORTAL_URL = "https://portal.example"
    settings.PORTAL_NAME = "Data & “science”"
    world = World()
    for paths in PAGES.values():
        for path in paths(world):
            html = client.get(path).text
            page, found = Page(html), shared(html)
            assert set(found) == EVERY_PAGE, path
            assert all(found.values()), path
            assert page.title in {found["og:title"], f"{found['og:title']} – {settings.PORTAL_NAME}"}, path
            assert [found["og:description"]] == [meta["content"] for meta in page.all("meta", name="description")]
            assert [found["og:url"]] == page.canonical
            assert found["og:url"].startswith("https://portal.example/")
            assert found["og:image"] == "https://portal.example/static/portal/share.png"
            assert found["og:site_name"] == settings.PORTAL_NAME
            assert found["og:locale"] == "en_GB"
            assert page.all("meta", name="twitter:card", content="summary_large_image")


def test_marks_in_a_title_are_written_once_and_break_nothing(client):
    title = """Beds & "bays" <b>'s</b>"""
    html = client.get(make.ProjectFactory(title=title, summary=title).get_absolute_url()).text
    assert shared(html)["og:title"] == shared(html)["og:description"] == title
    assert Page(html).title.startswith(title)


@pytest.mark.parametrize("kind", Publishable.kinds(), ids=lambda kind: kind._meta.model_name)
def test_the_preview_of_a_draft_has_nothing_to_share(client, kind):
    item = make.FACTORIES[kind](status="draft")
    client.force_login(make.StaffFactory(is_superuser=True))
    html = client.get(item.get_absolute_url()).text
    assert "this page is not public" in html
    assert shared(html) == {}
    assert not Page(html).all("meta", name="twitter:card")


def test_an_article_shows_its_cover(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.PORTAL_URL = "https://portal.example"
    photo = BytesIO()
    Image.new("RGB", (1600, 800)).save(photo, "PNG")
    cover = SimpleUploadedFile("photo.png", photo.getvalue(), "image/png")
    article = make.ArticleFactory(cover=cover, cover_alt="Two people at a desk")
    found = shared(client.get(article.get_absolute_url()).text)
    assert found["og:type"] == "article"
    assert found["og:image"] == f"https://portal.example{article.cover.url}"
    assert found["og:image:alt"] == "Two people at a desk"
    with Image.open(article.cover.path) as image:
        assert (found["og:image:width"], found["og:image:height"]) == tuple(map(str, image.size))
    Article.objects.update(cover_alt="")
    assert shared(client.get(article.get_absolute_url()).text)["og:image:alt"] == article.title


def test_the_image_of_all_other_pages_is_as_large_as_said_and_light(client):
    path = Path(finders.find("portal/share.png"))
    assert path.stat().st_size < 10_000
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (1200, 630))
    found = shared(client.get("/").text)
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
