"""What needs attention: each concern at its boundaries, and the front page, the lists and the people who see them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Article
from fellowship.models import Programme
from portal import attention, statements
from portal.attention import Concern, Gap, Urgency
from portal.attention_admin import every_concern_has_a_list
from portal.models import DraftAnswer, ForwardingAddress, Statement
from portal.publishing import Publishable
from portal.roles import Role
from portal.undescribed import READ, undescribed
from projects.models import Project
from tests import factories as make
from tests.matters import CASES, NOW, article, programme, submitted
from tests.pages import Page

pytestmark = pytest.mark.django_db

CONCERNS = {(matter.model, matter.slug): matter for matter in attention.matters() if isinstance(matter, Concern)}
EXAMPLES = [
    pytest.param(
        key, number, is_wanted, id=f"{key[0]._meta.model_name}-{key[1]}-{'in' if is_wanted else 'out'}-{number}"
    )
    for key, case in CASES.items()
    for is_wanted, makers in [(True, case.wanted), (False, case.near)]
    for number in range(len(makers))
]


@pytest.fixture(autouse=True)
def stopped_clock():
    with time_machine.travel(NOW, tick=False):
        yield


def named(concern: Any) -> str:
    return f"{concern.model._meta.model_name}-{concern.slug}"


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def chief() -> Client:
    return client_of(make.StaffFactory(is_superuser=True))


def in_role(role: Role) -> Any:
    user = make.StaffFactory()
    user.groups.set([Group.objects.get(name=role)])
    return user


def findings(client: Client) -> dict[str, str]:
    """The headings of the front page, and where each leads."""
    groups = client.get("/admin/").context["findings"]
    return {finding.heading: finding.matter.address for _, some in groups for finding in some}


# What each is about


def test_every_concern_has_examples():
    assert set(CASES) == set(CONCERNS)


@pytest.mark.parametrize(("key", "number", "is_wanted"), EXAMPLES)
def test_a_concern_is_about_what_it_says_and_nothing_beside(key, number, is_wanted):
    case = CASES[key]
    item = (case.wanted if is_wanted else case.near)[number]()
    assert (item in CONCERNS[key].rows(NOW)) is is_wanted


@pytest.mark.parametrize("concern", CONCERNS.values(), ids=named)
def test_the_number_on_the_front_page_is_of_the_rows_behind_its_link(concern):
    """The rows, all of them and no others, in the list as the admin shows it."""
    case = CASES[concern.model, concern.slug]
    one_only = concern.model in {Programme, Statement}
    for maker in case.wanted[:1] if one_only else case.wanted + case.near:
        maker()
    rows = set(concern.rows(NOW))
    assert len(rows) == (1 if one_only else len(case.wanted))
    client = chief()
    listed = client.get(concern.address)
    assert listed.status_code == 200
    assert set(listed.context["cl"].queryset) == rows
    assert findings(client).get(concern.counted(len(rows)), "") == (concern.address if rows else "")


def test_an_image_in_a_text_is_looked_for_in_so_many_texts_at_a_time():
    for number in range(3):
        make.NoticeFactory.create_batch(1, title=f"Notice {number}", body="![](/media/a.png)")
    assert undescribed(make.NoticeFactory._meta.model).count() == 3 <= READ


# The front page


def test_the_front_page_begins_with_what_is_most_urgent():
    article(366)
    submitted(Article, title="Ready")
    make.ProjectFactory(round=make.ApplicationRoundFactory(opens_at=None, closes_at=NOW - dt.timedelta(days=1)))
    page = Page(chief().get("/admin/").text)
    assert page.text("h2")[:1] == ["What needs your attention"]
    assert page.text("h3")[:2] == ["Now", "Soon"]
    found = [link for link in page.links if "attention=" in link]
    assert found == [
        "/admin/projects/project/?attention=round-closed",
        "/admin/articles/article/?attention=submitted",
        "/admin/articles/article/?attention=review",
    ]
    words = page.text("li")
    assert any(text.startswith("1 article past its review date Read, mend") for text in words)


def test_one_and_several_are_told_apart():
    programme(366)
    article(366)
    assert "1 article past its review date" in findings(chief())
    article(366)
    assert "2 articles past their review date" in findings(chief())


def test_where_nothing_needs_attention_the_page_says_so():
    client = client_of(make.StaffFactory(may=["projects.view_project"]))
    assert "Nothing needs your attention today." in Page(client.get("/admin/").text).text("p")


def test_a_page_of_one_app_leaves_it_out():
    response = chief().get("/admin/projects/")
    assert response.status_code == 200
    assert "attention-heading" not in response.text


def test_it_asks_as_often_for_many_as_for_one():
    client = chief()

    def cost() -> int:
        client.get("/admin/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/")
        return len(captured)

    programme(366)
    makers = [case.wanted for key, case in CASES.items() if key[0] not in {Programme, Statement}]
    for some in makers:
        some[0]()
    few = cost()
    for some in makers:
        for _ in range(4):
            some[0]()
    assert cost() == few


# Who is told


@pytest.mark.parametrize("role", Role)
def test_a_role_is_told_what_it_may_see_and_do(role):
    for key, case in CASES.items():
        if key[0] not in {Programme, Statement}:
            case.wanted[0]()
    user = in_role(role)
    told = {finding.matter for finding in attention.findings(user, NOW)}
    for matter in told:
        opts = matter.model._meta
        assert user.has_perm(f"{opts.app_label}.{matter.act}_{opts.model_name}"), matter.many
    assert bool(told) is (role != Role.ADMINISTRATOR)
    waits = {matter for matter in told if matter.slug == "submitted"}
    assert len(waits) == (len(Publishable.kinds()) - 1 if role == Role.PUBLISHER else 0)


def test_who_sees_one_kind_is_told_of_that_kind():
    article(366)
    make.ProjectFactory(round=None)
    client = client_of(make.StaffFactory(may=["projects.view_project"]))
    assert list(findings(client)) == ["1 open project without application dates"]
    assert client.get(CONCERNS[Article, "review"].address).status_code == 403


def test_who_may_not_publish_cannot_narrow_a_list_to_what_waits_for_publishers():
    waiting = submitted(Project)
    concern = CONCERNS[Project, "submitted"]
    client = client_of(make.StaffFactory(may=["projects.view_project"]))
    page = client.get(concern.address)
    assert "Projects submitted for publishing" not in Page(page.text).text("a")
    assert waiting not in page.context["cl"].queryset


def test_answers_to_drafts_lead_to_the_filter_that_their_list_has_already():
    (make_answer,) = CASES[DraftAnswer, "answers"].wanted
    make_answer()
    reader = client_of(make.StaffFactory(may=["portal.view_draftanswer"]))
    assert findings(reader) == {"1 answer to a shared draft": "/admin/portal/draftanswer/?dealt_with=no"}
    filters = reader.get(CONCERNS[DraftAnswer, "answers"].address).context["cl"].filter_specs
    assert [one.title for one in filters].count("what needs attention") == 0


def test_an_unknown_concern_shows_no_rows_rather_than_all():
    make.ProjectFactory()
    assert not chief().get("/admin/projects/project/?attention=gone-since").context["cl"].queryset


# Statements without a row


def test_a_statement_that_nobody_has_written_leads_to_where_it_is_written():
    client = chief()
    number = len(list(statements.unfilled()))
    heading = f"{number} statements still to be written"
    assert findings(client)[heading] == "/admin/portal/statement/add/"
    subject, _ = next(statements.unfilled())
    make.StatementFactory(subject=subject, body=statements.shipped(subject).body)
    found = findings(client)
    assert "1 statement with gaps to fill in" in found
    assert heading not in found
    reader = make.StaffFactory(may=["portal.view_statement"])
    assert list(findings(client_of(reader))) == ["1 statement with gaps to fill in"], "to add it is not theirs"


# Registering


def test_a_concern_needs_a_list_that_shows_it(monkeypatch):
    assert every_concern_has_a_list(None) == []
    words = {"one": "odd address", "many": "odd addresses", "why": "They lead nowhere.", "urgency": Urgency.LATER}
    odd = Concern(slug="odd", model=ForwardingAddress, rows=lambda now: ForwardingAddress.objects.all(), **words)
    monkeypatch.setattr(attention, "_matters", [odd])
    (error,) = every_concern_has_a_list(None)
    assert (error.id, error.msg) == (
        "portal.E001",
        "“odd addresses” (portal.ForwardingAddress) leads to a list that cannot show them.",
    )


def test_two_concerns_of_one_model_have_names_of_their_own():
    known = next(iter(CONCERNS.values()))
    with pytest.raises(ValueError, match="already"):
        attention.register(known)


@pytest.mark.parametrize("matter", attention.matters(), ids=named)
def test_every_matter_speaks_in_words(matter):
    assert matter.counted(1).startswith("1 ")
    assert matter.counted(2_000).startswith("2,000 ")
    assert matter.why.endswith(".")
    assert isinstance(matter, Concern | Gap)


# The weekly email is one's own to choose


def test_somebody_with_an_address_chooses_the_weekly_email(settings):
    settings.EMAIL_HOST = "mail.example"
    user = make.StaffFactory(email="a@example.org")
    client = client_of(user)
    for wanted, button, words in [
        ("no", "Stop the weekly email", "You will get no weekly email."),
        ("yes", "Get the weekly email", "You will get the weekly email."),
    ]:
        page = Page(client.get("/admin/").text)
        assert button in page.text("button")
        assert page.all("form", action=reverse("admin:digest"), method="post")
        answer = client.post("/admin/digest/", {"wanted": wanted}, follow=True)
        assert words in answer.text
        user.refresh_from_db()
        assert user.gets_digest is (wanted == "yes")


def test_who_has_no_address_is_not_asked():
    assert "weekly email" not in client_of(make.StaffFactory()).get("/admin/").text


def test_the_review_of_a_page_follows_the_day_in_london():
    """In summer, the day in London begins an hour before that in UTC."""
    late = dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)
    found = make.ArticleFactory(reviewed_on=dt.date(2025, 1, 1), review_due_on=dt.date(2026, 7, 1))
    concern = CONCERNS[Article, "review"]
    assert found in concern.rows(late)
    assert found not in concern.rows(late - dt.timedelta(hours=1))
