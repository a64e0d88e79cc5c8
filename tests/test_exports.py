"""The list as JSON and CSV: exactly the filter, the same facts in both, and harmless in a spreadsheet."""

import csv
import datetime as dt
import io
import json
import re
import string

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from projects import exports
from projects.fields import FIELDS
from projects.finder import Finder
from projects.models import Project, Status
from tests import factories as make
from tests.pages import Page

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 6, 20, 11, tzinfo=dt.UTC)  # midday in London
QUERIES = ["", "?status=open", "?area=nlp", "?area=nlp&status=paused", "?q=third", "?status=draft", "?page=99"]


def read_json(client, query=""):
    response = client.get(f"/projects.json{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(response.content.decode())


def read_csv(client, query=""):
    """The rows of the file, by their columns."""
    response = client.get(f"/projects.csv{query}")
    assert response.status_code == 200
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    assert all(len(line) == len(lines[0]) for line in lines)
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def only(client, query=""):
    (project,) = read_json(client, query)["projects"]
    return project


def titles(projects):
    return [project["title"] for project in projects]


@pytest.fixture
def shelf():
    nlp, area = make.AreaFactory(name="NLP"), make.AreaFactory(name="Maps")
    shared = {"round": make.ApplicationRoundFactory()}
    make.ProjectFactory(title="Beta", area=nlp, **shared)
    make.ProjectFactory(title="Third", area=area, status="paused", **shared)
    make.ProjectFactory(title="Alpha", area=nlp, techniques=make.TechniqueFactory.create_batch(2), **shared)
    make.ProjectFactory(title="Hidden", area=nlp, status="draft", **shared)


@pytest.mark.parametrize("query", QUERIES)
def test_both_hold_exactly_the_filter_in_the_order_of_the_list(client, shelf, query):
    expected = [project.title for project in Finder(QueryDict(query[1:])).in_order(0, 100)]
    answer = read_json(client, query)
    assert titles(answer["projects"]) == expected
    assert answer["count"] == len(expected)
    assert answer["next"] is None
    assert titles(read_csv(client, query)) == expected
    assert "Hidden" not in expected


def test_an_answer_says_what_was_asked(client, shelf):
    answer = read_json(client, "?page=2&area=nlp&utm=x&status=draft&status=open")
    finder = Finder(QueryDict("area=nlp&status=open"))
    assert list(answer) == ["title", "address", "count", "next", "projects"]
    assert answer["title"] == finder.title
    assert answer["address"] == f"{settings.PORTAL_URL}/projects/?{finder.query()}"


# What they say of a project


@time_machine.travel(NOW, tick=False)
def test_what_json_says_of_an_open_project(client):
    window = make.ApplicationRoundFactory(
        opens_at=NOW, closes_at=dt.datetime(2026, 11, 30, 23, 59, tzinfo=dt.UTC), apply_url="https://example.org/apply"
    )
    project = make.ProjectFactory(
        title="Reading “letters”, & more",
        slug="reading",
        summary="What letters say.",
        area=make.AreaFactory(name="NLP"),
        techniques=[make.TechniqueFactory(name="LDA"), make.TechniqueFactory(name="NER")],
        modalities=[],
        partner=make.OrganisationFactory(name="A trust"),
        round=window,
        published_at=dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC),
    )
    assert only(client) == {
        "id": f"tag:127.0.0.1,2026:projects.project/{project.pk}",
        "title": "Reading “letters”, & more",
        "address": f"{settings.PORTAL_URL}/projects/reading/",
        "status": "open",
        "status_label": "Open",
        "accepting_applications": True,
        "applications": {
            "sentence": project.applications_sentence(NOW),
            "opens_at": "2026-06-20T12:00:00+01:00",
            "closes_at": "2026-11-30T23:59:00+00:00",
            "address": "https://example.org/apply",
        },
        "summary": "What letters say.",
        "area": {"slug": "nlp", "name": "NLP"},
        "techniques": [{"slug": "lda", "name": "LDA"}, {"slug": "ner", "name": "NER"}],
        "modalities": [],
        "partner": "A trust",
        "published_at": "2026-01-05T09:30:00+00:00",
        "updated_at": "2026-06-20T12:00:00+01:00",
        "supersedes": None,
        "superseded_by": [],
    }


