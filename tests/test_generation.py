"""The content generation moves with every change of content, by whatever path, and with nothing else."""

import logging
import re
import threading

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from portal import generation, search
from portal.generation import NOT_CONTENT, writes_content
from portal.models import AuditEvent, CheckedLink, ContentChange
from projects.models import Area, Project
from tests import factories as make
from tests.test_moves_at_once import at_once
from tests.world import World, public_paths

two_connections = pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="a database in memory has one connection; runs on PostgreSQL"
)


@pytest.fixture
def moved_by(db, django_capture_on_commit_callbacks):
    """Whether the generation of the host moves by an act, once it is committed; and how many rows tell of it."""

    def moved(act):
        connection.run_on_commit.clear()  # what was written before is another transaction
        before, rows = generation.of_host(), ContentChange.objects.count()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        moved.rows = ContentChange.objects.count() - rows
        return generation.of_host() != before

    return moved


# By whatever path


def _raw(sql, many=None):
    with connection.cursor() as cursor:
        if many:
            cursor.executemany(sql, many)
        else:
            cursor.execute(sql)


def _area(slug="sepsis"):
    return Area(name=slug.capitalize(), slug=slug, definition="A word.")


WAYS = {
    "saved": lambda article: article.save(),
    "made": lambda article: _area().save(),
    "made many": lambda article: Area.objects.bulk_create([_area(), _area("stroke")]),
    "made or not": lambda article: Area.objects.bulk_create([_area()], ignore_conflicts=True),
    "changed many": lambda article: Article.objects.update(title="Another"),
    "changed in bulk": lambda article: Article.objects.bulk_update([article], ["title"]),
    "deleted": lambda article: article.delete(),
    "deleted many": lambda article: Article.objects.all().delete(),
    "deleted raw": lambda article: article.areas.through.objects.all()._raw_delete("default"),
    "related": lambda article: article.areas.add(Area.objects.latest("pk")),
    "no longer related": lambda article: article.areas.through.objects.all().delete(),
    "moved": lambda article: article.move_to("draft", by=None),
    "indexed": lambda article: search.index(article),
    "raw": lambda article: _raw("UPDATE articles_article SET title = 'Raw'"),
    "raw, quoted and long": lambda article: _raw("\n  update  \"articles_article\"\n SET title = 'Raw'"),
    "raw, many": lambda article: _raw("UPDATE articles_article SET title = %s", [["One"], ["Two"]]),
    "raw, with": lambda article: _raw(
        "WITH old AS (SELECT id FROM articles_article) DELETE FROM articles_article_areas "
        "WHERE article_id IN (SELECT id FROM old)"
    ),
    "told": lambda article: generation.touch(),
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_writes_content_moves_it_once(moved_by, way):
    article = make.ArticleFactory()
    area = make.AreaFactory()
    if way in {"no longer related", "deleted raw"}:
        article.areas.add(area)
    assert moved_by(lambda: WAYS[way](article))
    assert moved_by.rows == 1


def test_a_save_in_the_admin_and_an_import_move_it(moved_by, admin_client, folder):
    area = make.AreaFactory()
    address = f"/admin/projects/area/{area.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields if name != "aliases"}
    assert moved_by(lambda: admin_client.post(address, {**sent, "aliases": "[]", "definition": "Anew."}))
    folder.write("guide.md", "---\ntitle: A guide\nkind: article\n---\n\nWords.\n")
    assert moved_by(folder.load) == Article.objects.exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.get("/"),
        lambda client: client.get("/admin/login/"),
        lambda client: make.StaffFactory(),
        lambda client: client.force_login(make.StaffFactory()),
        lambda client: CheckedLink.objects.update(ignored_at=None),
        lambda client: AuditEvent.objects.update(at=F("at")),
        lambda client: Area.objects.first(),
    ],
)
def test_what_no_page_shows_does_not(moved_by, client, act):
    assert not moved_by(lambda: act(client))
    assert moved_by.rows == 0


