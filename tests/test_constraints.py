"""What must never be false is kept by the database: the wrong thing is saved past every form, and refused."""

import datetime as dt

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from fellowship.models import EligibilityCell
from portal.models import FormUse, ImportedItem, SearchEntry, Submission
from tests import factories as make
from tests.shared import answer

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 9, 1)
NOON = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
EARLIER = NOON - dt.timedelta(hours=1)


def supersede_itself():
    project = make.ProjectFactory()
    project.supersedes = project
    project.save()


def twice(factory, **values):
    factory(**values)
    factory(**values)


# The name of each constraint, and what breaks it.
WRONG = {
    **{
        f"{kind._meta.label_lower.replace('.', '_')}_public_has_date": lambda made=factory: made(published_at=None)
        for kind, factory in make.FACTORIES.items()
    },
    **{
        f"{kind._meta.label_lower.replace('.', '_')}_status_known": lambda made=factory: made(status="nonsense")
        for kind, factory in make.FACTORIES.items()
    },
    "project_public_has_area": lambda: make.ProjectFactory(area=None),
    "cohort_public_has_dates": lambda: make.CohortFactory(ends_on=None),
    "fellow_public_has_cohort": lambda: make.FellowFactory(cohort=None),
    "article_public_has_body": lambda: make.ArticleFactory(body=""),
    "project_does_not_supersede_itself": supersede_itself,
    "project_address_is_free": lambda: make.ProjectFactory(slug="terms"),
    "projects_applicationround_closes_after_it_opens": lambda: make.ApplicationRoundFactory(
        opens_at=NOON, closes_at=NOON
    ),
    "placement_reference_is_unique": lambda: twice(make.PlacementFactory, reference="P33"),
    "placement_ends_after_it_starts": lambda: make.PlacementFactory(starts_on=DAY, ends_on=DAY),
    "placement_names_an_intern_only_with_consent": lambda: make.PlacementFactory(intern="A. Person"),
    "output_published_has_address": lambda: make.OutputFactory(url=""),
    "output_not_applicable_has_reason": lambda: make.OutputFactory(state="not_applicable", reason=""),
    "output_kind_known": lambda: make.OutputFactory(kind="dance"),
    "output_state_known": lambda: make.OutputFactory(state="lost"),
    "programme_is_one": lambda: make.ProgrammeFactory(only=False),
    "fellowship_cohort_closes_after_it_opens": lambda: make.CohortFactory(opens_at=NOON, closes_at=EARLIER),
    "cohort_ends_after_it_starts": lambda: make.CohortFactory(starts_on=DAY, ends_on=DAY),
    "keydate_precision_known": lambda: make.KeyDateFactory(precision="sometime"),
    "fellowlink_once_per_fellow": lambda: twice(
        make.FellowLinkFactory, fellow=make.FellowFactory(), url="https://example.org/"
    ),
    "article_address_is_free": lambda: make.ArticleFactory(slug="feed"),
    "article_next_review_is_later": lambda: make.ArticleFactory(reviewed_on=DAY, review_due_on=DAY),
    "notice_ends_after_it_starts": lambda: make.NoticeFactory(starts_at=NOON, ends_at=NOON),
    "forwardingaddress_goes_elsewhere": lambda: make.ForwardingAddressFactory(path="/a", target="/a"),
    "forwardingaddress_stays_here": lambda: make.ForwardingAddressFactory(target="//elsewhere.example/"),
    "importeditem_key_is_stable": lambda: twice(ImportedItem.objects.create, model="m", key="k", object_id=1),
    "searchentry_one_per_item": lambda: twice(SearchEntry.objects.create, kind="k", object_id=1),
    "eligibilitycell_once_per_cohort": lambda: twice(
        EligibilityCell.objects.create,
        cohort=make.CohortFactory(),
        region="wales",
        profession="nurse",
        can_apply=True,
    ),
    "document_of_one_page": lambda: make.DocumentFactory(cohort=None, programme=None),
    "formuse_one_per_sender_and_hour": lambda: twice(FormUse.objects.create, hour=NOON, sender="s"),
    "draftanswer_change_says_what": lambda: answer(words=""),
    "submission_one_per_item": lambda: twice(Submission.objects.create, kind="k", object_id=1),
}
OURS = ["portal", "projects", "fellowship", "articles"]


def ours():
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def test_each_constraint_has_something_that_breaks_it():
    assert {constraint.name for model in ours() for constraint in model._meta.constraints} == set(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_the_database_refuses_what_must_never_be(name):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        WRONG[name]()
    said = str(refusal.value)
    if "UNIQUE constraint failed" not in said:  # SQLite names the columns of those
        assert name in said


@pytest.mark.parametrize("factory", make.FACTORIES.values(), ids=lambda factory: factory.__name__)
def test_the_database_takes_a_draft_without_a_date(factory):
    factory(status="draft", published_at=None)


def test_only_one_programme_can_be_stored():
    make.ProgrammeFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        make.ProgrammeFactory()


@pytest.mark.parametrize("target", ["elsewhere", "//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere"])
def test_an_address_never_forwards_out_of_the_portal(target):
    with pytest.raises(IntegrityError), transaction.atomic():
        make.ForwardingAddressFactory(target=target)


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (model, constraint)
        for model in ours()
        if model in make.FACTORIES or model in make.OTHER_FACTORIES
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and not constraint.name.endswith(("_known", "_has_date"))
    ],
    ids=lambda value: getattr(value, "name", None) or value.__name__,
)
def test_an_editor_is_told_in_words(model, constraint):
    """A constraint that a form can break has a sentence of its own."""
    assert constraint.violation_error_message != constraint.default_violation_error_message
    assert constraint.violation_error_message.endswith(".")


def test_a_form_says_it_before_the_database_does():
    cohort = make.CohortFactory.build(starts_on=DAY, ends_on=DAY)
    with pytest.raises(ValidationError, match=r"A cohort must end after it starts\."):
        cohort.validate_constraints()


def test_several_placements_may_be_without_reference():
    twice(make.PlacementFactory, reference="")
