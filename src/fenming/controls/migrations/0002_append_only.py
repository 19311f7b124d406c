"""The operation log and its seals are append-only, whoever writes to the database."""

from django.db import migrations

from fenming.controls.validity import append_only


class Migration(migrations.Migration):
    dependencies = (("controls", "0001_initial"),)
    operations = (append_only("controls_operation"), append_only("controls_seal"))
