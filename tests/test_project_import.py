"""Project lists: header-less tables of badges and links, with all that hands have done to them."""

import pytest

from portal.importing import Outcome
from portal.models import Organisation
from projects.models import ApplicationRound, Area, Modality, Project, Technique
from projects.vocabulary import shipped
from tests.sources import badges, brief, outcomes, project_list, rejected, row, said

pytestmark = pytest.mark.django_db


def load(folder, *rows, **options):
    """Import a list of these rows."""
    folder.write("list.md", project_list(*rows, **options))
    return folder.load()


# A row


def test_a_row_is_three_badges_and_a_link(folder):
    report = load(folder, row())
    project = Project.objects.get()
    assert (project.title, project.slug, project.status) == ("Reading letters", "reading-letters", "open")
    assert project.area.name == "Natural language processing"
    assert [term.name for term in project.techniques.all()] == ["Named entity recognition"]
    assert [term.name for term in project.modalities.all()] == ["Text"]
    assert (project.partner, project.round) == (None, None)
    assert outcomes(report) == {"created": 4}
    assert said(report) == []
    assert project.source_text == row()


@pytest.mark.parametrize(
    ("written", "title", "partner", "repaired"),
    [
        ("Plain", "Plain", "", False),
        ("Ends in a space ", "Ends in a space", "", True),
        ("Two  spaces", "Two spaces", "", True),
        (" Begins with one", "Begins with one", "", True),
        ("Letters – working with LTH", "Letters", "LTH", False),
        ("Letters  – working with LTH", "Letters", "LTH", True),
        (
            "A - B – working with the HRA (Health Research Authority)",
            "A - B",
            "the HRA (Health Research Authority)",
            False,
        ),
        ("Topic models - Extension", "Topic models - Extension", "", False),
        ("Letters - working with LTH", "Letters - working with LTH", "", False),
        ("Synthetic – Next Steps", "Synthetic – Next Steps", "", False),
        ("Research &amp; care", "Research & care", "", False),
        ("Brackets [in] (titles)", "Brackets [in] (titles)", "", False),
        ("Curly ‘quotes’ and “more”", "Curly ‘quotes’ and “more”", "", False),
    ],
)
def test_titles_and_partners(folder, written, title, partner, repaired):
    report = load(folder, row(title=written))
    project = Project.objects.get()
    assert project.title == title
    assert (project.partner.name if project.partner else "") == partner
    assert any("Repaired: stray spaces" in line for line in said(report)) is repaired


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("https://example.org/list/digital-twin/", "digital-twin"),
        ("https://example.org/list/digital-twin", "digital-twin"),
        ("digital-twin/", "digital-twin"),
        ("/digital-twin", "digital-twin"),
        ("digital-twin.html", "digital-twin"),
        ("digital-twin/?a=b#c", "digital-twin"),
        ("Digital_Twin/", "Digital_Twin"),
    ],
)
def test_the_last_segment_of_the_address_is_the_key(folder, client, address, slug):
    load(folder, row(address=address))
    project = Project.objects.get()
    assert project.slug == project.source_key == slug
    for old in (f"/{slug}/", f"/{slug}"):
        assert client.get(old)["Location"] == project.get_absolute_url()


@pytest.mark.parametrize(
    "line",
    [
        f"|{badges()}  | [Reading letters](reading-letters/)|",
        f"|{badges()}|[Reading letters](reading-letters/)| ",
        f"  |{badges()}&nbsp;|[Reading letters](reading-letters/) |",
        f"|{badges()} |[Reading letters](reading-letters/)",
        f"|{badges().replace(' &nbsp; ', '')}|[Reading letters](reading-letters/)|",
        f"|{badges().replace('[area', '[Area').replace('[data', '[Data')}|[Reading letters](reading-letters/)|",
    ],
    ids=range(6),
)
def test_spaces_and_strokes_do_not_matter(folder, line):
    report = load(folder, line)
    assert Project.objects.get().title == "Reading letters"
    assert said(report) == []


def test_what_was_dropped_or_repaired_is_said_by_its_line(folder):
    padded = f"{row().removesuffix('|')} {'&ensp; ' * 32}|"
    plural = row(title="Other", address="other/").replace("[technique]", "[techniques]")
    report = load(folder, padded, plural)
    assert [line.partition(":")[2] for line in said(report)] == [
        "8: Dropped: spaces that only set the width of the table.",
        "9: Repaired: “techniques” read as “technique”.",
    ]
    assert Project.objects.count() == 2


def test_a_colour_is_no_key(folder):
    load(
        folder,
        row(address="a/", title="A", area="Geospatial").replace("-blue", "-red"),
        row(address="b/", title="B", area="PETs").replace("-blue", "-red"),
    )
    assert [project.area.name for project in Project.objects.order_by("title")] == [
        "Geospatial",
        "Privacy enhancing technologies",
    ]


