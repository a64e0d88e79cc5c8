"""Project briefs: bold labels in place of headings, and every irregularity that the real ones have."""

import pytest

from portal.importing import Outcome
from portal.models import ForwardingAddress, Organisation
from projects.models import Project, Technique
from tests.factories import StaffFactory
from tests.sources import brief, load, project_list, rejected, row, said

pytestmark = pytest.mark.django_db

LABELS = {
    "Keywords": None,
    "Need": "need",
    "Current Knowledge/Examples & Possible Techniques/Approaches": "current_knowledge",
    "Related Previous Internship Projects": "related_work",
    "Enables Future Work": "future_work",
    "Outcome/Learning Objectives": "learning_outcomes",
    "Datasets": "datasets",
    "Desired skill set": "desired_skills",
}


def section(text, label="Datasets"):
    """A brief whose section has this text."""
    return brief().replace(f"**{label}:** Open data.", f"**{label}:**{text}")


# Sections


def test_all_eight_sections_come_across(folder):
    text = brief()
    for number, (label, name) in enumerate(LABELS.items()):
        if name:
            start = text.index(f"**{label}:**")
            end = text.index("\n\n", start)
            text = f"{text[:start]}**{label}:** Text {number}.{text[end:]}"
    report = load(folder, text)
    project = Project.objects.get()
    for number, name in enumerate(LABELS.values()):
        if name:
            assert getattr(project, name) == f"Text {number}."
    assert [found.name for found in project.sections] == list(filter(None, LABELS.values()))
    assert project.area.name == "Natural language processing"
    assert said(report) == []
    assert project.source_text == text


@pytest.mark.parametrize(
    "label",
    [
        "**Datasets:**",
        "**Datasets**:",
        "**Datasets :**",
        "** Datasets:**",
        "  **Datasets:**",
        "**Data sets:**",
        "**DATASETS:**",
        "**Dataset:**",
        "**Datasets:**\t",
        "**Datasets:** \u00a0",
    ],
)
def test_a_label_may_be_written_in_many_ways(folder, label):
    load(folder, brief().replace("**Datasets:**", label))
    assert Project.objects.get().datasets == "Open data."


@pytest.mark.parametrize(
    "text",
    [
        "\n- one\n- two",
        "\n\n- one\n- two",
        " Text.\n- one\n- two",
        " Text with **bold:** words and a tab\there.",
        "\n\n1. one\n2. two\n\n   more\n\n```\n**Need:** code\n```",
        " See <http://www.example.org/photo_atlas/>; <https://example.org/c.php?g=112152&p=724706>.",
        " [link [in] brackets](https://example.org/a_(b)) and https://example.org/a b",
        " ‘Curly’ “quotes” – dash — é ✓",
        " | a | b |\n|---|---|\n| 1 | 2 |",
        " n/a",
        " N/A.",
        " None",
        " no",
        " > quoted\n\n***\n\nafter a rule",
    ],
    ids=lambda text: text.strip()[:20],
)
def test_the_text_of_a_section_is_kept_as_it_is(folder, text):
    load(folder, section(text))
    assert Project.objects.get().datasets == text.strip()


def test_a_list_straight_after_a_label_is_a_list_for_readers(folder, client):
    load(folder, section("\n- one\n- two"), name="active/brief.md")
    page = client.get(Project.objects.get().get_absolute_url()).text
    assert "<li>one</li>" in page


def test_labels_in_code_or_within_a_line_are_text(folder):
    text = section(" As the **Need:** says.\n\n```\n**Keywords:** code\n```\n\nEnd.")
    load(folder, text)
    project = Project.objects.get()
    assert project.need == "Much."
    assert "**Keywords:** code" in project.datasets
    assert project.datasets.endswith("End.")


@pytest.mark.parametrize(
    "ending",
    [
        "---\nReturn to list of [all available projects](https://example.org/).\n",
        "---\n[Return to list](https://example.org/)\n",
        "***\n\nReturn to list of all.",
        "\n\n---\n\n\nReturn to List\n\n",
        "",
        "---\n",
    ],
)
def test_the_way_back_to_the_list_is_no_content(folder, ending):
    text = brief()
    load(folder, text[: text.rindex("---\nReturn")] + ending)
    assert Project.objects.get().desired_skills == "Python."


def test_a_file_without_a_last_line_end_loses_nothing(folder):
    text = brief()
    load(folder, text[: text.rindex("\n\n---")])
    assert Project.objects.get().desired_skills == "Python."


def test_an_unknown_label_stays_in_its_section_and_is_said(folder):
    report = load(folder, section(" Open.\n\n**Ethics:** Approved.\n\nMore."))
    assert Project.objects.get().datasets == "Open.\n\n**Ethics:** Approved.\n\nMore."
    assert any("“Ethics” is no section of a brief" in line for line in said(report))


