"""One version of an indicator at a time."""

from django.db import migrations

from fenming.controls.validity import refuse_overlaps


class Migration(migrations.Migration):
    dependencies = (("indicators", "0001_initial"),)
    operations = (refuse_overlaps("indicators_ownindicator", ["identifier"]),)
