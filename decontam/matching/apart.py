"""The verdict on leaks that are set apart: told, and no leaks of the item.

So are text that stands elsewhere, too (``held``), and a program that is another's but for an operator (``variants``), with what
little of the item's prompt stands beside it: two siblings of a benchmark share half of their words. Only leaks are looked at, and
of these only those with a gram that stands elsewhere are judged again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from decontam.kernels.batches import Longs
from decontam.kernels.score import FIRST, GRAMS, LAST, PART, UNIQUE, VALUE
from decontam.matching.families import ALIKE
from decontam.matching.found import FLAG, SHARED, ChannelLook, ColumnMatches
from decontam.matching.grams import PART_NAMES
from decontam.matching.held import Elsewhere
from decontam.matching.index import HoldoutIndex
from decontam.matching.variants import is_variant
from decontam.records import MatchVerdict

_ELSEWHERE = "; but all of it stands in unrelated tasks or texts, too"
_VARIANT = "; but with other operators: the answer of another task"
Said = tuple[MatchVerdict, str] | None
Judge = Callable[[ChannelLook, HoldoutIndex, Any], list[Said]]


def set_apart(look: ChannelLook, index: HoldoutIndex, said: list[Said], judge: Judge) -> None:
    """Make the verdicts on a look's rows ``shared`` where their evidence is not the item's own. ``judge``: what gave them."""
    assert look.grams is not None
    leaks = np.array([number for number, verdict in enumerate(said) if verdict is not None], np.int64)
    elsewhere = index.elsewhere.get(look.channel)
    if elsewhere is not None and len(leaks):
        which, rows, shares = _own(look, elsewhere, leaks)
        again = judge(replace(look, rows=rows), index, shares) if len(which) else []
        for number, verdict in zip(which.tolist(), again, strict=True):
            if verdict is None:
                said[number] = _shared(said[number], _ELSEWHERE)
    answers = leaks[look.grams.numbers[look.rows[leaks, PART], 1] == PART_NAMES.index("answer")]
    value, text = -1, b""
    for number in answers.tolist():
        row, before = look.rows[number], said[number]
        if before is None or before[0] == "shared":
            continue
        if row[VALUE] != value:
            value = int(row[VALUE])
            text = look.column.data[look.column.offsets[value] : look.column.offsets[value + 1]].tobytes()
        part = look.grams.parts[row[PART]]
        if is_variant(text, part.text, _window(look, row), index.items[part.number].prompt):
            said[number] = _shared(before, _VARIANT)


def beside_variants(found: ColumnMatches) -> ColumnMatches:
    """The matches: where a value has a variant of an item's answer, half of the item's prompt is no leak."""
    variant = np.array([rule.endswith(_VARIANT) for rule in found.rules], np.bool_)
    if not variant.any():
        return found
    table, rules = found.table.copy(), list(found.rules)
    pairs = table["value"].astype(np.int64) * len(found.index.items) + table["item"]
    leaks = table["verdict"] >= FLAG
    answered = pairs[leaks & (table["part"] != PART_NAMES.index("prompt"))]
    varied = np.setdiff1d(pairs[variant[table["rule"]]], answered)
    for number in np.flatnonzero(leaks & (table["coverage"] < ALIKE) & np.isin(pairs, varied)).tolist():
        rule = rules[table["rule"][number]] + _VARIANT
        if rule not in rules:
            rules.append(rule)
        table["verdict"][number], table["rule"][number] = SHARED, rules.index(rule)
    return replace(found, table=table, rules=tuple(rules))


def _own(look: ChannelLook, elsewhere: Elsewhere, leaks: Longs) -> tuple[Longs, Longs, Any]:
    """The leaks with evidence that stands elsewhere; their rows and shares without it."""
    held = np.concatenate([[0], np.cumsum((elsewhere.common | elsewhere.answers)[look.hits[look.order, 1]])])
    some = leaks[held[look.rows[leaks, LAST] + 1] > held[look.rows[leaks, FIRST]]]
    known: dict[tuple[int, bytes], tuple[float, int, int] | None] = {}
    which: list[int] = []
    figures: list[tuple[float, int, int]] = []
    for number in some.tolist():
        part, window = int(look.rows[number, PART]), _window(look, look.rows[number])
        key = (part, np.unique(window[:, 1]).tobytes())
        if key not in known:
            known[key] = elsewhere.own(part, window) if elsewhere.decides(part, window) else None
        if (own := known[key]) is not None:
            which.append(number)
            figures.append(own)
    rows = look.rows[which].copy()
    if which:
        rows[:, GRAMS], rows[:, UNIQUE] = np.array([(grams, unique) for _, grams, unique in figures], np.int64).T
    return np.array(which, np.int64), rows, np.array([share for share, _, _ in figures])


def _shared(said: Said, why: str) -> Said:
    assert said is not None
    return "shared", said[1] + why


def _window(look: ChannelLook, row: Longs) -> Longs:
    """The hits of a row."""
    return look.hits[look.order[row[FIRST] : row[LAST] + 1]]