def test_csv_says_the_same(client, shelf):
    make.ProjectFactory(
        title="Gamma", supersedes=Project.objects.get(title="Beta"), partner=None, round=None, modalities=[]
    )
    answers, rows = read_json(client)["projects"], read_csv(client)
    assert len(rows) == len(answers) == 4

    def flat(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        return "; ".join(value) if isinstance(value, list) else value or ""

    for answer, row in zip(answers, rows, strict=True):
        expected = {}
        for name, value in answer.items():
            if name in {"techniques", "modalities"}:
                expected |= {f"{name}_{part}": flat([each[part] for each in value]) for part in ("slug", "name")}
            elif isinstance(value, dict):
                expected |= {f"{name}_{part}": flat(inner) for part, inner in value.items()}
            else:
                expected[name] = flat(value)
        assert row == expected
    assert any("; " in row["techniques_name"] for row in rows)


@pytest.mark.parametrize("status", [status for status in Status if status.is_public and status != Status.OPEN])
def test_nobody_is_told_when_to_apply_for_what_is_not_open(client, status):
    make.ProjectFactory(status=status)
    project = only(client)
    assert project["accepting_applications"] is False
    assert set(project["applications"].values()) == {None}
    assert project["status_label"] == status.label
    (row,) = read_csv(client)
    assert (row["accepting_applications"], row["applications_closes_at"]) == ("false", "")


@pytest.mark.parametrize(
    ("seconds", "accepting"), [(-3601, False), (-3600, True), (-1, True), (0, False)], ids=lambda value: str(value)
)
def test_both_know_the_second_at_which_applications_open_and_close(client, seconds, accepting):
    with time_machine.travel(NOW - dt.timedelta(days=1), tick=False):
        window = make.ApplicationRoundFactory(opens_at=NOW - dt.timedelta(hours=1), closes_at=NOW)
        make.ProjectFactory(round=window)
    with time_machine.travel(NOW + dt.timedelta(seconds=seconds), tick=False):
        project, (row,) = only(client), read_csv(client)
    assert project["accepting_applications"] is accepting
    assert project["applications"]["address"] == (window.apply_url if accepting else None)
    assert project["applications"]["closes_at"] == "2026-06-20T12:00:00+01:00"
    assert row["accepting_applications"] == str(accepting).lower()
    assert row["applications_address"] == (window.apply_url if accepting else "")


def test_lineage_names_public_projects_only(client):
    old = make.ProjectFactory(title="Old", status="archived")
    middle = make.ProjectFactory(title="Middle", supersedes=old)
    make.ProjectFactory(title="Another", supersedes=old)
    make.ProjectFactory(title="New", supersedes=middle, status="draft")
    make.ProjectFactory(title="Orphan", supersedes=make.ProjectFactory(title="Draft", status="draft"))
    found = {project["title"]: project for project in read_json(client)["projects"]}
    address = {title: project["address"] for title, project in found.items()}
    assert found["Middle"]["supersedes"] == address["Old"]
    assert sorted(found["Old"]["superseded_by"]) == sorted([address["Middle"], address["Another"]])
    assert found["Middle"]["superseded_by"] == []
    assert found["Orphan"]["supersedes"] is None


def test_what_lineage_and_rounds_cost_does_not_grow(client):
    costs = []
    for number in (1, 6):
        for window in (make.ApplicationRoundFactory(), make.ApplicationRoundFactory(opens_at=None, closes_at=None)):
            for _ in range(number):
                make.ProjectFactory(round=window, supersedes=make.ProjectFactory(status="archived"))
        for path in ("/projects.json", "/projects.csv"):
            with CaptureQueriesContext(connection) as captured:
                client.get(path).getvalue()
            costs.append(len(captured))
            assert len({query["sql"] for query in captured}) == len(captured)
    assert costs[:2] == costs[2:]
    assert max(costs) <= 10


def test_a_project_keeps_its_id_when_its_address_changes(client):
    make.ProjectFactory()
    before = only(client)
    Project.objects.update(slug="elsewhere", title="Another")
    after = only(client)
    assert after["id"] == before["id"]
    assert after["id"] in client.get("/projects/feed/").text
    assert after["address"] == f"{settings.PORTAL_URL}/projects/elsewhere/"


# Parts


def test_next_leads_through_all_of_them_and_ends(client, monkeypatch):
    assert exports.PER_ANSWER == 1_000
    monkeypatch.setattr(exports, "PER_ANSWER", 2)
    shared = {"round": make.ApplicationRoundFactory(), "area": make.AreaFactory(name="NLP")}
    make.ProjectFactory.create_batch(5, **shared)
    found, address = [], "?area=nlp"
    while address is not None:
        answer = read_json(client, address)
        assert 0 < len(answer["projects"]) <= 2
        assert answer["count"] == 5
        found += titles(answer["projects"])
        assert len(found) <= 5, "it leads round in a circle"
        if answer["next"]:
            assert answer["next"].startswith(f"{settings.PORTAL_URL}/projects.json?area=nlp&page=")
        address = answer["next"] and "?" + answer["next"].partition("?")[2]
    assert found == [project.title for project in Finder(QueryDict()).in_order(0, 10)]
    assert read_json(client)["next"] == f"{settings.PORTAL_URL}/projects.json?page=2"
    for number in ("99", "-1"):
        assert titles(read_json(client, f"?page={number}")["projects"]) == found[4:]


def test_csv_is_read_and_sent_a_chunk_at_a_time(client, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    make.ProjectFactory.create_batch(5, round=make.ApplicationRoundFactory())
    finder = Finder(QueryDict())
    asked = []
    real = finder.in_order
    monkeypatch.setattr(finder, "in_order", lambda start, stop: asked.append((start, stop)) or real(start, stop))
    sent = exports.table(finder)
    next(sent)
    assert asked == []
    next(sent)
    assert asked == [(0, 2)]
    next(sent)
    assert asked == [(0, 2), (2, 4)]
    assert titles(read_csv(client)) == [project.title for project in real(0, 10)]


# Spreadsheets


@pytest.mark.parametrize("sign", [*"=+-@\t\r", " =", "\n=", " \t+", "\xa0@", "\ufeff=", "\x01-", "＝", "　＋"])
def test_no_cell_is_a_formula(client, sign):
    make.ProjectFactory(title="A title", summary=f'{sign}cmd|"/c calc"!A1, x')
    (row,) = read_csv(client)
    assert row["summary"] == f'\'{sign}cmd|"/c calc"!A1, x'


@given(st.text(max_size=12) | st.text(alphabet=string.whitespace + "=+-@'\ufeffa", max_size=6))
def test_a_cell_is_made_harmless_and_nothing_else(cell):
    found = exports.harmless(cell)
    assert found in {cell, f"'{cell}"}
    assert not re.match(r"[\t\r\n]|\s*[=+\-@]", found)
    if cell[:1].isalnum():
        assert found == cell


def test_commas_quotes_and_lines_stay_in_their_cell(client):
    words = 'One, "two"\r\nthree; ’four’\n\n=five'
    make.ProjectFactory(title=words[:8], summary=words)
    (row,) = read_csv(client)
    assert row["summary"] == words


def test_csv_has_lines_and_a_name_that_programs_expect(client, shelf):
    with time_machine.travel("2026-06-30 23:30+00:00", tick=False):
        response = client.get("/projects.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == 'attachment; filename="projects-2026-07-01.csv"'
    assert response.streaming
    assert response.getvalue().count(b"\r\n") == 4


def test_a_list_without_projects_is_a_header_alone(client):
    assert read_csv(client) == []
    assert read_json(client) == {
        "title": "Internship projects",
        "address": f"{settings.PORTAL_URL}/projects/",
        "count": 0,
        "next": None,
        "projects": [],
    }


# How they are fetched, explained and linked


@pytest.mark.parametrize("path", ["/projects.json", "/projects.csv"])
def test_they_are_for_programs_of_any_site_and_for_no_search_engine(client, shelf, path):
    response = client.get(path)
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert client.post(path).status_code == 405


def test_json_is_not_sent_again_to_who_has_it(client, shelf):
    tag = client.get("/projects.json")["ETag"]
    again = client.get("/projects.json", headers={"if-none-match": tag})
    assert (again.status_code, again["Access-Control-Allow-Origin"]) == (304, "*")


def test_every_field_is_explained(client, shelf):
    page = Page(client.get("/projects/data/").text)
    names, meanings = page.text("code"), " ".join(page.text("dd"))
    for field in FIELDS:
        assert field.name in names
        assert field.meaning in meanings
        assert set(field.columns) <= set(names)
    assert list(read_csv(client)[0]) == [column for field in FIELDS for column in field.columns]
    for path in ("/projects/feed/", "/projects/calendar.ics", "/projects.csv", "/projects.json"):
        assert path in page.links
        assert settings.PORTAL_URL + path in page.text("a")
    assert {status.value for status in Status if status.is_public} <= set(re.findall(r"\w+", meanings))
    assert "draft" not in meanings


@pytest.mark.parametrize("query", ["", "area=nlp&status=open", "q=a%26b+%22c%22&area=nlp"])
def test_the_links_below_the_results_hold_the_filter(client, shelf, query):
    finder = Finder(QueryDict(query))
    end = f"?{finder.query()}" if query else ""
    page = Page(render_to_string("projects/follow.html", {"finder": finder}))
    files = [f"/projects/feed/{end}", f"/projects.csv{end}", f"/projects.json{end}"]
    assert page.links == [*files, "/projects/calendar.ics", "/projects/data/"]
    assert ("match your filters" in page.text("p")[0]) is bool(query)
    assert [client.get(link).status_code for link in page.links] == [200] * 5
    head = Page(render_to_string("projects/alternates.html", {"finder": finder}))
    found = {link["type"]: link for link in head.all("link", rel="alternate")}
    assert {kind: link["href"] for kind, link in found.items()} == dict(
        zip(["application/atom+xml", "text/csv", "application/json"], files, strict=True)
    )
    assert all(link["title"].startswith(finder.title) for link in found.values())
