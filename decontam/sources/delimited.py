"""CSV and TSV with a header: pyarrow's stream, and from where it stops, the standard library. A row is a record, from 1.

Blank lines are not records, the header is not counted. A record with more or fewer values than the header is a broken row.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice

import pyarrow as pa
import pyarrow.csv as pc

from decontam.kernels.batches import Batch, Parse
from decontam.sources.base import BLOCK_BYTES, Shape, Source, broken_batch
from decontam.sources.streams import Stream, open_stream
from decontam.sources.tables import parse_table
from decontam.sources.values import RowBuilder

DELIMITERS = {"csv": ",", "tsv": "\t"}
_SLOW_ROWS, _SLOW_BYTES = 1000, 4 << 20


def fields(source: Source) -> dict[str, Shape]:
    """The columns with a value in the first rows that is not a number; all columns where there is no row."""
    with open_stream(source) as stream:
        records = (values for _, values in read_records(stream, source) if values)
        try:
            names = header_names(next(records, []))
            sample = list(islice(records, 200))
        except csv.Error:
            return {}
    text = [name for index, name in enumerate(names) if any(index < len(row) and not number(row[index]) for row in sample)]
    return dict.fromkeys(text or names, "text")


def header_names(values: list[str]) -> list[str]:
    """The names of the columns; a repeated one gets a number, as in pandas."""
    names: list[str] = []
    for name in map(decode, values):
        again = sum(earlier == name for earlier in map(decode, values[: len(names)]))
        names.append(f"{name}.{again}" if again else name)
    return names


def number(value: str) -> bool:
    """Whether a value is empty or a number."""
    try:
        return not value.strip() or float(value) is not None
    except ValueError:
        return False


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """The parses of a file; pyarrow splits the records in the iterator, so only the conversion is left to the threads."""
    if not source.size_bytes:
        return
    row, used = 1, 0
    with open_stream(source) as stream:
        try:
            for part in arrow_batches(stream, source, names):
                yield partial(parse_table, pa.Table.from_batches([part]), names, row, stream.used - used)
                row, used = row + len(part), stream.used
            failed = bool(stream.failure)
        except (pa.ArrowException, OSError, KeyError):
            failed = True
    if failed:
        yield from slow_batches(source, names, row, used)


def arrow_batches(stream: Stream, source: Source, names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Record batches of strings; names that the file lacks are left out.

    Raises:
        pyarrow.ArrowInvalid: a record does not fit the header, or is not UTF-8.
    """
    with open_stream(source) as first:
        header = next((values for _, values in read_records(first, source) if values), [])
    if len(set(header)) < len(header):
        raise pa.ArrowInvalid("a column twice")
    present = [name for name in dict.fromkeys(names) if encode(name) in header]
    reader = pc.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pc.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
        parse_options=pc.ParseOptions(delimiter=DELIMITERS[source.kind], newlines_in_values=True),
        convert_options=pc.ConvertOptions(include_columns=present, column_types=dict.fromkeys(present, pa.string())),
    )
    return iter(reader)


def slow_batches(source: Source, names: tuple[str, ...], start: int, used: int) -> Iterator[Parse]:
    """The parses of the records from number ``start`` on."""
    with open_stream(source) as stream:
        records = ((raw, values) for raw, values in read_records(stream, source) if values)
        rows: list[tuple[int, list[str]]] = []
        size, number = 0, 0
        header: list[str] = []
        try:
            header = header_names(next(records, (b"", []))[1])
            for number, (raw, values) in enumerate(records, 1):
                if number < start:
                    continue
                rows.append((number, values))
                size += len(raw)
                if len(rows) == _SLOW_ROWS or size > _SLOW_BYTES:
                    yield partial(parse_records, rows, header, names, max(0, stream.used - used))
                    rows, size, used = [], 0, max(used, stream.used)
        except csv.Error as error:
            stream.failure = stream.failure or f"not CSV ({error})"
        if stream.failure and rows:
            rows.pop()  # it may be truncated
            number -= 1
        yield partial(parse_records, rows, header, names, max(0, stream.used - used))
        if stream.failure:
            yield partial(broken_batch, number + 1, f"{stream.failure} after {number} records")


def parse_records(rows: list[tuple[int, list[str]]], header: list[str], names: tuple[str, ...], size_bytes: int) -> Batch:
    """The batch of records whose values are bytes as Latin-1."""
    builder = RowBuilder(names)
    for number, values in rows:
        if len(values) != len(header):
            builder.refuse(number, f"{len(values)} values, the header has {len(header)}")
            continue
        try:
            builder.add(number, dict(zip(header, map(decode_strict, values), strict=True)))
        except UnicodeDecodeError:
            builder.refuse(number, "not UTF-8")
    return builder.build(size_bytes)


def read_records(stream: Stream, source: Source) -> Iterator[tuple[bytes, list[str]]]:
    """The records and their bytes, the header first, blank lines as empty records.

    Values are Latin-1, one character a byte, so that nothing is lost.

    Raises:
        csv.Error: the standard library cannot split the rest.
    """
    csv.field_size_limit(sys.maxsize)
    lines: list[str] = []
    begins = True

    def remembered() -> Iterator[str]:
        for line in io.TextIOWrapper(io.BufferedReader(stream, 1 << 20), "latin-1", newline=""):
            lines.append(line)
            yield line.removeprefix("\xef\xbb\xbf") if begins else line

    for values in csv.reader(remembered(), delimiter=DELIMITERS[source.kind]):
        raw = "".join(lines)
        lines.clear()
        begins = False
        yield raw.encode("latin-1"), values


def encode(name: str) -> str:
    """A name as ``read_records`` has it."""
    return name.encode().decode("latin-1")


def decode(value: str) -> str:
    """A value of ``read_records`` as text."""
    return value.encode("latin-1").decode("utf-8", "replace")


def decode_strict(value: str) -> str:
    """A value of ``read_records`` as text.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return value if value.isascii() else value.encode("latin-1").decode("utf-8")
