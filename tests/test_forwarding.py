"""A page never disappears: old addresses forward, also those of pages that moved more than once."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import forwarding
from portal.models import ForwardingAddress
from tests.factories import ForwardingAddressFactory, ProjectFactory, StaffFactory

pytestmark = pytest.mark.django_db


def targets():
    return dict(ForwardingAddress.objects.values_list("path", "target"))


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("/projects.html", "/projects.html"),
        ("/advancing-privfp-foresight", "/advancing-privfp-foresight/"),
        ("/advancing-privfp-foresight", "/advancing-privfp-foresight"),
        ("/a/b/c", "/a/b/c/"),
        ("/Guide-To-CSV", "/Guide-To-CSV"),
        ("/caf\u00e9", "/caf%C3%A9"),
    ],
)
def test_an_old_address_forwards_for_good(client, kept, asked):
    ForwardingAddressFactory(path=kept, target="/projects/new/")
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, "/projects/new/")
    assert not response.cookies


@pytest.mark.parametrize("kept", ["/old-guide", "/old-guide.html", "/Old-Guide"])
@pytest.mark.parametrize("asked", ["/old-guide", "/old-guide/", "/old-guide.html", "/OLD-Guide", "/Old-Guide.HTML"])
def test_it_forwards_with_and_without_its_ending_and_whatever_its_capitals(client, kept, asked):
    ForwardingAddressFactory(path=kept, target="/articles/guide/")
    ForwardingAddressFactory(path="/old-guide-to-more", target="/articles/more/")
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, "/articles/guide/")


def test_an_address_that_is_kept_to_the_letter_comes_before_one_like_it(client):
    ForwardingAddressFactory(path="/guide.html", target="/articles/first/")
    ForwardingAddressFactory(path="/Guide", target="/articles/second/")
    assert client.get("/guide.html")["Location"] == "/articles/first/"
    assert client.get("/Guide")["Location"] == "/articles/second/"


@pytest.mark.parametrize("asked", ["/.html", "/old-guide.htm", "/old-guid_", "/old%", "/old-guide.html.html/x"])
def test_what_is_only_near_it_is_not_found(client, asked):
    ForwardingAddressFactory(path="/old-guide", target="/articles/guide/")
    assert client.get(asked).status_code == 404


@pytest.mark.parametrize("query", ["q=text&status=open", "a=1&a=2", "x=%C3%A9", "utm_source=a%26b", "%ff"])
def test_the_query_goes_along_as_it_is(client, query):
    ForwardingAddressFactory(path="/projects.html", target="/projects/")
    assert client.get(f"/projects.html?{query}")["Location"] == f"/projects/?{query}"


def test_what_is_longer_than_any_address_is_not_looked_for(client):
    """SQLite refuses to compare with such a text, which would be an error of ours."""
    for length in (400, 60_000):
        assert client.get(f"/{'a' * length}/").status_code == 404


def test_a_browser_asks_again_since_an_address_may_be_taken_back(client):
    """Without a word it keeps a redirect for good, and a page that got its old address back could not be read."""
    ForwardingAddressFactory(path="/old", target="/projects/")
    assert client.get("/old/")["Cache-Control"] == "public, no-cache"
    client.force_login(StaffFactory())
    assert client.get("/old/")["Cache-Control"] == "private, no-cache"


def test_only_what_is_not_found_forwards(client):
    ForwardingAddressFactory(path="/projects", target="/articles/")
    project = ProjectFactory()
    ForwardingAddressFactory(path=project.get_absolute_url().rstrip("/"), target="/articles/")
    assert client.get("/projects/").status_code == 200
    assert client.get(project.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_forwards(client, method):
    ForwardingAddressFactory(path="/old", target="/projects/")
    assert getattr(client, method)("/old/").status_code in {403, 404, 405}


def test_head_forwards_too(client):
    ForwardingAddressFactory(path="/old", target="/projects/")
    assert client.head("/old/").status_code == 301


def test_an_address_without_its_last_stroke_comes_right_or_is_not_found(client):
    assert client.get("/projects").headers["Location"] == "/projects/"
    assert client.get("/no-such-page").status_code == 404


def test_a_page_that_is_found_asks_nothing_of_old_addresses(client):
    with CaptureQueriesContext(connection) as captured:
        client.get("/projects/")
    assert not [query for query in captured.captured_queries if "forwardingaddress" in query["sql"]]


def test_a_reader_cannot_be_sent_out_of_the_portal(client):
    ForwardingAddressFactory(path="/old", target="/projects/")
    for path in ("//elsewhere.example/old", "/\\elsewhere.example", "/old//elsewhere.example"):
        response = client.get(path)
        assert "elsewhere.example" not in response.get("Location", "")


# Writing them


def test_forward_says_whether_it_is_new_and_leaves_what_staff_decided():
    assert forwarding.forward("old.html", to="/projects/a/")
    assert not forwarding.forward("/old.html/", to="/projects/a/")
    assert not forwarding.forward("/old.html", to="/projects/b/")
    assert targets() == {"/old.html": "/projects/a/"}


def test_an_address_never_forwards_to_itself():
    assert not forwarding.forward("/projects/a", to="/projects/a/")
    assert targets() == {}
    with pytest.raises(ValidationError):
        ForwardingAddress(path="/a/", target="/a").full_clean()


def test_what_moved_twice_forwards_at_once(client):
    forwarding.renamed(old="/projects/a/", new="/projects/b/")
    forwarding.renamed(old="/projects/b/", new="/projects/c/")
    assert targets() == {"/projects/a": "/projects/c/", "/projects/b": "/projects/c/"}
    assert client.get("/projects/a/")["Location"] == "/projects/c/"


def test_what_moved_back_does_not_go_in_a_circle(client):
    project = ProjectFactory(slug="a")
    forwarding.renamed(old="/projects/a/", new="/projects/b/")
    forwarding.renamed(old="/projects/b/", new="/projects/a/")
    assert targets() == {"/projects/b": "/projects/a/"}
    assert client.get("/projects/b/", follow=True).status_code == 200
    assert project.get_absolute_url() == "/projects/a/"


def test_a_longer_chain_is_cut_whatever_the_order():
    forwarding.forward("/b", to="/projects/c/")
    forwarding.forward("/a", to="/projects/c/")
    forwarding.renamed(old="/projects/c/", new="/projects/d/")
    assert set(targets().values()) == {"/projects/d/"}


@pytest.mark.parametrize("typed", ["old.html", "/old.html", "/old.html/", " /old.html "])
def test_what_an_editor_types_is_kept_in_one_form(typed):
    address = ForwardingAddress(path=typed, target="/projects/")
    address.full_clean()
    assert address.path == "/old.html"
    assert str(address) == "/old.html → /projects/"
