"""Where a cohort was copied from."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fellowship", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="cohort",
            name="copied_from",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="copies",
                to="fellowship.cohort",
            ),
        ),
    ]
