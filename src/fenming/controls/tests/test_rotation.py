import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from fenming.controls import rotation, secrets
from fenming.controls.models import Operation
from fenming.controls.rotation import UNKNOWN, encrypted_columns, held, rotate
from fenming.controls.tests.table import Person, kept

People = type[Person]


def quiet(label: str, done: int, of: int) -> None: ...


@pytest.fixture
def filled(people: People) -> People:
    """Thirty people, some fields empty."""
    people.objects.bulk_create(
        [people(name=str(one), phone=f"138{one:08}" if one % 3 else None, base=one) for one in range(30)]
    )
    return people


def everything(people: People) -> list[tuple[str, str | None, str, Decimal | None]]:
    return list(people.objects.order_by("id").values_list("name", "phone", "note", "base"))


def keys_of(field: str) -> Counter[str]:
    return Counter(token.split(".")[1] for token in kept(field) if token)


def test_every_value_moves_to_the_primary_key_and_reads_as_before(filled: People) -> None:
    before, old = everything(filled), secrets.keyring().primary
    new = secrets.add_key("sm4-gcm")
    told: list[tuple[str, int, int]] = []
    done = rotate([filled], told=lambda *step: told.append(step), batch=8)
    assert everything(filled) == before
    assert keys_of("phone") == {new: 20}
    assert keys_of("base") == {new: 30}
    assert (done.changed, done.unreadable, done.held[new], done.held[old]) == (50, set(), 50, 0)
    assert told[-1] == ("controls.Person.base", 50, 50)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    entry = Operation.objects.get(action="keys.rotate")
    assert (entry.object, entry.after) == (new, {"changed": 50, "unreadable": 0})


def test_a_second_rotation_leaves_everything_alone(filled: People) -> None:
    secrets.add_key("aes-256-gcm")
    rotate([filled], told=quiet)
    tokens = kept("phone"), kept("base")
    assert rotate([filled], told=quiet).changed == 0
    assert (kept("phone"), kept("base")) == tokens


def test_a_value_written_meanwhile_stays(filled: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site writes between the reading and the writing of a batch."""
    new = secrets.add_key("aes-256-gcm")
    real = rotation._encrypted_anew

    def slow(*given: object) -> object:
        anew = real(*given)  # type: ignore[arg-type]
        filled.objects.filter(name="4").update(phone="13900000000")
        filled.objects.filter(name="5").update(phone=None)
        filled.objects.filter(name="7").delete()
        return anew

    monkeypatch.setattr(rotation, "_encrypted_anew", slow)
    rotate([filled], told=quiet)
    found = {name: phone for name, phone, _, _ in everything(filled)}
    assert (found["4"], found["5"], found["8"]) == ("13900000000", None, "13800000008")
    assert "7" not in found
    assert keys_of("phone") == {new: 18}


def test_a_value_that_cannot_be_read_is_named_and_left(filled: People) -> None:
    one = filled.objects.get(name="4")
    token = kept("phone")[4] or ""
    broken = f"{token[:-1]}{'A' if token[-1] != 'A' else 'Q'}"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE secrets_test_person SET phone = %s WHERE id = %s", [broken, one.pk])
        cursor.execute("UPDATE secrets_test_person SET phone = %s WHERE name = '5'", ["13812345678"])
    old, new = secrets.keyring().primary, secrets.add_key("aes-256-gcm")
    done = rotate([filled], told=quiet, batch=4)
    assert len(done.unreadable) == 2
    assert f"controls.Person.phone #{one.pk}" in done.unreadable
    assert kept("phone")[4] == broken
    assert (done.changed, done.held[new], done.held[old], done.held[UNKNOWN]) == (48, 48, 1, 1)


def test_the_count_takes_one_query_a_column(filled: People, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first = secrets.keyring().primary
    with django_assert_num_queries(3):
        assert held([filled]) == {first: 50, UNKNOWN: 0}


def test_a_rotation_takes_few_queries(people: People, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    people.objects.bulk_create([people(phone=str(one)) for one in range(1_000)])
    secrets.add_key("aes-256-gcm")
    with django_assert_max_num_queries(45):
        assert rotate([people], told=quiet).changed == 1_000


def test_the_columns_of_a_model_are_found() -> None:
    assert [one.label for one in encrypted_columns([Person])] == [
        "controls.Person.phone",
        "controls.Person.note",
        "controls.Person.base",
    ]
    assert all(one.model is not Person for one in encrypted_columns())


def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """A real process with a database of its own, killed twice without warning, then run to its end."""
    environment = os.environ | {
        "FENMING_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
        "FENMING_DB": "", "FENMING_KEYS": "", "FENMING_KEY_FILE": "",
    }  # fmt: skip

    def run(step: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "fenming.controls.tests.rotating", step]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def counts() -> list[int]:
        """Rows, wrong rows, values of the old key and of the new one."""
        with run("check") as checking:
            found = [int(one) for line in checking.stdout or () for one in line.split()]
        assert checking.returncode == 0
        return found

    with run("make") as making:
        pass
    assert making.returncode == 0
    moved = 0
    for _ in range(2):
        with run("rotate") as rotating:
            steps = [line for _, line in zip(range(5), rotating.stdout or (), strict=False)]
            rotating.kill()
        assert (len(steps), rotating.returncode) == (5, -9)
        rows, wrong, old, new = counts()
        assert (rows, wrong, old + new) == (300, 0, 600)
        assert moved + 35 <= new < 600
        moved = new
    with run("rotate") as rotating:
        assert {int(line.split()[2]) for line in rotating.stdout or ()} == {600 - moved}
    assert rotating.returncode == 0
    assert counts() == [300, 0, 0, 600]
