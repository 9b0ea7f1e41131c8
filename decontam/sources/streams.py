"""Bytes of a file, decompressed while reading, in bounded memory; a broken stream ends early and says why.

Covers gzip, zstd, xz and bzip2, several members or frames of each, one in another, and text of other encodings, which becomes
UTF-8. Does not cover lz4, brotli and snappy outside of Parquet.
"""

from __future__ import annotations

import bz2
import codecs
import io
import lzma
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import zstandard

from decontam.sources.base import Source

_MAX_ZSTD_WINDOW_BYTES = 1 << 31  # what `zstd --long=31` writes
_ZSTD_READ_BYTES = (1 << 9, 1 << 18)
_STEP_BYTES = 4 << 20  # of output at once, about


class Stream(io.RawIOBase):
    """A readable file. ``used``: bytes of the file (compressed) read so far. ``failure``: why it ended early, else empty."""

    def __init__(self, path: Path, compression: str = "", encoding: str = "") -> None:
        steps: list[_Inflate] = [_INFLATE[name]() for name in compression.split(".") if name]
        if encoding:
            steps.append(_Recode(encoding))
        raw = path.open("rb", buffering=0)
        self._start(_chain(raw, steps[:-1]) if len(steps) > 1 else raw, steps[-1] if steps else None)

    def _start(self, file: io.RawIOBase, inflate: _Inflate | None) -> None:
        self.file = file
        self.failure = ""
        self._used = 0
        self._inflate = inflate
        self._ready = memoryview(b"")

    @property
    def used(self) -> int:
        """Bytes of the file on the disk that were read."""
        return self.file.used if isinstance(self.file, Stream) else self._used

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, target: memoryview, /) -> int:  # type: ignore[override]
        """Fill some of the target; 0 at the end, which is also where the stream is broken."""
        if self._inflate is None:
            try:
                count = self.file.readinto(target) or 0
            except OSError as error:
                self.failure, count = f"read error ({error.strerror})", 0
            self._used += count
            return count
        while not self._ready and not self.failure:
            if not self._more():
                return 0
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def fill(self, target: memoryview) -> int:
        """Fill all of the target; less only at the end."""
        filled = 0
        while filled < len(target) and (count := self.readinto(target[filled:])):
            filled += count
        return filled

    def close(self) -> None:
        """Close the file."""
        self.file.close()
        super().close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _more(self) -> bool:
        assert self._inflate is not None
        data = b"" if self._inflate.waiting else self._take()
        self._used += len(data)
        if not data and not self._inflate.waiting:
            if isinstance(self.file, Stream):
                self.failure = self.file.failure
            if not self._inflate.complete:
                self.failure = self.failure or f"truncated {self._inflate.name} stream"
            return False
        try:
            self._ready = memoryview(self._inflate.feed(data))
        except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            self.failure = f"corrupt {self._inflate.name} stream ({error})"
        return not self.failure

    def _take(self) -> bytes:
        try:
            return self.file.read(self._inflate.read_bytes if self._inflate else 0) or b""
        except OSError as error:
            self.failure = f"read error ({error.strerror})"
            return b""


def _chain(raw: io.RawIOBase, steps: list[_Inflate]) -> Stream:
    """A file, decompressed step by step."""
    stream = Stream.__new__(Stream)
    *before, last = steps
    stream._start(_chain(raw, before) if before else raw, last)
    return stream


class _Inflate(Protocol):
    name: str
    read_bytes: int

    @property
    def complete(self) -> bool: ...

    @property
    def waiting(self) -> bool: ...

    def feed(self, data: bytes) -> bytes: ...


