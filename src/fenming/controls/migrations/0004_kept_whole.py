"""The log and its seals cannot be emptied at once, nor a row be put in another's place."""

from django.db import migrations

from fenming.controls.validity import kept_whole


class Migration(migrations.Migration):
    dependencies = (("controls", "0003_run_departments"),)
    operations = (kept_whole("controls_operation"), kept_whole("controls_seal", "number"))
