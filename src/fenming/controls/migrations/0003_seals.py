"""Seals over the operation log, and the indexes that its pages search by."""

from django.conf import settings
from django.db import migrations, models

from fenming.controls.validity import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("controls", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                ("ranges", models.JSONField()),
                ("count", models.PositiveIntegerField(verbose_name="entries")),
                ("through", models.BigIntegerField()),
                ("fingerprints", models.BinaryField()),
                ("previous", models.CharField(blank=True, max_length=200)),
                ("digest", models.CharField(db_index=True, max_length=200, verbose_name="digest")),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["actor", "at"], name="operation_actor"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["actor_name", "at"], name="operation_actor_name"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["action", "at"], name="operation_action"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["object", "at"], name="operation_object"),
        ),
        append_only("controls_seal"),
    ]
