"""A fellow can be hidden at once, and their poster is linked."""

from django.db import migrations, models

import portal.pdf_field


class Migration(migrations.Migration):
    dependencies = [
        ("fellowship", "0005_eligibility"),
    ]

    operations = [
        migrations.AddField(
            model_name="fellow",
            name="is_hidden",
            field=models.BooleanField(default=False, editable=False, verbose_name="hidden"),
        ),
        migrations.AddField(
            model_name="fellow",
            name="poster",
            field=portal.pdf_field.PdfField(
                blank=True, size_field="poster_size", upload_to="posters", verbose_name="poster: PDF"
            ),
        ),
        migrations.AddField(
            model_name="fellow",
            name="poster_size",
            field=models.PositiveIntegerField(default=0, editable=False, help_text="In bytes."),
        ),
        migrations.AddField(
            model_name="fellow",
            name="poster_url",
            field=models.URLField(
                blank=True,
                help_text="Where the poster can be read, if it is not stored here.",
                max_length=500,
                verbose_name="poster: address",
            ),
        ),
    ]
