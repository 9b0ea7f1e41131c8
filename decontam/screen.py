"""Screening of pairs against the holdout: the audit's engine, for the loop's own training data.

Beside the two channels, a pair is rejected for an identical solution, and for a group of the holdout. Does not see paraphrases
or translations; every report says so (``BLIND``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decontam.holdouts import items_of
from decontam.kernels.tokens import N, tokenize
from decontam.matching.index import BLIND, HoldoutIndex, build_index, solution_key
from decontam.matching.match import match_text
from decontam.records import CleanPair, ContaminatedPair, Match
from decontam.rule import RULE_VERSION, Rule
from evals.records import Task
from goldens.records import Pair

__all__ = [
    "BLIND",
    "RULE_VERSION",
    "HoldoutIndex",
    "Rule",
    "Screening",
    "index_tasks",
    "items_of",
    "match_pair",
    "match_text",
    "screen_pairs",
]


def index_tasks(holdout: Sequence[Task], rule: Rule | None = None) -> HoldoutIndex:
    """The index of a holdout of tasks.

    Raises:
        Inconclusive: there is no holdout, or none of it can be indexed.
    """
    return build_index(items_of(holdout), rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """``len(clean) + len(contaminated) == pairs``."""

    clean: tuple[CleanPair, ...]
    contaminated: tuple[ContaminatedPair, ...]


def screen_pairs(pairs: Iterable[Pair], index: HoldoutIndex) -> Screening:
    """Split pairs into clean and contaminated: by both channels, by identical solution, and by a group of the holdout."""
    clean, contaminated = [], []
    for pair in pairs:
        matches = match_pair(pair, index)
        if matches:
            contaminated.append(ContaminatedPair(**dict(pair), matches=tuple(matches)))
        else:
            clean.append(CleanPair(**dict(pair), index_digest=index.digest))
    return Screening(clean=tuple(clean), contaminated=tuple(contaminated))


def match_pair(pair: Pair, index: HoldoutIndex) -> list[Match]:
    """Matches of a pair with the holdout; shared groups and identical solutions are rules of their own.

    A ``short`` match counts here: a training pair that is a whole holdout item, however small, must not be in a trainset.
    """
    matches = match_text(f"{pair.prompt}\n{pair.golden.code}", index)
    code = pair.golden.code
    twin = index.solutions.get(solution_key(code))
    if twin is not None and len(tokenize(code)) >= N:
        matches.append(_whole(twin, "answer", "same solution", code))
    suite = pair.key.partition("/")[0]
    if f"{suite}/{pair.group}" in index.groups:
        matches.append(_whole(f"group {pair.group}", "group", "same group", pair.group))
    return matches


def _whole(item: str, part: str, rule: str, text: str) -> Match:
    """A match that covers the whole text."""
    whole = (0, len(text))
    return Match(
        item=item,
        part=part,
        channel="exact",
        verdict="strict",
        rule=rule,
        coverage=1.0,
        grams=0,
        unique=0,
        longest_run=0,
        document_span=whole,
        item_span=whole,
        snippet=text[:200],
    )
