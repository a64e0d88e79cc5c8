"""Who gets the weekly email on what needs attention, and for which week they last got it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0010_checked_links")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="gets_digest",
            field=models.BooleanField(
                default=True,
                help_text="Once a week, what needs their attention, where there is anything. "
                "It goes to the address above.",
                verbose_name="gets the weekly email",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="digest_week",
            field=models.CharField(blank=True, default="", editable=False, max_length=8),
        ),
    ]
