"""Links that lead out of the portal, and what was found when they were looked at; editors and publishers see them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

READERS = ["Editor", "Publisher"]


def let_them_see(apps, schema_editor):
    """The permissions that Django would make after the last migration are made now, and found there then."""
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    kind, _ = ContentType.objects.using(database).get_or_create(app_label="portal", model="checkedlink")
    for act in ("view", "change"):
        permission, _ = Permission.objects.using(database).get_or_create(
            content_type=kind, codename=f"{act}_checkedlink", defaults={"name": f"Can {act} link"}
        )
        for group in Group.objects.using(database).filter(name__in=READERS):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0009_shared_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckedLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(editable=False, max_length=2000, unique=True)),
                ("places", models.JSONField(default=list, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("new", "Not checked yet"), ("fine", "Fine"), ("unsure", "Unsure"), ("dead", "Dead")],
                        db_index=True,
                        default="new",
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("answer", models.CharField(blank=True, editable=False, max_length=300)),
                ("checked_at", models.DateTimeField(editable=False, null=True, verbose_name="last checked")),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("gone_looks", models.PositiveIntegerField(default=0, editable=False)),
                ("failed_days", models.PositiveIntegerField(default=0, editable=False)),
                ("not_before", models.DateTimeField(editable=False, null=True)),
                (
                    "ignored_because",
                    models.CharField(
                        blank=True,
                        help_text="For your colleagues. The link leaves the list.",
                        max_length=300,
                        verbose_name="why it is fine",
                    ),
                ),
                ("ignored_by_name", models.CharField(blank=True, editable=False, max_length=200, verbose_name="by")),
                ("ignored_at", models.DateTimeField(editable=False, null=True)),
                (
                    "ignored_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "ordering": ["failing_since", "address"],
                "default_permissions": ["view", "change"],
            },
        ),
        migrations.RunPython(let_them_see, migrations.RunPython.noop),
    ]
