"""What was found in a column, as arrays with a row a match: compared, counted and sorted without a Python object each.

Places and texts are not among it: ``ColumnMatches.match`` makes the whole ``Match`` of a row, for those that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from decontam.kernels.batches import Column, Longs
from decontam.kernels.score import FIRST, LAST, PART, RUN_FIRST, RUN_LAST, VALUE
from decontam.matching.grams import PART_NAMES, Grams
from decontam.matching.index import HoldoutIndex
from decontam.matching.places import Given, item_spans, merge, run_span
from decontam.records import Channel, Match, MatchVerdict

# Numbers in place of names are their places in these, and in PART_NAMES; all ascend.
CHANNEL_NAMES: tuple[Channel, ...] = ("code", "exact", "text")
VERDICTS: tuple[MatchVerdict | Literal[""], ...] = ("", "shared", "short", "flag", "strict")
SHARED, SHORT, FLAG = (VERDICTS.index(name) for name in ("shared", "short", "flag"))  # leaks from FLAG on
SNIPPET_CHARS = 200

# ``value``: its number in the column as given; ``item``: in the index; ``rule``: among the rules of a ``ColumnMatches``;
# ``first`` and ``end``: bytes of the value as given, from the first match to the last; ``look``, ``row``: where the evidence is.
FOUND = np.dtype(
    [
        *((name, np.int64) for name in ("value", "first", "end")),
        *((name, np.int32) for name in ("item", "grams", "unique", "longest_run", "look", "row", "rule")),
        *((name, np.int8) for name in ("part", "channel", "verdict")),
        ("coverage", np.float64),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLook:
    """One channel in a column or in a view of it: what ``score`` gave. ``grams`` is None for short items.

    Of short items a row of ``rows`` has the value, the item, and as FIRST to RUN_LAST its hit.
    """

    column: Column
    given: Given
    channel: str
    grams: Grams | None
    hits: Longs
    order: Longs
    rows: Longs

    def places(self, rows: Longs) -> tuple[Longs, Longs]:
        """First byte and end of what rows of ``rows`` matched, in the value as given."""
        first, end = self.hits[self.order[rows[:, FIRST]], 3], self.hits[self.order[rows[:, LAST]], 4]
        return self.given.bytes(rows[:, VALUE], first, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatches:
    """The matches of a column. ``table``: an array of ``FOUND``; ``rules``: what the numbers of its rules mean."""

    index: HoldoutIndex
    looks: tuple[ChannelLook, ...]
    table: Any
    rules: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.table)

    def match(self, number: int) -> Match:
        """The match of one row, with its places in both texts."""
        row = self.table[number]
        look = self.looks[row["look"]]
        scored = look.rows[row["row"]]
        item, part = self.index.items[row["item"]], PART_NAMES[row["part"]]
        text = look.given.value(int(scored[VALUE]))
        run = look.hits[look.order[scored[RUN_FIRST] : scored[RUN_LAST] + 1]]
        run_bytes = (int(run[0, 3]), int(run[-1, 4]))
        if look.grams is None:
            item_span = (0, len(item.prompt))
            spans, own_spans = [run_bytes], [item_span]
        else:
            window = look.hits[look.order[scored[FIRST] : scored[LAST] + 1]]
            item_span = run_span(look.grams, int(scored[PART]), run)
            spans = merge(window[:, 3], window[:, 4])
            own_spans = item_spans(look.grams, int(scored[PART]), window)
        return Match.model_construct(
            item=item.key,
            part=part,
            channel=CHANNEL_NAMES[row["channel"]],
            verdict=VERDICTS[row["verdict"]] or "short",
            rule=self.rules[row["rule"]],
            coverage=float(row["coverage"]),
            grams=int(row["grams"]),
            unique=int(row["unique"]),
            longest_run=int(row["longest_run"]),
            document_span=text.chars([run_bytes])[0],
            item_span=item_span,
            document_spans=tuple(text.chars(spans)),
            item_spans=tuple(own_spans),
            column=look.given.name(text.number),
            snippet=text.text(*run_bytes)[:SNIPPET_CHARS],
        )


def gather(index: HoldoutIndex, looks: Sequence[ChannelLook], tables: Sequence[Any], rules: Sequence[str]) -> ColumnMatches:
    """What all looks found, ascending by value, then by falling coverage, item, part and channel.

    What both a value and a view of it show is told once, as the one of more coverage shows it.
    """
    table = np.concatenate([np.empty(0, FOUND), *tables])
    ranks = index.ranks[table["item"]]
    if len({id(look.column) for look in looks}) > 1:
        keys = (table["value"], ranks, table["part"], table["channel"])
        order = np.lexsort((np.arange(len(table)), -table["coverage"], *reversed(keys)))
        table = table[order]
        fresh = np.zeros(len(table), np.bool_)
        fresh[:1] = True
        for key in keys:
            key = key[order]
            fresh[1:] |= key[1:] != key[:-1]
        table = table[fresh]
        ranks = index.ranks[table["item"]]
    order = np.lexsort((table["channel"], table["part"], ranks, -table["coverage"], table["value"]))
    return ColumnMatches(index=index, looks=tuple(looks), table=table[order], rules=tuple(rules))