def test_a_section_that_stands_twice_is_joined_and_said(folder):
    report = load(folder, section(" One.\n\n**Datasets:** Two."))
    assert Project.objects.get().datasets == "One.\n\nTwo."
    assert any("stands here a second time" in line for line in said(report))


def test_missing_sections_are_said(folder):
    text = brief()
    start = text.index("**Enables")
    report = load(folder, text[:start] + text[text.index("**Outcome") :])
    assert Project.objects.get().future_work == ""
    assert any("has no section for future_work" in line for line in said(report))


def test_links_that_lead_nowhere_are_said_and_their_words_kept(folder, client):
    report = load(folder, section(" From the [Corpus]() and [Search]( )."), name="active/brief.md")
    notes = [line for line in said(report) if "leads nowhere" in line]
    assert len(notes) == 2
    line = section("x").splitlines().index("**Datasets:**x") + 1
    assert f"brief.md:{line}: The link “Corpus” leads nowhere" in notes[0]
    page = client.get(Project.objects.get().get_absolute_url()).text
    assert "Corpus" in page
    assert 'href=""' not in page


def test_text_above_the_first_section_is_said(folder):
    report = load(folder, brief().replace("**Keywords:**", "An introduction.\n\n**Keywords:**"))
    assert any(
        "Text above the first section is kept only with the source: “An introduction.”" in s for s in said(report)
    )
    assert "An introduction." in Project.objects.get().source_text


# Titles and addresses


@pytest.mark.parametrize(
    "heading",
    ["# Another title", "# Reading letters: part two", "# Reading\n## letters by machine", "#Reading Letters"],
)
def test_a_heading_that_differs_is_said_and_the_front_matter_wins(folder, heading):
    report = load(folder, brief().replace("# Reading letters", heading, 1))
    assert Project.objects.get().title == "Reading letters"
    assert any("the front matter's title is “Reading letters”, the heading is “" in line for line in said(report))


def test_a_heading_over_two_lines_is_one_title(folder):
    report = load(folder, brief().replace("# Reading letters", "# Reading\n## letters", 1))
    assert said(report) == []


def test_the_lists_title_wins_and_the_others_are_said(folder):
    folder.write("list.md", project_list(row(title="Reading clinic letters")))
    report = load(folder, brief())
    assert Project.objects.get().title == "Reading clinic letters"
    assert any(
        "“title” is “Reading clinic letters” in the list and “Reading letters” in the brief; the list wins" in line
        for line in said(report)
    )


def test_a_partner_in_the_title_is_a_field_of_its_own(folder):
    load(folder, brief(title="Reading letters – working with LTH"))
    project = Project.objects.get()
    assert (project.title, project.partner) == ("Reading letters", Organisation.objects.get(name="LTH"))


@pytest.mark.parametrize(
    ("permalink", "slug", "old"),
    [
        ("/synthetic-probablistic/", "synthetic-probablistic", "/synthetic-probablistic"),
        ("synthetic-probablistic", "synthetic-probablistic", "/synthetic-probablistic"),
        ("/projects/old/letters.html", "letters", "/projects/old/letters"),
        ("/Letters_2/", "Letters_2", "/Letters_2"),
    ],
)
def test_the_permalink_is_the_key_whatever_the_file_is_called(folder, client, permalink, slug, old):
    load(folder, brief().replace("/reading-letters/", permalink), name="active/another-name.md")
    project = Project.objects.get()
    assert project.slug == project.source_key == slug
    if ".html" not in permalink:
        assert client.get(old)["Location"] == project.get_absolute_url()
    else:
        assert client.get(permalink)["Location"] == project.get_absolute_url()


@pytest.mark.parametrize(
    ("front", "words", "line"),
    [
        ("permalink: /../secret/", "leads outside", 4),
        ("permalink: ../../etc/passwd", "leads outside", 4),
        ("permalink: /a b/", "cannot be used", 4),
        ("permalink: /", "cannot be used", 4),
        ("permalink:", "has no permalink", 1),
        ("permalink: /<script>/", "cannot be used", 4),
        ("permalink: [a, b]", "cannot be used", 4),
        ("permalink: /%2e%2e/", "cannot be used", 4),
    ],
)
def test_a_permalink_that_is_no_address_is_refused_by_its_line(folder, front, words, line):
    report = load(folder, brief().replace("permalink: /reading-letters/", front))
    assert not Project.objects.exists()
    assert not ForwardingAddress.objects.exists()
    (found,) = [found for found in said(report) if "Rejected" in found]
    assert f"brief.md:{line}: Rejected: " in found
    assert words in found


def test_two_briefs_with_one_permalink(folder):
    folder.write("a.md", brief(title="First"))
    folder.write("b.md", brief(title="Second"))
    report = folder.load()
    assert Project.objects.get().title == "First"
    assert "“reading-letters” stands at" in rejected(report)[0]


