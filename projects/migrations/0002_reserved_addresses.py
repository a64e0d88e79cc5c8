from itertools import count

from django.db import migrations, models

RESERVED = ("calendar", "data", "feed", "propose", "rounds", "terms")


def make_way(apps, schema_editor):
    """A project that stands where a page of the portal will stand moves to the next free address."""
    Project = apps.get_model("projects", "Project")
    for project in Project.objects.filter(slug__in=RESERVED):
        taken = set(Project.objects.filter(slug__startswith=project.slug).values_list("slug", flat=True))
        free = (f"{project.slug}-{number}" for number in count(2))
        Project.objects.filter(pk=project.pk).update(slug=next(slug for slug in free if slug not in taken))


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [
        migrations.RunPython(make_way, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__in", RESERVED), _negated=True),
                name="project_address_is_free",
                violation_error_message="Choose another address: a page of the portal itself stands at this one.",
            ),
        ),
    ]
