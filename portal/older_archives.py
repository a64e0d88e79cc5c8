"""Archives of an earlier portal: brought up to this one in a database of their own, which is thrown away.

The site that is restored never has an old schema. The same migrations run as in an upgrade of the portal itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

from portal import archive_rows, backup, databases
from portal.archive import Archive, ArchiveError, Manifest, Writer, rows_name


def is_older(manifest: Manifest) -> bool:
    """Whether this code has migrations that the archive was made without.

    Raises ``ArchiveError`` if the archive has some that this code does not know.
    """
    theirs = {(app, name) for app, names in manifest.migrations.items() for name in names}
    loader = MigrationLoader(None)
    ours = set(loader.graph.nodes) | set(loader.disk_migrations)
    if unknown := sorted(theirs - ours):
        listed = ", ".join(f"{app}.{name}" for app, name in unknown[:5])
        raise ArchiveError(
            f"This backup was made by portal {manifest.portal}, which has migrations that this one does not know: "
            f"{listed}{' and more' if len(unknown) > 5 else ''}. Restore it with that version or a later one, and with "
            "the same settings of signing in (OIDC_…)."
        )
    return bool(set(loader.graph.nodes) - theirs)


def brought_up(archive: Archive, folder: Path) -> Archive:
    """An archive of the same rows as this portal would have them, made in ``folder``. Media are not in it."""
    path = folder / "brought-up"
    with standing_in(folder / "older.sqlite3"):
        _load_as_it_was(archive)
        call_command("migrate", interactive=False, verbosity=0)
        said = archive.manifest
        manifest = Manifest(
            said.made_at, said.portal, said.django, connection.vendor, backup.applied_migrations(), has_media=False
        )
        with path.open("wb") as file:
            writer = Writer(file)
            backup.write_rows(writer, manifest, beside=folder, tell=lambda words: None)
            writer.finish(manifest)
    return Archive(path)


@contextmanager
def standing_in(path: Path) -> Iterator[None]:
    """An SQLite file in place of the portal's database, for everything that this thread does.

    Migrations that move data ask for “the” database, so it has to be that.
    """
    usual = connections["default"]
    found = {**usual.settings_dict, "ENGINE": databases.SQLITE, "NAME": str(path), "OPTIONS": {}}
    stand_in = load_backend(databases.SQLITE).DatabaseWrapper(
        databases.configured(found, statement_seconds=0, is_pooled=False), "default"
    )
    connections["default"] = stand_in
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        stand_in.close()
        connections["default"] = usual
        ContentType.objects.clear_cache()


def migrate_to(migrations: dict[str, list[str]]) -> MigrationExecutor:
    """Bring an empty database to the state that these migrations, and no others, make."""
    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, names in migrations.items() for name in names} & set(executor.loader.graph.nodes)
    last = [
        node
        for node in sorted(wanted)
        if not {child.key for child in executor.loader.graph.node_map[node].children} & wanted
    ]
    executor.migrate(last)
    executor.loader.build_graph()
    return executor


def _load_as_it_was(archive: Archive) -> None:
    executor = migrate_to(archive.manifest.migrations)
    wanted = set(executor.loader.applied_migrations)
    then = executor.loader.project_state(sorted(wanted)).apps
    models = {model._meta.label_lower: model for model in archive_rows.kept(then)}
    refuse_other_tables(archive.manifest, set(models))
    with transaction.atomic():
        for model in models.values():
            archive_rows.delete_all(model)  # what migrations put into a new database
        by_member = {rows_name(label): label for label in models}
        for name, lines in archive.members("rows/"):
            label = by_member[name]
            table = archive.manifest.tables[label]
            archive_rows.load(models[label], table.columns, lines)
            archive_rows.go_on_from(models[label], table.last_id)


def refuse_other_tables(manifest: Manifest, labels: set[str]) -> None:
    """Raise ``ArchiveError`` unless the archive has the rows of exactly these models."""
    if wrong := sorted(manifest.tables.keys() ^ labels):
        raise ArchiveError(f"This backup has other tables than its migrations make: {', '.join(wrong)}.")
