"""Parts of a month as key dates, the webinar of a cohort, and documents with what the roles may do with them."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import portal.pdf_field

WRITE = ["view", "add", "change"]
ROLES = {"Editor": WRITE, "Publisher": [*WRITE, "delete"]}


def give_to_roles(apps, schema_editor):
    """Django makes these permissions after the last migration, and finds them there then."""
    database = schema_editor.connection.alias
    kinds = apps.get_model("contenttypes", "ContentType").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    groups = apps.get_model("auth", "Group").objects.using(database)
    kind, _ = kinds.get_or_create(app_label="fellowship", model="document")
    for role, acts in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        for act in acts:
            permission, _ = permissions.get_or_create(
                content_type=kind, codename=f"{act}_document", defaults={"name": f"Can {act} document"}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("fellowship", "0003_incomplete_drafts"),
        ("portal", "0007_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="keydate", name="keydate_precision_known"),
        migrations.AlterField(
            model_name="keydate",
            name="precision",
            field=models.CharField(
                choices=[
                    ("day", "That day"),
                    ("week", "The week of that day"),
                    ("early", "Early in that month"),
                    ("mid", "In the middle of that month"),
                    ("late", "Late in that month"),
                    ("month", "That month"),
                    ("approximate", "Around that month"),
                ],
                default="day",
                help_text="The page never says more than this.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="keydate",
            name="label",
            field=models.CharField(
                help_text="What happens then. When applications open and close, the webinar, the start and the end add "
                "themselves.",
                max_length=150,
            ),
        ),
        migrations.AddConstraint(
            model_name="keydate",
            constraint=models.CheckConstraint(
                condition=models.Q(("precision__in", ["day", "week", "early", "mid", "late", "month", "approximate"])),
                name="keydate_precision_known",
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="webinar_at",
            field=models.DateTimeField(
                blank=True,
                help_text="London time. It joins the key dates and the calendar by itself. "
                "Leave it empty if there is none.",
                null=True,
                verbose_name="webinar",
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="webinar_minutes",
            field=models.PositiveSmallIntegerField(
                default=60,
                help_text="The address to join is shown until then.",
                validators=[
                    django.core.validators.MinValueValidator(5),
                    django.core.validators.MaxValueValidator(480),
                ],
                verbose_name="length of the webinar in minutes",
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="webinar_url",
            field=models.URLField(
                blank=True,
                help_text="Everybody can see it, until the webinar is over.",
                verbose_name="webinar: address to join",
            ),
        ),
        migrations.AddField(
            model_name="cohort",
            name="webinar_recording_url",
            field=models.URLField(
                blank=True,
                help_text="It is shown once the webinar is over.",
                verbose_name="webinar: address of the recording",
            ),
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "title",
                    models.CharField(
                        help_text="What it is, such as Role description. Type and size add themselves.", max_length=150
                    ),
                ),
                (
                    "file",
                    portal.pdf_field.PdfField(
                        help_text="A PDF, at most 10 MB. Tagged, so that screen readers can follow it.",
                        size_field="size",
                        upload_to="documents",
                    ),
                ),
                ("size", models.PositiveIntegerField(default=0, editable=False, help_text="In bytes.")),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")),
                (
                    "cohort",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="documents",
                        to="fellowship.cohort",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="documents",
                        to="fellowship.programme",
                    ),
                ),
            ],
            options={
                "ordering": ["order", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cohort__isnull", False), ("programme__isnull", True)),
                            models.Q(("cohort__isnull", True), ("programme__isnull", False)),
                            _connector="OR",
                        ),
                        name="document_of_one_page",
                        violation_error_message="A document belongs to the programme or to one cohort.",
                    )
                ],
            },
        ),
        migrations.RunPython(give_to_roles, migrations.RunPython.noop),
    ]
