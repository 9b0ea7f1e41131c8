"""Blocks of whole lines from a stream; only blocks in use are held, and a row longer than a block makes its block grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from decontam.kernels.batches import Bytes, Longs
from decontam.sources.base import BLOCK_BYTES
from decontam.sources.streams import Stream

BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN = b"\n\r"
_SCAN_BYTES = 1 << 18  # a multiple of 8


class BrokenStream(Exception):
    """The stream ended before the file did; ``line`` is the number of the first line that was not read whole."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole lines.

    ``newlines``: where they end in ``data``. ``line``: number of the first, from 1. ``size_bytes``: of the file, used up by it.
    """

    data: Bytes
    newlines: Longs
    line: int
    size_bytes: int

    def spans(self) -> tuple[Longs, Longs]:
        """Begin and end of every line, blank ones included, without their line ends."""
        starts = np.concatenate((np.zeros(1, np.int64), self.newlines + 1))
        ends = np.append(self.newlines, len(self.data))
        if starts[-1] == len(self.data):
            starts, ends = starts[:-1], ends[:-1]
        returned = starts < ends
        returned[returned] = self.data[ends[returned] - 1] == _RETURN
        return starts, ends - returned


def blocks(stream: Stream, size_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut a stream behind line ends. A byte order mark at its start is left out.

    Raises:
        BrokenStream: at the end, after all whole lines that could be read.
    """
    tail, line, used, step = np.empty(0, np.uint8), 1, 0, size_bytes
    while True:
        buffer = np.frombuffer(pa.allocate_buffer(len(tail) + step), np.uint8)  # Arrow's pool keeps its pages, unlike malloc
        buffer[: len(tail)] = tail
        filled = len(tail) + stream.fill(memoryview(buffer.data)[len(tail) :])
        at_end = filled < len(buffer)
        data = buffer[:filled]
        if line == 1 and data[:3].tobytes() == BOM:
            data = data[3:]
        cut = len(data) if at_end and not stream.failure else last_newline(data) + 1
        if cut:
            newlines = find_newlines(data[:cut])
            yield Block(data=data[:cut], newlines=newlines, line=line, size_bytes=stream.used - used)
            line, used = line + len(newlines), stream.used
        if at_end:
            break
        tail = data[cut:].copy()  # a view would keep the whole block in memory
        step = size_bytes if cut else max(size_bytes, len(tail))
    if stream.failure:
        raise BrokenStream(line, f"{stream.failure} after {line - 1} lines")


def find_newlines(data: Bytes) -> Longs:
    """Where the line ends are. Twice as fast as ``flatnonzero``, which matters because this part runs in one thread."""
    scratch = np.empty(min(len(data), _SCAN_BYTES), bool)
    offsets = []
    for begin in range(0, len(data), _SCAN_BYTES):
        part = data[begin : begin + _SCAN_BYTES]
        hits = np.equal(part, _NEWLINE, out=scratch[: len(part)])
        even = len(part) // 8 * 8
        words = np.flatnonzero(hits[:even].view(np.uint64) != 0)  # eight bytes at a time: most have none
        which, places = np.nonzero(hits[:even].reshape(-1, 8)[words])
        offsets += [words[which] * 8 + places + begin, np.flatnonzero(hits[even:]) + (begin + even)]
    return np.concatenate(offsets) if offsets else np.empty(0, np.int64)


def last_newline(data: Bytes) -> int:
    """Index of the last line end, -1 where there is none."""
    end, width = len(data), 1 << 14
    while end > 0:
        begin = max(0, end - width)
        if (place := data[begin:end].tobytes().rfind(b"\n")) >= 0:
            return begin + place
        end, width = begin, width * 4
    return -1
