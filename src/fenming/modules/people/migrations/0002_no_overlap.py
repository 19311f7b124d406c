"""Nobody is employed twice at once, or holds two primary posts at once."""

from django.db import migrations

from fenming.controls.validity import refuse_overlaps


class Migration(migrations.Migration):
    dependencies = (("people", "0001_initial"),)
    operations = (
        refuse_overlaps("people_assignment", ["employee_id"], where="is_primary"),
        refuse_overlaps("people_employment", ["employee_id"]),
    )
