"""A worker's work in an audit: parse a batch, match its texts, and cut out what the report may show.

Texts in lists (the turns of a chat, the lines of a page) are matched joined, so that an item in parts is seen; a match within
one of them is reported as that one's. Code is matched part by part, since an open quote would swallow the next part, unless the
parts are lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from decontam.audit.tally import Finding, Scanned
from decontam.kernels.batches import Column, Longs, Parse, place
from decontam.matching.index import HoldoutIndex
from decontam.matching.match import column_name, match_column, value_text
from decontam.records import Channel, Match, Span

EXCERPT = 1500  # characters of a text kept on either side of a match, for the report
_LINE_BYTES = 200  # on average; texts in a list that are shorter are taken for the lines of one


def scan_batch(parse: Parse, index: HoldoutIndex, channels: Sequence[Channel]) -> Scanned:
    """Parse, scan, score; the matches by row."""
    batch = parse()
    matches: list[Finding] = []
    for column in batch.columns:
        shown, text = (-1, -1), ""
        for key, found in matched(column, index, channels):
            if key != shown:
                shown, text = key, found.text
            low = max(found.match.document_span[0] - EXCERPT, 0)
            matches.append(
                Finding(
                    row=int(batch.rows[found.row]),
                    match=found.match,
                    excerpt=text[low : found.match.document_span[1] + EXCERPT],
                    offset=low,
                    length=len(text),
                )
            )
    matches.sort(key=lambda item: item.row)
    return Scanned(rows=batch.rows, found=tuple(matches), broken=batch.broken, size_bytes=batch.size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A match, its row's index in the batch, and the text that its spans count in."""

    row: int
    match: Match
    text: str


def matched(column: Column, index: HoldoutIndex, channels: Sequence[Channel]) -> Iterator[tuple[tuple[int, int], Located]]:
    """The matches of a column, each with a key of its text."""
    lists = Lists.of(column)
    if lists is None:
        yield from alone(column, index, channels)
        return
    together = channels if lists.lines else [channel for channel in channels if channel == "text"]
    if together:
        for group, match in match_column(lists.joined, index, together):
            yield lists.locate(group, match)
    if rest := [channel for channel in channels if channel not in together]:
        yield from alone(column, index, rest)


def alone(column: Column, index: HoldoutIndex, channels: Sequence[Channel]) -> Iterator[tuple[tuple[int, int], Located]]:
    """The matches of values one by one."""
    shown, text = -1, ""
    for value, match in match_column(column, index, channels):
        if value != shown:
            shown, text = value, value_text(column, value)
        yield (value, value), Located(row=int(column.rows[value]), match=match, text=text)


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

    def locate(self, group: int, match: Match) -> tuple[tuple[int, int], Located]:
        """A match in a joined text as one in the part that holds all of it, else in the parts that it stretches over."""
        first, end = int(self.starts[group]), int(self.starts[group + 1])
        parts = [value_text(self.column, value) for value in range(first, end)]
        begins = np.cumsum([0, *(len(part) + 1 for part in parts)])
        spans = match.document_spans or (match.document_span,)
        low, high = (
            int(np.searchsorted(begins, edge, "right")) - 1
            for edge in (min(span[0] for span in spans), max(max(span[1] for span in spans) - 1, 0))
        )
        row = int(self.column.rows[first])
        if low == high:
            moved = shifted(match, -int(begins[low]), column_name(self.column, first + low))
            return (first + low, first + low), Located(row=row, match=moved, text=parts[low])
        ordinals = self.column.ordinals
        assert ordinals is not None
        a, b = int(ordinals[first + low]), int(ordinals[first + high])
        name = place(self.column.name, a) if a == b else self.column.name.replace("[]", f"[{a}-{b}]", 1)
        return (first, end), Located(row=row, match=match.model_copy(update={"column": name}), text="\n".join(parts))


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
