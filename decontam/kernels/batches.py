"""What readers pass to the kernels: the text values of some rows as flat UTF-8 buffers, without a Python object per value.

Covers the shapes only; see ``decontam.sources`` for the readers and ``decontam.kernel`` for what scans them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The values of one text column in one batch.

    ``data``: UTF-8 bytes of all values back to back. ``offsets``: n + 1 byte offsets into ``data``, value i is
    ``data[offsets[i]:offsets[i + 1]]``. ``rows``: n indices into the batch's ``rows``, ascending; a column of chat messages has
    several values a row, and ``ordinals`` (n, else None) then says which message a value is, from 0.
    """

    name: str
    data: Bytes
    offsets: Longs
    rows: Longs
    ordinals: Longs | None = None


def place(name: str, ordinal: int) -> str:
    """The name of a value for reports: ``messages[].content`` and 2 give ``messages[2].content``."""
    return name.replace("[]", f"[{ordinal}]", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A row that could not be read: ``row`` from 1 (the line number in JSONL), and why.

    ``rest``: what follows in the file is lost with it, so the number of rows is unknown.
    """

    row: int
    why: str
    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some consecutive rows of one file. ``rows``: their numbers from 1, ascending; broken rows are not among them.

    ``len(rows) + len(broken)`` rows were read; ``size_bytes`` of the file (compressed size where it is compressed) were used up.
    """

    rows: Longs
    columns: tuple[Column, ...]
    broken: tuple[BrokenRow, ...] = ()
    size_bytes: int = 0


# A reader yields these in file order; worker threads call them to parse.
Parse = Callable[[], Batch]
