"""JSONL: blocks of whole lines, parsed by pyarrow; where it refuses a block, line by line (``lines``).

pyarrow is not trusted to tell rows apart: it reads values across and beside line ends, stops at a NUL, does not check UTF-8 in
columns it skips, and crashes on a file that begins with null. pyarrow gets a block only if all is UTF-8 without NULs and every
line that is not blank begins with ``{`` and ends with ``}``; its answer counts only if it has as many rows as such lines. Between
two such lines no value can go on (``}`` and ``{`` never follow each other inside one), so each is one row or more, and then
exactly one. Its schema has every column of the block, or it refuses the block (``shapes``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from decontam.kernels.batches import Batch, BrokenRow, Bytes, Longs, Parse
from decontam.sources.arrays import keep_rows, seen_rows
from decontam.sources.base import Source, broken_batch, nothing_under
from decontam.sources.blocks import BOM, Block, BrokenStream, blocks
from decontam.sources.lines import parse_line, parse_lines
from decontam.sources.shapes import Learned
from decontam.sources.streams import head, open_stream
from decontam.sources.tables import gathered
from decontam.sources.values import fields_of

_OPEN, _CLOSE = b"{}"
_HEAD_BYTES, _SAMPLE_BYTES, _SAMPLE_ROWS = 4 << 20, 1 << 18, 1000
_MAX_ARROW_BYTES = 1 << 30  # beyond it, 32-bit offsets could overflow
_SHAPE_ROWS = 200  # of a block, all over it
_MAX_ODD_LINES = 1000  # lines with blanks around them that are looked at before a block is given up


def fields(source: Source) -> tuple[str, ...]:
    """Places with text in the first rows, and where the file is not compressed, in some from its middle and its end."""
    lines = list(head_lines(source))
    if not source.compression and not source.encoding and source.size_bytes > _HEAD_BYTES:
        with source.path.open("rb") as handle:
            for place in (source.size_bytes // 2, source.size_bytes - _SAMPLE_BYTES):
                handle.seek(max(place, _HEAD_BYTES))
                lines += handle.read(_SAMPLE_BYTES).split(b"\n")[1:-1]
    return fields_of(parse_line(line)[0] for line in lines if line.strip())


def head_lines(source: Source) -> list[bytes]:
    """The first lines, at least one."""
    start = head(source, _HEAD_BYTES)
    if len(start) == _HEAD_BYTES and b"\n" not in start:
        with open_stream(source) as stream:
            start = next(block.data.tobytes() for block in blocks(stream, 2 * _HEAD_BYTES))
    lines = start.removeprefix(BOM).split(b"\n")
    if len(start) == _HEAD_BYTES:
        lines = lines[:-1]  # cut somewhere
    return lines[:_SAMPLE_ROWS]


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """The parses of a file; reading, decompressing and finding line ends happens here, all else in the parses."""
    learned = Learned()
    with open_stream(source) as stream:
        try:
            for block in blocks(stream):
                yield partial(parse, block, names, learned)
        except BrokenStream as error:
            yield partial(broken_batch, error.line, str(error))


def sampled_rows(block: Block) -> list[Any]:
    """Some rows from all over a block."""
    starts, ends = block.spans()
    step = max(1, len(starts) // _SHAPE_ROWS)
    lines = (block.data[start:end].tobytes() for start, end in zip(starts[::step], ends[::step], strict=True))
    return [parse_line(line)[0] for line in lines if line.strip()]


def parse(block: Block, names: tuple[str, ...], learned: Learned) -> Batch:
    """Parse a block in the fastest correct way."""
    starts, ends = block.spans()
    solid = None if learned.none else solid_lines(block.data, starts, ends)
    if solid is None:
        return parse_lines(block, names)
    batch = parse_arrow(block, names, learned.schema(), starts, ends, solid)
    if batch is None and learned.learn(sampled_rows(block)):
        batch = parse_arrow(block, names, learned.schema(), starts, ends, solid)
    return parse_lines(block, names, learned) if batch is None else batch


def solid_lines(data: Bytes, starts: Longs, ends: Longs) -> Any:
    """For each line whether it is a row (else it is blank); None where the block is not pyarrow's to parse (see the module)."""
    if not 0 < len(data) <= _MAX_ARROW_BYTES or not data.min() or not is_utf8(data):
        return None
    filled = starts < ends
    odd = filled.copy()
    odd[filled] = (data[starts[filled]] != _OPEN) | (data[ends[filled] - 1] != _CLOSE)
    places = np.flatnonzero(odd)
    if len(places) > _MAX_ODD_LINES:
        return None
    for index in places:
        line = data[starts[index] : ends[index]].tobytes().strip(b" \t\r")
        if line and not (line.startswith(b"{") and line.endswith(b"}")):
            return None
        filled[index] = bool(line)
    return filled


def is_utf8(data: Bytes) -> bool:
    """Whether the bytes are UTF-8, checked outside of the interpreter's lock."""
    offsets = np.array([0, len(data)], np.int64)
    try:
        pa.LargeStringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def parse_arrow(block: Block, names: tuple[str, ...], schema: Any, starts: Longs, ends: Longs, solid: Any) -> Batch | None:
    """Parse with pyarrow; None where it refuses the block or finds other rows than there are lines."""
    if schema is None or not solid.any():
        return None
    try:
        table = pj.read_json(
            pa.BufferReader(pa.py_buffer(block.data)),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block.data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    places = np.flatnonzero(solid)
    if table.num_rows != len(places):
        return None
    batch, _ = gathered(table, names, 1, block.size_bytes)
    batch = replace(batch, rows=places + block.line)
    seen = seen_rows(batch.columns, len(places))
    if seen.all():
        return batch
    broken = []
    for index in places[~seen].tolist():
        row, why = parse_line(block.data[starts[index] : ends[index]].tobytes())
        broken.append(BrokenRow(row=index + block.line, why=why or nothing_under(names, row)))
    return keep_rows(batch, seen, tuple(broken))
