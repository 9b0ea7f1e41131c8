"""Arrow tables as batches, for the formats that have a schema (Parquet, Arrow files, CSV)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from decontam.kernels.batches import Batch, BrokenRow
from decontam.sources.arrays import Gathered, keep_rows, seen_rows, text_names
from decontam.sources.base import nothing_under
from decontam.sources.values import Chosen


def parse_table(table: Any, names: tuple[str, ...], row: int, size_bytes: int) -> Batch:
    """The batch of a table whose first row has the number ``row``; ``names``: the columns to read, none for all."""
    bad = invalid_rows(table)
    batch, why = gathered(replace_rows(table, bad), names, row, size_bytes)
    why |= dict.fromkeys(np.flatnonzero(bad).tolist(), "not UTF-8")
    seen = seen_rows(batch.columns, table.num_rows)
    seen[list(why)] = False
    if seen.all():
        return batch
    nothing = nothing_under(names, table.column_names)
    broken = tuple(BrokenRow(row=row + index, why=why.get(index, nothing)) for index in np.flatnonzero(~seen).tolist())
    return keep_rows(batch, seen, broken)


def gathered(table: Any, names: tuple[str, ...], row: int, size_bytes: int) -> tuple[Batch, dict[int, str]]:
    """All text of a table, and the rows with bytes that are none and why."""
    found = Gathered(Chosen(names))
    places = np.arange(table.num_rows)
    for index, name in enumerate(table.column_names):
        found.add(table.column(index), name, places, None)
    columns = tuple(column for column in found.columns if len(column.rows))
    return Batch(rows=places + row, columns=columns, size_bytes=size_bytes), found.bad


def invalid_rows(table: Any) -> Any:
    """For each row whether a string in it is not UTF-8: Parquet and Arrow files are not checked when they are read."""
    bad = np.zeros(table.num_rows, bool)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        for index in range(table.num_rows):
            try:
                table.slice(index, 1).combine_chunks().to_pylist()
            except UnicodeDecodeError:
                bad[index] = True
    return bad


def replace_rows(table: Any, bad: Any) -> Any:
    """The table with nulls in the bad rows."""
    if not bad.any():
        return table
    try:
        return table.take(pa.array(np.arange(len(bad)), mask=bad))
    except pa.ArrowNotImplementedError:
        nulls = pa.table({item.name: pa.nulls(1) for item in table.schema})
        parts = [nulls if bad[index] else table.slice(index, 1) for index in range(len(bad))]
        return pa.concat_tables(parts, promote_options="permissive")


def schema_fields(schema: Any, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The places of a schema that can have text."""
    chosen = Chosen(names)
    return tuple(dict.fromkeys(name for item in schema for name in text_names(item.type, item.name) if name in chosen))
