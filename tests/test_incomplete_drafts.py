"""A draft is begun with its name alone: saved, given an address, shown to staff, and refused to readers by name."""

import datetime as dt
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from articles.models import COVER, Article
from fellowship.models import Cohort, Fellow, Programme
from fellowship.models.fellows import PHOTO
from portal import forwarding
from portal.publishing import Publishable, TransitionError
from projects.models import Project
from projects.models.projects import RESERVED_ADDRESSES
from tests import factories as make
from tests.indexed import indexed
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
NAME = {
    Project: {"title": "Counting beds"},
    Programme: {"title": "A fellowship"},
    Cohort: {"number": "7"},
    Fellow: {"name": "Ada Example"},
    Article: {"title": "How to count"},
}
REFUSED = {
    Project: "choose an area first.",
    Programme: "write the text first.",
    Cohort: "say when it starts and say when it ends first.",
    Fellow: "choose a cohort and record the day of their consent first.",
    Article: "write the text first.",
}
WITH_ADDRESS = [Project, Fellow, Article]


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def address(kind, page, *args):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}", args=args)


def add(client, kind, **values):
    """Save a new one in the admin; without errors, and as a browser without script sends it."""
    empty = {**Page(client.get(address(kind, "add")).text).fields}
    response = client.post(address(kind, "add"), {**empty, **values})
    assert response.status_code == 302, response.context["errors"]
    return kind._default_manager.latest("pk")


def change(client, item, **values):
    page = address(type(item), "change", item.pk)
    response = client.post(page, {**Page(client.get(page).text).fields, **values})
    item.refresh_from_db()
    return response


def title(kind):
    return "name" if kind is Fellow else "title"


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_draft_needs_its_name_alone(admin_client, client, kind):
    item = add(admin_client, kind, **NAME[kind])
    assert item.status == "draft"
    assert (item._meta.label_lower, item.pk) in indexed(str(item))
    response = admin_client.get(item.get_absolute_url())
    assert response.status_code == 200
    assert "this page is not public" in response.text
    assert "None" not in "".join(Page(response.text).texts[0]), "nothing stands in place of what is missing"
    client.logout()
    assert client.get(item.get_absolute_url()).status_code == (200 if kind is Programme else 404)


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_it_stands_in_the_list_and_opens_again(admin_client, kind):
    item = add(admin_client, kind, **NAME[kind])
    assert admin_client.get(address(kind, "changelist")).status_code == 200
    assert "Not ready to publish yet" in admin_client.get(address(kind, "change", item.pk)).text
    assert change(admin_client, item).status_code == 302


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_it_is_refused_by_name_before_readers_see_it(admin_client, kind):
    item = add(admin_client, kind, **NAME[kind])
    new = next(status for status in kind.Status if status.is_public)
    with pytest.raises(TransitionError) as refusal:
        item.move_to(new, by=None)
    assert str(refusal.value) == f"“{item}” cannot go from Draft to {new.label}: {REFUSED[kind]}"
    response = admin_client.get(f"{address(kind, 'move', new.value)}?ids={item.pk}")
    assert REFUSED[kind] in response.text


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_without_its_name_it_is_refused(admin_client, kind):
    (field,) = NAME[kind]
    response = admin_client.post(address(kind, "add"), Page(admin_client.get(address(kind, "add")).text).fields)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


def test_a_draft_cohort_without_dates_is_shown_everywhere_that_staff_look(admin_client):
    cohort = add(admin_client, Cohort, number="7")
    fellow = make.FellowFactory(cohort=cohort, status="draft")
    assert "Dates to be announced." in admin_client.get(cohort.get_absolute_url()).text
    assert "dates to be announced" in admin_client.get(fellow.get_absolute_url()).text
    assert cohort.search_facts == [("When", "dates to be announced")]
    assert cohort.phase.label == "Announced"
    assert cohort.headline_detail == "The cohort starts on a day to be announced."
    cohort.starts_on = dt.date(2020, 9, 1)
    assert cohort.headline == "Running until a day to be announced"


# Its address


@pytest.mark.parametrize("kind", WITH_ADDRESS, ids=label)
def test_the_address_is_made_of_the_title(admin_client, kind):
    found = [add(admin_client, kind, **{title(kind): "Counting: beds & Übergaben"}).slug for _ in range(3)]
    assert found == ["counting-beds-ubergaben", "counting-beds-ubergaben-2", "counting-beds-ubergaben-3"]


