"""Where fellows work: told by those whom readers see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fellowship.hosts import hosts_by_region
from tests import factories as make

pytestmark = pytest.mark.django_db


def fellow(host: str, region: str = "", own: str = "", **values: Any) -> None:
    organisation = make.OrganisationFactory(name=host, region=own)
    make.FellowFactory(host=organisation, region=region, **values)


def test_organisations_stand_in_their_own_region_or_in_that_of_their_fellows() -> None:
    fellow("Trust C", region="wales", own="london")
    fellow("Trust B", region="london")
    fellow("Trust A", region="wales")
    fellow("Trust D")
    assert hosts_by_region() == [
        ("London", ["Trust B", "Trust C"]),
        ("Wales", ["Trust A"]),
        ("Other places", ["Trust D"]),
    ]


def test_an_organisation_is_named_once_in_each_region() -> None:
    host = make.OrganisationFactory(name="Trust")
    for region in ("wales", "wales", "", "london"):
        make.FellowFactory(host=host, region=region)
    assert hosts_by_region() == [("London", ["Trust"]), ("Wales", ["Trust"])]


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"consent_on": None}, {"host": None}, {"cohort": None}])
def test_only_fellows_whom_readers_see_tell_of_their_host(client: Client, hidden: dict[str, Any]) -> None:
    make.ProgrammeFactory()
    values = {"host": make.OrganisationFactory(name="Quokka trust"), **hidden}
    if "cohort" in values:
        values["cohort"] = make.CohortFactory(status="draft")
    make.FellowFactory(**values)
    assert hosts_by_region() == []
    page = client.get("/fellowship/").text
    assert "Quokka" not in page
    assert "Where fellows work" not in page
