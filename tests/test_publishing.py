"""The lifecycle of every kind of page, its log, and the rules that the database keeps."""

import datetime as dt
from itertools import product

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import ValidationError
from django.utils import timezone

from fellowship.models import Cohort, Fellow, Programme
from portal.models import StatusChange
from portal.publishing import Lifecycle, PageStatus, Publishable, TransitionError
from projects.models import Project
from tests.factories import (
    FACTORIES,
    OTHER_FACTORIES,
    AreaFactory,
    CohortFactory,
    FellowFactory,
    ProjectFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
STATUSES = [(kind, status) for kind in KINDS for status in kind.Status]
MOVES = [(kind, old, new) for kind in KINDS for old, new in product(kind.Status, kind.Status)]
COLOURS = {"white", "grey", "green", "aqua-green", "blue", "purple", "pink", "red", "orange", "yellow"}


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


# Over all kinds


def test_every_kind_has_a_factory():
    assert set(FACTORIES) == set(KINDS)


@pytest.mark.parametrize(("kind", "status"), STATUSES, ids=label)
def test_every_status_looks_and_means_something(kind, status):
    assert status.colour in COLOURS
    assert status.meaning.endswith(".")
    assert status.label


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_only_drafts_are_hidden_and_each_status_has_a_label_of_its_own(kind):
    assert [str(status) for status in kind.Status if not status.is_public] == ["draft"]
    assert kind._meta.get_field("status").default == "draft"
    assert len({status.label for status in kind.Status}) == len(list(kind.Status))
    assert all(status.is_public for status in kind.Status if status.is_indexable)


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_every_kind_inherits_the_rules_and_the_permission(kind):
    names = {constraint.name for constraint in kind._meta.constraints}
    label = f"{kind._meta.app_label}_{kind._meta.model_name}"
    assert f"{label}_public_has_date" in names
    assert f"{label}_status_known" in names
    assert set(kind._meta.default_permissions) >= {"add", "change", "delete", "view", "publish"}
    codenames = set(Permission.objects.filter(content_type__app_label=kind._meta.app_label).values_list("codename"))
    assert (f"publish_{kind._meta.model_name}",) in codenames
    assert not kind._meta.get_field("status").editable, "move_to is the one door"


@pytest.mark.parametrize(("kind", "status"), STATUSES, ids=label)
def test_one_answer_to_who_may_see_an_item(kind, status):
    item = FACTORIES[kind](status=status)
    sees = [
        kind._default_manager.public().filter(pk=item.pk).exists(),
        kind._default_manager.visible_to(AnonymousUser()).filter(pk=item.pk).exists(),
        item.is_public,
    ]
    assert sees == [status.is_public] * 3
    indexable = kind._default_manager.indexable().filter(pk=item.pk).exists()
    assert indexable == item.is_indexable == (status.is_public and status.is_indexable)


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_a_draft_is_visible_to_active_staff_who_may_view_its_kind_and_to_nobody_else(kind):
    item = FACTORIES[kind](status="draft")
    may = [f"{kind._meta.app_label}.view_{kind._meta.model_name}"]
    other = [f"portal.view_{name}" for name in ["notice", "statement"]]
    sees = {
        "staff who may": StaffFactory(may=may),
        "a superuser of the staff": StaffFactory(is_superuser=True),
        "staff who may view other things": StaffFactory(may=other),
        "somebody who may but is no staff": UserFactory(may=may),
        "staff who left": StaffFactory(may=may, is_active=False),
        "a superuser who left": StaffFactory(is_superuser=True, is_active=False),
    }
    seen = {who for who, user in sees.items() if item in kind._default_manager.visible_to(user)}
    assert seen == {"staff who may", "a superuser of the staff"}


# The one door


@pytest.mark.parametrize(("kind", "old", "new"), MOVES, ids=label)
def test_an_item_moves_from_every_status_to_every_other(kind, old, new):
    complete = {"no_outputs_reason": "It was a trial."} if kind is Project else {}
    item, user = FACTORIES[kind](status=old, **complete), UserFactory()
    if new not in old.next:
        assert new == old, "today, only standing still is refused"
        with pytest.raises(TransitionError, match=f"cannot go from {old.label} to {new.label}"):
            item.move_to(new, by=user)
        assert not StatusChange.objects.exists()
        item.refresh_from_db()
        assert item.status == old
        return
    item.move_to(new, by=user, reason="Because.", note="Between us.")
    assert item.status == new
    item.refresh_from_db()
    assert item.status == new
    assert item.is_public == new.is_public
    assert item.published_at or not (old.is_public or new.is_public)
    change = StatusChange.objects.get()
    assert (change.kind, change.object_id) == (kind._meta.label_lower, item.pk)
    assert (change.old, change.new, change.by, change.by_name) == (old, new, user, user.username)
    assert (change.public_reason, change.private_note) == ("Because.", "Between us.")
    assert change.title == str(item)
    assert item.last_change() == change


def test_the_first_day_of_publication_is_kept():
    project = ProjectFactory(status="draft")
    with time_machine.travel("2026-01-05 10:00+00:00", tick=False):
        project.move_to("open", by=None)
        first = timezone.now()
    with time_machine.travel("2026-03-05 10:00+00:00", tick=False):
        project.move_to("paused", by=None)
        project.move_to("draft", by=None)
        project.move_to("open", by=None)
    project.refresh_from_db()
    assert project.published_at == first
    assert project.updated_at == dt.datetime(2026, 3, 5, 10, tzinfo=dt.UTC)


def test_a_move_looks_at_the_status_that_is_stored_and_changes_nothing_else():
    project = ProjectFactory(status="open", title="As it is stored")
    stale = Project.objects.get(pk=project.pk)
    project.move_to("paused", by=None)
    stale.title = "Typed but never saved"
    with pytest.raises(TransitionError):
        stale.move_to("paused", by=None)
    stale.move_to("open", by=None)
    project.refresh_from_db()
    assert (project.status, project.title) == ("open", "As it is stored")


def test_a_status_of_another_kind_is_refused():
    project = ProjectFactory(status="open")
    with pytest.raises(ValueError, match="published"):
        project.move_to("published", by=None)
    assert not StatusChange.objects.exists()


def test_a_move_that_the_item_itself_refuses_says_why_and_leaves_no_trace():
    project = ProjectFactory(status="draft", area=None)
    with pytest.raises(TransitionError, match="choose an area first"):
        project.move_to("open", by=None)
    fellow = FellowFactory(status="draft", consent_on=None)
    with pytest.raises(TransitionError, match="consent"):
        fellow.move_to("published", by=None)
    assert not StatusChange.objects.exists()
    assert Project.objects.get().status == Fellow.objects.get().status == "draft"


def test_a_stricter_lifecycle_is_obeyed(monkeypatch):
    class Ratchet(Lifecycle):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

        @property
        def next(self):
            return [Ratchet.PUBLISHED] if self == Ratchet.DRAFT else []

    cohort = CohortFactory(status="published")
    monkeypatch.setattr(Cohort, "Status", Ratchet)
    with pytest.raises(TransitionError, match="cannot go from Published to Draft"):
        cohort.move_to("draft", by=None)
    cohort.refresh_from_db()
    assert cohort.status == "published"


def test_a_status_that_says_nothing_of_itself_is_an_error():
    class Silent(Lifecycle):
        DRAFT = "draft", "Draft"

    with pytest.raises(NotImplementedError):
        _ = Silent.DRAFT.colour
    with pytest.raises(NotImplementedError):
        _ = Silent.DRAFT.meaning


# The log


def test_the_log_outlives_the_item_and_the_person():
    user = UserFactory(first_name="Ada", last_name="Lovelace")
    project = ProjectFactory(status="open", title="Bridges")
    project.move_to("archived", by=user, reason="No data.")
    project.delete()
    user.delete()
    change = StatusChange.objects.get()
    assert (change.title, change.by, change.by_name) == ("Bridges", None, "Ada Lovelace")
    assert str(change) == "Bridges: open to archived"


def test_the_log_of_one_item_is_not_that_of_another_kind_with_the_same_id():
    fellow, project = FellowFactory(pk=901), ProjectFactory(pk=901)
    fellow.move_to("draft", by=None)
    project.move_to("paused", by=None)
    assert [change.new for change in project.status_changes()] == ["paused"]


def test_the_last_move_counts_only_if_it_led_here():
    project = ProjectFactory(status="open")
    assert project.last_change() is None
    project.move_to("paused", by=None, reason="No supervisor.")
    assert project.reason == "No supervisor."
    Project.objects.update(status="archived")
    project.refresh_from_db()
    assert project.last_change() is None
    assert project.reason == ""


# What one kind knows of its own


@pytest.mark.parametrize("status", [s for s in Project.Status if s.is_public], ids=str)
def test_closed_is_a_group_and_never_a_status(status):
    assert status.is_closed is (status in {"paused", "completed", "archived"})
    assert status.is_indexable is (status in {"open", "active"})


@pytest.mark.parametrize("wrong", [{"consent_on": None}, {"cohort": "draft"}], ids=str)
def test_a_published_fellow_is_hidden_without_consent_or_in_a_draft_cohort(wrong):
    if "cohort" in wrong:
        wrong = {"cohort": CohortFactory(status="draft")}
    fellow = FellowFactory(**wrong)
    assert not fellow.is_public
    assert not Fellow.objects.public().exists()
    assert not Fellow.objects.indexable().exists()
    assert fellow.hidden_because


def test_a_superseded_project_points_to_its_public_successor():
    old = ProjectFactory(status="archived")
    new = ProjectFactory(status="draft", supersedes=old)
    assert Project.objects.get(pk=old.pk).successors == []
    new.move_to("open", by=None)
    assert Project.objects.get(pk=old.pk).successors == [new]


def test_projects_do_not_replace_each_other_in_a_circle():
    first = ProjectFactory()
    second = ProjectFactory(supersedes=first)
    first.supersedes = second
    with pytest.raises(ValidationError, match="in a circle"):
        first.full_clean()


def test_there_is_one_programme():
    assert Programme(title="Another").only
    assert not Programme._meta.get_field("only").editable


def test_what_stands_behind_a_kind_is_not_deleted_with_it_unasked():
    """Terms, partners, rounds and cohorts cannot be taken away below a page that uses them."""
    protected = {
        (model.__name__, field.name)
        for model in [*FACTORIES, *OTHER_FACTORIES]
        for field in model._meta.get_fields()
        if field.many_to_one and not field.auto_created and field.remote_field.on_delete.__name__ == "PROTECT"
    }
    assert protected == {
        ("Project", "area"),
        ("Project", "partner"),
        ("Project", "round"),
        ("Fellow", "cohort"),
        ("Fellow", "host"),
        ("Question", "section"),
    }


def test_a_factory_makes_what_the_forms_would_accept():
    for made in [*FACTORIES.values(), AreaFactory]:
        made().full_clean()
    assert PageStatus("draft").next == [PageStatus("published")]
