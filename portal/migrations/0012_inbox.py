"""The inbox of what readers write, with what the roles may do there, and the table in which uses of forms are counted."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

KIND = ("portal", "message", "message")
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
        ('portal', '0011_digests'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterField(
            model_name='statement',
            name='body',
            field=models.TextField(help_text='Replaces the text that the portal comes with, at once. “[fill in: …]” marks what is still missing; {name}, {organisation}, {email}, {answer_days} and {inbox_days} are filled in from the settings.'),
        ),
        migrations.CreateModel(
            name='FormUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('sender', models.CharField(blank=True, max_length=64)),
                ('number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('hour', 'sender'), name='formuse_one_per_sender_and_hour')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('proposal', 'Proposal'), ('question', 'Question'), ('problem', 'Problem')], editable=False, max_length=20)),
                ('token', models.CharField(editable=False, max_length=64, unique=True)),
                ('page', models.CharField(blank=True, editable=False, max_length=300, verbose_name='about the page')),
                ('name', models.CharField(blank=True, editable=False, max_length=100, verbose_name='from')),
                ('email', models.EmailField(blank=True, editable=False, max_length=254, verbose_name='email address')),
                ('title', models.CharField(blank=True, editable=False, max_length=200)),
                ('text', models.TextField(blank=True, editable=False, verbose_name='message')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='came')),
                ('state', models.CharField(choices=[('new', 'New'), ('answered', 'Answered'), ('closed', 'Closed')], default='new', help_text='Close what needs nothing more.', max_length=20)),
                ('state_at', models.DateTimeField(editable=False, null=True, verbose_name='since')),
                ('by_name', models.CharField(blank=True, editable=False, max_length=200, verbose_name='by')),
                ('note', models.TextField(blank=True, help_text='For staff only. It is erased with the message.', max_length=5000, verbose_name='private note')),
                ('acknowledgement', models.CharField(choices=[('due', 'Not sent yet'), ('sent', 'Sent'), ('failed', 'Could not be sent'), ('no-server', 'Not sent: no mail server is set'), ('no-address', 'Not sent: no email address was given'), ('held', 'Not sent: this address has been sent enough for one day')], default='due', editable=False, max_length=20)),
                ('announcement', models.CharField(choices=[('due', 'Not sent yet'), ('sent', 'Sent'), ('failed', 'Could not be sent'), ('no-server', 'Not sent: no mail server is set'), ('no-address', 'Not sent: no email address was given'), ('held', 'Not sent: this address has been sent enough for one day')], default='due', editable=False, max_length=20, verbose_name='email to the team')),
                ('erased_on', models.DateField(editable=False, null=True)),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'default_permissions': ['view', 'change', 'delete'],
                'indexes': [models.Index(fields=['state', '-at'], name='message_of_state')],
            },
        ),
        migrations.RunPython(give_to_roles, migrations.RunPython.noop),
    ]
