"""Records out of log files, one at a time: JSONL, JSON documents, tables; plain, gzip or zstandard; UTF-8 or UTF-16.

A line that is too long, cut off, in another encoding or no object is a record that could not be read, with its place; the rest
of the file is read all the same. Memory is bounded by the longest line that is taken (``MAX_RECORD_BYTES``), in a JSON document
by its largest entry (a page of an API is one); CSV, TSV and Parquet files are read whole.
"""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import zstandard

from evals.errors import BadInput
from evals.files import BYTE_ORDER_MARK, shown
from evals.tables import DELIMITED, TableRow, suffix_of, table_rows

MAX_RECORD_BYTES = 64 << 20
_PEEKED = 1 << 16
_BLOCK = 1 << 20
_GZIP = 31  # zlib's window bits for the gzip format
_SAMPLED_LINES = 20
_LIST_OPENS = re.compile(rb"\s*\[\s*(?:[{\]]|$)")  # a line of a text log may begin with a bracket, too
_WRAPPERS = ("data", "items", "results", "rows", "records", "runs", "observations", "traces", "scores", "feedback")
_BESIDE = {"meta", "page", "total", "count", "object", "has_more", "next", "next_cursor", "first_id", "last_id", "cursors"}
_BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A decoded record: ``file:line``, ``file: entry N`` of a JSON document, or ``file:row N`` of a table."""

    place: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that could not be read, and why. ``raw`` is its beginning, to tell it from others; never shown."""

    place: str
    why: str
    raw: bytes = b""


class _Torn(io.RawIOBase):
    """A decompressed stream whose faults end it instead of being raised; ``fault`` says what happened."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.fault = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except _BROKEN as error:
            self.fault = str(getattr(error, "strerror", None) or error) or type(error).__name__
            return 0
        buffer[: len(data)] = data
        return len(data)


def log_records(file: Path) -> Iterator[LogRecord | BrokenRecord]:
    """The records of a log file, in order.

    Raises:
        BadInput: there is no such file, or it cannot be opened.
    """
    if suffix_of(file) in (*DELIMITED, ".parquet"):
        for row in table_rows(file):
            yield LogRecord(row.place, _plain(row.values)) if isinstance(row, TableRow) else BrokenRecord(row.place, row.why)
        return
    with ExitStack() as stack:
        torn = _Torn(_opened(file, stack))
        stream = io.BufferedReader(torn, _BLOCK)
        yield from _records(file, _as_utf8(stream))
        if torn.fault:
            yield BrokenRecord(
                str(file), f"the compressed file ends early or is damaged ({torn.fault}); what stands before was read"
            )


def _plain(value: Any) -> Any:
    """A cell of Parquet as JSON would have it: times as ISO 8601 text, decimals as numbers."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _opened(file: Path, stack: ExitStack) -> BinaryIO:
    """The file's bytes, decompressed by what they are and not by the name."""
    try:
        handle = stack.enter_context(file.open("rb"))
        magic = handle.read(4)
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None
    handle.seek(0)
    if magic == b"PK\x03\x04":
        raise BadInput(
            f"{file}: is a ZIP archive, which is not read; unpack it and give the files in it. A log of inspect_ai becomes JSON "
            f"with: inspect log convert {file} --to json --output-dir DIR"
        )
    if magic[:2] == b"\x1f\x8b":
        return cast(BinaryIO, _Frames(handle, lambda: zlib.decompressobj(wbits=_GZIP)))
    if magic == b"\x28\xb5\x2f\xfd":
        return cast(BinaryIO, _Frames(handle, lambda: zstandard.ZstdDecompressor().decompressobj()))
    return handle


class _Frames(io.RawIOBase):
    """Frames of a compressed file, one after the other, decompressed; a frame without its end is an error, not an end.

    The library's own readers lose what they decompressed from the block in which a file breaks off.
    """

    def __init__(self, handle: BinaryIO, begin: Callable[[], Any]) -> None:
        self._handle = handle
        self._begin = begin
        self._frame = begin()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            data = self._frame.unused_data if self._frame.eof else b""
            data = data or self._handle.read(1 << 16)
            if not data:
                if not self._frame.eof:
                    raise EOFError("cut off before the end of a frame")
                return 0
            if self._frame.eof:
                self._frame = self._begin()
            self._ready = self._frame.decompress(data)
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


class _Recoded(io.RawIOBase):
    """UTF-16 text as UTF-8; what is no UTF-16 becomes the replacement character."""

    def __init__(self, inner: io.BufferedReader[Any]) -> None:
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            data = self._inner.read(_BLOCK)
            self._ready = self._decoder.decode(data, final=not data).encode(errors="replace")
            if not data:
                break
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _as_utf8(stream: io.BufferedReader[Any]) -> io.BufferedReader[Any]:
    head = stream.peek(4)[:4]
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.BufferedReader(_Recoded(stream), _BLOCK)
    if head.startswith(BYTE_ORDER_MARK):
        stream.read(len(BYTE_ORDER_MARK))
    return stream


