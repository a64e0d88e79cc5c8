from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0001_initial"),
        ("projects", "0006_incomplete_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="article",
            name="cover_is_decorative",
            field=models.BooleanField(
                default=False,
                help_text="Tick it for an image that tells readers nothing. Screen readers then pass it over.",
                verbose_name="it only decorates",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="body",
            field=models.TextField(
                blank=True, help_text="Begin below the title. A quotation with ____ blanks becomes a text to fill in."
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="cover_alt",
            field=models.CharField(
                blank=True,
                help_text="What the image shows, for those who cannot see it.",
                max_length=200,
                verbose_name="cover: alternative text",
            ),
        ),
        migrations.AlterField(
            model_name="article",
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
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), models.Q(("body", ""), _negated=True), _connector="OR"),
                name="article_public_has_body",
                violation_error_message="Write the text: without it, the page is empty.",
            ),
        ),
    ]
