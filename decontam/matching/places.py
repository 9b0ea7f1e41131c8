"""Where a match stands: characters of a text from bytes of it or of a view of it, and of an item's part from grams."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from decontam.kernels.batches import Column, Longs, place
from decontam.matching.grams import Grams
from decontam.matching.views import View
from decontam.records import Span


def column_name(column: Column, value: int) -> str:
    """The place of a value within its row: ``prompt``, or ``messages[2].content``."""
    return column.name if column.ordinals is None else place(column.name, int(column.ordinals[value]))


def value_text(column: Column, value: int) -> str:
    """One value as text."""
    return bytes(column.data[column.offsets[value] : column.offsets[value + 1]]).decode("utf-8", "replace")


class Given:
    """The column as it was given, for what was found in it or, with ``view``, in a view of it."""

    def __init__(self, column: Column, view: View | None = None) -> None:
        self._column, self._view = column, view
        self._last: tuple[int, GivenValue] | None = None

    def numbers(self, values: Longs) -> Longs:
        """The numbers of values, or of those that stretches of the view are of."""
        return values if self._view is None else self._view.values[values]

    def bytes(self, values: Longs, first: Longs, end: Longs) -> tuple[Longs, Longs]:
        """Bytes of values or of stretches of the view as bytes of the values as given."""
        if self._view is None:
            return first, end
        base = self._view.column.offsets[values]
        return self._view.source[base + first], self._view.source[base + end - 1] + 1

    def value(self, number: int) -> GivenValue:
        """The value, or the one that a stretch of the view is of."""
        if self._last is None or self._last[0] != number:
            value = number if self._view is None else int(self._view.values[number])
            self._last = (number, GivenValue(self._column, value, self._view, number))
        return self._last[1]

    def name(self, value: int) -> str:
        """The place of a value within its row."""
        return column_name(self._column, value)


class GivenValue:
    """One value's bytes, with the characters that they are: counted by blocks, since a value may be very long.

    Spans are bytes of the value, or of the stretch of the view of it.
    """

    _BLOCK = 1 << 14

    def __init__(self, column: Column, value: int, view: View | None, stretch: int) -> None:
        self.number = value
        self._view, self._stretch = view, stretch
        self._data = column.data[column.offsets[value] : column.offsets[value + 1]]
        self._ascii = not len(self._data) or int(self._data.max()) < 0x80
        blocks = range(0, 0 if self._ascii else len(self._data), self._BLOCK)
        self._before = np.cumsum([0, *(self._characters(start, start + self._BLOCK) for start in blocks)])

    def _characters(self, start: int, end: int) -> int:
        return int(np.count_nonzero((self._data[start:end] & 0xC0) != 0x80))

    def chars(self, spans: Iterable[Span]) -> list[Span]:
        """Byte spans as character spans of the value."""
        return [(self._char(start), self._char(end)) for start, end in map(self._given, spans)]

    def _given(self, span: Span) -> Span:
        return span if self._view is None else self._view.given(self._stretch, *span)

    def _char(self, byte: int) -> int:
        if self._ascii:
            return byte
        block = byte // self._BLOCK
        return int(self._before[block]) + self._characters(block * self._BLOCK, byte)

    def text(self, start: int, end: int) -> str:
        """The characters between two bytes."""
        first, last = self._given((start, end))
        return self._data[first:last].tobytes().decode("utf-8", "replace")


def merge(starts: Longs, ends: Longs) -> list[Span]:
    """Spans that touch as one, ascending."""
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    fresh = np.flatnonzero(np.concatenate([[True], starts[1:] > ends[:-1]]))
    return list(zip(starts[fresh].tolist(), ends[np.append(fresh[1:], len(ends)) - 1].tolist(), strict=True))


def item_spans(grams: Grams, part: int, hits: Longs) -> list[Span]:
    """The places of grams in the item's part, merged."""
    spans, length = grams.parts[part].spans, grams.parts[part].length
    places = positions_in(grams, hits[:, 1], part)
    return merge(spans[places, 0], spans[places + length - 1, 1])


def run_span(grams: Grams, part: int, run: Longs) -> Span:
    """The place of a run of grams, one token apart, in the item's part."""
    spans = grams.parts[part].spans
    first = int(positions_in(grams, run[:1, 1], part)[0])
    last = min(first + len(run) + grams.parts[part].length - 2, len(spans) - 1)
    return int(spans[first, 0]), int(spans[last, 1])


def positions_in(grams: Grams, numbers: Longs, part: int) -> Longs:
    """Where grams occur first in a part that has them, in tokens."""
    at = grams.posting_starts[numbers]
    while (early := grams.posting_parts[at] < part).any():
        at = at + early
    return grams.posting_positions[at]
