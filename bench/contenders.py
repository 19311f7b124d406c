"""The same twelve indicators by other means: one query each, pandas, Polars, PostgreSQL."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import psycopg
import sqlglot

from bench.facts import FACT
from bench.twelve import BY_HAND, fused, listed
from fenming.rules.periods import Period

Rows = dict[str, dict[str, Any]]
COLUMNS = [
    "employee", "platform", "occurred_at", "answered", "auto_reply", "offline_message", "first_reply_ms", "handle_ms",
    "resolved", "rating", "repeat_complaint",
]  # fmt: skip


def connection() -> duckdb.DuckDBPyConnection:
    """DuckDB with the settings that Fenming's engine has."""
    opened = duckdb.connect()
    opened.execute("SET memory_limit = '800MB'; SET preserve_insertion_order = false").fetchall()
    return opened


def hand(opened: duckdb.DuckDBPyConnection, files: list[str], span: Period) -> Rows:
    found = opened.execute(fused(listed(files), span)).fetchall()
    return {row[0]: dict(zip(BY_HAND, row[1:], strict=True)) for row in found}


def twelve_queries(opened: duckdb.DuckDBPyConnection, files: list[str], span: Period) -> Rows:
    found: Rows = {}
    for name in BY_HAND:
        for person, value in opened.execute(fused(listed(files), span, (name,))).fetchall():
            found.setdefault(person, {})[name] = value
    return found


def _bounds(span: Period) -> tuple[datetime, datetime]:
    return datetime.combine(span.start, time()), datetime.combine(span.end, time())


def polars(files: list[str], span: Period) -> Rows:
    c, (start, end) = pl.col, _bounds(span)
    rows = pl.scan_parquet(files, hive_partitioning=False).filter(
        (c("occurred_at") >= start) & (c("occurred_at") < end) & c("employee").is_not_null()
    )
    found = rows.group_by("employee").agg(**_polars_values()).collect(engine="streaming")
    return {row.pop("employee"): row for row in found.to_dicts()}


def _polars_values() -> dict[str, pl.Expr]:
    c, hour = pl.col, pl.col("occurred_at").dt.hour()
    taken = c("answered").is_null() | c("answered")
    personal = (c("auto_reply").is_null() | ~c("auto_reply")) & (c("offline_message").is_null() | ~c("offline_message"))
    counted = personal & (hour >= 9) & (hour < 23)
    of_counted = counted & (c("first_reply_ms").is_not_null() | ~c("answered"))
    return {
        "sessions": pl.len(),
        "resolution_rate": (taken & c("resolved")).sum() / c("resolved").filter(taken).count(),
        "response_time": c("first_reply_ms").filter(personal).mean() / 1000,
        "thirty_second_reply_rate": (counted & (c("first_reply_ms") <= 30000)).sum() / of_counted.sum(),
        "average_handle_time": c("handle_ms").filter(taken).mean() / 1000,
        "satisfaction_score": c("rating").mean(),
        "rating_participation_rate": c("rating").filter(taken).count() / taken.sum(),
        "satisfied_rate": (c("rating") >= 4).sum() / c("rating").count(),
        "repeat_complaint_rate": c("repeat_complaint").mean(),
        "handle_hours": c("handle_ms").sum() / 1000,
        "douyin_sessions": (c("platform") == "douyin").sum(),
        "night_share": ((hour >= 22) | (hour < 6)).mean(),
    }


def pandas(files: list[str], span: Period) -> Rows:
    """Column by column into memory, as most people write it."""
    start, end = _bounds(span)
    d = pd.concat([pd.read_parquet(name, columns=COLUMNS) for name in files], ignore_index=True)
    d = d[d.employee.notna() & (d.occurred_at >= start) & (d.occurred_at < end)]
    hour, taken = d.occurred_at.dt.hour, d.answered.ne(False)
    personal = d.auto_reply.ne(True) & d.offline_message.ne(True)
    counted = personal & (hour >= 9) & (hour < 23)
    made = pd.DataFrame(
        {
            "employee": d.employee,
            "sessions": 1,
            "resolved_taken": taken & d.resolved,
            "taken": taken,
            "reply": d.first_reply_ms.where(personal),
            "quick": counted & (d.first_reply_ms <= 30000),
            "counted": counted & (d.first_reply_ms.notna() | ~d.answered),
            "handled": d.handle_ms.where(taken),
            "rating": d.rating,
            "rated_taken": taken & d.rating.notna(),
            "good": d.rating >= 4,
            "repeat_complaint": d.repeat_complaint,
            "handle_ms": d.handle_ms,
            "douyin": d.platform == "douyin",
            "night": (hour >= 22) | (hour < 6),
        }
    )
    return _pandas_values(made.groupby("employee"))


def _pandas_values(g: "pd.api.typing.DataFrameGroupBy[Any, Any]") -> Rows:
    s, n = g.sum(), g.count()
    found = pd.DataFrame(
        {
            "sessions": s.sessions,
            "resolution_rate": s.resolved_taken / s.taken,
            "response_time": s.reply / n.reply / 1000,
            "thirty_second_reply_rate": s.quick / s.counted,
            "average_handle_time": s.handled / n.handled / 1000,
            "satisfaction_score": s.rating / n.rating,
            "rating_participation_rate": s.rated_taken / s.taken,
            "satisfied_rate": s.good / n.rating,
            "repeat_complaint_rate": s.repeat_complaint / n.repeat_complaint,
            "handle_hours": s.handle_ms / 1000,
            "douyin_sessions": s.douyin,
            "night_share": s.night / n.night,
        }
    )
    return {str(person): row for person, row in found.to_dict("index").items()}


def postgresql(address: str, files: list[str], span: Period) -> tuple[Callable[[], Rows], Callable[[], None]]:
    """Load the facts of the files into a table; the one query, and the twelve."""
    server = psycopg.connect(address, autocommit=True)
    opened = connection()
    described = opened.execute(f"DESCRIBE SELECT {', '.join(COLUMNS)} FROM {listed(files)}").fetchall()
    kinds = {row[0]: row[1] for row in described}
    columns = ", ".join(f"{name} {'TEXT' if kind == 'VARCHAR' else kind}" for name, kind in kinds.items())
    server.execute(f"DROP TABLE IF EXISTS {FACT}; CREATE TABLE {FACT} ({columns})")
    with server.cursor().copy(f"COPY {FACT} FROM STDIN") as copy:
        rows = opened.execute(f"SELECT {', '.join(COLUMNS)} FROM {listed(files)}")
        while part := rows.fetchmany(100_000):
            for row in part:
                copy.write_row(row)
    server.execute(f"VACUUM ANALYZE {FACT}")

    def query(names: tuple[str, ...]) -> Rows:
        sql = sqlglot.transpile(fused(FACT, span, names), read="duckdb", write="postgres")[0]
        found = server.execute(sql).fetchall()
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}

    return lambda: query(tuple(BY_HAND)), lambda: [query((name,)) for name in BY_HAND] and None
