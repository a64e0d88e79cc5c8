"""The admin of the fellowship, and what its lists and pages cost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fellowship import models
from fellowship.models import Cohort, Fellow, Programme
from tests import factories as make
from tests.dated import LONDON

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


# Cost


def everything(rows: int) -> Cohort:
    programme = make.ProgrammeFactory()
    make.TestimonialFactory.create_batch(rows, programme=programme)
    cohort = make.CohortFactory(number=100)
    for number in range(1, rows + 1):
        make.CohortFactory(number=number, starts_on=dt.date(2020, 1, 1))
    fellow = make.FellowFactory(cohort=cohort, slug="somebody", project=make.ProjectFactory())
    make.FellowFactory.create_batch(rows, cohort=cohort)
    make.FellowLinkFactory.create_batch(rows, fellow=fellow)
    make.KeyDateFactory.create_batch(rows, cohort=cohort)
    make.DocumentFactory.create_batch(rows, cohort=cohort)
    make.DocumentFactory.create_batch(rows, programme=programme)
    make.QuestionFactory.create_batch(rows)
    make.QuestionFactory.create_batch(rows, cohort=cohort)
    return cohort


PATHS = ["/fellowship/", "/fellowship/cohorts/100/", "/fellowship/fellows/somebody/", "/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_costs_the_same_for_one_and_for_thirty(
    client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any, path: str
) -> None:
    everything(1)
    with django_assert_max_num_queries(25) as few:
        get(client, path)
    for model in (models.Testimonial, Programme, Fellow, Cohort):
        model._default_manager.all().delete()
    everything(30)
    with django_assert_num_queries(len(few)):
        get(client, path)


LISTS = [
    "programme",
    "cohort",
    "document",
    "fellow",
    "question",
    "questionsection",
    "keydate",
    "testimonial",
    "fellowlink",
]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_admin_costs_the_same_for_one_and_for_thirty(
    admin_client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any, name: str
) -> None:
    address = reverse(f"admin:fellowship_{name}_changelist")
    everything(2)
    with django_assert_max_num_queries(25) as few:
        get(admin_client, address)
    models.Testimonial.objects.all().delete()
    Programme.objects.all().delete()
    Fellow.objects.all().delete()
    Cohort.objects.all().delete()
    everything(30)
    with django_assert_num_queries(len(few)):
        get(admin_client, address)


# The admin


def test_the_programme_is_changed_and_no_second_one_added(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:fellowship_programme_add")).status_code == 200
    make.ProgrammeFactory()
    assert admin_client.get(reverse("admin:fellowship_programme_add")).status_code == 403


def test_the_menu_leaves_out_what_is_edited_elsewhere(admin_client: Client) -> None:
    page = get(admin_client, reverse("admin:index"))
    assert reverse("admin:fellowship_cohort_changelist") in page
    for name in ("keydate", "document", "fellowlink", "testimonial"):
        assert reverse(f"admin:fellowship_{name}_changelist") not in page


def test_the_list_of_fellows_says_whether_readers_see_them(admin_client: Client) -> None:
    make.FellowFactory(name="Shy Person", consent_on=None)
    address = reverse("admin:fellowship_fellow_changelist")
    assert "icon-no" in get(admin_client, address)
    assert "Shy Person" in get(admin_client, f"{address}?consent_on__isempty=1")
    Fellow.objects.update(consent_on=dt.date(2024, 1, 1))
    assert "icon-no" not in get(admin_client, address)


def test_publishing_from_the_list_refuses_who_has_not_agreed(admin_client: Client) -> None:
    shy = make.FellowFactory(status="draft", name="Shy Person", consent_on=None)
    address = reverse("admin:fellowship_fellow_changelist")
    response = admin_client.post(address, {"action": "move_to_published", "_selected_action": [shy.pk]}, follow=True)
    assert "record the day of their consent first" in response.text
    assert Fellow.objects.get().status == "draft"


def test_a_cohort_whose_number_changes_leaves_its_old_address_behind(admin_client: Client, client: Client) -> None:
    cohort = make.CohortFactory(number=4)
    form = admin_client.get(reverse("admin:fellowship_cohort_change", args=[cohort.pk])).context["adminform"].form
    data = {name: "" if value is None else value for name, value in form.initial.items()}
    for name in ("opens_at", "closes_at"):
        moment = data.pop(name).astimezone(LONDON)
        data |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    data |= {"number": 44, "key_dates-TOTAL_FORMS": 0, "key_dates-INITIAL_FORMS": 0}
    data |= {"documents-TOTAL_FORMS": 0, "documents-INITIAL_FORMS": 0, "webinar_at_0": "", "webinar_at_1": ""}
    response = admin_client.post(reverse("admin:fellowship_cohort_change", args=[cohort.pk]), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert client.get("/fellowship/cohorts/44/").status_code == 200
    moved = client.get("/fellowship/cohorts/4/")
    assert (moved.status_code, moved["Location"]) == (301, "/fellowship/cohorts/44/")
