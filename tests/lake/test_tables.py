"""Facts at rest: what a write does, that it may be repeated and interrupted, and that readers keep their version."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import writing
from smallfacts import NOON, batch

from fenming.lake.engine import DuckEngine
from fenming.lake.tables import COMPACT_AFTER, Lake, Snapshot, Written
from fenming.library.text import Refusal

END = date(2027, 1, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def write(lake: Lake, *rows: Mapping[str, Any], name: str = "first") -> Written:
    return lake.write("parcel", batch("parcel", rows), name=name, source="test")


def parcel(number: str, freight: str = "6.00", **more: Any) -> dict[str, Any]:
    return {"parcel": number, "freight": Decimal(freight), **more}


def held(
    snapshot: Snapshot, columns: str = "f.parcel, f.freight", start: date | None = None, end: date = END
) -> list[Any]:
    """What a reader of this snapshot finds."""
    engine = DuckEngine([snapshot.root])
    try:
        sql = f"SELECT {columns} FROM fact AS f ORDER BY f.parcel, f.freight"
        return engine.rows(sql, fact="parcel", files=snapshot.files("parcel", start, end))
    finally:
        engine.close()


def counts(written: Written) -> tuple[int, int, int]:
    return written.new, written.same, written.changed


# New, same, changed


def test_a_first_batch_is_new_and_repeated_is_the_same(lake: Lake) -> None:
    rows = [parcel("A"), parcel("B")]
    first, again = write(lake, *rows), write(lake, *rows)
    assert counts(first) == (2, 0, 0)
    assert counts(again) == (0, 2, 0)
    assert again.version == first.version == 0


def test_a_mixed_batch_appends_ignores_and_replaces(lake: Lake) -> None:
    write(lake, parcel("A"), parcel("B"))
    assert counts(write(lake, parcel("A"), parcel("B", "7.00"), parcel("C"))) == (1, 1, 1)
    assert held(lake.snapshot()) == [("A", Decimal("6.00")), ("B", Decimal("7.00")), ("C", Decimal("6.00"))]


def test_an_empty_value_that_is_filled_in_and_emptied_again_is_a_change(lake: Lake) -> None:
    write(lake, parcel("A"))
    assert counts(write(lake, parcel("A", complaint=True))) == (0, 0, 1)
    assert counts(write(lake, parcel("A", complaint=True))) == (0, 1, 0)
    assert counts(write(lake, parcel("A"))) == (0, 0, 1)
    assert held(lake.snapshot(), "f.complaint") == [(None,)]


def test_an_empty_batch_makes_a_table_without_facts(lake: Lake) -> None:
    assert counts(write(lake)) == (0, 0, 0)
    assert held(lake.snapshot()) == []
    assert counts(write(lake, parcel("A"))) == (1, 0, 0)


def test_another_origin_alone_is_no_change_and_the_first_is_kept(lake: Lake) -> None:
    write(lake, parcel("A", source_file="one.xlsx", source_sheet="1", source_row=7))
    assert counts(write(lake, parcel("A", source_file="two.xlsx", source_row=9), name="second")) == (0, 1, 0)
    place = "f.source, f.batch, f.source_file, f.source_sheet, f.source_row"
    assert held(lake.snapshot(), place) == [("test", "first", "one.xlsx", "1", 7)]


def test_a_correction_brings_its_own_origin(lake: Lake) -> None:
    write(lake, parcel("A", source_file="one.xlsx", source_row=7))
    write(lake, parcel("A", "7.00", source_file="two.xlsx", source_row=9), name="second")
    assert held(lake.snapshot(), "f.batch, f.source_file, f.source_row") == [("second", "two.xlsx", 9)]


def test_ids_come_from_the_natural_key_or_are_kept_when_given(lake: Lake, tmp_path: Path) -> None:
    write(lake, parcel("A"))
    given = batch("parcel", [parcel("B")]).append_column("fact_id", pa.array(["own id"]))
    pq.write_table(given, tmp_path / "batch's.parquet")
    lake.write("parcel", [tmp_path / "batch's.parquet"], name="it's", source="test")
    assert held(lake.snapshot(), "f.fact_id, f.batch") == [("parcel:A", "first"), ("own id", "it's")]


@pytest.mark.parametrize(
    ("row", "named"), [({"parcel": None}, "parcel"), ({"parcel": "A", "occurred_at": None}, "occurred_at")]
)
def test_a_row_without_its_key_or_time_is_refused_and_nothing_is_written(
    row: dict[str, Any], named: str, lake: Lake
) -> None:
    with pytest.raises(Refusal, match=f"In 1 rows of “parcel” “{named}” is empty.*import again") as refused:
        write(lake, parcel("B"), row)
    assert f"“{named}”为空" in refused.value.words.zh
    assert lake.snapshot().versions == {}


def test_half_a_key_does_not_make_two_facts_one(lake: Lake) -> None:
    rows = [{"survey": "S", "topic": None, "respondent": "x"}, {"survey": "S", "topic": "x", "respondent": None}]
    with pytest.raises(Refusal, match="topic"):
        lake.write("survey_answer", batch("survey_answer", rows), name="b", source="test")


@pytest.mark.parametrize("before", [(), (parcel("A"),)], ids=["new", "known"])
def test_a_fact_twice_in_one_batch_is_refused_and_nothing_is_written(before: Any, lake: Lake) -> None:
    write(lake, *before)
    held_before = held(lake.snapshot())
    with pytest.raises(Refusal, match="1 ids of “parcel” occur twice"):
        write(lake, parcel("A", "7.00"), parcel("A", "8.00"), parcel("B"))
    assert held(lake.snapshot()) == held_before


# Months


def test_facts_are_read_by_the_months_asked_for(lake: Lake) -> None:
    for number, month in enumerate((9, 10, 11)):
        write(lake, parcel(f"P{number}", occurred_at=datetime(2026, month, 1)))
    snapshot = lake.snapshot()
    assert held(snapshot, "f.parcel", date(2026, 10, 1), date(2026, 11, 1)) == [("P1",)]
    assert held(snapshot, "f.parcel", date(2026, 9, 30), date(2026, 10, 2)) == [("P0",), ("P1",)]
    assert held(snapshot, "f.parcel", None, date(2026, 11, 1)) == [("P0",), ("P1",)]
    assert snapshot.files("order_line", None, END) == []


def test_a_corrected_time_moves_the_fact_to_its_month_without_a_double(lake: Lake) -> None:
    october, november = datetime(2026, 10, 31, 23, 59), datetime(2026, 11, 1, 0, 1)
    write(lake, parcel("A", occurred_at=october), parcel("B", occurred_at=october))
    assert counts(write(lake, parcel("A", occurred_at=november), parcel("B", occurred_at=october))) == (0, 1, 1)
    snapshot = lake.snapshot()
    assert held(snapshot, "f.parcel, f.occurred_at") == [("A", november), ("B", october)]
    assert held(snapshot, "f.parcel", date(2026, 10, 1), date(2026, 11, 1)) == [("B",)]
    assert held(snapshot, "f.parcel", date(2026, 11, 1), date(2026, 12, 1)) == [("A",)]
    write(lake, parcel("A", occurred_at=october))
    assert held(lake.snapshot(), "f.parcel", date(2026, 10, 1), date(2026, 11, 1)) == [("A",), ("B",)]


def test_corrections_in_several_months_go_in_one_batch(lake: Lake) -> None:
    at = {month: datetime(2026, month, 3) for month in (8, 9, 10)}
    write(lake, *(parcel(f"P{month}", occurred_at=time) for month, time in at.items()))
    moved = [parcel("P8", "1.00", occurred_at=at[10]), parcel("P9", "2.00", occurred_at=at[8])]
    assert counts(write(lake, *moved, parcel("P10", occurred_at=at[10]))) == (0, 1, 2)
    assert held(lake.snapshot(), "f.parcel, f.freight, f.occurred_at") == [
        ("P10", Decimal("6.00"), at[10]),
        ("P8", Decimal("1.00"), at[10]),
        ("P9", Decimal("2.00"), at[8]),
    ]


# Readers keep their version


def test_an_old_snapshot_sees_old_facts_after_imports_compaction_and_vacuum(lake: Lake) -> None:
    write(lake, parcel("A"))
    before = lake.snapshot()
    write(lake, parcel("A", "9.00"), parcel("B"))
    write(lake, parcel("C"))
    lake.compact("parcel")
    removed = lake.vacuum(keep=[before.versions], hours=0)
    assert removed > 0
    assert held(before) == held(lake.pinned(dict(before.versions))) == [("A", Decimal("6.00"))]
    assert held(lake.snapshot(), "f.parcel") == [("A",), ("B",), ("C",)]


def test_vacuum_without_a_pin_removes_what_only_old_versions_need(lake: Lake) -> None:
    write(lake, parcel("A"))
    before = lake.snapshot()
    files = [Path(path) for path in before.files("parcel", None, END)]
    write(lake, parcel("A", "9.00"))
    assert lake.vacuum() == 0
    assert all(path.exists() for path in files)
    assert lake.vacuum(hours=0) >= 1
    assert not any(path.exists() for path in files)
    assert held(lake.snapshot()) == [("A", Decimal("9.00"))]


def test_compaction_changes_files_and_no_facts(lake: Lake) -> None:
    for number in range(5):
        write(lake, parcel(f"P{number}"))
    before = lake.snapshot()
    lake.compact("parcel")
    after = lake.snapshot()
    assert held(before) == held(after)
    assert len(before.files("parcel", None, END)) == 5
    assert len(after.files("parcel", None, END)) == 1


def test_many_small_files_are_compacted_by_the_next_write(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert COMPACT_AFTER == 200
    monkeypatch.setattr("fenming.lake.tables.COMPACT_AFTER", 3)
    for number in range(5):
        written = write(lake, parcel(f"P{number}"))
    assert len(lake.snapshot().files("parcel", None, END)) == 1
    assert written.version == lake.snapshot().versions["parcel"]
    assert len(held(lake.snapshot())) == 5


def test_the_half_written_file_of_a_killed_writer_is_swept_and_never_read(lake: Lake) -> None:
    write(lake, parcel("A"))
    (whole,) = (Path(path) for path in lake.snapshot().files("parcel", None, END))
    leftover = whole.with_name("part-00001-dead.zstd.parquet#1")
    leftover.write_bytes(whole.read_bytes()[:100])
    assert held(lake.snapshot(), "f.parcel") == [("A",)]
    assert lake.vacuum() == 1
    assert not leftover.exists()
    assert held(lake.snapshot(), "f.parcel") == [("A",)]


def test_dropping_forgets_every_fact(lake: Lake) -> None:
    write(lake, parcel("A"))
    lake.drop()
    assert lake.snapshot().versions == {}
    assert counts(write(lake, parcel("A"))) == (1, 0, 0)


# Several writers, and dead ones


def run(lake: Lake, moment: str, first: int, count: int, freight: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, writing.__file__, str(lake.root), moment, str(first), str(count), freight]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_processes_writing_the_same_table_at_once_lose_nothing(lake: Lake) -> None:
    jobs = [(0, 600, "1.00"), (300, 600, "1.00"), (600, 600, "1.00")]
    with ThreadPoolExecutor(len(jobs)) as pool:
        done = list(pool.map(lambda job: run(lake, "never", *job), jobs))
    assert [one.returncode for one in done] == [0, 0, 0], done
    written = [tuple(int(number) for number in one.stdout.split()) for one in done]
    assert sum(new for new, _, _ in written) == 1200
    assert sum(same for _, same, _ in written) == 600
    assert [row[0] for row in held(lake.snapshot(), "f.parcel")] == [f"P{number:06}" for number in range(1200)]


def test_threads_writing_the_same_table_at_once_lose_nothing(lake: Lake) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda number: write(lake, parcel(f"P{number}"), parcel("shared")), range(8)))
    assert sum(one.new for one in done) == 9
    assert len(held(lake.snapshot())) == 9


@pytest.mark.parametrize("moment", [moment for moment in writing.MOMENTS if moment != "never"])
def test_a_killed_write_leaves_whole_facts_and_a_repeated_one_completes_it(moment: str, lake: Lake) -> None:
    lake.write("parcel", writing.parcels(0, 1000, "1.00"), name="before", source="test")
    before = dict(held(lake.snapshot()))

    assert run(lake, moment, 500, 1500, "2.00").returncode == -signal.SIGKILL
    left = held(lake.snapshot())
    wanted = {f"P{number:06}": Decimal("2.00" if number >= 500 else "1.00") for number in range(2000)}
    assert len(left) == len(dict(left))
    assert len(left) in (1000, 2000)
    assert all(freight in (before.get(number), wanted[number]) for number, freight in left)

    again = run(lake, "never", 500, 1500, "2.00")
    assert again.returncode == 0, again.stderr
    assert held(lake.snapshot()) == sorted(wanted.items())
    assert counts(lake.write("parcel", writing.parcels(500, 1500, "2.00"), name="x", source="x")) == (0, 1500, 0)
    lake.vacuum(hours=0)
    assert held(lake.snapshot()) == sorted(wanted.items())


def test_time_of_the_event_is_kept_to_the_microsecond(lake: Lake) -> None:
    exact = NOON.replace(microsecond=123_457)
    write(lake, parcel("A", occurred_at=exact))
    assert held(lake.snapshot(), "f.occurred_at") == [(exact,)]
