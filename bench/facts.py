"""Facts made by DuckDB's ``hash()``: the same rows on every machine, kept in ``var/bench`` and used again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from fenming.lake.schema import arrow_schema, sql_columns
from fenming.rules.periods import Period, months, parse

FACT = "service_session"
YEAR = parse("2026")
ROWS, PEOPLE, ACCOUNTS = 50_000_000, 2_000, 300


def kept() -> Path:
    """Where made facts lie between runs."""
    folder = Path(__file__).parent.parent / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sessions(
    rows: int, people: int = PEOPLE, *, over: Period = YEAR, named: int = 90, accounts: int = ACCOUNTS
) -> Path:
    """A lake of that many sessions, of which ``named`` per cent name one of that many people."""
    label = over.label.replace("..", "_")
    root = kept() / f"sessions-{label}-{rows}-{people}-{named}-{accounts}"
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        _make(root, rows, over, {"people": people, "named": named, "accounts": accounts})
        (root / "done").touch()
    return root


def _make(root: Path, rows: int, over: Period, sizes: dict[str, int]) -> None:
    connection = duckdb.connect(config={"memory_limit": "2GB"})
    whole = list(months(over.start, over.end))
    for number, month in enumerate(whole):
        first, last = (rows * place // len(whole) for place in (number, number + 1))
        print(f"  making {last - first:,} sessions of {month.label}", flush=True)
        sql = rows_sql(month, last - first, first, **sizes)
        write_deltalake(root / FACT, batches(connection, sql), mode="append", partition_by=["month"])
    connection.close()


def batches(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """The rows of a query in the lake's own schema."""
    schema = arrow_schema(FACT)
    reader = connection.sql(sql).to_arrow_reader(200_000)

    def cast() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield from pa.Table.from_batches([batch]).cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, cast())


def rows_sql(month: Period, rows: int, first: int, *, people: int, named: int, accounts: int) -> str:
    """``rows`` sessions spread evenly over a month, numbered from ``first``, in the order of time."""
    step = month.days * 86_400_000_000 // max(rows, 1)
    made = {
        "fact_id": f"'S' || lpad(CAST({first} + i AS VARCHAR), 9, '0')",
        "source": "'bench'",
        "batch": f"'{month.label}'",
        "occurred_at": f"TIMESTAMP '{month.start}' + to_microseconds(i * {step} + {_some(6, 1_000_000)} % {step})",
        "zone": "'Asia/Shanghai'",
        "employee": f"CASE WHEN {_some(1, 100)} < {named} THEN {person(_some(2, people))} END",
        "account": f"'account_' || {_some(3, accounts)}",
        "month": f"'{month.label}'",
        **_values(),
    }
    types = {"source_row": "BIGINT", **sql_columns(FACT)}
    columns = [
        f'CAST({made.get(field.name, "NULL")} AS {types.get(field.name, "VARCHAR")}) AS "{field.name}"'
        for field in arrow_schema(FACT)
    ]
    return f"SELECT {', '.join(columns)} FROM (SELECT i, {first} + i AS k FROM range({rows}) AS r(i))"


def person(number: str) -> str:
    """The number of a person as SQL, from the SQL of 0, 1, 2 …"""
    return f"'E' || lpad(CAST({number} AS VARCHAR), 5, '0')"


def _some(salt: int, below: int) -> str:
    return f"CAST(hash(k, {salt}) % {below} AS BIGINT)"


def _values() -> dict[str, str]:
    return {
        "platform": f"['taobao', 'tmall', 'jd', 'pdd', 'douyin', 'wechat'][{_some(4, 6)} + 1]",
        "shop": f"'shop_' || {_some(5, 60)}",
        "session": "CAST(k AS VARCHAR)",
        "answered": f"{_some(13, 100)} < 96",
        "offline_message": f"{_some(14, 100)} < 3",
        "auto_reply": f"{_some(15, 100)} < 5",
        "first_reply_ms": f"CAST(pow({_some(7, 10_000)} / 10000.0, 3) * 600000 AS BIGINT)",
        "reply_wait_ms": f"{_some(16, 600_000)}",
        "reply_turns": f"1 + {_some(17, 20)}",
        "handle_ms": f"30000 + {_some(8, 1_500_000)}",
        "agent_messages": f"1 + {_some(18, 40)}",
        "buyer_messages": f"1 + {_some(19, 40)}",
        "resolved": f"{_some(9, 100)} < 82",
        "rating": f"CASE WHEN {_some(10, 100)} < 45"
        f" THEN 5 - CAST(pow({_some(11, 1000)} / 1000.0, 2) * 5 AS BIGINT) % 5 END",
        "repeat_complaint": f"{_some(12, 1000)} < 17",
        "presale": f"{_some(20, 100)} < 40",
        "paid_amount": f"CASE WHEN {_some(21, 100)} < 12 THEN {_some(22, 90_000)} / 100.0 END",
    }


def size_of(root: Path) -> int:
    """The bytes of the facts of a lake."""
    return sum(Path(path).stat().st_size for path in DeltaTable(root / FACT).file_uris())
