from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0005_copied_from"),
    ]

    operations = [
        migrations.AlterField(
            model_name="project",
            name="slug",
            field=models.SlugField(
                blank=True,
                help_text="The last part of the page's address. Empty, it is made for you. A changed address forwards.",
                max_length=120,
                unique=True,
                verbose_name="address",
            ),
        ),
    ]
