"""What a fact looks like in the lake: Arrow and SQL types of its columns, and how they are told apart."""

import atexit
from functools import cache

import duckdb
import pyarrow as pa

from fenming.library.facts import fact_type
from fenming.library.text import refuse

_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "duration": pa.int64(),
    "bool": pa.bool_(),
    "money": pa.decimal128(18, 2),
    "decimal": pa.decimal128(18, 4),
    "time": pa.timestamp("us"),
}
_SQL = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "duration": "BIGINT",
    "bool": "BOOLEAN",
    "money": "DECIMAL(18,2)",
    "decimal": "DECIMAL(18,4)",
    "time": "TIMESTAMP",
}
_SAMPLES = {
    "VARCHAR": "'文字'",
    "BIGINT": "1",
    "BOOLEAN": "TRUE",
    "DECIMAL(18,2)": "1.25",
    "DECIMAL(18,4)": "1.2525",
    "TIMESTAMP": "TIMESTAMP '2026-01-02 03:04:05'",
}
PROVENANCE = ("source", "batch", "source_file", "source_sheet", "source_row")
"""Where a row came from. It does not make a fact another fact."""


@cache
def arrow_schema(fact: str) -> pa.Schema:
    """The columns of a fact as they are stored: identity, provenance, time, partition, then keys and own columns."""
    fields = [
        pa.field("fact_id", pa.string(), nullable=False),
        pa.field("source", pa.string()),
        pa.field("batch", pa.string()),
        pa.field("source_file", pa.string()),
        pa.field("source_sheet", pa.string()),
        pa.field("source_row", pa.int64()),
        pa.field("occurred_at", pa.timestamp("us"), nullable=False),
        pa.field("zone", pa.string()),
    ]
    fields += [pa.field(name, _ARROW[column.type]) for name, column in fact_type(fact).all_columns.items()]
    return pa.schema([*fields, pa.field("month", pa.string(), nullable=False)])


@cache
def sql_columns(fact: str) -> dict[str, str]:
    """The columns that an expression may name, with their DuckDB types."""
    own = {name: _SQL[column.type] for name, column in fact_type(fact).all_columns.items()}
    return {"occurred_at": "TIMESTAMP", **own}


@cache
def _sample(fact: str) -> duckdb.DuckDBPyConnection:
    """A locked database with nothing but a table of the fact: a row of samples, and one where nothing is known."""
    connection = duckdb.connect(config={"enable_external_access": False})
    columns = ", ".join(f'"{name}" {kind}' for name, kind in sql_columns(fact).items())
    connection.execute(f"CREATE TABLE fact ({columns})").fetchall()
    samples = ", ".join(_SAMPLES[kind] for kind in sql_columns(fact).values())
    unknown = ", ".join("NULL" for _ in sql_columns(fact))
    connection.execute(f"INSERT INTO fact VALUES ({samples}), ({unknown})").fetchall()
    connection.execute("SET lock_configuration = true").fetchall()
    atexit.register(connection.close)  # DuckDB complains of connections that outlive it
    return connection


def literal(text: object) -> str:
    """A text as SQL writes it: the only way in which a value enters a query."""
    return "'" + str(text).replace("'", "''") + "'"


def type_of(fact: str, expression: str) -> str:
    """The type that DuckDB gives the expression; sqlglot's inference is not trusted.

    It is also computed over sample rows, so that text compared with a number is refused here and not in mid-scoring.
    """
    try:
        cursor = _sample(fact).cursor()
        described = cursor.execute(f"DESCRIBE SELECT {expression} AS v FROM fact").fetchall()
        cursor.execute(f"SELECT {expression} FROM fact").fetchall()
    except duckdb.Error as error:
        said = str(error).split("\n")[0][:160]
        raise refuse(f"“{expression}”不能计算：{said}", f"“{expression}” cannot be computed: {said}") from error
    return str(described[0][1])
