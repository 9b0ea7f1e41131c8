"""A worker's work in an audit: parse a batch, match its texts, and cut out what the report may show.

Texts in lists (the turns of a chat, the lines of a page) are matched joined, so that an item in parts is seen; a match within
one of them is reported as that one's. Code is matched part by part, since an open quote would swallow the next part, unless the
parts are lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from decontam.audit.scanned import Located, Matches, Scanned
from decontam.kernels.batches import Column, Longs, Parse, place
from decontam.matching.found import ColumnMatches
from decontam.matching.index import HoldoutIndex
from decontam.matching.match import find_matches
from decontam.matching.places import column_name, value_text
from decontam.records import Channel, Match, Span

_LINE_BYTES = 200  # on average; texts in a list that are shorter are taken for the lines of one


def scan_batch(parse: Parse, index: HoldoutIndex, channels: Sequence[Channel]) -> Scanned:
    """Parse, scan, score; the matches by row."""
    batch = parse()
    blocks = [block for column in batch.columns for block in found_in(column, index, channels) if len(block.found)]
    return Scanned(rows=batch.rows, matches=Matches.of(batch.rows, blocks), broken=batch.broken, size_bytes=batch.size_bytes)


def found_in(column: Column, index: HoldoutIndex, channels: Sequence[Channel]) -> Iterator[Alone | Joined]:
    """The matches of a column."""
    lists = Lists.of(column)
    if lists is None:
        yield Alone(column, find_matches(column, index, channels))
        return
    together = channels if lists.lines else [channel for channel in channels if channel == "text"]
    if together:
        yield Joined(lists, find_matches(lists.joined, index, together))
    if rest := [channel for channel in channels if channel not in together]:
        yield Alone(column, find_matches(column, index, rest))


@dataclass(slots=True)
class Alone:
    """The matches of values one by one."""

    column: Column
    found: ColumnMatches
    _last: tuple[int, str] = field(default=(-1, ""))

    @property
    def rows(self) -> Longs:
        """See ``MatchBlock``."""
        values: Longs = self.found.table["value"]
        return self.column.rows[values]

    @property
    def places(self) -> Any:
        """See ``MatchBlock``."""
        if self.column.ordinals is None:
            return np.full(len(self.found), self.column.name, object)
        ordinals = self.column.ordinals[self.found.table["value"]]
        return named(ordinals, ordinals, lambda first, _: place(self.column.name, first))

    def locate(self, number: int) -> Located:
        """See ``MatchBlock``."""
        value = int(self.found.table["value"][number])
        if self._last[0] != value:
            self._last = (value, value_text(self.column, value))
        return Located(match=self.found.match(number), text=self._last[1])


@dataclass(slots=True)
class Joined:
    """The matches of texts in lists, joined."""

    lists: Lists
    found: ColumnMatches

    @property
    def rows(self) -> Longs:
        """See ``MatchBlock``."""
        groups: Longs = self.found.table["value"]
        return self.lists.column.rows[self.lists.starts[groups]]

    @property
    def places(self) -> Any:
        """See ``MatchBlock``."""
        ordinals = self.lists.column.ordinals
        assert ordinals is not None
        low, high = self.lists.stretched(self.found.table)
        return named(ordinals[low], ordinals[high], self.lists.name)

    def locate(self, number: int) -> Located:
        """See ``MatchBlock``."""
        return self.lists.locate(int(self.found.table["value"][number]), self.found.match(number))


def named(first: Longs, last: Longs, name: Callable[[int, int], str]) -> Any:
    """A name for each pair of numbers, each made once."""
    width = int(last.max(initial=0)) + 1
    distinct, inverse = np.unique(first * width + last, return_inverse=True)
    names = [name(*divmod(pair, width)) for pair in distinct.tolist()]
    return np.array(names, object)[inverse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """A column of lists, and the texts of each row joined by line ends. ``starts``: the first value of each row, and the end."""

    column: Column
    starts: Longs
    joined: Column

    @classmethod
    def of(cls, column: Column) -> Lists | None:
        """The lists of a column; None where no row has several values."""
        if column.ordinals is None or not len(column.rows):
            return None
        begins = np.flatnonzero(np.diff(column.rows, prepend=-1))
        if len(begins) == len(column.rows):
            return None
        starts = np.append(begins, len(column.rows))
        return cls(column=column, starts=starts, joined=join(column, starts))

    @property
    def lines(self) -> bool:
        """Whether the texts are short enough to be the lines of one."""
        return len(self.column.data) < _LINE_BYTES * len(self.column.rows)

    def stretched(self, table: Any) -> tuple[Longs, Longs]:
        """By match in the joined texts: the first and the last value that it stretches over."""
        column, groups = self.column, np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        firsts = self.starts[groups]
        values = np.arange(len(groups))
        begins = self.joined.offsets[groups] + column.offsets[:-1] - column.offsets[firsts] + values - firsts
        base = self.joined.offsets[table["value"]]
        low, high = (np.searchsorted(begins, base + edge, "right") - 1 for edge in (table["first"], table["end"] - 1))
        return low.astype(np.int64), high.astype(np.int64)

    def name(self, first: int, last: int) -> str:
        """The place of a text that stretches over some of a list."""
        name = self.column.name
        return place(name, first) if first == last else name.replace("[]", f"[{first}-{last}]", 1)

    def locate(self, group: int, match: Match) -> Located:
        """A match in a joined text as one in the part that holds all of it, else in the parts that it stretches over."""
        first, end = int(self.starts[group]), int(self.starts[group + 1])
        parts = [value_text(self.column, value) for value in range(first, end)]
        begins = np.cumsum([0, *(len(part) + 1 for part in parts)])
        spans = match.document_spans or (match.document_span,)
        low, high = (
            int(np.searchsorted(begins, edge, "right")) - 1
            for edge in (min(span[0] for span in spans), max(max(span[1] for span in spans) - 1, 0))
        )
        if low == high:
            moved = shifted(match, -int(begins[low]), column_name(self.column, first + low))
            return Located(match=moved, text=parts[low])
        ordinals = self.column.ordinals
        assert ordinals is not None
        name = self.name(int(ordinals[first + low]), int(ordinals[first + high]))
        return Located(match=match.model_copy(update={"column": name}), text="\n".join(parts))


def shifted(match: Match, by: int, column: str) -> Match:
    """A match whose places in the text are moved."""

    def move(span: Span) -> Span:
        return span[0] + by, span[1] + by

    spans = tuple(map(move, match.document_spans))
    return match.model_copy(update={"document_span": move(match.document_span), "document_spans": spans, "column": column})


def join(column: Column, starts: Longs) -> Column:
    """The values of each row in one, line ends between them."""
    texts = pa.LargeStringArray.from_buffers(len(column.rows), pa.py_buffer(column.offsets), pa.py_buffer(column.data))
    array = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(starts), texts), pa.scalar("\n", pa.large_string()))
    _, offsets, data = array.buffers()
    return replace(
        column,
        data=np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8),
        offsets=np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8),
        rows=column.rows[starts[:-1]],
        ordinals=None,
    )
