"""A calibration is never changed: what undoes one is a row of its own."""

from django.db import migrations

from fenming.controls.validity import append_only


class Migration(migrations.Migration):
    dependencies = (("cycles", "0001_initial"),)
    operations = (append_only("cycles_calibration"),)
