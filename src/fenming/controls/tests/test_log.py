"""The chain over the operation log: what it covers, and that every kind of tampering is named."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_migrate
from django.utils import timezone

from fenming.controls import operations, verification
from fenming.controls.models import Operation, Seal
from fenming.controls.operations import SYSTEM, record, seal_log
from fenming.controls.queries import heads_file
from fenming.controls.verification import Kind, verify

pytestmark = pytest.mark.django_db
LOG, SEALS = "controls_operation", "controls_seal"


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path


def entries(count: int) -> list[int]:
    """Entries some minutes old, as they come from operations."""
    made = [Operation(action="test.do", object=f"thing {n}", before={"n": n}, after={"n": n + 1}) for n in range(count)]
    old = timezone.now() - timedelta(minutes=30)
    with_time = Operation._meta.get_field("at")
    with_time.auto_now_add = False
    try:
        for number, one in enumerate(made):
            one.at = old + timedelta(seconds=number)
        Operation.objects.bulk_create(made)
    finally:
        with_time.auto_now_add = True
    return list(Operation.objects.order_by("id").values_list("id", flat=True))[-count:]


def chain(*sizes: int) -> list[int]:
    """Seals of so many entries each; the ids."""
    found = []
    for size in sizes:
        found += entries(size)
        assert seal_log() == size
    return found


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def unlock() -> None:
    """What an intruder with the rights of the owner does first."""
    for table in (LOG, SEALS):
        if connection.vendor == "postgresql":
            sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            sql(f"DROP TRIGGER {table}_append_only_update")
            sql(f"DROP TRIGGER {table}_append_only_delete")
            sql(f"DROP TRIGGER {table}_kept_whole_insert")


def forge(number: int, at: datetime) -> None:
    sql(
        f"INSERT INTO {LOG} (id, at, actor_name, action, object) VALUES (%s, %s, '', 'test.forged', 'thing')",
        number,
        at,
    )


def found(**more: Any) -> list[tuple[Kind, int | None, int | None]]:
    """The findings but for the missing triggers, which every tampering leaves."""
    findings = verify(**more).findings
    return [(one.kind, one.first or one.seal, one.last) for one in findings if one.kind != Kind.UNPROTECTED]


@pytest.mark.parametrize("table", [LOG, SEALS])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_the_database_refuses_to_change_and_delete(table: str, statement: str) -> None:
    chain(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement.format(table))


@pytest.mark.parametrize("table", [LOG, SEALS])
def test_the_database_refuses_to_put_rows_in_the_place_of_others_and_to_empty(table: str) -> None:
    """Neither asks the triggers upon changing and deleting a row."""
    chain(1)
    again = {"sqlite": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "postgresql": f"TRUNCATE {table}"}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(again[connection.vendor])


@pytest.mark.only_on("sqlite")  # PostgreSQL alters tables in place
def test_a_table_that_sqlite_makes_anew_is_guarded_again() -> None:
    """Altering a column there makes another table of the same name, without the triggers of the first."""
    before = triggers()
    sql(f"CREATE TABLE anew AS SELECT * FROM {LOG}")
    sql(f"DROP TABLE {LOG}")
    sql(f"ALTER TABLE anew RENAME TO {LOG}")
    assert triggers() < before
    config = apps.get_app_config("controls")
    post_migrate.send(config, app_config=config, using="default", plan=[(object(), False)])
    assert triggers() == before


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}


def test_an_untouched_chain_has_no_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "SEALED_AT_ONCE", 4)
    entries(10)
    assert seal_log() == 10
    assert list(Seal.objects.order_by("number").values_list("number", "count")) == [(1, 4), (2, 4), (3, 2)]
    verdict = verify()
    assert (verdict.seals, verdict.entries, verdict.findings) == (3, 10, [])
    assert seal_log() == 0


def test_an_entry_committed_late_below_sealed_ids_is_sealed_with_the_next() -> None:
    """On PostgreSQL ids are given out before transactions commit."""
    ids = entries(3)
    forge(ids[-1] + 5, timezone.now())
    assert seal_log() == 4
    forge(ids[-1] + 2, timezone.now())
    assert seal_log() == 1
    assert Seal.objects.get(number=2).ranges == [[ids[-1] + 2, ids[-1] + 2]]
    assert Seal.objects.get(number=2).through == ids[-1] + 5
    assert found() == []


def test_fresh_entries_may_wait_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    record(SYSTEM, "test.do", "thing")
    assert found() == []
    monkeypatch.setattr(verification, "GRACE", timedelta(0))
    number = Operation.objects.get().pk
    assert found() == [(Kind.UNSEALED, number, number)]


def test_a_changed_entry_is_named() -> None:
    ids = chain(3, 3)
    unlock()
    sql(f"UPDATE {LOG} SET actor_name = 'nobody' WHERE id = %s", ids[4])
    assert found() == [(Kind.CHANGED, ids[4], ids[4])]


@pytest.mark.parametrize("column", ["at", "actor_id", "action", "object", "before", "after", "address"])
def test_a_change_of_any_column_is_named(column: str) -> None:
    ids = chain(3)
    unlock()
    values = {"at": timezone.now(), "actor_id": 7, "before": '{"n": 9}', "after": '{"n": 9}', "address": "10.0.0.1"}
    sql(f"UPDATE {LOG} SET {column} = %s WHERE id = %s", values.get(column, "other"), ids[1])
    assert found() == [(Kind.CHANGED, ids[1], ids[1])]


def test_a_deleted_entry_is_named() -> None:
    ids = chain(3, 3)
    unlock()
    sql(f"DELETE FROM {LOG} WHERE id IN (%s, %s)", ids[1], ids[2])
    assert found() == [(Kind.DELETED, ids[1], ids[2])]


def test_an_entry_inserted_where_none_was_is_named() -> None:
    ids = entries(3)
    forge(ids[-1] + 10, timezone.now() - timedelta(hours=3))
    seal_log()
    forge(ids[-1] + 5, timezone.now() - timedelta(hours=2))
    assert found() == [(Kind.INSERTED, ids[-1] + 5, ids[-1] + 5)]


def test_an_entry_inserted_into_an_old_gap_is_never_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = entries(3)
    forge(ids[-1] + 10, timezone.now())
    seal_log()
    monkeypatch.setattr(operations, "OPEN", timedelta(0))
    forge(ids[-1] + 5, timezone.now() - timedelta(minutes=5))
    assert seal_log() == 0
    assert found() == [(Kind.INSERTED, ids[-1] + 5, ids[-1] + 5)]


def test_an_entry_that_claims_to_be_older_than_it_is_is_named_though_sealed() -> None:
    ids = chain(3)
    forge(ids[-1] + 1, timezone.now() - timedelta(hours=5))
    assert seal_log() == 1
    assert found() == [(Kind.BACKDATED, ids[-1] + 1, ids[-1] + 1)]


def test_a_backlog_sealed_in_several_seals_is_not_taken_for_backdated(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = entries(1)
    for day in range(9, 0, -1):
        forge(ids[-1] + 10 - day, timezone.now() - timedelta(days=day))
    unlock()
    sql(f"DELETE FROM {LOG} WHERE id = %s", ids[0])
    monkeypatch.setattr(operations, "SEALED_AT_ONCE", 2)
    assert seal_log() == 9
    assert found() == []


def test_two_entries_that_were_swapped_are_named() -> None:
    ids = chain(4)
    unlock()
    sql(f"UPDATE {LOG} SET id = -1 WHERE id = %s", ids[1])
    sql(f"UPDATE {LOG} SET id = %s WHERE id = %s", ids[1], ids[2])
    sql(f"UPDATE {LOG} SET id = %s WHERE id = -1", ids[2])
    assert found() == [(Kind.CHANGED, ids[1], ids[2])]


@pytest.mark.parametrize(
    "change",
    ["count = count + 1", "through = through + 1", "at = '2026-01-01T00:00:00Z'", "digest = 'hmac-sha256.AAAA'",
     "ranges = '[[1, 2]]'", "ranges = '\"x\"'", "previous = 'x'"],
)  # fmt: skip
def test_a_rewritten_seal_is_named(change: str) -> None:
    chain(2, 2, 2)
    unlock()
    sql(f"UPDATE {SEALS} SET {change} WHERE number = 2")
    assert (Kind.SEAL_REWRITTEN, 2, None) in found()


def test_changing_an_entry_and_its_fingerprint_does_not_help() -> None:
    ids = chain(2, 2)
    unlock()
    sql(f"UPDATE {LOG} SET action = 'other' WHERE id = %s", ids[0])
    seal = Seal.objects.get(number=1)
    sql(f"UPDATE {SEALS} SET fingerprints = %s WHERE number = 1", bytes(len(seal.fingerprints)))
    assert (Kind.SEAL_REWRITTEN, 1, None) in found()


def test_a_missing_seal_is_named_with_the_entries_that_it_leaves_bare() -> None:
    ids = chain(2, 2, 2)
    unlock()
    sql(f"DELETE FROM {SEALS} WHERE number = 2")
    assert found() == [(Kind.SEAL_MISSING, 2, None), (Kind.INSERTED, ids[2], ids[3])]


def test_the_first_seal_cannot_be_dropped_either() -> None:
    ids = chain(2, 2)
    unlock()
    sql(f"DELETE FROM {SEALS} WHERE number = 1")
    assert found() == [(Kind.SEAL_MISSING, 1, None), (Kind.INSERTED, ids[0], ids[1])]


def test_two_seals_that_were_swapped_are_named() -> None:
    chain(2, 2, 2, 2)
    unlock()
    for old, new in ((2, -1), (3, 2), (-1, 3)):
        sql(f"UPDATE {SEALS} SET number = %s WHERE number = %s", new, old)
    kinds = [one for one in found() if one[0] != Kind.INSERTED]
    assert kinds == [(Kind.SEAL_MOVED, 2, None), (Kind.SEAL_MOVED, 3, None)]


def test_a_genuine_seal_of_another_history_breaks_the_chain() -> None:
    chain(2, 2)
    old = Seal.objects.get(number=2)
    unlock()
    sql(f"DELETE FROM {SEALS} WHERE number = 1")
    other = Seal.objects.get(number=2)
    other.number, other.previous, other.through, other.ranges = 1, "", old.through, old.ranges
    other.digest = operations.secrets.seal(operations.seals.message(other))
    other.save(force_insert=True)
    assert (Kind.CHAIN_BROKEN, 2, None) in found()


def test_a_tail_that_was_cut_off_shows_by_a_digest_noted_elsewhere() -> None:
    ids = chain(2, 2)
    noted = Seal.objects.get(number=2).digest
    assert found(expect=noted) == []
    unlock()
    sql(f"DELETE FROM {SEALS} WHERE number = 2")
    sql(f"DELETE FROM {LOG} WHERE id >= %s", ids[2])
    assert found() == []
    assert found(expect=noted) == [(Kind.TRUNCATED, None, None)]


def test_a_tail_that_was_cut_off_shows_by_the_file_beside_the_data(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ids = chain(2, 2)
    assert [line.split()[0] for line in heads_file().read_text().splitlines()] == ["1", "2"]
    assert found() == []
    unlock()
    sql(f"DELETE FROM {SEALS} WHERE number = 2")
    sql(f"DELETE FROM {LOG} WHERE id >= %s", ids[2])
    assert found() == [(Kind.TRUNCATED, 2, None)]


@pytest.mark.parametrize("content", ["", "\n\n", "nonsense\n", "12\n", "\xff\xfe"])
def test_a_damaged_file_of_heads_is_no_crash(content: str) -> None:
    chain(1)
    heads_file().write_text(content)
    assert found() == []


def test_triggers_that_are_gone_are_named() -> None:
    chain(1)
    unlock()
    assert [one.kind for one in verify().findings] == [Kind.UNPROTECTED, Kind.UNPROTECTED]


def test_other_keys_make_every_seal_a_false_one(monkeypatch: pytest.MonkeyPatch) -> None:
    chain(1, 1)
    monkeypatch.setattr(verification.secrets, "check_seal", lambda data, seal: False)
    kinds = {one[0] for one in found()}
    assert Kind.SEAL_REWRITTEN in kinds


def test_the_newest_seals_alone_can_be_verified() -> None:
    ids = chain(2, 2, 2)
    unlock()
    sql(f"UPDATE {LOG} SET action = 'other' WHERE id IN (%s, %s)", ids[0], ids[5])
    verdict = verify(newest=2)
    assert (verdict.seals, verdict.entries) == (2, 4)
    assert found(newest=2) == [(Kind.CHANGED, ids[5], ids[5])]
    assert len(found(newest=99)) == 2


def test_the_second_of_two_workers_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    entries(2)
    stale = operations._next_seal()
    assert stale is not None
    assert seal_log() == 2
    monkeypatch.setattr(operations, "_next_seal", lambda: stale)
    assert seal_log() == 0
    assert Seal.objects.count() == 1


def test_sealing_takes_few_queries_whatever_the_number_of_entries(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    chain(5)
    entries(300)
    with django_assert_max_num_queries(20):
        assert seal_log() == 300
    with django_assert_max_num_queries(12):
        verify()
