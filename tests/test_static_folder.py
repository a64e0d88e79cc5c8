"""The folder of a copy: what may be in it, what becomes of the copy before, and what is told."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError

from portal import static_folder, static_pages, static_site
from portal.static_addresses import AddressError, between, file_of
from tests import factories as make
from tests.static_copy import export

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copy"


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_other_things_in_it_is_refused_by_name_and_kept(folder):
    folder.mkdir()
    (folder / "thesis.txt").write_text("Years of work.")
    with pytest.raises(CommandError, match=r"thesis\.txt"):
        export(folder)
    assert contents(folder) == {"thesis.txt": b"Years of work."}


def test_a_file_that_somebody_adds_to_a_copy_is_never_removed(folder):
    make.ProjectFactory()
    export(folder)
    (folder / "projects" / "notes.txt").write_text("Mine.")
    with pytest.raises(CommandError, match=r"projects/notes\.txt"):
        export(folder)
    assert (folder / "projects" / "notes.txt").read_text() == "Mine."


def test_a_file_is_no_folder(folder):
    folder.write_text("Mine.")
    with pytest.raises(CommandError, match="is not a folder"):
        export(folder)
    assert folder.read_text() == "Mine."


def test_a_checkout_of_the_branch_that_is_published_stays_one(folder):
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text("[core]")
    copy, _ = export(folder)
    assert copy.files[".git/config"] == b"[core]"
    assert copy.files[".nojekyll"] == b""


def test_a_list_that_cannot_be_read_removes_nothing(folder):
    folder.mkdir()
    (folder / static_folder.LIST).write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        export(folder)


def test_only_what_changed_is_written(folder):
    project = make.ProjectFactory(slug="letters", title="Reading letters")
    other = make.ArticleFactory(slug="guide")
    export(folder)
    untouched = (folder / "articles" / "guide" / "index.html").stat()
    project.title = "Reading more letters"
    project.save()
    copy, said = export(folder)
    assert "Reading more letters" in copy.text("projects/letters/index.html")
    assert (folder / "articles" / "guide" / "index.html").stat().st_ino == untouched.st_ino
    assert "left" in said
    assert other.is_public


def test_a_page_that_fails_names_itself_and_leaves_the_copy_before(folder, monkeypatch):
    make.ProjectFactory(slug="letters")
    before, _ = export(folder)
    monkeypatch.setattr("projects.views.structured_data.of", lambda *given: 1 / 0)
    with pytest.raises(CommandError, match="/projects/letters/ answers 500"):
        export(folder)
    assert contents(folder) == before.files
    assert [path.name for path in folder.parent.iterdir()] == ["copy"]


def test_an_export_that_is_broken_off_leaves_the_copy_before(folder, monkeypatch):
    make.ProjectFactory()
    before, _ = export(folder)

    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(static_pages.Pages, "_linked", interrupted)
    with pytest.raises(CommandError, match="Broken off"):
        export(folder)
    assert contents(folder) == before.files
    assert [path.name for path in folder.parent.iterdir()] == ["copy"]


def test_one_that_is_broken_off_while_it_is_put_in_place_is_finished_by_the_next(folder, monkeypatch):
    make.ProjectFactory(slug="gone")
    export(folder)
    replace, done = Path.replace, []

    def stumbling(self, target):
        if len(done) > 5 and not str(target).endswith(".json"):
            raise KeyboardInterrupt
        done.append(target)
        return replace(self, target)

    project = make.ProjectFactory(slug="new")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stumbling)
        with pytest.raises(CommandError, match="Broken off"):
            export(folder)
    type(project).objects.get(slug="gone").move_to("draft", by=None)
    copy, _ = export(folder)
    assert "projects/new/index.html" in copy.files
    assert "projects/gone/index.html" not in copy.files
    listed = json.loads(copy.text(static_folder.LIST))["files"]
    assert {*listed, static_folder.LIST} == set(copy.files)


def test_a_page_can_take_the_place_of_a_folder_and_the_other_way_round(tmp_path):
    for before, after in [(["a", "b/c"], ["a/x", "b"]), (["a/x", "b"], ["a", "b/c"])]:
        place = tmp_path / "-".join(after).replace("/", "_")
        for number, files in enumerate((before, after)):
            new = tmp_path / f"new-{number}-{place.name}"
            for file in files:
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_text(file)
            static_folder.Folder(place).take(new)
        assert set(contents(place)) == {*after, static_folder.LIST}


def test_a_host_name_of_its_own_is_written_where_it_is_asked_for(folder):
    copy, _ = export(folder, cname="projects.example.org")
    assert copy.files["CNAME"] == b"projects.example.org\n"
    copy, _ = export(folder)
    assert "CNAME" not in copy.files


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"base": "team.example/site"}, "--base"),
        ({"base": "ftp://team.example/"}, "--base"),
        ({"base": "https://team.example/?a=b"}, "--base"),
        ({"cname": "https://team.example"}, "--cname"),
        ({"cname": "two words"}, "--cname"),
    ],
)
def test_an_option_that_means_nothing_is_refused(folder, options, said):
    with pytest.raises(CommandError, match=said):
        export(folder, **options)
    assert not folder.exists()


def test_progress_is_told_page_by_page_where_it_is_asked_for(folder):
    _, said = export(folder, verbosity=2)
    assert "1 /\n" in said
    assert "Wrote" in said


# Addresses


@pytest.mark.parametrize(
    ("address", "kind", "file"),
    [
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/projects/", "text/html", "projects/index.html"),
        ("/projects/?area=text&page=2", "text/html", "projects/area/text/page/2/index.html"),
        ("/projects/feed/?status=open", "application/atom+xml; charset=utf-8", "projects/feed-status-open.xml"),
        ("/projects.json?page=2", "application/json", "projects-page-2.json"),
        ("/sitemap.xml?part=3", "application/xml", "sitemap-part-3.xml"),
        ("/projects.html", "text/html", "projects.html"),
        ("/local-projects", "text/html", "local-projects/index.html"),
        ("/caf%C3%A9/", "text/html", "café/index.html"),
        ("/media/fellows/a.jpg", "image/jpeg", "media/fellows/a.jpg"),
    ],
)
def test_an_address_is_a_file(address, kind, file):
    assert file_of(address, kind) == file


@pytest.mark.parametrize(
    "address", ["/../x/", "/a/%2e%2e/b", "/a%2fb/", "/a%00/", "/.git/", f"/{'x' * 300}/", "/a%5cb/"]
)
def test_an_address_that_leads_out_of_the_folder_or_is_no_name_is_none(address):
    with pytest.raises(AddressError):
        file_of(address)


def test_one_file_leads_to_another():
    assert between("projects/a/index.html", "projects/index.html", names_index=False) == "../"
    assert between("projects/a/index.html", "projects/index.html", names_index=True) == "../index.html"
    assert between("index.html", "index.html", names_index=False) == "./"
    assert between("a/index.html", "static/x.css", names_index=False) == "../static/x.css"
    assert static_site.base_of("https://team.example/site") == "https://team.example/site/"