@pytest.mark.parametrize("table", sorted(NOT_CONTENT))
def test_no_statement_on_what_is_not_content_counts(table):
    for sql in ['INSERT INTO "{}" ("a") VALUES (1)', 'UPDATE "{}" SET a = 1', "DELETE FROM {}"]:
        assert not writes_content(sql.format(table))
        assert writes_content(sql.format(f"{table}s"))


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ('INSERT OR IGNORE INTO "x" VALUES (1)', True),
        ('REPLACE INTO "x" VALUES (1)', True),
        ('INSERT INTO "public"."x" VALUES (1)', True),
        ('INSERT INTO "public"."django_session" VALUES (1)', False),
        ('DELETE FROM ONLY "x"', True),
        ('TRUNCATE "x", "django_session"', True),
        ("MERGE INTO x USING y ON 1 = 1 WHEN MATCHED THEN DELETE", True),
        ("COPY x FROM STDIN", True),
        ("COPY x TO STDOUT", False),
        ("-- a word\nUPDATE x SET a = 1", True),
        ("/* a word */ DELETE FROM x", True),
        ("SELECT 'UPDATE x SET a = 1'", False),
        ('SELECT * FROM "x" FOR UPDATE', False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("SAVEPOINT update_x", False),
        ("PRAGMA foreign_keys = ON", False),
    ],
)
def test_statements_are_known_by_their_heads(sql, writes):
    assert writes_content(sql) is writes


@pytest.mark.django_db
def test_every_table_that_is_not_content_is_one_of_ours():
    tables = {*connection.introspection.table_names(), "django_admin_log"}
    optional = {name for name in NOT_CONTENT if name.startswith("socialaccount_")}
    assert tables >= NOT_CONTENT - optional


@pytest.mark.django_db
def test_no_public_page_reads_what_is_not_content(client):
    world = World()
    assert apps.get_model("fellowship", "Cohort")._meta.db_table not in NOT_CONTENT
    for path in [*public_paths(world), "/an/old/address/"]:
        if path in {"/healthz", "/readyz"}:
            continue
        with CaptureQueriesContext(connection) as captured:
            client.get(path).getvalue()
        read = {table for query in captured for table in re.findall(r'(?:FROM|JOIN) "?(\w+)', query["sql"])}
        assert not read & NOT_CONTENT, path


# In one transaction


def test_what_is_rolled_back_was_not_written(moved_by):
    article = make.ArticleFactory()

    def change_your_mind():
        with transaction.atomic():
            article.save()
            assert generation.current() is None
            transaction.set_rollback(True)
        assert generation.current() is not None

    assert not moved_by(change_your_mind)
    assert moved_by.rows == 0


def test_what_is_written_after_a_savepoint_was_rolled_back_counts(moved_by):
    article = make.ArticleFactory()

    def try_twice():
        with transaction.atomic():
            article.save()
            transaction.set_rollback(True)
        article.save()

    assert moved_by(try_twice)
    assert moved_by.rows == 1


@pytest.mark.django_db
def test_who_writes_reads_what_they_wrote():
    assert generation.current() is not None
    make.ArticleFactory()
    assert generation.current() is None
    assert generation.of_host() == generation.of_host()


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_a_change_and_its_row_are_one():
    before = generation.of_host()
    area = _area()
    area.save()  # an insert that gives its key back
    assert area.pk == Area.objects.get().pk
    assert generation.of_host() != before
    assert ContentChange.objects.count() == 1
    moved = generation.of_host()
    with pytest.raises(IntegrityError):
        Area.objects.bulk_create([_area()])
    with pytest.raises(IntegrityError):
        _raw("UPDATE projects_area SET slug = NULL")
    assert generation.of_host() == moved
    assert ContentChange.objects.count() == 1
    assert not connection.in_atomic_block
    assert generation.current() == moved


@two_connections
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_ends_after_a_later_one_is_seen(monkeypatch):
    monkeypatch.setattr(generation._known, "tell", lambda row: None)  # the writers are on another host
    follower = generation._Follower()
    with transaction.atomic():
        _area("first").save()
        at_once(lambda: _area("second").save())
        at_once(follower.ask)
        (second,) = follower.seen
        before = generation.of_host()
    at_once(follower.ask)
    (first,) = follower.seen - {second}
    assert first < second
    assert generation.of_host() != before


# Others


@pytest.fixture
def follower(db, monkeypatch):
    """In a process that has been told of no row yet: tests are taken back, and the next gives the same numbers."""
    known = generation._Known()
    known._write(0)
    monkeypatch.setattr(generation, "_known", known)
    follower = generation._Follower()
    follower.ask()
    return follower


