"""Parquet: the wanted columns only, small row groups in parallel, large ones in slices. Rows are numbered from 1 in the file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from decontam.kernels.batches import Batch, Parse
from decontam.sources.arrays import text_names
from decontam.sources.base import Source, broken_batch
from decontam.sources.tables import parse_table, schema_fields
from decontam.sources.values import Chosen

_MAX_GROUP_BYTES = 64 << 20  # of the wanted columns, not compressed: read whole, by a thread
_SLICE_BYTES, _MAX_SLICE_ROWS = 16 << 20, 1 << 16
ERRORS = (pa.ArrowException, OSError)  # pyarrow reports corrupt pages as either


def open_parquet(source: Source, metadata: Any = None) -> Any:
    """Open a file so that a column of a row group is read through a small buffer, not whole.

    Raises:
        pyarrow.ArrowException, OSError: it is not a Parquet file or cannot be read.
    """
    return pq.ParquetFile(source.path, metadata=metadata, buffer_size=1 << 20, pre_buffer=False, memory_map=False)


def fields(source: Source) -> tuple[str, ...]:
    """Places that can have text, by the schema; none if the file is broken."""
    try:
        with open_parquet(source) as file:
            return schema_fields(file.schema_arrow)
    except ERRORS:
        return ()


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """The parses of a file; a file that is broken is one with a broken row 0."""
    if not source.size_bytes:
        yield partial(broken_batch, 0, "an empty file, which no Parquet file is")
        return
    try:
        file = open_parquet(source)
    except ERRORS as error:
        yield partial(broken_batch, 0, f"not a whole Parquet file ({error})"[:300], source.size_bytes)
        return
    chosen = Chosen(names)
    with file:
        schema = file.schema_arrow
        top = [item.name for item in schema if any(name in chosen for name in text_names(item.type, item.name))]
        heads = {name.partition(".")[0] for name in top}
        row = 1
        for group in range(file.metadata.num_row_groups):
            meta = file.metadata.row_group(group)
            parts = [meta.column(index) for index in range(meta.num_columns)]
            wanted = [part for part in parts if part.path_in_schema.partition(".")[0] in heads]
            wanted_bytes = sum(part.total_uncompressed_size for part in wanted)
            size_bytes = sum(part.total_compressed_size for part in parts)
            if wanted_bytes <= _MAX_GROUP_BYTES:
                yield partial(parse_group, source, file.metadata, group, top, names, row, size_bytes)
            else:
                yield from slices(file, group, top, names, row, size_bytes, wanted_bytes)
            row += meta.num_rows


def parse_group(
    source: Source, metadata: Any, group: int, top: list[str], names: tuple[str, ...], row: int, size_bytes: int
) -> Batch:
    """Read and convert a row group. Each call opens the file for itself: readers cannot be shared by threads."""
    try:
        with open_parquet(source, metadata) as file:
            table = file.read_row_group(group, columns=top, use_threads=False)
            return parse_table(table, names, row, size_bytes)
    except ERRORS as error:
        return lost_rows(row, metadata.row_group(group).num_rows, error, size_bytes)


def slices(
    file: Any, group: int, top: list[str], names: tuple[str, ...], row: int, size_bytes: int, wanted_bytes: int
) -> Iterator[Parse]:
    """The parses of a large row group: reading is sequential, converting is left to the threads."""
    count, done = file.metadata.row_group(group).num_rows, 0
    step = max(1, min(_MAX_SLICE_ROWS, _SLICE_BYTES * count // wanted_bytes))
    try:
        for part in file.iter_batches(step, row_groups=[group], columns=top, use_threads=False):
            share = size_bytes * len(part) // count
            yield partial(parse_table, pa.Table.from_batches([part]), names, row + done, share)
            done += len(part)
    except ERRORS as error:
        yield partial(lost_rows, row + done, count - done, error, 0)


def lost_rows(row: int, count: int, error: BaseException, size_bytes: int) -> Batch:
    """One broken row for all rows of a place that cannot be read."""
    return broken_batch(row, f"rows {row} to {row + count - 1} cannot be read ({error})"[:300], size_bytes)
