"""Proposals of projects in the inbox, with what the roles may do there."""

import django.db.models.deletion
from django.db import migrations, models

KIND = ("projects", "proposal", "proposal")
ROLES = {"Editor": ["view", "change"], "Publisher": ["view", "change", "delete"]}


def give_to_roles(apps, schema_editor):
    """Django makes these permissions after the last migration, and finds them there then."""
    database = schema_editor.connection.alias
    app, model, words = KIND
    kinds = apps.get_model("contenttypes", "ContentType").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    groups = apps.get_model("auth", "Group").objects.using(database)
    kind, _ = kinds.get_or_create(app_label=app, model=model)
    for role, acts in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        for act in acts:
            permission, _ = permissions.get_or_create(
                content_type=kind, codename=f"{act}_{model}", defaults={"name": f"Can {act} {words}"}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0012_inbox'),
        ('projects', '0006_incomplete_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('message_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='portal.message')),
                ('person', models.CharField(choices=[('student', 'A student'), ('host', 'From an organisation that could host or supervise'), ('other', 'Somebody else')], editable=False, max_length=20, verbose_name='who writes')),
                ('organisation', models.CharField(blank=True, editable=False, max_length=200)),
                ('datasets', models.TextField(blank=True, editable=False, verbose_name='data')),
                ('ideas', models.TextField(blank=True, editable=False, verbose_name='techniques or ideas')),
                ('area', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposals', to='projects.area')),
                ('modalities', models.ManyToManyField(blank=True, editable=False, related_name='proposals', to='projects.modality', verbose_name='types of data')),
                ('project', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposal', to='projects.project')),
            ],
            options={
                'default_permissions': ['view', 'change', 'delete'],
            },
            bases=('portal.message',),
        ),
        migrations.RunPython(give_to_roles, migrations.RunPython.noop),
    ]
