from itertools import count

from django.db import migrations, models

RESERVED = ("feed",)


def make_way(apps, schema_editor):
    """An article that stands where the feed will stand moves to the next free address."""
    Article = apps.get_model("articles", "Article")
    for article in Article.objects.filter(slug__in=RESERVED):
        taken = set(Article.objects.filter(slug__startswith=article.slug).values_list("slug", flat=True))
        free = (f"{article.slug}-{number}" for number in count(2))
        Article.objects.filter(pk=article.pk).update(slug=next(slug for slug in free if slug not in taken))


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_incomplete_drafts")]

    operations = [
        migrations.AlterField(
            model_name="article",
            name="body",
            field=models.TextField(
                blank=True,
                help_text=(
                    "Begin below the title. A quotation with ____ blanks becomes a text to fill in. Words in brackets "
                    "beside a blank, such as ____ (your role), name it, and leave the text once it is filled in."
                ),
            ),
        ),
        migrations.RunPython(make_way, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__in", RESERVED), _negated=True),
                name="article_address_is_free",
                violation_error_message="Choose another address: a page of the portal itself stands at this one.",
            ),
        ),
    ]
