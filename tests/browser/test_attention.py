"""What needs attention: an editor finds it on the front page, mends it, and the page is quiet again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import every_look, fits, violations
from tests.browser.conftest import PASSWORD, Portal, Tab, sign_in

pytestmark = pytest.mark.browser

TITLES = ["How to read a funnel plot", "How to name a variable"]
MAKE = """
import datetime as dt
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from articles.models import Article
from portal.models import User
for name in ("keeper", "idler"):
    user, made = User.objects.get_or_create(username=name + "-of-pages", is_staff=True, email=name + "@portal.example")
    user.set_password({password!r})
    user.save()
User.objects.get(username="keeper-of-pages").groups.set([Group.objects.get(name="Editor")])
User.objects.get(username="idler-of-pages").user_permissions.set(
    [Permission.objects.get(content_type__app_label="portal", codename="view_forwardingaddress")]
)
now = timezone.now()
today = timezone.localdate()
for number, title in enumerate({titles!r}):
    Article.objects.create(
        title=title, slug=f"attended-{{number}}", body="Text.", status="published", published_at=now,
        review_due_on=today - dt.timedelta(days=1),
    )
draft = Article.objects.create(title="Half a thought", slug="half-a-thought", body="![](/media/a.png)")
Article.objects.filter(pk=draft.pk).update(updated_at=now - dt.timedelta(days=90))
"""


@pytest.fixture(scope="module")
def pages(portal: Portal) -> Portal:
    """The portal with an editor, somebody who may hardly see anything, and articles that need attention."""
    portal.manage("shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, titles=TITLES))
    return portal


def test_an_editor_finds_what_needs_attention_and_mends_it(pages: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, pages, "keeper-of-pages", "/admin/")
    attention = page.get_by_role("region", name="What needs your attention")
    expect(attention.get_by_role("link", name="1 draft article that nobody has touched for 60 days")).to_be_visible()
    overdue = attention.get_by_role("link", name="articles past their review date")
    number = int((overdue.text_content() or "").split()[0])

    # With the keyboard alone: the link is reached, and leads to the rows that it counted.
    overdue.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/articles/article/?attention=review")
    expect(page.locator("#result_list tbody tr")).to_have_count(number)
    expect(page.locator("#changelist-filter li.selected", has_text="Articles past their review date")).to_be_visible()

    page.get_by_role("link", name=TITLES[0]).click()
    page.locator("#id_review_due_on").fill("2036-01-01")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url("**/admin/articles/article/**")
    page.goto(f"{pages.url}/admin/")
    expect(attention).to_contain_text("past their review date" if number > 2 else "1 article past its review date")
    assert tab.complaints == []


def test_who_has_nothing_to_do_is_told_so(pages: Portal, tab: Tab) -> None:
    page = tab.page
    sign_in(page, pages, "idler-of-pages", "/admin/")
    attention = page.get_by_role("region", name="What needs your attention")
    expect(attention).to_contain_text("Nothing needs your attention today.")
    expect(attention.get_by_role("link")).to_have_count(0)
    assert tab.complaints == []


@every_look
def test_the_front_page_has_no_violation(pages: Portal, tab: Tab, scheme: str, width: int) -> None:
    page = tab.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, pages, "keeper-of-pages", "/admin/")
    expect(page.get_by_role("region", name="What needs your attention").get_by_role("link").first).to_be_visible()
    assert tab.complaints == []
    found = []
    for path, part in [("/admin/", None), ("/admin/articles/article/?attention=review", "#changelist-filter")]:
        page.goto(f"{pages.url}{path}")
        for narrow in (375, width):
            page.set_viewport_size({"width": narrow, "height": 900})
            assert fits(page)
        found += violations(page, part)
    assert found == []
