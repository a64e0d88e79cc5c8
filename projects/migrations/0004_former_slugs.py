from django.db import migrations, models

KINDS = ("area", "modality", "technique")


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_finder_indexes")]

    operations = [
        *(
            migrations.AddField(
                model_name=kind,
                name="former_slugs",
                field=models.JSONField(blank=True, default=list, editable=False, verbose_name="former addresses"),
            )
            for kind in KINDS
        ),
        *(
            migrations.AlterField(
                model_name=kind,
                name="slug",
                field=models.SlugField(
                    help_text="Stands in the address of a filtered list. A changed address forwards.",
                    max_length=80,
                    unique=True,
                    verbose_name="address",
                ),
            )
            for kind in KINDS
        ),
    ]
