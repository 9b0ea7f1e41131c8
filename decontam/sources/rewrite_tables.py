"""Parquet and Arrow files without some of their rows: same schema, metadata and, for Parquet, codecs and row groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from decontam.sources.arrow import open_arrow
from decontam.sources.base import Source
from decontam.sources.parquet import ERRORS, open_parquet

_MAX_GROUP_BYTES = 64 << 20  # not compressed; a larger row group is read and written in slices


class Broken(Exception):
    """The source cannot be read to its end."""


def guarded(parts: Iterable[Any]) -> Iterator[Any]:
    """The parts; errors of reading them are told apart from those of writing.

    Raises:
        Broken: a part cannot be read.
    """
    reading = iter(parts)
    while True:
        try:
            part = next(reading, None)
        except ERRORS as error:
            raise Broken(str(error)) from None
        if part is None:
            return
        yield part


def kept(part: Any, row: int, gone: Any) -> Any:
    """The part, whose first row has the number ``row``, without the removed rows."""
    here = gone[(gone >= row) & (gone < row + len(part))] - row
    if not len(here):
        return part
    keep = np.ones(len(part), bool)
    keep[here] = False
    try:
        return part.filter(pa.array(keep))
    except pa.ArrowNotImplementedError:  # views and runs
        table = part if isinstance(part, pa.Table) else pa.Table.from_batches([part])
        edges = np.concatenate(([-1], here, [len(part)]))
        pieces = [table.slice(begin + 1, end - begin - 1) for begin, end in pairwise(edges.tolist())]
        return pa.concat_tables(pieces)


def parquet(source: Source, removed: frozenset[int], sink: Any) -> tuple[int, int]:
    """Write a Parquet file and return its rows and how many of them were removed; groups that lose all rows are dropped.

    Raises:
        Broken: the source cannot be read.
    """
    try:
        file = open_parquet(source)
    except ERRORS as error:
        raise Broken(str(error)) from None
    with file:
        rows = file.metadata.num_rows
        if not removed:
            return rows, 0
        gone, row = np.array(sorted(removed), np.int64), 1
        with pq.ParquetWriter(sink, file.schema_arrow, compression=codecs(file.metadata)) as writer:
            for table in guarded(group_tables(file)):
                stays = kept(table, row, gone)
                if len(stays):
                    writer.write_table(stays, row_group_size=len(stays))
                row += len(table)
        return rows, int(np.count_nonzero((gone >= 1) & (gone <= rows)))


def group_tables(file: Any) -> Iterator[Any]:
    """Row groups, large ones in slices."""
    for group in range(file.metadata.num_row_groups):
        meta = file.metadata.row_group(group)
        if meta.total_byte_size <= _MAX_GROUP_BYTES:
            yield file.read_row_group(group, use_threads=False)
        else:
            step = max(1, _MAX_GROUP_BYTES * meta.num_rows // meta.total_byte_size)
            for part in file.iter_batches(step, row_groups=[group], use_threads=False):
                yield pa.Table.from_batches([part])


def codecs(metadata: Any) -> Any:
    """The codec of each column, by its path."""
    if not metadata.num_row_groups:
        return "snappy"
    group = metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    return {part.path_in_schema: "NONE" if part.compression == "UNCOMPRESSED" else part.compression for part in columns}


def arrow(source: Source, removed: frozenset[int], sink: Any) -> tuple[int, int]:
    """Write an Arrow file in its format and return its rows and how many of them were removed.

    Raises:
        Broken: the source cannot be read.
    """
    gone, row = np.array(sorted(removed), np.int64), 1
    with source.path.open("rb") as handle:
        new = pa.ipc.new_file if handle.read(6) == b"ARROW1" else pa.ipc.new_stream
    try:
        opened = open_arrow(source)
        schema, parts = opened.__enter__()
    except ERRORS as error:
        raise Broken(str(error)) from None
    try:
        with new(pa.PythonFile(sink, mode="w"), schema) as writer:
            for part in guarded(parts):
                stays = kept(part, row, gone)
                if len(stays) or not len(part):
                    writer.write(stays)
                row += len(part)
    finally:
        opened.__exit__(None, None, None)
    return row - 1, int(np.count_nonzero((gone >= 1) & (gone < row)))
