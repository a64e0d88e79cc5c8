"""Two editors on one item: the second is told who saved what, sees both texts, and neither loses anything."""

import threading

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from reversion.models import Revision

from fellowship.models import Cohort
from projects.models import Project
from tests.factories import (
    ArticleFactory,
    CohortFactory,
    FellowFactory,
    KeyDateFactory,
    OutputFactory,
    PlacementFactory,
    ProgrammeFactory,
    ProjectFactory,
    QuestionFactory,
    StaffFactory,
    TechniqueFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db


class Editor:
    """Somebody at a browser of their own."""

    def __init__(self, name):
        self.client = Client()
        self.user = StaffFactory(is_superuser=True, first_name=name, last_name="")
        self.client.force_login(self.user)

    def open(self, item):
        """The fields of the form of ``item``, as they stand now."""
        self.page = reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])
        self.fields = Page(self.client.get(self.page).text).fields
        return self

    def send(self, **changes):
        self.fields |= changes
        self.response = self.client.post(self.page, self.fields)
        return self.response

    def saves(self, **changes):
        response = self.send(**changes)
        assert response.status_code == 302, response.context["errors"]

    def is_refused(self, **changes):
        """What the form holds when it comes back, and all that the page says."""
        response = self.send(**changes)
        assert response.status_code == 200
        assert "Nothing of yours is lost, and nothing is saved yet." in response.text
        self.fields = Page(response.text).fields
        return response.context["conflict"]


@pytest.fixture
def ada(db):
    return Editor("Ada")


@pytest.fixture
def ben(db):
    return Editor("Ben")


def clashes(conflict):
    return {clash.label: (clash.theirs, clash.mine) for clash in conflict.clashes}


def test_the_second_is_told_and_sees_both_texts(ada, ben):
    project = ProjectFactory(need="Begun\n\nhere")
    ada.open(project)
    ben.open(project)
    ada.saves(need="Ada's need", revision_comment="Shorter")
    count = Revision.objects.count()
    conflict = ben.is_refused(need="Ben's need", title="Ben's title")
    assert clashes(conflict) == {"Need": (["Ada's need"], ["Ben's need"])}
    assert "Ada saved this while you were writing" in ben.response.text
    assert "“Shorter”" in ben.response.text
    assert ben.fields["need"] == ["Ben's need"]
    assert ben.fields["title"] == ["Ben's title"]
    project.refresh_from_db()
    assert project.need == "Ada's need"
    assert Revision.objects.count() == count
    # Having seen it, the second decides.
    ben.saves()
    project.refresh_from_db()
    assert (project.need, project.title) == ("Ben's need", "Ben's title")


def test_what_only_the_other_changed_is_taken_over(ada, ben):
    old, new = TechniqueFactory(), TechniqueFactory()
    project = ProjectFactory(need="Begun", datasets="Begun", techniques=[old])
    ada.open(project)
    ben.open(project)
    ada.saves(need="Ada's need", techniques=[new.pk], partner="")
    conflict = ben.is_refused(datasets="Ben's data")
    assert conflict.taken == ["Techniques", "Working with", "Need"]
    assert conflict.clashes == []
    assert (ben.fields["need"], ben.fields["datasets"]) == (["Ada's need"], ["Ben's data"])
    assert ben.fields["techniques"] == [str(new.pk)]
    ben.saves()
    project.refresh_from_db()
    assert (project.need, project.datasets, project.partner) == ("Ada's need", "Ben's data", None)
    assert list(project.techniques.all()) == [new]


def test_dates_choices_and_ticks_are_met_too(ada, ben):
    cohort = CohortFactory(is_paid=True, summary="Begun", time_commitment="1 day")
    ada.open(cohort)
    ben.open(cohort)
    ada.fields.pop("is_paid")
    ada.saves(opens_at_0="01/02/2031", opens_at_1="09:30:00", closes_at_0="01/03/2031", closes_at_1="12:00:00")
    conflict = ben.is_refused(closes_at_0="05/03/2031", closes_at_1="12:00:00")
    assert conflict.taken == ["Applications open", "Paid"]
    assert clashes(conflict)["Applications close"][1] == ["midday on 5\xa0March 2031"]
    assert (ben.fields["opens_at_0"], ben.fields["opens_at_1"]) == (["01/02/2031"], ["09:30:00"])
    assert "is_paid" not in ben.fields
    ben.saves()
    stored = Cohort.objects.get()
    assert (stored.is_paid, stored.opens_at.year, stored.closes_at.day) == (False, 2031, 5)


