"""Links that show one draft, and the answers to them, which editors and publishers read."""

import secrets

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


READERS = ["Editor", "Publisher"]


def let_them_read(apps, schema_editor):
    """The permission that Django would make after the last migration is made now, and found there then."""
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    kind, _ = ContentType.objects.using(database).get_or_create(app_label="portal", model="draftanswer")
    permission, _ = Permission.objects.using(database).get_or_create(
        content_type=kind, codename="view_draftanswer", defaults={"name": "Can view answer to a shared draft"}
    )
    for group in Group.objects.using(database).filter(name__in=READERS):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0008_submissions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("status", "Status"),
                    ("submission", "Submission"),
                    ("sharing", "Shared draft"),
                    ("deletion", "Deletion"),
                    ("permission", "People and permissions"),
                    ("sign-in", "Sign-in"),
                    ("sign-out", "Sign-out"),
                    ("refused", "Refused sign-in"),
                    ("security", "Password and second step"),
                    ("export", "Export"),
                    ("edit", "Edit by a deleted account"),
                ],
                editable=False,
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="SharedDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(editable=False, max_length=100)),
                ("object_id", models.BigIntegerField(editable=False)),
                ("title", models.CharField(editable=False, max_length=300)),
                ("reader", models.CharField(editable=False, max_length=100)),
                ("question", models.TextField(blank=True, editable=False)),
                ("key", models.CharField(default=secrets.token_urlsafe, editable=False, max_length=43)),
                ("by_name", models.CharField(blank=True, editable=False, max_length=200, verbose_name="by")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(editable=False)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "revoked_by_name",
                    models.CharField(blank=True, editable=False, max_length=200, verbose_name="revoked by"),
                ),
                (
                    "by",
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
                "ordering": ["-at", "-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="DraftAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[("right", "It looks right"), ("change", "Change this")],
                        editable=False,
                        max_length=10,
                        verbose_name="answer",
                    ),
                ),
                ("words", models.TextField(blank=True, editable=False)),
                ("name", models.CharField(blank=True, editable=False, max_length=100)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="time")),
                ("dealt_with_at", models.DateTimeField(editable=False, null=True, verbose_name="dealt with")),
                (
                    "dealt_with_by_name",
                    models.CharField(blank=True, editable=False, max_length=200, verbose_name="dealt with by"),
                ),
                (
                    "shared_draft",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="portal.shareddraft",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to a shared draft",
                "verbose_name_plural": "answers to shared drafts",
                "ordering": ["-at", "-pk"],
                "default_permissions": ["view"],
            },
        ),
        migrations.AddIndex(
            model_name="shareddraft",
            index=models.Index(fields=["kind", "object_id", "-at"], name="shareddraft_of_item"),
        ),
        migrations.AddConstraint(
            model_name="draftanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict", "right"), models.Q(("words", ""), _negated=True), _connector="OR"),
                name="draftanswer_change_says_what",
            ),
        ),
        migrations.RunPython(let_them_read, migrations.RunPython.noop),
    ]
