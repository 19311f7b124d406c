"""Columns of a fact from numpy arrays, typed as the fact type says."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fenming.library.facts import fact_type
from fenming.pipeline.demo.draws import Flags, Floats, Ints

TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "duration": pa.int64(),
    "bool": pa.bool_(),
    "money": pa.decimal128(18, 2),
    "decimal": pa.decimal128(18, 4),
    "time": pa.timestamp("us"),
}


def table(fact: str, occurred: Ints, cells: Mapping[str, pa.Array | str]) -> pa.Table:
    """One fact type's rows: a text stands for a whole column, a column left out is empty."""
    columns = fact_type(fact).all_columns
    unknown = set(cells) - set(columns)
    if unknown:
        raise ValueError(f"{fact} has no column {', '.join(sorted(unknown))}.")
    arrays = {name: _column(cells.get(name), TYPES[one.type], len(occurred)) for name, one in columns.items()}
    return pa.table({**arrays, "occurred_at": times(occurred)})


def _column(cell: pa.Array | str | None, kind: pa.DataType, count: int) -> pa.Array:
    if cell is None:
        return pa.nulls(count, kind)
    if isinstance(cell, str):
        return pa.repeat(cell, count)
    if cell.type != kind:
        raise TypeError(f"A column of {kind} came as {cell.type}.")
    return cell


def texts(names: Sequence[str | None], index: Ints, empty: Flags | None = None) -> pa.Array:
    """The names at these positions."""
    return pa.array(names, pa.string()).take(pa.array(index, mask=empty))


def numbered(prefix: pa.Array | str, numbers: Ints, width: int = 6) -> pa.Array:
    """Identifiers such as TM202611-000123."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def ints(values: Ints, empty: Flags | None = None) -> pa.Array:
    return pa.array(np.asarray(values, dtype=np.int64), mask=empty)


def flags(values: Flags, empty: Flags | None = None) -> pa.Array:
    return pa.array(values, mask=empty)


def times(values: Ints, empty: Flags | None = None) -> pa.Array:
    return pa.array(np.asarray(values, dtype=np.int64).view("datetime64[us]"), mask=empty)


def fen(yuan: Floats) -> Ints:
    return np.rint(yuan * 100).astype(np.int64)


def money(in_fen: Ints, empty: Flags | None = None) -> pa.Array:
    return _decimals(in_fen, TYPES["money"], empty)


def decimals(values: Floats, empty: Flags | None = None) -> pa.Array:
    return _decimals(np.rint(values * 10_000).astype(np.int64), TYPES["decimal"], empty)


def _decimals(units: Ints, kind: pa.DataType, empty: Flags | None) -> pa.Array:
    """128-bit decimals straight from their units: two 64-bit words each, the upper one the sign."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    valid = None if empty is None else pa.py_buffer(np.packbits(~empty, bitorder="little").tobytes())
    return pa.Array.from_buffers(kind, len(units), [valid, pa.py_buffer(words.tobytes())])
