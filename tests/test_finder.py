"""The finder: OR inside a facet, AND across, and counts that say what one would get by ticking."""

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from projects.finder import PER_PAGE
from projects.models import Area, Modality, Project, Status, Technique
from tests.factories import (
    AreaFactory,
    ProjectFactory,
)
from tests.finding import counts, fill_shelf, find, made_up, titles
from tests.pages import Page

pytestmark = pytest.mark.django_db
PUBLIC = [status for status in Status if status.is_public]


@pytest.fixture
def shelf():
    fill_shelf()


# What is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "A B C"),
        ("status=open", "A B"),
        ("status=open&status=paused", "A B C"),
        ("status=draft", "A B C"),
        ("status=completed", ""),
        ("area=nlp", "A B"),
        ("area=nlp&area=synthetic", "A B C"),
        ("area=nlp&modality=tabular", "B"),
        ("technique=vae", "B C"),
        ("technique=vae&technique=ner", "A B C"),
        ("area=synthetic&technique=ner", ""),
        ("modality=text&modality=tabular&status=paused", "C"),
        ("area=unused", ""),
        ("area=no-such", "A B C"),
        ("area=no-such&area=nlp", "A B"),
        ("area=NLP", "A B C"),
        ("q=letters", "A"),
        ("q=letters&status=paused", ""),
        ("q=nlp&technique=vae", "B"),
        ("q=draft", ""),
        ("q=%3F%21", "A B C"),
        ("q=", "A B C"),
        ("page=1&utm=x", "A B C"),
    ],
)
def test_or_inside_a_facet_and_across(shelf, query, found):
    assert [title[0] for title in titles(query)] == found.split()


def test_counts_leave_their_own_facet_out(shelf):
    finder = find("area=nlp&modality=text")
    assert counts(finder, "area") == {"nlp": 2, "synthetic": 0, "unused": 0}
    assert counts(finder, "modality") == {"text": 2, "tabular": 1}
    assert counts(finder, "technique") == {"ner": 2, "vae": 1}
    assert counts(finder, "status") == {"open": 2, "active": 0, "paused": 0, "completed": 0, "archived": 0}


def test_what_is_not_public_is_all_that_is_hidden(shelf):
    """The list without filters counts everything and takes these away."""
    hidden = set(Project.objects.hidden())
    assert {project.title for project in hidden} == {"D draft"}
    assert hidden | set(Project.objects.public()) == set(Project.objects.all())
    assert counts(find(), "technique") == counts(find("technique=ner"), "technique") == {"ner": 2, "vae": 2}
    assert counts(find(), "modality") == {"text": 2, "tabular": 2}


def test_counts_follow_the_keyword_and_never_count_a_draft(shelf):
    assert counts(find("q=letters"), "area") == {"nlp": 1, "synthetic": 0, "unused": 0}
    assert counts(find(), "area") == {"nlp": 2, "synthetic": 1, "unused": 0}
    assert sum(counts(find(), "status").values()) == find().count == 3


def test_boxes_stand_from_a_to_z_as_readers_spell_them():
    for name, slug in {"iPads": "zz", "Wards": "aa", "Hospitals": "mm"}.items():
        AreaFactory(name=name, slug=slug)
    (facet,) = [facet for facet in find().facets if facet.name == "area"]
    assert [option.label for option in facet.options] == ["Hospitals", "iPads", "Wards"]


# Against a brute force


def brute(projects, chosen, leaving_out=""):
    """The definition, word by word."""
    return [
        project
        for project in projects
        if all(
            name == leaving_out or not values or any(value in project["has"][name] for value in values)
            for name, values in chosen.items()
        )
    ]