@pytest.mark.parametrize("factory", [ArticleFactory, ProgrammeFactory, FellowFactory], ids=lambda one: one.__name__)
def test_every_kind_is_guarded(ada, ben, factory):
    item = factory(summary="Begun.")
    ada.open(item)
    ben.open(item)
    ada.saves(summary="Ada's.")
    assert list(clashes(ben.is_refused(summary="Ben's."))) == ["Summary"]


def test_a_question_is_guarded_on_its_page_and_in_its_section(ada, ben):
    question = QuestionFactory(answer="Begun.")
    ada.open(question)
    ben.open(question.section)
    ada.saves(answer="Ada's.")
    conflict = ben.is_refused(**{"questions-0-answer": "Ben's."})
    assert [*clashes(conflict).values()] == [(["Ada's."], ["Ben's."])]


def test_the_same_change_and_a_status_that_moves_are_no_conflict(ada, ben):
    project = ProjectFactory(status="open", need="Begun")
    ada.open(project)
    ben.open(project)
    ada.saves(need="The same")
    project.refresh_from_db()
    project.move_to("paused", by=ada.user, reason="Wait")
    ben.saves(need="The same")
    project.refresh_from_db()
    assert (project.status, project.need) == ("paused", "The same")


def test_a_third_save_in_between_is_met_again(ada, ben):
    project = ProjectFactory(need="Begun")
    ada.open(project)
    ben.open(project)
    ada.saves(need="Ada's first")
    ben.is_refused(need="Ben's")
    ada.open(project).saves(need="Ada's second")
    assert clashes(ben.is_refused()) == {"Need": (["Ada's second"], ["Ben's"])}
    ben.saves()
    project.refresh_from_db()
    assert project.need == "Ben's"


def test_one_who_goes_back_in_the_browser_meets_their_own_save(ada):
    project = ProjectFactory(need="Begun")
    ada.open(project)
    old = dict(ada.fields)
    ada.saves(need="First")
    ada.fields = old
    assert clashes(ada.is_refused(need="Second")) == {"Need": (["First"], ["Second"])}


@pytest.mark.parametrize("begun", [None, "", "x", "-1", "99999999", "9" * 50, "²", "1 or 1=1"])
def test_a_form_that_does_not_say_what_it_began_with_overwrites_nothing(ada, ben, begun):
    project = ProjectFactory(need="Begun")
    ada.open(project)
    ben.open(project)
    ada.saves(need="Ada's")
    ben.fields.pop("item_revision")
    conflict = ben.is_refused(need="Ben's", **({} if begun is None else {"item_revision": begun}))
    assert clashes(conflict)["Need"] == (["Ada's"], ["Ben's"])


def test_a_wrong_value_of_the_second_is_kept_and_told(ada, ben):
    project = ProjectFactory(title="Begun")
    ada.open(project)
    ben.open(project)
    ada.saves(title="Ada's")
    conflict = ben.is_refused(title="x" * 300)
    assert clashes(conflict)["Title"][1] == ["x" * 300]
    assert "at most 250 characters" in ben.response.text
    assert ben.fields["title"] == ["x" * 300]


# Rows


def test_rows_that_came_went_and_changed_meet(ada, ben):
    cohort = CohortFactory()
    one, two, three, four = (KeyDateFactory(cohort=cohort, label=name) for name in ("One", "Two", "Three", "Four"))
    at = {row.pk: f"key_dates-{index}" for index, row in enumerate(cohort.key_dates.all())}
    ada.open(cohort)
    ben.open(cohort)
    new = {"key_dates-4-label": "Ada's new", "key_dates-4-date": "01/05/2031", "key_dates-4-precision": "day"}
    ada.saves(
        **new,
        **{
            "key_dates-TOTAL_FORMS": 5,
            f"{at[one.pk]}-label": "One of Ada",
            f"{at[two.pk]}-DELETE": "on",
            f"{at[three.pk]}-DELETE": "on",
        },
    )
    mine = {"key_dates-4-label": "Ben's new", "key_dates-4-date": "02/05/2031", "key_dates-4-precision": "day"}
    conflict = ben.is_refused(
        **mine,
        **{"key_dates-TOTAL_FORMS": 5, f"{at[two.pk]}-label": "Two of Ben", f"{at[four.pk]}-label": "Four of Ben"},
    )
    assert conflict.taken == ["One of Ada: Label"]
    assert conflict.notes == [
        "Ada deleted “Two”. You changed it, so it comes back as a new row.",
        "Ada deleted “Three”. It is not in this form any more.",
        "Ada added “Ada's new”.",
    ]
    ben.saves()
    labels = sorted(cohort.key_dates.values_list("label", flat=True))
    assert labels == ["Ada's new", "Ben's new", "Four of Ben", "One of Ada", "Two of Ben"]
    assert cohort.key_dates.get(label="Four of Ben").pk == four.pk
    assert cohort.key_dates.get(label="One of Ada").pk == one.pk


