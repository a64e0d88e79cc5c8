import django.db.models.functions.text
from django.db import migrations, models


def over_terms(column):
    """An index by which the projects of a term are found, and counted, without reading the table."""
    table = f"projects_project_{'techniques' if column == 'technique' else 'modalities'}"
    return migrations.RunSQL(
        f"CREATE INDEX projects_of_{column} ON {table} ({column}_id, project_id)",
        f"DROP INDEX projects_of_{column}",
    )


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_reserved_addresses")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="sort_title",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Lower("title"),
                output_field=models.CharField(max_length=250),
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["status", "round", "area"], name="project_counts"),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["sort_title", "id", "status", "round", "area"], name="project_list"),
        ),
        over_terms("technique"),
        over_terms("modality"),
    ]
