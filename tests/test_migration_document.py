"""The tables of docs/migration.md: they name what there is, and all that the importer reads."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.urls import resolve
from django.utils.text import slugify

from fellowship.models import Cohort, Fellow, Question
from portal.importing import Outcome
from projects.models import Project
from tests.fellowship_documents import COHORT

DOCS = Path(settings.BASE_DIR) / "docs"
MIGRATION = (DOCS / "migration.md").read_text()
FORMATS = (DOCS / "content-formats.md").read_text()
MODELS = {
    model.__name__: model
    for label in ("portal", "projects", "fellowship", "articles")
    for model in apps.get_app_config(label).get_models()
}


def parts(text, level):
    """What stands below each heading of one level."""
    found = re.split(rf"^{'#' * level} (.+)$", text, flags=re.M)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


FIELDS = parts(parts(MIGRATION, 2)["Fields"], 3)
_PROSE = re.sub(r"```.*?```", "", FORMATS, flags=re.S)
DESCRIBED = parts(_PROSE, 2) | parts(_PROSE, 3)


def names(cell):
    return {
        re.sub(r":.*", "", name)
        for name in re.findall(r"`([^`]+)`", cell.partition(" that is ")[0])
        if not name.startswith(" ")
    }


def first_cells(text):
    return [line.split("|")[1] for line in text.split("\n") if line.startswith("| ") and not line.startswith("| ---")]


@pytest.mark.parametrize("kind", FIELDS)
def test_every_value_that_the_importer_reads_has_its_line(kind):
    described = re.sub(r"\n(?:A placement, and its outputs|## ).*", "", DESCRIBED[kind], flags=re.S)
    read = {name for cell in first_cells(described) for name in names(cell)}
    mapped = {name for cell in first_cells(FIELDS[kind]) for name in names(cell)}
    assert read
    assert read - mapped - {"layout", "type"} == set()


@pytest.mark.parametrize("kind", FIELDS)
def test_every_place_that_it_names_is_a_field(kind):
    found = re.findall(r"`([A-Z]\w+)\.(\w+)`", FIELDS[kind])
    assert found
    for model, field in found:
        try:
            MODELS[model]._meta.get_field(field)
        except FieldDoesNotExist:
            assert isinstance(getattr(MODELS[model], field, None), property), (model, field)


def test_every_page_that_it_names_is_there():
    for address in re.findall(r"`(/[^`]*/)(?:\?[^`]*)?`", re.sub(r"^\| `.*?\|", "|", MIGRATION, flags=re.M)):
        path = address.replace("<slug>", "x").replace("<number>", "3")
        if "<" not in path and "…" not in path and not path.startswith(("/assets/", "/internship-projects/")):
            assert resolve(path), address


def test_every_way_is_one_of_the_four():
    ways = [line.split("|")[-2].strip() for line in MIGRATION.split("\n") if line.startswith("|")]
    tables = [way for way in ways if way.startswith(("imported", "derived", "by hand", "left"))]
    assert len(tables) > 100
    for part in (*parts(parts(MIGRATION, 2)["Pages"], 3).values(), *FIELDS.values()):
        for line in part.split("\n"):
            if line.startswith("| ") and not line.startswith(("| ---", "| field", "| what it was")):
                assert re.match(r"imported|derived|by hand|left", line.split("|")[-2].strip()), line


def test_links_inside_the_document_lead_to_its_headings():
    for text, other in ((MIGRATION, FORMATS), (FORMATS, MIGRATION)):
        here, there = ({slugify(heading) for heading in re.findall(r"^#+ (.+)$", one, re.M)} for one in (text, other))
        assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= here
        assert set(re.findall(r"\]\([\w-]+\.md#([\w-]+)\)", text)) <= there | here


@pytest.mark.django_db
def test_the_examples_of_the_formats_are_read_as_they_stand(folder):
    old = parts(FORMATS, 2)["Documents of the old sites"]
    examples = [text for _, text in re.findall(r"```(markdown|yaml)\n(.*?)```", old, re.S)]
    for number, text in enumerate(examples):
        folder.write(f"example-{number}-cohort7.txt", text)
    folder.write("cohort.md", parts(FORMATS, 2)["Cohort"].split("```markdown\n")[1].split("```")[0])
    report = folder.load()
    assert report.count(Outcome.REJECTED) == 0
    assert len(examples) == 5
    assert Project.objects.get().placements.get().reference == "P90"
    assert Cohort.objects.get(number=7).eligibility.filter(can_apply=False).count() == 2
    fellow = Fellow.objects.get()
    assert (fellow.name, fellow.region, fellow.project_title) == (
        "Sample fellow",
        "wales",
        "Does the score warn everybody?",
    )
    assert Question.objects.get().answer == "Your employer goes on paying you."


@pytest.mark.django_db
def test_who_can_apply_is_read_and_what_is_none_is_said(folder):
    rows = """eligibility:
  - {regions: all, professions: nurse, can_apply: yes}
  - {region: wales, profession: [nurse, wizard], can_apply: No, reason: "No places: sorry."}
  - {regions: london, can_apply: yes}
  - {regions: moon, professions: all, can_apply: perhaps}
"""
    folder.write("cohort.md", COHORT.replace("key_dates:", f"{rows}key_dates:"))
    report = folder.load()
    cohort = Cohort.objects.get()
    assert cohort.eligibility.count() == 10
    assert list(cohort.eligibility.filter(can_apply=False).values_list("region", "profession", "reason")) == [
        ("wales", "nurse", "No places: sorry.")
    ]
    said = [message for _, message in report.notes]
    assert len(said) == 3
    assert any("“wizard” is kept only with the source" in message for message in said)
    assert any("it names no professions" in message for message in said)
    assert any("“can_apply” is neither yes nor no" in message for message in said)
    assert folder.load().count(Outcome.UNCHANGED) == 1
