"""Which scoring of a cycle began last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cycles", "0006_review_terms")]

    operations = [migrations.AddField("cycle", "scorings", models.PositiveIntegerField(default=0))]