@pytest.mark.parametrize("kind", WITH_ADDRESS, ids=label)
def test_a_title_without_a_letter_for_it_has_an_address_too(admin_client, kind):
    first, second = (add(admin_client, kind, **{title(kind): "統計 !"}).slug for _ in range(2))
    assert (first, second) == (kind.kind_label.lower(), f"{kind.kind_label.lower()}-2")


@pytest.mark.parametrize("kind", WITH_ADDRESS, ids=label)
def test_a_long_title_keeps_within_the_length_of_an_address(admin_client, kind):
    words = " ".join(["ninety"] * 21)
    found = [add(admin_client, kind, **{title(kind): words}).slug for _ in range(11)]
    assert len(set(found)) == 11
    assert all(len(slug) <= 120 and not slug.endswith("-") for slug in found)
    assert found[-1].endswith("-11")


@pytest.mark.parametrize("word", RESERVED_ADDRESSES)
def test_an_address_of_the_portals_own_is_not_given(admin_client, word):
    assert add(admin_client, Project, title=word.title()).slug == f"{word}-2"


def test_an_address_that_another_page_left_behind_is_not_given(admin_client):
    forwarding.renamed(old="/articles/how-to-count/", new="/articles/counting/")
    assert add(admin_client, Article, title="How to count").slug == "how-to-count-2"


def test_an_address_that_was_written_is_kept(admin_client):
    item = add(admin_client, Article, title="How to count", slug="counting")
    assert item.slug == "counting"
    assert change(admin_client, item, slug="", title="How to count on").status_code == 302
    assert (item.slug, item.title) == ("counting", "How to count on"), "an address that was emptied is not made anew"


def test_an_address_that_is_taken_is_refused_as_ever(admin_client):
    make.ArticleFactory(slug="counting")
    fields = Page(admin_client.get(address(Article, "add")).text).fields
    response = admin_client.post(address(Article, "add"), {**fields, "title": "Mine", "slug": "counting"})
    assert list(response.context["adminform"].form.errors) == ["slug"]


# Images


IMAGE = {Article: COVER, Fellow: PHOTO}
IMAGES = {kind: image.name for kind, image in IMAGE.items()}


def picture():
    file = BytesIO()
    Image.new("RGB", (40, 40), "navy").save(file, "PNG")
    return SimpleUploadedFile("picture.png", file.getvalue(), "image/png")


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def errors(response):
    return {} if response.status_code == 302 else response.context["adminform"].form.errors


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("kind", IMAGES, ids=label)
def test_a_new_image_says_what_it_shows_or_that_it_only_decorates(admin_client, kind):
    name = IMAGES[kind]
    item = make.FACTORIES[kind](status="draft")
    said = f"Say what the {name} shows, for those who cannot see it, or that it only decorates."
    assert errors(change(admin_client, item, **{name: picture()})) == {f"{name}_alt": [said]}
    both = {f"{name}_alt": "A bed.", f"{name}_is_decorative": "on"}
    assert list(errors(change(admin_client, item, **{name: picture()}, **both))) == [f"{name}_is_decorative"]
    assert not getattr(item, name)
    assert errors(change(admin_client, item, **{name: picture(), f"{name}_is_decorative": "on"})) == {}
    assert getattr(item, name)
    assert not IMAGE[kind].is_undescribed(item)


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("kind", IMAGES, ids=label)
def test_an_image_from_before_may_stay_as_it_is_and_readers_see_the_page(admin_client, client, kind):
    name = IMAGES[kind]
    item = make.FACTORIES[kind]()
    change(admin_client, item, **{name: picture(), f"{name}_is_decorative": "on"})
    client.logout()
    for is_decorative in (True, False):
        kind._default_manager.update(**{f"{name}_is_decorative": is_decorative})
        page = Page(client.get(item.get_absolute_url()).text)
        assert [image["alt"] for image in page.all("img")] == [""]
    client.force_login(make.StaffFactory(is_superuser=True))
    item.refresh_from_db()
    assert errors(change(client, item, summary="New words.")) == {}
    assert kind._default_manager.filter(IMAGE[kind].undescribed()).get() == item


@pytest.mark.parametrize("kind", IMAGES, ids=label)
def test_words_about_an_image_that_there_is_not_are_refused(admin_client, kind):
    name = IMAGES[kind]
    item = make.FACTORIES[kind]()
    for field in (f"{name}_alt", f"{name}_is_decorative"):
        assert list(errors(change(admin_client, item, **{field: "on"}))) == [field]
