"""The verdict on a leak that is set apart: told, and no leak of the item.

So are text that stands elsewhere, too (``held``), and a program that is another's but for an operator (``variants``), with what
little of the item's prompt stands beside it: two siblings of a benchmark share half of their words.
"""

from __future__ import annotations

from collections.abc import Sequence

from decontam.kernels.batches import Column, Longs
from decontam.matching.families import ALIKE
from decontam.matching.grams import Part
from decontam.matching.index import HoldoutIndex
from decontam.matching.judging import CodeEvidence, judge_code, judge_tests, judge_text
from decontam.matching.variants import is_variant
from decontam.records import Channel, Match, MatchVerdict

_ELSEWHERE = "; but all of it stands in unrelated tasks or texts, too"
_VARIANT = "; but with other operators: the answer of another task"
Said = tuple[MatchVerdict, str]


def apart(column: Column, index: HoldoutIndex, channel: Channel, number: int, window: Longs, said: Said) -> Said:
    """The verdict on a leak of a part: as given, or ``shared`` where its evidence is not the item's own."""
    part = (index.text if channel == "text" else index.code).parts[number]
    if not _stands_alone(column, index, channel, number, part, window):
        return "shared", said[1] + _ELSEWHERE
    if part.name == "answer" and is_variant(column, part.text, window, index.items[part.number].prompt):
        return "shared", said[1] + _VARIANT
    return said


def _stands_alone(column: Column, index: HoldoutIndex, channel: Channel, number: int, part: Part, window: Longs) -> bool:
    """Whether there is a leak without the text that stands elsewhere, too."""
    elsewhere = index.elsewhere.get(channel)
    if elsewhere is None or not elsewhere.decides(number, window):
        return True
    figures = elsewhere.own(number, window)
    if channel == "text":
        return judge_text(index.rule, part.name, *figures) is not None
    if part.name == "tests":
        return judge_tests(index.rule, figures[0], figures[2]) is not None
    return judge_code(index.rule, CodeEvidence(column, index, number, window), *figures) is not None


def beside_variants(matches: Sequence[tuple[int, Match]]) -> list[tuple[int, Match]]:
    """Matches as (number of the value, match): where a value has a variant of an item's answer, half of its prompt is no leak."""
    variants = {(value, match.item) for value, match in matches if match.rule.endswith(_VARIANT)}
    answered = {(value, match.item) for value, match in matches if match.leak and match.part != "prompt"}
    return [
        (value, match.model_copy(update={"verdict": "shared", "rule": match.rule + _VARIANT}))
        if match.leak and match.coverage < ALIKE and (value, match.item) in variants - answered
        else (value, match)
        for value, match in matches
    ]
