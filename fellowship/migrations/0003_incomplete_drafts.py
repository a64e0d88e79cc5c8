import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fellowship", "0002_copied_from"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="fellow",
            options={
                "default_permissions": ["add", "change", "delete", "view", "publish"],
                "ordering": ["-cohort_id", "name"],
            },
        ),
        migrations.AddField(
            model_name="fellow",
            name="photo_is_decorative",
            field=models.BooleanField(
                default=False,
                help_text="Tick it for an image that tells readers nothing. Screen readers then pass it over.",
                verbose_name="it only decorates",
            ),
        ),
        migrations.AlterField(
            model_name="cohort",
            name="ends_on",
            field=models.DateField(
                blank=True, help_text="A draft may do without; a published cohort may not.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="cohort",
            name="starts_on",
            field=models.DateField(
                blank=True, help_text="A draft may do without; a published cohort may not.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="fellow",
            name="cohort",
            field=models.ForeignKey(
                blank=True,
                help_text="A draft may do without; a published profile may not.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fellows",
                to="fellowship.cohort",
            ),
        ),
        migrations.AlterField(
            model_name="fellow",
            name="photo_alt",
            field=models.CharField(
                blank=True,
                help_text="What the photo shows, for those who cannot see it.",
                max_length=200,
                verbose_name="photo: alternative text",
            ),
        ),
        migrations.AlterField(
            model_name="fellow",
            name="slug",
            field=models.SlugField(
                blank=True,
                help_text="The last part of the page's address. Empty, it is made for you. A changed address forwards.",
                max_length=120,
                unique=True,
                verbose_name="address",
            ),
        ),
        migrations.AddConstraint(
            model_name="cohort",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "draft"),
                    models.Q(("ends_on__isnull", False), ("starts_on__isnull", False)),
                    _connector="OR",
                ),
                name="cohort_public_has_dates",
                violation_error_message="Say when it starts and ends: the phase that readers see follows from it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fellow",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), ("cohort__isnull", False), _connector="OR"),
                name="fellow_public_has_cohort",
                violation_error_message="Choose a cohort: readers find fellows on its page.",
            ),
        ),
    ]