def test_a_row_that_both_changed_shows_both(ada, ben):
    project = ProjectFactory()
    placement = PlacementFactory(project=project, wave="Begun")
    OutputFactory(placement=placement)
    ben.open(project)
    ada.open(placement).saves(wave="Ada's")  # on the row's own page
    conflict = ben.is_refused(**{"placements-0-wave": "Ben's"})
    assert [*clashes(conflict).values()] == [(["Ada's"], ["Ben's"])]
    ben.saves()
    placement.refresh_from_db()
    assert placement.wave == "Ben's"
    assert placement.outputs.count() == 1


def test_a_row_marked_to_be_deleted_that_the_other_changed_is_told(ada, ben):
    cohort = CohortFactory()
    KeyDateFactory(cohort=cohort, label="One")
    ada.open(cohort)
    ben.open(cohort)
    ada.saves(**{"key_dates-0-label": "One of Ada"})
    conflict = ben.is_refused(**{"key_dates-0-DELETE": "on"})
    assert "Ada changed it" in conflict.notes[0]
    ben.saves()
    assert not cohort.key_dates.exists()


# Deleted by the other


def test_what_the_other_deleted_comes_back_as_a_new_one_if_one_saves_again(ada, ben):
    project = ProjectFactory(need="Begun", slug="wards")
    PlacementFactory(project=project, wave="Wave 1")
    ada.open(project)
    ben.open(project)
    ada.saves(need="Kept")
    ada.client.post(reverse("admin:projects_project_delete", args=[project.pk]), {"post": "yes"})
    response = ben.send(need="Ben's need")
    assert response.status_code == 200
    assert "Somebody deleted this project while you were writing." in response.text
    fields = Page(response.text).fields
    assert fields["need"] == ["Ben's need"]
    form = next(one for one in Page(response.text).all("form") if one.get("id") == "project_form")
    assert form["action"] == reverse("admin:projects_project_add")
    assert ben.client.post(form["action"], fields).status_code == 302
    stored = Project.objects.get()
    assert (stored.need, stored.status, stored.placements.get().wave) == ("Ben's need", "draft", "Wave 1")


# At the same moment


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one connection write at a time by itself")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_of_two_who_save_at_once_one_is_told(turn):
    project = ProjectFactory(need="Begun")
    editors = [Editor(f"Editor {number}").open(project) for number in range(2)]
    start = threading.Barrier(2)

    def save(editor):
        try:
            start.wait(timeout=10)
            editor.send(need=f"Text of {editor.user.first_name}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[editor]) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(editor.response.status_code for editor in editors) == [200, 302]
    first, second = sorted(editors, key=lambda editor: -editor.response.status_code)
    project.refresh_from_db()
    assert project.need == f"Text of {first.user.first_name}"
    conflict = second.response.context["conflict"]
    assert clashes(conflict)["Need"] == (
        [f"Text of {first.user.first_name}"],
        [f"Text of {second.user.first_name}"],
    )


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one connection write at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_a_row_and_its_whole_that_are_saved_at_once_meet():
    placement = PlacementFactory(wave="Begun")
    editors = [Editor("Ada").open(placement.project), Editor("Ben").open(placement)]
    start = threading.Barrier(2)

    def save(editor, changes):
        try:
            start.wait(timeout=10)
            editor.send(**changes)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=save, args=[editors[0], {"placements-0-wave": "Of the project"}]),
        threading.Thread(target=save, args=[editors[1], {"wave": "Of the placement"}]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(editor.response.status_code for editor in editors) == [200, 302]
