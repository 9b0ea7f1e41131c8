"""CSV and TSV: pyarrow's stream, and from where it stops, the standard library. A row is a record, from 1.

Blank lines are not records. The first record is the header, which is not counted, unless it is prose: then the file has none,
and its columns are ``column_1`` and so on. A record with more or fewer values than the header is a broken row. A record of
several lines that does not fit, or that the end of the file cuts, has an open quote: only its first line is broken, and what it
swallowed is read again.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from decontam.kernels.batches import Batch, BrokenRow, Parse
from decontam.sources.base import BLOCK_BYTES, Source, broken_batch
from decontam.sources.streams import Stream, open_stream
from decontam.sources.tables import parse_table
from decontam.sources.values import RowBuilder

_SLOW_ROWS, _SLOW_BYTES = 1000, 4 << 20
_MAX_RECORD_BYTES = 64 << 20  # of several lines: more is an open quote, whose end is not worth waiting for
_PROSE_WORDS, _PROSE_CHARACTERS = 6, 64
_QUOTE = b'"'[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A record: ``raw`` bytes, ``values`` as Latin-1, one character a byte.

    ``fault``: why its first line, which is all of it, is none; ``cut``: because the end of the file cuts it.
    """

    raw: bytes
    values: list[str]
    fault: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The names of the columns. ``row``: they were made up, because the first record is a row; ``again``: one was there twice."""

    names: list[str]
    row: bool = False
    again: bool = False


def fields(source: Source) -> tuple[str, ...]:
    """The columns."""
    return tuple(header_of(source).names)


def header_of(source: Source) -> Header:
    """The header of a file; no names if it is empty."""
    with open_stream(source) as stream:
        try:
            first = next((record for record in read_records(stream, source) if record.values), None)
        except csv.Error:
            first = None
    return header_from(first.values if first else [])


def header_from(values: list[str]) -> Header:
    """What the first record makes of a table; a repeated name gets a number, as in pandas."""
    decoded = [decode(value) for value in values]
    if any(len(cell.split()) >= _PROSE_WORDS or len(cell) > _PROSE_CHARACTERS or "\n" in cell for cell in decoded):
        return Header(names=[f"column_{place}" for place in range(1, len(values) + 1)], row=True)
    names: list[str] = []
    for place, name in enumerate(decoded):
        again = sum(earlier == name for earlier in decoded[:place])
        names.append(f"{name}.{again}" if again else name)
    return Header(names=names, again=names != decoded)


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """The parses of a file; pyarrow splits the records in the iterator, so only the conversion is left to the threads."""
    if not source.size_bytes:
        return
    row, used = 1, 0
    header = header_of(source)
    with closing(Quotes(source)) as stream:
        last: pa.RecordBatch | None = None
        try:
            for part in arrow_batches(stream, source, header):
                if last is not None:
                    yield partial(parse_table, pa.Table.from_batches([last]), names, row, stream.used - used)
                    row, used = row + len(last), stream.used
                last = part
            failed = bool(stream.failure) or stream.quotes % 2 == 1  # perhaps the last record is cut by the end of the file
        except (pa.ArrowException, OSError, KeyError):
            failed = True
        if last is not None and not (failed and stream.quotes % 2):
            yield partial(parse_table, pa.Table.from_batches([last]), names, row, stream.used - used)
            row, used = row + len(last), stream.used
    if failed:
        yield from slow_batches(source, names, row, used)


class Quotes(Stream):
    """A stream of a source that counts its quotes."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.path, source.compression, source.encoding)
        self.quotes = 0

    def readinto(self, target: memoryview, /) -> int:  # type: ignore[override]
        """Fill some of the target."""
        count = super().readinto(target)
        self.quotes += int(np.count_nonzero(np.frombuffer(target, np.uint8, count) == _QUOTE))
        return count


def arrow_batches(stream: Stream, source: Source, header: Header) -> Iterator[pa.RecordBatch]:
    """Record batches of strings.

    Raises:
        pyarrow.ArrowInvalid: a record does not fit the header, or is not UTF-8.
    """
    if any("\ufffd" in name for name in header.names) or header.again:
        raise pa.ArrowInvalid("names that pyarrow has otherwise")
    reader = pc.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pc.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=header.names if header.row else None),
        parse_options=pc.ParseOptions(delimiter=source.cell_end, newlines_in_values=True),
        convert_options=pc.ConvertOptions(column_types=dict.fromkeys(header.names, pa.string())),
    )
    return iter(reader)


