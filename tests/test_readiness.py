"""What is missing before a page serves its readers: the same words on its form, on the way to publishing, and after."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from fellowship.models import Cohort, Fellow, Programme
from portal import readiness, revisions
from portal.publishing import Publishable, TransitionError
from portal.readiness import Gap, Readiness
from projects.models import Project
from tests import factories as make
from tests.eligible import YES, decide
from tests.pages import Page
from tests.test_admin_refusals import in_role

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
DAY = dt.date(2026, 9, 1)

# What makes a page of each kind lack something, by the field that fills it: what is required, and what is advised.
REQUIRED = {
    Project: {"area": {"area": None}},
    Programme: {"body": {"body": ""}},
    Cohort: {"starts_on": {"starts_on": None}, "ends_on": {"ends_on": None}},
    Fellow: {"cohort": {"cohort": None}, "consent_on": {"consent_on": None}},
    Article: {"body": {"body": ""}},
}
ADVISED = {
    Project: {
        "summary": {"summary": ""},
        "techniques": {"techniques": []},
        "modalities": {"modalities": []},
        "round": {"round": None},
        "need": {"need": ""},
        "learning_outcomes": {"learning_outcomes": " "},
        "datasets": {"datasets": ""},
        "desired_skills": {"desired_skills": ""},
    },
    Programme: {
        name: {name: None if name == "reviewed_on" else ""}
        for name in ("summary", "audience", "length", "time_commitment", "reviewed_on")
    },
    Cohort: {
        "summary": {"summary": ""},
        "opens_at": {"opens_at": None, "closes_at": None},
        "apply_url": {"apply_url": ""},
        "how_to_apply": {"how_to_apply": ""},
        "eligibility": {"without_answers": True},
        "key_dates": {"without_key_dates": True},
    },
    Fellow: {
        "summary": {"summary": ""},
        "profession": {"profession": ""},
        "about": {"about": ""},
        "photo_alt": {"photo": "fellows/a.webp"},
    },
    Article: {
        "summary": {"summary": ""},
        "audience": {"audience": ""},
        "review_due_on": {"review_due_on": None},
        "cover_alt": {"cover": "articles/a.webp", "cover_width": 9, "cover_height": 9},
    },
}
CASES = [(kind, field, table is REQUIRED) for table in (REQUIRED, ADVISED) for kind in KINDS for field in table[kind]]


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def draft(kind, **values):
    """A draft that lacks nothing, but for what ``values`` take from it."""
    no_dates, no_answers = values.pop("without_key_dates", False), values.pop("without_answers", False)
    whole = {
        Project: {"learning_outcomes": "To count.", "datasets": "Made up."},
        Programme: {"audience": "Nurses", "length": "1 year", "time_commitment": "2 days", "reviewed_on": DAY},
        Cohort: {"starts_on": timezone.localdate() + dt.timedelta(days=200), "opens_at": make.in_days(5)},
        Article: {"review_due_on": DAY},
    }.get(kind, {})
    if kind is Cohort:
        whole |= {"closes_at": make.in_days(30), "ends_on": timezone.localdate() + dt.timedelta(days=400)}
    item = make.FACTORIES[kind](status="draft", **{**whole, **values})
    if kind is Cohort and not no_dates:
        make.KeyDateFactory(cohort=item)
    if kind is Cohort and not no_answers:
        decide(item, others=YES)
    return kind._default_manager.get(pk=item.pk)


def lacking(kind, field):
    return draft(kind, **{**REQUIRED[kind], **ADVISED[kind]}[field])


def first_public(kind):
    return next(status for status in kind.Status if status.is_public)


def form(client, item):
    return client.get(reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk]))


def words(response):
    """What the page says, without its tags."""
    return " ".join("".join(Page(response.text).texts[0]).split())


# What a kind says of itself


def test_every_kind_says_what_it_needs():
    assert set(REQUIRED) == set(ADVISED) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_page_without_gaps_has_none(kind):
    assert Readiness.of(draft(kind)) == Readiness([], [])


@pytest.mark.parametrize(("kind", "field", "is_required"), CASES, ids=label)
def test_each_gap_is_told_by_itself(kind, field, is_required):
    found = Readiness.of(lacking(kind, field))
    assert [gap.field for gap in found.required] == ([field] if is_required else [])
    assert [gap.field for gap in found.advised] == ([] if is_required else [field])


@pytest.mark.parametrize(("kind", "field", "is_required"), CASES, ids=label)
def test_only_what_is_required_refuses_the_move_and_with_the_same_words(kind, field, is_required):
    item, new = lacking(kind, field), first_public(kind)
    if not is_required:
        item.move_to(new, by=None)
        return
    (gap,) = item.required_gaps(new)
    with pytest.raises(TransitionError) as refusal:
        item.move_to(new, by=None)
    assert str(refusal.value).endswith(f": {gap.act} first.")


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_everything_that_is_required_is_said_at_once(kind):
    values = {name: value for taken in REQUIRED[kind].values() for name, value in taken.items()}
    item = draft(kind, **values)
    why = item.why_not(first_public(kind))
    assert [gap.field for gap in item.required_gaps(first_public(kind))] == list(REQUIRED[kind])
    assert why == readiness.refusal(item.required_gaps(first_public(kind)))
    assert all(gap.act in why for gap in item.required_gaps(first_public(kind)))


def test_a_completed_project_owes_its_outputs_or_the_reason():
    project = draft(Project)
    assert project.why_not(Project.Status.COMPLETED) == "add its outputs first, or say why there are none."
    project.area = None
    assert (
        project.why_not(Project.Status.COMPLETED)
        == "choose an area and add its outputs first, or say why there are none."
    )


def test_a_project_that_nobody_can_apply_for_misses_no_round():
    paused = make.ProjectFactory(status="paused", round=None)
    assert "round" not in [gap.field for gap in Readiness.of(paused).advised]


def test_a_cohort_that_has_begun_misses_nothing_about_applying():
    item = make.CohortFactory(opens_at=None, closes_at=None, apply_url="", how_to_apply="")
    assert [gap.field for gap in Readiness.of(item).advised] == ["key_dates"]


def test_the_words_of_several():
    one, other = Gap("a", "write", "the text", "it is read"), Gap("b", "choose", "an area", "it is searched")
    assert readiness.refusal([]) == readiness.missed([]) == ""
    assert readiness.refusal([one, other, one]) == "write the text, choose an area and write the text first."
    assert readiness.missed([one, other]) == "the text and an area"
    assert one.sentence == "Write the text: it is read."


# On the form


@pytest.mark.parametrize(("kind", "field", "is_required"), CASES, ids=label)
def test_the_form_leads_to_the_field(admin_client, kind, field, is_required):
    item = lacking(kind, field)
    page = Page(form(admin_client, item).text)
    (gap,) = item.required_gaps(first_public(kind)) + item.advised_gaps(first_public(kind))
    (link,) = [
        attributes["href"]
        for (tag, attributes), said in zip(page.tags, page.texts, strict=True)
        if tag == "a" and "".join(said) == gap.heading
    ]
    assert link.removeprefix("#") in {attributes.get("id") for _, attributes in page.tags}
    assert ("1 thing is missing before it can be published" in page.text("h3")) is is_required
    assert ("1 thing readers will miss" in page.text("h3")) is not is_required
    assert ("Not ready to publish yet" in page.text("h2")) is is_required


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_draft_without_gaps_is_ready(admin_client, kind):
    said = words(form(admin_client, draft(kind)))
    assert "Ready to publish Nothing is missing." in said


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_public_page_without_gaps_is_told_nothing(admin_client, kind):
    item = draft(kind)
    item.move_to(first_public(kind), by=None)
    page = form(admin_client, item).text
    assert 'class="readiness' not in page


def test_a_public_page_is_told_what_has_gone_missing(admin_client):
    item = draft(Fellow)
    item.move_to("published", by=None)
    Fellow.objects.update(consent_on=None, summary="", about="[here](/somewhere/)")
    said = words(form(admin_client, item))
    assert "Missing from this page 1 thing is missing that a public page should have Record the day" in said
    assert "1 thing readers miss Write a summary" in said
    assert "Worth mending" not in said


def test_the_texts_of_a_draft_are_read_for_what_is_worth_mending(admin_client):
    item = draft(Article, body="Fine.\n\nRead [here](https://example.org/) for more.")
    response = form(admin_client, item)
    assert "Worth mending in the texts Body, line 3: " in words(response)
    assert 'href="#id_body"' in response.text
    assert "Ready to publish" in words(response)


def test_of_many_faults_the_form_shows_ten(admin_client):
    item = draft(Article, body="\n\n".join(["Read [here](https://example.org/)."] * 13))
    response = form(admin_client, item)
    assert response.text.count("Body, line ") == 10
    assert "And 3 more, beside the texts." in response.text


def test_a_fellow_of_a_draft_cohort_is_told_to_stay_hidden(admin_client):
    said = words(form(admin_client, draft(Fellow, cohort=make.CohortFactory(status="draft", number=9))))
    assert "Readers will not see it yet all the same. Cohort 9 is a draft, and so its fellows are hidden." in said


def test_who_only_reads_the_page_is_led_nowhere(client):
    item = lacking(Project, "area")
    client.force_login(make.StaffFactory(may=["projects.view_project"]))
    response = form(client, item)
    assert "Choose an area: readers find a public project by it." in words(response)
    assert 'href="#id_area"' not in response.text


def test_an_editor_is_not_led_to_a_date_that_only_publishers_move(client):
    item = lacking(Cohort, "opens_at")
    client.force_login(in_role("Editor"))
    response = form(client, item)
    assert "Set when applications open and close: " in words(response)
    assert "#id_opens_at" not in response.text


def test_a_new_page_and_a_popup_are_told_nothing(admin_client):
    assert 'class="readiness' not in admin_client.get(reverse("admin:articles_article_add")).text
    item = lacking(Article, "body")
    address = reverse("admin:articles_article_change", args=[item.pk])
    assert 'class="readiness' not in admin_client.get(f"{address}?_popup=1").text


# What a public page cannot lose again


KEPT = [(kind, field) for kind in KINDS for field in REQUIRED[kind] if kind is not Programme and field != "consent_on"]


@pytest.mark.parametrize(("kind", "field"), KEPT, ids=label)
def test_a_public_page_is_told_at_the_field_that_it_needs_it(admin_client, kind, field):
    item = draft(kind)
    item.move_to(first_public(kind), by=None)
    (gap,) = lacking(kind, field).required_gaps(first_public(kind))
    address = reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_change", args=[item.pk])
    response = admin_client.post(address, {**Page(admin_client.get(address).text).fields, field: ""})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {field: [gap.sentence]}


def test_taking_out_the_consent_hides_a_profile_at_once(admin_client):
    item = draft(Fellow)
    item.move_to("published", by=None)
    address = reverse("admin:fellowship_fellow_change", args=[item.pk])
    response = admin_client.post(address, {**Page(admin_client.get(address).text).fields, "consent_on": ""})
    assert response.status_code == 302
    assert not Fellow.objects.public().exists()


# On the way to publishing


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_the_page_of_a_move_says_what_readers_will_miss(admin_client, kind):
    first = next(iter(ADVISED[kind]))
    item = lacking(kind, first)
    new = first_public(kind)
    address = reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_move", args=[new.value])
    assert "Readers will miss: a summary." in words(admin_client.get(f"{address}?ids={item.pk}"))


def test_what_is_public_already_is_not_asked_again(admin_client):
    project = make.ProjectFactory(status="open", summary="")
    response = admin_client.get(reverse("admin:projects_project_move", args=["paused"]) + f"?ids={project.pk}")
    assert "Readers will miss" not in response.text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Programme], ids=label)
def test_the_gaps_of_many_cost_what_those_of_one_do(kind):
    values = dict.fromkeys(["summary"], "")
    keys = [draft(kind, **values).pk for _ in range(5)]
    new, costs = first_public(kind), []
    for number in (1, 5):
        with CaptureQueriesContext(connection) as captured:
            for item in kind._default_manager.filter(pk__in=keys[:number]).for_moving():
                assert [gap.field for gap in item.advised_gaps(new)] == ["summary"]
                assert item.required_gaps(new) == []
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_publishing_all_the_same_is_kept_like_any_move():
    item = lacking(Article, "audience")
    by = make.StaffFactory()
    item.move_to("published", by=by)
    assert revisions.versions_of(Article, item.pk).exists()
    assert item.last_change().by == by
