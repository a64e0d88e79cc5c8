"""The full-text index: an FTS5 table on SQLite, a generated tsvector with a GIN index on PostgreSQL.

On SQLite its rows are written by ``portal.search``, not by triggers: Django drops those whenever it rebuilds a table.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQLITE = "CREATE VIRTUAL TABLE portal_search_fts USING fts5(title, terms, summary, body, tokenize = 'unicode61')"
POSTGRESQL = [
    """
    ALTER TABLE portal_searchentry ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', terms), 'B') ||
        setweight(to_tsvector('simple', summary), 'C') || setweight(to_tsvector('simple', body), 'D')
    ) STORED
    """,
    "CREATE INDEX portal_search_document ON portal_searchentry USING gin (document)",
]


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in [SQLITE] if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE portal_search_fts")
    else:
        schema_editor.execute("ALTER TABLE portal_searchentry DROP COLUMN document")


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
