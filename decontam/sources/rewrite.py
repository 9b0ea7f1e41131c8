"""The other direction of the readers: a file without some of its rows, with the same numbers for rows as the readers have."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import orjson
import zstandard

from decontam.sources import delimited, json_array, rewrite_tables
from decontam.sources.base import Kind, Source
from decontam.sources.blocks import BOM, BrokenStream, blocks
from decontam.sources.plain import read_whole
from decontam.sources.streams import head, open_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """``rows`` of the source, ``removed`` among them; ``left_out``: the file has no rows left and cannot exist without one."""

    rows: int
    removed: int
    left_out: bool = False


class UnreadableSource(Exception):
    """The source is broken, so that a copy without some rows would lose others."""


class Nowhere(io.RawIOBase):
    """Takes what is written and keeps nothing: for counting rows."""

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Forget the data."""
        return len(data)


def rewrite(source: Source, removed: frozenset[int], target: BinaryIO | None) -> Rewritten:
    """Write a source without some rows to ``target``, or only count them if it is None.

    Raises:
        UnreadableSource: the source is broken.
        OSError: it cannot be written.
    """
    with compressed(source, target) as sink:
        return WRITERS[source.kind](source, removed, sink)


@contextmanager
def compressed(source: Source, target: BinaryIO | None) -> Iterator[Any]:
    """A sink that compresses like the source."""
    if target is None:
        yield Nowhere()
    elif source.compression == "gz":
        with gzip.GzipFile("", "wb", 6, target, mtime=0) as sink:
            yield sink
    elif source.compression == "zst":
        with zstandard.ZstdCompressor(write_checksum=True).stream_writer(target, closefd=False) as sink:
            yield sink
    else:
        yield target


def rewrite_lines(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """JSONL: whole blocks if none of their rows is removed, else line by line."""
    gone = np.array(sorted(removed), np.int64)
    rows = taken = 0
    try:
        if head(source.path, source.compression, len(BOM)) == BOM:
            sink.write(BOM)
        with open_stream(source) as stream:
            for block in blocks(stream):
                starts, ends = block.spans()
                solid = starts < ends
                for index in np.flatnonzero(solid & (block.data[np.minimum(starts, len(block.data) - 1)] <= ord(" "))):
                    solid[index] = bool(block.data[starts[index] : ends[index]].tobytes().strip(b" \t\r\n"))
                rows += int(np.count_nonzero(solid))
                here = gone[(gone >= block.line) & (gone < block.line + len(starts))] - block.line
                here = here[solid[here]]
                taken += len(here)
                begin = 0
                for index in here.tolist():
                    sink.write(block.data[begin : starts[index]].data)
                    begin = int(starts[index + 1]) if index + 1 < len(starts) else len(block.data)
                sink.write(block.data[begin:].data)
    except BrokenStream as error:
        raise UnreadableSource(str(error)) from None
    return Rewritten(rows=rows, removed=taken)


def rewrite_records(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """CSV and TSV: the bytes of the records that are kept."""
    number, taken = -1, 0
    with open_stream(source) as stream:
        try:
            for raw, values in delimited.read_records(stream, source):
                number += bool(values)
                if values and number in removed and number > 0:
                    taken += 1
                else:
                    sink.write(raw)
        except csv.Error as error:
            raise UnreadableSource(f"not CSV after {number} records ({error})") from None
        if stream.failure:
            raise UnreadableSource(stream.failure)
    return Rewritten(rows=max(number, 0), removed=taken)


def rewrite_value(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """JSON of one value: the text of the rows that are kept, and what is between them."""
    rows, why = json_array.load(source)
    if why:
        raise UnreadableSource(why)
    data, _ = read_whole(source)
    text = data.decode("utf-8", "replace")
    taken = len(removed & set(range(1, len(rows) + 1)))
    left_out = False
    if not removed:
        sink.write(data)
    elif text.lstrip("\ufeff \t\r\n").startswith("["):
        sink.write(without(text, removed).encode())
    else:
        value, key = json.loads(text.removeprefix("\ufeff"), strict=False), ""
        key = json_array.wrapped(value) or ""
        left_out = not key
        if key:
            value[key] = [row for number, row in enumerate(value[key], 1) if number not in removed]
            sink.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 if "\n" in text.strip() else None))
    return Rewritten(rows=len(rows), removed=taken, left_out=left_out)


def without(text: str, removed: frozenset[int]) -> str:
    """The text of an array without some of its items."""
    decode = json.JSONDecoder(strict=False).raw_decode
    begin = text.index("[") + 1
    parts, place, number = [text[:begin]], begin, 0
    first_gap = None
    while True:
        start = place
        while text[start] in " \t\r\n,":
            start += 1
        if text[start] == "]":
            return "".join([*parts, text[place:]])
        number += 1
        end = decode(text, start)[1]
        first_gap = text[place:start] if first_gap is None else first_gap
        if number not in removed:
            parts += [first_gap if len(parts) == 1 else text[place:start], text[start:end]]
        place = end


def rewrite_single(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """A file that is one row: there is no form of it without the row."""
    with open_stream(source) as stream:
        while block := stream.read(1 << 20):
            sink.write(block)
        if stream.failure:
            raise UnreadableSource(stream.failure)
    return Rewritten(rows=int(source.size_bytes > 0), removed=len(removed & {1}), left_out=1 in removed)


def rewrite_table(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """Parquet and Arrow files."""
    write = rewrite_tables.parquet if source.kind == "parquet" else rewrite_tables.arrow
    try:
        rows, taken = write(source, removed, sink)
    except rewrite_tables.Broken as error:
        raise UnreadableSource(str(error)) from None
    return Rewritten(rows=rows, removed=taken)


WRITERS: dict[Kind, Callable[[Source, frozenset[int], Any], Rewritten]] = {
    "jsonl": rewrite_lines,
    "json": rewrite_value,
    "parquet": rewrite_table,
    "arrow": rewrite_table,
    "csv": rewrite_records,
    "tsv": rewrite_records,
    "text": rewrite_single,
    "notebook": rewrite_single,
}
