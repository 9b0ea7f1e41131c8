"""Arrow tables as batches, for the formats that have a schema (Parquet, Arrow files, CSV)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from decontam.kernels.batches import Batch, BrokenRow, Column
from decontam.sources.arrays import array_columns, is_list, is_text, keep_rows, message_fields, seen_rows
from decontam.sources.base import Shape, nothing_under


def parse_table(table: Any, names: tuple[str, ...], row: int, size_bytes: int) -> Batch:
    """The batch of a table whose first row has the number ``row``."""
    bad = invalid_rows(table)
    table = replace_rows(table, bad)
    columns = tuple(column for name in names for column in table_columns(table, name) if len(column.rows))
    numbers = np.arange(row, row + table.num_rows)
    batch = Batch(rows=numbers, columns=columns, size_bytes=size_bytes)
    seen = seen_rows(columns, table.num_rows) & ~bad
    why = nothing_under(names, table.column_names)
    broken = tuple(BrokenRow(row=int(numbers[index]), why="not UTF-8" if bad[index] else why) for index in np.flatnonzero(~seen))
    return keep_rows(batch, seen, broken) if broken else batch


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
    return table.take(pa.array(np.arange(len(bad)), mask=bad))


def table_columns(table: Any, name: str) -> Iterator[Column]:
    """The columns of a name: its own, and where it is dotted, the one inside objects."""
    if name in table.column_names:
        yield from array_columns(table.column(name), name)
    first, _, rest = name.partition(".")
    if rest and first in table.column_names:
        array = table.column(first)
        for key in rest.split("."):
            if not pa.types.is_struct(array.type) or array.type.get_field_index(key) < 0:
                return
            array = pc.struct_field(array, key)
        yield from array_columns(array, name)


def schema_fields(schema: Any) -> dict[str, Shape]:
    """The columns of a schema that can have text, and their shapes; structs are opened one level a dot."""
    shapes: dict[str, Shape] = {}

    def add(items: Any, prefix: str) -> None:
        for item in items:
            name = f"{prefix}{item.name}"
            if shape := type_shape(item.type):
                shapes[name] = shape
            if pa.types.is_struct(item.type):
                add(item.type, f"{name}.")

    add(schema, "")
    return shapes


def type_shape(kind: Any) -> Shape | None:
    """The shape of the values of a type; None where they have no text."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if is_text(kind):
        return "text"
    if pa.types.is_struct(kind):
        return "message" if message_fields(kind) else None
    if is_list(kind):
        inner = type_shape(kind.value_type)
        lists: dict[Shape, Shape] = {"text": "texts", "message": "messages"}
        return lists.get(inner, "other") if inner else None
    return None
