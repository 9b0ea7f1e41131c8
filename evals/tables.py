"""The one reader of rows: JSONL, JSON, CSV, TSV and Parquet, plain or compressed by gzip or zstandard, each with its place.

For tables that fit into memory: holdouts, suites, benchmarks, labels. Does not cover training data of any size, which
``decontam.sources`` streams. Nothing in a table is evaluated: no pickles, no scripts. Cells of CSV and TSV are text.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
import zstandard
from pydantic import BaseModel, ValidationError

from evals.errors import BadInput, RowProblem, joined
from evals.files import BYTE_ORDER_MARK, describe, shown
from evals.source import sound

LINES = (".jsonl", ".ndjson")
DELIMITED = {".csv": ",", ".tsv": "\t"}
TABLES = (*LINES, ".json", *DELIMITED, ".parquet")
COMPRESSIONS = (".gz", ".zst")
ENDINGS = f"{', '.join(TABLES)}, also .gz or .zst"
M = TypeVar("M", bound=BaseModel)
_LONG_INTEGER = re.compile(rb"[0-9]{19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a table and where it stands: ``file:line``, ``file: entry N`` of a JSON document, ``file:row N`` of Parquet."""

    place: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRow:
    """A row that could not be read, and why."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


def suffix_of(file: Path) -> str:
    """The ending that says what a table is, without the compression's, in lower case."""
    plain = file.with_suffix("") if file.suffix.lower() in COMPRESSIONS else file
    return plain.suffix.lower()


def table_rows(
    file: Path, *, known: frozenset[str] = frozenset(), expected: str = "a JSON object", odd_quotes: bool = False
) -> Iterator[TableRow | UnreadableRow]:
    """The rows of a table, decompressed by what the file's bytes are. A file without an ending is JSON.

    ``known``: names of columns, in lower case, that make a JSON document one row. ``expected``: what a JSON value should
    have been, for messages. ``odd_quotes``: a CSV row over several lines with quotes in quotes that are not doubled is
    taken where it has as many cells as the header; else it is unreadable, since it may have swallowed other rows.

    Raises:
        BadInput: the file as a whole cannot be read, or is not a table.
    """
    suffix = suffix_of(file)
    data = _content(file)
    if suffix == ".parquet" or data[:4] == b"PAR1":
        return _parquet_rows(file, data)
    if suffix in DELIMITED:
        return _delimited_rows(file, data, DELIMITED[suffix], odd_quotes)
    data = data.removeprefix(BYTE_ORDER_MARK)
    if suffix in TABLES or not suffix or data.lstrip()[:1] in (b"{", b"["):
        return _json_rows(file, data, known, expected)
    if not data.strip():
        return iter(())
    raise BadInput(f"{file}: expected a file that ends in {ENDINGS}; {suffix!r} names no table")


def line_rows(file: Path, *, expected: str = "a JSON object") -> Iterator[TableRow | UnreadableRow]:
    """The rows of JSONL: one object per line, whatever the first line looks like.

    Raises:
        BadInput: the file cannot be read.
    """
    return _line_rows(file, _lines(_content(file).removeprefix(BYTE_ORDER_MARK)), expected)


def read_rows(
    file: Path, problems: list[str] | None = None, *, known: frozenset[str] = frozenset(), odd_quotes: bool = False
) -> list[TableRow]:
    """All rows of a table. Those that cannot be read are appended to ``problems``, and reading continues.

    ``known`` and ``odd_quotes`` are those of ``table_rows``.

    Raises:
        BadInput: the file is not a table, or has no row that can be read; without ``problems``, any row that cannot be read.
    """
    sound: list[TableRow] = []
    unreadable: list[RowProblem] = []
    for row in table_rows(file, known=known, odd_quotes=odd_quotes):
        if isinstance(row, TableRow):
            sound.append(row)
        else:
            unreadable.append(RowProblem(row.place, str(row)))
    if unreadable and (problems is None or not sound):
        raise BadInput(joined(unreadable))
    if not sound:
        raise BadInput(f"{file}: the file is empty; expected rows, such as one JSON object a line")
    if problems is not None:
        problems += unreadable
    return sound


def read_table_records(file: Path, model: type[M]) -> list[M]:
    """The rows of a table that a person may have written, as records; an empty table has none.

    Raises:
        BadInput: a row cannot be read, or does not fit the record; the message names its place, key and value.
    """
    validate = model.model_validate_strings if suffix_of(file) in DELIMITED else model.model_validate
    records = []
    for row in table_rows(file, known=frozenset(model.model_fields)):
        if isinstance(row, UnreadableRow):
            raise BadInput(str(row))
        try:
            records.append(validate(row.values))
        except ValidationError as error:
            raise BadInput(f"{row.place}: {describe(error, model)}") from None
    return records


