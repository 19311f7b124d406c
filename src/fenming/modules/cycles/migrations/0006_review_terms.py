"""Which scheme version a review was written under, and which page saved it last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cycles", "0005_improvements_agreed")]

    operations = [
        migrations.AddField("review", "terms", models.BigIntegerField(null=True)),
        migrations.AddField(
            "review", "form", models.CharField(blank=True, max_length=40, default=""), preserve_default=False
        ),
    ]
