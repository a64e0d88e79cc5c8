"""A fellow is hidden, and at once they are nowhere: on no page, not in the search, not where their photo was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

FELLOWS = "/admin/fellowship/fellow/"
NAME = "Zebrafinch Example"
OURS = ".readers-see"  # of the form; the rest of it is Django's
MAKE = """
import io
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from fellowship.models import Cohort, Fellow
from portal import search
from portal.models import User
user, made = User.objects.get_or_create(username="publisher-of-fellows", is_staff=True)
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="Publisher")])
raw = io.BytesIO()
Image.new("RGB", (400, 400), "teal").save(raw, "JPEG")
cohort = Cohort.objects.public().order_by("-starts_on").filter(fellows__isnull=False).first()
fellow = Fellow(name={name!r}, slug="zebrafinch", cohort=cohort, status="published", published_at=cohort.published_at)
fellow.consent_on, fellow.summary, fellow.role = "2026-01-01", "Counts quokkas on the ward.", "Nurse"
fellow.poster_url, fellow.photo_alt = "https://posters.example.org/a.pdf", "Zebrafinch Example at work"
fellow.photo = SimpleUploadedFile("me.jpg", raw.getvalue())
fellow.full_clean()
fellow.save()
search.index(fellow)
"""


@pytest.fixture(scope="module")
def fellows(portal: Portal) -> Portal:
    """The portal with a publisher, and a fellow with a photo."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, name=NAME))
    return portal


def test_a_fellow_is_hidden_and_is_nowhere_at_once(fellows: Portal, tab: Tab, browser) -> None:
    reader = browser.new_context(viewport={"width": 375, "height": 800}).new_page()
    reader.goto(f"{fellows.url}/fellowship/fellows/zebrafinch/")
    photo = reader.get_by_role("img", name="Zebrafinch Example at work")
    expect(photo).to_be_visible()
    address = photo.evaluate("image => image.currentSrc")
    expect(reader.get_by_role("link", name="Zebrafinch Example’s poster")).to_be_visible()
    assert violations(reader) == []
    reader.set_viewport_size({"width": 1280, "height": 900})
    assert violations(reader) == []
    cohort = f"{fellows.url}{reader.locator('.app-facts a').first.get_attribute('href')}"
    search = f"{fellows.url}/search/?q=quokkas"
    for path in [cohort, search]:
        reader.goto(path)
        expect(reader.get_by_role("link", name=NAME)).to_be_visible()

    page = tab.page
    sign_in(page, fellows, "publisher-of-fellows", FELLOWS)
    page.get_by_role("link", name=NAME).click()
    form = page.url
    told = page.get_by_role("region", name="What readers see")
    expect(told).to_contain_text("Readers see this profile:")
    assert violations(page, OURS) == []
    told.get_by_role("link", name="Hide at once…").click()
    expect(page.get_by_text("disappears for readers at once.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Private note (optional)").fill("They asked us.")
    page.get_by_role("button", name="Hide 1 fellow at once").click()
    expect(page.get_by_text("Readers find nothing of it any more.")).to_be_visible()
    assert page.url == form
    expect(told).to_contain_text("Readers see nothing of this profile.")

    # This browser has the photo; it asks again, and is told that there is none.
    answered = reader.goto(address)
    assert answered is not None
    assert answered.status == 404
    assert "no-store" in answered.headers["cache-control"]
    gone = reader.goto(f"{fellows.url}/fellowship/fellows/zebrafinch/")
    assert gone is not None
    assert gone.status == 404
    for path in [cohort, search]:
        reader.goto(path)
        expect(reader.get_by_role("heading", level=1)).to_be_visible()
        expect(reader.get_by_text(re.compile(NAME))).to_have_count(0)
    # Whoever is signed in still sees what they work on.
    assert page.request.get(address).status == 200

    page.goto(form)
    told.get_by_role("link", name="Show again…").click()
    page.get_by_role("button", name="Show 1 fellow again").click()
    expect(page.get_by_text("is no longer hidden.")).to_be_visible()
    back = reader.goto(address)
    assert back is not None
    assert back.status == 200
    reader.context.close()


@every_look
def test_the_pages_of_hiding_are_accessible(fellows: Portal, tab: Tab, width: int, scheme) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    sign_in(page, fellows, "publisher-of-fellows", FELLOWS)
    assert violations(page) == []
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("region", name="What readers see")).to_be_visible()
    assert violations(page, OURS) == []
    page.get_by_role("link", name="Hide at once…").click()
    expect(page.get_by_text("disappears for readers at once.")).to_be_visible()
    assert violations(page) == []
    assert fits(page)