class _Gzip:
    name = "gzip"
    read_bytes = 1 << 18
    _out_bytes = 1 << 20

    def __init__(self) -> None:
        self._state = zlib.decompressobj(31)
        self._rest = b""
        self._begun = self._full = False

    @property
    def complete(self) -> bool:
        return not self._begun

    @property
    def waiting(self) -> bool:
        return bool(self._rest) or self._full

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        if not self._begun and not (data := data.lstrip(b"\0")):  # padding after a member, as tape drives write it
            self._rest = b""
            return b""
        self._begun = True
        out = self._state.decompress(data, self._out_bytes)
        self._full = len(out) == self._out_bytes  # there may be more to come out with nothing more put in
        self._rest = self._state.unconsumed_tail
        if self._state.eof:
            self._rest = self._state.unused_data
            self._state, self._begun, self._full = zlib.decompressobj(31), False, False
        return out


class _Zstd:
    name = "zstd"

    def __init__(self) -> None:
        self.read_bytes = _ZSTD_READ_BYTES[0]  # grows and shrinks: only the input of a step has a limit, not its output
        self._context = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW_BYTES)
        self._state = self._context.decompressobj()
        self._rest = b""
        self._begun = False

    @property
    def complete(self) -> bool:
        return not self._begun

    @property
    def waiting(self) -> bool:
        return bool(self._rest)

    def feed(self, data: bytes) -> bytes:
        data, self._rest, self._begun = self._rest + data, b"", True
        out: bytes = self._state.decompress(data)
        low, high = _ZSTD_READ_BYTES
        self.read_bytes = max(low, min(high, 2 * self.read_bytes, self.read_bytes * _STEP_BYTES // max(1, len(out))))
        if self._state.eof:
            self._rest = self._state.unused_data
            self._state, self._begun = self._context.decompressobj(), False
        return out


class _Blocks:
    """xz and bzip2: decompressors of the standard library, one a stream, several streams in a file."""

    read_bytes = 1 << 16
    _out_bytes = 1 << 20

    def __init__(self, name: str, new: Callable[[], Any]) -> None:
        self.name = name
        self._new = new
        self._state: Any = None
        self._rest = b""

    @property
    def complete(self) -> bool:
        return self._state is None

    @property
    def waiting(self) -> bool:
        return bool(self._rest) or (self._state is not None and not self._state.needs_input)

    def feed(self, data: bytes) -> bytes:
        data, self._rest = self._rest + data, b""
        if self._state is None:
            if not (data := data.lstrip(b"\0")):  # padding after a stream
                return b""
            self._state = self._new()
        out: bytes = self._state.decompress(data, self._out_bytes)
        if self._state.eof:
            self._rest, self._state = self._state.unused_data, None
        return out


class _Recode:
    """Text of an encoding as UTF-8."""

    read_bytes = 1 << 18
    waiting = False

    def __init__(self, encoding: str) -> None:
        self.name = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._first = True

    @property
    def complete(self) -> bool:
        return not self._decoder.getstate()[0]

    def feed(self, data: bytes) -> bytes:
        text = self._decoder.decode(data)
        if self._first and text:
            text, self._first = text.removeprefix("\ufeff"), False
        return text.encode()


_INFLATE: dict[str, Callable[[], _Inflate]] = {
    "gz": _Gzip,
    "zst": _Zstd,
    "xz": partial(_Blocks, "xz", lzma.LZMADecompressor),
    "bz2": partial(_Blocks, "bzip2", bz2.BZ2Decompressor),
}


def open_stream(source: Source) -> Stream:
    """Open a source for reading.

    Raises:
        OSError: it cannot be opened.
    """
    return Stream(source.path, source.compression, source.encoding)


def head(source: Source, limit_bytes: int) -> bytes:
    """The first bytes of a source, as ``head_of``."""
    return head_of(source.path, source.compression, limit_bytes, source.encoding)


def head_of(path: Path, compression: str, limit_bytes: int, encoding: str = "") -> bytes:
    """The first bytes of a file, decompressed; less if it is shorter or broken.

    Raises:
        OSError: it cannot be opened.
    """
    if not compression and not encoding:  # no room is cleared for what a small file does not have
        limit_bytes = min(limit_bytes, max(path.stat().st_size, 1 << 16))
    buffer = bytearray(limit_bytes)
    with Stream(path, compression, encoding) as stream:
        return bytes(buffer[: stream.fill(memoryview(buffer))])