def slow_batches(source: Source, names: tuple[str, ...], start: int, used: int) -> Iterator[Parse]:
    """The parses of the records from number ``start`` on."""
    with open_stream(source) as stream:
        rows: list[tuple[int, Cells]] = []
        size, number = 0, 0
        header = Header(names=[])
        try:
            for number, record, header in numbered(stream, source):
                if number < max(start, 1):
                    continue
                rows.append((number, record))
                size += len(record.raw)
                if len(rows) == _SLOW_ROWS or size > _SLOW_BYTES:
                    yield partial(parse_records, rows, header.names, names, max(0, stream.used - used))
                    rows, size, used = [], 0, max(used, stream.used)
        except csv.Error as error:
            stream.failure = stream.failure or f"not CSV ({error})"
        if stream.failure and rows:
            rows.pop()  # it may be truncated
            number -= 1
        yield partial(parse_records, rows, header.names, names, max(0, stream.used - used))
        if stream.failure:
            yield partial(broken_batch, number + 1, f"{stream.failure} after {number} records")


def numbered(stream: Stream, source: Source) -> Iterator[tuple[int, Cells, Header]]:
    """The records that are not blank with their numbers, the header as number 0 where there is one.

    Raises:
        csv.Error: the standard library cannot split the rest.
    """
    header, number = None, 0
    for record in read_records(stream, source):
        if record.values:
            if header is None:
                header = header_from(record.values)
                number = 1 if header.row else 0
            else:
                number += 1
            yield number, record, header


def parse_records(rows: list[tuple[int, Cells]], header: list[str], names: tuple[str, ...], size_bytes: int) -> Batch:
    """The batch of some records."""
    builder = RowBuilder(names)
    for number, record in rows:
        if record.fault or len(record.values) != len(header):
            why = record.fault or f"{len(record.values)} values, the header has {len(header)}"
            builder.broken.append(BrokenRow(row=number, why=why, rest=record.cut))
            continue
        try:
            builder.add(number, dict(zip(header, map(decode_strict, record.values), strict=True)))
        except UnicodeDecodeError:
            builder.refuse(number, "not UTF-8")
    return builder.build(size_bytes)


def read_records(stream: Stream, source: Source) -> Iterator[Cells]:
    """The records, the first one included, blank lines as records without values.

    Raises:
        csv.Error: the standard library cannot split the rest.
    """
    csv.field_size_limit(sys.maxsize)
    lines = Lines(stream)
    width = 0
    reader = csv.reader(lines, delimiter=source.cell_end)
    for values in reader:
        taken, cut = lines.take()
        width = width or len(values)
        if len(taken) > 1 and (cut or len(values) != width):
            lines.give_back(taken[1:])
            why = "a quote that is not closed before the end of the file" if cut else "a quote that is not closed in its record"
            yield Cells(raw=taken[0].encode("latin-1"), values=taken[:1], fault=why, cut=cut)
        elif cut and not stream.failure:
            why = "a quote that is not closed before the end of the file"
            yield Cells(raw=taken[0].encode("latin-1"), values=taken[:1], fault=why, cut=True)
        else:
            yield Cells(raw="".join(taken).encode("latin-1"), values=values)


class Lines:
    """The lines of a stream for ``csv.reader``, one character a byte, with those remembered that the current record took."""

    def __init__(self, stream: Stream) -> None:
        self._file = io.TextIOWrapper(io.BufferedReader(stream, 1 << 20), "latin-1", newline="")
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._taken_bytes = 0
        self._ended = False
        self._first = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = "" if self._taken_bytes > _MAX_RECORD_BYTES else self._next()
        if not line:
            self._ended = bool(self._taken)
            raise StopIteration
        self._taken.append(line)
        self._taken_bytes += len(line)
        if self._first:
            self._first = False
            return line.removeprefix("\xef\xbb\xbf")
        return line

    def _next(self) -> str:
        return self._waiting.popleft() if self._waiting else self._file.readline()

    def take(self) -> tuple[list[str], bool]:
        """The lines of the record that was just read, and whether it was cut: by the end of the file, or since it is too long."""
        taken, self._taken, self._taken_bytes = self._taken, [], 0
        cut, self._ended = self._ended, False
        return taken, cut

    def give_back(self, lines: list[str]) -> None:
        """Have lines read once more."""
        self._waiting.extendleft(reversed(lines))


def decode(value: str) -> str:
    """A value of a record as text."""
    return value.encode("latin-1").decode("utf-8", "replace")


def decode_strict(value: str) -> str:
    """A value of a record as text.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return value if value.isascii() else value.encode("latin-1").decode("utf-8")
