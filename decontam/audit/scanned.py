"""What a worker hands back for a batch: its rows, and its matches as arrays, with evidence made only of those that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from decontam.kernels.batches import BrokenRow, Longs
from decontam.matching.found import FOUND, ColumnMatches
from decontam.records import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A match and the text that its spans count in."""

    match: Match
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One match with what the report may show.

    ``row``: the row's number in the file; ``excerpt``: the text around it, from character ``offset``; ``length``: of that text.
    """

    row: int
    match: Match
    excerpt: str
    offset: int
    length: int


EXCERPT = 1500  # characters of a text kept on either side of a match, for the report


class MatchBlock(Protocol):
    """The matches of one column, or of one channel of it."""

    found: ColumnMatches

    @property
    def rows(self) -> Longs:
        """By match: the index of its row in the batch."""

    @property
    def places(self) -> Any:
        """By match: the name of the text within its row, as strings."""

    def locate(self, number: int) -> Located:
        """One match whole."""


@dataclass(frozen=True)
class Matches:
    """The matches of a batch, ascending by row. ``table``: an array of ``FOUND``; all arrays have a row a match.

    ``rows``: numbers of rows in the file; ``places`` and ``rules``: strings.
    """

    table: Any
    rows: Longs
    places: Any
    rules: Any
    blocks: Sequence[MatchBlock]
    block: Longs
    number: Longs

    @classmethod
    def of(cls, rows: Longs, blocks: Sequence[MatchBlock]) -> Matches:
        """Those of all blocks of a batch with these rows."""
        if not blocks:
            nothing, words = np.empty(0, np.int64), np.empty(0, object)
            return cls(np.empty(0, FOUND), nothing, words, words, (), nothing, nothing)
        sizes = [len(block.found) for block in blocks]
        row = rows[np.concatenate([block.rows for block in blocks])]
        order = np.argsort(row, kind="stable")
        rules = [np.array(block.found.rules, object)[block.found.table["rule"]] for block in blocks]
        return cls(
            table=np.concatenate([block.found.table for block in blocks])[order],
            rows=row[order],
            places=np.concatenate([block.places for block in blocks])[order],
            rules=np.concatenate(rules)[order],
            blocks=blocks,
            block=np.repeat(np.arange(len(blocks)), sizes)[order],
            number=np.concatenate([np.arange(size) for size in sizes])[order],
        )

    def __len__(self) -> int:
        return len(self.table)

    def part(self, numbers: Longs) -> Matches:
        """Some of the matches, ascending."""
        own = ("table", "rows", "places", "rules", "block", "number")
        return replace(self, **{name: getattr(self, name)[numbers] for name in own})

    def bare(self) -> Matches:
        """The same without what evidence is made of, which is large."""
        return replace(self, blocks=())

    @cached_property
    def ranks(self) -> Any:
        """How bad each is: by verdict, then coverage."""
        return self.table["verdict"] + self.table["coverage"]

    @cached_property
    def best(self) -> Longs:
        """The worst match of each row with a match, ascending by row."""
        order = np.lexsort((-self.ranks, self.rows))  # stable: the first of the worst
        rows = self.rows[order]
        return order[np.flatnonzero(np.diff(rows, prepend=-1))]

    def finding(self, number: int) -> Finding:
        """One match with its evidence."""
        located = self.blocks[self.block[number]].locate(int(self.number[number]))
        first, end = located.match.document_span
        low = max(first - EXCERPT, 0)
        return Finding(
            row=int(self.rows[number]),
            match=located.match,
            excerpt=located.text[low : end + EXCERPT],
            offset=low,
            length=len(located.text),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A batch that was looked at: row numbers, matches, rows that could not be read, bytes of the file used up."""

    rows: Longs
    matches: Matches
    broken: tuple[BrokenRow, ...]
    size_bytes: int
