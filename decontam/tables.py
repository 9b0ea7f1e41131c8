"""Tables as rows with their places: JSONL, JSON, CSV, TSV, Parquet, gzip- or zstandard-compressed.

For holdouts, which fit the memory; training files are read by ``decontam.sources``. A row that cannot be read says why.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import zstandard

from evals.errors import BadInput

TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
EXPECTED = f"a table ({' '.join(TABLES)}, also .gz or .zst), a suite's folder, a shipped suite's name, or importer:path"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a table: ``values`` is None where it could not be read, and ``why`` says so."""

    place: str
    values: Mapping[str, Any] | None = None
    why: str = ""


def suffix_of(file: Path) -> str:
    """The ending that says what a table is, without the compression's."""
    plain = file.with_suffix("") if file.suffix.lower() in (".gz", ".zst") else file
    return plain.suffix.lower()


def table_rows(file: Path, known: frozenset[str]) -> Iterator[TableRow]:
    """The rows of a table, decompressed and told by what it is. ``known``: names of columns that make an object a row.

    Raises:
        BadInput: the file as a whole cannot be read, or is no table.
    """
    suffix = suffix_of(file)
    data = _content(file)
    if suffix == ".parquet" or data[:4] == b"PAR1":
        return _parquet_rows(file, data)
    if suffix in (".csv", ".tsv"):
        return _csv_rows(file, data, "\t" if suffix == ".tsv" else ",")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if suffix in TABLES or data.lstrip()[:1] in (b"{", b"["):
        return _json_rows(file, data, known)
    if not data.strip():
        return iter(())
    raise BadInput(f"{file}: the ending {suffix or '(none)'!r} names no table that can be read; expected {EXPECTED}")


def _content(file: Path) -> bytes:
    """The file's bytes, decompressed by what they are and not by the name."""
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            return b"".join(_frames(data))
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise BadInput(f"{file}: cannot be read: {error}") from None
    return data


def _frames(data: bytes) -> Iterator[bytes]:
    """Zstandard frames, decompressed; a reader would take a file that was cut off for its end."""
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        if not frame.eof:
            raise EOFError("the compressed file was cut off before its end")
        data = frame.unused_data


def _json_rows(file: Path, data: bytes, known: frozenset[str]) -> Iterator[TableRow]:
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    entries = _entries(_document(file, data, lines), known)
    if entries is not None:
        yield from (_object(f"{file}: entry {n}", entry) for n, entry in enumerate(entries, 1))
        return
    for number, line in lines:
        place = f"{file}:{number}"
        try:
            yield _object(place, orjson.loads(line))
        except orjson.JSONDecodeError as error:
            found = line[:60].decode(errors="replace")
            yield TableRow(place=place, why=f"not JSON ({error.msg}); expected one object a line, found {found!r}")


def _document(file: Path, data: bytes, lines: Sequence[tuple[int, bytes]]) -> Any:
    """The JSON document that the whole file is, None where it is one value a line."""
    array = data.lstrip()[:1] == b"["
    by_lines = not lines or (_is_json(lines[0][1]) and (len(lines) > 1 or not (array or suffix_of(file) == ".json")))
    if by_lines:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if array or suffix_of(file) == ".json":
            raise BadInput(f"{file}:{error.lineno}: not JSON ({error.msg}); expected a list of objects") from None
        return None


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


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


def _object(place: str, value: Any) -> TableRow:
    if isinstance(value, dict):
        return TableRow(place=place, values=value)
    return TableRow(place=place, why=f"expected an object with an item's columns, found {type(value).__name__} {value!r:.60}")


def _csv_rows(file: Path, data: bytes, delimiter: str) -> Iterator[TableRow]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{file}:{line}: not UTF-8 ({error.reason}); save the table as UTF-8") from None
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # the default refuses cells over 128 KiB
    try:
        yield from _records(file, list(io.StringIO(text, newline="")), delimiter)
    finally:
        csv.field_size_limit(limit)


def _records(file: Path, lines: Sequence[str], delimiter: str) -> Iterator[TableRow]:
    """Rows of a CSV table, leniently read: real ones hold quotes in quotes. What could have swallowed other rows is broken."""
    reader = csv.reader(lines, delimiter=delimiter)
    header = next(reader, [])
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise BadInput(f"{file}:1: the column {twice[0]!r} is there twice; rename one")
    before = reader.line_num
    for cells in reader:
        record, place, before = lines[before : reader.line_num], f"{file}:{before + 1}", reader.line_num
        try:
            list(csv.reader(record, delimiter=delimiter, strict=True))
            fault = ""
        except csv.Error as error:
            fault = str(error)
        if fault and (len(record) > 1 or len(cells) != len(header)):
            yield TableRow(
                place=place, why=f"not CSV ({fault}), in a row of {len(record)} lines; quotes in a cell must be doubled"
            )
        elif len(cells) == len(header):
            yield TableRow(place=place, values=dict(zip(header, cells, strict=True)))
        elif cells:
            yield TableRow(place=place, why=f"{len(cells)} cells, but the header has {len(header)}")


def _parquet_rows(file: Path, data: bytes) -> Iterator[TableRow]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        rows = parquet.read_table(arrow.BufferReader(data)).to_pylist()
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{file}: not Parquet: {error}") from None
    for number, row in enumerate(rows, 1):
        yield TableRow(place=f"{file}:row {number}", values=row)