def test_a_brief_without_a_title_is_refused(folder):
    report = load(folder, brief().replace("title: Reading letters\n", "title:\n", 1))
    assert "no title" in rejected(report)[0]


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("What letters say.", "What letters say."),
        ("NHS England PhD Internship - Reading letters", ""),
        ("Reading letters", ""),
        ("", ""),
    ],
)
def test_a_description_that_only_repeats_the_title_is_no_summary(folder, description, summary):
    load(folder, brief(summary=description))
    assert Project.objects.get().summary == summary


# Keywords


@pytest.mark.parametrize(
    ("keywords", "area", "technique", "data"),
    [
        ("NLP, NER, Text", "Natural language processing", "Named entity recognition", "Text"),
        ("NLP, NER, TextData", "Natural language processing", "Named entity recognition", "Text"),
        ("NLP,NER,Text data ", "Natural language processing", "Named entity recognition", "Text"),
        ("Simulaiton, AgentBasedModelling, TabularData", "Simulation", "Agent-based modelling", "Tabular"),
        ("Synthetic, Digital Twins, Multi-modal", "Synthetic data", "Digital twins", "Multi-modal"),
        ("Text, NER, NLP", "Natural language processing", "Named entity recognition", "Text"),
    ],
)
def test_keywords_are_placed_by_aliases(folder, keywords, area, technique, data):
    report = load(folder, brief().replace("NLP, NER, Text", keywords))
    project = Project.objects.get()
    assert project.area.name == area
    assert [term.name for term in project.techniques.all()] == [technique]
    assert [term.name.lower() for term in project.modalities.all()] == [data.lower()]
    assert rejected(report) == []


def test_spellings_of_the_same_terms_are_no_conflict(folder):
    folder.write("list.md", project_list(row(area="Simulation", technique="ABM", data="Tabular")))
    report = load(folder, brief().replace("NLP, NER, Text", "Simulaiton, AgentBasedModelling, TabularData"))
    assert said(report) == []


def test_a_real_conflict_is_said_and_the_list_wins(folder):
    folder.write("list.md", project_list(row(area="Synthetic", technique="VAE", data="Tabular")))
    report = load(folder, brief())
    project = Project.objects.get()
    assert project.area.name == "Synthetic data"
    notes = [line for line in said(report) if "the list wins" in line]
    assert len(notes) == 3
    assert any("“Natural language processing” in the brief" in line for line in notes)


@pytest.mark.parametrize("keywords", ["", " ", ","])
def test_an_empty_line_of_keywords_is_said(folder, keywords):
    report = load(folder, brief().replace("**Keywords:** NLP, NER, Text", f"**Keywords:**{keywords}"))
    assert Project.objects.get().area is None
    line = brief().splitlines().index("**Keywords:** NLP, NER, Text") + 1
    assert any(f"brief.md:{line}: reading-letters: the line of keywords is empty." in found for found in said(report))


def test_a_keyword_that_nobody_knows_is_kept_with_the_source_and_said(folder):
    report = load(folder, brief().replace("NER", "Quantum foam"))
    project = Project.objects.get()
    assert not project.techniques.exists()
    assert not Technique.objects.exists()
    assert "Quantum foam" in project.source_text
    assert any("the keyword “Quantum foam” is kept only with the source" in line for line in said(report))


def test_keywords_that_name_two_areas_name_none(folder):
    report = load(folder, brief().replace("NLP, NER, Text", "NLP, Synthetic, NER, Text"))
    assert Project.objects.get().area is None
    assert any("the keywords name 2 areas" in line for line in said(report))


# Status


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("brief.md", "draft"),
        ("open/brief.md", "open"),
        ("Active/brief.md", "active"),
        ("closed/paused/brief.md", "paused"),
        ("closed/completed/brief.md", "completed"),
        ("closed/archive/brief.md", "archived"),
        ("closed/brief.md", "draft"),
        ("paused/notes/brief.md", "paused"),
    ],
)
def test_the_folder_may_say_the_status(folder, name, status):
    report = load(folder, brief(), name=name)
    assert Project.objects.get().status == status
    assert any("Its folder says" in line for line in said(report)) is (status != "draft")


def test_the_list_says_it_before_the_folder(folder):
    folder.write("list.md", project_list(row(), heading="#### Archived Projects"))
    load(folder, brief(), name="active/brief.md")
    assert Project.objects.get().status == "archived"


def test_a_brief_that_cannot_be_public_is_imported_as_a_draft(folder, client):
    """Nothing of it is lost: staff choose what it lacks, and publish it."""
    report = load(folder, brief().replace("NLP, NER, Text", ""), name="active/brief.md")
    project = Project.objects.get()
    assert (project.status, project.area, project.need) == ("draft", None, "Much.")
    assert report.count(Outcome.CREATED, Project) == 1
    assert any("imported as a draft: choose an area first." in line for line in said(report))
    client.force_login(StaffFactory(is_superuser=True))
    assert client.get(project.get_absolute_url()).status_code == 200
