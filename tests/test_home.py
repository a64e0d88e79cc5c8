"""The numbers of the home page: they add up, stand in order, and are asked for together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import AreaFactory, DateChangeFactory, ProjectFactory
from tests.pages import Page
from tests.world import World

pytestmark = pytest.mark.django_db


def test_areas_stand_with_most_open_projects_first_then_a_to_z(client):
    for name, number in {"Text": 1, "Graphs": 1, "Images": 2}.items():
        area = AreaFactory(name=name)
        ProjectFactory.create_batch(number, area=area)
        ProjectFactory.create_batch(2, area=area, status="archived")
        ProjectFactory(area=area, status="draft")
    ProjectFactory(status="paused")
    rows = [text for text in Page(client.get("/").text).text("li") if text.endswith(("open", "in all"))]
    assert rows == ["Images2 open", "Graphs1 open", "Text1 open", "All areas, including closed projects11 in all"]


def test_the_home_page_asks_at_most_ten_times_and_nothing_twice(client):
    world = World(3)
    DateChangeFactory(window=world.round)
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    asked = [query["sql"] for query in captured]
    assert len(asked) == len(set(asked)) <= 10
