"""One version of a scheme at a time."""

from django.db import migrations

from fenming.controls.validity import refuse_overlaps


class Migration(migrations.Migration):
    dependencies = (("schemes", "0001_initial"),)
    operations = (refuse_overlaps("schemes_schemeversion", ["identifier"]),)
