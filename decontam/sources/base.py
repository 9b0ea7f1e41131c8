"""What every reader shares: the source, its columns, the shapes a column's value can have. No reading here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from decontam.kernels.batches import Batch, BrokenRow, Parse

Kind = Literal["jsonl", "json", "parquet", "arrow", "csv", "tsv", "text", "notebook"]
Compression = Literal["", "gz", "zst"]
# text: a string. texts: a list of strings. message, messages: an object with one of MESSAGE_FIELDS, a list of such.
# other: may hold text in unknown places, so it is only read line by line.
Shape = Literal["text", "texts", "message", "messages", "other"]
BLOCK_BYTES = 8 << 20
# Looked for if the user names no columns. Lists of messages first; the others are strings more often than not.
MESSAGE_LISTS = ("messages", "conversations", "conversation")
KNOWN_NAMES = (
    *MESSAGE_LISTS,
    *("text", "content", "code", "prompt", "completion", "instruction", "input", "output", "response", "question", "answer"),
    *("chosen", "rejected", "solution", "solutions", "canonical_solution", "query", "context", "problem", "tests", "test"),
    *("system", "target", "document", "body"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read. ``name``: as it was given, for reports, unique. ``size_bytes``: on the disk, so compressed."""

    path: Path
    name: str
    kind: Kind
    size_bytes: int
    compression: Compression = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The sources in the order of their names, and what a reader of the report should know (skipped, given twice)."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a file are scanned.

    ``names``: those seen in its first rows, or given by the user. ``also``: looked for in every row beside them (the known names,
    where nobody named columns), because later rows may have another schema. ``unscanned``: seen, hold text, and are not read.
    """

    names: tuple[str, ...]
    also: tuple[str, ...] = ()
    unscanned: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    @property
    def wanted(self) -> tuple[str, ...]:
        """All names to look for, without repetition."""
        return tuple(dict.fromkeys(self.names + self.also))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one kind is read.

    ``fields``: the columns with text in the first rows and their shapes; empty where none can be read. ``batches``: the parses,
    in file order; what cannot be read comes as ``BrokenRow``, never as an exception.
    """

    fields: Callable[[Source], Mapping[str, Shape]]
    batches: Callable[[Source, tuple[str, ...]], Iterator[Parse]]


def broken_batch(row: int, why: str, size_bytes: int = 0, *, rest: bool = True) -> Batch:
    """A batch of just one broken row; row 0 stands for the whole file, ``rest`` means that what follows is lost too."""
    broken = (BrokenRow(row=row, why=why, rest=rest),)
    return Batch(rows=np.empty(0, np.int64), columns=(), broken=broken, size_bytes=size_bytes)


def nothing_under(names: Iterable[str], keys: Iterable[object]) -> str:
    """Why a row without text is broken, with what it has instead."""
    present = ", ".join(str(key) for key in keys)[:200].encode("utf-8", "replace").decode()
    return f"no text under {', '.join(names)}"[:300] + (f"; found keys {present}" if present else "; found no keys")
