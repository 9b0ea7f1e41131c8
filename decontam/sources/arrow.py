"""Arrow files, of the stream format (as ``datasets`` writes them) and of the file format (feather). Rows are numbered from 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa

from decontam.kernels.batches import Parse
from decontam.sources.base import Source, broken_batch
from decontam.sources.tables import parse_table, schema_fields

ERRORS = (pa.ArrowException, OSError)
_BATCH_BYTES = 16 << 20
_END = b"\xff\xff\xff\xff\0\0\0\0"  # of a stream


@contextmanager
def open_arrow(source: Source) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The schema and the record batches of a file.

    Raises:
        pyarrow.ArrowException, OSError: it is not an Arrow file or cannot be read.
    """
    with pa.OSFile(str(source.path)) as file:
        if file.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(file)
            yield reader.schema, (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            file.seek(max(0, file.size() - len(_END)))
            if file.read() != _END:
                raise pa.ArrowInvalid("no end mark: it is truncated")  # the reader would take any message's end for the file's
            file.seek(0)
            reader = pa.ipc.open_stream(file)
            yield reader.schema, iter(reader)


def fields(source: Source) -> tuple[str, ...]:
    """Places that can have text, by the schema; none if the file is broken."""
    try:
        with open_arrow(source) as (schema, _):
            return schema_fields(schema)
    except ERRORS:
        return ()


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """The parses of a file: record batches are read in turn, converted by the threads, a few small ones at once."""
    if not source.size_bytes:
        yield partial(broken_batch, 0, "an empty file, which no Arrow file is")
        return
    row, waiting, waiting_bytes = 1, [], 0
    try:
        with open_arrow(source) as (_, parts):
            for part in parts:
                waiting.append(part)
                waiting_bytes += part.nbytes
                if waiting_bytes >= _BATCH_BYTES:
                    yield partial(parse_table, pa.Table.from_batches(waiting), names, row, waiting_bytes)
                    row, waiting, waiting_bytes = row + sum(map(len, waiting)), [], 0
    except ERRORS as error:
        yield from last(waiting, names, row, waiting_bytes)
        yield partial(broken_batch, row + sum(map(len, waiting)), f"not a whole Arrow file ({error})"[:300])
    else:
        yield from last(waiting, names, row, waiting_bytes)


def last(waiting: list[Any], names: tuple[str, ...], row: int, size_bytes: int) -> Iterator[Parse]:
    """The parse of the remaining record batches."""
    if waiting:
        yield partial(parse_table, pa.Table.from_batches(waiting), names, row, size_bytes)
