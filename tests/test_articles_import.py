"""Articles as the old site keeps them: what becomes of each line, and what is reported."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from articles.models import Article
from portal.importing import Outcome, Report, import_paths
from projects.models import Area
from tests import factories as make
from tests.source_folder import SEEDS

pytestmark = pytest.mark.django_db


BODY = """Text first.

### 1. Write

> Dear Dr _____,
>
> I’m a ___ doctor at _____ (hospital), on _____ Ward.  Two  spaces.
>
> _____ (name)


A note[^1] and a | pipe.

| a | b |
| --- | --- |
| 1 | ![x](y.png) |

```
code {% raw %}
```

[^1]: The note."""

ARTICLE = f"""---
title: How to test
permalink: how-to-test
redirect_from:
public_date: 2019-08-16 11:00:00
tags:
  - Machine Learning
image: assets/images/test.jpeg
type: article
status: complete
---
{BODY}
"""


def run(folder: Path, *texts: str) -> Report:
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return import_paths([str(folder)])


def notes(report: Report) -> list[str]:
    """Line and message of each note."""
    return [f"{source.line}: {message}" for source, message in report.notes]


def test_an_article_comes_to_the_letter(tmp_path: Path, client: Client) -> None:
    report = run(tmp_path, ARTICLE)
    article = Article.objects.get()
    assert article.body == BODY
    assert article.source_text == ARTICLE
    assert (article.title, article.slug, article.source_key) == ("How to test", "how-to-test", "how-to-test")
    assert article.published_at == dt.datetime(2019, 8, 16, 10, tzinfo=dt.UTC)
    assert article.tags == ["Machine Learning"]
    assert [area.name for area in article.areas.all()] == ["Machine learning"]
    assert notes(report) == [
        "8: The image “assets/images/test.jpeg” is not imported; its name is kept with the source.",
        "30: Liquid is kept as it stands: “{% raw %}”.",
    ]
    assert client.get("/how-to-test")["Location"] == "/articles/how-to-test/"
    assert {outcome for outcome, _, _ in import_paths([str(tmp_path)]).outcomes} == {Outcome.UNCHANGED}


def test_a_letter_to_copy_keeps_its_blanks_on_the_page(tmp_path: Path, client: Client) -> None:
    run(tmp_path, ARTICLE)
    page = client.get("/articles/how-to-test/").text
    assert page.count('<blockquote class="app-template">') == 1
    assert page.count('<span class="app-blank">') == 5


@pytest.mark.parametrize("status", ["complete", "", "No status", None, "draft"])
def test_every_article_is_live_whatever_its_source_calls_it(tmp_path: Path, client: Client, status: str | None) -> None:
    line = "" if status is None else f"status: {status}\n"
    run(tmp_path, ARTICLE.replace("status: complete\n", line))
    assert Article.objects.get().status == "published"
    assert client.get("/articles/how-to-test/").status_code == 200


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2019-08-16", dt.datetime(2019, 8, 15, 23, tzinfo=dt.UTC)),
        ("2019-01-16 11:00:00", dt.datetime(2019, 1, 16, 11, tzinfo=dt.UTC)),
        ("2019-08-16T11:00:00+02:00", dt.datetime(2019, 8, 16, 9, tzinfo=dt.UTC)),
    ],
)
def test_a_date_or_a_moment_says_when_it_was_published(tmp_path: Path, given: str, moment: dt.datetime) -> None:
    run(tmp_path, ARTICLE.replace("2019-08-16 11:00:00", given))
    assert Article.objects.get().published_at == moment


@pytest.mark.parametrize(
    ("given", "words"), [("", "There is no “public_date”"), ("in August", "“in August” is not a date")]
)
def test_without_a_date_the_day_of_the_import_stands_in_and_is_reported(tmp_path: Path, given: str, words: str) -> None:
    with time_machine.travel("2026-10-05T12:00Z", tick=False):
        report = run(tmp_path, ARTICLE.replace("2019-08-16 11:00:00", given))
    assert Article.objects.get().published_at == dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
    assert any(note.startswith("5: ") and words in note for note in notes(report))


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ("redirect_from:", []),
        ("redirect_from: old-test", ["/old-test"]),
        ("redirect_from:\n  - /old/test/\n  -\n  - older.html", ["/old/test", "/older.html"]),
        ("redirect_form: [odd-test]", ["/odd-test"]),
    ],
)
def test_old_addresses_forward(tmp_path: Path, client: Client, given: str, addresses: list[str]) -> None:
    report = run(tmp_path, ARTICLE.replace("redirect_from:", given))
    for address in addresses:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (301, "/articles/how-to-test/")
    assert any("“redirect_form” read as" in note for note in notes(report)) is ("redirect_form" in given)


@pytest.mark.parametrize("given", ["https://example.org/x", "/", "x?y=1"])
def test_an_old_address_that_is_none_is_reported(tmp_path: Path, given: str) -> None:
    report = run(tmp_path, ARTICLE.replace("redirect_from:", f"redirect_from: [{given!r}]"))
    assert any(note.startswith("4: ") and "does not forward" in note for note in notes(report))
    assert report.count(Outcome.REJECTED) == 0


@pytest.mark.parametrize(
    ("given", "tags", "areas"),
    [
        ("tags:", [], []),
        ("tags: []", [], []),
        ("tags: NLP", ["NLP"], ["Natural language processing"]),
        ("tags: [, 'Careers', ~, 'machine-learning']", ["Careers", "machine-learning"], ["Machine learning"]),
        ("tags: [ML, MachineLearning]", ["ML", "MachineLearning"], ["Machine learning"]),
    ],
)
def test_tags_are_kept_and_those_that_spell_an_area_give_it(
    tmp_path: Path, given: str, tags: list[str], areas: list[str]
) -> None:
    given = given.replace("[,", "[")
    run(tmp_path, ARTICLE.replace("tags:\n  - Machine Learning", given))
    article = Article.objects.get()
    assert article.tags == tags
    assert [area.name for area in article.areas.all()] == areas


def test_an_area_that_staff_named_is_found_by_its_alias(tmp_path: Path) -> None:
    area = make.AreaFactory(name="Genomics", slug="genomics", aliases=["DNA"])
    run(tmp_path, ARTICLE.replace("- Machine Learning", "- dna"))
    assert list(Article.objects.get().areas.all()) == [area]
    area.refresh_from_db()
    assert (area.name, area.aliases) == ("Genomics", ["DNA"])


def test_areas_that_the_document_names_count_and_unknown_ones_are_reported(tmp_path: Path) -> None:
    report = run(tmp_path, ARTICLE.replace("type: article", "type: article\nareas: [NLP, Alchemy]"))
    assert [area.name for area in Article.objects.get().areas.all()] == ["Natural language processing"]
    assert not Area.objects.filter(name="Alchemy").exists()
    assert any(note.startswith("10: ") and "Alchemy" in note for note in notes(report))


def test_capitals_of_an_old_address_stay_in_the_key_only(tmp_path: Path, client: Client) -> None:
    report = run(tmp_path, ARTICLE.replace("permalink: how-to-test", "permalink: How-To-Test"))
    article = Article.objects.get()
    assert (article.source_key, article.slug) == ("How-To-Test", "how-to-test")
    assert client.get("/How-To-Test")["Location"] == "/articles/how-to-test/"
    assert any(note.startswith("3: ") and "becomes /articles/how-to-test/" in note for note in notes(report))


def test_two_articles_that_come_to_one_address_are_not_merged(tmp_path: Path) -> None:
    report = run(tmp_path, ARTICLE, ARTICLE.replace("permalink: how-to-test", "permalink: How-To-Test"))
    assert Article.objects.count() == 1
    assert Article.objects.get().source_key == "how-to-test"
    assert report.count(Outcome.REJECTED, Article) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("permalink: how-to-test\n", "", 1, "The article has no “permalink”."),
        ("permalink: how-to-test", "permalink: ''", 3, "The article has no “permalink”."),
        ("permalink: how-to-test", "permalink: ../../secret", 3, "is no address"),
        ("permalink: how-to-test", "permalink: '???'", 3, "is no address"),
        ("title: How to test", "title:", 2, "The article has no “title”."),
    ],
)
def test_an_article_without_what_it_needs_is_rejected_by_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    report = run(tmp_path, ARTICLE.replace(old, new), ARTICLE.replace("how-to-test", "another"))
    assert [article.slug for article in Article.objects.all()] == ["another"]
    assert report.count(Outcome.REJECTED) == 1
    assert any(note.startswith(f"{line}: Rejected: ") and words in note for note in notes(report))


def test_leftovers_of_the_old_site_are_kept_and_reported_by_line(tmp_path: Path) -> None:
    text = ARTICLE.replace("Text first.", "See [[Some page|here]] and {{ site.url }}.\n\n{% include x.html %}")
    report = run(tmp_path, text)
    assert "[[Some page|here]] and {{ site.url }}." in Article.objects.get().body
    found = notes(report)
    assert "12: A wikilink is kept as it stands: “[[Some page|here]]”." in found
    assert "12: Liquid is kept as it stands: “{{ site.url }}”." in found
    assert "14: Liquid is kept as it stands: “{% include x.html %}”." in found


def test_more_facts_are_read_where_they_are_given(tmp_path: Path) -> None:
    more = "\n".join(
        [
            "description: In short.",
            "audience: clinician",
            "authors: [A. Author, B. Author]",
            "reviewed_on: 2026-09-01",
            "review_due_on: 2027-09-01",
            "type: article",
        ]
    )
    run(tmp_path, ARTICLE.replace("type: article", more))
    article = Article.objects.get()
    assert (article.summary, article.audience, article.authors) == ("In short.", "clinician", "A. Author, B. Author")
    assert (article.reviewed_on, article.review_due_on) == (dt.date(2026, 9, 1), dt.date(2027, 9, 1))


def test_an_unknown_audience_is_reported(tmp_path: Path) -> None:
    report = run(tmp_path, ARTICLE.replace("type: article", "type: article\naudience: wizards"))
    assert Article.objects.get().audience == ""
    assert any(note.startswith("10: ") and "wizards" in note for note in notes(report))


def test_a_file_without_front_matter_is_rejected_by_name(tmp_path: Path) -> None:
    report = run(tmp_path, "# Just text\n\nNothing else.\n", ARTICLE)
    assert report.count(Outcome.REJECTED) == 1
    assert any(source.path.endswith("0.txt") and "no front matter" in message for source, message in report.notes)
    assert Article.objects.count() == 1


def test_an_editors_text_and_status_are_not_overwritten(tmp_path: Path, client: Client) -> None:
    run(tmp_path, ARTICLE)
    article = Article.objects.get()
    article.body = "Mine."
    article.save()
    article.move_to("draft", by=None)
    report = run(
        tmp_path, ARTICLE.replace("Text first.", "Text changed.").replace("How to test\n", "How to test well\n")
    )
    article.refresh_from_db()
    assert (article.body, article.title, article.status) == ("Mine.", "How to test well", "draft")
    assert report.count(Outcome.KEPT, Article) == 1
    assert client.get("/articles/how-to-test/").status_code == 404


def test_saving_in_the_admin_without_a_change_is_no_change(tmp_path: Path, admin_client: Client) -> None:
    run(tmp_path, ARTICLE)
    article = Article.objects.get()
    address = f"/admin/articles/article/{article.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    data = {name: "" if value is None else value for name, value in form.initial.items()}
    data |= {
        "areas": [area.pk for area in article.areas.all()],
        "body": article.body.replace("\n", "\r\n"),
        "cover": "",
    }
    response = admin_client.post(address, data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    report = run(tmp_path, ARTICLE.replace("Text first.", "Text changed."))
    assert report.count(Outcome.UPDATED, Article) == 1
    assert Article.objects.get().body.startswith("Text changed.")


@pytest.mark.samples
def test_the_real_article_keeps_both_letters(client: Client) -> None:
    source = next(SEEDS.glob("000_*.txt"))
    report = import_paths([str(source)])
    assert report.count(Outcome.REJECTED) == 0
    article = Article.objects.get()
    text = source.read_text(encoding="utf-8")
    quoted = [line for line in text.split("\n") if line.startswith(">")]
    assert len(quoted) > 20
    assert [line for line in article.body.split("\n") if line.startswith(">")] == quoted
    page = client.get(article.get_absolute_url()).text
    assert page.count('<blockquote class="app-template">') == 2
    for old in ("/local-projects", "/local-projects/", "/local-projects.html", "/Local-Projects"):
        assert client.get(old)["Location"] == "/articles/local-projects/", old