def test_a_label_may_be_encoded_as_badges_are(folder):
    load(folder, row(technique="Q--Learning"))
    assert Technique.objects.get().name == "Q-learning"
    load(
        folder,
        row(address="b/", title="B", technique="Digital%20Twin"),
        row(address="c/", title="C", technique="Digital_Twin"),
    )
    assert set(Technique.objects.values_list("name", flat=True)) == {"Q-learning", "Digital twins"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (row().replace(badges(), badges() + badges()), "this row has two badges for the area"),
        ("|![area](x/NLP-blue) ![area](x/PETs-red) |[A](a/)|", "this row has two badges for the area"),
        ("|![area](x/NLP-blue) |[A](a/)|", "this row has 1 of 3 badges; the technique and the type of data is missing"),
        (row().replace("[area]", "[colour]"), "the badge “colour” is neither area, technique nor datamodality"),
        (f"|{badges()} |No link at all|", "this row has no link to a brief"),
        (f"|{badges()} |[A](a/) and [B](b/)|", "this row has more than one link"),
        (f"|{badges()} |[A]()|", "the link of this row leads nowhere"),
        (f"|{badges()} |[A](/)|", "the link of this row leads nowhere"),
        (row(address="https://example.org/a%20b/"), "does not end in a name that an address can hold"),
        (row(address="../"), "does not end in a name that an address can hold"),
        (f"|{badges(area='')} |[A](a/)|", "the badge “area” names nothing"),
        (f"|{badges(area='%20')} |[A](a/)|", "the badge “area” names nothing"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_the_rest_is_not(folder, line, words):
    report = load(folder, row(title="Before", address="before/"), line, row(title="After", address="after/"))
    assert set(Project.objects.values_list("title", flat=True)) == {"Before", "After"}
    (said_of_it,) = rejected(report)
    assert words in said_of_it
    assert any(
        f"list.md:9: Rejected: {words[:10]}" in said_line or "list.md:9:" in said_line for said_line in said(report)
    )


def test_two_rows_for_one_project_are_not_mixed(folder):
    report = load(folder, row(title="First"), row(title="Second"))
    assert Project.objects.get().title == "First"
    assert rejected(report) == ["“reading-letters” stands in this list twice."]


# Headings


@pytest.mark.parametrize(
    ("heading", "status"),
    [
        ("## Open Projects Accepting Applications", "open"),
        ("#### Paused Projects", "paused"),
        ("#### Completed Projects", "completed"),
        ("#### Archived Projects", "archived"),
        ("## Projects in progress", "active"),
        ("# Active projects", "active"),
    ],
)
def test_the_heading_above_gives_the_status(folder, heading, status):
    load(folder, row(), heading=heading)
    assert Project.objects.get().status == status


def test_closed_is_a_heading_and_no_status(folder):
    report = load(folder, row(), heading="## Closed Projects")
    assert not Project.objects.exists()
    assert rejected(report) == ["no heading above this row gives a status."]
    load(folder, row(), heading="## Closed Projects\n\n#### Paused Projects")
    assert Project.objects.get().status == "paused"


# Rounds


@pytest.mark.parametrize(
    "options",
    [
        {"intro": "*You may choose one for the Autumn (2023).  Ask us anything.*"},
        {"intro": "Open for the Autumn 2023 intake."},
        {"front": "round: Autumn 2023"},
    ],
    ids=["brackets", "words", "front matter"],
)
def test_the_round_is_named_and_no_date_is_made_up(folder, options):
    load(folder, row(), **options)
    found = ApplicationRound.objects.get()
    assert (found.name, found.opens_at, found.closes_at) == ("Autumn 2023", None, None)
    assert Project.objects.get().round == found
    assert found.sentence() == "Application dates to be announced"


def test_only_open_projects_belong_to_the_round(folder):
    load(folder, row(), heading="#### Paused Projects", front="round: Autumn 2023")
    assert not ApplicationRound.objects.exists()


def test_a_round_has_its_dates_from_a_document_of_its_own(folder):
    folder.write(
        "round.md",
        "---\ntype: round\nname: Autumn 2023\nopens_at: 2023-09-01 09:00\ncloses_at: 2023-10-29 23:59\n"
        "apply_url: https://example.org/apply\nis_paid: false\n---\n\n1. Write.\n2. Send.\n",
    )
    report = load(folder, row(), front="round: Autumn 2023")
    found = Project.objects.get().round
    assert found.window_in_words.startswith("1\u00a0September to 11:59pm on 29\u00a0October 2023")
    assert (found.apply_url, found.is_paid, found.how_to_apply) == (
        "https://example.org/apply",
        False,
        "1. Write.\n2. Send.",
    )
    assert outcomes(folder.load()) == {"unchanged": len(report.outcomes)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("opens_at: soon", "“soon” is not a date"),
        ("opens_at: 2023-10-01\ncloses_at: 2023-09-01", "Applications must close after they open."),
    ],
)
def test_a_round_that_is_wrong_is_refused_by_name(folder, text, words):
    folder.write("round.md", f"---\ntype: round\nname: Autumn 2023\n{text}\n---\n")
    report = folder.load()
    assert not ApplicationRound.objects.exists()
    assert words in rejected(report)[0]


def test_an_address_for_applying_that_is_none_is_said_and_left_out(folder):
    folder.write("round.md", "---\ntype: round\nname: Autumn 2023\napply_url: ask us\n---\n")
    report = folder.load()
    assert ApplicationRound.objects.get().apply_url == ""
    assert any("“ask us” is not an address on the web" in line for line in said(report))


def test_a_round_without_a_name_is_refused(folder):
    path = folder.write("round.md", "---\ntype: round\nopens_at: 2023-09-01\n---\n")
    report = folder.load()
    assert report.count(Outcome.REJECTED) == 1
    assert str(path) in said(report)[0]
    assert "name" in said(report)[0]


# Terms


def test_every_term_of_the_vocabulary_is_placed_under_each_of_its_spellings(folder):
    rows = []
    names = {Area: "area", Technique: "technique", Modality: "data"}
    for model, entries in shipped().items():
        for key, entry in entries.items():
            for spelling in [key, entry["name"].replace(" ", "%20"), *(a.replace(" ", "_") for a in entry["aliases"])]:
                slug = f"p{len(rows)}"
                rows.append(row(title=slug, address=f"{slug}/", **{names[model]: spelling}))
    report = load(folder, *rows)
    assert rejected(report) == []
    assert not [line for line in said(report) if "New " in line]
    assert (Area.objects.count(), Technique.objects.count(), Modality.objects.count()) == (9, 29, 4)


def test_terms_are_written_for_readers_and_know_their_source(folder):
    load(folder, row(area="PETs", technique="SematicSearch", data="MultiModal"))
    project = Project.objects.get()
    technique = project.techniques.get()
    assert project.area.name == "Privacy enhancing technologies"
    assert "PETs" in project.area.aliases
    assert technique.name == "Semantic search"
    assert {"SematicSearch", "SemanticSearch"} <= set(technique.aliases)
    for term in (project.area, technique, project.modalities.get()):
        assert term.definition.endswith(".")
        assert term.name[0].isupper()


def test_an_unknown_term_keeps_its_spelling_and_is_said_once(folder):
    report = load(folder, row(technique="QuantumLearning"), row(title="B", address="b/", technique="Quantum-Learning"))
    term = Technique.objects.get()
    assert (term.name, term.slug, term.projects.count()) == ("QuantumLearning", "quantumlearning", 2)
    assert [line.partition("md:")[2] for line in said(report) if "New" in line] == [
        "8: New technique: “QuantumLearning”, in its source spelling."
    ]
    assert outcomes(folder.load())["unchanged"] == 5


def test_a_term_that_staff_renamed_keeps_its_new_name(folder):
    load(folder, row())
    Area.objects.update(name="Language technology", slug="language")
    report = load(folder, row(), row(title="B", address="b/"))
    assert Area.objects.get().name == "Language technology"
    assert Area.objects.get().projects.count() == 2
    assert report.count(Outcome.REJECTED) == 0


def test_partners_are_one_however_often_they_are_named(folder):
    load(folder, row(title="A – working with GOSH"), row(title="B – working with GOSH", address="b/"))
    assert Organisation.objects.get().projects.count() == 2


def test_a_partner_that_staff_wrote_out_is_known_by_its_short_name(folder):
    gosh = Organisation.objects.create(name="Great Ormond Street Hospital", abbreviation="GOSH")
    load(folder, row(title="A – working with gosh"))
    assert Project.objects.get().partner == gosh
    assert Organisation.objects.get().name == "Great Ormond Street Hospital"


# The list as a page


def test_the_lists_own_address_forwards_to_the_finder(folder, client):
    load(folder, row())
    assert client.get("/projects.html?status=open")["Location"] == "/projects/?status=open"


def test_words_around_the_tables_are_said_and_not_imported(folder):
    report = load(folder, row(), intro="Write to us about any of these. " * 5)
    (line,) = said(report)
    assert line.partition("md:")[2].startswith("6: Text outside the tables is not imported: “Write to us")
    assert line.endswith("…”")


def test_a_table_without_badges_is_no_project_list(folder):
    folder.write("a.md", "---\ntitle: A\n---\n\n| a | b |\n|---|---|\n| [x](y) | z |\n")
    report = folder.load()
    assert "nothing in it tells what it is" in rejected(report)[0]


def test_a_row_that_moved_to_another_heading_moves_nothing(folder):
    load(folder, row())
    report = load(folder, row(), heading="#### Paused Projects")
    assert Project.objects.get().status == "open"
    assert any("the source says Paused, the portal says Open" in line for line in said(report))


def test_a_row_and_a_brief_are_one_project_in_either_order(folder):
    folder.write("b/brief.md", brief(need="Much."))
    load(folder, row())
    project = Project.objects.get()
    assert (project.need, project.status) == ("Much.", "open")
    assert row() in project.source_text
    assert "**Need:** Much." in project.source_text
