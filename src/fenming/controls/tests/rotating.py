"""A process of its own that rotates a table of its database, to be killed: ``rotating make|rotate|check``."""

import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - Django first
from django.db import connection  # noqa: E402

from fenming.controls.rotation import held, rotate  # noqa: E402
from fenming.controls.secrets import add_key, keyring  # noqa: E402
from fenming.controls.tests.table import Person  # noqa: E402

ROWS = 300


def make() -> None:
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Person)
    Person.objects.bulk_create([Person(name=str(one), phone=f"138{one:08}", base=one) for one in range(ROWS)])
    add_key("sm4-gcm")


def check() -> None:
    """Print how many rows are not as they were made, and the counts of the keys, the primary's last."""
    rows = Person.objects.order_by("id").values_list("name", "phone", "base")
    wrong = [row for number, row in enumerate(rows) if row != (str(number), f"138{number:08}", number)]
    counts = held([Person])
    print(len(rows), len(wrong), *(counts[name] for name in keyring().algorithms))


def tell(label: str, done: int, of: int) -> None:
    print(label, done, of, flush=True)
    time.sleep(0.01)  # so that it is killed on the way


def go() -> None:
    rotate([Person], told=tell, batch=7)


if __name__ == "__main__":
    {"make": make, "check": check, "rotate": go}[sys.argv[1]]()
