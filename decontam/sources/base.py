"""What every reader shares: the source, its columns, what a reader is. No reading here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from decontam.kernels.batches import Batch, BrokenRow, Parse

Kind = Literal["jsonl", "json", "parquet", "arrow", "csv", "tsv", "text", "notebook"]
BLOCK_BYTES = 8 << 20
MESSAGE_LISTS = ("messages", "conversations", "conversation")
# Names that make an object a row. All columns are read; these only tell a row from an object that holds rows.
KNOWN_NAMES = (
    *MESSAGE_LISTS,
    *("text", "content", "code", "prompt", "completion", "instruction", "input", "output", "response", "question", "answer"),
    *("chosen", "rejected", "solution", "solutions", "canonical_solution", "query", "context", "problem", "tests", "test"),
    *("system", "target", "document", "body"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read.

    ``name``: as it was given, for reports, unique. ``size_bytes``: on the disk, so compressed. ``compression``: what it is packed
    in, outermost first, as ``gz`` or ``gz.xz``. ``encoding``: of its text where that is not UTF-8. ``delimiter``: between cells.
    ``home``: where it lies for the user, if ``path`` is a copy that was unpacked.
    """

    path: Path
    name: str
    kind: Kind
    size_bytes: int
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    home: Path | None = None

    @property
    def cell_end(self) -> str:
        """What stands between two cells."""
        return self.delimiter or ("\t" if self.kind == "tsv" else ",")

    @property
    def place(self) -> Path:
        """Where the user has it."""
        return self.home or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The sources in the order of their names, and what a reader of the report should know.

    ``notes``: known to hold no training text, left out by the user, given twice. ``unread``: what may hold text and cannot be
    read, each with why; with any of them no audit may end clean. ``scratch``: keeps the folder of unpacked files while this is
    in use.
    """

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    scratch: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a file are scanned.

    ``names``: those seen in its first rows, or given by the user. ``wanted``: the user's, none where every string is read.
    ``unscanned``: seen, hold text, and are not read because the user named others.
    """

    names: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    unscanned: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one kind is read.

    ``fields``: the places with text in the first rows, as ``messages[].content``; empty where none can be read. ``batches``: the
    parses, in file order, of the columns that are named and what is within them, of all where none is; what cannot be read comes
    as ``BrokenRow``, never as an exception.
    """

    fields: Callable[[Source], tuple[str, ...]]
    batches: Callable[[Source, tuple[str, ...]], Iterator[Parse]]


def broken_batch(row: int, why: str, size_bytes: int = 0, *, rest: bool = True) -> Batch:
    """A batch of just one broken row; row 0 stands for the whole file, ``rest`` means that what follows is lost too."""
    broken = (BrokenRow(row=row, why=why, rest=rest),)
    return Batch(rows=np.empty(0, np.int64), columns=(), broken=broken, size_bytes=size_bytes)


def nothing_under(names: Iterable[str], row: object) -> str:
    """Why a row without text is broken, with what it has instead. ``row``: its keys, or whatever it is."""
    where = f" under {', '.join(names)}"[:300] if names else ""
    if not isinstance(row, (dict, list)):
        return f"no text{where}; found {row!r}"[:300]
    present = ", ".join(str(key) for key in row)[:200].encode("utf-8", "replace").decode()
    return f"no text{where}" + (f"; found keys {present}" if present else "; found no keys")
