"""A table with sensitive fields that belongs to no module."""

from django.apps.registry import Apps
from django.db import connection, models

from fenming.controls.fields import EncryptedDecimal, EncryptedText


class Person(models.Model):
    name = models.CharField(max_length=20)
    phone = EncryptedText(max_length=11, null=True, blank=True)
    note = EncryptedText(max_length=200, blank=True, default="")
    base = EncryptedDecimal(max_digits=10, decimal_places=2, null=True)

    class Meta:
        app_label = "controls"
        apps = Apps()
        db_table = "secrets_test_person"


def kept(field: str) -> list[str | None]:
    """What the database holds of a field."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM secrets_test_person ORDER BY id")
        return [value for (value,) in cursor.fetchall()]