def _content(file: Path) -> bytes:
    """The file's bytes, decompressed by what they are and not by the name."""
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            return b"".join(_frames(data))
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file") from None
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise BadInput(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return data


def _frames(data: bytes) -> Iterator[bytes]:
    """Zstandard frames, decompressed; a reader would take a truncated file for a complete one."""
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        if not frame.eof:
            raise EOFError("the compressed file was cut off before its end")
        data = frame.unused_data


def _lines(data: bytes) -> list[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1."""
    return [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]


def _line_rows(file: Path, lines: Sequence[tuple[int, bytes]], expected: str) -> Iterator[TableRow | UnreadableRow]:
    for number, line in lines:
        place = f"{file}:{number}"
        try:
            yield _object(place, _loads(line), expected)
        except orjson.JSONDecodeError as error:
            yield UnreadableRow(place=place, why=f"not JSON ({error.msg}); expected one object a line, found {shown(line)}")


def _json_rows(file: Path, data: bytes, known: frozenset[str], expected: str) -> Iterator[TableRow | UnreadableRow]:
    lines = _lines(data)
    entries = _entries(_document(file, data, lines), known)
    if entries is None:
        yield from _line_rows(file, lines, expected)
    else:
        yield from (_object(f"{file}: entry {n}", entry, expected) for n, entry in enumerate(entries, 1))


def _document(file: Path, data: bytes, lines: Sequence[tuple[int, bytes]]) -> Any:
    """The JSON document that the whole file is, None if it is one value per line."""
    array = data.lstrip()[:1] == b"["
    by_lines = not lines or (_is_json(lines[0][1]) and (len(lines) > 1 or not (array or suffix_of(file) == ".json")))
    if by_lines:
        return None
    try:
        return _loads(data)
    except orjson.JSONDecodeError as error:
        if array or suffix_of(file) == ".json":
            raise BadInput(f"{file}:{error.lineno}: not JSON ({error.msg}); expected a list of objects") from None
        return None


def _is_json(line: bytes) -> bool:
    try:
        _loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _loads(text: bytes) -> Any:
    """A JSON value as Python's own reader has it, which takes what Python writes: ``NaN``, ``Infinity``, integers of any size.

    Half characters, which UTF-8 cannot hold, become U+FFFD.

    Raises:
        JSONDecodeError: of orjson, which says more.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return _sound(json.loads(text))
        except (ValueError, RecursionError):
            pass
        raise
    if not _LONG_INTEGER.search(text):
        return value
    try:
        return json.loads(text)  # orjson makes floats of them
    except ValueError as error:
        raise orjson.JSONDecodeError(str(error).partition(";")[0], "", 0) from None


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, list):
        return [_sound(item) for item in value]
    return {sound(key): _sound(item) for key, item in value.items()} if isinstance(value, dict) else value


def _entries(document: Any, known: frozenset[str]) -> list[Any] | None:
    """Rows of a JSON document: a list, the one list of objects in an object, objects by id, or the object itself."""
    if not isinstance(document, dict):
        return document if isinstance(document, list) else None
    lists = [v for v in document.values() if isinstance(v, list) and v and all(isinstance(entry, dict) for entry in v)]
    if known & {name.lower() for name in document}:
        return [document]
    if len(lists) == 1:
        return lists[0]
    if document and all(isinstance(entry, dict) for entry in document.values()):
        return [{"id": name, **entry} for name, entry in document.items()]
    return [document]


def _object(place: str, value: Any, expected: str) -> TableRow | UnreadableRow:
    if isinstance(value, dict):
        return TableRow(place=place, values=value)
    return UnreadableRow(place=place, why=f"expected {expected}, found {type(value).__name__} {value!r:.60}")


def _delimited_rows(file: Path, data: bytes, delimiter: str, odd_quotes: bool) -> Iterator[TableRow | UnreadableRow]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{file}:{line}: not UTF-8 ({error.reason}); save the table as UTF-8") from None
    delimiter = _delimiter(text, delimiter)
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # the default refuses cells over 128 KiB
    try:
        yield from _cells(file, list(io.StringIO(text, newline="")), delimiter, odd_quotes)
    finally:
        csv.field_size_limit(limit)


def _delimiter(text: str, delimiter: str) -> str:
    """The delimiter of a header: spreadsheets of many countries write semicolons into CSV files."""
    header = text.partition("\n")[0]
    return delimiter if delimiter in header else next((other for other in (";", "\t") if other in header), delimiter)


def _cells(file: Path, lines: Sequence[str], delimiter: str, odd_quotes: bool) -> Iterator[TableRow | UnreadableRow]:
    """Rows of a CSV table, leniently read: real ones hold quotes in quotes. A row that may hold others is broken."""
    reader = csv.reader(lines, delimiter=delimiter)
    header = next(reader, [])
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise BadInput(f"{file}:1: the column {twice[0]!r} is given twice; rename one")
    before = reader.line_num
    for cells in reader:
        record, place, before = lines[before : reader.line_num], f"{file}:{before + 1}", reader.line_num
        try:
            list(csv.reader(record, delimiter=delimiter, strict=True))
            fault = ""
        except csv.Error as error:
            fault = str(error)
        if fault and ((len(record) > 1 and not odd_quotes) or len(cells) != len(header)):
            why = f"not CSV ({fault}), in a row of {len(record)} lines; quotes in a cell must be doubled"
            yield UnreadableRow(place=place, why=why)
        elif len(cells) == len(header):
            yield TableRow(place=place, values=dict(zip(header, cells, strict=True)))
        elif cells:
            why = f"expected {len(header)} cells ({', '.join(header):.80}), found {len(cells)}"
            yield UnreadableRow(place=place, why=why)


def _parquet_rows(file: Path, data: bytes) -> Iterator[TableRow | UnreadableRow]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        rows = parquet.read_table(arrow.BufferReader(data)).to_pylist()
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{file}: not Parquet: {error}") from None
    for number, row in enumerate(rows, 1):
        yield TableRow(place=f"{file}:row {number}", values=row)