def _records(file: Path, stream: io.BufferedReader[Any]) -> Iterator[LogRecord | BrokenRecord]:
    head = stream.peek(_PEEKED)
    if not head:
        yield BrokenRecord(str(file), "the file is empty; expected records, such as one JSON object a line")
    elif _is_document(head):
        yield from _document_records(file, stream)
    else:
        yield from _line_records(file, stream)


def _is_document(head: bytes) -> bool:
    """Whether a file is JSON over several lines rather than one object a line; only its beginning is looked at."""
    lines = [line for line in head.split(b"\n") if line.strip()]
    if not lines or lines[0].lstrip()[:1] not in (b"[", b"{"):
        return False
    if _LIST_OPENS.match(lines[0]) and not _is_json(lines[0]):
        return True
    if lines[0].lstrip()[:1] == b"{" and len(lines) == 1:
        return False
    return not any(_is_object(line) and _stands_alone(lines[at + 1 :]) for at, line in enumerate(lines[:_SAMPLED_LINES]))


def _stands_alone(after: list[bytes]) -> bool:
    """Whether an object on a line is a record rather than the last one of a list or an object, which then closes."""
    return not after or after[0].lstrip()[:1] not in (b"]", b"}", b",")


def _is_object(line: bytes) -> bool:
    return line.lstrip()[:1] == b"{" and _is_json(line)


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _line_records(file: Path, stream: io.BufferedReader[Any]) -> Iterator[LogRecord | BrokenRecord]:
    number = 0
    while line := stream.readline(MAX_RECORD_BYTES + 1):
        number += 1
        if len(line) > MAX_RECORD_BYTES:
            size = len(line) + (0 if line.endswith(b"\n") else _skip_line(stream))
            why = f"a line of {size:,} bytes, more than the {MAX_RECORD_BYTES:,} that are taken; split it, or leave it out"
            yield BrokenRecord(f"{file}:{number}", why, line[:4096])
        elif not line.isspace():
            yield from _line_record(f"{file}:{number}", line)


def _skip_line(stream: io.BufferedReader[Any]) -> int:
    """Read to the line's end without keeping it; how many bytes that were."""
    size = 0
    while part := stream.readline(_BLOCK):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size


def _line_record(place: str, line: bytes) -> Iterator[LogRecord | BrokenRecord]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        cut = not line.endswith(b"\n") and line.lstrip()[:1] == b"{"
        why = "cut off in its last line; where the log is still being written, ingest it again later" if cut else ""
        yield BrokenRecord(
            place, why or _why_not_json(line, error), line.rstrip()
        )  # the same with and without an end of the line
        return
    if isinstance(value, dict):
        for number, entry in enumerate(unwrapped(value), 1):
            yield _checked(place if entry is value else f"{place} entry {number}", entry)
    else:
        yield BrokenRecord(place, f"expected an object with a record's keys, found {type(value).__name__}", line.rstrip())


def _why_not_json(line: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return f"not UTF-8 at byte {bad.start} of the line (0x{line[bad.start]:02x}); save the log as UTF-8"
    return f"not JSON ({error.msg}); expected one object a line"


def unwrapped(value: Mapping[str, Any]) -> list[Any]:
    """The records of a page as APIs give it (``{"data": [...], "meta": ...}``), or the object itself."""
    for name in _WRAPPERS:
        inner = value.get(name)
        if (
            isinstance(inner, list)
            and inner
            and all(isinstance(item, dict) for item in inner)
            and value.keys() - {name} <= _BESIDE
        ):
            return inner
    return [value]


def _checked(place: str, entry: Any) -> LogRecord | BrokenRecord:
    if isinstance(entry, dict):
        return LogRecord(place, entry)
    return BrokenRecord(
        place, f"expected an object with a record's keys, found {type(entry).__name__}", repr(entry)[:200].encode()
    )


def _document_records(file: Path, stream: io.BufferedReader[Any]) -> Iterator[LogRecord | BrokenRecord]:
    """The entries of a JSON list, or the objects that stand one after the other, as they are read."""
    import ijson

    listed = stream.peek(_PEEKED).lstrip()[:1] == b"["
    number = 0
    try:
        for value in ijson.items(stream, "item" if listed else "", use_float=True, multiple_values=True):
            for entry in unwrapped(value) if isinstance(value, dict) else [value]:
                number += 1
                yield _checked(f"{file}: entry {number}", entry)
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        said = shown(str(error).splitlines()[0].encode())[1:-1] if str(error) else type(error).__name__
        yield BrokenRecord(f"{file}: entry {number + 1}", f"not JSON from here on ({said}); the entries before were read")
