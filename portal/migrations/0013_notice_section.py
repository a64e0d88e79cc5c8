from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0012_inbox'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='section',
            field=models.CharField(blank=True, help_text='On each of its pages.', max_length=100, verbose_name='shown in'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='body',
            field=models.TextField(help_text='One sentence. Readers see it at the top of the page while it is in force.', verbose_name='message'),
        ),
    ]
