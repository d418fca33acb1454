from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0003_durations_of_runs'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='progress',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
