"""Duplicates within a holdout and between its splits: exact (the same words) and near (half of the 8-grams of one in the other).

Does not see paraphrases. A duplicate between train and holdout is a leak in the suite itself, before any training file is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from decontam.matching.index import HoldoutIndex, build_index, solution_key
from decontam.matching.match import match_text
from decontam.records import Item
from evals.errors import Inconclusive

NEAR = 0.5  # coverage of a part


def duplicate_counts(index: HoldoutIndex, others: Sequence[Item]) -> dict[str, int]:
    """Items with a duplicate, by kind: ``holdout x holdout exact``, ``... near``, ``train x holdout ...``, ``train x dev``."""
    counts: dict[str, int] = {}
    own: dict[str, str] = {}
    for item, twin in zip(index.items, index.twins, strict=True):
        words = _words(item)
        kind = "exact" if words in own else "near" if twin else ""
        own.setdefault(words, item.key)
        if kind:
            counts[f"holdout x holdout {kind}"] = counts.get(f"holdout x holdout {kind}", 0) + 1
    counts.update(_between(others, index, "holdout"))
    if dev := [item for item in others if item.split == "dev"]:
        train = [item for item in others if item.split == "train"]
        with suppress(Inconclusive):  # dev items too short to be looked for
            counts.update(_between(train, build_index(dev, index.rule), "dev"))
    return counts


def _between(items: Sequence[Item], index: HoldoutIndex, split: str) -> dict[str, int]:
    """How many items have a duplicate in the split that the index is of."""
    counts: dict[str, int] = {}
    own = {_words(item) for item in index.items}
    for item in items:
        kind = "exact" if _words(item) in own else "near" if _is_near(item, index) else ""
        if kind:
            name = f"{item.split} x {split} {kind}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def _words(item: Item) -> str:
    return f"{solution_key(item.prompt)}\n{solution_key(item.answer)}"


def _is_near(item: Item, index: HoldoutIndex) -> bool:
    parts = (item.prompt, item.answer)
    return any(match.leak and match.coverage >= NEAR for text in parts for match in match_text(text, index))
