"""The other direction of the readers: a file without some of its rows, with the same numbers for rows as the readers have."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
    """A sink that compresses like the source, and writes its encoding."""
    if target is None:
        yield Nowhere()
        return
    with ExitStack() as stack:
        sink: Any = target
        for step in source.compression.split("."):
            if step == "gz":
                sink = stack.enter_context(gzip.GzipFile("", "wb", 6, sink, mtime=0))
            elif step == "zst":
                sink = stack.enter_context(zstandard.ZstdCompressor(write_checksum=True).stream_writer(sink, closefd=False))
            elif step == "xz":
                sink = stack.enter_context(lzma.LZMAFile(sink, "wb"))
            elif step == "bz2":
                sink = stack.enter_context(bz2.BZ2File(sink, "wb"))
        yield Reencoded(sink, source.encoding) if source.encoding else sink


class Reencoded:
    """Takes UTF-8 and writes another encoding."""

    def __init__(self, sink: Any, encoding: str) -> None:
        self._sink = sink
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._encoder = codecs.getincrementalencoder(encoding)()

    def write(self, data: Any, /) -> int:
        """Write whole characters; the rest waits for the next call."""
        self._sink.write(self._encoder.encode(self._decoder.decode(bytes(data))))
        return len(data)


def rewrite_lines(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """JSONL: whole blocks if none of their rows is removed, else line by line."""
    gone = np.array(sorted(removed), np.int64)
    rows = taken = 0
    try:
        if not source.encoding and head(source, len(BOM)) == BOM:
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
    """CSV and TSV: the bytes of the records that are kept, and of the header."""
    last = taken = 0
    header = None
    with open_stream(source) as stream:
        try:
            for record in delimited.read_records(stream, source):
                if record.values and header is None:
                    header = delimited.header_from(record.values)
                    last = int(header.row)
                elif record.values:
                    last += 1
                if record.values and last in removed:
                    taken += 1
                else:
                    sink.write(record.raw)
        except csv.Error as error:
            raise UnreadableSource(f"not CSV after {last} records ({error})") from None
        if stream.failure:
            raise UnreadableSource(stream.failure)
    return Rewritten(rows=last, removed=taken)


def rewrite_value(source: Source, removed: frozenset[int], sink: Any) -> Rewritten:
    """JSON documents: the text of the entries that are kept where they stand in one list or side by side, else written anew."""
    loaded = json_array.load(source)
    if loaded.why:
        raise UnreadableSource(loaded.why)
    data, _ = read_whole(source)
    count = sum(1 for _ in loaded.rows())
    taken = len(removed & set(range(1, count + 1)))
    if not removed:
        sink.write(data)
        return Rewritten(rows=count, removed=0)
    if loaded.spans:
        begins = [0, *(end for _, end in loaded.spans[:-1])]
        for number, (begin, (_, end)) in enumerate(zip(begins, loaded.spans, strict=True), 1):
            if number not in removed:
                sink.write(loaded.text[begin:end].encode())
        sink.write(loaded.text[loaded.spans[-1][1] :].encode())
        return Rewritten(rows=count, removed=taken, left_out=taken == count)
    (document,) = loaded.documents
    if document.single:
        return Rewritten(rows=count, removed=taken, left_out=True)
    text = data.decode("utf-8", "replace")
    if isinstance(document.value, list):
        sink.write(without(text, removed).encode())
    else:
        document.drop(removed)
        sink.write(orjson.dumps(document.value, option=orjson.OPT_INDENT_2 if "\n" in text.strip() else None))
    return Rewritten(rows=count, removed=taken)


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