def test_a_change_is_told_to_the_other_processes_of_the_host_by_the_stamp(moved_by):
    other = generation._Known()  # what another process knows, which asks the database for nothing
    before = other.generation()
    assert moved_by(make.AreaFactory)
    assert other.generation() != before


def test_a_row_that_no_stamp_told_of_moves_it(follower):
    before = generation.of_host()
    ContentChange.objects.create()  # as another host does, or a process that dies before it sets the stamp
    assert generation.of_host() == before
    follower.ask()
    moved = generation.of_host()
    assert moved != before
    follower.ask()
    assert generation.of_host() == moved


def test_a_row_that_the_stamp_told_of_does_not_move_it_twice(follower, moved_by):
    assert moved_by(lambda: make.AreaFactory())
    moved = generation.of_host()
    follower.ask()
    assert generation.of_host() == moved


def test_the_first_look_moves_it_since_what_was_made_before_may_be_older(db):
    before = generation.of_host()
    generation._Follower().ask()
    assert generation.of_host() != before


def test_who_serves_asks_by_itself_again_and_again(monkeypatch):
    asked = threading.Semaphore(0)

    class ThreeTimes(generation._Follower):
        every = 0.001
        left = 3

        def ask(self):
            self.seen, self.left = set(), self.left - 1
            asked.release()
            if not self.left:
                self.every = 3600

    monkeypatch.setattr(generation, "_follower", ThreeTimes())
    generation.follow()
    generation.follow()
    assert all(asked.acquire(timeout=30) for _ in range(3))


def test_the_log_stays_short_and_what_is_taken_out_of_it_moves_it(follower, monkeypatch):
    monkeypatch.setattr(generation, "KEPT_ROWS", 3)
    for _ in range(10):
        generation.touch()
        connection.run_on_commit.clear()
    assert ContentChange.objects.count() <= 6
    follower.ask()
    before = generation.of_host()
    ContentChange.objects.order_by("pk").first().delete()
    follower.ask()
    assert generation.of_host() != before


def test_while_the_database_is_away_it_stays_and_the_log_says_so_once(follower, monkeypatch, caplog):
    before = generation.of_host()

    def away(*args, **kwargs):
        raise OperationalError("no route")

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "portal.generation"):
        patch.setattr(connection, "close", lambda: None)  # of the test
        patch.setattr(ContentChange.objects.all().__class__, "values_list", away)
        follower.ask()
        follower.ask()
        assert generation.of_host() == before
        assert len(caplog.records) == 1
    follower.ask()
    assert [record.message for record in caplog.records][1:] == ["The database answers again."]


def test_without_a_folder_for_the_stamp_this_process_still_knows(moved_by, monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(generation._known, "path", str(tmp_path / "none" / "generation"))
    with caplog.at_level(logging.ERROR, "portal.generation"):
        assert moved_by(lambda: make.AreaFactory())
        assert moved_by(lambda: make.AreaFactory())
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text


def test_a_stamp_of_somebody_else_is_replaced_by_one_of_ours(monkeypatch, tmp_path):
    known = generation._Known()
    known.path = str(tmp_path / "generation")
    first = known.generation()
    real = generation.os.utime

    def refuse(path, *when, **values):
        if str(path) == known.path:
            raise PermissionError(1, "Operation not permitted")
        real(path, *when, **values)

    monkeypatch.setattr(generation.os, "utime", refuse)
    known.tell(7)
    assert known.generation() != first
    assert known.moves == 0
    assert [path.name for path in tmp_path.iterdir()] == ["generation"]


def test_a_deleted_stamp_is_made_anew(tmp_path):
    known = generation._Known()
    known.path = str(tmp_path / "generation")
    first = known.generation()
    (tmp_path / "generation").unlink()
    assert known.generation() != first


@pytest.mark.django_db
def test_before_its_table_is_there_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(generation, "_has_log", set())
    monkeypatch.setattr(connection.introspection, "table_names", lambda *args, **kwargs: [])
    make.ProjectFactory()
    assert Project.objects.exists()
    assert not ContentChange.objects.exists()
