"""The roles as groups, the audit list, and the table in which attempts to sign in are counted.

The roles need the permissions of apps that stand on this one and may not be migrated yet. Their names are data here;
what Django would make after the last migration is made now, and found there then.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models

CACHE = "portal_cache"
WRITE = ["view", "add", "change"]

# By app, the kinds of things in words. A kind with a lifecycle is published too.
CONTENT = {
    "portal": {
        "organisation": "organisation",
        "notice": "notice",
        "statement": "statement",
        "forwardingaddress": "forwarding address",
    },
    "projects": {
        "area": "area",
        "technique": "technique",
        "modality": "type of data",
        "applicationround": "application round",
        "project": "project",
        "placement": "placement",
        "output": "output",
    },
    "fellowship": {
        "programme": "programme",
        "cohort": "cohort",
        "fellow": "fellow",
        "questionsection": "question section",
        "question": "question",
        "keydate": "key date",
        "testimonial": "testimonial",
        "fellowlink": "fellow link",
    },
    "articles": {"article": "article"},
}
PUBLISHED = {"project", "programme", "cohort", "fellow", "article"}
LOGS = {"portal": {"statuschange": "status change", "datechange": "date change"}}
PEOPLE = {"portal": {"user": "user"}, "auth": {"group": "group"}}
AUDIT = {"portal": {"auditevent": "audit event"}}
MOVE_DATES = ("portal", "datechange", "move_dates", "Can move the dates by which people apply")


def acts_on(kinds, acts):
    """Each permission as app, model, codename and words."""
    return [
        (app, model, f"{act}_{model}", f"Can {act} {words}")
        for app, models_of_app in kinds.items()
        for model, words in models_of_app.items()
        for act in acts
        if act != "publish" or model in PUBLISHED
    ]


ROLES = {
    "Editor": [*acts_on(CONTENT, WRITE), *acts_on(LOGS, ["view"])],
    "Publisher": [*acts_on(CONTENT, [*WRITE, "delete", "publish"]), *acts_on(LOGS, ["view"]), MOVE_DATES],
    "Administrator": [*acts_on(PEOPLE, [*WRITE, "delete"]), *acts_on(LOGS, ["view"]), *acts_on(AUDIT, ["view"])],
}


def make_roles(apps, schema_editor):
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for role, permissions in ROLES.items():
        group, _ = Group.objects.using(database).get_or_create(name=role)
        for app, model, codename, words in permissions:
            kind, _ = ContentType.objects.using(database).get_or_create(app_label=app, model=model)
            permission, _ = Permission.objects.using(database).get_or_create(
                content_type=kind, codename=codename, defaults={"name": words}
            )
            group.permissions.add(permission)


def remove_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


def make_cache(apps, schema_editor):
    call_command("createcachetable", CACHE, database=schema_editor.connection.alias, verbosity=0)


def remove_cache(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE IF EXISTS {schema_editor.quote_name(CACHE)}")


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0006_revision_author"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="datechange",
            options={
                "default_permissions": ["view"],
                "ordering": ["-at", "-pk"],
                "permissions": [("move_dates", "Can move the dates by which people apply")],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("status", "Status"),
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
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="time")),
                ("by_name", models.CharField(blank=True, editable=False, max_length=200, verbose_name="by")),
                ("about", models.CharField(blank=True, editable=False, max_length=300)),
                ("detail", models.TextField(blank=True, editable=False)),
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
                "verbose_name": "audit event",
                "verbose_name_plural": "audit events",
                "ordering": ["-at", "-pk"],
                "default_permissions": ["view"],
                "indexes": [models.Index(fields=["-at"], name="auditevent_newest")],
            },
        ),
        migrations.RunPython(make_cache, remove_cache),
        migrations.RunPython(make_roles, remove_roles),
    ]