@given(seed=st.integers(0, 10_000), data=st.data())
@effort(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_finder_agrees_with_its_definition(db, seed, data):
    Project.objects.all().delete()
    for model in (Area, Technique, Modality):
        model.objects.all().delete()
    projects = made_up(seed)
    known = {
        "status": [status.value for status in PUBLIC],
        "area": list(Area.objects.values_list("slug", flat=True)),
        "technique": list(Technique.objects.values_list("slug", flat=True)),
        "modality": list(Modality.objects.values_list("slug", flat=True)),
    }
    for _ in range(4):
        chosen = {name: data.draw(st.lists(st.sampled_from(values), max_size=3)) for name, values in known.items()}
        query = "&".join(f"{name}={value}" for name, values in chosen.items() for value in values)
        finder = find(query)
        expected = {row["project"].pk for row in brute(projects, chosen)}
        assert {project.pk for project in finder.in_order(0, 100)} == expected
        assert finder.count == len(expected)
        for name, values in known.items():
            rest = brute(projects, chosen, leaving_out=name)
            for value in values:
                ticked = sum(1 for row in rest if value in row["has"][name])
                assert counts(finder, name)[value] == ticked, (name, value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_count_is_what_ticking_gives(seed):
    """Follow each box: the page behind it has as many projects as the box says, if its facet had no choice."""
    made_up(seed)
    area = Area.objects.first().slug
    for name in ("status", "technique", "modality"):
        for value, count in counts(find(f"area={area}"), name).items():
            assert find(f"area={area}&{name}={value}").count == count


# Order


def test_what_accepts_applications_comes_first_then_open_then_a_to_z(shelf):
    ProjectFactory(title="Z open without a round", round=None)
    ProjectFactory(title="0 archived", status="archived")
    assert titles() == ["A letters", "B both", "Z open without a round", "0 archived", "C tables"]


def test_a_to_z_is_that_of_readers_and_not_of_capitals():
    for title in ("iPads on wards", "Zebrafish", "Apples", "NHS corpus"):
        ProjectFactory(title=title)
    assert titles() == ["Apples", "iPads on wards", "NHS corpus", "Zebrafish"]


def test_with_a_keyword_relevance_decides_after_what_can_be_applied_for():
    ProjectFactory(title="Wards", need="Much about badgers.", status="open")
    ProjectFactory(title="Badgers", status="archived")
    ProjectFactory(title="Other wards", summary="About badgers.", status="paused")
    assert titles("q=badgers") == ["Wards", "Badgers", "Other wards"]


# The page


def test_the_keyword_is_trimmed_and_bounded():
    assert find("q=++natural+++language++").keyword == "natural language"
    assert len(find("q=" + "a" * 5_000).keyword) == 200
    assert find("q=a%00b").keyword == "a b"


def test_chips_say_what_is_chosen_and_lead_to_the_list_without_it(shelf):
    finder = find("q=letters&area=nlp&modality=text&status=open&technique=no-such")
    chips = {chip.label: chip.without for chip in finder.chips}
    assert chips == {
        "“letters”": "status=open&area=nlp&modality=text",
        "Open": "q=letters&area=nlp&modality=text",
        "NLP": "q=letters&status=open&modality=text",
        "Text": "q=letters&status=open&area=nlp",
    }
    assert finder.selected_count == 4
    assert find("area=nlp&area=nlp").selected_count == 1
    assert finder.title == "Internship projects: “letters”, Open, NLP, Text"
    assert not find("area=no-such&q=").is_filtered


def test_the_page_shows_what_is_ticked_and_how_to_clear_it(client, shelf):
    page = Page(client.get("/projects/?area=nlp&status=open").text)
    ticked = {(box["name"], box["value"]) for box in page.all("input", type="checkbox") if "checked" in box}
    assert ticked == {("area", "nlp"), ("status", "open")}
    assert page.text("h2").count("2 projects") == 1
    assert page.links.count("/projects/") > 1, "clear filters"
    assert "/projects/?status=open" in page.links
    assert "/projects/?area=nlp" in page.links
    everything = Page(client.get("/projects/").text)
    assert not [box for box in everything.all("input", type="checkbox") if "checked" in box]
    assert "Clear filters" not in client.get("/projects/").text


def test_a_filtered_list_is_not_for_search_engines(client, shelf):
    plain, filtered = (Page(client.get(f"/projects/{query}").text) for query in ("", "?area=nlp"))
    assert (plain.robots, filtered.robots) == ("", "noindex")
    assert plain.title != filtered.title


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("?page=1", ""),
        ("?page=7&utm_source=letter", ""),
        ("?area=nlp", "?area=nlp"),
        (
            "?modality=text&area=no-such&area=synthetic&area=nlp&status=open",
            "?status=open&area=nlp&area=synthetic&modality=text",
        ),
        ("?technique=vae&technique=ner&technique=vae&q=+two++words+", "?q=two+words&technique=ner&technique=vae"),
    ],
)
def test_each_look_has_one_canonical_address(client, shelf, settings, query, canonical):
    assert Page(client.get(f"/projects/{query}").text).canonical == [f"{settings.PORTAL_URL}/projects/{canonical}"]


def test_an_empty_portal_says_so(client):
    text = client.get("/projects/").text
    assert "No projects are published yet" in text
    assert "<form" not in text


def test_fifty_one_projects_make_two_pages(client):
    area = AreaFactory(name="NLP")
    shared = {"area": area, "partner": None, "techniques": [], "modalities": [], "round": None}
    for number in range(PER_PAGE + 1):
        ProjectFactory(title=f"{number:03}", **shared)
    first, second = (Page(client.get(f"/projects/?area=nlp&page={n}").text) for n in (1, 2))
    assert first.text("h2").count("51 projects") == 1
    assert len([link for link in first.links if link.startswith("/projects/project-")]) == 50
    assert len([link for link in second.links if link.startswith("/projects/project-")]) == 1
    assert "?area=nlp&page=2" in first.links
    assert "?area=nlp&page=1" in second.links
    assert first.title != second.title
    plain = Page(client.get("/projects/?page=2").text)
    assert plain.canonical == [f"{settings.PORTAL_URL}/projects/?page=2"]
    shown = [project.title for n in (1, 2) for project in find(f"page={n}").projects]
    assert shown == sorted(shown)
    assert len(set(shown)) == 51
    for beyond in ("3", "999999", "0", "-1"):
        assert len(find(f"page={beyond}").projects) == 1


def test_the_same_project_is_never_shown_twice(shelf):
    everything = "&".join(f"{name}={value}" for name in ("technique", "modality") for value in counts(find(), name))
    assert len(titles(everything)) == len(set(titles(everything))) == 3
