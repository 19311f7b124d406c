"""Run by test_tables in a process of its own: write parcels, and be killed at a stated moment.

Arguments: the lake's folder, the moment ("never" to live), the first number, the count, the freight in yuan.
"""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from fenming.lake import tables


def parcels(first: int, count: int, freight: str) -> pa.Table:
    """Parcels numbered from ``first``, spread over October and November."""
    numbers = range(first, first + count)
    return pa.table(
        {
            "parcel": [f"P{number:06}" for number in numbers],
            "occurred_at": pa.array(
                [datetime(2026, 10, 1) + timedelta(minutes=37 * (number % 2000)) for number in numbers],
                pa.timestamp("us"),
            ),
            "freight": pa.array([Decimal(freight)] * count, pa.decimal128(18, 2)),
        }
    )


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def half(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    yield reader.read_next_batch().slice(0, 500)
    die()


def broken_off(*args: Any) -> pa.RecordBatchReader:
    reader = READER(*args)
    return pa.RecordBatchReader.from_batches(reader.schema, half(reader))


READER = tables._reader
MOMENTS = {
    "never": {},
    "compared": {"_compare": die},
    "half appended": {"_reader": broken_off},
    "appended": {"_merge": die},
    "merged": {"_months": die},
}


def main() -> None:
    folder, moment, first, count, freight = sys.argv[1:]
    for name, instead in MOMENTS[moment].items():
        setattr(tables, name, instead)
    written = tables.Lake(Path(folder)).write(
        "parcel", parcels(int(first), int(count), freight), name=f"batch {first}", source="test"
    )
    sys.stdout.write(f"{written.new} {written.same} {written.changed}")


if __name__ == "__main__":
    main()
