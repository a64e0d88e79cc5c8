"""What a page asks of the database does not grow with what it lists."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.world import FOR_MACHINES, PAGES, World

pytestmark = pytest.mark.django_db

FEW, MANY = 1, 30
LIMIT = 20  # a page that asks more often has lost its way


def costs(client, rows):
    """The number of queries of every public page in a world of so many rows. The world is taken back."""
    found = {}
    with transaction.atomic():
        world = World(rows)
        for route, paths in {**PAGES, **FOR_MACHINES}.items():
            for number, path in enumerate(paths(world)):
                client.get(path)  # what is read once for all pages
                with CaptureQueriesContext(connection) as captured:
                    response = client.get(path)
                    assert response.status_code == 200
                    response.getvalue()  # what is sent piece by piece asks while it is sent
                found[route or "home", number] = len(captured)
        transaction.set_rollback(True)
    return found


def test_thirty_rows_cost_what_one_does(client):
    few, many = costs(client, FEW), costs(client, MANY)
    assert {page: (few[page], many[page]) for page in few if many[page] > few[page]} == {}
    assert {page: count for page, count in many.items() if count > LIMIT} == {}


@pytest.mark.parametrize("path", ["/accessibility/", "/cookies/", "/privacy/"])
def test_a_page_that_lists_nothing_asks_for_its_text_and_for_notices(client, path):
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    assert len(captured) == 2
