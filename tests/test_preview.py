"""Staff look at a draft at its own address: nobody else sees it, nothing keeps it, and the page says what it is."""

import pytest

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme
from portal.publishing import Publishable
from projects.models import Project
from tests.factories import FACTORIES, CohortFactory, FellowFactory, StaffFactory, UserFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
CASES = [(kind, status) for kind in KINDS for status in kind.Status]
WORDS = "Zebrafinch in the text"
BODY = {
    Project: "need",
    Cohort: "how_to_apply",
    Fellow: "about",
    Programme: "body",
    Article: "body",
}


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def make(kind, **values):
    return FACTORIES[kind](**{BODY[kind]: WORDS, **values})


def may_view(kind):
    return f"{kind._meta.app_label}.view_{kind._meta.model_name}"


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_staff_preview_a_draft_at_its_own_address(client, kind):
    item = make(kind, status="draft")
    client.force_login(StaffFactory(may=[may_view(kind)]))
    response = client.get(item.get_absolute_url())
    assert response.status_code == 200
    assert WORDS in response.text
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    page = Page(response.text)
    assert page.all("section", **{"aria-label": "Preview"})
    assert "this page is not public" in response.text
    assert len(page.text("h1")) == 1


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize("who", ["nobody", "a user", "staff who may view other things", "a former colleague"])
def test_nobody_else_is_shown_it(client, kind, who):
    item = make(kind, status="draft")
    other = may_view(next(one for one in KINDS if one is not kind))
    user = {
        "nobody": lambda: None,
        "a user": lambda: UserFactory(may=[may_view(kind)]),
        "staff who may view other things": lambda: StaffFactory(may=[other]),
        "a former colleague": lambda: StaffFactory(may=[may_view(kind)], is_active=False),
    }[who]()
    if user:
        client.force_login(user)
    response = client.get(item.get_absolute_url())
    assert WORDS not in response.text
    assert response.status_code == (200 if kind is Programme else 404)


@pytest.mark.parametrize(("kind", "status"), [case for case in CASES if case[1].is_public], ids=label)
def test_a_public_page_is_no_preview_even_for_staff(client, kind, status):
    item = make(kind, status=status)
    for user in (None, StaffFactory(is_superuser=True)):
        if user:
            client.force_login(user)
        response = client.get(item.get_absolute_url())
        assert response.status_code == 200
        assert "this page is not public" not in response.text
        assert "no-store" not in response.get("Cache-Control", "")
        assert response.get("X-Robots-Tag") == (None if status.is_indexable else "noindex")


@pytest.mark.parametrize("status", [status for status in Project.Status if status.is_public], ids=str)
def test_a_closed_project_keeps_its_address_and_says_so(client, status):
    project = make(Project, status=status)
    response = client.get(project.get_absolute_url())
    page = Page(response.text)
    assert ("noindex" in page.robots) is (not status.is_indexable)
    assert (f"({status.label.lower()})" in page.title) is status.is_closed
    assert status.label in response.text
    assert ("You cannot apply for it now" in response.text) is (status != "open")


@pytest.mark.parametrize("why", ["consent", "cohort"])
def test_staff_are_told_why_a_published_fellow_is_hidden(client, why):
    hidden = {"consent_on": None} if why == "consent" else {"cohort": CohortFactory(status="draft")}
    fellow = FellowFactory(**hidden)
    client.force_login(StaffFactory(may=["fellowship.view_fellow"]))
    response = client.get(fellow.get_absolute_url())
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert ("consent" if why == "consent" else "is a draft") in response.text


def test_an_answer_differs_by_who_asks(client):
    """A shared cache that kept what staff saw would have to be told so. What is public is the same for everybody."""
    item = make(Project, status="draft")
    assert "Cookie" in client.get(item.get_absolute_url())["Vary"]
