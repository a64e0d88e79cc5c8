"""Who can apply for a cohort, by region and profession."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fellowship", "0004_dates_and_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="EligibilityCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "region",
                    models.CharField(
                        choices=[
                            ("east-of-england", "East of England"),
                            ("london", "London"),
                            ("midlands", "Midlands"),
                            ("north-east-and-yorkshire", "North East and Yorkshire"),
                            ("north-west", "North West"),
                            ("northern-ireland", "Northern Ireland"),
                            ("scotland", "Scotland"),
                            ("south-east", "South East"),
                            ("south-west", "South West"),
                            ("wales", "Wales"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "profession",
                    models.CharField(
                        choices=[
                            ("allied-health", "Allied health professional"),
                            ("dentist", "Dentist"),
                            ("doctor", "Doctor"),
                            ("midwife", "Midwife"),
                            ("nurse", "Nurse"),
                            ("pharmacy", "Pharmacy professional"),
                            ("scientist", "Healthcare scientist"),
                        ],
                        max_length=20,
                    ),
                ),
                ("can_apply", models.BooleanField()),
                ("reason", models.TextField(blank=True, max_length=500)),
                (
                    "cohort",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="eligibility",
                        to="fellowship.cohort",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to who can apply",
                "verbose_name_plural": "answers to who can apply",
                "ordering": ["region", "profession"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cohort", "region", "profession"),
                        name="eligibilitycell_once_per_cohort",
                        violation_error_message="This cohort has an answer for that region and profession already.",
                    )
                ],
            },
        ),
    ]
